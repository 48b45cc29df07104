//! `ascolto health`: whether a running collector is ready, for containers that have no other client.

use super::client::agent;
use super::print::Printer;
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

pub fn run(settings: &Settings, printer: Printer) -> Result<()> {
    let base = settings.server.clone().unwrap_or_else(|| own_url(settings));
    // Its own address is not in its certificate, and nothing secret is sent.
    let own = settings.server.is_none();
    let agent = agent(&base, settings.ca.as_deref(), own)?;
    let mut answer = agent
        .get(format!("{base}/readyz"))
        .call()
        .with_context(|| format!("cannot reach {base}"))?;
    let said = answer.body_mut().read_to_string()?;
    if !answer.status().is_success() {
        bail!("not ready: {said}");
    }
    printer.print(&json!({"ready": true}), |_| said);
    Ok(())
}

/// Where a collector with the same settings listens.
fn own_url(settings: &Settings) -> String {
    let mut address = settings.listen;
    if address.ip().is_unspecified() {
        match address {
            SocketAddr::V4(_) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(_) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        }
    }
    let scheme = if settings.tls_cert.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}
