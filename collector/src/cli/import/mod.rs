//! `ascolto import`: looks at the whole file before anything is stored, then sends it in batches.
//! Ids are made of the rows, so what was stored before is passed over, however an import ended.

mod args;
mod check;
mod send;
mod show;

pub use args::Import;

use super::BadUsage;
use super::client::{Client, segment};
use super::print::Printer;

use crate::import::dates::{self, Order};
use crate::import::mapping::SAMPLE_ROWS;
use crate::import::rows::Told;
use crate::import::{Input, Mapping, Plan, Shape, Table, Target};
use crate::settings::Settings;
use anyhow::{Context, Result};
use args::{FileFormat, OnError};
use check::Reader;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shared::Survey;
use shared::page::{SiteOut, SurveysOut};
use show::Outcome;
use std::sync::Arc;

/// False where something of the file was not taken.
pub fn run(args: &Import, settings: &Settings, printer: Printer) -> Result<bool> {
    let (mut table, shape) = open(args)?;
    let client = Client::connect(settings)?;
    let site: SiteOut = client.get(&format!("/v1/sites/{}", segment(&args.site)))?;
    let survey = survey(args, &client, &site)?;
    let plan = plan(args, &mut table, shape, survey, &site)?;
    let reader = Reader { table: &table, plan: &plan, site: &site.site, source: &args.source };
    if !printer.json {
        show::mapping(&reader)?;
    }
    let checked = check::check(&reader, args.report.as_deref())?;
    if args.undo {
        let outcome = Outcome::Undone(send::undo(&reader, &client)?);
        show::outcome(&reader, args, &checked, &outcome, printer)?;
        return Ok(true);
    }
    let may_store = checked.totals.refused == 0
        || (args.on_error == OnError::Skip && checked.scales.is_empty());
    let outcome = match (args.dry_run, may_store) {
        (true, _) => Outcome::DryRun,
        (false, false) => Outcome::Stopped,
        (false, true) => Outcome::Sent(send::send(&reader, &client)?),
    };
    show::outcome(&reader, args, &checked, &outcome, printer)?;
    Ok(outcome.is_whole(&checked))
}

fn open(args: &Import) -> Result<(Table, Option<&'static Shape>)> {
    let shown = args.file.display();
    let extension = args.file.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let json_lines = match (args.format, extension.to_ascii_lowercase().as_str()) {
        (Some(format), _) => format == FileFormat::Jsonl,
        (None, "jsonl" | "ndjson") => true,
        (None, "csv" | "tsv" | "txt") => false,
        (None, "json") => usage(format!(
            "{shown} is one JSON value; make a line of each response, such as with jq -c '.[]'"
        ))?,
        (None, _) => usage(format!("{shown} is neither .csv nor .jsonl; say --format"))?,
    };
    let delimiter = args.delimiter.map(|delimiter| delimiter.byte());
    let told = Told { encoding: args.encoding.as_deref(), json_lines, delimiter };
    let table = Table::open(Input::File(args.file.clone()), &told);
    let mut table = table.with_context(|| format!("cannot import {shown}"))?;
    let shape = match args.shape.as_deref() {
        Some("none") => None,
        Some(name) => Shape::named(name),
        None => Shape::recognised(&table.columns),
    };
    if let Some(shape) = shape {
        table.take_head(shape.head_rows, shape.label)?;
    }
    Ok((table, shape))
}

fn survey(args: &Import, client: &Client, site: &SiteOut) -> Result<Survey> {
    let path = format!("/v1/sites/{}/surveys", segment(&site.site));
    let mut surveys = client.get::<SurveysOut>(&path)?.surveys;
    let keys: Vec<String> = surveys.iter().map(|survey| survey.key.clone()).collect();
    let place = match &args.survey {
        Some(key) => keys.iter().position(|known| known == key),
        None => (keys.len() == 1).then_some(0),
    };
    let all = keys.join(", ");
    match (place, &args.survey) {
        (Some(place), _) => Ok(surveys.swap_remove(place)),
        (None, _) if keys.is_empty() => {
            usage("the site has no survey yet; put one with ascolto survey put")
        }
        (None, Some(key)) => usage(format!("the site has no survey {key}; it has {all}")),
        (None, None) => usage(format!("say --survey, one of {all}")),
    }
}

fn plan(
    args: &Import,
    table: &mut Table,
    shape: Option<&'static Shape>,
    survey: Survey,
    site: &SiteOut,
) -> Result<Plan> {
    let samples = samples(table)?;
    let mapping = Mapping::of(table, shape, &survey, &args.maps, &samples);
    let mapping = mapping.map_err(BadUsage::of)?;
    let mut plan = Plan::new(survey, Arc::clone(&table.columns), mapping);
    plan.shape = shape;
    let zone = args.timezone.as_deref().or(shape.and_then(|shape| shape.zone));
    plan.zone = zone_named(zone.unwrap_or(&site.timezone))?;
    let of_shape = shape.and_then(|shape| shape.channel).and_then(shared::Channel::parse);
    if let Some(channel) = args.channel.clone().or(of_shape) {
        plan.channel = channel;
    }
    plan.service.clone_from(&args.service);
    for (key, scale) in &args.scales {
        plan.add_scale(key, *scale).map_err(BadUsage::of)?;
    }
    plan.order = args.dates.map(|dates| dates.order());
    if let Some(date) = &args.date {
        let read = dates::read(date, plan.order, &plan.zone);
        plan.date =
            Some(read.map_err(|error| BadUsage(format!("--date {date}: {}", error.message())))?);
    }
    if !plan.mapping.has_answers() {
        show::columns(&plan);
        return usage("no column is an answer to a question of the survey; say which with --map");
    }
    if plan.order.is_none() {
        plan.order = find_order(table, &plan)?;
    }
    Ok(plan)
}

fn zone_named(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| BadUsage(format!("there is no time zone {name}")).into())
}

/// The cells of the first rows, by column, without the blank ones.
fn samples(table: &Table) -> Result<Vec<Vec<String>>> {
    let mut samples = vec![Vec::new(); table.columns.len()];
    for row in table.rows()?.flatten().take(SAMPLE_ROWS) {
        for (column, cell) in samples.iter_mut().zip(row.cells) {
            if !cell.trim().is_empty() {
                column.push(cell.trim().to_owned());
            }
        }
    }
    Ok(samples)
}

/// The order of days and months that every date of the file can be read in; `None` where it makes
/// no difference.
fn find_order(table: &Table, plan: &Plan) -> Result<Option<Order>> {
    let Some(column) = plan.mapping.column_of(&Target::Date) else { return Ok(None) };
    let (mut possible, mut depends, mut example) = ([true, true], false, None);
    for row in table.rows()?.flatten() {
        let Some(cell) = row.cells.get(column).map(|cell| cell.trim()) else { continue };
        let orders = dates::orders(cell);
        // What is no date at all is told with its line.
        if orders != [false, false] {
            possible = [possible[0] && orders[0], possible[1] && orders[1]];
        }
        if dates::depends(cell) {
            depends = true;
            example.get_or_insert_with(|| (row.line, cell.to_owned()));
        }
    }
    match (depends, possible) {
        (false, _) => Ok(None),
        (true, [true, false]) => Ok(Some(Order::DayFirst)),
        (true, [false, true]) => Ok(Some(Order::MonthFirst)),
        (true, _) => {
            let (line, cell) = example.unwrap_or_default();
            let why = if possible[0] {
                "nothing in the file shows which"
            } else {
                "the file has dates in both orders"
            };
            usage(format!(
                "line {line}: {cell} could be two days, and {why}; say --dates day-first or month-first"
            ))
        }
    }
}

fn usage<T>(message: impl Into<String>) -> Result<T> {
    Err(BadUsage(message.into()).into())
}

/// What programs are told of the columns.
fn columns_json(plan: &Plan) -> Value {
    let columns = plan.columns.iter().zip(&plan.mapping.targets).map(|(column, target)| {
        let target = target.as_ref();
        json!({"column": column.name,
            "becomes": target.map(|(target, _)| target.name(&plan.survey)),
            "because": target.map(|(_, because)| because.as_str())})
    });
    columns.collect()
}
