mod turn;

use rocket::response::stream::{Event, EventStream};
use rocket::serde::json::Json;
use rocket::{get, post, routes};
use turn::*;

#[post("/naive", data = "<question>")]
fn ask_naive(question: Json<Question>) -> EventStream![] {
    EventStream! {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            yield Event::data(piece_json(&piece));
        }
        yield Event::data("[DONE]");
        save(&question.id, &text, "complete").await;
    }
}

#[post("/right", data = "<question>")]
fn ask_right(question: Json<Question>) -> EventStream![] {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut text = String::new();
        for piece in pieces(&question.message) {
            next_piece().await;
            text.push_str(&piece);
            let _ = sender.send(Event::data(piece_json(&piece))); // a reader that has gone is no reason to stop
        }
        save(&question.id, &text, "complete").await;
        let _ = sender.send(Event::data("[DONE]"));
    });
    EventStream! {
        while let Some(event) = receiver.recv().await {
            yield event;
        }
    }
}

#[get("/messages/<id>")]
fn message(id: &str) -> Option<Json<Message>> {
    find(id).map(Json)
}

#[rocket::main]
async fn main() -> Result<(), rocket::Error> {
    let config = rocket::Config {
        port: port(),
        log_level: rocket::config::LogLevel::Off,
        ..rocket::Config::default()
    };
    rocket::custom(config)
        .mount("/", routes![ask_naive, ask_right, message])
        .launch()
        .await?;
    Ok(())
}
