//! Every state that a visitor can see the widget in, one after the other.

use crate::collector::Collector;
use crate::host::Page;
use crate::widget::{Widget, fieldset};
use crate::world::World;
use anyhow::Result;
use serde_json::Value;

/// A survey with every kind of question, in three languages.
const EVERY_KIND: &str = include_str!("../pages/every-kind.json");

/// Puts that survey and makes a page ask it.
pub async fn asking_every_kind(page: Page, collector: &Collector) -> Result<Page> {
    let survey: Value = serde_json::from_str(EVERY_KIND)?;
    collector.put_survey(&survey).await?;
    page.with_script_attribute("data-survey", "every-kind")
}

/// The browser keeps nothing for the page.
const FORBID_STORES: &str = "for (const store of ['indexedDB', 'localStorage', 'sessionStorage'])
    Object.defineProperty(window, store, {get() { throw new DOMException('no', 'SecurityError') }})";

/// Leads the widget on a page (that asks every kind) through its states and has each looked at by
/// its name. The collector goes away meanwhile: the console has errors afterwards.
pub async fn walk(
    world: &World,
    page: &Page,
    mut look: impl AsyncFnMut(&'static str) -> Result<()>,
) -> Result<()> {
    let widget = world.visit(page.clone()).await?;
    widget.find("[part=button]").await?;
    look("closed").await?;
    widget.open().await?;
    look("open").await?;
    widget.send().await?;
    widget.fault_at("recommend").await?;
    look("errors").await?;
    answer(&widget).await?;
    look("answered").await?;

    world.collector.freeze()?;
    widget.send().await?;
    widget.reaches("sending").await?;
    look("sending").await?;
    world.collector.thaw()?;
    widget.reaches("sent").await?;
    look("sent").await?;
    widget.click("[part=take-back]").await?;
    widget.reaches("taken-back").await?;
    look("taken-back").await?;

    for (name, script) in [("failed", FORBID_STORES), ("saved", "")] {
        let widget = world.visit(page.clone()).await?;
        widget.find("[part=button]").await?;
        world.browser.evaluate(script, vec![]).await?;
        widget.open().await?;
        widget.choose("recommend", "9").await?;
        widget.can_send().await?;
        world.collector.stop().await?;
        widget.send().await?;
        widget.reaches(name).await?;
        look(name).await?;
        world.collector.serve().await?;
        widget.try_again().await?;
        widget.reaches("sent").await?;
    }

    let nothing = page.clone().with_script_attribute("data-survey", "no-such-survey")?;
    let widget = world.visit(nothing).await?;
    widget.click("[part=button]").await?;
    widget.says_that_it_cannot_be_had().await?;
    look("unavailable").await
}

/// An answer of every kind.
pub async fn answer(widget: &Widget<'_>) -> Result<()> {
    for (question, value) in [
        ("recommend", "3"),
        ("stars", "4"),
        ("faces", "2"),
        ("mood", "3"),
        ("clarity", "10"),
        ("effort", "6"),
        ("way", "phone"),
        ("reasons", "waiting"),
        ("reasons", "other"),
    ] {
        widget.choose(question, value).await?;
    }
    let other = format!("{} input[type=text]", fieldset("reasons"));
    widget.find(&other).await?.send_keys("Il parcheggio").await?;
    widget.write("comment", "Più sportelli aperti al mattino.").await
}
