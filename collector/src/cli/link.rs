//! `ascolto link …`

use super::args::{CreateLink, Link};
use super::client::{Client, segment};
use super::print::{Printer, table};
use crate::http::{LinkMade, LinksMade, LinksOut};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Asked for at once, as the HTTP interface takes them.
const AT_ONCE: usize = 1_000;

pub fn run(command: Link, client: &Client, printer: Printer) -> Result<()> {
    match command {
        Link::Create(CreateLink { site, from: Some(file), .. }) => {
            create_many(&site, &file, client, printer)
        }
        Link::Create(link) => {
            let made: LinkMade = client.post(&links_of(&link.site), &asked(&link))?;
            printer.print(&made, |made| made.url.clone());
            Ok(())
        }
        Link::Qr(codes) => super::qr::run(&codes, client, printer),
        Link::List { site } => list(&site, client, printer),
        Link::Delete { site, code } => {
            client.delete(&format!("{}/{}", links_of(&site), segment(&code)))?;
            printer.print(&json!({"deleted": code}), |_| format!("deleted {code}"));
            Ok(())
        }
    }
}

fn links_of(site: &str) -> String {
    format!("/v1/sites/{}/links", segment(site))
}

fn asked(link: &CreateLink) -> Value {
    let words = [
        ("survey", &link.survey),
        ("channel", &link.channel),
        ("service", &link.service),
        ("level", &link.level),
        ("reference", &link.reference),
        ("locale", &link.locale),
        ("uses", &link.uses),
    ];
    let words = words.into_iter().filter_map(|(name, word)| Some((name, word.clone()?.into())));
    let numbers =
        [("score", link.score.map(Value::from)), ("expires_days", link.expires.map(Value::from))];
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number?)));
    let mut fields: Vec<(&str, Value)> = words.chain(numbers).collect();
    if link.signed {
        fields.push(("signed", true.into()));
        fields.push(("short", link.short.into()));
    }
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// One line of the file, one line of the answer.
fn create_many(site: &str, file: &Path, client: &Client, printer: Printer) -> Result<()> {
    let shown = file.display();
    let reader = BufReader::new(File::open(file).with_context(|| format!("cannot read {shown}"))?);
    let mut waiting: Vec<Value> = Vec::new();
    let mut before = 0;
    for (number, line) in (1..).zip(reader.lines()) {
        let line = line.with_context(|| format!("cannot read {shown}"))?;
        if line.trim().is_empty() {
            bail!("{shown}:{number}: an empty line");
        }
        let link = serde_json::from_str(&line);
        waiting.push(link.with_context(|| format!("{shown}:{number}: not JSON"))?);
        if waiting.len() == AT_ONCE {
            before += make(site, std::mem::take(&mut waiting), before, client, printer)?;
        }
    }
    make(site, waiting, before, client, printer).map(drop)
}

fn make(
    site: &str,
    links: Vec<Value>,
    before: usize,
    client: &Client,
    printer: Printer,
) -> Result<usize> {
    let count = links.len();
    let made = client.post(&format!("{}/batch", links_of(site)), &json!({"links": links}));
    let made: LinksMade = made.with_context(|| {
        format!("lines {} to {}; links[0] is the first of them", before + 1, before + count)
    })?;
    for link in &made.links {
        printer.print(link, |link| link.url.clone());
    }
    Ok(count)
}

fn list(site: &str, client: &Client, printer: Printer) -> Result<()> {
    let mut all = LinksOut { links: Vec::new(), next_cursor: None };
    loop {
        let query = all.next_cursor.take().map(|cursor| format!("?cursor={cursor}"));
        let page: LinksOut =
            client.get(&format!("{}{}", links_of(site), query.unwrap_or_default()))?;
        all.links.extend(page.links);
        all.next_cursor = page.next_cursor;
        if all.next_cursor.is_none() {
            break;
        }
    }
    printer.print(&all, |all| {
        let rows = all.links.iter().map(|link| {
            let expires = link.expires_at.as_deref().unwrap_or("never expires");
            vec![link.url.clone(), link.to.clone(), expires.to_owned()]
        });
        match all.links.is_empty() {
            true => "no short links".to_owned(),
            false => table(&rows.collect::<Vec<_>>()),
        }
    });
    Ok(())
}
