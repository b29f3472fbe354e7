mod turn;

use async_stream::stream;
use futures_util::Stream;
use std::convert::Infallible;
use tokio_stream::wrappers::UnboundedReceiverStream;
use turn::*;
use warp::http::StatusCode;
use warp::sse::Event;
use warp::{Filter, reply};

fn naive(question: Question) -> impl Stream<Item = Result<Event, Infallible>> {
    stream! {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            yield Ok(Event::default().data(piece_json(&piece)));
        }
        yield Ok(Event::default().event("done").data("end"));
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
        let _ = sender.send(Ok(Event::default().event("done").data("end")));
    });
    UnboundedReceiverStream::new(receiver)
}

#[tokio::main]
async fn main() {
    let ask_naive = warp::path("naive")
        .and(warp::post())
        .and(warp::body::json())
        .map(|question| warp::sse::reply(naive(question)));
    let ask_right = warp::path("right")
        .and(warp::post())
        .and(warp::body::json())
        .map(|question| warp::sse::reply(right(question)));
    let message = warp::path!("messages" / String).map(|id: String| {
        let found = find(&id);
        let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        reply::with_status(reply::json(&found), status)
    });
    warp::serve(ask_naive.or(ask_right).or(message)).run(([127, 0, 0, 1], port())).await;
}
