//! Settings of one run, and `ascolto config`, which shows where each comes from.

use super::flags::{Everywhere, Serving};
use super::print::{Printer, table};
use crate::settings::{Given, Resolved, TABLE, read_file, resolve};
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;

/// What a secret is shown as.
const HIDDEN: &str = "(hidden)";

pub fn read(everywhere: Everywhere, serving: Serving, file: Option<&Path>) -> Result<Resolved> {
    let given = [everywhere.0, serving.0].concat();
    Ok(resolve(&given, file.map(read_file).transpose()?)?)
}

pub fn show(resolved: &Resolved, printer: Printer) {
    let all: Vec<Value> = resolved.values.iter().map(entry).collect();
    printer.print(&json!({"settings": all}), |_| {
        table(&resolved.values.iter().map(row).collect::<Vec<_>>())
    });
}

fn entry(given: &Given) -> Value {
    let Given { name, origin, place, .. } = given;
    json!({"name": name, "value": shown(given), "origin": origin, "place": place})
}

fn row(given: &Given) -> Vec<String> {
    let value = shown(given);
    let value = if value.is_empty() { "-" } else { value };
    vec![given.name.to_owned(), value.to_owned(), given.place.clone()]
}

fn shown(given: &Given) -> &str {
    let secret = TABLE.iter().any(|setting| setting.name == given.name && setting.secret);
    if secret && !given.text.is_empty() { HIDDEN } else { &given.text }
}
