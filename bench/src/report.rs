//! Tables for people, JSON for programs.

use anyhow::Result;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Rows of words under a heading; columns as wide as they must be.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|&word| word.into()).collect()] }
    }

    pub fn row(&mut self, words: impl IntoIterator<Item = String>) {
        self.rows.push(words.into_iter().collect());
    }

    /// As Markdown, which a terminal shows well too.
    pub fn markdown(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |i: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(i));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                text.push_str(&format!("| {cell:width$} "));
            }
            text.push_str("|\n");
            if number == 0 {
                widths.iter().for_each(|w| text.push_str(&format!("|{}", "-".repeat(w + 2))));
                text.push_str("|\n");
            }
        }
        text
    }
}

/// Writes `NAME.json` and says where.
pub fn save(reports: &Path, name: &str, report: &impl Serialize) -> Result<PathBuf> {
    fs::create_dir_all(reports)?;
    let path = reports.join(format!("{name}.json"));
    fs::write(&path, serde_json::to_string_pretty(report)?)?;
    println!("\nwritten to {}", path.display());
    Ok(path)
}
