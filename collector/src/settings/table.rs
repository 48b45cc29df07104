//! From what was given where (flag, environment, file) to checked values that know their origin.

use super::value::Value;
use super::{Settings, TABLE};
use serde::Serialize;
use std::sync::LazyLock;
use thiserror::Error;

/// Which commands take the setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Everywhere,
    /// The server alone.
    Serving,
}

pub struct Setting {
    /// As in the file; the flag has dashes, the environment variable the program's prefix.
    pub name: &'static str,
    pub about: &'static str,
    /// Empty where there is none.
    pub default: &'static str,
    pub scope: Scope,
    pub secret: bool,
    pub check: fn(&str) -> Result<(), String>,
}

/// A setting's flag and environment variable, made once.
pub struct Names {
    pub setting: &'static Setting,
    pub flag: String,
    pub environment: String,
}

pub fn names() -> &'static [Names] {
    static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
        let names = TABLE.iter().map(|setting| Names {
            setting,
            flag: setting.name.replace('_', "-"),
            environment: format!("ASCOLTO_{}", setting.name.to_uppercase()),
        });
        names.collect()
    });
    &NAMES
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Flag,
    Environment,
    File,
    Default,
}

/// A setting as it was given.
#[derive(Clone)]
pub struct Given {
    pub name: &'static str,
    pub text: String,
    pub origin: Origin,
    /// The flag, the variable, or the file with its line.
    pub place: String,
}

#[derive(Debug, Error)]
#[error("{place}: {name} {problem}")]
pub struct SettingError {
    name: &'static str,
    place: String,
    problem: String,
}

/// Every value with its origin, in the table's order, and the same values checked.
pub struct Resolved {
    pub values: Vec<Given>,
    pub settings: Settings,
}

/// The strongest of what was given for each setting: flag, environment, file, default.
pub fn resolve(given: &[Given], file: Option<Vec<Given>>) -> Result<Resolved, SettingError> {
    let file = file.unwrap_or_default();
    let values: Vec<Given> = TABLE
        .iter()
        .map(|setting| {
            let of_this = |given: &&Given| given.name == setting.name;
            let found = given.iter().find(of_this).or_else(|| file.iter().find(of_this));
            found.cloned().unwrap_or_else(|| default(setting))
        })
        .collect();
    let settings = Settings::read(&Reader { values: &values })?;
    Ok(Resolved { values, settings })
}

fn default(setting: &Setting) -> Given {
    let (name, text) = (setting.name, setting.default.to_owned());
    Given { name, text, origin: Origin::Default, place: "default".to_owned() }
}

/// Gives the typed struct its fields.
pub struct Reader<'a> {
    values: &'a [Given],
}

impl Reader<'_> {
    pub fn value<T: Value>(&self, name: &'static str) -> Result<T, SettingError> {
        let given = self.values.iter().find(|given| given.name == name);
        let (text, place) = given.map_or(("", ""), |given| (&given.text, &given.place));
        T::read(text).map_err(|problem| SettingError { name, place: place.to_owned(), problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_right_and_names_are_unique() {
        for (place, setting) in TABLE.iter().enumerate() {
            assert!((setting.check)(setting.default).is_ok(), "{}", setting.name);
            assert!(TABLE[..place].iter().all(|other| other.name != setting.name));
        }
    }

    #[test]
    fn the_strongest_origin_wins() {
        let given = |text: &str, origin| Given {
            name: "connections_max",
            text: text.to_owned(),
            origin,
            place: "here".to_owned(),
        };
        let from_file = || Some(vec![given("2", Origin::File)]);
        let both = resolve(&[given("1", Origin::Flag)], from_file()).unwrap();
        assert_eq!(both.settings.connections_max, 1);
        assert_eq!(resolve(&[], from_file()).unwrap().settings.connections_max, 2);
        let wrong = resolve(&[given("many", Origin::Flag)], None).err().unwrap();
        assert_eq!(wrong.to_string(), "here: connections_max takes a whole number");
    }
}
