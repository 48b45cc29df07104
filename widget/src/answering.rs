//! What the visitor has answered so far, what is wrong with it, and how far sending has come.
//! A plain struct: it knows no page.

use shared::Survey;
use shared::submission::{Answer, Given, check_page, is_blank};
use shared::survey::{Kind, OTHER};

/// By question, each once.
pub type Answers = Vec<(String, Answer)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Asking,
    Sending,
    /// Not sent yet, and kept by the browser: it will be, also by a later page.
    Saved,
    /// Said only after the collector's acknowledgement.
    Sent,
    /// Sent, and taken back by the visitor.
    TakenBack,
    Failed,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Asking, Self::Sending, Self::Saved, Self::Sent, Self::TakenBack, Self::Failed];

    /// As the core and the style name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Sending => "sending",
            Self::Saved => "saved",
            Self::Sent => "sent",
            Self::TakenBack => "taken-back",
            Self::Failed => "failed",
        }
    }

    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == name).unwrap_or(Self::Asking)
    }
}

/// A broken rule: where (`answers.recommend`), and which (`required`).
pub type Fault = (String, String);

pub struct Answering {
    pub survey: Survey<String>,
    pub state: State,
    /// Read out when it changes.
    pub status: String,
    /// The page that is shown, by the survey's numbers.
    pub page: usize,
    /// Also of questions that a later answer has hidden: they come back with their question.
    answers: Answers,
    faults: Vec<Fault>,
}

impl Answering {
    /// `page`: where an earlier form was left.
    pub fn new(survey: Survey<String>, page: Option<usize>) -> Self {
        let answers = Answers::new();
        let first = || survey.pages(&answers).first().copied();
        Self {
            page: page.or_else(first).unwrap_or_default(),
            survey,
            state: State::Asking,
            status: String::new(),
            answers,
            faults: Vec::new(),
        }
    }

    /// Takes what is now filled in at one question: the values that are ticked, and the words.
    pub fn fill(&mut self, key: &str, ticked: Vec<String>, words: String) {
        let Some(question) = self.survey.question(key) else { return };
        let answer = answer(&question.kind, ticked, words);
        match self.answers.iter_mut().find(|(known, _)| known == key) {
            Some(known) => known.1 = answer,
            None => self.answers.push((key.to_owned(), answer)),
        }
        self.faults.retain(|fault| question_of(fault) != Some(key));
        // What was said of the last try no longer holds.
        if self.faults.is_empty() {
            self.status.clear();
        }
    }

    /// Whether a question is asked, and on the page that is shown.
    pub fn is_shown(&self, key: &str) -> bool {
        self.survey.page_of(key) == self.page
            && self.survey.shown(&self.answers).iter().any(|question| question.key == key)
    }

    /// Which of the visitor's pages is shown, from 0, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let pages = self.survey.pages(&self.answers);
        let place = pages.iter().position(|page| *page == self.page);
        (place.unwrap_or_default(), pages.len())
    }

    pub fn is_last(&self) -> bool {
        let (place, count) = self.progress();
        place + 1 >= count
    }

    /// To the next page, or the one before.
    pub fn turn(&mut self, forward: bool) {
        let (place, _) = self.progress();
        let to = if forward { place + 1 } else { place.saturating_sub(1) };
        if let Some(page) = self.survey.pages(&self.answers).get(to) {
            self.page = *page;
        }
    }

    /// How many characters a text has, spaces and all.
    pub fn length(&self, key: &str) -> u32 {
        match self.answers.answer(key) {
            Some(Answer::Text(text)) => text.chars().count() as u32,
            _ => 0,
        }
    }

    /// What was answered to the questions that are shown, and nothing else.
    pub fn given(&self) -> Answers {
        let mut given = Answers::new();
        for question in self.survey.shown(&self.answers) {
            if let Some(answer) = self.answers.answer(&question.key)
                && !answer.is_blank()
            {
                given.push((question.key.clone(), answer.clone()));
            }
        }
        given
    }

    /// What is wrong with what was given as far as this page, by the rules that the collector has
    /// too.
    pub fn check(&self) -> Vec<Fault> {
        let mut bad = check_page(&self.given(), &self.survey, self.page);
        // Sent without its words, "other" would be gone without a word.
        for (key, answer) in &self.answers {
            if let Answer::WithOther { other, .. } = answer
                && is_blank(other)
                && self.is_shown(key)
            {
                bad.add(["answers.", key, ".other"].concat(), "required", String::new());
            }
        }
        bad.as_slice().iter().map(|v| (v.path.clone(), v.code.clone())).collect()
    }

    /// Puts the faults beside their questions, and shows the page of the first.
    pub fn correct(&mut self, faults: Vec<Fault>) {
        self.faults = faults;
        if let Some(key) = self.first_faulty() {
            self.page = self.survey.page_of(key);
        }
    }

    /// The code of what is wrong with one question.
    pub fn fault(&self, key: &str) -> Option<&str> {
        self.faults.iter().find(|fault| question_of(fault) == Some(key)).map(|fault| &fault.1[..])
    }

    /// Whether it is the words of a question's "other" that are wrong.
    pub fn lacks_words(&self, key: &str) -> bool {
        self.faults.iter().any(|fault| {
            fault.0.strip_suffix(".other").and_then(|path| path.strip_prefix("answers."))
                == Some(key)
        })
    }

    /// The faulty question that a reader meets first.
    pub fn first_faulty(&self) -> Option<&str> {
        let mut keys = self.survey.questions.iter().map(|question| &question.key[..]);
        keys.find(|key| self.fault(key).is_some())
    }
}

/// The key in `answers.KEY` and `answers.KEY.other`.
fn question_of(fault: &Fault) -> Option<&str> {
    let path = fault.0.strip_prefix("answers.")?;
    Some(path.strip_suffix(".other").unwrap_or(path))
}

fn answer(kind: &Kind<String>, mut ticked: Vec<String>, words: String) -> Answer {
    match kind {
        Kind::Text { .. } => Answer::Text(words),
        Kind::Choice { multiple, .. } => {
            let own = ticked.iter().position(|key| key == OTHER).map(|i| ticked.remove(i));
            match (own, ticked.first()) {
                (Some(_), _) => Answer::WithOther { selected: ticked, other: words },
                (_, Some(one)) if !multiple => Answer::Text(one.clone()),
                _ => Answer::Options(ticked),
            }
        }
        _ => match ticked.first().and_then(|score| score.parse().ok()) {
            Some(score) => Answer::Score(score),
            None => Answer::Options(Vec::new()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::survey::{ChoiceOption, Question, ShowIf};

    fn question(key: &str, kind: Kind<String>, after: Option<(&str, u8)>) -> Question<String> {
        Question {
            key: key.to_owned(),
            kind,
            text: String::new(),
            hint: None,
            required: key == "recommend",
            starts_page: key == "comment",
            metric: None,
            show_if: after.map(|(question, max)| ShowIf {
                question: question.to_owned(),
                max: Some(max),
                ..ShowIf::default()
            }),
        }
    }

    fn answering() -> Answering {
        let waiting = ChoiceOption { key: "waiting".to_owned(), text: String::new() };
        let reasons = Kind::Choice { multiple: true, other: true, options: vec![waiting] };
        Answering::new(
            Survey {
                key: "post-service".to_owned(),
                version: 1,
                locales: Vec::new(),
                title: None,
                questions: vec![
                    question("recommend", Kind::Nps, None),
                    question("reasons", reasons, Some(("recommend", 6))),
                    question("comment", Kind::Text { max_chars: 5 }, None),
                ],
                thanks: None,
                theme: None,
            },
            None,
        )
    }

    fn fill(answering: &mut Answering, key: &str, ticked: &[&str], words: &str) {
        let ticked = ticked.iter().map(|value| (*value).to_owned()).collect();
        answering.fill(key, ticked, words.to_owned());
    }

    #[test]
    fn inputs_become_answers() {
        let several = Kind::Choice { multiple: true, other: true, options: Vec::new() };
        let one = Kind::Choice { multiple: false, other: true, options: Vec::new() };
        let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        for (kind, ticked, words, expected) in [
            (&Kind::Nps, &["0"][..], "", Answer::Score(0)),
            (&Kind::Text { max_chars: 9 }, &[], "è", Answer::Text("è".to_owned())),
            (&one, &["fast"], "", Answer::Text("fast".to_owned())),
            (&several, &["fast", "easy"], "", Answer::Options(owned(&["fast", "easy"]))),
            (
                &several,
                &["fast", OTHER],
                " ",
                Answer::WithOther { selected: owned(&["fast"]), other: " ".to_owned() },
            ),
            (
                &several,
                &["fast", OTHER],
                "x",
                Answer::WithOther { selected: owned(&["fast"]), other: "x".to_owned() },
            ),
            (&one, &[OTHER], "x", Answer::WithOther { selected: vec![], other: "x".to_owned() }),
            // Words that stay in the field after "other" is unticked are not sent.
            (&several, &["fast"], "x", Answer::Options(owned(&["fast"]))),
        ] {
            assert_eq!(answer(kind, owned(ticked), words.to_owned()), expected);
        }
    }

    #[test]
    fn a_hidden_question_keeps_its_answer_but_does_not_send_it() {
        let mut answering = answering();
        fill(&mut answering, "recommend", &["3"], "");
        fill(&mut answering, "reasons", &["waiting"], "");
        assert!(answering.given().answer("reasons").is_some());
        fill(&mut answering, "recommend", &["9"], "");
        assert!(!answering.is_shown("reasons"));
        assert!(answering.given().answer("reasons").is_none());
        fill(&mut answering, "recommend", &["2"], "");
        assert!(answering.given().answer("reasons").is_some());
    }

    #[test]
    fn other_asks_for_its_words() {
        let mut answering = answering();
        fill(&mut answering, "recommend", &["3"], "");
        for (ticked, words, expected) in [
            (&[OTHER][..], "", &["answers.reasons.other"][..]),
            (&["waiting", OTHER], " ", &["answers.reasons.other"]),
            (&["waiting", OTHER], "x", &[]),
            (&["waiting"], "", &[]),
        ] {
            fill(&mut answering, "reasons", ticked, words);
            let faults = answering.check();
            let paths: Vec<_> = faults.iter().map(|fault| &fault.0[..]).collect();
            let of_other: Vec<_> =
                paths.into_iter().filter(|path| path.ends_with("other")).collect();
            assert_eq!(of_other, expected, "{ticked:?} {words:?}");
            answering.correct(faults);
            assert_eq!(answering.lacks_words("reasons"), !expected.is_empty());
        }
        fill(&mut answering, "reasons", &[OTHER], "");
        fill(&mut answering, "recommend", &["9"], "");
        assert_eq!(answering.check(), Vec::new(), "nobody asks any more");
    }

    #[test]
    fn pages_are_turned_there_and_back() {
        let mut answering = answering();
        assert_eq!((answering.progress(), answering.is_last()), ((0, 2), false));
        assert!(answering.is_shown("recommend") && !answering.is_shown("comment"));
        answering.turn(false);
        assert_eq!(answering.page, 0, "there is nothing before");
        answering.turn(true);
        assert_eq!((answering.progress(), answering.is_last()), ((1, 2), true));
        assert!(answering.is_shown("comment") && !answering.is_shown("recommend"));
        answering.turn(true);
        assert_eq!(answering.page, 1, "there is nothing behind");
        answering.turn(false);
        assert_eq!(answering.page, 0);
    }

    #[test]
    fn faults_stand_beside_their_questions_until_answered() {
        let mut answering = answering();
        fill(&mut answering, "comment", &[], "troppo lungo");
        let faults = answering.check();
        assert_eq!(faults.len(), 1, "of this page alone: {faults:?}");
        answering.page = 1;
        let faults = answering.check();
        answering.correct(faults);
        assert_eq!(answering.fault("recommend"), Some("required"));
        assert_eq!(answering.fault("comment"), Some("too_long"));
        assert_eq!(answering.first_faulty(), Some("recommend"));
        assert_eq!(answering.page, 0, "the page of the first fault is shown");
        fill(&mut answering, "recommend", &["8"], "");
        assert_eq!(answering.fault("recommend"), None);
        assert_eq!(answering.first_faulty(), Some("comment"));
        answering.status.push_str("look there");
        fill(&mut answering, "comment", &[], "corto");
        assert_eq!(answering.check(), Vec::new());
        assert_eq!(answering.status, "", "nothing is wrong any more");
    }
}
