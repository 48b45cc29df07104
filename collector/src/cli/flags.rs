//! The settings as flags and environment variables: made from the table, so that a setting is
//! written once.

use crate::settings::{Given, Names, Origin, Scope, names};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

/// What was given by flag or environment of the settings of every command.
#[derive(Clone, Default)]
pub struct Everywhere(pub Vec<Given>);

/// The same of the settings that only a server has.
#[derive(Clone, Default)]
pub struct Serving(pub Vec<Given>);

fn of_scope(scope: Scope) -> impl Iterator<Item = &'static Names> {
    names().iter().filter(move |names| names.setting.scope == scope)
}

fn with_flags(command: Command, scope: Scope) -> Command {
    let flags = of_scope(scope).map(|Names { setting, flag, environment }| {
        let help = match setting.default {
            "" => setting.about.to_owned(),
            default => format!("{} [default: {default}]", setting.about),
        };
        let check = setting.check;
        Arg::new(setting.name)
            .long(flag.as_str())
            .env(environment.as_str())
            .hide_env_values(true)
            .global(scope == Scope::Everywhere)
            .value_name("VALUE")
            .value_parser(move |text: &str| check(text).map(|()| text.to_owned()))
            .help(help)
    });
    command.args(flags)
}

fn given(matches: &ArgMatches, scope: Scope) -> Vec<Given> {
    let read = |names: &'static Names| {
        let Names { setting, flag, environment } = names;
        let text = matches.get_one::<String>(setting.name)?.clone();
        let (origin, place) = match matches.value_source(setting.name)? {
            ValueSource::EnvVariable => (Origin::Environment, environment.clone()),
            _ => (Origin::Flag, format!("--{flag}")),
        };
        Some(Given { name: setting.name, text, origin, place })
    };
    of_scope(scope).filter_map(read).collect()
}

macro_rules! flags {
    ($kind:ident) => {
        impl Args for $kind {
            fn augment_args(command: Command) -> Command {
                with_flags(command, Scope::$kind)
            }
            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $kind {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(given(matches, Scope::$kind)))
            }
            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}

flags!(Everywhere);
flags!(Serving);
