//! What can be typed after `ascolto import`.

use crate::import::dates::Order;
use crate::import::scores::Scale;
use crate::import::shapes::SHAPES;
use crate::import::{Pair, Shape};
use clap::{Args, ValueEnum};
use shared::Channel;
use std::path::PathBuf;

#[derive(Args)]
pub struct Import {
    /// The id of the site, st_…
    #[arg(long)]
    pub site: String,
    /// CSV (.csv, .tsv, .txt) or JSON Lines (.jsonl, .ndjson)
    pub file: PathBuf,
    /// The survey that the answers are of [default: the site's only one]
    #[arg(long)]
    pub survey: Option<String>,
    /// What a column is, such as recommend="How likely", id=#1, reasons.waiting="Waiting" or -="Notes"
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = Pair::parse)]
    pub maps: Vec<Pair>,
    /// The channel of rows that name none [default: import, or review for reviews]
    #[arg(long, value_parser = channel)]
    pub channel: Option<Channel>,
    /// The service of rows that name none
    #[arg(long)]
    pub service: Option<String>,
    /// When rows without a date happened [default: the time of the import]
    #[arg(long)]
    pub date: Option<String>,
    /// Of times without an offset, such as Europe/Rome [default: the site's]
    #[arg(long)]
    pub timezone: Option<String>,
    /// How 3/4/2026 is read, where the file does not show it
    #[arg(long, value_enum)]
    pub dates: Option<DatesOrder>,
    /// The file's scale of a question, from worst to best, such as satisfaction=1-10
    #[arg(long = "scale", value_name = "QUESTION=FROM-TO", value_parser = scale)]
    pub scales: Vec<(String, Scale)>,
    /// The tool that made the file, where it is not recognised; none for no tool
    #[arg(long, value_parser = shape)]
    pub shape: Option<String>,
    /// Keeps the ids of two tools apart
    #[arg(long, default_value = "")]
    pub source: String,
    /// The file's encoding, such as windows-1252 [default: UTF-8, or what its first bytes say]
    #[arg(long)]
    pub encoding: Option<String>,
    /// Between the cells of a CSV file [default: what its first lines show]
    #[arg(long, value_enum)]
    pub delimiter: Option<Delimiter>,
    /// What the file is, where its name does not say it
    #[arg(long, value_enum)]
    pub format: Option<FileFormat>,
    /// Show what would become of the file, and store nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Erase what an import of this file, told in the same way, has stored
    #[arg(long, conflicts_with = "dry_run")]
    pub undo: bool,
    /// Whether a row with a mistake keeps everything out, or itself alone
    #[arg(long, value_enum, default_value_t = OnError::Stop)]
    pub on_error: OnError,
    /// Where to write every mistake, as CSV
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnError {
    Stop,
    Skip,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    Csv,
    Jsonl,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum DatesOrder {
    DayFirst,
    MonthFirst,
}

impl Delimiter {
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

impl DatesOrder {
    pub const fn order(self) -> Order {
        match self {
            Self::DayFirst => Order::DayFirst,
            Self::MonthFirst => Order::MonthFirst,
        }
    }
}

fn channel(name: &str) -> Result<Channel, String> {
    Channel::parse(name).ok_or_else(|| format!("{name} is not a channel; your own begin with x-"))
}

fn scale(text: &str) -> Result<(String, Scale), String> {
    let read =
        text.split_once('=').and_then(|(key, scale)| Some((key.trim(), Scale::parse(scale)?)));
    let (key, scale) = read.ok_or("takes QUESTION=FROM-TO, such as satisfaction=1-10")?;
    Ok((key.to_owned(), scale))
}

fn shape(name: &str) -> Result<String, String> {
    if name == "none" || Shape::named(name).is_some() {
        return Ok(name.to_owned());
    }
    let names: Vec<&str> = SHAPES.iter().map(|shape| shape.name).collect();
    Err(format!("is none or one of {}", names.join(", ")))
}
