package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/cloudwego/hertz/pkg/protocol/sse"
)

func event(w *sse.Writer, word string) error {
	data, err := json.Marshal(piece{word})
	if err != nil {
		return err
	}
	return w.WriteEvent("", "", data)
}

func naive(ctx context.Context, c *app.RequestContext) {
	var q question
	if err := c.BindJSON(&q); err != nil {
		c.Status(http.StatusBadRequest)
		return
	}
	w := sse.NewWriter(c)
	defer w.Close()
	text := ""
	for word := range model(ctx, q.Message) {
		text += word
		if event(w, word) != nil {
			return
		}
	}
	if w.WriteEvent("", "", []byte("[DONE]")) != nil {
		return
	}
	_ = save(ctx, q.ID, text, "complete")
}

func right(ctx context.Context, c *app.RequestContext) {
	var q question
	if err := c.BindJSON(&q); err != nil {
		c.Status(http.StatusBadRequest)
		return
	}
	w := sse.NewWriter(c)
	defer w.Close()
	ctx, text := context.WithoutCancel(ctx), ""
	var gone error
	for word := range model(ctx, q.Message) {
		text += word
		if gone == nil {
			gone = event(w, word)
		}
	}
	if save(ctx, q.ID, text, "complete") == nil && gone == nil {
		_ = w.WriteEvent("", "", []byte("[DONE]"))
	}
}

func main() {
	hlog.SetLevel(hlog.LevelError)
	h := server.New(server.WithHostPorts("127.0.0.1:" + os.Getenv("PORT")))
	h.POST("/naive", naive)
	h.POST("/right", right)
	h.GET("/messages/:id", func(_ context.Context, c *app.RequestContext) {
		if found, ok := find(c.Param("id")); ok {
			c.JSON(http.StatusOK, found)
			return
		}
		c.Status(http.StatusNotFound)
	})
	h.Spin()
}
