//! `ascolto invite`: looks at the whole file before anybody is asked, then sends each person a link of
//! their own. What was sent stands in a journal, so that nobody is asked twice, however a run ended.

mod args;
mod delivery;
mod gateway;
mod journal;
mod opt_out;
mod people;
mod report;
mod send;
mod smtp;

pub use args::Invite;

use super::BadUsage;
use super::client::Client;
use super::new_file::NewFile;
use super::print::Printer;
use super::progress;
use super::reachable;
use crate::import::rows::Told;
use crate::import::{Input, Table};
use crate::invite::gsm::Length;
use crate::invite::recipients::Field;
use crate::invite::{Campaign, Columns};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use args::{OnError, Send};
use delivery::{Carriers, Message, Ready};
use journal::Journal;
use people::{Item, Office, Reader};
use report::Report;
use send::Sending;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const CAMPAIGN_BYTES_MAX: u64 = 1 << 20;

/// False where somebody was not asked who could have been.
pub fn run(command: Invite, settings: &Settings, printer: Printer) -> Result<bool> {
    match command {
        Invite::Send(args) => send(&args, settings, printer),
        Invite::OptOut(command) => {
            opt_out::run(command, &Client::connect(settings)?, printer).map(|()| true)
        }
    }
}

/// How a run ended.
enum Ended {
    DryRun,
    /// Nothing was sent: there are mistakes.
    Stopped,
    Sent {
        counted: u64,
        error: Option<anyhow::Error>,
    },
}

fn send(args: &Send, settings: &Settings, printer: Printer) -> Result<bool> {
    let campaign = read_campaign(&args.campaign)?;
    let told = Told { encoding: args.encoding.as_deref(), ..Told::default() };
    let table = Table::open(Input::File(args.recipients.clone()), &told)
        .with_context(|| format!("cannot read {}", args.recipients.display()))?;
    let columns = Columns::of(&table.columns, &args.maps).map_err(BadUsage::of)?;
    if !columns.has(Field::Email) && !columns.has(Field::Phone) {
        let message = "no column has e-mail addresses or telephone numbers; say which with --map";
        return Err(BadUsage(message.to_owned()).into());
    }
    if args.dry_run.is_none() {
        reachable::require(settings)?;
    }
    // Where nothing is sent no password is needed.
    let carriers = match args.dry_run {
        Some(_) => None,
        None => Some(Carriers::new(&campaign, settings.ca.as_deref())?),
    };
    let client = Client::connect(settings)?;
    let sender = campaign.mail.as_ref().map(|mail| mail.sender()).transpose();
    let office = Office {
        args,
        client: &client,
        campaign: &campaign,
        sender: sender.map_err(anyhow::Error::msg)?,
        table: &table,
        columns: &columns,
        surveys: Default::default(),
    };
    if !printer.json {
        show_columns(&table, &columns);
    }
    let path = journal_path(args);
    let was_there = path.exists();
    let mut journal = Journal::open(&path)?;
    let checked = check_and_send(&office, carriers, &mut journal);
    if args.dry_run.is_some() && !was_there {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    let (report, ended) = checked?;
    outcome(args, &report, &ended, printer);
    match ended {
        Ended::Sent { error: Some(error), .. } => Err(error),
        _ => Ok(["refused", "failed", "unknown", "waits"].iter().all(|s| report.of(s) == 0)),
    }
}

fn check_and_send(
    office: &Office<'_>,
    carriers: Option<Carriers<'_>>,
    journal: &mut Journal,
) -> Result<(Report, Ended)> {
    let args = office.args;
    let checked = check(office, journal)?;
    let Some(carriers) = carriers else { return Ok((checked, Ended::DryRun)) };
    if checked.of("refused") > 0 && args.on_error == OnError::Stop {
        return Ok((checked, Ended::Stopped));
    }
    let mut report = Report::new(args.report.as_deref())?;
    let mut sending = Sending::new(args, office.client, carriers, journal, &mut report);
    let done = sending.run(&mut Reader::new(office, false)?, office.table.length()?);
    let counted = sending.counted;
    report.finish()?;
    Ok((report, Ended::Sent { counted, error: done.err() }))
}

/// The first reading: everything that would be wrong, and for a dry run every message as a file.
fn check(office: &Office<'_>, journal: &Journal) -> Result<Report> {
    let folder = office.args.dry_run.as_deref();
    if let Some(folder) = folder {
        make_empty(folder)?;
    }
    let in_folder = folder.map(|folder| folder.join("report.csv"));
    let path = office.args.report.as_deref().or(in_folder.as_deref());
    let mut report = Report::new(path)?;
    let mut reader = Reader::new(office, true)?;
    let bar = progress::bar("check", office.table.length()?);
    while let Some(items) = reader.next(journal)? {
        for item in items {
            match item {
                Item::Ready(ready) => {
                    if let Some(folder) = folder {
                        write_message(folder, &ready)?;
                    }
                    report.add(ready.line, "ready", &ready.place.0)?;
                }
                Item::LeftOut(line, why) => report.left_out(line, why)?,
                Item::Refused(issues) => report.wrong("refused", issues)?,
            }
        }
        bar.set_position(reader.bytes());
    }
    bar.finish_and_clear();
    report.finish()?;
    Ok(report)
}

fn read_campaign(path: &Path) -> Result<Campaign> {
    let shown = path.display();
    let length = fs::metadata(path).with_context(|| format!("cannot read {shown}"))?.len();
    if length > CAMPAIGN_BYTES_MAX {
        bail!("{shown} is larger than {CAMPAIGN_BYTES_MAX} bytes: is it the campaign?");
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    Campaign::read(&text).map_err(|error| BadUsage(format!("{shown}: {error}")).into())
}

fn journal_path(args: &Send) -> PathBuf {
    args.journal.clone().unwrap_or_else(|| {
        let mut path = args.recipients.clone().into_os_string();
        path.push(".journal");
        path.into()
    })
}

fn make_empty(folder: &Path) -> Result<()> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("cannot make {shown}"))?;
    let mut inside = fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))?;
    if inside.next().is_some() {
        bail!("{shown} is not empty: a dry run takes a new folder");
    }
    Ok(())
}

fn write_message(folder: &Path, ready: &Ready) -> Result<()> {
    let (extension, bytes) = match &ready.message {
        Message::Mail { bytes, .. } => ("eml", bytes.clone()),
        Message::Sms(sms) => {
            let Length { used, max, .. } = Length::of(&sms.text);
            ("txt", format!("To: {}\nLength: {used} of {max}\n\n{}\n", sms.number, sms.text).into())
        }
    };
    let mut file = NewFile::create(&folder.join(format!("{:06}.{extension}", ready.line)))?;
    file.write(&bytes)?;
    file.settle()?;
    file.keep()
}

fn show_columns(table: &Table, columns: &Columns) {
    let rows = table.columns.iter().zip(&columns.fields).map(|(column, field)| {
        let becomes = field.map_or("not used", Field::name);
        vec![format!("  {}", column.name), becomes.to_owned()]
    });
    print!("{}", super::print::table(&rows.collect::<Vec<_>>()));
}

fn outcome(args: &Send, report: &Report, ended: &Ended, printer: Printer) {
    let mut answer = json!({"file": args.recipients, "rows": report.rows,
        "dry_run": args.dry_run.is_some(), "statuses": report.statuses, "issues": report.shown});
    if let Ended::Sent { counted, .. } = ended {
        answer["counted"] = json!(counted);
    }
    printer.print(&answer, |_| {
        let mut lines = report.lines();
        lines.push(format!("{} rows{}", report.rows, counts(&report.statuses)));
        lines.push(match ended {
            Ended::DryRun => {
                let folder = args.dry_run.as_deref().unwrap_or(Path::new("")).display();
                format!("a dry run: nothing was sent; {folder} has every message and report.csv")
            }
            Ended::Stopped => "nothing was sent; --on-error skip sends what is right".to_owned(),
            Ended::Sent { counted, .. } => format!("{counted} counted as impressions"),
        });
        lines.join("\n")
    });
}

fn counts(statuses: &BTreeMap<&'static str, u64>) -> String {
    let words =
        statuses.iter().map(|(status, count)| format!("{count} {}", status.replace('_', " ")));
    let words: Vec<String> = words.collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) }
}
