//! Groups beside each other: one shape for channels and services, sorted, with a verdict each.

use crate::filters::Sort;
use crate::measure::{COMPARED_FROM, Estimate, Measure};
use shared::summary::{
    ByOut, ChannelsOut, Difference, Group, Heterogeneity, MixAdjusted, Reach, Summary,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub measure: Measure,
    pub overall: Option<Estimate>,
    pub heterogeneity: Option<Heterogeneity>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `None`: responses that name no group, which no filter can ask for.
    pub key: Option<String>,
    /// `None` also where fewer than 10 answered.
    pub estimate: Option<Estimate>,
    pub answered: u64,
    /// Of all responses, 0 to 1.
    pub share: f64,
    pub difference: Option<Difference>,
    pub verdict: Verdict,
    pub same_mix: Option<MixAdjusted>,
    /// Mean, in seconds.
    pub waited_s: Option<f64>,
    /// Of channels whose impressions are known.
    pub reach: Reach,
}

/// What may be said of a group against the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Better,
    Worse,
    NoDifference,
    TooFewAnswers,
    NothingToCompare,
}

/// At most this: the groups differ by more than chance.
const P_MAX: f64 = 0.05;

impl Comparison {
    pub fn of_channels(out: &ChannelsOut) -> Self {
        let measure = measure(&out.compared, &out.overall);
        let rows = out.channels.iter().map(|channel| Row {
            same_mix: channel.mix_adjusted.clone(),
            reach: channel.reach.clone(),
            waited_s: channel.waited_s.as_ref().filter(|w| w.known > 0).map(|w| w.mean),
            ..row(measure, Some(&channel.channel), &channel.group)
        });
        Self {
            measure,
            overall: measure.of(&out.overall),
            heterogeneity: out.heterogeneity.clone(),
            rows: rows.collect(),
        }
    }

    /// Bands of waiting times, in their order; `None` where no waiting time is known.
    pub fn of_waiting(out: &ChannelsOut) -> Option<Self> {
        let waiting = out.waiting.as_ref()?;
        let measure = measure(&out.compared, &out.overall);
        let bands = waiting.bands.iter();
        Some(Self {
            measure,
            overall: measure.of(&out.overall),
            heterogeneity: waiting.heterogeneity.clone(),
            rows: bands.map(|band| row(measure, Some(&band.band), &band.group)).collect(),
        })
    }

    pub fn of_groups(out: &ByOut) -> Self {
        let measure = measure(&out.compared, &out.overall);
        Self {
            measure,
            overall: measure.of(&out.overall),
            heterogeneity: out.heterogeneity.clone(),
            rows: out.groups.iter().map(|g| row(measure, g.value.as_ref(), &g.group)).collect(),
        }
    }

    /// Best, or most answered, first; groups without a score last.
    pub fn sort(&mut self, sort: Sort) {
        let order = |row: &Row| match sort {
            Sort::Score => row.estimate.map_or(f64::NEG_INFINITY, |e| e.value),
            Sort::Answers => row.answered as f64,
        };
        self.rows.sort_by(|a, b| order(b).total_cmp(&order(a)).then_with(|| a.key.cmp(&b.key)));
    }

    /// Whether the groups differ at all; `None` where that was not tested.
    pub fn differ(&self) -> Option<bool> {
        self.heterogeneity.as_ref().map(|test| test.p <= P_MAX)
    }
}

fn measure(compared: &str, overall: &Summary) -> Measure {
    Measure::parse(compared).or_else(|| Measure::first_in(overall)).unwrap_or(Measure::Nps)
}

fn row(measure: Measure, key: Option<&String>, group: &Group) -> Row {
    // The scores of small groups are not told.
    let answered = measure.of(&group.summary).map_or(group.summary.responses, |e| e.answered);
    let estimate = measure.of(&group.summary).filter(|_| answered >= COMPARED_FROM);
    Row {
        key: key.cloned(),
        estimate,
        answered,
        share: group.share,
        difference: group.difference.clone(),
        verdict: verdict(group, estimate),
        same_mix: None,
        waited_s: None,
        reach: Reach::default(),
    }
}

fn verdict(group: &Group, estimate: Option<Estimate>) -> Verdict {
    match &group.difference {
        Some(difference) if !difference.significant => Verdict::NoDifference,
        Some(difference) if difference.points > 0.0 => Verdict::Better,
        Some(_) => Verdict::Worse,
        None if group.withheld.as_deref() == Some("nothing_to_compare") && estimate.is_some() => {
            Verdict::NothingToCompare
        }
        None => Verdict::TooFewAnswers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn nps(score: f64, answered: u64) -> Value {
        json!({"answered": answered, "skipped": 0, "promoters": 0, "passives": answered,
            "detractors": 0, "score": score, "reliable": answered >= 30, "histogram": []})
    }

    fn channel(name: &str, score: f64, answered: u64, more: &Value) -> Value {
        let mut row = json!({"channel": name, "class": "physical", "responses": answered,
            "nps": nps(score, answered), "share": 0.25});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    }

    fn difference(points: f64, significant: bool) -> Value {
        json!({"difference": {"points": points, "low": points - 5.0, "high": points + 5.0,
            "p": 0.01, "p_adjusted": 0.02, "significant": significant}})
    }

    fn comparison() -> Comparison {
        let out: ChannelsOut = serde_json::from_value(json!({
        "overall": {"responses": 1000, "nps": nps(20.0, 1000)}, "compared": "nps",
        "heterogeneity": {"q": 38.9, "df": 4, "p": 7e-8},
        "channels": [
            channel("phone", -10.0, 200, &difference(-31.0, true)),
            channel("web", 25.0, 600, &difference(12.0, true)),
            channel("app", 22.0, 190, &difference(1.0, false)),
            {"channel": "fax", "class": "physical", "responses": 4, "share": 0.004,
                "withheld": "too_few_answers"},
        ]}))
        .unwrap();
        Comparison::of_channels(&out)
    }

    fn keys(comparison: &Comparison) -> Vec<&str> {
        comparison.rows.iter().filter_map(|row| row.key.as_deref()).collect()
    }

    #[test]
    fn verdicts_follow_the_differences_that_are_real() {
        let verdicts: Vec<_> = comparison().rows.iter().map(|row| row.verdict).collect();
        use Verdict::{Better, NoDifference, TooFewAnswers, Worse};
        assert_eq!(verdicts, [Worse, Better, NoDifference, TooFewAnswers]);
        assert_eq!(comparison().differ(), Some(true));
        let fax = &comparison().rows[3];
        assert_eq!((fax.estimate, fax.answered, fax.waited_s), (None, 4, None));
    }

    #[test]
    fn sorts_by_score_or_by_answers() {
        let mut comparison = comparison();
        comparison.sort(Sort::Score);
        assert_eq!(keys(&comparison), ["web", "app", "phone", "fax"]);
        comparison.sort(Sort::Answers);
        assert_eq!(keys(&comparison), ["web", "phone", "app", "fax"]);
    }

    #[test]
    fn bands_of_waiting_keep_their_order_and_small_ones_have_no_score() {
        let band = |band: &str, from_s: u32, more: Value| {
            let mut row = json!({"band": band, "from_s": from_s, "share": 0.5});
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            row
        };
        let mut quick = difference(20.0, true);
        quick["responses"] = json!(40);
        quick["nps"] = nps(30.0, 40);
        let mut out: ChannelsOut = serde_json::from_value(json!({
            "overall": {"responses": 60, "nps": nps(20.0, 60)}, "compared": "nps", "channels": [],
            "waiting": {"known": 44, "bands": [band("0-5", 0, quick),
                band("over-60", 3_600, json!({"responses": 4, "withheld": "too_few_answers"}))]}}))
        .unwrap();
        let bands = Comparison::of_waiting(&out).unwrap();
        let told: Vec<_> = bands.rows.iter().map(|r| (r.answered, r.verdict)).collect();
        assert_eq!(told, [(40, Verdict::Better), (4, Verdict::TooFewAnswers)]);
        assert_eq!(keys(&bands), ["0-5", "over-60"]);
        assert_eq!(bands.rows[1].estimate, None);
        out.waiting = None;
        assert_eq!(Comparison::of_waiting(&out), None);
    }

    #[test]
    fn services_may_be_unnamed_and_alone() {
        let out: ByOut = serde_json::from_value(json!({
            "dimension": "service", "overall": {"responses": 50, "nps": nps(20.0, 50)},
            "compared": "nps",
            "groups": [{"responses": 50, "nps": nps(20.0, 50), "share": 1.0,
                "withheld": "nothing_to_compare"}]}))
        .unwrap();
        let comparison = Comparison::of_groups(&out);
        assert_eq!(comparison.rows[0].key, None);
        assert_eq!(comparison.rows[0].verdict, Verdict::NothingToCompare);
        assert_eq!(comparison.differ(), None);
    }
}
