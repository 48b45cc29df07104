//! `ascolto token …`

use super::args::Token;
use super::client::{Client, segment};
use super::print::{Printer, table};
use crate::http::{TokenCreated, TokensOut};
use anyhow::Result;
use serde_json::json;

pub fn run(command: Token, client: &Client, printer: Printer) -> Result<()> {
    match command {
        Token::Create { site, role, expires, link } => {
            let mut body = json!({"role": role, "link": link});
            if let Some(days) = expires {
                body["expires_days"] = days.into();
            }
            let created: TokenCreated = client.post(&tokens_of(&site), &body)?;
            printer.print(&created, created_lines);
        }
        Token::List { site } => {
            let all: TokensOut = client.get(&tokens_of(&site))?;
            printer.print(&all, list_lines);
        }
        Token::Revoke { site, id } => {
            client.delete(&format!("{}/{}", tokens_of(&site), segment(&id)))?;
            printer.print(&json!({"revoked": id}), |_| format!("revoked {id}"));
        }
    }
    Ok(())
}

fn tokens_of(site: &str) -> String {
    format!("/v1/sites/{}/tokens", segment(site))
}

fn created_lines(created: &TokenCreated) -> String {
    match (&created.token, &created.link) {
        (_, Some(link)) => format!("{link}\n\nThe link signs in once, within a day."),
        (Some(token), None) => {
            format!("{token}\n\nIt is shown only now. Its id is {}.", created.id)
        }
        (None, None) => created.id.clone(),
    }
}

fn list_lines(all: &TokensOut) -> String {
    let rows = all.tokens.iter().map(|token| {
        let expires = token.expires_at.as_deref().unwrap_or("never expires");
        let (role, kind) = (token.role.clone(), token.kind.clone());
        vec![token.id.clone(), role, kind, token.created_at.clone(), expires.to_owned()]
    });
    match all.tokens.is_empty() {
        true => "no tokens".to_owned(),
        false => table(&rows.collect::<Vec<_>>()),
    }
}
