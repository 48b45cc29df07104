//! What a site is made of: every mistake is named, and nothing is made of it.

use crate::support::Server;
use serde_json::json;

#[test]
fn every_mistake_is_named() {
    let server = Server::start();
    let admin = server.admin_token();
    let long = "a".repeat(101);
    for (record, expected) in [
        (json!({}), "name required"),
        (json!({"name": 1}), "name wrong_type"),
        (json!({"name": " "}), "name invalid"),
        (json!({"name": long}), "name invalid"),
        (json!({"name": "Comune\r\nBcc: a@b.example"}), "name invalid"),
        (json!({"name": "A", "origins": ["www.example.org"]}), "origins[0] invalid"),
        (json!({"name": "A", "timezone": "Rome"}), "timezone unknown_timezone"),
        (json!({"name": "A", "locale": ""}), "locale invalid_locale"),
        (json!({"name": "A", "retention_days": 0}), "retention_days out_of_range"),
        (
            json!({"name": "A", "channels": {"pigeon": "physical"}}),
            "channels.pigeon unknown_channel",
        ),
        (json!({"name": "A", "colour": "red"}), "colour unknown_field"),
    ] {
        let answer = server.post("/v1/sites", Some(&admin), &record);
        assert_eq!(
            (answer.status, answer.violations()),
            (422, vec![expected.to_owned()]),
            "{record}"
        );
    }
    assert_eq!(server.get("/v1/sites", Some(&admin)).expect(200)["sites"], json!([]));
}
