//! What is known of the files of other tools: which of their columns are the id and the time, which
//! lines are no answers. Shaped after their documentation, as far as it says; questions are found by
//! their names, as in any file.

use super::guess::plain;
use super::mapping::Target;
use super::rows::{Column, Row};

pub struct Shape {
    pub name: &'static str,
    pub about: &'static str,
    /// Columns that tell it from all others.
    signs: &'static [&'static str],
    /// The first sign has to be the first column.
    first: bool,
    /// Lines after the names that are part of the head.
    pub head_rows: usize,
    pub label: fn(&mut [Column], &[Row]),
    targets: &'static [(&'static str, Target)],
    /// Of times without an offset; else the site's zone.
    pub zone: Option<&'static str>,
    pub channel: Option<&'static str>,
    /// Rows with one of these words in this column are no answers.
    pub left_out: Option<(&'static str, &'static [&'static str])>,
    /// A time that stands for none.
    pub no_time: Option<&'static str>,
    /// Texts have a quote in front of what a spreadsheet would run.
    pub defused: bool,
}

const PLAIN: Shape = Shape {
    name: "",
    about: "",
    signs: &[],
    first: false,
    head_rows: 0,
    label: |_, _| {},
    targets: &[],
    zone: None,
    channel: None,
    left_out: None,
    no_time: None,
    defused: false,
};

pub const SHAPES: [Shape; 9] = [
    Shape {
        name: "ascolto",
        about: "ascolto export, CSV or JSON Lines",
        signs: &["id", "occurred_at", "received_at", "survey", "survey_version"],
        targets: &[
            ("id", Target::Id),
            ("occurred_at", Target::Date),
            ("received_at", Target::Ignored),
            ("survey", Target::Survey),
            ("survey_version", Target::Ignored),
        ],
        defused: true,
        ..PLAIN
    },
    Shape {
        name: "qualtrics",
        about: "Qualtrics, CSV or TSV with three lines of head",
        signs: &["ResponseId", "RecordedDate", "DistributionChannel"],
        head_rows: 2,
        label: label_qualtrics,
        targets: &[
            ("ResponseId", Target::Id),
            ("RecordedDate", Target::Date),
            ("UserLanguage", Target::Locale),
            ("StartDate", Target::Ignored),
            ("EndDate", Target::Ignored),
        ],
        left_out: Some(("Status", &["survey preview", "survey test", "spam"])),
        ..PLAIN
    },
    Shape {
        name: "surveymonkey",
        about: "SurveyMonkey, all responses as CSV with two lines of head",
        signs: &["Respondent ID", "Collector ID", "End Date"],
        head_rows: 1,
        label: label_surveymonkey,
        targets: &[
            ("Respondent ID", Target::Id),
            ("End Date", Target::Date),
            ("Start Date", Target::Ignored),
        ],
        ..PLAIN
    },
    Shape {
        name: "typeform",
        about: "Typeform, responses as CSV",
        signs: &["#", "Submit Date (UTC)"],
        targets: &[
            ("#", Target::Id),
            ("Submit Date (UTC)", Target::Date),
            ("Start Date (UTC)", Target::Ignored),
            ("Tags", Target::Ignored),
        ],
        zone: Some("UTC"),
        ..PLAIN
    },
    Shape {
        name: "limesurvey",
        about: "LimeSurvey, responses as CSV with question codes",
        signs: &["id", "submitdate", "lastpage", "startlanguage"],
        targets: &[
            ("id", Target::Id),
            ("submitdate", Target::Date),
            ("startlanguage", Target::Locale),
        ],
        no_time: Some("1980-01-01 00:00:00"),
        ..PLAIN
    },
    Shape {
        name: "google-reviews",
        about: "Google reviews as the Business Profile interface has them, JSON Lines",
        signs: &["reviewId", "starRating", "createTime"],
        targets: &[
            ("reviewId", Target::Id),
            ("createTime", Target::Date),
            ("updateTime", Target::Ignored),
        ],
        channel: Some("review"),
        ..PLAIN
    },
    Shape {
        name: "trustpilot",
        about: "Trustpilot reviews as its interface has them, JSON Lines",
        signs: &["id", "stars", "text", "createdAt"],
        targets: &[("id", Target::Id), ("createdAt", Target::Date), ("language", Target::Locale)],
        channel: Some("review"),
        ..PLAIN
    },
    Shape {
        name: "delighted",
        about: "Delighted survey responses as its interface has them, JSON Lines",
        signs: &["id", "score", "comment", "created_at"],
        targets: &[("id", Target::Id), ("created_at", Target::Date)],
        ..PLAIN
    },
    GOOGLE_FORMS,
];

const GOOGLE_FORMS: Shape = Shape {
    name: "google-forms",
    about: "Google Forms, responses as CSV or from its sheet",
    signs: &["Timestamp"],
    first: true,
    targets: &[("Timestamp", Target::Date), ("Informazioni cronologiche", Target::Date)],
    ..PLAIN
};

impl Shape {
    pub fn named(name: &str) -> Option<&'static Self> {
        SHAPES.iter().find(|shape| shape.name == name)
    }

    /// The first one that has all of its signs.
    pub fn recognised(columns: &[Column]) -> Option<&'static Self> {
        SHAPES.iter().find(|shape| shape.is_of(columns))
    }

    fn is_of(&self, columns: &[Column]) -> bool {
        let first = columns.first().map(|column| column.name.as_str());
        if self.first {
            return first.is_some_and(|name| self.targets.iter().any(|(known, _)| *known == name));
        }
        self.signs.iter().all(|sign| columns.iter().any(|column| column.name == *sign))
    }

    pub fn target(&self, column: &str) -> Option<&Target> {
        self.targets.iter().find(|(name, _)| *name == column).map(|(_, target)| target)
    }
}

/// The second line has the questions' words.
fn label_qualtrics(columns: &mut [Column], rows: &[Row]) {
    let Some(words) = rows.first() else { return };
    for (column, words) in columns.iter_mut().zip(&words.cells) {
        column.label = Some(words.clone()).filter(|words| !words.is_empty());
    }
}

/// The second line has the options of a question that has a column for each; the question is only
/// named above the first.
fn label_surveymonkey(columns: &mut [Column], rows: &[Row]) {
    let Some(second) = rows.first() else { return };
    let mut question = String::new();
    for (column, words) in columns.iter_mut().zip(&second.cells) {
        if !column.name.is_empty() {
            question.clone_from(&column.name);
        }
        let is_answer = matches!(plain(words).as_str(), "" | "response" | "open ended response");
        if column.name.is_empty() {
            column.name = format!("{question} {words}");
        } else if !is_answer {
            column.label = Some(format!("{question} {words}"));
        }
    }
}
