//! What a form sends: answers and its own state, as pairs of text. Nothing of it is believed; the
//! checks for responses follow.

use super::Answers;
use shared::submission::{Answer, is_blank};
use shared::survey::{Kind, OTHER, Survey};

/// Of a question's own words beside its options.
pub const OTHER_PREFIX: &str = "other.";
pub const ANSWER_PREFIX: &str = "answers.";

/// The button that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    Next,
    Back,
    Send,
}

/// What stays the same from page to page beside what a link gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// `light` or `dark`; else the visitor's system says.
    pub theme: Option<String>,
    /// The host's page that the form is part of.
    pub page: Option<String>,
    /// By which whoever was invited ends invitations.
    pub stop: Option<String>,
}

impl Look {
    pub fn of_pairs(pairs: &[(String, String)]) -> Self {
        let theme = value(pairs, "theme").filter(|theme| matches!(*theme, "light" | "dark"));
        let page = value(pairs, "page").filter(|page| !page.is_empty());
        let stop = value(pairs, "stop").filter(|stop| !stop.is_empty());
        let [theme, page, stop] = [theme, page, stop].map(|word| word.map(str::to_owned));
        Self { theme, page, stop }
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> + use<'_> {
        let words = [("theme", &self.theme), ("page", &self.page), ("stop", &self.stop)];
        words.into_iter().filter_map(|(name, word)| Some((name, word.clone()?)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub go: Go,
    pub step: usize,
    /// To questions of the survey, also to those that these answers hide.
    pub answers: Answers,
    pub ticket: String,
    /// What stands in the field that people do not see.
    pub trap: String,
}

impl Posted {
    pub fn read<T>(pairs: &[(String, String)], survey: &Survey<T>) -> Self {
        let text = |name: &str| value(pairs, name).unwrap_or_default().to_owned();
        let go = match text("go").as_str() {
            "send" => Go::Send,
            "back" => Go::Back,
            _ => Go::Next,
        };
        let answers = survey.questions.iter().map(|question| {
            let key = question.key.clone();
            let answer = answer(pairs, &key, &question.kind);
            (key, answer)
        });
        Self {
            go,
            step: text("step").parse().unwrap_or_default(),
            answers: answers.filter(|(_, answer)| !answer.is_blank()).collect(),
            ticket: text("ticket"),
            trap: text("homepage"),
        }
    }
}

/// The version of the survey that the form was made with.
pub fn version(pairs: &[(String, String)]) -> Option<u32> {
    value(pairs, "version")?.parse().ok()
}

pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// As the widget reads its inputs: words of one's own count where "other" is ticked.
fn answer<T>(pairs: &[(String, String)], key: &str, kind: &Kind<T>) -> Answer {
    let name = [ANSWER_PREFIX, key].concat();
    let values = pairs.iter().filter(|(found, _)| *found == name);
    // Browsers send lines as CR LF.
    let mut values = values.map(|(_, value)| value.replace("\r\n", "\n").replace('\r', "\n"));
    match kind {
        Kind::Statement => Answer::Options(Vec::new()),
        Kind::Text { .. } => Answer::Text(values.next().unwrap_or_default()),
        Kind::Choice { multiple, .. } => {
            let mut ticked: Vec<String> = values.collect();
            let has_own = ticked.iter().any(|key| key == OTHER);
            ticked.retain(|key| key != OTHER);
            let words = value(pairs, &[OTHER_PREFIX, key].concat()).unwrap_or_default();
            match (has_own, ticked.first()) {
                (true, _) if !is_blank(words) => {
                    Answer::WithOther { selected: ticked, other: words.to_owned() }
                }
                (_, Some(one)) if !multiple && ticked.len() == 1 => Answer::Text(one.clone()),
                _ => Answer::Options(ticked),
            }
        }
        _ => match values.next().and_then(|score| score.parse().ok()) {
            Some(score) => Answer::Score(score),
            None => Answer::Options(Vec::new()),
        },
    }
}

/// The pairs that `answer` makes the same answer of.
pub fn pairs_of(key: &str, answer: &Answer) -> Vec<(String, String)> {
    let name = || [ANSWER_PREFIX, key].concat();
    let each = |keys: &[String]| keys.iter().map(|key| (name(), key.clone())).collect::<Vec<_>>();
    match answer {
        Answer::Score(score) => vec![(name(), score.to_string())],
        Answer::Text(text) => vec![(name(), text.clone())],
        Answer::Options(keys) => each(keys),
        Answer::WithOther { selected, other } => {
            let mut pairs = each(selected);
            pairs.push((name(), OTHER.to_owned()));
            pairs.push(([OTHER_PREFIX, key].concat(), other.clone()));
            pairs
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::presets::Preset;

    #[test]
    fn answers_go_into_pairs_and_back() {
        let survey = Preset::named("post-service").unwrap().survey();
        for given in [
            json!({}),
            json!({"recommend": 0, "satisfaction": 5, "comment": "Zeile\nfür Zeile & <mehr>"}),
            json!({"recommend": 3, "reasons": ["waiting", "staff"]}),
            json!({"reasons": {"selected": ["waiting"], "other": "the lift"}}),
            json!({"praise": {"selected": [], "other": "all"}, "recommend": -1}),
        ] {
            let answers: Answers = serde_json::from_value(given.clone()).unwrap();
            let pairs: Vec<_> =
                answers.iter().flat_map(|(key, answer)| pairs_of(key, answer)).collect();
            assert_eq!(Posted::read(&pairs, &survey).answers, answers, "{given}");
        }
    }

    #[test]
    fn what_is_not_right_is_left_out() {
        let survey = Preset::named("post-service").unwrap().survey();
        let pairs = [
            ("answers.recommend", "many"),
            ("answers.unknown", "1"),
            ("answers.comment", "  "),
            ("other.reasons", "not ticked"),
            ("step", "-1"),
            ("go", "nowhere"),
            ("answers.reasons", "other"),
            ("other.reasons", " "),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let read = Posted::read(&pairs, &survey);
        assert_eq!((read.go, read.step), (Go::Next, 0));
        let other = Answer::WithOther { selected: vec![], other: "not ticked".into() };
        assert_eq!(read.answers, Answers::from([("reasons".into(), other)]));
    }
}
