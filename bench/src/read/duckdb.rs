//! DuckDB as its own project ships it for programs: the Python package, in an environment of its
//! own, driven by a small script.

use super::questions::{TIME, TIMES, Timing};
use super::relational::TABLE;
use crate::Places;
use crate::programs::succeed;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const VERSION: &str = "duckdb==2.0.0";
const SCRIPT: &str = include_str!("duck.py");

pub struct DuckDb {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: TempDir,
}

impl DuckDb {
    pub fn start(places: &Places) -> Result<Self> {
        let environment = places.reports.join("duckdb");
        let python = environment.join("bin/python");
        if !python.is_file() {
            succeed(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        }
        let installed = Command::new(&python).args(["-c", "import duckdb"]).output()?;
        if !installed.status.success() {
            succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet", VERSION]))?;
        }
        let folder = tempfile::tempdir_in(&places.scratch)?;
        let database = folder.path().join("answers.duckdb");
        let mut command = Command::new(&python);
        command.args(["-c", SCRIPT]).arg(&database);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take().context("no input")?;
        let answers = BufReader::new(child.stdout.take().context("no output")?);
        let mut duckdb = Self { child, requests, answers, folder };
        duckdb.exchange(&json!({"run": TABLE}))?;
        Ok(duckdb)
    }

    fn exchange(&mut self, request: &Value) -> Result<Value> {
        writeln!(self.requests, "{request}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the script says {line:?}"))
    }

    /// Adds the rows of a CSV file; the bytes of the database.
    pub fn load(&mut self, rows: &Path) -> Result<u64> {
        let rows = rows.display();
        let copy = format!("copy answers from '{rows}' (format csv, header false)");
        self.exchange(&json!({"run": copy}))?;
        self.exchange(&json!({"run": "checkpoint"}))?;
        Ok(std::fs::metadata(self.folder.path().join("answers.duckdb"))?.len())
    }

    pub fn ask(&mut self, sql: &str) -> Result<Timing> {
        let request = json!({"ask": sql, "times": TIMES, "seconds": TIME.as_secs_f64()});
        let millis = self.exchange(&request)?;
        Ok(Timing::of(serde_json::from_value(millis)?))
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
