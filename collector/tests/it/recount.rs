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
const LOCALES: [Option<&str>; 3] = [None, Some("it"), Some("en")];
const DEVICES: [Option<&str>; 3] = [None, Some("phone"), Some("kiosk")];
const LEVELS: [Option<&str>; 3] = [None, Some("informative"), Some("transactional")];
const TAGS: [&str; 3] = ["red", "green", "blue"];
const PLANS: [Option<&str>; 3] = [None, Some("gold"), Some("gold & silver")];
const PAGES: [Option<&str>; 3] = [None, Some("/carta"), Some("/tributi?pratica=7#fine")];
const IDENTITIES: [(&str, Option<&str>); 5] = [
    ("anonymous", None),
    ("registered", None),
    ("verified", None),
    ("verified", Some("low")),
    ("verified", Some("high")),
];
/// Minutes, with the first second of each and of the next.
const BANDS: [(&str, u32, u32); 5] = [
    ("0-5", 0, 300),
    ("5-15", 300, 900),
    ("15-30", 900, 1_800),
    ("30-60", 1_800, 3_600),
    ("over-60", 3_600, u32::MAX),
];
/// Groups of fewer answers are not shown.
const SHOWN_FROM: usize = 10;
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
    resolved: Option<bool>,
    traits: Traits,
}

/// Places in the lists above; tags as bits.
#[derive(Clone, Debug)]
struct Traits {
    locale: usize,
    device: usize,
    level: usize,
    plan: usize,
    page: usize,
    identity: usize,
    tags: u8,
}

fn traits() -> impl Strategy<Value = Traits> {
    let places = (0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize);
    (places, 0..IDENTITIES.len(), 0..8_u8).prop_map(
        |((locale, device, level, plan, page), identity, tags)| Traits {
            locale,
            device,
            level,
            plan,
            page,
            identity,
            tags,
        },
    )
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
        // The edges of the bands too.
        prop::option::of(prop_oneof![0..5_000u32, (0..60u32).prop_map(|m| m * 300)]),
        prop::option::of(any::<bool>()),
        traits(),
    );
    let sent = sent.prop_map(
        |(
            number,
            time_ms,
            (channel, service),
            recommend,
            satisfaction,
            reason,
            waited_s,
            resolved,
            traits,
        )| {
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
                resolved,
                traits,
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
            body["service_event"]["waited_s"] = json!(waited_s);
        }
        if let Some(resolved) = self.resolved {
            body["service_event"]["resolved_first_contact"] = json!(resolved);
        }
        let (level, assurance) = IDENTITIES[self.traits.identity];
        body["identity"] = json!({"level": level});
        if let Some(assurance) = assurance {
            body["identity"]["assurance"] = json!(assurance);
        }
        let Traits { locale, device, level, plan, page, .. } = self.traits;
        for (key, value) in [("locale", LOCALES[locale]), ("level", LEVELS[level])] {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        let mut context = json!({"tags": self.tags()});
        for (key, value) in [("device", DEVICES[device]), ("page", PAGES[page])] {
            if let Some(value) = value {
                context[key] = json!(value);
            }
        }
        if let Some(plan) = PLANS[plan] {
            context["attributes"] = json!({"plan": plan});
        }
        body["context"] = context;
        body
    }

    fn tags(&self) -> Vec<&'static str> {
        let bits = TAGS.iter().enumerate().filter(|(i, _)| self.traits.tags >> i & 1 == 1);
        bits.map(|(_, tag)| *tag).collect()
    }

    fn page(&self) -> Option<&'static str> {
        PAGES[self.traits.page].map(|page| page.split('?').next().unwrap())
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
        self.check_index(site);
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
            compare_group(row, sent, "channels");
            let waits: Vec<u32> = sent.iter().filter_map(|s| s.waited_s).collect();
            let shown = if waits.len() < SHOWN_FROM { 0 } else { waits.len() };
            assert_eq!(row["waited_s"]["known"].as_u64().unwrap_or(0), shown as u64);
            if shown > 0 {
                let mean = waits.iter().copied().map(f64::from).sum::<f64>() / waits.len() as f64;
                assert!((row["waited_s"]["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
            }
            compare_resolved(&row["resolved_first_contact"], sent, SHOWN_FROM);
        }
        for (query, matches) in [
            ("", &(|_: &Sent| true) as &dyn Fn(&Sent) -> bool),
            ("channel=counter", &|s| s.channel == 2),
            ("from=2026-03-29&to=2026-10-25", &|s| {
                ("2026-03-29".."2026-10-26").contains(&s.date().as_str())
            }),
            ("tag=red", &|s| s.tags().contains(&"red")),
        ] {
            let sent: Vec<&Sent> = self.stored.values().filter(|s| matches(s)).collect();
            let told = site.get(&format!("summary/channels?{query}")).expect(200);
            compare_resolved(&told["resolved_first_contact"], &sent, 1);
            compare_waiting(&told["waiting"], &sent);
        }
        let services = site.get("summary/by/service").expect(200);
        let rows = services["groups"].as_array().unwrap();
        let by_service = self.group(|s| SERVICES[s.service].unwrap_or_default().to_owned());
        assert_eq!(rows.len(), by_service.len());
        for row in rows {
            compare_group(row, &by_service[row["value"].as_str().unwrap_or_default()], "services");
        }
    }

    /// Filters and groups that cells do not hold, alone and together.
    fn check_index(&self, site: &Site<'_>) {
        type Test = fn(&Sent) -> bool;
        let filters: [(&str, Test); 18] = [
            ("locale=it", |s| LOCALES[s.traits.locale] == Some("it")),
            ("locale=de", |_| false),
            ("device=kiosk", |s| DEVICES[s.traits.device] == Some("kiosk")),
            ("level=informative", |s| LEVELS[s.traits.level] == Some("informative")),
            ("identity=anonymous", |s| s.traits.identity == 0),
            ("identity=verified", |s| s.traits.identity >= 2),
            ("assurance=high", |s| s.traits.identity == 4),
            ("identity=registered&assurance=high", |_| false),
            ("resolved=false", |s| s.resolved == Some(false)),
            ("waiting=5-15", |s| s.waited_s.is_some_and(|wait| (300..900).contains(&wait))),
            ("waiting=over-60&resolved=true", |s| {
                s.waited_s.is_some_and(|wait| wait >= 3_600) && s.resolved == Some(true)
            }),
            ("tag=red", |s| s.tags().contains(&"red")),
            ("attribute.plan=gold", |s| PLANS[s.traits.plan] == Some("gold")),
            ("attribute.plan=gold%20%26%20silver", |s| PLANS[s.traits.plan] == PLANS[2]),
            ("page=/tributi?other", |s| s.page() == Some("/tributi")),
            ("min=3&max=8", |s| (3..=8).contains(&s.recommend)),
            ("question=satisfaction&min=4", |s| s.satisfaction.is_some_and(|score| score >= 4)),
            ("channel=web&tag=blue&locale=en&from=2026-04-01", |s| {
                s.channel == 0
                    && s.tags().contains(&"blue")
                    && LOCALES[s.traits.locale] == Some("en")
                    && s.date().as_str() >= "2026-04-01"
            }),
        ];
        for (query, matches) in filters {
            let told = site.get(&format!("summary?{query}")).expect(200);
            let count = self.stored.values().filter(|s| matches(s)).count();
            assert_eq!(told["responses"], count, "{query}");
            let page = site.get(&format!("responses?limit=500&{query}")).expect(200);
            let asked_answer =
                |s: &&Sent| !query.starts_with("question") || s.satisfaction.is_some();
            let listed = self.stored.values().filter(|s| matches(s)).filter(asked_answer).count();
            assert_eq!(page["responses"].as_array().unwrap().len(), listed, "{query}");
            if !query.starts_with("question") {
                self.check_summary(site, query, &matches);
            }
        }
        type Value = fn(&Sent) -> Option<&'static str>;
        let dimensions: [(&str, Value); 8] = [
            ("locale", |s| LOCALES[s.traits.locale]),
            ("device", |s| DEVICES[s.traits.device]),
            ("level", |s| LEVELS[s.traits.level]),
            ("identity", |s| Some(IDENTITIES[s.traits.identity].0)),
            ("assurance", |s| IDENTITIES[s.traits.identity].1),
            ("resolved", |s| Some(if s.resolved? { "true" } else { "false" })),
            ("page", Sent::page),
            ("attribute:plan", |s| PLANS[s.traits.plan]),
        ];
        for (dimension, value) in dimensions {
            let told = site.get(&format!("summary/by/{dimension}?from=2026-03-20")).expect(200);
            let mut groups = self.group(|s| value(s).unwrap_or_default().to_owned());
            groups.values_mut().for_each(|sent| sent.retain(|s| s.date().as_str() >= "2026-03-20"));
            groups.retain(|_, sent| !sent.is_empty());
            let rows = told["groups"].as_array().unwrap();
            assert_eq!(rows.len(), groups.len(), "{dimension}");
            for row in rows {
                compare_group(row, &groups[row["value"].as_str().unwrap_or_default()], dimension);
            }
        }
        let told = site.get("summary/by/tag").expect(200);
        assert_eq!(told["overall"]["responses"], self.stored.len(), "each once in the whole");
        for row in told["groups"].as_array().unwrap() {
            let tagged = |s: &&Sent| match row["value"].as_str() {
                Some(tag) => s.tags().contains(&tag),
                None => s.traits.tags == 0,
            };
            let sent: Vec<&Sent> = self.stored.values().filter(tagged).collect();
            compare_group(row, &sent, "tags");
        }
        let trend =
            site.get("summary/trend?bucket=month&from=2026-03-01&to=2026-11-30&device=phone");
        for point in trend.expect(200)["points"].as_array().unwrap() {
            let month = &point["from"].as_str().unwrap()[..7];
            let of_month = |s: &&Sent| {
                DEVICES[s.traits.device] == Some("phone") && s.date().starts_with(month)
            };
            compare(point, &self.stored.values().filter(of_month).collect::<Vec<_>>(), month);
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

/// A group beside others: without what too few have answered.
#[track_caller]
fn compare_group(told: &Value, sent: &[&Sent], what: &str) {
    let satisfied = sent.iter().filter(|s| s.satisfaction.is_some()).count();
    for (measure, answered) in [("nps", sent.len()), ("csat", satisfied)] {
        assert_eq!(told.get(measure).is_some(), answered >= SHOWN_FROM, "{what} {measure}: {told}");
    }
    assert_eq!(told["responses"], sent.len(), "{what}");
    if satisfied >= SHOWN_FROM {
        compare(told, sent, what);
    }
}

fn compare_resolved(told: &Value, sent: &[&Sent], shown_from: usize) {
    let known: Vec<bool> = sent.iter().filter_map(|s| s.resolved).collect();
    if known.len() < shown_from {
        return assert!(told.is_null(), "{told}");
    }
    let resolved = known.iter().filter(|resolved| **resolved).count();
    assert_eq!((&told["known"], &told["resolved"]), (&json!(known.len()), &json!(resolved)));
}

fn compare_waiting(told: &Value, sent: &[&Sent]) {
    let known = sent.iter().filter(|s| s.waited_s.is_some()).count();
    if known == 0 {
        return assert!(told.is_null(), "{told}");
    }
    assert_eq!(told["known"], known);
    let bands = told["bands"].as_array().unwrap();
    for (band, (name, from, to)) in bands.iter().zip(BANDS) {
        assert_eq!(
            (band["band"].as_str(), band["from_s"].as_u64()),
            (Some(name), Some(from.into()))
        );
        let of_band = |s: &&&Sent| s.waited_s.is_some_and(|wait| (from..to).contains(&wait));
        let of_band: Vec<&Sent> = sent.iter().filter(of_band).copied().collect();
        compare_group(band, &of_band, name);
        let share = of_band.len() as f64 / known as f64;
        assert!((band["share"].as_f64().unwrap() - share).abs() < 1e-9);
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
