//! `ascolto verify`

use super::client::Client;
use super::print::{Printer, counted};
use crate::verify::Verification;
use anyhow::{Result, bail};
use indicatif::ProgressBar;
use serde_json::json;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(200);

pub fn run(client: &Client, printer: Printer) -> Result<()> {
    let spinner = ProgressBar::new_spinner().with_message("recounting every response");
    spinner.enable_steady_tick(TICK);
    let found = client.post_patiently("/v1/verify", &json!({}));
    spinner.finish_and_clear();
    let found: Verification = found?;
    printer.print(&found, |found| {
        let Verification { sites, responses, cells, event_cells, wrong, details } = found;
        let mut text = format!(
            "{}, {}, {} recounted, {} of events, {wrong} wrong\n",
            counted(*sites, "site"),
            counted(*responses, "response"),
            counted(*cells, "cell"),
            counted(*event_cells, "cell")
        );
        details.iter().for_each(|detail| text.push_str(&format!("  {detail}\n")));
        text
    });
    if found.wrong > 0 {
        bail!("the cells are not what the responses say");
    }
    Ok(())
}
