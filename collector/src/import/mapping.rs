//! What becomes of each column: as told, as the tool's shape says, or as guessed.

use super::MapError;
use super::guess::{self, Because, plain};
use super::rows::{Column, Table};
use super::shapes::Shape;
use shared::Survey;
use shared::survey::{Kind, OTHER};
use std::fmt;

/// A field of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The file's own name of the row.
    Id,
    Date,
    /// Of the day, where the date has a column of its own.
    Time,
    /// Rows of another survey are left out.
    Survey,
    Channel,
    Service,
    Level,
    Locale,
    Page,
    Referrer,
    Device,
    Tags,
    Attribute(String),
    Subject,
    Reference,
    WaitedS,
    ServedS,
    Resolved,
    /// The answer to a question, by its place in the survey.
    Answer(usize),
    /// One option of a question: chosen or not.
    Option(usize, usize),
    /// The free words of a choice.
    Other(usize),
    /// Left out on purpose.
    Ignored,
}

/// Names of the fields, as in the contract, and short ones.
const FIELDS: [(&str, Target); 22] = [
    ("id", Target::Id),
    ("occurred_at", Target::Date),
    ("date", Target::Date),
    ("time", Target::Time),
    ("survey", Target::Survey),
    ("channel", Target::Channel),
    ("service", Target::Service),
    ("level", Target::Level),
    ("locale", Target::Locale),
    ("context.page", Target::Page),
    ("page", Target::Page),
    ("context.referrer", Target::Referrer),
    ("context.device", Target::Device),
    ("device", Target::Device),
    ("context.tags", Target::Tags),
    ("tags", Target::Tags),
    ("identity.subject", Target::Subject),
    ("service_event.reference", Target::Reference),
    ("service_event.waited_s", Target::WaitedS),
    ("service_event.served_s", Target::ServedS),
    ("service_event.resolved_first_contact", Target::Resolved),
    ("-", Target::Ignored),
];
const ANSWERS: &str = "answers.";
const ATTRIBUTES: [&str; 2] = ["context.attributes.", "attribute."];

impl Target {
    /// A field, or a question with `answers.` in front or without, `QUESTION.OPTION`,
    /// `QUESTION.other`.
    pub fn parse(name: &str, survey: &Survey) -> Option<Self> {
        if let Some((_, target)) = FIELDS.iter().find(|(field, _)| *field == name) {
            return Some(target.clone());
        }
        let attribute = ATTRIBUTES.iter().find_map(|prefix| name.strip_prefix(prefix));
        if let Some(attribute) = attribute.filter(|attribute| !attribute.is_empty()) {
            return Some(Self::Attribute(attribute.to_owned()));
        }
        let name = name.strip_prefix(ANSWERS).unwrap_or(name);
        let place = |key: &str| survey.questions.iter().position(|question| question.key == key);
        if let Some(question) = place(name) {
            return Some(Self::Answer(question));
        }
        let (question, end) = name.rsplit_once('.')?;
        let question = place(question)?;
        let Kind::Choice { options, other, .. } = &survey.questions[question].kind else {
            return None;
        };
        let option = options.iter().position(|option| option.key == end);
        let option = option.map(|option| Self::Option(question, option));
        option.or((*other && end == OTHER).then_some(Self::Other(question)))
    }

    pub fn name(&self, survey: &Survey) -> String {
        let key = |question: usize| survey.questions.get(question).map_or("", |q| q.key.as_str());
        match self {
            Self::Attribute(name) => format!("attribute.{name}"),
            Self::Answer(question) => format!("{ANSWERS}{}", key(*question)),
            Self::Other(question) => format!("{ANSWERS}{}.{OTHER}", key(*question)),
            Self::Option(question, option) => {
                let kind = survey.questions.get(*question).map(|question| &question.kind);
                let option = match kind {
                    Some(Kind::Choice { options, .. }) => options.get(*option),
                    _ => None,
                };
                format!("{ANSWERS}{}.{}", key(*question), option.map_or("", |o| o.key.as_str()))
            }
            field => FIELDS.iter().find(|(_, known)| known == field).map_or("", |f| f.0).to_owned(),
        }
    }

    /// Whether several columns may become one field.
    fn takes_many(&self, survey: &Survey) -> bool {
        match self {
            Self::Tags | Self::Ignored => true,
            Self::Answer(question) => {
                matches!(survey.questions[*question].kind, Kind::Text { .. } | Kind::Choice { .. })
            }
            _ => false,
        }
    }

    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Answer(_) | Self::Option(..) | Self::Other(_))
    }
}

/// `TARGET=COLUMN`, as told; the column by its name, or by its number as `#3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub target: String,
    pub column: String,
}

impl Pair {
    pub fn parse(text: &str) -> Result<Self, String> {
        let pair = text.split_once('=');
        let pair = pair.filter(|(target, column)| !target.trim().is_empty() && !column.is_empty());
        let (target, column) =
            pair.ok_or("takes FIELD=COLUMN, such as recommend=\"How likely\" or id=#1")?;
        Ok(Self { target: target.trim().to_owned(), column: column.trim().to_owned() })
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.target, self.column)
    }
}

/// By column.
pub struct Mapping {
    pub targets: Vec<Option<(Target, Because)>>,
}

/// Rows of which the cells are looked at for a guess.
pub const SAMPLE_ROWS: usize = 500;

impl Mapping {
    /// What was told comes first, then the shape, the names, and at last what is in the cells.
    pub fn of(
        table: &Table,
        shape: Option<&Shape>,
        survey: &Survey,
        told: &[Pair],
        samples: &[Vec<String>],
    ) -> Result<Self, MapError> {
        let columns = &table.columns;
        let mut targets = vec![None; columns.len()];
        for pair in told {
            let target = Target::parse(&pair.target, survey);
            let target = target.ok_or_else(|| MapError::NoTarget(pair.clone()))?;
            let column = find_column(columns, pair)?;
            let taken = |(told, _): &(Target, Because)| *told == target;
            if targets.iter().flatten().any(taken) && !target.takes_many(survey) {
                return Err(MapError::Twice(pair.clone()));
            }
            targets[column] = Some((target, Because::Told));
        }
        by_shape(columns, shape, &mut targets);
        guess::by_name(columns, survey, &mut targets);
        guess::by_content(samples, survey, &mut targets);
        Ok(Self { targets })
    }

    pub fn of_column(&self, column: usize) -> Option<&Target> {
        self.targets.get(column)?.as_ref().map(|(target, _)| target)
    }

    pub fn column_of(&self, target: &Target) -> Option<usize> {
        (0..self.targets.len()).find(|column| self.of_column(*column) == Some(target))
    }

    pub fn has_answers(&self) -> bool {
        self.targets.iter().flatten().any(|(target, _)| target.is_answer())
    }
}

fn by_shape(columns: &[Column], shape: Option<&Shape>, targets: &mut [Option<(Target, Because)>]) {
    let Some(shape) = shape else { return };
    for (place, column) in columns.iter().enumerate() {
        let Some(target) = shape.target(&column.name) else { continue };
        let taken = targets.iter().flatten().any(|(taken, _)| taken == target);
        if targets[place].is_none() && (!taken || *target == Target::Ignored) {
            targets[place] = Some((target.clone(), Because::Shape));
        }
    }
}

/// The one that was told, by its number, its name, or nearly its name.
pub fn find_column(columns: &[Column], pair: &Pair) -> Result<usize, MapError> {
    if let Some(number) = pair.column.strip_prefix('#').and_then(|text| text.parse().ok()) {
        let number: usize = number;
        let column = number.checked_sub(1).filter(|column| *column < columns.len());
        return column.ok_or_else(|| MapError::NoColumn(pair.clone()));
    }
    let exact = |column: &Column| column.name == pair.column;
    let alike = |column: &Column| {
        let is = |words: &str| plain(words) == plain(&pair.column);
        is(&column.name) || column.label.as_deref().is_some_and(is)
    };
    for fits in [&exact as &dyn Fn(&Column) -> bool, &alike] {
        let mut found = (0..columns.len()).filter(|place| fits(&columns[*place]));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => return Err(MapError::ManyColumns(pair.clone())),
            (Some(place), None) => return Ok(place),
            _ => {}
        }
    }
    Err(MapError::NoColumn(pair.clone()))
}
