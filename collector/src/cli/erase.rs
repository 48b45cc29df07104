//! `ascolto erase`

use super::args::Erase;
use super::client::{Client, segment};
use super::print::Printer;
use anyhow::Result;
use serde_json::json;

pub fn run(erase: &Erase, client: &Client, printer: Printer) -> Result<()> {
    let Erase { site, response } = erase;
    client.delete(&format!("/v1/sites/{}/responses/{}", segment(site), segment(response)))?;
    printer.print(&json!({"erased": response}), |_| format!("erased {response}"));
    Ok(())
}
