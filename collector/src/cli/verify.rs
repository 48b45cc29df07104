//! `ascolto verify`

use super::client::Client;
use super::print::Printer;
use crate::verify::Verification;
use anyhow::{Result, bail};
use serde_json::json;

pub fn run(client: &Client, printer: Printer) -> Result<()> {
    let found: Verification = client.post("/v1/verify", &json!({}))?;
    printer.print(&found, |found| {
        let Verification { sites, responses, cells, wrong, details } = found;
        let mut text = format!(
            "{sites} sites, {responses} responses, {cells} cells recounted, {wrong} wrong\n"
        );
        details.iter().for_each(|detail| text.push_str(&format!("  {detail}\n")));
        text
    });
    if found.wrong > 0 {
        bail!("the cells are not what the responses say");
    }
    Ok(())
}
