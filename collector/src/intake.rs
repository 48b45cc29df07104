//! The one way in: JSON of unknown origin becomes a checked submission with its time.

use crate::change::Append;
use crate::clock;
use crate::secret::{fingerprint, hash_subject};
use crate::state::Site;
use serde_json::Value;
use shared::submission::Sender;
use shared::{Survey, Timestamp, Violations, decode};
use std::sync::Arc;

/// A visitor's clock may run ahead by this much; beyond, the collector's own time is taken.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// A visitor's answer may be this old (kept offline); beyond, the clock is not believed.
const VISITOR_AGE_MS: i64 = 90 * 24 * 3600 * 1000;

/// Decodes and checks one response against the survey that it names.
pub fn read(
    value: &Value,
    site: &Site,
    secret: &[u8; 32],
    sender: Sender,
    received: Timestamp,
) -> Result<Append, Violations> {
    let mut bad = Violations::default();
    let draft = decode::submission_draft(value, clock::parse, &mut bad);
    let survey = if bad.has_path("survey") { None } else { find_survey(&draft, site, &mut bad) };
    let fingerprint = fingerprint(&serde_json::to_vec(&draft).expect("a draft is plain data"));
    // Without its survey the answers cannot be judged, but everything else can.
    let any_answers = Survey::<String> {
        key: String::new(),
        version: 0,
        locales: Vec::new(),
        title: None,
        questions: Vec::new(),
        thanks: None,
    };
    let checked = match &survey {
        Some(survey) => draft.check(survey, sender),
        None => draft.check(&any_answers, sender),
    };
    match (checked, bad.is_empty()) {
        (Ok(submission), true) => Ok(Append {
            time: believed_time(submission.occurred_at, received, sender),
            subject: submission
                .identity
                .subject
                .as_ref()
                .map(|subject| hash_subject(secret, site.number, subject)),
            submission,
            fingerprint,
            received,
        }),
        (checked, _) => {
            let known_survey = survey.is_some();
            let more = checked.err().unwrap_or_default().into_vec().into_iter();
            for v in more.filter(|v| known_survey || !v.path.starts_with("answers")) {
                // What has the wrong type was told already.
                if !bad.has_path(&v.path) {
                    bad.add(v.path, &v.code, v.message);
                }
            }
            Err(bad)
        }
    }
}

fn find_survey(
    draft: &shared::SubmissionDraft,
    site: &Site,
    bad: &mut Violations,
) -> Option<Arc<Survey>> {
    let current = site.survey(&draft.survey);
    if current.is_none() {
        bad.add("survey", "unknown_survey", "the site has no such survey");
    }
    let Some(version) = draft.survey_version else { return current.cloned() };
    let asked = site.survey_version(&draft.survey, version);
    if asked.is_none() && current.is_some() {
        bad.add("survey_version", "unknown_version", "the survey has no such version");
    }
    asked.or(current).cloned()
}

/// When it happened, as far as it can be believed.
fn believed_time(occurred: Option<Timestamp>, received: Timestamp, sender: Sender) -> Timestamp {
    let Some(occurred) = occurred else { return received };
    let age_ms = received.millis() - occurred.millis();
    let too_old = sender == Sender::Visitor && age_ms > VISITOR_AGE_MS;
    if age_ms < -AHEAD_MS || too_old { received } else { occurred }
}
