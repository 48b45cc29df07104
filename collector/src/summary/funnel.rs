//! The way from the first sight of a survey to the answer, in all and by channel, and the questions
//! at which people leave.

use super::groups::class_of;
use super::reach::Asked;
use super::{Selection, Source};
use crate::state::Site;
use shared::stats::Share;
use shared::summary::{DropOff, Funnel, FunnelOut, FunnelRow};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// `None` where events cannot answer the selection.
pub fn funnel(source: Source<'_>, selection: &Selection) -> Option<FunnelOut> {
    let channels = source.asked(selection)?;
    let (site, from) = (source.site, source.first_day(selection));
    let mut whole = Asked::default();
    channels.values().filter(|asked| asked.impressions > 0).for_each(|asked| whole.merge(asked));
    let row = |(channel, asked): (&u32, &Asked)| FunnelRow {
        channel: site.names.channel_name(*channel).unwrap_or_default().to_owned(),
        class: class_of(*channel, site),
        funnel: shown(site, asked, from),
    };
    let mut rows: Vec<FunnelRow> = channels.iter().map(row).collect();
    rows.sort_by_cached_key(|row| {
        let Funnel { reach, responses, .. } = &row.funnel;
        (Reverse(reach.impressions), Reverse(*responses), row.channel.clone())
    });
    Some(FunnelOut {
        overall: shown(site, &whole, from),
        channels: rows,
        left_out: source.left_out(selection, false),
    })
}

fn shown(site: &Site, asked: &Asked, from: Option<i32>) -> Funnel {
    let reach = asked.reach(from);
    let unasked = if reach.impressions.is_none() { asked.unasked } else { 0 };
    Funnel {
        responses: asked.responses + unasked,
        reach,
        opens: asked.opens,
        starts: asked.starts,
        dismissals: asked.dismissals,
        questions: questions(site, asked),
    }
}

/// A question that was another measure in an older version is the same question here.
fn questions(site: &Site, asked: &Asked) -> Vec<DropOff> {
    let mut by_key: BTreeMap<(&str, usize, &str), (u64, u64)> = BTreeMap::new();
    for (measure, (answered, left)) in &asked.questions {
        let Some(measure) = site.names.measure_of(*measure) else { continue };
        let (Some(survey), Some(question)) =
            (site.names.survey_key(measure.survey), measure.question())
        else {
            continue;
        };
        let sums = by_key.entry((survey, position(site, survey, question), question)).or_default();
        *sums = (sums.0 + answered, sums.1 + left);
    }
    let drop_off =
        |((survey, _, question), (answered, left)): ((&str, usize, &str), (u64, u64))| DropOff {
            survey: survey.to_owned(),
            question: question.to_owned(),
            answered,
            left,
            drop_off: Share::new(left, answered).rate(),
        };
    by_key.into_iter().map(drop_off).collect()
}

/// In the current version; what it no longer asks comes last.
fn position(site: &Site, survey: &str, question: &str) -> usize {
    let questions = site.survey(survey).map(|survey| survey.questions.as_slice());
    let mut keys = questions.unwrap_or_default().iter().map(|question| question.key.as_str());
    keys.position(|key| key == question).unwrap_or(usize::MAX)
}
