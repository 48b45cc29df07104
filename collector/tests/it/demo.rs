//! The demo: deterministic, resumable, and with the story that it promises.

use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

struct Demo {
    child: Child,
    base: String,
    cookie: String,
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    fn start(data: &Path, responses: &str) -> Self {
        let mut child = crate::support::ascolto()
            .args(["demo", "--listen", "127.0.0.1:0", "--responses", responses, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let link = lines.by_ref().map(Result::unwrap).find(|line| line.contains("#code=")).unwrap();
        let link = link.split_whitespace().last().unwrap();
        let (page, code) = link.split_once("#code=").unwrap();
        let base = page.strip_suffix("/dashboard").unwrap().to_owned();
        let agent: ureq::Agent = ureq::Agent::new_with_defaults();
        let body = serde_json::json!({"code": code});
        let session = agent.post(format!("{base}/v1/session")).send_json(&body).unwrap();
        let cookie = session.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { child, base, cookie, _lines: lines }
    }

    fn get(&self, rest: &str) -> Value {
        let url = format!("{}/v1/sites/st_demo/{rest}", self.base);
        let mut answer = ureq::get(url).header("cookie", &self.cookie).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }

    /// As Ctrl-C does.
    fn interrupt(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn a_believable_story() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), "12000");
    let summary = demo.get("summary");
    assert_eq!(summary["responses"], 12_000);
    let channels = demo.get("summary/channels");
    let rows = channels["channels"].as_array().unwrap();
    assert!(rows.len() >= 8);
    let row = |name: &str| rows.iter().find(|row| row["channel"] == name).unwrap();
    let phone = &row("phone")["difference"];
    assert!(
        phone["points"].as_f64().unwrap() < -30.0 && phone["significant"] == true,
        "clearly worse"
    );
    let sms = &row("sms")["difference"];
    assert!(
        sms["points"].as_f64().unwrap().abs() > 1.0 && sms["significant"] == false,
        "only noise: {sms}"
    );
    assert!(demo.get("summary/by/service")["groups"].as_array().unwrap().len() >= 6);
    let trend = demo.get("summary/trend?bucket=month&service=mensa-scolastica");
    let scores: Vec<f64> = trend["points"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p["nps"]["score"].as_f64())
        .collect();
    assert!(scores[scores.len() - 2] - scores[1] > 35.0, "improving: {scores:?}");
    let funnel = demo.get("summary/funnel");
    let steps = ["impressions", "opens", "starts", "responses"];
    let steps = steps.map(|name| funnel["overall"][name].as_u64().unwrap());
    assert!(steps.is_sorted_by(|a, b| a > b), "each step loses some: {steps:?}");
    let rates: Vec<f64> = rows.iter().filter_map(|row| row["response_rate"].as_f64()).collect();
    assert!(rates.len() == 7 && rates.iter().all(|rate| (0.05..0.8).contains(rate)), "{rates:?}");
    assert!(row("phone").get("response_rate").is_none(), "nobody knows whom a clerk could ask");
    let comments = demo.get("responses?comments=true&limit=100");
    assert_eq!(comments["responses"].as_array().unwrap().len(), 100);
    demo.interrupt();
    let again = Demo::start(folder.path(), "12000");
    assert_eq!(again.get("summary"), summary, "a second start changes nothing");
    assert_eq!(again.get("summary/funnel"), funnel, "nor counts anything twice");
    again.interrupt();
    let other = tempfile::tempdir().unwrap();
    let twin = Demo::start(other.path(), "12000");
    assert_eq!(twin.get("summary"), summary, "the same day gives the same year");
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
