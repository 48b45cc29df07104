//! The numbers that managers read, against counts made by hand.

use crate::support::{Server, Site, id};
use serde_json::{Value, json};

fn at(n: u64, score: i64, channel: &str, service: &str, time: &str) -> Value {
    json!({"id": id(n), "survey": "post-service", "channel": channel, "service": service,
        "answers": {"recommend": score}, "occurred_at": time})
}

/// The contract's example: 100 answers to NPS and CSAT, and 3 that skipped them.
fn contract_example(site: &Site<'_>) {
    let survey = json!({"key": "contract", "locales": ["en"], "questions": [
        {"key": "recommend", "kind": "nps", "text": {"en": "?"}},
        {"key": "satisfaction", "kind": "rating", "scale": 5, "metric": "csat", "text": {"en": "?"}},
        {"key": "effort", "kind": "ces", "text": {"en": "?"}}]});
    site.post("surveys", &survey).expect(201);
    let nps = [0, 1, 2, 3, 4, 5, 5, 10, 20, 30, 20];
    let csat = [2, 3, 15, 40, 40];
    let ces = [0, 1, 2, 7, 10, 10, 10];
    let spread = |counts: &[usize], low: i64| -> Vec<i64> {
        (low..).zip(counts).flat_map(|(score, n)| std::iter::repeat_n(score, *n)).collect()
    };
    let (nps, csat, ces) = (spread(&nps, 0), spread(&csat, 1), spread(&ces, 1));
    let lines: Vec<Value> = (0..103)
        .map(|i| {
            let mut answers = json!({});
            for (key, scores) in [("recommend", &nps), ("satisfaction", &csat), ("effort", &ces)] {
                if let Some(score) = scores.get(i) {
                    answers[key] = json!(score);
                }
            }
            if i >= 100 {
                answers["effort"] = json!(1);
            }
            json!({"id": id(i as u64), "survey": "contract", "answers": answers})
        })
        .collect();
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
}

#[test]
fn the_contracts_example() {
    let server = Server::start();
    let site = server.site();
    contract_example(&site);
    let summary = site.get("summary?survey=contract").expect(200);
    assert_eq!(summary["responses"], 103);
    let nps = &summary["nps"];
    assert_eq!(nps["histogram"], json!([0, 1, 2, 3, 4, 5, 5, 10, 20, 30, 20]));
    assert_eq!(
        [
            &nps["answered"],
            &nps["skipped"],
            &nps["promoters"],
            &nps["passives"],
            &nps["detractors"]
        ],
        [100, 3, 50, 30, 20]
    );
    assert_eq!(nps["score"], 30.0);
    assert_eq!(nps["reliable"], true);
    assert_eq!(nps["interval"]["method"], "adjusted-wald");
    close(&nps["interval"]["low"], 14.0511);
    close(&nps["interval"]["high"], 44.2013);
    let csat = &summary["csat"];
    assert_eq!([&csat["answered"], &csat["satisfied"]], [100, 80]);
    assert_eq!(csat["percent"], 80.0);
    close(&csat["mean"], 4.13);
    close(&csat["interval"]["low"], 71.1171);
    close(&csat["interval"]["high"], 86.6633);
    // The last three answered the effort question with a 1.
    assert_eq!(summary["ces"]["histogram"], json!([3, 1, 2, 7, 10, 10, 10]));
    let only = site.get("summary?metric=csat").expect(200);
    assert!(only.get("nps").is_none() && only.get("ces").is_none());
    assert_eq!(only["csat"]["answered"], 100);
}

#[track_caller]
fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-4, "{value} is not {expected}");
}

fn scattered(site: &Site<'_>) {
    let lines = [
        at(1, 10, "web", "anagrafe", "2026-03-28T22:59:59.999Z"),
        at(2, 0, "web", "tributi", "2026-03-28T23:00:00Z"),
        at(3, 9, "phone", "anagrafe", "2026-03-29T12:30:00Z"),
        at(4, 7, "phone", "anagrafe", "2026-03-29T21:59:59Z"),
        at(5, 2, "web", "anagrafe", "2026-03-29T22:00:00Z"),
        at(6, 10, "email", "tributi", "2026-04-06T10:15:30Z"),
    ];
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
}

#[test]
fn filters_select_exactly() {
    let server = Server::start();
    let site = server.site();
    scattered(&site);
    for (filter, responses, scores) in [
        ("", 6, vec![0, 2, 7, 9, 10, 10]),
        ("channel=web", 3, vec![0, 2, 10]),
        ("channel=fax", 0, vec![]),
        ("class=technological", 3, vec![7, 9, 10]),
        ("service=anagrafe", 4, vec![2, 7, 9, 10]),
        ("service=nothing", 0, vec![]),
        ("service=anagrafe&channel=phone", 2, vec![7, 9]),
        ("question=recommend", 6, vec![0, 2, 7, 9, 10, 10]),
        ("metric=csat", 6, vec![]),
        ("metric=unknown", 0, vec![]),
        // The 29th of March 2026 in Rome has 23 hours: 23:00 to 22:00 in UTC.
        ("from=2026-03-29&to=2026-03-29", 3, vec![0, 7, 9]),
        ("to=2026-03-28", 1, vec![10]),
        ("from=2026-03-30", 2, vec![2, 10]),
        ("from=2026-03-29T12:30:00Z", 4, vec![2, 7, 9, 10]),
        ("from=2026-03-29T12:30:00.001Z", 3, vec![2, 7, 10]),
        ("from=2026-03-28T22:59:59.999Z&to=2026-03-28T23:00:00Z", 1, vec![10]),
        ("from=2026-03-29T12:00:00%2B02:00&to=2026-03-29T21:59:59Z", 1, vec![9]),
        ("from=2026-03-29T12:29:00Z&to=2026-03-29T12:31:00Z", 1, vec![9]),
        ("from=2026-03-28T22:30:00Z&to=2026-04-06T10:15:30Z", 5, vec![0, 2, 7, 9, 10]),
    ] {
        let summary = site.get(&format!("summary?{filter}")).expect(200);
        assert_eq!(summary["responses"], responses, "{filter}");
        let mut histogram = vec![0; 11];
        scores.iter().for_each(|score: &usize| histogram[*score] += 1);
        match scores.is_empty() {
            true => assert!(summary.get("nps").is_none(), "{filter}: {summary}"),
            false => assert_eq!(summary["nps"]["histogram"], json!(histogram), "{filter}"),
        }
    }
}

#[test]
fn wrong_filters_are_told() {
    let server = Server::start();
    let site = server.site();
    for (rest, expected) in [
        ("summary?from=yesterday&to=2026-13-01", vec!["from invalid_time", "to invalid_time"]),
        ("summary?from=2026-03-02&to=2026-03-01", vec![]),
        ("summary?from=2026-03-03&to=2026-03-01", vec!["to out_of_range"]),
        (
            "summary?channel=telegraph&survey=nowhere",
            vec!["channel unknown_channel", "survey unknown_survey"],
        ),
        ("summary?chanel=web&foo=", vec!["chanel unknown_parameter", "foo unknown_parameter"]),
        ("summary?channel=web&channel=phone", vec!["channel repeated"]),
        ("summary?from=2026-11-22T23:00&to=", vec!["from invalid_time", "to invalid_time"]),
        ("summary?min=&max=high", vec!["max wrong_type", "min wrong_type"]),
        ("summary?min=7&max=6", vec!["max out_of_range"]),
        ("summary?theme=waiting&attribute.plan=gold&locale=xx", vec!["theme unsupported_filter"]),
        (
            "summary?level=high&device=fridge&identity=king",
            vec!["device unknown_device", "identity unknown_level", "level unknown_level"],
        ),
        ("summary/trend?bucket=hour", vec!["bucket unknown_bucket"]),
        ("summary/trend?bucket=day&from=1990-01-01&to=2026-01-01", vec!["bucket too_many"]),
        ("summary/by/moon", vec!["dimension unsupported_dimension"]),
        ("responses?limit=0", vec!["limit out_of_range"]),
        ("responses?cursor=*", vec!["cursor invalid"]),
    ] {
        let answer = site.get(rest);
        assert_eq!(answer.violations(), expected, "{rest}: {}", answer.body);
        assert_eq!(answer.status, if expected.is_empty() { 200 } else { 422 }, "{rest}");
    }
}

#[test]
fn trends_are_whole_periods_of_the_sites_time() {
    let server = Server::start();
    let site = server.site();
    scattered(&site);
    let points = |query: &str| -> Vec<String> {
        let trend = site.get(&format!("summary/trend?{query}")).expect(200);
        let points = trend["points"].as_array().unwrap().clone();
        points
            .iter()
            .map(|p| format!("{} {} {}", p["from"], p["to"], p["responses"]).replace('"', ""))
            .collect()
    };
    assert_eq!(
        points("bucket=day&from=2026-03-28&to=2026-03-31"),
        [
            "2026-03-28 2026-03-28 1",
            "2026-03-29 2026-03-29 3",
            "2026-03-30 2026-03-30 1",
            "2026-03-31 2026-03-31 0",
        ]
    );
    assert_eq!(
        points("bucket=week&from=2026-03-28&to=2026-04-06"),
        ["2026-03-23 2026-03-29 4", "2026-03-30 2026-04-05 1", "2026-04-06 2026-04-12 1",]
    );
    assert_eq!(
        points("bucket=month&from=2026-03-29&to=2026-04-30&channel=web"),
        ["2026-03-01 2026-03-31 2", "2026-04-01 2026-04-30 0",]
    );
    assert_eq!(
        points("bucket=month&from=2026-03-29T12:30:00Z&to=2026-04-01"),
        ["2026-03-01 2026-03-31 3", "2026-04-01 2026-04-30 0",]
    );
}

/// The published pair: web (120, 50, 30) against phone (80, 60, 60).
#[test]
fn channels_are_compared_with_their_rest() {
    let server = Server::start();
    let site = server.site();
    let mut lines = Vec::new();
    let groups = [("web", [120, 50, 30]), ("phone", [80, 60, 60]), ("fax", [1, 0, 0])];
    for (channel, counts) in groups {
        for (score, count) in [10, 8, 3].into_iter().zip(counts) {
            for _ in 0..count {
                let n = lines.len() as u64;
                lines.push(at(n, score, channel, "anagrafe", "2026-03-29T12:00:00Z"));
            }
        }
    }
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
    let out = site.get("summary/channels?channel=web").expect(200);
    assert_eq!(out["channels"][0]["withheld"], "nothing_to_compare");
    let out = site.get("summary/channels").expect(200);
    assert_eq!(out["compared"], "nps");
    let rows = out["channels"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["channel"].as_str().unwrap()).collect();
    assert_eq!(names, ["phone", "web", "fax"], "most responses first, then by name");
    assert_eq!(rows[2]["withheld"], "too_few_answers");
    assert!(rows[2].get("difference").is_none());
    let web = &rows[1]["difference"];
    // The rest is phone with the one fax: (81, 60, 60).
    let rest = shared::stats::NpsCounts::new(81, 60, 60);
    let expected = shared::stats::nps_difference(shared::stats::NpsCounts::new(120, 50, 30), rest);
    close(&web["points"], expected.unwrap().points);
    close(&web["p"], expected.unwrap().p);
    assert_eq!(web["significant"], true);
    close(&rows[1]["share"], 200.0 / 401.0);
    close(&rows[1]["mix_adjusted"]["score"], 45.0);
    assert_eq!(out["heterogeneity"]["df"], 1);
    let services = site.get("summary/by/service").expect(200);
    assert_eq!(services["groups"][0]["value"], "anagrafe");
    assert_eq!(services["groups"][0]["withheld"], "nothing_to_compare");
}

#[test]
fn pages_are_newest_first_and_words_are_found() {
    let server = Server::start();
    let site = server.site();
    scattered(&site);
    let mut comment = at(7, 1, "web", "tributi", "2026-05-01T08:00:00Z");
    comment["answers"]["comment"] = json!("Troppa CODA allo sportello");
    comment["answers"]["reasons"] = json!({"selected": ["waiting"], "other": "parcheggio"});
    comment["identity"] = json!({"level": "declared", "subject": "anna@example.org"});
    assert_eq!(site.batch(&[comment.clone()])[0]["status"], "stored");
    let ids = |query: &str| -> Vec<String> {
        let page = site.get(&format!("responses?{query}")).expect(200);
        let list = page["responses"].as_array().unwrap().clone();
        list.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    let by = |numbers: &[u64]| numbers.iter().map(|n| id(*n)).collect::<Vec<_>>();
    assert_eq!(ids(""), by(&[7, 6, 5, 4, 3, 2, 1]));
    assert_eq!(ids("channel=web&service=anagrafe"), by(&[5, 1]));
    assert_eq!(ids("from=2026-03-29&to=2026-03-29"), by(&[4, 3, 2]));
    assert_eq!(ids("q=coda%20PARCHEGGIO"), by(&[7]));
    assert_eq!(ids("q=coda%20bar"), by(&[]));
    assert_eq!(ids("comments=true"), by(&[7]));
    assert_eq!(ids("metric=csat"), by(&[]));
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = site.get(&format!("responses?limit=3{cursor}")).expect(200);
        let list = page["responses"].as_array().unwrap();
        seen.extend(list.iter().map(|r| r["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, by(&[7, 6, 5, 4, 3, 2, 1]));
    let page = site.get("responses?limit=1").expect(200);
    let shown = &page["responses"][0];
    assert_eq!(shown["answers"], comment["answers"]);
    assert_eq!(shown["identity"], "declared");
    assert!(!page.to_string().contains("anna@example.org"), "the subject is never stored");
    assert_eq!(shown["occurred_at"], "2026-05-01T08:00:00.000Z");
    let choices = site.get("summary").expect(200)["choices"].as_array().unwrap().clone();
    let reasons = choices.iter().find(|choice| choice["question"] == "reasons").unwrap();
    assert_eq!(
        reasons["options"],
        json!([{"key": "other", "count": 1}, {"key": "waiting", "count": 1}])
    );
}

#[test]
fn metrics_of_the_owners_own_are_summed_by_their_word() {
    let server = Server::start();
    let site = server.site();
    let survey = json!({"key": "own", "locales": ["en"], "questions": [
        {"key": "a", "kind": "nps", "metric": "loyalty", "text": {"en": "?"}},
        {"key": "b", "kind": "ces", "metric": "ease", "text": {"en": "?"}},
        {"key": "c", "kind": "rating", "scale": 3, "text": {"en": "?"}}]});
    site.post("surveys", &survey).expect(201);
    let lines: Vec<Value> = (0..24)
        .map(|n| {
            let channel = if n < 12 { "web" } else { "phone" };
            json!({"id": id(n), "survey": "own", "channel": channel, "answers": {"a": if n < 12 { 10 } else { 2 }, "b": 1 + n % 7, "c": 3}})
        })
        .collect();
    assert!(site.batch(&lines).iter().all(|line| line["status"] == "stored"));
    let summary = site.get("summary").expect(200);
    assert!(
        summary.get("nps").is_none()
            && summary.get("ces").is_none()
            && summary.get("csat").is_none()
    );
    assert_eq!(summary["nps_metrics"]["loyalty"]["score"], 0.0);
    assert_eq!(summary["ces_metrics"]["ease"]["answered"], 24);
    assert_eq!(summary["metrics"]["c"]["percent"], 100.0);
    let channels = site.get("summary/channels?metric=loyalty").expect(200);
    assert_eq!(channels["compared"], "loyalty");
    assert_eq!(channels["channels"][0]["difference"]["significant"], true);
}

#[test]
fn one_old_response_does_not_cost_the_default_trend() {
    let server = Server::start();
    let site = server.site();
    site.batch(&[at(1, 9, "web", "anagrafe", "1970-01-05T12:00:00Z")]);
    for bucket in ["day", "week", "month"] {
        let trend = site.get(&format!("summary/trend?bucket={bucket}")).expect(200);
        assert!(trend["points"].as_array().unwrap().len() <= 1_500, "{bucket}");
    }
}
