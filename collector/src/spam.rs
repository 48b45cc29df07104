//! Signs of answers that nobody gave. A suspicious answer is stored and acknowledged like any other,
//! but held: left out of every score until someone has looked at it. Nothing is dropped in silence.

use crate::log::record::Suspicion;
use crate::secret::fingerprint;
use crate::state::SiteNo;
use shared::submission::FormSigns;
use shared::{Answer, ResponseId, Submission};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One tap on one face is quick: a form of one question is not timed.
const ANSWERS_TIMED_FROM: usize = 2;
/// Texts that are remembered; the oldest makes room for the next.
const TEXTS_MAX: usize = 8_192;
/// Shorter texts are alike by chance, letters and digits.
const TEXT_LENGTH_MIN: usize = 20;
/// How often the same text may come before it is suspicious.
const SAME_TEXT_MAX: u32 = 3;

pub struct Spam {
    /// Nobody reads a question and answers it in less; zero where nobody is timed.
    answer_time_min: Duration,
    texts: Mutex<Texts>,
}

#[derive(Default)]
struct Texts {
    seen: HashMap<Key, Seen>,
    order: VecDeque<Key>,
}

/// Site and fingerprint of the text.
type Key = (SiteNo, [u8; 16]);

struct Seen {
    times: u32,
    /// The last response with it: a retry does not count.
    last: ResponseId,
}

impl Spam {
    pub fn new(answer_time_min: Duration) -> Self {
        Self { answer_time_min, texts: Mutex::default() }
    }

    /// Why a visitor's answer is suspicious.
    pub fn judge(
        &self,
        site: SiteNo,
        submission: &Submission,
        signs: Option<&FormSigns>,
    ) -> Option<Suspicion> {
        let trapped = signs.and_then(|signs| signs.trap.as_deref());
        if trapped.is_some_and(|trapped| !trapped.is_empty()) {
            return Some(Suspicion::Honeypot);
        }
        let answers = u32::try_from(submission.answers.len()).unwrap_or(u32::MAX);
        let elapsed = signs.and_then(|signs| signs.elapsed_ms);
        let elapsed = elapsed.map(|ms| Duration::from_millis(u64::from(ms)));
        let least = self.answer_time_min.saturating_mul(answers);
        if submission.answers.len() >= ANSWERS_TIMED_FROM && elapsed.is_some_and(|e| e < least) {
            return Some(Suspicion::TooFast);
        }
        let repeated = texts(submission).any(|text| self.is_repeated(site, submission.id, text));
        repeated.then_some(Suspicion::Repeated)
    }

    fn is_repeated(&self, site: SiteNo, id: ResponseId, text: &str) -> bool {
        let plain: String =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if plain.chars().count() < TEXT_LENGTH_MIN {
            return false;
        }
        let key = (site, fingerprint(plain.as_bytes()));
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.times(key, id) > SAME_TEXT_MAX
    }
}

impl Texts {
    /// How often this text has come, this time included.
    fn times(&mut self, key: Key, id: ResponseId) -> u32 {
        if let Some(seen) = self.seen.get_mut(&key) {
            if seen.last != id {
                seen.times = seen.times.saturating_add(1);
                seen.last = id;
            }
            return seen.times;
        }
        if self.order.len() == TEXTS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.order.push_back(key);
        self.seen.insert(key, Seen { times: 1, last: id });
        1
    }
}

fn texts(submission: &Submission) -> impl Iterator<Item = &str> {
    submission.answers.values().filter_map(|answer| match answer {
        Answer::Text(text) | Answer::WithOther { other: text, .. } => Some(text.as_str()),
        Answer::Score(_) | Answer::Options(_) => None,
    })
}
