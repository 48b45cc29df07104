//! Whether others can open the links that a command makes. A server knows where browsers reach it; on
//! a data folder only the settings say it.

use super::BadUsage;
use super::args::{Command, Link, Site, Token};
use crate::settings::Settings;
use anyhow::Result;

/// Warns of links that a person will hand on, and refuses those that are made to be printed.
pub fn look_at(command: &Command, settings: &Settings) -> Result<()> {
    match command {
        Command::Link(Link::Qr(_)) => return require(settings),
        Command::Link(Link::Create(_))
        | Command::Site(Site::Tag { .. })
        | Command::Token(Token::Create { link: true, .. }) => warn(settings),
        _ => {}
    }
    Ok(())
}

/// Refuses where links would be sent or printed, and nobody could open them.
pub fn require(settings: &Settings) -> Result<()> {
    match only_here(settings) {
        Some(why) => Err(BadUsage(format!("{why}: say --server or --public-url")).into()),
        None => Ok(()),
    }
}

/// Says where links can be opened on this machine alone.
fn warn(settings: &Settings) {
    if let Some(why) = only_here(settings) {
        eprintln!("ascolto: warning: {why}; --server or --public-url says where they lead");
    }
}

fn only_here(settings: &Settings) -> Option<String> {
    const HERE: [&str; 4] = ["://127.", "://localhost", "://[::1]", "://0.0.0.0"];
    let url = settings.public_url(settings.listen);
    let is_here = settings.server.is_none() && HERE.iter().any(|here| url.contains(here));
    is_here.then(|| format!("links would lead to {url}, which nobody else can open"))
}
