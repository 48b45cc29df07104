//! The engines that the browser tests run in: their programs found, installed where that may be
//! done, or named in one line for a person to install.

use crate::{run, tools};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// An engine as `e2e/src/engine.rs` asks for it.
pub struct Engine {
    pub name: &'static str,
    /// Environment variables, and the programs that they name.
    pub programs: Vec<(&'static str, PathBuf)>,
}

/// One program: its variable, and where it is if it is there.
type Wanted = (&'static str, fn() -> Option<PathBuf>);

pub fn chromium(_: &Path) -> Result<Engine> {
    const WANTED: [Wanted; 2] = [
        ("CHROMIUM", || run::find(&["chromium", "chromium-browser", "google-chrome"])),
        ("CHROMEDRIVER", || run::find(&["chromedriver"])),
    ];
    let programs = found_or_installed(&WANTED, &["chromium", "chromium-driver"])
        .context("Chromium or its driver is missing: install `chromium` and `chromium-driver` (or Chrome and chromedriver)")?;
    Ok(Engine { name: "chromium", programs })
}

pub fn firefox(root: &Path) -> Result<Engine> {
    const WANTED: [Wanted; 1] = [("FIREFOX", || run::find(&["firefox-esr", "firefox"]))];
    let mut programs = found_or_installed(&WANTED, &["firefox-esr"])
        .context("Firefox is missing: install `firefox-esr` (or `firefox`)")?;
    programs.push(("GECKODRIVER", tools::geckodriver(root)?));
    Ok(Engine { name: "firefox", programs })
}

pub fn webkit(_: &Path) -> Result<Engine> {
    const WANTED: [Wanted; 3] = [
        ("WEBKIT_DRIVER", || run::find(&["WebKitWebDriver"])),
        ("MINIBROWSER", mini_browser),
        ("XVFB", || run::find(&["Xvfb"])),
    ];
    let programs = found_or_installed(&WANTED, &["webkit2gtk-driver", "xvfb"])
        .context("WebKit's browser, its driver or a screen for it is missing: install `webkit2gtk-driver` and `xvfb`")?;
    Ok(Engine { name: "webkit", programs })
}

fn found_or_installed(
    wanted: &[Wanted],
    packages: &[&str],
) -> Option<Vec<(&'static str, PathBuf)>> {
    let find_all = || wanted.iter().map(|(name, find)| Some((*name, find()?))).collect();
    let found: Option<Vec<_>> = find_all();
    found.or_else(|| {
        // What could not be installed is missing, which the caller says.
        tools::install(packages).ok()?;
        find_all()
    })
}

/// WebKitGTK's small browser is on no PATH: distributions keep it beside the library's own programs.
fn mini_browser() -> Option<PathBuf> {
    let machine = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let folders = [machine.as_str(), "/usr/libexec", "/usr/lib", "/usr/lib64"];
    let versions = ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];
    let places = folders.iter().flat_map(|folder| {
        versions.iter().map(move |version| Path::new(folder).join(version).join("MiniBrowser"))
    });
    places.into_iter().find(|place| place.is_file())
}
