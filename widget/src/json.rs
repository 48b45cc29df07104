//! Answers as the JSON that the collector takes, written by hand: serde_json would cost more bytes
//! than the questions.

use crate::answering::Answers;
use shared::submission::Answer;

pub fn answers(answers: &Answers) -> String {
    let mut object = Object::open();
    for (key, value) in answers {
        object.raw(key, &answer(value));
    }
    object.close()
}

fn answer(value: &Answer) -> String {
    match value {
        Answer::Score(score) => digits(*score),
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

/// A whole number; what the library has for it brings all of its formatting along.
pub fn digits(number: i64) -> String {
    let mut text = match number {
        ..0 => return ["-", &digits(-number)].concat(),
        0..10 => String::new(),
        _ => digits(number / 10),
    };
    text.push(char::from(b'0' + (number % 10) as u8));
    text
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
    fn numbers_in_digits() {
        for number in [0, 7, 10, 90, 2_000, -1, -1_234_567] {
            assert_eq!(digits(number), number.to_string());
        }
    }

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
    fn answers_of_every_kind() {
        let given = [
            ("comment".to_owned(), Answer::Text("Bene".to_owned())),
            ("praise".to_owned(), Answer::Options(vec!["fast".to_owned(), "easy".to_owned()])),
            (
                "reasons".to_owned(),
                Answer::WithOther { selected: Vec::new(), other: "No".to_owned() },
            ),
            ("recommend".to_owned(), Answer::Score(9)),
        ];
        assert_eq!(
            answers(&given.to_vec()),
            concat!(
                r#"{"comment":"Bene","praise":["fast","easy"],"#,
                r#""reasons":{"selected":[],"other":"No"},"recommend":9}"#
            )
        );
    }
}
