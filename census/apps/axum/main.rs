mod turn;

use async_stream::stream;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::Stream;
use std::convert::Infallible;
use tokio_stream::wrappers::UnboundedReceiverStream;
use turn::*;

fn naive(question: Question) -> impl Stream<Item = Result<Event, Infallible>> {
    stream! {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            yield Ok(Event::default().data(piece_json(&piece)));
        }
        yield Ok(Event::default().data("[DONE]"));
        save(&question.id, &text, "complete").await;
    }
}

fn right(question: Question) -> impl Stream<Item = Result<Event, Infallible>> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            let _ = sender.send(Ok(Event::default().data(piece_json(&piece)))); // a reader that has gone is no reason to stop
        }
        save(&question.id, &text, "complete").await;
        let _ = sender.send(Ok(Event::default().data("[DONE]")));
    });
    UnboundedReceiverStream::new(receiver)
}

#[tokio::main]
async fn main() {
    let app = Router::new()
        .route("/naive", post(|Json(question): Json<Question>| async { Sse::new(naive(question)) }))
        .route("/right", post(|Json(question): Json<Question>| async { Sse::new(right(question)) }))
        .route(
            "/messages/{id}",
            get(|Path(id): Path<String>| async move { find(&id).map(Json).ok_or(StatusCode::NOT_FOUND) }),
        );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port())).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
