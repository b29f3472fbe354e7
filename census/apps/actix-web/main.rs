mod turn;

use actix_web::web::{Bytes, Json, Path};
use actix_web::{App, HttpResponse, HttpServer, get, post};
use async_stream::stream;
use futures_util::Stream;
use std::convert::Infallible;
use tokio_stream::wrappers::UnboundedReceiverStream;
use turn::*;

fn naive(question: Question) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream! {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            yield event(&piece_json(&piece));
        }
        yield event("[DONE]");
        save(&question.id, &text, "complete").await;
    }
}

fn right(question: Question) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            let _ = sender.send(event(&piece_json(&piece))); // a reader that has gone is no reason to stop
        }
        save(&question.id, &text, "complete").await;
        let _ = sender.send(event("[DONE]"));
    });
    UnboundedReceiverStream::new(receiver)
}

fn event(data: &str) -> Result<Bytes, Infallible> {
    Ok(Bytes::from(format!("data: {data}\n\n")))
}

#[post("/naive")]
async fn ask_naive(question: Json<Question>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(naive(question.into_inner()))
}

#[post("/right")]
async fn ask_right(question: Json<Question>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(right(question.into_inner()))
}

#[get("/messages/{id}")]
async fn message(id: Path<String>) -> HttpResponse {
    find(&id).map_or_else(|| HttpResponse::NotFound().finish(), |found| HttpResponse::Ok().json(found))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().service(ask_naive).service(ask_right).service(message))
        .workers(2)
        .bind(("127.0.0.1", port()))?
        .run()
        .await
}
