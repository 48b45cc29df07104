//! Takes a response in: once per id, with its cells, in one write.

use super::id_entry;
use crate::index::Row;
use crate::log::record::{self, IdEntry, StoredAnswer, StoredResponse, Suspicion};
use crate::log::{Broken, Transaction, keys};
use crate::state::{Names, SiteNo};
use shared::submission::Sender;
use shared::survey::{Kind, Question};
use shared::{Answer, Submission, Survey, Timestamp};

/// A checked submission on its way to the disk.
pub struct Append {
    pub submission: Submission,
    pub sender: Sender,
    /// Of what was sent, to tell a retry from another response under the same id.
    pub fingerprint: [u8; 16],
    /// When it happened: decides its buckets.
    pub time: Timestamp,
    pub received: Timestamp,
    /// Keyed hash of the subject, where one was given.
    pub subject: Option<[u8; 16]>,
    /// Why it is kept out of the scores for now.
    pub held: Option<Suspicion>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    Stored {
        received: Timestamp,
    },
    /// The same id and content again: the first time counts.
    Duplicate {
        received: Timestamp,
    },
    /// The id was used for other content.
    Conflict,
    /// The visitor took this id back.
    TakenBack,
    /// The site is at its bound of channels.
    TooManyChannels,
    /// The site is at its bound of services.
    TooManyServices,
    /// The site or the survey's version went away meanwhile.
    Gone,
}

pub fn append(
    transaction: &mut Transaction<'_>,
    site_number: SiteNo,
    append: Append,
) -> Result<Appended, Broken> {
    let Append { submission, sender, fingerprint, time, received, subject, held } = append;
    let id = submission.id;
    if !transaction.state().sites.contains_key(&site_number) {
        return Ok(Appended::Gone);
    }
    match id_entry(transaction, site_number, id)? {
        Some(IdEntry::Stored { received_ms, fingerprint: first, .. }) if first == fingerprint => {
            return Ok(Appended::Duplicate { received: Timestamp::from_millis(received_ms) });
        }
        Some(IdEntry::Stored { .. }) => return Ok(Appended::Conflict),
        Some(IdEntry::Erased) => return Ok(Appended::TakenBack),
        Some(IdEntry::Retired { received_ms }) => {
            return Ok(Appended::Duplicate { received: Timestamp::from_millis(received_ms) });
        }
        None => {}
    }
    let Some(site) = transaction.site_mut(site_number) else { return Ok(Appended::Gone) };
    let version = site.survey_version(&submission.survey, submission.survey_version);
    let Some(survey) = version.cloned() else { return Ok(Appended::Gone) };
    if !site.has_room_for_channel(submission.channel.as_str(), sender) {
        return Ok(Appended::TooManyChannels);
    }
    let service = submission.service.as_deref();
    if service.is_some_and(|service| !site.names.has_room_for_service(service, sender)) {
        return Ok(Appended::TooManyServices);
    }
    let channel = site.names.channel(submission.channel.as_str());
    let service = service.map_or(0, |service| site.names.service(service));
    let mut stored =
        stored(submission, &survey, (channel, service), &mut site.names, received, subject);
    stored.held = held;
    let zone = site.zone.clone();
    let row = Row::of(&stored, time, &survey, &zone, &mut site.names);
    let slot = stored.is_private().then(|| transaction.take_slot()).transpose()?;
    let entry =
        IdEntry::Stored { time_ms: time.millis(), received_ms: received.millis(), fingerprint };
    let record = stored.encode(transaction.disk().seals(), slot)?;
    transaction.put(keys::response(site_number, time, id), record);
    transaction.put(keys::id(site_number, id), record::encode(&entry));
    if let Some(subject) = subject {
        transaction.put(keys::subject(site_number, &subject, id), Vec::new());
    }
    if !row.profile.held {
        transaction.announce(site_number, time, id);
    }
    transaction.add_row(site_number, row)?;
    Ok(Appended::Stored { received })
}

fn stored(
    submission: Submission,
    survey: &Survey,
    (channel, service): (u32, u32),
    names: &mut Names,
    received: Timestamp,
    subject: Option<[u8; 16]>,
) -> StoredResponse {
    let position = |key: &str| {
        let position = survey.questions.iter().position(|question| question.key == key);
        position.and_then(|position| u16::try_from(position).ok())
    };
    let answers = submission.answers.iter().filter_map(|(key, answer)| {
        Some((position(key)?, stored_answer(survey.question(key)?, answer)))
    });
    let mut answers: Vec<_> = answers.collect();
    answers.sort_by_key(|(position, _)| *position);
    StoredResponse {
        survey: names.survey(&submission.survey),
        survey_version: submission.survey_version,
        channel,
        service,
        level: submission.level,
        locale: submission.locale,
        answers,
        skipped: submission.skipped.iter().filter_map(|key| position(key)).collect(),
        context: submission.context,
        identity: submission.identity.level,
        assurance: submission.identity.assurance,
        subject,
        service_event: submission.service_event,
        received_ms: received.millis(),
        held: None,
    }
}

/// The submission was checked against this question: the shapes fit.
fn stored_answer(question: &Question, answer: &Answer) -> StoredAnswer {
    let positions = |keys: &[String]| match &question.kind {
        Kind::Choice { options, .. } => {
            let known = options.iter().zip(0u16..);
            known.filter(|(o, _)| keys.contains(&o.key)).map(|(_, position)| position).collect()
        }
        _ => Vec::new(),
    };
    match answer {
        Answer::Score(score) => StoredAnswer::Score(u8::try_from(*score).unwrap_or_default()),
        Answer::Text(one) if matches!(question.kind, Kind::Choice { .. }) => {
            StoredAnswer::Choice { options: positions(std::slice::from_ref(one)), other: None }
        }
        Answer::Text(text) => StoredAnswer::Text(text.clone()),
        Answer::Options(keys) => StoredAnswer::Choice { options: positions(keys), other: None },
        Answer::WithOther { selected, other } => StoredAnswer::Choice {
            options: positions(selected),
            other: (!other.trim().is_empty()).then(|| other.clone()),
        },
    }
}
