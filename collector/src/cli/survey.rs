//! `ascolto survey …`

use super::args::Survey;
use super::client::{Client, segment};
use super::print::{self, Printer, table};
use crate::http::SurveyPut;
use crate::settings::Settings;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use shared::page::SurveysOut;
use shared::presets::{PRESETS, Preset};
use shared::{Problem, Violations, decode};
use std::fs;
use std::path::Path;

pub fn run(command: Survey, settings: &Settings, printer: Printer) -> Result<()> {
    match command {
        Survey::Check { source } => check(&source, printer),
        Survey::Presets => {
            presets(printer);
            Ok(())
        }
        Survey::Put { site, source } => put(&site, &source, &Client::connect(settings)?, printer),
        Survey::List { site } => list(&site, &Client::connect(settings)?, printer),
        Survey::Show { site, survey } => {
            let path = format!("{}/{}", surveys_of(&site), segment(&survey));
            let survey: Value = Client::connect(settings)?.get(&path)?;
            printer.print(&survey, |survey| format!("{survey:#}"));
            Ok(())
        }
    }
}

fn surveys_of(site: &str) -> String {
    format!("/v1/sites/{}/surveys", segment(site))
}

/// A JSON or TOML file, or `preset:NAME`, as a value that is not checked yet.
fn read(source: &str) -> Result<Value> {
    if let Some(name) = source.strip_prefix("preset:") {
        let preset = Preset::named(name);
        let preset = preset
            .with_context(|| format!("there is no preset {name}; see ascolto survey presets"))?;
        return Ok(serde_json::from_str(preset.json())?);
    }
    let path = Path::new(source);
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {source}"))?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        return toml::from_str(&text).map_err(|error| anyhow!("{source}: {error}"));
    }
    serde_json::from_str(&text)
        .map_err(|error| anyhow!("{source}:{}:{}: not JSON: {error}", error.line(), error.column()))
}

fn check(source: &str, printer: Printer) -> Result<()> {
    match decode::survey(&read(source)?) {
        Ok(survey) => {
            let answer = json!({"survey": survey.key, "questions": survey.questions.len(),
                "locales": survey.locales, "violations": []});
            printer.print(&answer, |_| {
                let (key, count) = (&survey.key, survey.questions.len());
                format!(
                    "{source}: {key} is right: {count} questions in {}",
                    survey.locales.join(", ")
                )
            });
            Ok(())
        }
        Err(bad) => Err(refused(source, bad, printer)),
    }
}

fn refused(source: &str, bad: Violations, printer: Printer) -> anyhow::Error {
    let problem = Problem {
        kind: "about:blank".into(),
        title: "the survey has mistakes".into(),
        status: 422,
        detail: Some(format!("{source} has {} mistakes:", bad.as_slice().len())),
        violations: bad.into_vec(),
    };
    if printer.json {
        printer.print(&json!({"violations": problem.violations}), |_| String::new());
    }
    anyhow!("{}", print::problem(&problem))
}

fn put(site: &str, source: &str, client: &Client, printer: Printer) -> Result<()> {
    let value = read(source)?;
    if let Err(bad) = decode::survey(&value) {
        bail!(refused(source, bad, printer));
    }
    let put: SurveyPut = client.post(&surveys_of(site), &value)?;
    printer.print(&put, |put| format!("{} is at version {}", put.survey, put.version));
    Ok(())
}

fn list(site: &str, client: &Client, printer: Printer) -> Result<()> {
    let all: SurveysOut = client.get(&surveys_of(site))?;
    printer.print(&all, |all| {
        let rows = all.surveys.iter().map(|survey| {
            let (version, count) = (survey.version, survey.questions.len());
            let locales = survey.locales.join(", ");
            vec![
                survey.key.clone(),
                format!("version {version}"),
                format!("{count} questions"),
                locales,
            ]
        });
        match all.surveys.is_empty() {
            true => "no surveys yet; put one with ascolto survey put".to_owned(),
            false => table(&rows.collect::<Vec<_>>()),
        }
    });
    Ok(())
}

fn presets(printer: Printer) {
    let list: Vec<_> = PRESETS
        .iter()
        .map(|p| json!({"preset": p.name, "description": p.description, "locales": p.survey().locales}))
        .collect();
    printer.print(&json!({"presets": list}), |_| {
        table(
            &PRESETS.iter().map(|p| vec![p.name.into(), p.description.into()]).collect::<Vec<_>>(),
        )
    });
}
