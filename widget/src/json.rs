//! A draft as the JSON that the collector takes, written by hand: serde_json would cost more
//! bytes than the questions.

use shared::submission::{Answer, Context, SubmissionDraft};

/// The body of a response. `occurred_at` is RFC 3339; the draft's own instant is not looked at.
pub fn body(draft: &SubmissionDraft, occurred_at: &str) -> String {
    let mut object = Object::open();
    object.text("id", &draft.id);
    object.text("survey", &draft.survey);
    if let Some(version) = draft.survey_version {
        object.raw("survey_version", &version.to_string());
    }
    object.optional("channel", draft.channel.as_ref());
    object.optional("service", draft.service.as_ref());
    object.optional("locale", draft.locale.as_ref());
    let mut answers = Object::open();
    for (key, value) in &draft.answers {
        answers.raw(key, &answer(value));
    }
    object.raw("answers", &answers.close());
    if let Some(value) = &draft.context {
        object.raw("context", &context(value));
    }
    object.text("occurred_at", occurred_at);
    object.close()
}

fn answer(value: &Answer) -> String {
    match value {
        Answer::Score(score) => score.to_string(),
        Answer::Text(text) => quoted(text),
        Answer::Options(keys) => array(keys),
        Answer::WithOther { selected, other } => {
            let mut object = Object::open();
            object.raw("selected", &array(selected));
            object.text("other", other);
            object.close()
        }
    }
}

fn context(value: &Context) -> String {
    let mut object = Object::open();
    object.optional("page", value.page.as_ref());
    object.optional("referrer", value.referrer.as_ref());
    object.optional("device", value.device.as_ref());
    if !value.attributes.is_empty() {
        let mut attributes = Object::open();
        for (name, value) in &value.attributes {
            attributes.text(name, value);
        }
        object.raw("attributes", &attributes.close());
    }
    object.close()
}

struct Object(String);

impl Object {
    fn open() -> Self {
        Self("{".to_owned())
    }
    fn raw(&mut self, name: &str, json: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(json);
    }
    fn text(&mut self, name: &str, text: &str) {
        self.raw(name, &quoted(text));
    }
    fn optional(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }
    fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn array(texts: &[String]) -> String {
    let mut json = "[".to_owned();
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            json.push(',');
        }
        json.push_str(&quoted(text));
    }
    json.push(']');
    json
}

fn quoted(text: &str) -> String {
    let mut json = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                json.push('\\');
                json.push(c);
            }
            ' '.. => json.push(c),
            // The control characters, all below 32.
            _ => {
                json.push_str(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                json.push(char::from(b"0123456789abcdef"[c as usize % 16]));
            }
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        for (text, json) in [
            ("", r#""""#),
            ("è 👍", r#""è 👍""#),
            ("a\"b\\c/", r#""a\"b\\c/""#),
            ("1\n2\t3\u{1f}\u{0}", r#""1\u000a2\u00093\u001f\u0000""#),
        ] {
            assert_eq!(quoted(text), json);
        }
    }

    #[test]
    fn a_whole_response() {
        let draft = SubmissionDraft {
            id: "0190".to_owned(),
            survey: "post-service".to_owned(),
            survey_version: Some(3),
            channel: Some("web".to_owned()),
            answers: [
                ("comment".to_owned(), Answer::Text("Bene".to_owned())),
                ("praise".to_owned(), Answer::Options(vec!["fast".to_owned(), "easy".to_owned()])),
                (
                    "reasons".to_owned(),
                    Answer::WithOther { selected: Vec::new(), other: "No".to_owned() },
                ),
                ("recommend".to_owned(), Answer::Score(9)),
            ]
            .into(),
            context: Some(Context {
                page: Some("/carta".to_owned()),
                attributes: [("plan".to_owned(), "gold".to_owned())].into(),
                ..Context::default()
            }),
            ..SubmissionDraft::default()
        };
        assert_eq!(
            body(&draft, "2026-11-22T10:00:00.000Z"),
            concat!(
                r#"{"id":"0190","survey":"post-service","survey_version":3,"channel":"web","#,
                r#""answers":{"comment":"Bene","praise":["fast","easy"],"#,
                r#""reasons":{"selected":[],"other":"No"},"recommend":9},"#,
                r#""context":{"page":"/carta","attributes":{"plan":"gold"}},"#,
                r#""occurred_at":"2026-11-22T10:00:00.000Z"}"#
            )
        );
    }
}
