package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"
)

type input struct{ Body question }

type done struct {
	Reason string `json:"reason"`
}

var types = map[string]any{"message": piece{}, "done": done{}}

func naive(ctx context.Context, in *input, send sse.Sender) {
	text := ""
	for word := range model(ctx, in.Body.Message) {
		text += word
		if send.Data(piece{word}) != nil {
			return
		}
	}
	if send.Data(done{"end"}) != nil {
		return
	}
	if err := save(ctx, in.Body.ID, text, "complete"); err != nil {
		log.Print(err)
	}
}

func right(ctx context.Context, in *input, send sse.Sender) {
	ctx, text := context.WithoutCancel(ctx), "" // the answer outlives its reader
	var gone error
	for word := range model(ctx, in.Body.Message) {
		text += word
		if gone == nil {
			gone = send.Data(piece{word})
		}
	}
	if save(ctx, in.Body.ID, text, "complete") == nil {
		_ = send.Data(done{"end"})
	}
}

func main() {
	mux := http.NewServeMux()
	api := humago.New(mux, huma.DefaultConfig("census", "1"))
	sse.Register(api, huma.Operation{OperationID: "naive", Method: http.MethodPost, Path: "/naive"}, types, naive)
	sse.Register(api, huma.Operation{OperationID: "right", Method: http.MethodPost, Path: "/right"}, types, right)
	mux.HandleFunc("GET /messages/{id}", func(w http.ResponseWriter, r *http.Request) {
		found, ok := find(r.PathValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(found)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
