//! From a row of a file to somebody who can be asked. Nothing is guessed of addresses: what is not
//! right is told with its line.

use crate::import::guess::plain;
use crate::import::mapping::find_column;
use crate::import::rows::Column;
use crate::import::words::{level, slug};
use crate::import::{Issue, MapError, Pair, Row};
use crate::opt_out::Recipient;
use lettre::Address;

const NAME_CHARS_MAX: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Email,
    Phone,
    Locale,
    Service,
    Level,
    Reference,
    /// In the letter alone; it never reaches the collector.
    Name,
    Ignored,
}

const FIELDS: [(&str, Field); 8] = [
    ("email", Field::Email),
    ("phone", Field::Phone),
    ("locale", Field::Locale),
    ("service", Field::Service),
    ("level", Field::Level),
    ("reference", Field::Reference),
    ("name", Field::Name),
    ("-", Field::Ignored),
];

/// What columns are called, without signs and in small letters.
const NAMES: [(&str, Field); 38] = [
    ("email", Field::Email),
    ("e mail", Field::Email),
    ("mail", Field::Email),
    ("email address", Field::Email),
    ("e mail address", Field::Email),
    ("indirizzo email", Field::Email),
    ("indirizzo e mail", Field::Email),
    ("posta elettronica", Field::Email),
    ("phone", Field::Phone),
    ("telephone", Field::Phone),
    ("mobile", Field::Phone),
    ("phone number", Field::Phone),
    ("mobile number", Field::Phone),
    ("number", Field::Phone),
    ("telefono", Field::Phone),
    ("cellulare", Field::Phone),
    ("numero di telefono", Field::Phone),
    ("numero cellulare", Field::Phone),
    ("locale", Field::Locale),
    ("language", Field::Locale),
    ("lingua", Field::Locale),
    ("service", Field::Service),
    ("servizio", Field::Service),
    ("level", Field::Level),
    ("livello", Field::Level),
    ("reference", Field::Reference),
    ("ref", Field::Reference),
    ("riferimento", Field::Reference),
    ("pratica", Field::Reference),
    ("numero pratica", Field::Reference),
    ("order", Field::Reference),
    ("order number", Field::Reference),
    ("ticket", Field::Reference),
    ("name", Field::Name),
    ("full name", Field::Name),
    ("first name", Field::Name),
    ("nome", Field::Name),
    ("nome e cognome", Field::Name),
];

/// By column.
#[derive(Debug)]
pub struct Columns {
    pub fields: Vec<Option<Field>>,
    columns: Vec<Column>,
}

/// Somebody to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub line: u64,
    pub email: Option<Address>,
    pub phone: Option<Recipient>,
    pub locale: Option<String>,
    pub service: Option<String>,
    pub level: Option<String>,
    pub reference: Option<String>,
    pub name: Option<String>,
}

impl Field {
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }
}

impl Columns {
    /// What was told comes first, then what columns are called.
    pub fn of(columns: &[Column], told: &[Pair]) -> Result<Self, MapError> {
        let mut fields = vec![None; columns.len()];
        for pair in told {
            let field =
                FIELDS.iter().find(|(name, _)| *name == pair.target).map(|(_, field)| *field);
            let field = field.ok_or_else(|| MapError::NoTarget(pair.clone()))?;
            if field != Field::Ignored && fields.contains(&Some(field)) {
                return Err(MapError::Twice(pair.clone()));
            }
            fields[find_column(columns, pair)?] = Some(field);
        }
        for (place, column) in columns.iter().enumerate() {
            let name = plain(&column.name);
            let found = NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
            if fields[place].is_none() && found.is_some() && !fields.contains(&found) {
                fields[place] = found;
            }
        }
        Ok(Self { fields, columns: columns.to_vec() })
    }

    pub fn has(&self, field: Field) -> bool {
        self.fields.contains(&Some(field))
    }

    /// `country_code`: of numbers without one.
    pub fn read(&self, row: &Row, country_code: Option<&str>) -> Result<Person, Vec<Issue>> {
        let mut person = Person { line: row.line, ..Person::default() };
        let mut issues = Vec::new();
        for ((field, column), cell) in self.fields.iter().zip(&self.columns).zip(&row.cells) {
            let cell = cell.trim();
            let Some(field) = field.filter(|_| !cell.is_empty()) else { continue };
            if let Err((code, message)) = person.set(field, cell, country_code) {
                issues.push(Issue::of_row(row.line, code, message).in_cell(column, cell));
            }
        }
        if person.email.is_none() && person.phone.is_none() && issues.is_empty() {
            let message = "has neither an e-mail address nor a telephone number";
            issues.push(Issue::of_row(row.line, "no_channel", message));
        }
        if issues.is_empty() { Ok(person) } else { Err(issues) }
    }
}

impl Person {
    fn set(
        &mut self,
        field: Field,
        cell: &str,
        country_code: Option<&str>,
    ) -> Result<(), (&'static str, &'static str)> {
        let own = || Some(cell.to_owned());
        match field {
            Field::Email => self.email = Some(email(cell)?),
            Field::Phone => self.phone = Some(phone(cell, country_code)?),
            Field::Locale => self.locale = own(),
            Field::Service => self.service = Some(slug(cell)),
            Field::Level => self.level = Some(level(cell).to_owned()),
            Field::Reference => self.reference = own(),
            Field::Name => self.name = Some(name(cell)),
            Field::Ignored => {}
        }
        Ok(())
    }

    /// What the collector looks up, whichever way the letter goes.
    pub fn recipients(&self) -> Vec<&str> {
        let email = self.email.as_ref().map(AsRef::as_ref);
        email.into_iter().chain(self.phone.as_ref().map(Recipient::as_str)).collect()
    }
}

fn email(cell: &str) -> Result<Address, (&'static str, &'static str)> {
    if !cell.is_ascii() {
        return Err((
            "bad_address",
            "has letters that mail servers may not take; write the domain as xn--…",
        ));
    }
    let address = cell.parse::<Address>().ok();
    let has_domain = |address: &Address| {
        let domain = address.domain();
        domain.contains('.') && !domain.ends_with('.') && !domain.starts_with('.')
    };
    let address = address.filter(has_domain).filter(|_| Recipient::parse(cell).is_some());
    address.ok_or(("bad_address", "is not an e-mail address"))
}

fn phone(
    cell: &str,
    country_code: Option<&str>,
) -> Result<Recipient, (&'static str, &'static str)> {
    let bad = (
        "bad_address",
        "is not a telephone number with its country's code, such as +39 333 1234567",
    );
    let is_whole = cell.starts_with('+') || cell.starts_with("00");
    let whole = match country_code {
        Some(code) if !is_whole => {
            // Italy alone keeps the zero of its trunks.
            let rest = if code == "+39" { cell } else { cell.strip_prefix('0').unwrap_or(cell) };
            format!("{code}{rest}")
        }
        _ => cell.to_owned(),
    };
    Recipient::parse(&whole).filter(|found| found.as_str().starts_with('+')).ok_or(bad)
}

/// One line, as it may stand in a header.
fn name(cell: &str) -> String {
    let words = cell.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<Column> {
        let column = |name: &&str| Column { name: (*name).to_owned(), label: None };
        names.iter().map(column).collect()
    }

    #[test]
    fn columns_are_known_by_name_or_told() {
        let found =
            columns(&["Indirizzo e-mail", "Cellulare", "Nome e cognome", "Altro", "Servizio"]);
        let told = [Pair::parse("reference=Altro").unwrap()];
        let names: Vec<_> = Columns::of(&found, &told).unwrap().fields;
        let names: Vec<_> = names.into_iter().map(|field| field.map(Field::name)).collect();
        let expected = ["email", "phone", "name", "reference", "service"].map(Some);
        assert_eq!(names, expected);
        for wrong in ["score=Altro", "email=Nothing"] {
            assert!(Columns::of(&found, &[Pair::parse(wrong).unwrap()]).is_err());
        }
    }

    #[test]
    fn a_row_is_somebody_or_what_is_wrong_with_it() {
        let known = Columns::of(&columns(&["email", "phone", "name"]), &[]).unwrap();
        let read = |cells: [&str; 3]| {
            let row = Row { line: 7, cells: cells.map(str::to_owned).to_vec() };
            known.read(&row, Some("+39"))
        };
        let person = read(["Anna@Example.it", "333 1234567", " Anna\r\nRossi "]).unwrap();
        assert_eq!(person.recipients(), ["Anna@Example.it", "+393331234567"]);
        assert_eq!(person.name.as_deref(), Some("Anna Rossi"));
        for (cells, codes) in [
            (["", "", "Anna"], &["no_channel"][..]),
            (["anna", "", ""], &["bad_address"]),
            (["anna@example", "12", ""], &["bad_address", "bad_address"]),
            (["a@b.it, c@d.it", "", ""], &["bad_address"]),
            (["a@b.it\nBcc: c@d.it", "", ""], &["bad_address"]),
            (["josé@example.it", "", ""], &["bad_address"]),
        ] {
            let issues = read(cells).unwrap_err();
            let found: Vec<_> = issues.iter().map(|issue| issue.code.as_str()).collect();
            assert_eq!((found.as_slice(), issues[0].line), (codes, 7), "{cells:?}");
        }
    }
}
