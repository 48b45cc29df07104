//! `ascolto invite opt-out …`

use super::super::client::{Client, segment};
use super::super::print::{Printer, table};
use super::args::OptOut;
use crate::http::{OptOutChanged, OptOutsOut};
use anyhow::Result;
use serde_json::json;

pub fn run(command: OptOut, client: &Client, printer: Printer) -> Result<()> {
    match command {
        OptOut::Add { site, recipients } => {
            change(client, &path(&site), &recipients, "added", printer)
        }
        OptOut::Remove { site, recipients } => {
            change(client, &format!("{}/remove", path(&site)), &recipients, "removed", printer)
        }
        OptOut::List { site } => list(&site, client, printer),
    }
}

fn path(site: &str) -> String {
    format!("/v1/sites/{}/opt-outs", segment(site))
}

fn change(
    client: &Client,
    path: &str,
    recipients: &[String],
    done: &str,
    printer: Printer,
) -> Result<()> {
    let out: OptOutChanged = client.post(path, &json!({"recipients": recipients}))?;
    let same = recipients.len().saturating_sub(out.changed);
    printer.print(&out, |out| match same {
        0 => format!("{} {done}", out.changed),
        same => format!("{} {done}; {same} so already", out.changed),
    });
    Ok(())
}

fn list(site: &str, client: &Client, printer: Printer) -> Result<()> {
    let mut all: OptOutsOut = client.get(&path(site))?;
    while let Some(cursor) = all.next_cursor.take() {
        let page: OptOutsOut = client.get(&format!("{}?cursor={cursor}", path(site)))?;
        all.opt_outs.extend(page.opt_outs);
        all.next_cursor = page.next_cursor;
    }
    printer.print(&all, |all| {
        let rows = all.opt_outs.iter().map(|one| vec![one.recipient.clone(), one.since.clone()]);
        let rows = table(&rows.collect::<Vec<_>>());
        format!("{rows}{} want no more invitations", all.total)
    });
    Ok(())
}
