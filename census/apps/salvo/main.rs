mod turn;

use async_stream::stream;
use futures_util::Stream;
use salvo::prelude::*;
use salvo::sse::{self, SseEvent};
use std::convert::Infallible;
use tokio_stream::wrappers::UnboundedReceiverStream;
use turn::*;

fn naive(question: Question) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    stream! {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            yield Ok(SseEvent::default().text(piece_json(&piece)));
        }
        yield Ok(SseEvent::default().text("[DONE]"));
        save(&question.id, &text, "complete").await;
    }
}

fn right(question: Question) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            let _ = sender.send(Ok(SseEvent::default().text(piece_json(&piece)))); // a reader that has gone is no reason to stop
        }
        save(&question.id, &text, "complete").await;
        let _ = sender.send(Ok(SseEvent::default().text("[DONE]")));
    });
    UnboundedReceiverStream::new(receiver)
}

#[handler]
async fn ask_naive(req: &mut Request, res: &mut Response) -> Result<(), StatusError> {
    let question = req.parse_json::<Question>().await.map_err(|_| StatusError::bad_request())?;
    sse::stream(res, naive(question));
    Ok(())
}

#[handler]
async fn ask_right(req: &mut Request, res: &mut Response) -> Result<(), StatusError> {
    let question = req.parse_json::<Question>().await.map_err(|_| StatusError::bad_request())?;
    sse::stream(res, right(question));
    Ok(())
}

#[handler]
async fn message(req: &mut Request, res: &mut Response) {
    match req.param::<String>("id").and_then(|id| find(&id)) {
        Some(found) => res.render(Json(found)),
        None => {
            res.status_code(StatusCode::NOT_FOUND);
        }
    }
}

#[tokio::main]
async fn main() {
    let router = Router::new()
        .push(Router::with_path("naive").post(ask_naive))
        .push(Router::with_path("right").post(ask_right))
        .push(Router::with_path("messages/{id}").get(message));
    let acceptor = TcpListener::new(("127.0.0.1", port())).bind().await;
    Server::new(acceptor).serve(router).await;
}
