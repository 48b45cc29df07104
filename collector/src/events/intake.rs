//! From JSON of unknown origin to a checked batch of events and the day that it belongs to.

use crate::clock;
use crate::intake::{add_untold, believed_time, find_survey};
use crate::state::Site;
use shared::events::Events;
use shared::submission::Sender;
use shared::{Timestamp, Violations, decode};

/// Cells of events that one day of a site can have: past that, places are no longer told apart.
const CELLS_A_DAY_MAX: usize = 20_000;

/// Why a batch is not taken.
#[derive(Debug)]
pub enum Unread {
    NotJson(serde_json::Error),
    Violates(Violations),
}

/// The batch and its day in the site's time zone.
pub fn read(
    text: &[u8],
    site: &Site,
    sender: Sender,
    received: Timestamp,
) -> Result<(Events, i32), Unread> {
    let value = serde_json::from_slice(text).map_err(Unread::NotJson)?;
    let mut bad = Violations::default();
    let draft = decode::events(&value, clock::parse, &mut bad);
    if bad.has_path("") {
        return Err(Unread::Violates(bad));
    }
    let survey = match bad.has_path("survey") {
        true => None,
        false => find_survey(&draft.survey, draft.survey_version, site, &mut bad),
    };
    let day = site.zone.day_of(believed_time(draft.occurred_at, received, sender));
    match draft.check(survey.as_deref(), sender) {
        Ok(events) => {
            check_room(&events, site, day, sender, &mut bad);
            if bad.is_empty() { Ok((events, day)) } else { Err(Unread::Violates(bad)) }
        }
        Err(more) => {
            add_untold(&mut bad, more, true);
            Err(Unread::Violates(bad))
        }
    }
}

/// Whether the site tells one more name, and the day one more place, apart.
fn check_room(events: &Events, site: &Site, day: i32, sender: Sender, bad: &mut Violations) {
    if !site.has_room_for_channel(events.channel.as_str(), sender) {
        bad.add("channel", "too_many", "the site has as many channels as it may");
    }
    let service = events.service.as_deref();
    if service.is_some_and(|service| !site.names.has_room_for_service(service, sender)) {
        bad.add("service", "too_many", "the site has as many services as it may");
    }
    if site.event_cells_of(day) >= CELLS_A_DAY_MAX {
        bad.add("events", "too_many", "the day has as many channels and services as it may");
    }
}
