package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/gofiber/fiber/v3"
)

func event(w *bufio.Writer, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "data: %s\n\n", encoded)
	return w.Flush()
}

func done(w *bufio.Writer) error {
	fmt.Fprint(w, "data: [DONE]\n\n")
	return w.Flush()
}

func naive(c fiber.Ctx) error {
	var q question
	if err := c.Bind().JSON(&q); err != nil {
		return err
	}
	c.Set("Content-Type", "text/event-stream")
	return c.SendStreamWriter(func(w *bufio.Writer) {
		text := ""
		for word := range model(context.Background(), q.Message) {
			text += word
			if event(w, piece{word}) != nil {
				return
			}
		}
		if done(w) != nil {
			return
		}
		_ = save(context.Background(), q.ID, text, "complete")
	})
}

func right(c fiber.Ctx) error {
	var q question
	if err := c.Bind().JSON(&q); err != nil {
		return err
	}
	c.Set("Content-Type", "text/event-stream")
	return c.SendStreamWriter(func(w *bufio.Writer) {
		text := ""
		var gone error
		for word := range model(context.Background(), q.Message) {
			text += word
			if gone == nil {
				gone = event(w, piece{word})
			}
		}
		if save(context.Background(), q.ID, text, "complete") == nil {
			_ = done(w)
		}
	})
}

func main() {
	app := fiber.New()
	app.Post("/naive", naive)
	app.Post("/right", right)
	app.Get("/messages/:id", func(c fiber.Ctx) error {
		if found, ok := find(c.Params("id")); ok {
			return c.JSON(found)
		}
		return fiber.ErrNotFound
	})
	log.Fatal(app.Listen("127.0.0.1:"+os.Getenv("PORT"), fiber.ListenConfig{DisableStartupMessage: true}))
}
