//! `ascolto identity-key …`

use super::args::IdentityKey;
use super::client::{Client, segment};
use super::print::{Printer, table};
use crate::http::{IdentityKeyCreated, IdentityKeysOut};
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;

pub fn run(command: IdentityKey, client: &Client, printer: Printer) -> Result<()> {
    match command {
        IdentityKey::Create { site, public_key } => {
            let mut body = json!({});
            if let Some(file) = public_key {
                let pem = fs::read_to_string(&file);
                body["public_key"] = pem.with_context(|| file.display().to_string())?.into();
            }
            let created: IdentityKeyCreated = client.post(&keys_of(&site), &body)?;
            printer.print(&created, created_lines);
        }
        IdentityKey::List { site } => {
            let all: IdentityKeysOut = client.get(&keys_of(&site))?;
            printer.print(&all, list_lines);
        }
        IdentityKey::Delete { site, key } => {
            client.delete(&format!("{}/{}", keys_of(&site), segment(&key)))?;
            printer.print(&json!({"deleted": key}), |_| format!("deleted {key}"));
        }
    }
    Ok(())
}

fn keys_of(site: &str) -> String {
    format!("/v1/sites/{}/identity-keys", segment(site))
}

fn created_lines(created: &IdentityKeyCreated) -> String {
    let IdentityKeyCreated { key, secret, audience } = created;
    let mut rows = vec![
        vec!["key".to_owned(), key.key.clone()],
        vec!["algorithm".to_owned(), key.algorithm.clone()],
        vec!["audience".to_owned(), audience.clone()],
    ];
    rows.extend(secret.iter().map(|secret| vec!["secret".to_owned(), secret.clone()]));
    let once =
        "\n\nThe secret is shown only now. It belongs on the site's server, never in a page.";
    format!("{}{}", table(&rows).trim_end(), if secret.is_some() { once } else { "" })
}

fn list_lines(all: &IdentityKeysOut) -> String {
    let rows = all.keys.iter();
    let rows = rows.map(|key| vec![key.key.clone(), key.algorithm.clone(), key.made_at.clone()]);
    match all.keys.is_empty() {
        true => "no identity keys".to_owned(),
        false => table(&rows.collect::<Vec<_>>()),
    }
}
