//! A survey of several pages with a statement and follow-ups by answer, from putting it to counting,
//! exporting and counting again.

use crate::support::{Server, id};
use serde_json::{Value, json};

fn survey() -> Value {
    let text = || json!({"en": "a"});
    json!({"key": "long", "locales": ["en"], "questions": [
        {"key": "welcome", "kind": "statement", "text": text(), "hint": text()},
        {"key": "recommend", "kind": "nps", "required": true, "starts_page": true, "text": text()},
        {"key": "topic", "kind": "choice", "other": true, "text": text(),
         "options": [{"key": "office", "text": text()}]},
        {"key": "which", "kind": "text", "starts_page": true, "text": text(),
         "show_if": {"question": "topic", "any_of": ["office", "other"]}}]})
}

fn response(n: u64, answers: &Value) -> Value {
    json!({"id": id(n), "survey": "long", "answers": answers})
}

#[test]
fn a_survey_of_pages_is_asked_counted_and_exported() {
    let mut server = Server::start();
    let site = server.site();
    site.post("surveys", &survey()).expect(201);
    let form = format!("/v1/sites/{}/surveys/long", site.key);
    let asked = server.get(&form, None).expect(200);
    assert_eq!(asked["questions"][0]["kind"], "statement");
    assert_eq!(asked["questions"][1]["starts_page"], true);
    assert!(asked["questions"][2].get("starts_page").is_none());

    let own = json!({"selected": [], "other": "phone"});
    for (n, answers, violations) in [
        (1, json!({"recommend": 9, "topic": "office", "which": "east"}), &[][..]),
        (2, json!({"recommend": 3, "topic": own, "which": "x"}), &[]),
        (3, json!({"recommend": 8}), &[]),
        (4, json!({"recommend": 8, "which": "x"}), &["answers.which hidden_question"]),
        (5, json!({"recommend": 8, "welcome": "hello"}), &["answers.welcome wrong_type"]),
        (6, json!({"topic": "office"}), &["answers.recommend required"]),
    ] {
        let answer = site.submit(&response(n, &answers));
        match violations {
            [] => drop(answer.expect(201)),
            _ => assert_eq!(answer.violations(), violations, "{answers}"),
        }
    }

    let summary = site.get("summary?survey=long").expect(200);
    assert_eq!(summary["nps"]["histogram"], json!([0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0]));
    assert_eq!(summary["nps"]["skipped"], 0);
    let page = site.get("responses").expect(200);
    assert_eq!(page["responses"][0]["skipped"], json!(["topic"]), "{page}");
    let url = format!("{}{}", server.base, site.path("export?format=csv"));
    let export = ureq::get(url).header("authorization", format!("Bearer {}", site.token));
    let csv = export.call().unwrap().into_body().read_to_string().unwrap();
    let header = csv.lines().next().unwrap();
    assert!(header.contains("long.which") && !header.contains("long.welcome"), "{header}");

    // Read back from disk, the same.
    let kept = site.keep();
    assert!(server.stop());
    server.again();
    let site = kept.at(&server);
    assert_eq!(site.get("summary?survey=long").expect(200), summary);
    assert_eq!(server.get(&form, None).expect(200), asked);
}
