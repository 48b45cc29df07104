//! The second reading: batches of responses, sent one after the other. A batch that is refused for
//! the moment is sent again; rows that were stored before are passed over. And the way back.

use super::super::client::{Client, segment};
use super::super::progress;
use super::check::{ISSUES_MAX, Item, Reader};
use crate::clock;
use crate::http::{ERASE_IDS_MAX, ErasedOut};
use crate::import::{Issue, draft};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::Violation;

/// Below the interface's own bounds.
const BATCH_LINES_MAX: usize = 2_000;
const BATCH_BYTES_MAX: usize = 2 << 20;

#[derive(Debug, Default, Serialize)]
pub struct Sent {
    pub stored: u64,
    /// Were there before.
    pub already: u64,
    pub refused: u64,
    /// The first ones.
    #[serde(skip)]
    pub issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct LineOut {
    line: usize,
    status: String,
    #[serde(default)]
    violations: Vec<Violation>,
}

#[derive(Default)]
struct Batch {
    body: Vec<u8>,
    /// Of the file, by the line of the batch.
    lines: Vec<u64>,
}

pub fn send(reader: &Reader<'_>, client: &Client) -> Result<Sent> {
    let path = format!("/v1/sites/{}/responses/batch", segment(reader.site));
    let bar = progress::bar("import", reader.table.length()?);
    let (mut sent, mut batch) = (Sent::default(), Batch::default());
    reader.read(clock::now(), |item, bytes| {
        if let Item::Response(line, draft) = item {
            serde_json::to_writer(&mut batch.body, &draft::line(&draft))?;
            batch.body.push(b'\n');
            batch.lines.push(line);
        }
        if batch.lines.len() == BATCH_LINES_MAX || batch.body.len() >= BATCH_BYTES_MAX {
            sent.add(std::mem::take(&mut batch), client, &path)?;
            bar.set_position(bytes);
        }
        Ok(())
    })?;
    if !batch.lines.is_empty() {
        sent.add(batch, client, &path)?;
    }
    bar.finish_and_clear();
    Ok(sent)
}

/// Erases the responses whose ids the file's rows have; gives back how many there were.
pub fn undo(reader: &Reader<'_>, client: &Client) -> Result<u64> {
    let path = format!("/v1/sites/{}/erase", segment(reader.site));
    let bar = progress::bar("undo", reader.table.length()?);
    let (mut erased, mut ids) = (0, Vec::new());
    let mut erase = |ids: &mut Vec<String>| -> Result<()> {
        let out: ErasedOut = client.post(&path, &json!({"responses": ids}))?;
        erased += out.erased as u64;
        ids.clear();
        Ok(())
    };
    reader.read(clock::now(), |item, bytes| {
        if let Item::Response(_, draft) = item {
            ids.push(draft.id.clone());
        }
        if ids.len() == ERASE_IDS_MAX {
            erase(&mut ids)?;
            bar.set_position(bytes);
        }
        Ok(())
    })?;
    erase(&mut ids)?;
    bar.finish_and_clear();
    Ok(erased)
}

impl Sent {
    fn add(&mut self, batch: Batch, client: &Client, path: &str) -> Result<()> {
        let answer = client.post_lines(path, &batch.body)?;
        for line in answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let out: LineOut = serde_json::from_slice(line)?;
            match out.status.as_str() {
                "stored" => self.stored += 1,
                "duplicate" => self.already += 1,
                _ => {
                    let line = out.line.checked_sub(1).and_then(|place| batch.lines.get(place));
                    self.refuse(line.copied().unwrap_or_default(), out.violations);
                }
            }
        }
        Ok(())
    }

    fn refuse(&mut self, line: u64, violations: Vec<Violation>) {
        self.refused += 1;
        for Violation { path, code, message } in violations {
            let (column, message) = match code.as_str() {
                "conflict" => (
                    None,
                    format!(
                        "{message}; was it imported with other content, or is it of another tool (--source)?"
                    ),
                ),
                _ => (Some(path), message),
            };
            if self.issues.len() < ISSUES_MAX {
                self.issues.push(Issue { column, ..Issue::of_row(line, &code, message) });
            }
        }
    }
}
