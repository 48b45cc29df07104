//! What a visitor downloads, in bytes, against the budgets.

use crate::web::{self, Folders, brotli, gzip};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Brotli bytes of what comes before any interaction: the script tag and the loader.
const LOADER_BUDGET: usize = 1_024;
/// Brotli bytes of everything until the form is usable.
const TOTAL_BUDGET: usize = 30 * 1024;

/// What an owner pastes.
const SNIPPET: &str = "<script async src=\"https://feedback.example.it/ascolto.js\" \
    data-site=\"pk_0123456789abcdef01234567\" crossorigin></script>";

/// A fair middle: the preset that is asked by default, in one language.
const SURVEY: &str = "shared/presets/post-service.json";
const LOCALE: &str = "it";

/// Of the labels in the loader as it is built, those that the collector of an Italian site gives a
/// visitor who reads Italian and English; its own test holds it to that.
const LABELS: [&str; 3] = ["_", "en", "it"];

struct Part {
    name: &'static str,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Part {
    fn of(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, raw: bytes.len(), gzip: gzip(bytes).len(), brotli: brotli(bytes).len() }
    }

    fn sum(name: &'static str, parts: &[Self]) -> Self {
        let sum = |of: fn(&Self) -> usize| parts.iter().map(of).sum();
        Self { name, raw: sum(|p| p.raw), gzip: sum(|p| p.gzip), brotli: sum(|p| p.brotli) }
    }

    fn line(&self) -> String {
        format!("{:<18}{:>9}{:>9}{:>9}", self.name, self.raw, self.gzip, self.brotli)
    }
}

/// Builds the widget and prints its bytes; an error when a budget is exceeded. What sends (and counts)
/// is fetched after the form has come up, and nobody waits for it, but a form that cannot be sent is
/// not usable.
pub fn report(root: &Path) -> Result<()> {
    web::build(root)?;
    let web = Folders::of(root).web;
    let loader = [
        Part::of("script tag", SNIPPET.as_bytes()),
        Part::of("loader", with_few_labels(&read(&web.join("ascolto.js"))?)?.as_bytes()),
    ];
    let assets = assets_of_widget(&web)?;
    let form = [
        Part::of("core, glue", &read(&assets.join("widget.js"))?),
        Part::of("wasm", &read(&assets.join("widget.wasm"))?),
        Part::of("texts, style", &read(&assets.join(format!("{LOCALE}.json")))?),
        Part::of("survey", &survey_in_one_locale(root)?),
        Part::of("sending", &read(&assets.join("delivery.js"))?),
        Part::of("counts", &read(&assets.join("counts.js"))?),
    ];
    let before = Part::sum("before interaction", &loader);
    let total = Part::sum("until usable", &[Part::sum("", &loader), Part::sum("", &form)]);

    println!("{:<18}{:>9}{:>9}{:>9}{:>9}", "bytes", "raw", "gzip", "brotli", "budget");
    for part in loader.iter().chain(&form) {
        println!("{}", part.line());
    }
    println!("{}{LOADER_BUDGET:>9}", before.line());
    println!("{}{TOTAL_BUDGET:>9}", total.line());
    within("before interaction", before.brotli, LOADER_BUDGET)?;
    within("until usable", total.brotli, TOTAL_BUDGET)
}

fn within(what: &str, bytes: usize, budget: usize) -> Result<()> {
    if bytes > budget {
        bail!("{what}: {bytes} bytes, {} more than the budget", bytes - budget);
    }
    Ok(())
}

/// The one folder of assets that has the widget's module.
fn assets_of_widget(web: &Path) -> Result<PathBuf> {
    for folder in fs::read_dir(web.join("assets")).context("no assets in target/web")? {
        let folder = folder?.path();
        if folder.join("widget.wasm").is_file() {
            return Ok(folder);
        }
    }
    bail!("no widget in target/web/assets")
}

/// As the collector answers `GET /ascolto.js`.
fn with_few_labels(loader: &[u8]) -> Result<String> {
    let loader = std::str::from_utf8(loader)?;
    let (before, rest) = loader.split_once("{_:").context("the loader has no table of labels")?;
    let (table, after) = rest.split_once('}').context("the table of labels has no end")?;
    let kept = |entry: &&str| LABELS.iter().any(|label| entry.starts_with(&format!("{label}:")));
    let all = format!("_:{table}");
    let entries: Vec<_> = all.split(',').filter(kept).collect();
    ensure!(entries.len() == LABELS.len(), "the loader lacks one of the labels {LABELS:?}");
    Ok(format!("{before}{{{}}}{after}", entries.join(",")))
}

/// As the collector answers `GET …/surveys/post-service?locale=it`.
fn survey_in_one_locale(root: &Path) -> Result<Vec<u8>> {
    let mut survey: serde_json::Value = serde_json::from_slice(&read(&root.join(SURVEY))?)?;
    keep_locale(&mut survey);
    ensure!(survey["title"].is_string(), "{SURVEY} has no {LOCALE} title");
    Ok(serde_json::to_vec(&survey)?)
}

/// Replaces each map from locales to words by the words.
fn keep_locale(value: &mut serde_json::Value) {
    if let Some(words) = value.get(LOCALE).filter(|words| words.is_string()) {
        *value = words.clone();
    } else if let Some(list) = value.as_array_mut() {
        list.iter_mut().for_each(keep_locale);
    } else if let Some(object) = value.as_object_mut() {
        object.values_mut().for_each(keep_locale);
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_locale_is_kept() {
        let mut survey = json!({"title": {"it": "Sì", "en": "Yes"}, "locales": ["it", "en"],
            "questions": [{"text": {"it": "Che?", "en": "What?"}, "scale": 5}]});
        keep_locale(&mut survey);
        assert_eq!(
            survey,
            json!({"title": "Sì", "locales": ["it", "en"],
                "questions": [{"text": "Che?", "scale": 5}]})
        );
    }

    #[test]
    fn the_labels_of_one_site_are_kept() {
        let loader = br#"a={_:"en",ar:"x",en:"Your feedback",it:"La tua"};b={c}"#;
        let kept = with_few_labels(loader).expect("a table");
        assert_eq!(kept, r#"a={_:"en",en:"Your feedback",it:"La tua"};b={c}"#);
    }

    #[test]
    fn a_budget_is_a_bound() {
        assert!(within("all", 10, 10).is_ok());
        assert!(within("all", 11, 10).is_err());
    }
}
