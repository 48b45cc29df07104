//! What every case starts from: a host's website, a collector that allows it, and a browser.

use crate::browser::{Browser, no_console_errors};
use crate::collector::{self, Collector};
use crate::engine::Engine;
use crate::host::{HostPages, Page};
use crate::widget::Widget;
use anyhow::{Result, bail};
use futures_util::FutureExt;
use std::panic::{AssertUnwindSafe, resume_unwind};

pub struct World {
    // Closed before what it talks to.
    pub browser: Browser,
    pub collector: Collector,
    pub host: HostPages,
}

impl World {
    async fn start() -> Result<Self> {
        let host = HostPages::start().await?;
        let collector = Collector::start(host.origin()).await?;
        Ok(Self { browser: Browser::take().await?, collector, host })
    }

    /// `examples/plain`, with this world's collector in its script tag.
    pub fn plain_page(&self) -> Result<Page> {
        Page::example("plain/index.html")?.pointing_at(&self.collector)
    }

    /// Opens a page of the host's.
    pub async fn visit(&self, page: Page) -> Result<Widget<'_>> {
        self.browser.visit(&self.host.put("/", page)).await?;
        Ok(Widget::on(&self.browser))
    }
}

/// Plays one case. Where it fails, a screenshot and the logs are left; where it does not, the console must be
/// free of errors (a case that provokes some reads them itself).
pub async fn case(name: &str, play: impl AsyncFnOnce(&World) -> Result<()>) -> Result<()> {
    let world = World::start().await?;
    let played = AssertUnwindSafe(async {
        play(&world).await?;
        no_console_errors(&world.browser).await
    });
    let outcome = played.catch_unwind().await;
    let ended = if matches!(outcome, Ok(Ok(()))) {
        world.browser.give_back().await
    } else {
        leave_traces(&world, name).await;
        // Not for another case: nobody knows what this one has left in it.
        world.browser.close().await
    };
    match outcome {
        Err(panic) => resume_unwind(panic),
        Ok(Err(error)) => bail!(error),
        Ok(Ok(())) => ended,
    }
}

/// A case that needs what only Chromium's developer tools can do: another device, another wish of the
/// system, the tree of what screen readers are told. In the other engines it is left out.
pub async fn chromium_case(name: &str, play: impl AsyncFnOnce(&World) -> Result<()>) -> Result<()> {
    if Engine::chosen()? != Engine::Chromium {
        eprintln!("{name} is for Chromium alone");
        return Ok(());
    }
    case(name, play).await
}

/// What helps to understand a failure.
async fn leave_traces(world: &World, name: &str) {
    let file = collector::program().with_file_name(format!("e2e-{name}.png"));
    match world.browser.screenshot(&file).await {
        Ok(()) => eprintln!("screenshot: {}", file.display()),
        Err(error) => eprintln!("no screenshot: {error:#}"),
    }
    eprintln!("the console said: {:#?}", world.browser.console_errors().await);
    eprintln!("the collector said: {}", world.collector.log());
}
