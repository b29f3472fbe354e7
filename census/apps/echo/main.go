package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/labstack/echo/v4"
)

func asked(c echo.Context) (q question, err error) {
	c.Response().Header().Set("Content-Type", "text/event-stream")
	c.Response().Header().Set("Cache-Control", "no-cache")
	return q, json.NewDecoder(c.Request().Body).Decode(&q)
}

func event(c echo.Context, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return raw(c, string(encoded))
}

func raw(c echo.Context, data string) error {
	if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", data); err != nil {
		return err
	}
	c.Response().Flush()
	return nil
}

func naive(c echo.Context) error {
	q, err := asked(c)
	if err != nil {
		return err
	}
	ctx, text := c.Request().Context(), ""
	for word := range model(ctx, q.Message) {
		text += word
		if err := event(c, piece{word}); err != nil {
			return err
		}
	}
	if err := raw(c, "[DONE]"); err != nil {
		return err
	}
	return save(ctx, q.ID, text, "complete")
}

func right(c echo.Context) error {
	q, err := asked(c)
	if err != nil {
		return err
	}
	ctx, text := context.WithoutCancel(c.Request().Context()), "" // the answer outlives its reader
	var gone error
	for word := range model(ctx, q.Message) {
		text += word
		if gone == nil {
			gone = event(c, piece{word})
		}
	}
	if err := save(ctx, q.ID, text, "complete"); err != nil {
		return err // no [DONE] for an answer that is not saved
	}
	return raw(c, "[DONE]")
}

func main() {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.POST("/naive", naive)
	e.POST("/right", right)
	e.GET("/messages/:id", func(c echo.Context) error {
		if found, ok := find(c.Param("id")); ok {
			return c.JSON(http.StatusOK, found)
		}
		return echo.ErrNotFound
	})
	log.Fatal(e.Start("127.0.0.1:" + os.Getenv("PORT")))
}
