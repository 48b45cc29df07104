//! Every summary against a plain recount: random submissions, duplicates and erasures, live, after
//! reopening the store, and after kill -9.

use crate::support::{Server, Site, id};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CHANNELS: [&str; 4] = ["web", "phone", "counter", "x-desk"];
const SERVICES: [Option<&str>; 3] = [None, Some("anagrafe"), Some("tributi")];
const OPTIONS: [&str; 3] = ["waiting", "staff", "unclear"];
/// Around the two changes of the clock in 2026, in a zone that has them.
const TIMES: std::ops::Range<i64> = 1_774_600_000_000..1_793_000_000_000;

/// What was sent, as the recount needs it.
#[derive(Clone, Debug)]
struct Sent {
    number: u64,
    time_ms: i64,
    channel: usize,
    service: usize,
    recommend: i64,
    satisfaction: Option<i64>,
    reason: Option<usize>,
    waited_s: Option<u32>,
}

#[derive(Clone, Debug)]
enum Step {
    Submit(Sent),
    /// The response at this place in the list of those sent, again.
    Again(prop::sample::Index),
    Erase(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let sent = (
        any::<u32>(),
        // Whole hours and days too: the edges of buckets.
        prop_oneof![TIMES, TIMES.prop_map(|t| t / 3_600_000 * 3_600_000)],
        (0..CHANNELS.len(), 0..SERVICES.len()),
        0..=10i64,
        prop::option::of(1..=5i64),
        prop::option::of(0..OPTIONS.len()),
        prop::option::of(0..5_000u32),
    );
    let sent = sent.prop_map(
        |(number, time_ms, (channel, service), recommend, satisfaction, reason, waited_s)| {
            let reason = reason.filter(|_| recommend <= 6);
            Step::Submit(Sent {
                number: number.into(),
                time_ms,
                channel,
                service,
                recommend,
                satisfaction,
                reason,
                waited_s,
            })
        },
    );
    prop_oneof![
        6 => sent,
        1 => any::<prop::sample::Index>().prop_map(Step::Again),
        2 => any::<prop::sample::Index>().prop_map(Step::Erase),
    ]
}

impl Sent {
    fn json(&self) -> Value {
        let mut answers = json!({"recommend": self.recommend});
        if let Some(satisfaction) = self.satisfaction {
            answers["satisfaction"] = json!(satisfaction);
        }
        if let Some(reason) = self.reason {
            answers["reasons"] = json!([OPTIONS[reason]]);
        }
        let mut body = json!({"id": id(self.number), "survey": "post-service", "answers": answers,
            "channel": CHANNELS[self.channel], "occurred_at": instant(self.time_ms).to_string()});
        if let Some(service) = SERVICES[self.service] {
            body["service"] = json!(service);
        }
        if let Some(waited_s) = self.waited_s {
            body["service_event"] = json!({"waited_s": waited_s});
        }
        body
    }

    fn date(&self) -> String {
        let zone = TimeZone::get("Europe/Rome").unwrap();
        zone.to_datetime(instant(self.time_ms)).date().to_string()
    }
}

fn instant(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap()
}

/// The model: what should be stored.
#[derive(Default)]
struct Model {
    stored: BTreeMap<u64, Sent>,
    ever: Vec<Sent>,
}

impl Model {
    fn apply(&mut self, site: &Site<'_>, step: &Step) {
        match step {
            Step::Submit(sent) if !self.ever.iter().any(|e| e.number == sent.number) => {
                assert_eq!(site.batch(&[sent.json()])[0]["status"], "stored");
                self.stored.insert(sent.number, sent.clone());
                self.ever.push(sent.clone());
            }
            Step::Again(index) if !self.ever.is_empty() => {
                let sent = index.get(&self.ever);
                let expected =
                    if self.stored.contains_key(&sent.number) { "duplicate" } else { "refused" };
                assert_eq!(site.batch(&[sent.json()])[0]["status"], expected);
            }
            Step::Erase(index) if !self.ever.is_empty() => {
                let sent = index.get(&self.ever);
                let known = self.stored.remove(&sent.number).is_some();
                let status = site.delete(&format!("responses/{}", id(sent.number))).status;
                assert_eq!(status, if known { 204 } else { 404 });
            }
            _ => {}
        }
    }

    /// Every summary beside a recount of the responses that its filters match.
    fn check(&self, site: &Site<'_>) {
        let all = |_: &Sent| true;
        self.check_summary(site, "", &all);
        for (i, channel) in CHANNELS.iter().enumerate() {
            self.check_summary(site, &format!("channel={channel}"), &|s| s.channel == i);
        }
        self.check_summary(site, "service=tributi", &|s| s.service == 2);
        self.check_summary(site, "service=tributi&channel=web", &|s| {
            s.service == 2 && s.channel == 0
        });
        self.check_summary(site, "from=2026-03-29&to=2026-10-25", &|s| {
            ("2026-03-29".."2026-10-26").contains(&s.date().as_str())
        });
        let (from, to) = (1_774_654_321_987, 1_792_912_345_678);
        let query = format!("from={}&to={}", instant(from), instant(to));
        self.check_summary(site, &query, &|s| (from..to).contains(&s.time_ms));
        if let Some(middle) = self.stored.values().next() {
            // Half an hour around one response: less than a bucket.
            let (from, to) = (middle.time_ms - 900_000, middle.time_ms + 900_000);
            let query = format!("from={}&to={}", instant(from), instant(to));
            self.check_summary(site, &query, &|s| (from..to).contains(&s.time_ms));
        }
        self.check_groups(site);
        self.check_trend(site);
        self.check_pages(site);
    }

    fn check_summary(&self, site: &Site<'_>, query: &str, matches: &dyn Fn(&Sent) -> bool) {
        let summary = site.get(&format!("summary?{query}")).expect(200);
        let sent: Vec<&Sent> = self.stored.values().filter(|s| matches(s)).collect();
        compare(&summary, &sent, query);
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for reason in sent.iter().filter_map(|s| s.reason) {
            *reasons.entry(OPTIONS[reason]).or_default() += 1;
        }
        let choices = summary["choices"].as_array().cloned().unwrap_or_default();
        let told = choices.iter().find(|c| c["question"] == "reasons");
        let told = told.and_then(|c| c["options"].as_array()).cloned().unwrap_or_default();
        let told: BTreeMap<&str, u64> = told
            .iter()
            .map(|o| (o["key"].as_str().unwrap(), o["count"].as_u64().unwrap()))
            .collect();
        assert_eq!(told, reasons, "{query}");
    }

    fn check_groups(&self, site: &Site<'_>) {
        let channels = site.get("summary/channels").expect(200);
        let rows = channels["channels"].as_array().unwrap();
        let by_channel = self.group(|s| CHANNELS[s.channel].to_owned());
        assert_eq!(rows.len(), by_channel.len());
        for row in rows {
            let sent = &by_channel[row["channel"].as_str().unwrap()];
            compare(row, sent, "channels");
            let waits: Vec<u32> = sent.iter().filter_map(|s| s.waited_s).collect();
            assert_eq!(row["waited_s"]["known"].as_u64().unwrap_or(0), waits.len() as u64);
            if !waits.is_empty() {
                let mean = waits.iter().copied().map(f64::from).sum::<f64>() / waits.len() as f64;
                assert!((row["waited_s"]["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
            }
        }
        let services = site.get("summary/by/service").expect(200);
        let rows = services["groups"].as_array().unwrap();
        let by_service = self.group(|s| SERVICES[s.service].unwrap_or_default().to_owned());
        assert_eq!(rows.len(), by_service.len());
        for row in rows {
            compare(row, &by_service[row["value"].as_str().unwrap_or_default()], "services");
        }
    }

    fn group(&self, key: impl Fn(&Sent) -> String) -> BTreeMap<String, Vec<&Sent>> {
        let mut groups: BTreeMap<String, Vec<&Sent>> = BTreeMap::new();
        self.stored.values().for_each(|s| groups.entry(key(s)).or_default().push(s));
        groups
    }

    fn check_trend(&self, site: &Site<'_>) {
        let trend = site.get("summary/trend?bucket=day&from=2026-03-01&to=2026-11-30").expect(200);
        let by_date = self.group(Sent::date);
        let none = Vec::new();
        let points = trend["points"].as_array().unwrap();
        assert_eq!(points.len(), 275);
        for point in points {
            let date = point["from"].as_str().unwrap();
            compare(point, by_date.get(date).unwrap_or(&none), date);
        }
    }

    fn check_pages(&self, site: &Site<'_>) {
        let page = site.get("responses?limit=500").expect(200);
        let mut sent: Vec<&Sent> = self.stored.values().collect();
        sent.sort_by_key(|s| std::cmp::Reverse((s.time_ms, id(s.number))));
        let told = page["responses"].as_array().unwrap();
        let told: Vec<&str> = told.iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(told, sent.iter().map(|s| id(s.number)).collect::<Vec<_>>());
    }
}

#[track_caller]
fn compare(told: &Value, sent: &[&Sent], what: &str) {
    assert_eq!(told["responses"], sent.len(), "{what}");
    let mut nps = [0u64; 11];
    let mut csat = [0u64; 5];
    for s in sent {
        nps[s.recommend as usize] += 1;
        if let Some(score) = s.satisfaction {
            csat[score as usize - 1] += 1;
        }
    }
    if sent.is_empty() {
        assert!(told.get("nps").is_none(), "{what}: {told}");
        return;
    }
    assert_eq!(told["nps"]["histogram"], json!(nps), "{what}");
    let promoters: u64 = nps[9..].iter().sum();
    let detractors: u64 = nps[..=6].iter().sum();
    let score = 100.0 * (promoters as f64 - detractors as f64) / sent.len() as f64;
    assert!((told["nps"]["score"].as_f64().unwrap() - score).abs() < 1e-9, "{what}");
    assert_eq!(told["csat"]["histogram"], json!(csat), "{what}");
    let answered: u64 = csat.iter().sum();
    assert_eq!(told["csat"]["skipped"], sent.len() as u64 - answered, "{what}");
    assert_eq!(told["csat"]["satisfied"], csat[3] + csat[4], "{what}");
}

fn verified(server: &Server) {
    let found = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!(found["wrong"], 0, "{found}");
}

#[test]
fn summaries_are_what_a_recount_says() {
    let server = Server::start();
    let mut runner =
        TestRunner::new(Config { cases: 16, max_shrink_iters: 200, ..Config::default() });
    let steps = prop::collection::vec(step(), 1..60);
    let result = runner.run(&steps, |steps| {
        let site = server.site();
        let mut model = Model::default();
        steps.iter().for_each(|step| model.apply(&site, step));
        model.check(&site);
        Ok(())
    });
    result.unwrap();
    verified(&server);
}

#[test]
fn summaries_survive_reopening_and_kill() {
    let mut server = Server::start();
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(step(), 150..151).new_tree(&mut runner).unwrap().current();
    let mut model = Model::default();
    let kept = server.site().keep();
    for (round, part) in steps.chunks(50).enumerate() {
        part.iter().for_each(|step| model.apply(&kept.at(&server), step));
        if round % 2 == 0 {
            assert!(server.stop(), "a stop in order ends well");
        } else {
            server.kill();
        }
        server.again();
        model.check(&kept.at(&server));
        verified(&server);
    }
}
