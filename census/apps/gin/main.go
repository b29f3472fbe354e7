package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
)

func asked(c *gin.Context) (q question) {
	if err := c.ShouldBindJSON(&q); err != nil {
		panic(http.ErrAbortHandler)
	}
	c.Header("Cache-Control", "no-cache")
	return q
}

func naive(c *gin.Context) {
	q, text := asked(c), ""
	words := model(c.Request.Context(), q.Message)
	c.Stream(func(io.Writer) bool {
		word, more := <-words
		if !more {
			c.SSEvent("done", "end")
			return false
		}
		text += word
		c.SSEvent("message", piece{word})
		return true
	})
	if err := save(c.Request.Context(), q.ID, text, "complete"); err != nil {
		log.Print(err)
	}
}

func right(c *gin.Context) {
	ctx := context.WithoutCancel(c.Request.Context()) // the answer outlives its reader
	q, text := asked(c), ""
	for word := range model(ctx, q.Message) {
		text += word
		c.SSEvent("message", piece{word}) // a reader that has gone is no reason to stop
		c.Writer.Flush()
	}
	if err := save(ctx, q.ID, text, "complete"); err != nil {
		panic(http.ErrAbortHandler) // no end for an answer that is not saved
	}
	c.SSEvent("done", "end")
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.POST("/naive", naive)
	r.POST("/right", right)
	r.GET("/messages/:id", func(c *gin.Context) {
		if found, ok := find(c.Param("id")); ok {
			c.JSON(http.StatusOK, found)
		} else {
			c.Status(http.StatusNotFound)
		}
	})
	log.Fatal(r.Run("127.0.0.1:" + os.Getenv("PORT")))
}
