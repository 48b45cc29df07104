//! What a cell counts, and which position of its counts means what.
//!
//! A question that changes its kind, scale or options in a new version of the survey becomes
//! another measure: different scales are never summed by accident.

use serde::{Deserialize, Serialize};
use shared::summary::BAND_ENDS_S;
use shared::survey::{Kind, Question};

/// Positions in the counts of a question's cell.
pub const SKIPPED: usize = 0;
/// For scores: the first of the scale; the others follow.
pub const SCORES: usize = 1;
/// For choices and texts.
pub const ANSWERED: usize = 1;
/// For choices: the first option; after the last comes the free "other".
pub const OPTIONS: usize = 2;
/// For durations: the bands from 0, then the sum of the seconds.
pub const BANDS: usize = BAND_ENDS_S.len() + 1;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Measure {
    /// Number of the survey in the site's list.
    pub survey: u32,
    pub kind: MeasureKind,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MeasureKind {
    Responses,
    Waited,
    Served,
    Nps { question: String, metric: String },
    Rating { question: String, metric: String, scale: u8 },
    Ces { question: String, metric: String },
    Choice { question: String, options: Vec<String> },
    Text { question: String },
}

impl Measure {
    pub const fn responses(survey: u32) -> Self {
        Self { survey, kind: MeasureKind::Responses }
    }

    pub fn of_question(survey: u32, question: &Question) -> Self {
        let (key, metric) = (question.key.clone(), question.measures().unwrap_or_default());
        let metric = metric.to_owned();
        let kind = match &question.kind {
            Kind::Nps => MeasureKind::Nps { question: key, metric },
            Kind::Rating { scale, .. } => {
                MeasureKind::Rating { question: key, metric, scale: *scale }
            }
            Kind::Ces => MeasureKind::Ces { question: key, metric },
            Kind::Choice { options, .. } => MeasureKind::Choice {
                question: key,
                options: options.iter().map(|option| option.key.clone()).collect(),
            },
            // A statement has its place among the measures, and no counts.
            Kind::Text { .. } | Kind::Statement => MeasureKind::Text { question: key },
        };
        Self { survey, kind }
    }

    /// Whether it counts a survey's responses.
    pub fn is_of_survey(&self) -> bool {
        self.kind == MeasureKind::Responses
    }

    pub fn question(&self) -> Option<&str> {
        match &self.kind {
            MeasureKind::Responses | MeasureKind::Waited | MeasureKind::Served => None,
            MeasureKind::Nps { question, .. }
            | MeasureKind::Rating { question, .. }
            | MeasureKind::Ces { question, .. }
            | MeasureKind::Choice { question, .. }
            | MeasureKind::Text { question } => Some(question),
        }
    }

    pub fn metric(&self) -> Option<&str> {
        match &self.kind {
            MeasureKind::Nps { metric, .. }
            | MeasureKind::Rating { metric, .. }
            | MeasureKind::Ces { metric, .. } => Some(metric),
            _ => None,
        }
    }
}

/// The numbers of everything that a version of a survey measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutMeasures {
    pub responses: u32,
    pub waited: u32,
    pub served: u32,
    /// In the order of the survey's questions.
    pub questions: Vec<u32>,
}

/// The band of a duration.
pub fn band(seconds: u32) -> usize {
    // Without a branch: this runs for every row of a large count.
    BAND_ENDS_S.iter().filter(|end| seconds >= **end).count()
}

pub fn duration_growth(seconds: u32) -> Vec<(usize, u64)> {
    vec![(band(seconds), 1), (BANDS, u64::from(seconds))]
}
