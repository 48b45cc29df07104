//! The steps from seeing a survey to answering it, as shares of those who saw it.

use shared::summary::{Funnel, FunnelOut};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    Impressions,
    Opens,
    Starts,
    Responses,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub kind: StepKind,
    pub count: u64,
    /// Of the impressions; more than 1 where not all of them were told.
    pub share: f64,
}

/// Whether impressions are known.
pub fn has_any(funnel: &Funnel) -> bool {
    funnel.reach.impressions.is_some_and(|impressions| impressions > 0)
}

pub fn steps(funnel: &Funnel) -> [Step; 4] {
    let impressions = funnel.reach.impressions.unwrap_or_default();
    [
        (StepKind::Impressions, impressions),
        (StepKind::Opens, funnel.opens),
        (StepKind::Starts, funnel.starts),
        (StepKind::Responses, funnel.responses),
    ]
    .map(|(kind, count)| Step { kind, count, share: crate::format::ratio(count, impressions) })
}

/// Channels that have responses and no impressions, with their responses.
pub fn unknown(out: &FunnelOut) -> Vec<(String, u64)> {
    let rows = out.channels.iter().filter(|row| !has_any(&row.funnel) && row.funnel.responses > 0);
    rows.map(|row| (row.channel.clone(), row.funnel.responses)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_are_of_those_who_saw_it_and_unknown_channels_stand_apart() {
        let out: FunnelOut = serde_json::from_value(json!({
            "overall": {"impressions": 200, "opens": 50, "starts": 30, "responses": 20,
                "dismissals": 40, "response_rate": 0.1},
            "channels": [
                {"channel": "web", "class": "interactive", "impressions": 200, "opens": 50,
                    "starts": 30, "responses": 20, "dismissals": 40},
                {"channel": "phone", "class": "technological", "opens": 0, "starts": 0,
                    "responses": 7, "dismissals": 0},
                {"channel": "fax", "class": "technological", "opens": 0, "starts": 0,
                    "responses": 0, "dismissals": 0}]}))
        .unwrap();
        let shares = steps(&out.overall).map(|step| (step.kind, step.count, step.share));
        assert_eq!(
            shares,
            [
                (StepKind::Impressions, 200, 1.0),
                (StepKind::Opens, 50, 0.25),
                (StepKind::Starts, 30, 0.15),
                (StepKind::Responses, 20, 0.1),
            ]
        );
        assert_eq!(unknown(&out), [("phone".to_owned(), 7)]);
        assert!(has_any(&out.overall) && !has_any(&out.channels[1].funnel));
    }
}
