//! The command line. Commands answer people in lines and programs with `--json`; exit 0 done,
//! 1 refused or failed, 2 bad usage.

mod args;
mod backup;
mod client;
mod config;
mod erase;
mod export;
mod flags;
mod health;
mod identity_key;
mod import;
mod invite;
mod link;
mod new_file;
mod print;
mod progress;
mod qr;
mod reachable;
mod restore;
mod serve;
mod site;
mod survey;
mod token;
mod verify;

use crate::settings::{Given, LogLevel, Origin, Resolved, Settings};
use anyhow::Result;
use args::{Args, Command, Common, Site};
use clap::Parser;
use client::Client;
use flags::Serving;
use print::Printer;
use std::fmt::Display;
use std::process::ExitCode;
use thiserror::Error;

pub fn run() -> ExitCode {
    let args = Args::parse();
    match dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<NotWhole>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ascolto: {error:#}");
            if error.is::<BadUsage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// What was typed cannot be meant so: exit 2, as where it cannot be read.
#[derive(Debug, Error)]
#[error("{0}")]
struct BadUsage(String);

impl BadUsage {
    fn of(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

/// Something was refused, and told already.
#[derive(Debug, Error)]
#[error("something was refused")]
struct NotWhole;

fn dispatch(args: Args) -> Result<()> {
    let Common { settings: everywhere, config: file, json } = args.common;
    let printer = Printer { json };
    let serving = match &args.command {
        Command::Serve(serving) | Command::Health(serving) | Command::Config(serving) => serving,
        Command::Demo(demo) => &demo.settings,
        _ => &Serving::default(),
    };
    let resolved = config::read(everywhere, serving.clone(), file.as_deref())?;
    let settings = &resolved.settings;
    reachable::look_at(&args.command, settings)?;
    match args.command {
        Command::Serve(_) => serve::serve(settings),
        Command::Demo(demo) => serve::demo(&quiet(&resolved), demo.responses),
        Command::Health(_) => health::run(settings, printer),
        Command::Config(_) => {
            config::show(&resolved, printer);
            Ok(())
        }
        Command::Openapi => print_openapi(),
        Command::Survey(survey) => survey::run(survey, settings, printer),
        Command::Site(site) => {
            let client = match &site {
                Site::Create { .. } => Client::connect_or_create(settings)?,
                _ => Client::connect(settings)?,
            };
            site::run(site, &client, printer)
        }
        Command::Token(token) => token::run(token, &Client::connect(settings)?, printer),
        Command::IdentityKey(key) => identity_key::run(key, &Client::connect(settings)?, printer),
        Command::Link(link) => link::run(link, &Client::connect(settings)?, printer),
        Command::Erase(erase) => erase::run(&erase, &Client::connect(settings)?, printer),
        Command::Import(args) => match import::run(&args, settings, printer)? {
            true => Ok(()),
            false => Err(NotWhole.into()),
        },
        Command::Invite(command) => match invite::run(command, settings, printer)? {
            true => Ok(()),
            false => Err(NotWhole.into()),
        },
        Command::Export(args) => export::run(&args, settings),
        Command::Backup(args) => backup::run(&args, settings, printer),
        Command::Restore(args) => restore::run(&args, settings, printer),
        Command::Verify => verify::run(&Client::connect(settings)?, printer),
    }
}

/// Of a demo, unless told otherwise, the log is what went wrong: its addresses stay to be read.
fn quiet(resolved: &Resolved) -> Settings {
    let is_level = |given: &Given| given.name == "log_level";
    let told =
        resolved.values.iter().any(|given| is_level(given) && given.origin != Origin::Default);
    let mut settings = resolved.settings.clone();
    if !told {
        settings.log_level = LogLevel::Warn;
    }
    settings
}

fn print_openapi() -> Result<()> {
    print::say(&crate::http::openapi().to_pretty_json()?);
    Ok(())
}
