//! The pages that are plain scripts, without a module of Rust: the kiosk, and the operator's desk.

use super::npm::Tools;
use super::tree::Tree;
use super::{files_of, read_text};
use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};
use std::path::Path;

/// What the kiosk says of the widget's words.
#[rustfmt::skip]
const OF_THE_WIDGET: [&str; 15] = [
    "back", "next", "sent", "saved", "score", "other", "other.text", "nps.low", "nps.high",
    "ces.low", "ces.high", "csat.low", "csat.high", "rating.low", "rating.high",
];

pub fn lay(root: &Path, tools: &Tools, tree: &mut Tree) -> Result<()> {
    let folder = root.join("stations");
    page("desk", &folder, tools, &[], tree)?;
    let texts = kiosk_texts(root)?;
    page("kiosk", &folder, tools, &[("TEXTS", texts)], tree)?;
    tree.add("kiosk/worker.js", tools.minify(&folder.join("kiosk/worker.js"))?);
    Ok(())
}

/// A page with its one script and its style, both named by their content.
fn page(
    name: &str,
    folder: &Path,
    tools: &Tools,
    constants: &[(&str, Value)],
    tree: &mut Tree,
) -> Result<()> {
    let folder = folder.join(name);
    let (script, style) = (format!("{name}.js"), format!("{name}.css"));
    let hash = tree.add_assets(vec![
        (script.clone(), tools.bundle_file(&folder.join(&script), constants)?),
        (style.clone(), tools.minify(&folder.join(&style))?),
    ]);
    let mut page = read_text(&folder.join("index.html"))?;
    for (place, file) in [("{{style}}", style), ("{{script}}", script)] {
        ensure!(page.contains(place), "stations/{name}/index.html has no {place}");
        page = page.replace(place, &format!("/assets/{hash}/{file}"));
    }
    tree.add(&format!("{name}/index.html"), page.into_bytes());
    Ok(())
}

/// Its own words and the widget's, by language.
fn kiosk_texts(root: &Path) -> Result<Value> {
    let own = read_text(&root.join("stations/kiosk/texts.json"))?;
    let mut texts: Map<String, Value> = serde_json::from_str(&own)?;
    for (name, file) in files_of(&root.join("widget/texts"))? {
        let language = name.trim_end_matches(".json");
        let widget: Map<String, Value> = serde_json::from_slice(&file)?;
        let words = texts.get_mut(language).and_then(Value::as_object_mut);
        let words = words.with_context(|| format!("the kiosk has no words in {language}"))?;
        for key in OF_THE_WIDGET {
            let word = widget.get(key).with_context(|| format!("{name} has no {key}"))?;
            words.insert(key.to_owned(), word.clone());
        }
    }
    Ok(Value::Object(texts))
}
