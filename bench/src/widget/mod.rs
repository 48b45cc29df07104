//! `cargo xtask bench widget`: what the widget costs the page that it is on and the visitor who
//! opens it, beside the libraries of others, in one run of one browser.

mod contestants;
mod peers;
mod stage;
mod tab;

use crate::Places;
use crate::collector::Collector;
use crate::report::{self, Table};
use crate::speed::median;
use anyhow::{Context, Result, ensure};
use contestants::{CONTESTANTS, Contestant, NOTHING};
use serde::Serialize;
use serde_json::{Value, json};
use stage::Stage;
use tab::{Tab, Traffic};

#[derive(clap::Args)]
pub struct Args {
    /// How often the times are measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Which contestants [default: all]
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// What is found out once, at full speed.
#[derive(Clone, Debug, Default, Serialize)]
struct Looks {
    before: Fetched,
    until_usable: Fetched,
    heap_before: u64,
    heap_open: u64,
    layout_shift: f64,
    traces: Traces,
    cookies: usize,
    complaints: Vec<String>,
    /// Rules of axe-core that the open form breaks.
    axe: Vec<String>,
    strict: Strict,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Fetched {
    requests: usize,
    bytes: u64,
}

/// What a page has more than before, with the form open and nothing sent.
#[derive(Clone, Debug, Default, Serialize, serde::Deserialize)]
struct Traces {
    globals: Vec<String>,
    patched: Vec<String>,
    stored: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Strict {
    usable: bool,
    refusals: Vec<String>,
}

/// Times of one visit on a slow device and network, milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Times {
    cold: f64,
    ahead: f64,
    blocked_before: f64,
    blocked_by_opening: f64,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    note: &'static str,
    looks: Looks,
    times: Vec<Times>,
}

pub async fn run(places: &Places, args: &Args) -> Result<bool> {
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let files = folder.path().join("files");
    let axe = peers::prepare(&files)?;
    let wanted =
        |one: &&Contestant| args.only.is_empty() || args.only.iter().any(|n| n == one.name);
    let measured: Vec<&Contestant> = CONTESTANTS.iter().filter(wanted).collect();
    let mut stage = Stage::reserve().await?;
    let collector = Collector::serve(&places.ascolto, &folder.path().join("ascolto"))?;
    let key = make_site(&collector, &stage.origin).await?;
    let all: Vec<&Contestant> = measured.iter().copied().chain([&NOTHING]).collect();
    stage.open(&files, &all, &format!("http://{}", collector.address), &key)?;

    let tab = Tab::start().await?;
    let mut rows = Vec::new();
    for contestant in &measured {
        let looks = look(&tab, &stage, contestant, &axe).await;
        let looks = looks.with_context(|| contestant.name)?;
        rows.push(Row { name: contestant.name, note: contestant.note, looks, times: Vec::new() });
        eprintln!("{} looked at", contestant.name);
    }
    for round in 1..=args.rounds {
        for (row, contestant) in rows.iter_mut().zip(&measured) {
            row.times.push(time(&tab, &stage, contestant).await?);
        }
        eprintln!("round {round} of {}", args.rounds);
    }
    tab.close().await?;
    report::save(places, "widget", &rows, &tables(&rows))?;
    Ok(true)
}

/// A site that the stage may ask, with the survey that all contestants ask as well as they can; its
/// public key.
async fn make_site(collector: &Collector, origin: &str) -> Result<String> {
    let admin = collector.admin_token()?;
    let site = json!({"name": "Measured", "origins": [origin], "locale": "en", "timezone": "UTC"});
    let made = collector.post("/v1/sites", Some(&admin), site.to_string().as_bytes()).await?;
    let made = made.expect(201)?.json()?;
    let text = |name: &str| made[name].as_str().with_context(|| format!("no {name}"));
    let survey = json!({
        "key": "measured", "locales": ["en"],
        "title": {"en": "Your feedback"},
        "questions": [
            {"key": "recommend", "kind": "nps", "metric": "nps", "required": true,
             "text": {"en": "How likely are you to recommend us?"}},
            {"key": "comment", "kind": "text", "text": {"en": "What could we do better?"}},
        ],
    });
    let (path, survey) = (format!("/v1/sites/{}/surveys", text("site")?), survey.to_string());
    let put = collector.post(&path, Some(text("owner_token")?), survey.as_bytes()).await?;
    put.expect(201)?;
    Ok(text("public_key")?.to_owned())
}

/// One visit at full speed, and one to a strict page.
async fn look(tab: &Tab, stage: &Stage, who: &Contestant, axe: &str) -> Result<Looks> {
    tab.forget(&stage.origins()).await?;
    tab.open(&stage.page(&NOTHING)).await?;
    // What points and looks for the form takes memory too, and is nobody's.
    tab.reach_for("h1").await?;
    tab.ask("return bench.clickToForm('h1', 'p')", vec![]).await?;
    let heap_of_nothing = tab.heap().await?;

    tab.forget(&stage.origins()).await?;
    let before = tab.open(&stage.page(who)).await?;
    let heap_before = tab.heap().await?;
    tab.reach_for(who.trigger).await?;
    open_form(tab, who).await?;
    let opening = tab.settle().await?;
    let heap_open = tab.heap().await?;
    let mut looks = Looks {
        until_usable: Fetched::of(&[&before, &opening]),
        before: Fetched::of(&[&before]),
        heap_before: heap_before.saturating_sub(heap_of_nothing),
        heap_open: heap_open.saturating_sub(heap_of_nothing),
        layout_shift: number(&tab.ask("return bench.seen.shift", vec![]).await?)?,
        traces: serde_json::from_value(tab.ask("return bench.traces()", vec![]).await?)?,
        cookies: tab.cookies().await?,
        complaints: tab.complaints().await?,
        ..Looks::default()
    };
    looks.axe = check_access(tab, axe).await?;
    looks.strict = visit_strictly(tab, stage, who).await?;
    Ok(looks)
}

async fn open_form(tab: &Tab, who: &Contestant) -> Result<f64> {
    let click = "return bench.clickToForm(...arguments)";
    number(&tab.ask(click, vec![json!(who.trigger), json!(who.usable)]).await?)
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

async fn check_access(tab: &Tab, axe: &str) -> Result<Vec<String>> {
    const RUN: &str = "return axe.run(document, {resultTypes: ['violations']})
        .then(({violations}) => violations.map(({id}) => id));";
    tab.ask(axe, vec![]).await?;
    Ok(serde_json::from_value(tab.ask(RUN, vec![]).await?)?)
}

/// Whether the form opens under the policy, and what the browser has refused.
async fn visit_strictly(tab: &Tab, stage: &Stage, who: &Contestant) -> Result<Strict> {
    const TRY: &str = "
        const [trigger, usable] = arguments;
        const late = new Promise(done => setTimeout(done, 5000, null));
        return Promise.race([bench.find(trigger) ? bench.clickToForm(trigger, usable) : null, late])
            .then(opened => ({usable: opened != null, refusals: bench.seen.refusals}));";
    tab.forget(&stage.origins()).await?;
    tab.open(&stage.strict_page(who)).await?;
    let tried = tab.ask(TRY, vec![json!(who.trigger), json!(who.usable)]).await?;
    Ok(Strict {
        usable: tried["usable"] == true,
        refusals: serde_json::from_value(tried["refusals"].clone())?,
    })
}

/// Two visits on a slow device and network: a click out of nowhere, as a finger makes it, and one
/// after the pointer has rested on the button.
async fn time(tab: &Tab, stage: &Stage, who: &Contestant) -> Result<Times> {
    const BLOCKED: &str = "return bench.seen.blocked_ms";
    let arrive = async || {
        tab.forget(&stage.origins()).await?;
        tab.slow_down().await?;
        tab.open(&stage.page(who)).await
    };
    arrive().await?;
    let blocked_before = number(&tab.ask(BLOCKED, vec![]).await?)?;
    let cold = open_form(tab, who).await?;
    tab.settle().await?;
    let blocked = number(&tab.ask(BLOCKED, vec![]).await?)?;
    arrive().await?;
    tab.reach_for(who.trigger).await?;
    tab.settle().await?;
    let ahead = open_form(tab, who).await?;
    ensure!(blocked >= blocked_before, "time runs backwards");
    Ok(Times { cold, ahead, blocked_before, blocked_by_opening: blocked - blocked_before })
}

impl Fetched {
    fn of(traffic: &[&Traffic]) -> Self {
        let requests = traffic.iter().map(|part| part.requests.len()).sum();
        let bytes: f64 = traffic.iter().map(|part| part.bytes).sum();
        Self { requests, bytes: bytes as u64 }
    }
}

/// A line for each measure, a column for each contestant.
fn tables(rows: &[Row]) -> Vec<Table> {
    type Measure = (&'static str, fn(&Row) -> String);
    let measures: [Measure; 18] = [
        ("bytes before interaction", |row| row.looks.before.bytes.to_string()),
        ("requests before interaction", |row| row.looks.before.requests.to_string()),
        ("bytes until usable", |row| row.looks.until_usable.bytes.to_string()),
        ("requests until usable", |row| row.looks.until_usable.requests.to_string()),
        ("click to form, cold, ms", |row| middle(row, |times| times.cold)),
        ("click to form, fetched ahead, ms", |row| middle(row, |times| times.ahead)),
        ("blocked before interaction, ms", |row| middle(row, |times| times.blocked_before)),
        ("blocked by opening, ms", |row| middle(row, |times| times.blocked_by_opening)),
        ("heap before interaction, KiB", |row| kib(row.looks.heap_before)),
        ("heap with the form open, KiB", |row| kib(row.looks.heap_open)),
        ("layout shift", |row| format!("{:.3}", row.looks.layout_shift)),
        ("cookies before sending", |row| row.looks.cookies.to_string()),
        ("stored before sending", |row| row.looks.traces.stored.len().to_string()),
        ("errors in the console", |row| row.looks.complaints.len().to_string()),
        ("globals added", |row| row.looks.traces.globals.len().to_string()),
        ("natives patched", |row| row.looks.traces.patched.len().to_string()),
        ("under a strict policy", |row| strictly(&row.looks.strict)),
        ("rules of axe-core broken", |row| count(&row.looks.axe)),
    ];
    let names = rows.iter().map(|row| row.name);
    let mut table = Table::new(&[""].into_iter().chain(names).collect::<Vec<_>>());
    for (name, measure) in measures {
        table.row([name.to_owned()].into_iter().chain(rows.iter().map(measure)));
    }
    let mut asked = Table::new(&["", "asks"]);
    rows.iter().for_each(|row| asked.row([row.name.to_owned(), row.note.to_owned()]));
    vec![table, asked]
}

fn middle(row: &Row, of: fn(&Times) -> f64) -> String {
    format!("{:.0}", median(row.times.iter().map(of)))
}

fn kib(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / 1024.0)
}

fn strictly(strict: &Strict) -> String {
    match (strict.usable, strict.refusals.len()) {
        (true, 0) => "works".into(),
        (true, refused) => format!("opens, {refused} refused"),
        (false, refused) => format!("does not open, {refused} refused"),
    }
}

fn count(rules: &[String]) -> String {
    if rules.is_empty() { "0".into() } else { format!("{}: {}", rules.len(), rules.join(", ")) }
}
