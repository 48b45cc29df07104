//! `ascolto export`

use super::args::Export;
use super::client::{Client, segment};
use super::new_file::NewFile;
use super::progress;
use crate::settings::Settings;
use anyhow::Result;
use axum::http::Method;
use std::io::{Write, stdout};
use std::path::Path;

pub fn run(args: &Export, settings: &Settings) -> Result<()> {
    let (client, path) = (Client::connect(settings)?, path(args));
    match &args.output {
        Some(file) => into_file(&client, &path, file),
        None => client.download(Method::GET, &path, None, &mut |bytes| {
            Ok(stdout().lock().write_all(bytes)?)
        }),
    }
}

fn into_file(client: &Client, path: &str, file: &Path) -> Result<()> {
    let mut file = NewFile::create(file)?;
    let bar = progress::count("export");
    client.download(Method::GET, path, None, &mut |bytes| {
        bar.inc(bytes.len() as u64);
        file.write(bytes)
    })?;
    bar.finish_and_clear();
    file.settle()?;
    file.keep()
}

fn path(args: &Export) -> String {
    let Export { site, format, from, to, month, filters, .. } = args;
    let month = month.as_ref().map(|[first, last]| (first, last)).unzip();
    let mut path = format!("/v1/sites/{}/export?format={format}", segment(site));
    let times = [("from", from.as_ref().or(month.0)), ("to", to.as_ref().or(month.1))];
    let times = times.into_iter().filter_map(|(name, time)| Some((name, time?.as_str())));
    let filters = filters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in times.chain(filters) {
        path.push_str(&format!("&{}={}", segment(name), segment(value)));
    }
    path
}
