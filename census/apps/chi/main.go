package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
)

func event(w http.ResponseWriter, data string) {
	fmt.Fprintf(w, "data: %s\n\n", data)
	w.(http.Flusher).Flush()
}

func asked(w http.ResponseWriter, r *http.Request) question {
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	return q
}

func said(text string) string {
	data, err := json.Marshal(piece{text})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func naive(w http.ResponseWriter, r *http.Request) {
	q, text := asked(w, r), ""
	for word := range model(r.Context(), q.Message) {
		text += word
		event(w, said(word))
	}
	event(w, "[DONE]")
	if err := save(r.Context(), q.ID, text, "complete"); err != nil {
		log.Print(err)
	}
}

func right(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithoutCancel(r.Context()) // the answer outlives its reader
	q, text := asked(w, r), ""
	for word := range model(ctx, q.Message) {
		text += word
		event(w, said(word)) // a reader that has gone is no reason to stop
	}
	if err := save(ctx, q.ID, text, "complete"); err != nil {
		panic(http.ErrAbortHandler) // no [DONE] for an answer that is not saved
	}
	event(w, "[DONE]")
}

func getMessage(w http.ResponseWriter, r *http.Request, id string) {
	found, ok := find(id)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found)
}

func main() {
	r := chi.NewRouter()
	r.Post("/naive", naive)
	r.Post("/right", right)
	r.Get("/messages/{id}", func(w http.ResponseWriter, r *http.Request) { getMessage(w, r, chi.URLParam(r, "id")) })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), r))
}
