//! After a crash: is everything there that was promised, once, and do the counts agree?

use crate::client::{Connection, request};
use crate::collector::{Collector, Site};
use crate::feedback::{self, By};
use crate::ledger::{Fate, Ledger};
use crate::load;
use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::AddAssign;

const PAGE: usize = 500;
const RESENT_AT_ONCE: usize = 1_000;
const SINGLY_MAX: usize = 10;
const TOLD_MAX: usize = 5;

/// How often each number is listed; `None` for ids that are not ours.
type Listed = BTreeMap<Option<u64>, u64>;

/// What was found; all zero when all is well.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Found {
    /// Acknowledged and not there.
    pub lost: u64,
    /// There twice, or taken as new when sent again.
    pub doubled: u64,
    /// Erased, acknowledged, and there again.
    pub revived: u64,
    /// Never sent.
    pub unknown: u64,
    /// Cells that a recount contradicts, and sums that do not agree.
    pub wrong: u64,
    /// Folders on which the collector does not start.
    pub unusable: u64,
    /// Ends without a clear message and exit code 1, and answers that must not be.
    pub unclean: u64,
    /// The first of them in words.
    pub details: Vec<String>,
}

impl Found {
    pub const fn bad(&self) -> u64 {
        let seen = self.lost + self.doubled + self.revived + self.unknown;
        seen + self.wrong + self.unusable + self.unclean
    }

    pub fn tell(&mut self, words: String) {
        if self.details.len() < TOLD_MAX {
            self.details.push(words);
        }
    }
}

impl AddAssign<&Self> for Found {
    fn add_assign(&mut self, other: &Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.revived += other.revived;
        self.unknown += other.unknown;
        self.wrong += other.wrong;
        self.unusable += other.unusable;
        self.unclean += other.unclean;
        other.details.iter().for_each(|words| self.tell(words.clone()));
    }
}

/// Compares a running collector with the ledger; what turned out is noted there.
pub async fn check(collector: &Collector, site: &Site, ledger: &mut Ledger) -> Result<Found> {
    let mut found = Found::default();
    let mut connection = collector.connect().await?;
    collector.get("/readyz", None).await?.expect(200)?;
    let listed = list(&mut connection, site).await?;
    compare(&listed, ledger, &mut found);
    compare_sums(collector, site, listed.len(), &mut found).await?;
    let numbers: Vec<u64> = ledger.fates.keys().copied().collect();
    for part in numbers.chunks(RESENT_AT_ONCE) {
        send_again(&mut connection, site, part, &listed, ledger, &mut found).await?;
        send_some_again_singly(&mut connection, site, part, ledger, &mut found).await?;
    }
    let there = ledger.count(Fate::Stored);
    if there != listed.len() {
        compare_sums(collector, site, there, &mut found).await?;
    }
    Ok(found)
}

async fn list(connection: &mut Connection, site: &Site) -> Result<Listed> {
    let mut listed = Listed::new();
    let mut cursor = String::new();
    loop {
        let path = site.path(&format!("responses?limit={PAGE}{cursor}"));
        let page = connection.send(&request("GET", &path, Some(&site.token), b"")).await?;
        let page = page.expect(200)?.json()?;
        for response in page["responses"].as_array().into_iter().flatten() {
            let number = response["id"].as_str().and_then(feedback::number);
            *listed.entry(number).or_insert(0) += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(listed),
        }
    }
}

fn compare(listed: &Listed, ledger: &Ledger, found: &mut Found) {
    for (number, times) in listed {
        match number.and_then(|n| ledger.fates.get(&n)) {
            None => {
                found.unknown += 1;
                found.tell(format!("{number:?} was never sent"));
            }
            Some(Fate::Erased) => {
                found.revived += 1;
                found.tell(format!("{number:?} was erased and is there"));
            }
            Some(_) => {}
        }
        if *times > 1 {
            found.doubled += times - 1;
            found.tell(format!("{number:?} is listed {times} times"));
        }
    }
    let lost: Vec<u64> = ledger.with(Fate::Stored);
    let lost: Vec<u64> = lost.into_iter().filter(|n| !listed.contains_key(&Some(*n))).collect();
    if let Some(first) = lost.first() {
        found.lost += lost.len() as u64;
        found.tell(format!("{} acknowledged are lost, the first is {first}", lost.len()));
    }
}

/// The summary and the recount say what the list says.
async fn compare_sums(
    collector: &Collector,
    site: &Site,
    expected: usize,
    found: &mut Found,
) -> Result<()> {
    let summary = collector.read(site, "summary").await?;
    let admin = collector.admin_token()?;
    let verified = collector.post("/v1/verify", Some(&admin), b"{}").await?.expect(200)?.json()?;
    let sums = [&summary["responses"], &verified["responses"]];
    if sums.iter().any(|sum| **sum != json!(expected)) {
        found.wrong += 1;
        found.tell(format!("{expected} listed, but counted {sums:?}"));
    }
    if verified["wrong"] != json!(0) {
        found.wrong += 1;
        found.tell(format!("the recount says: {verified}"));
    }
    Ok(())
}

/// Sends everything again: what was there is a duplicate, what was taken back stays away, what
/// was never acknowledged and is not there is stored now. After that nothing is open any more.
async fn send_again(
    connection: &mut Connection,
    site: &Site,
    part: &[u64],
    listed: &Listed,
    ledger: &mut Ledger,
    found: &mut Found,
) -> Result<()> {
    let answer = connection.send(&load::batch(site, part.iter().copied())).await?.expect(200)?;
    for (n, status) in part.iter().zip(load::statuses(&answer)?) {
        let (fate, there) = (ledger.fates[n], listed.contains_key(&Some(*n)));
        let settled = match (fate, status.as_str()) {
            (Fate::Stored, "duplicate") => Fate::Stored,
            (Fate::Sent | Fate::Erasing, "duplicate") if there => Fate::Stored,
            (Fate::Sent, "stored") if !there => Fate::Stored,
            (Fate::Erased | Fate::Erasing, "refused") if !there => Fate::Erased,
            _ => {
                found.doubled += 1;
                found.tell(format!("{n} ({fate:?}, there: {there}) sent again is {status}"));
                if status == "refused" { Fate::Erased } else { Fate::Stored }
            }
        };
        ledger.fates.insert(*n, settled);
    }
    Ok(())
}

/// The visitors' door says the same: 200 for what is there, 409 for what was taken back.
async fn send_some_again_singly(
    connection: &mut Connection,
    site: &Site,
    part: &[u64],
    ledger: &Ledger,
    found: &mut Found,
) -> Result<()> {
    let of_visitors = part.iter().filter(|n| By::of(**n) == By::Visitor);
    for n in of_visitors.take(SINGLY_MAX) {
        let body = feedback::body(*n);
        let again = request("POST", &site.submissions(), None, body.as_bytes());
        let expected = if ledger.fates[n] == Fate::Erased { 409 } else { 200 };
        let answer = connection.send(&again).await?;
        if answer.status != expected {
            found.doubled += 1;
            found.tell(format!("{n} sent again singly: {}", answer.describe()));
        }
    }
    Ok(())
}
