//! `GET …/export`: all responses that the filters match, as a file for other programs.

use super::auth::Manager;
use super::error::ApiError;
use super::pieces::Pieces;
use super::query::{self, FilterParams, Pairs};
use super::responses::{read_flag, read_shown};
use super::router::App;
use crate::clock;
use crate::export::{CsvStyle, Format, SDG_SURVEY, columns, rows};
use crate::listing;
use crate::state::Site;
use crate::summary::Selection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::Violations;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Exports at once; each has a thread and some megabytes.
const EXPORTS_MAX: usize = 4;
static EXPORTS: Semaphore = Semaphore::const_new(EXPORTS_MAX);
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Sent at once.
const PIECE_BYTES: usize = 64 << 10;
const NAME_LENGTH_MAX: usize = 40;

#[derive(Default)]
struct Asked {
    format: Option<Format>,
    style: CsvStyle,
    query: listing::Query,
}

/// All responses that the filters match, oldest first, those that are held too (`held=false`:
/// without them). CSV cells that a spreadsheet would run are defused; `bom=true` for Excel,
/// `delimiter=semicolon` where that is the list separator. What comes while it is sent may be in it
/// or not. `sdg` is one JSON document of the answers to the survey `sdg`, without free text and
/// without those that are held.
#[utoipa::path(get, path = "/v1/sites/{site}/export", tag = "responses",
    params(("site" = String, Path), ("format" = String, Query, description = "`csv`, `jsonl`, `parquet` or `sdg`"),
        ("bom" = Option<bool>, Query), ("delimiter" = Option<String>, Query, description = "`comma` or `semicolon`"),
        ("q" = Option<String>, Query), ("comments" = Option<bool>, Query), ("held" = Option<bool>, Query),
        FilterParams),
    responses((status = 200, content((String = "text/csv"), (String = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.apache.parquet"), (String = "application/json"))),
        (status = 401, body = shared::Problem), (status = 403, body = shared::Problem),
        (status = 404, body = shared::Problem), (status = 422, body = shared::Problem)))]
pub async fn export(
    State(app): State<Arc<App>>,
    manager: Manager,
    Query(mut pairs): Query<Pairs>,
) -> Result<Response, ApiError> {
    let site = manager.site;
    let mut asked = Asked::default();
    of_sdg(&mut pairs);
    let filters =
        query::filters(&pairs, &site, |name, value, bad| read_own(&mut asked, name, value, bad))?;
    let required = || ApiError::violation("format", "required", "is csv, jsonl, parquet or sdg");
    let format = asked.format.ok_or_else(required)?;
    asked.query.narrow(&filters);
    let selection = filters.select(&site);
    let busy = ApiError::TooMany { reason: "exports", wait: RETRY_AFTER };
    let place = EXPORTS.try_acquire().map_err(|_| busy)?;
    let name = file_name(&site, format);
    let (pieces, body) = Pieces::channel();
    let exporting =
        Exporting { app, site, format, style: asked.style, query: asked.query, selection };
    tokio::task::spawn_blocking(move || exporting.run(pieces, place));
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, body).into_response())
}

/// What is handed on of information pages is of one survey, and counts.
fn of_sdg(pairs: &mut Pairs) {
    let is_sdg = pairs.iter().any(|(name, value)| name == "format" && value == "sdg");
    for (name, value) in [("survey", SDG_SURVEY), ("held", "false")] {
        if is_sdg && pairs.iter().all(|(given, _)| given != name) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn read_own(asked: &mut Asked, name: &str, value: &str, bad: &mut Violations) -> bool {
    match name {
        "format" => match Format::parse(value) {
            Some(format) => asked.format = Some(format),
            None => bad.add("format", "unknown_format", "is csv, jsonl, parquet or sdg"),
        },
        "bom" => asked.style.bom = read_flag(name, value, bad).unwrap_or_default(),
        "delimiter" => match value {
            "comma" => asked.style.delimiter = b',',
            "semicolon" => asked.style.delimiter = b';',
            _ => bad.add("delimiter", "unknown_delimiter", "is comma or semicolon"),
        },
        _ => return read_shown(&mut asked.query, name, value, bad),
    }
    true
}

struct Exporting {
    app: Arc<App>,
    site: Arc<Site>,
    format: Format,
    style: CsvStyle,
    query: listing::Query,
    selection: Selection,
}

impl Exporting {
    fn run(self, pieces: Pieces, _place: SemaphorePermit<'_>) {
        let ending = pieces.clone();
        match self.write(pieces) {
            Ok(()) => ending.end(),
            // The other end's matter, however the format tells it.
            Err(error) if ending.are_unwanted() || error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => tracing::error!("an export was not finished: {error}"),
        }
    }

    fn write(&self, pieces: Pieces) -> io::Result<()> {
        let into = BufWriter::with_capacity(PIECE_BYTES, Sent(pieces.clone()));
        let mut rows = rows(self.format, self.style, columns(&self.site), into)?;
        let disk = self.app.writer.disk();
        for read in listing::all(disk, &self.site, &self.query, &self.selection) {
            // Also where nothing has matched for long.
            if pieces.are_unwanted() || self.app.doors.is_stopping() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if let Some(response) = read.map_err(io::Error::other)? {
                rows.write(&response)?;
            }
        }
        rows.end()
    }
}

struct Sent(Pieces);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes.to_vec());
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Of plain letters: whatever a site is called, it cannot lead a browser astray.
fn file_name(site: &Site, format: Format) -> String {
    let date = &clock::format(clock::now())[.."2026-11-22".len()];
    let lower = site.record.name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("-");
    name.truncate(NAME_LENGTH_MAX);
    let name = if name.is_empty() { site.record.site.as_str() } else { name.as_str() };
    format!("{name}-{date}.{}", format.ending())
}
