//! `ascolto erase`

use super::args::Erase;
use super::client::{Client, segment};
use super::print::Printer;
use crate::http::ErasedOut;
use anyhow::Result;
use serde_json::json;

pub fn run(erase: &Erase, client: &Client, printer: Printer) -> Result<()> {
    let site = segment(&erase.site);
    if let Some(subject) = &erase.subject {
        let body = json!({"subject": subject});
        let out: ErasedOut = client.post(&format!("/v1/sites/{site}/erase"), &body)?;
        printer.print(&out, |out| format!("erased {} responses", out.erased));
    }
    if let Some(response) = &erase.response {
        client.delete(&format!("/v1/sites/{site}/responses/{}", segment(response)))?;
        printer.print(&json!({"erased": response}), |_| format!("erased {response}"));
    }
    Ok(())
}
