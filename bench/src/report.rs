//! Tables for people, JSON for programs.

use crate::Places;
use anyhow::Result;
use serde::Serialize;
use std::fs;
use std::path::Path;

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

/// Prints the tables, and keeps them beside `NAME.json` for the document.
pub fn save(places: &Places, name: &str, report: &impl Serialize, tables: &[Table]) -> Result<()> {
    let text = tables.iter().map(Table::markdown).collect::<Vec<_>>().join("\n");
    println!("\n{text}");
    fs::create_dir_all(&places.reports)?;
    fs::write(places.reports.join(format!("{name}.md")), &text)?;
    let path = places.reports.join(format!("{name}.json"));
    fs::write(&path, serde_json::to_string_pretty(report)?)?;
    println!("written to {}", path.display());
    Ok(())
}

/// A part of the document: its file of tables, and what is said of it.
const PARTS: [(&str, &str, &str); 6] = [
    ("crash", "Crashes", include_str!("about/crash.md")),
    ("speed", "Speed", include_str!("about/speed.md")),
    ("read", "Reading", include_str!("about/read.md")),
    ("widget", "The widget", include_str!("about/widget.md")),
    ("import", "Import", include_str!("about/import.md")),
    ("soak", "Soak", include_str!("about/soak.md")),
];
const DOCUMENT_HEAD: &str = include_str!("about/head.md");

/// Makes `docs/benchmarks.md` of the last results of each task; what was not measured here keeps
/// the tables that the document has.
pub fn document(places: &Places, document: &Path) -> Result<()> {
    let cores = std::thread::available_parallelism()?;
    let before = fs::read_to_string(document).unwrap_or_default();
    let mut text = DOCUMENT_HEAD.replace("{cores}", &cores.to_string());
    for (name, heading, about) in PARTS {
        let tables = fs::read_to_string(places.reports.join(format!("{name}.md"))).ok();
        let tables = tables.or_else(|| tables_under(&before, heading));
        let tables = tables.unwrap_or_else(|| "Not measured yet.\n".into());
        text.push_str(&format!("\n## {heading}\n\n{about}\n{tables}"));
    }
    fs::write(document, text)?;
    println!("written to {}", document.display());
    Ok(())
}

/// From the first table under a heading to the next heading.
fn tables_under(document: &str, heading: &str) -> Option<String> {
    let part = document.split("\n## ").find(|part| part.lines().next() == Some(heading))?;
    let start = part.find("\n|")? + 1;
    Some(format!("{}\n", part[start..].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::tables_under;

    #[test]
    fn tables_are_found_under_their_heading() {
        let document = "# M\n\n## A\n\nWords.\n\n| a |\n|---|\n\n| b |\n\n## AB\n\nNone.\n";
        assert_eq!(tables_under(document, "A").unwrap(), "| a |\n|---|\n\n| b |\n");
        assert_eq!(tables_under(document, "AB"), None);
        assert_eq!(tables_under(document, "B"), None);
    }
}
