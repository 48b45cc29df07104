//! Counts what visitors did with a survey: sums by day, channel and service.

use crate::events::{Counts, Place};
use crate::fold;
use crate::index::Layout;
use crate::log::{Broken, Transaction};
use metrics::counter;

/// Adds counts to the cells of their places. What became impossible since it was taken (the site
/// went, the last room for a name was given to another) is left out and counted as lost.
pub fn count_events(
    transaction: &mut Transaction<'_>,
    places: Vec<(Place, Counts)>,
) -> Result<(), Broken> {
    for (place, counts) in places {
        let count: u64 = counts.values().sum();
        if !count_place(transaction, &place, counts)? {
            counter!("ascolto_events_lost_total").increment(count);
        }
    }
    Ok(())
}

/// Whether it could be counted.
fn count_place(
    transaction: &mut Transaction<'_>,
    place: &Place,
    counts: Counts,
) -> Result<bool, Broken> {
    let Some(site) = transaction.site_mut(place.site) else { return Ok(false) };
    let service = place.service.as_deref();
    let has_room = site.has_room_for_channel(&place.channel, place.sender())
        && service.is_none_or(|service| site.names.has_room_for_service(service, place.sender()));
    if !has_room || site.survey_version(&place.survey, place.survey_version).is_none() {
        return Ok(false);
    }
    let survey = site.names.survey(&place.survey);
    let layout = Layout { survey, version: place.survey_version };
    let Some(measures) = site.number_measures(layout) else { return Ok(false) };
    let channel = site.names.channel(&place.channel);
    let service = service.map_or(0, |service| site.names.service(service));
    for (happening, by) in counts {
        if let Some((key, position)) = fold::place_of(happening, &measures, (channel, service)) {
            transaction.add_event(place.site, place.day, key, (position, by))?;
        }
    }
    Ok(true)
}
