//! The configuration file: TOML with the settings' names as keys. Every mistake is told with its
//! line.

use super::TABLE;
use super::table::{Given, Origin};
use std::fs;
use std::path::Path;
use thiserror::Error;
use toml::de::{DeTable, DeValue};

#[derive(Debug, Error)]
pub enum FileError {
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::Error),
    #[error("{0}: {1}")]
    NotToml(String, toml::de::Error),
    #[error("{0}")]
    Wrong(String),
}

pub fn read_file(path: &Path) -> Result<Vec<Given>, FileError> {
    let shown = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|error| FileError::Unreadable(shown.clone(), error))?;
    read(&text, &shown)
}

fn read(text: &str, shown: &str) -> Result<Vec<Given>, FileError> {
    let table =
        DeTable::parse(text).map_err(|error| FileError::NotToml(shown.to_owned(), error))?;
    let (mut given, mut mistakes) = (Vec::new(), Vec::new());
    for (key, value) in table.get_ref() {
        let line = 1 + text[..key.span().start].matches('\n').count();
        match entry(key.get_ref(), value.get_ref(), format!("{shown}:{line}")) {
            Ok(one) => given.push(one),
            Err(mistake) => mistakes.push((line, mistake)),
        }
    }
    mistakes.sort();
    let lines: Vec<_> = mistakes.into_iter().map(|(_, mistake)| mistake).collect();
    if lines.is_empty() { Ok(given) } else { Err(FileError::Wrong(lines.join("\n"))) }
}

fn entry(key: &str, value: &DeValue<'_>, place: String) -> Result<Given, String> {
    let setting = TABLE.iter().find(|setting| setting.name == key);
    let setting = setting.ok_or_else(|| format!("{place}: there is no setting {key}"))?;
    let text = plain(value)
        .ok_or_else(|| format!("{place}: {key} takes a text, a number or a list of texts"))?;
    (setting.check)(&text).map_err(|problem| format!("{place}: {key} {problem}"))?;
    Ok(Given { name: setting.name, text, origin: Origin::File, place })
}

/// The value as a flag would say it.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        DeValue::Array(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(|part| plain(part.get_ref())).collect();
            Some(parts?.join(","))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_flags_are() {
        let text = "listen = \"127.0.0.1:1\"\nconnections_max = 7\ntrusted_proxies = [\"::1\", \"10.0.0.0/8\"]\n";
        let mut given = read(text, "f").unwrap();
        given.sort_by(|a, b| a.place.cmp(&b.place));
        let told: Vec<_> =
            given.iter().map(|g| (g.name, g.text.as_str(), g.place.as_str())).collect();
        assert_eq!(
            told,
            [
                ("listen", "127.0.0.1:1", "f:1"),
                ("connections_max", "7", "f:2"),
                ("trusted_proxies", "::1,10.0.0.0/8", "f:3"),
            ]
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "# settings\ncolour = \"red\"\nlisten = \"here\"\n\nidle_timeout = 1.5\n";
        let error = read(text, "f").err().unwrap().to_string();
        let lines: Vec<_> = error.lines().collect();
        assert_eq!(lines[0], "f:2: there is no setting colour");
        assert!(lines[1].starts_with("f:3: listen takes an address"), "{error}");
        assert!(lines[2].starts_with("f:5: idle_timeout takes a text"), "{error}");
        assert!(read("listen = [", "f").err().unwrap().to_string().contains("line 1"));
    }
}
