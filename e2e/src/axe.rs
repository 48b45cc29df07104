//! What axe-core, the accessibility checker, has to say about the page as it is now.

use crate::browser::Browser;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

/// Installed by `cargo xtask test e2e` from the lock file beside it.
const AXE: &str = "npm/node_modules/axe-core/axe.min.js";

/// Every rule of WCAG 2.2 A and AA and what the checker's authors hold good; a line for each
/// element that breaks one.
const RUN: &str = "
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await axe.run({runOnly: tags, resultTypes: ['violations']});
    if (!found.passes.length) throw new Error('axe has looked at nothing');
    return found.violations.flatMap(rule => rule.nodes.map(node =>
        `${rule.id}: ${node.target.flat().join(' ')}: ${node.failureSummary.replaceAll('\\n', ' ')}`));";

/// Fails where there is anything, with all of it.
pub async fn finds_nothing(browser: &Browser, where_: &str) -> Result<()> {
    browser.comes_to_rest().await?;
    let known = browser.evaluate("return !!window.axe", vec![]).await?;
    if known != Value::Bool(true) {
        browser.evaluate(&source()?, vec![]).await?;
    }
    let found = browser.evaluate(&format!("return (async () => {{{RUN}}})()"), vec![]).await?;
    let lines: Vec<String> = serde_json::from_value(found)?;
    ensure!(lines.is_empty(), "axe on {where_}:\n{}", lines.join("\n"));
    Ok(())
}

fn source() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    std::fs::read_to_string(&file)
        .with_context(|| format!("no {}: `cargo xtask test e2e` installs it", file.display()))
}
