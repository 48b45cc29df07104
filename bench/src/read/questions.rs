//! What managers ask, over HTTP and in SQL.

use crate::client::request;
use crate::collector::{Collector, Site};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How often a question is asked, and how long at most.
pub const TIMES: usize = 200;
pub const TIME: Duration = Duration::from_secs(4);

pub struct Question {
    pub name: &'static str,
    /// Below the site.
    pub path: &'static str,
    /// The same of a table of rows: groups with histograms, which a client turns into scores.
    pub sql: &'static str,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Timing {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub times: usize,
}

impl Timing {
    pub fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        let at = |share: f64| millis[(millis.len() as f64 * share) as usize];
        Self { p50_ms: at(0.5), p99_ms: at(0.99), times: millis.len() }
    }
}

/// The last column counts; the sum over all rows is compared.
pub const QUESTIONS: [Question; 12] = [
    Question {
        name: "summary, a year",
        path: "summary",
        sql: "select nps, csat, count(*) from answers group by 1, 2",
    },
    Question {
        name: "summary, a month of one channel",
        path: "summary?from=2026-03-01&to=2026-03-31&channel=web",
        sql: "select nps, csat, count(*) from answers where channel = 'web'
            and happened >= timestamptz '2026-03-01 00:00 Europe/Rome'
            and happened < timestamptz '2026-04-01 00:00 Europe/Rome' group by 1, 2",
    },
    Question {
        name: "channels",
        path: "summary/channels",
        sql: "select channel, nps, csat, avg(waited_s), avg(served_s), count(*) from answers
            group by 1, 2, 3",
    },
    Question {
        name: "trend by day",
        path: "summary/trend?bucket=day",
        sql: "select (happened at time zone 'Europe/Rome')::date, nps, csat, count(*)
            from answers group by 1, 2, 3",
    },
    Question {
        name: "trend by month",
        path: "summary/trend?bucket=month",
        sql: "select date_trunc('month', happened at time zone 'Europe/Rome'), nps, csat, count(*)
            from answers group by 1, 2, 3",
    },
    Question {
        name: "by service",
        path: "summary/by/service",
        sql: "select service, nps, csat, count(*) from answers group by 1, 2, 3",
    },
    Question {
        name: "by device",
        path: "summary/by/device",
        sql: "select device, nps, csat, count(*) from answers group by 1, 2, 3",
    },
    Question {
        name: "by an attribute",
        path: "summary/by/attribute:plan",
        sql: "select plan, nps, csat, count(*) from answers group by 1, 2, 3",
    },
    Question {
        name: "locale=de",
        path: "summary?locale=de",
        sql: "select nps, csat, count(*) from answers where locale = 'de' group by 1, 2",
    },
    Question {
        name: "device and attribute",
        path: "summary?device=phone&attribute.plan=basic",
        sql: "select nps, csat, count(*) from answers where device = 'phone' and plan = 'basic'
            group by 1, 2",
    },
    Question {
        name: "tag and score, three months",
        path: "summary?tag=pilot&min=0&max=6&from=2026-01-01&to=2026-03-31",
        sql: "select nps, csat, count(*) from answers where tag = 'pilot' and nps between 0 and 6
            and happened >= timestamptz '2026-01-01 00:00 Europe/Rome'
            and happened < timestamptz '2026-04-01 00:00 Europe/Rome' group by 1, 2",
    },
    Question {
        name: "newest 50",
        path: "responses?limit=50",
        sql: "select id, survey, channel, service, locale, device, nps, csat, comment, 1
            from answers order by happened desc limit 50",
    },
];

/// How long it takes, and how many responses were counted.
pub async fn ask(
    collector: &Collector,
    site: &Site,
    question: &Question,
) -> Result<(Timing, Option<u64>)> {
    let request = request("GET", &site.path(question.path), Some(&site.token), b"");
    let mut connection = collector.connect().await?;
    let mut millis = Vec::new();
    let begun = Instant::now();
    let mut last = connection.send(&request).await?.expect(200)?;
    while millis.len() < TIMES && (millis.is_empty() || begun.elapsed() < TIME) {
        let started = Instant::now();
        last = connection.send(&request).await?.expect(200)?;
        millis.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok((Timing::of(millis), counted(&last.json()?)))
}

/// The responses of all groups of an answer.
fn counted(answer: &Value) -> Option<u64> {
    if let Some(listed) = answer["responses"].as_array() {
        return Some(listed.len() as u64);
    }
    let sum = |groups: &Value| {
        let groups = groups.as_array()?;
        Some(groups.iter().filter_map(|group| group["responses"].as_u64()).sum())
    };
    let lists = ["channels", "points", "groups"];
    let of_groups = lists.iter().find_map(|list| sum(&answer[*list]));
    of_groups.or_else(|| answer["responses"].as_u64())
}
