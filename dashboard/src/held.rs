//! Responses that look as if a program sent them: left out of every score until someone decides.

use crate::api::Failure;
use crate::comments::Comment;
use crate::feed::Entry;
use shared::Survey;
use shared::page::ResponseOut;

#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Without words where there are none.
    pub comment: Comment,
    pub reason: Reason,
}

/// Why it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A field that people do not see was filled in.
    Honeypot,
    /// Sent sooner than anyone can read the questions.
    TooFast,
    /// The same text came again and again.
    Repeated,
    /// It came without the work that is asked of others.
    Unproven,
    /// One that this page does not know yet.
    Other,
}

impl Reason {
    fn parse(name: &str) -> Self {
        match name {
            "honeypot" => Self::Honeypot,
            "too_fast" => Self::TooFast,
            "repeated" => Self::Repeated,
            "unproven" => Self::Unproven,
            _ => Self::Other,
        }
    }
}

impl Entry for Held {
    /// Few: the comments, which people did write, come after them.
    const STEP: usize = 5;

    fn of(response: &ResponseOut, surveys: &[Survey], locale: &str) -> Option<Self> {
        let reason = Reason::parse(response.held.as_deref()?);
        Some(Self { comment: Comment::from_response(response, surveys, locale), reason })
    }

    fn id(&self) -> &str {
        &self.comment.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Count,
    Erase,
}

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Counted,
    Erased,
    /// Erased before, by someone else or by a request whose answer was lost.
    Gone,
}

impl Decision {
    pub fn outcome(self, answer: Result<(), Failure>) -> Result<Outcome, Failure> {
        match (answer, self) {
            (Ok(()), Self::Count) => Ok(Outcome::Counted),
            (Ok(()), Self::Erase) => Ok(Outcome::Erased),
            (Err(Failure::Refused(problem)), _) if problem.status == 404 => Ok(Outcome::Gone),
            (Err(failure), _) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::Problem;

    fn held(reason: Option<&str>) -> Option<Held> {
        let mut response = json!({
            "id": "1", "survey": "post", "survey_version": 1, "channel": "web", "class": "interactive", "answers": {},
            "identity": "anonymous", "occurred_at": "2026-11-22T10:00:00Z",
            "received_at": "2026-11-22T10:00:00Z"});
        if let Some(reason) = reason {
            response["held"] = reason.into();
        }
        Held::of(&serde_json::from_value(response).unwrap(), &[], "it")
    }

    #[test]
    fn only_what_is_held_is_listed_also_without_words() {
        assert_eq!(held(None), None);
        for (name, reason) in [
            ("honeypot", Reason::Honeypot),
            ("too_fast", Reason::TooFast),
            ("repeated", Reason::Repeated),
            ("unproven", Reason::Unproven),
            ("of a later version", Reason::Other),
        ] {
            let held = held(Some(name)).unwrap();
            assert_eq!((held.reason, held.comment.words.len()), (reason, 0), "{name}");
        }
    }

    #[test]
    fn what_is_gone_needs_no_decision_and_other_refusals_are_failures() {
        let refused = |status| {
            Err(Failure::Refused(Problem {
                kind: String::new(),
                title: String::new(),
                status,
                detail: None,
                violations: Vec::new(),
            }))
        };
        for (decision, done) in
            [(Decision::Count, Outcome::Counted), (Decision::Erase, Outcome::Erased)]
        {
            assert_eq!(decision.outcome(Ok(())), Ok(done));
            assert_eq!(decision.outcome(refused(404)), Ok(Outcome::Gone));
            assert!(decision.outcome(refused(403)).is_err());
            assert!(decision.outcome(Err(Failure::Unreachable)).is_err());
        }
    }
}
