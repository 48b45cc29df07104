//! The question for work, as a visitor's device meets it.

use crate::support::Server;
use sha2::{Digest, Sha256};
use std::fmt::Write;

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[test]
fn a_question_has_an_answer_and_is_new_each_time() {
    let server = Server::start_with(&["--proof-of-work", "300"]);
    let site = server.site();
    let path = format!("/v1/sites/{}/challenge", site.key);
    let origin = [("origin", "https://www.example.org")];
    let answer = server.send("GET", &path, None, &origin, None);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://www.example.org");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let asked = answer.expect(200);
    let (salt, challenge) = (asked["salt"].as_str().unwrap(), &asked["challenge"]);
    assert_eq!((&asked["algorithm"], &asked["maxnumber"]), (&"SHA-256".into(), &300.into()));
    let found =
        (0..=300).filter(|number| *challenge == *sha256(&format!("{salt}{number}"))).count();
    assert_eq!(found, 1, "{asked}");
    let next = server.get(&path, None).expect(200);
    assert_ne!(next["salt"], asked["salt"]);
    let evil = [("origin", "https://evil.example")];
    server.send("GET", &path, None, &evil, None).expect(403);
}
