//! CSV as RFC 4180 has it, with one thing more: a text that a spreadsheet would run gets a quote in
//! front. Numbers, flags and times are ours and stay as they are.

use super::{Cell, Column, CsvStyle, Rows};
use crate::clock;
use shared::page::ResponseOut;
use std::io::{self, Write};

const BOM: &str = "\u{feff}";
/// What begins a formula, its full-width form, or what a spreadsheet cuts off before looking.
const DANGEROUS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

pub struct Csv<W> {
    columns: Vec<Column>,
    style: CsvStyle,
    into: W,
}

impl<W: Write> Csv<W> {
    pub fn begin(columns: Vec<Column>, style: CsvStyle, mut into: W) -> io::Result<Self> {
        if style.bom {
            into.write_all(BOM.as_bytes())?;
        }
        let mut csv = Self { columns: Vec::new(), style, into };
        let names = columns.iter().map(|column| Cell::Text(column.name.clone()));
        csv.line(names)?;
        Ok(Self { columns, ..csv })
    }

    fn line(&mut self, cells: impl Iterator<Item = Cell>) -> io::Result<()> {
        let mut line = String::new();
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                line.push(char::from(self.style.delimiter));
            }
            field(cell, self.style.delimiter, &mut line);
        }
        line.push_str("\r\n");
        self.into.write_all(line.as_bytes())
    }
}

impl<W: Write> Rows for Csv<W> {
    fn write(&mut self, response: &ResponseOut) -> io::Result<()> {
        let cells: Vec<Cell> = self.columns.iter().map(|column| column.cell(response)).collect();
        self.line(cells.into_iter())
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.into.flush()
    }
}

fn field(cell: Cell, delimiter: u8, into: &mut String) {
    match cell {
        Cell::Nothing => {}
        Cell::Text(text) => quoted(&defused(text), delimiter, into),
        Cell::Number(number) => into.push_str(&number.to_string()),
        Cell::Flag(flag) => into.push_str(if flag { "true" } else { "false" }),
        Cell::Time(time) => into.push_str(&clock::format(time)),
    }
}

/// Not a formula, for whatever program opens the file.
pub fn defused(text: String) -> String {
    if text.starts_with(DANGEROUS) { format!("'{text}") } else { text }
}

fn quoted(text: &str, delimiter: u8, into: &mut String) {
    let ends = [char::from(delimiter), '"', '\r', '\n'];
    match text.contains(ends) {
        false => into.push_str(text),
        true => {
            into.push('"');
            into.push_str(&text.replace('"', "\"\""));
            into.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let text = |text: &str| Cell::Text(text.to_owned());
        for (cell, written) in [
            (Cell::Nothing, ""),
            (Cell::Number(-5), "-5"),
            (Cell::Flag(true), "true"),
            (text("Tutto bene"), "Tutto bene"),
            (text("one, \"two\""), "\"one, \"\"two\"\"\""),
            (text("two\nlines"), "\"two\nlines\""),
            (text("=1+1"), "'=1+1"),
            (text("+39 051"), "'+39 051"),
            (text("-5"), "'-5"),
            (text("@SUM(A1)"), "'@SUM(A1)"),
            (text("\t=1"), "'\t=1"),
            (text("\r\n=1"), "\"'\r\n=1\""),
            (text("\u{ff1d}1"), "'\u{ff1d}1"),
            (text("=HYPERLINK(\"a\",\"b\")"), "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\""),
        ] {
            let mut line = String::new();
            field(cell.clone(), b',', &mut line);
            assert_eq!(line, written, "{cell:?}");
        }
    }
}
