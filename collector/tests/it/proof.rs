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

/// Where work is asked for, an answer without it is refused, and one with it is taken once.
#[test]
fn an_answer_has_to_bring_its_work() {
    use crate::support::response;
    use base64::Engine;
    let server = Server::start_with(&["--proof-of-work", "300"]);
    let site = server.site();
    let solve = || {
        let asked = server.get(&format!("/v1/sites/{}/challenge", site.key), None).expect(200);
        let salt = asked["salt"].as_str().unwrap();
        let number = (0..=300).find(|n| asked["challenge"] == *sha256(&format!("{salt}{n}")));
        let mut proof = asked.clone();
        proof["number"] = number.into();
        base64::engine::general_purpose::STANDARD.encode(proof.to_string())
    };
    let with = |n: u64, proof: &str| {
        let mut body = response(n, 9);
        body["form"] = serde_json::json!({"proof": proof});
        site.submit(&body)
    };
    for answer in [site.submit(&response(1, 9)), with(1, "nonsense")] {
        assert_eq!(
            (answer.status, answer.violations()),
            (422, vec!["form.proof proof_of_work".into()])
        );
    }
    let proof = solve();
    with(1, &proof).expect(201);
    with(1, &proof).expect(200);
    site.submit(&response(1, 9)).expect(200);
    assert_eq!(with(2, &proof).status, 422, "used for another response");
    with(2, &solve()).expect(201);
    // A program of the owner's has a token, and works for nobody.
    assert_eq!(site.batch(&[response(3, 9)])[0]["status"], "stored");
    assert_eq!(site.responses(), 3);
}
