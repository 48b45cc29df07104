//! The command line. Commands answer people in lines and programs with `--json`; exit 0 done,
//! 1 refused or failed, 2 bad usage.

mod args;
mod client;
mod config;
mod erase;
mod print;
mod serve;
mod site;
mod survey;
mod token;
mod verify;

use anyhow::Result;
use args::{Args, Command, Site};
use clap::Parser;
use client::Client;
use config::Config;
use print::Printer;
use std::process::ExitCode;

pub fn run() -> ExitCode {
    let args = Args::parse();
    match dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ascolto: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: Args) -> Result<()> {
    let printer = Printer { json: args.common.json };
    let config = Config::resolve(args.common)?;
    match args.command {
        Command::Serve(serve) => serve::serve(&config, serve),
        Command::Demo(demo) => serve::demo(&config, demo),
        Command::Openapi => print_openapi(),
        Command::Survey(survey) => survey::run(survey, &config, printer),
        Command::Site(site) => {
            let client = match &site {
                Site::Create { .. } => Client::connect_or_create(&config)?,
                _ => Client::connect(&config)?,
            };
            site::run(site, &client, printer)
        }
        Command::Token(token) => token::run(token, &Client::connect(&config)?, printer),
        Command::Erase(erase) => erase::run(&erase, &Client::connect(&config)?, printer),
        Command::Verify => verify::run(&Client::connect(&config)?, printer),
    }
}

fn print_openapi() -> Result<()> {
    println!("{}", crate::http::api().into_openapi().to_pretty_json()?);
    Ok(())
}
