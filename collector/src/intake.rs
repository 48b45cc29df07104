//! The one way in: JSON of unknown origin, or what a hosted form collected, becomes a checked
//! submission with its time.

use crate::change::Append;
use crate::clock;
use crate::doors::{ProofError, Proofs};
use crate::identity;
use crate::log::ReadError;
use crate::log::record::{self, IdEntry, Suspicion};
use crate::log::{Disk, keys};
use crate::secret::{fingerprint, hash_subject, proof_key};
use crate::spam::Spam;
use crate::state::{NO_SURVEY, Site};
use shared::submission::{FormSigns, Sender};
use shared::{ResponseId, SubmissionDraft, Survey, Timestamp, Violations, decode};
use std::sync::Arc;

/// A visitor's clock may run ahead by this much; beyond, the collector's own time is taken.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// A visitor's answer may be this old (kept offline); beyond, the clock is not believed.
const VISITOR_AGE_MS: i64 = 90 * 24 * 3600 * 1000;

/// Why a response is not taken.
pub enum Rejected {
    NotJson(serde_json::Error),
    Violates {
        violations: Violations,
        /// Id and fingerprint, where they could be read: a retry of what was stored under an older
        /// version of its survey is still a retry.
        sent: Option<(ResponseId, [u8; 16])>,
    },
}

/// What stands between visitors and the store beside the checks.
#[derive(Clone, Copy)]
pub struct Guards<'a> {
    pub spam: &'a Spam,
    /// Where work is asked of visitors' devices.
    pub proofs: Option<&'a Proofs>,
}

/// Decodes and checks one response against the survey that it names.
pub fn read(
    text: &[u8],
    site: &Site,
    secret: &[u8; 32],
    guards: Guards<'_>,
    sender: Sender,
    received: Timestamp,
) -> Result<Append, Rejected> {
    let mut bad = Violations::default();
    let draft = decode::submission(text, clock::parse, &mut bad);
    let mut draft = draft.map_err(Rejected::NotJson)?;
    // A retry tells another time on the form.
    let signs = draft.form.take();
    let is_object = !bad.has_path("");
    if !is_object {
        return Err(Rejected::Violates { violations: bad, sent: None });
    }
    // A retry may come with a token that was signed anew.
    let token = draft.identity.as_mut().and_then(|identity| identity.token.take());
    let fingerprint = fingerprint(&serde_json::to_vec(&draft).expect("a draft is plain data"));
    let id = ResponseId::parse(&draft.id).ok().filter(|_| bad.is_empty());
    let attested = token.and_then(|token| {
        let claimed = draft.identity.take().unwrap_or_default();
        let attested = identity::attest(&token, &claimed, site, secret, received);
        attested.map_err(|error| bad.add("identity.token", error.code(), error.to_string())).ok()
    });
    let survey = if bad.has_path("survey") {
        None
    } else {
        find_survey(&draft.survey, draft.survey_version, site, &mut bad)
    };
    let checked = match &survey {
        Some(survey) => draft.check(survey, sender),
        None => draft.check(&nothing_asked(), sender),
    };
    let mut submission = match checked {
        Ok(submission) if bad.is_empty() => submission,
        checked => {
            let more = checked.err().unwrap_or_default();
            add_untold(&mut bad, more, survey.is_some());
            return Err(Rejected::Violates { violations: bad, sent: id.zip(Some(fingerprint)) });
        }
    };
    let id = submission.id;
    if let Some(attested) = attested {
        submission.identity = attested;
    }
    if let (Sender::Visitor, Some(proofs)) = (sender, guards.proofs)
        && let Err(error) = check_proof(proofs, site, secret, id, signs.as_ref(), received)
    {
        bad.add("form.proof", "proof_of_work", error.to_string());
        return Err(Rejected::Violates { violations: bad, sent: Some((id, fingerprint)) });
    }
    let subject = submission.identity.subject.as_ref();
    let held = match sender {
        Sender::Visitor => guards.spam.judge(site.number, &submission, signs.as_ref()),
        Sender::Trusted => None,
    };
    Ok(Append {
        time: believed_time(submission.occurred_at, received, sender),
        subject: subject.map(|subject| hash_subject(secret, site.number, subject)),
        submission,
        sender,
        fingerprint,
        received,
        held,
    })
}

/// What a hosted form has collected, step by step.
pub struct Collected<'a> {
    pub draft: SubmissionDraft,
    pub signs: FormSigns,
    pub survey: &'a Survey,
    /// `Trusted` where a signed link stands for it.
    pub sender: Sender,
}

/// Checks it as any other response. Work cannot be asked of a page without scripts: where it is asked
/// of others, the answer is held in its place until someone has looked.
pub fn hosted(
    collected: Collected<'_>,
    site: &Site,
    guards: Guards<'_>,
    received: Timestamp,
) -> Result<Append, Violations> {
    let Collected { draft, signs, survey, sender } = collected;
    let fingerprint = fingerprint(&serde_json::to_vec(&draft).expect("a draft is plain data"));
    let submission = draft.check(survey, sender)?;
    let judged = guards.spam.judge(site.number, &submission, Some(&signs));
    let unproven = sender == Sender::Visitor && guards.proofs.is_some();
    let held = judged.or(unproven.then_some(Suspicion::Unproven));
    Ok(Append { time: received, subject: None, submission, sender, fingerprint, received, held })
}

fn check_proof(
    proofs: &Proofs,
    site: &Site,
    secret: &[u8; 32],
    id: ResponseId,
    signs: Option<&FormSigns>,
    now: Timestamp,
) -> Result<(), ProofError> {
    let proof = signs.and_then(|signs| signs.proof.as_deref()).unwrap_or_default();
    let now_s = u64::try_from(now.millis() / 1_000).unwrap_or_default();
    proofs.accept(&proof_key(secret, site.number), proof, id.as_bytes(), now_s)
}

/// When this very content was first received under this id; `None` where it was not.
pub fn received_before(
    disk: &Disk,
    site: &Site,
    (id, fingerprint): (ResponseId, [u8; 16]),
) -> Result<Option<Timestamp>, ReadError> {
    Ok(match known(disk, site, id)? {
        Some(IdEntry::Stored { received_ms, fingerprint: first, .. }) if first == fingerprint => {
            Some(Timestamp::from_millis(received_ms))
        }
        Some(IdEntry::Retired { received_ms }) => Some(Timestamp::from_millis(received_ms)),
        _ => None,
    })
}

/// What became of the response with this id; `None` where there never was one.
pub fn known(disk: &Disk, site: &Site, id: ResponseId) -> Result<Option<IdEntry>, ReadError> {
    let bytes = disk.get(&keys::id(site.number, id))?;
    Ok(bytes.map(|bytes| record::decode(&bytes)).transpose()?)
}

/// Stands in for an unknown survey: the answers cannot be judged, everything else can.
const fn nothing_asked() -> Survey<String> {
    Survey {
        key: String::new(),
        version: 0,
        locales: Vec::new(),
        title: None,
        questions: Vec::new(),
        thanks: None,
        theme: None,
    }
}

/// Adds what the decoding has not told already of the same field.
pub fn add_untold(bad: &mut Violations, more: Violations, with_answers: bool) {
    for violation in more.into_vec() {
        let judged = with_answers || !violation.path.starts_with("answers");
        if judged && !bad.has_path(&violation.path) {
            bad.add(violation.path, &violation.code, violation.message);
        }
    }
}

/// The version that was asked for, else the current one.
pub fn find_survey(
    key: &str,
    version: Option<u32>,
    site: &Site,
    bad: &mut Violations,
) -> Option<Arc<Survey>> {
    let current = site.survey(key);
    if current.is_none() {
        bad.add("survey", "unknown_survey", NO_SURVEY);
    }
    let Some(version) = version else { return current.cloned() };
    let asked = site.survey_version(key, version);
    if asked.is_none() && current.is_some() {
        bad.add("survey_version", "unknown_version", "the survey has no such version");
    }
    asked.or(current).cloned()
}

/// When it happened, as far as it can be believed.
pub fn believed_time(
    occurred: Option<Timestamp>,
    received: Timestamp,
    sender: Sender,
) -> Timestamp {
    let Some(occurred) = occurred else { return received };
    let age_ms = received.millis() - occurred.millis();
    let too_old = sender == Sender::Visitor && age_ms > VISITOR_AGE_MS;
    if age_ms < -AHEAD_MS || too_old { received } else { occurred }
}
