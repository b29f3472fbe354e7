//! What the applications of the census share: a scripted model, and where answers are saved.
#![allow(dead_code)] // no application needs all of it
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

const PIECE_EVERY: Duration = Duration::from_millis(15);
const SAVE_TAKES: Duration = Duration::from_millis(30); // what a database takes until it has committed
const WORDS: &str = "it was read with care , and this is what there is to say about it : all is well";

#[derive(Deserialize, Clone)]
pub struct Question {
    pub id: String,
    pub message: String,
}

#[derive(Serialize, Clone)]
pub struct Message {
    pub id: String,
    pub text: String,
    pub status: &'static str,
}

static MESSAGES: LazyLock<Mutex<HashMap<String, Message>>> = LazyLock::new(Default::default);

pub fn pieces(question: &str) -> Vec<String> {
    let mut all = vec![format!("You asked: {question}. Well,")];
    all.extend(WORDS.split(' ').map(|word| format!(" {word}")));
    all.push(" End.".into());
    all
}

pub async fn next_piece() {
    tokio::time::sleep(PIECE_EVERY).await;
}

pub async fn save(id: &str, text: &str, status: &'static str) {
    tokio::time::sleep(SAVE_TAKES).await;
    let message = Message { id: id.into(), text: text.into(), status };
    MESSAGES.lock().unwrap().insert(id.into(), message);
}

pub fn find(id: &str) -> Option<Message> {
    MESSAGES.lock().unwrap().get(id).cloned()
}

pub fn port() -> u16 {
    std::env::var("PORT").expect("PORT").parse().expect("PORT is a number")
}

pub fn piece_json(piece: &str) -> String {
    serde_json::json!({ "text": piece }).to_string()
}
