//! Responses to look at: a season of an invented town on several channels.

use crate::collector::{Collector, response_id};
use anyhow::{Result, ensure};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

const RESPONSES: u64 = 400;
const DAYS: u64 = 88;

const CHANNELS: [&str; 5] = ["web", "kiosk", "email", "counter", "phone"];
const SERVICES: [&str; 3] = ["carta-identita", "anagrafe", "tributi"];
const COMMENTS: [&str; 4] = [
    "Personale gentile e preparato.",
    "Ho aspettato più di un’ora.",
    "Il modulo in rete non si apriva: alla fine sono venuto allo sportello, dove hanno risolto in cinque minuti.",
    "Tutto bene, grazie.",
];

/// Puts them through the owner's batch, and waits until they are counted.
pub async fn fill(collector: &Collector) -> Result<()> {
    let lines: Vec<Value> = (0..RESPONSES).map(response).collect();
    let outcomes = collector.batch(&lines).await?;
    let stored = outcomes.iter().filter(|outcome| outcome["status"] == "stored").count();
    ensure!(stored == lines.len(), "{stored} of {} are stored: {outcomes:?}", lines.len());
    Ok(())
}

/// Alike on every run, and different enough from one another.
fn response(n: u64) -> Value {
    let spread = n.wrapping_mul(2_654_435_761) >> 7;
    let channel = CHANNELS[(spread % 5) as usize];
    let score = match (channel, spread % 11) {
        ("kiosk", n) => n.saturating_sub(3),
        (_, n) => 10 - n * n / 15,
    };
    let mut answers = json!({"recommend": score, "satisfaction": 1 + score * 4 / 10});
    if n.is_multiple_of(9) {
        answers["comment"] = json!(COMMENTS[(n / 9 % 4) as usize]);
    }
    if score <= 6 {
        let reason = ["waiting", "unclear", "technical"][(n % 3) as usize];
        answers["reasons"] = json!([reason]);
    }
    let age = (24 * 60 * (n % DAYS) + n) as i64;
    let mut response = json!({
        "id": response_id(), "survey": "post-service", "channel": channel, "locale": "it",
        "service": SERVICES[(spread / 5 % 3) as usize], "answers": answers,
        "occurred_at": (Timestamp::now() - age.minutes()).to_string(),
    });
    if matches!(channel, "counter" | "phone") {
        let waited_s = (10 - score) * (spread % 500);
        response["service_event"] =
            json!({"waited_s": waited_s, "resolved_first_contact": !spread.is_multiple_of(4)});
    }
    response
}
