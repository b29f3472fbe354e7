package main

import (
	"context"
	"strings"
	"sync"
	"time"
)

// What the applications of the census share: a scripted model, and where answers are saved.

const (
	pieceEvery = 15 * time.Millisecond
	saveTakes  = 30 * time.Millisecond // what a database takes until it has committed
)

type question struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

type message struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Status string `json:"status"`
}

type piece struct {
	Text string `json:"text"`
}

var saved sync.Map

func pieces(question string) []string {
	all := []string{"You asked: " + question + ". Well,"}
	for _, word := range strings.Fields("it was read with care , and this is what there is to say about it : all is well") {
		all = append(all, " "+word)
	}
	return append(all, " End.")
}

// model sends the pieces of an answer and closes the channel; it stops early when the context ends, as a client of a model does.
func model(ctx context.Context, question string) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for _, piece := range pieces(question) {
			select {
			case <-time.After(pieceEvery):
			case <-ctx.Done():
				return
			}
			select {
			case out <- piece:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// save commits unless its context ends first, as database/sql does.
func save(ctx context.Context, id, text, status string) error {
	select {
	case <-time.After(saveTakes):
		saved.Store(id, message{id, text, status})
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func find(id string) (message, bool) {
	found, ok := saved.Load(id)
	if !ok {
		return message{}, false
	}
	return found.(message), true
}
