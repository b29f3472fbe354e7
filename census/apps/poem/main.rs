mod turn;

use async_stream::stream;
use futures_util::Stream;
use poem::http::StatusCode;
use poem::listener::TcpListener;
use poem::web::sse::{Event, SSE};
use poem::web::{Json, Path};
use poem::{Route, Server, get, handler, post};
use tokio_stream::wrappers::UnboundedReceiverStream;
use turn::*;

fn naive(question: Question) -> impl Stream<Item = Event> {
    stream! {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            yield Event::message(piece_json(&piece));
        }
        yield Event::message("[DONE]");
        save(&question.id, &text, "complete").await;
    }
}

fn right(question: Question) -> impl Stream<Item = Event> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            let _ = sender.send(Event::message(piece_json(&piece))); // a reader that has gone is no reason to stop
        }
        save(&question.id, &text, "complete").await;
        let _ = sender.send(Event::message("[DONE]"));
    });
    UnboundedReceiverStream::new(receiver)
}

#[handler]
async fn ask_naive(Json(question): Json<Question>) -> SSE {
    SSE::new(naive(question))
}

#[handler]
async fn ask_right(Json(question): Json<Question>) -> SSE {
    SSE::new(right(question))
}

#[handler]
async fn message(Path(id): Path<String>) -> poem::Result<Json<Message>> {
    find(&id).map(Json).ok_or_else(|| StatusCode::NOT_FOUND.into())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Route::new()
        .at("/naive", post(ask_naive))
        .at("/right", post(ask_right))
        .at("/messages/:id", get(message));
    Server::new(TcpListener::bind(("127.0.0.1", port()))).run(app).await
}
