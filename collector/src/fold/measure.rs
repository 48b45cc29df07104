//! What a cell counts, and which position of its counts means what.
//!
//! A question that changes its kind, scale or options in a new version of the survey becomes
//! another measure: different scales are never summed by accident.

use serde::{Deserialize, Serialize};
use shared::summary::{BAND_ENDS_S, WAIT_BAND_ENDS_S};
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
/// For first contacts.
pub const UNRESOLVED: usize = 0;
pub const RESOLVED: usize = 1;
/// For opinions after waiting: the positions of a question's cell, once for each band.
pub const AFTER_WAIT: usize = SCORES + SCORES_MAX;
/// The longest scale: 0 to 10.
const SCORES_MAX: usize = 11;

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
    Nps {
        question: String,
        metric: String,
    },
    Rating {
        question: String,
        metric: String,
        scale: u8,
    },
    Ces {
        question: String,
        metric: String,
    },
    Choice {
        question: String,
        options: Vec<String>,
    },
    Text {
        question: String,
    },
    /// Responses by whether the matter was resolved at the first contact.
    Resolved,
    /// Responses by the band of `WAIT_BANDS` that people waited.
    WaitBand,
    /// Scores of a question, by the band that people waited.
    AfterWait {
        of: Box<Self>,
    },
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

    /// The scores of this measure by how long people waited; `None` where it has no scores.
    pub fn after_wait(&self) -> Option<Self> {
        let kind = MeasureKind::AfterWait { of: Box::new(self.kind.clone()) };
        self.metric().map(|_| Self { survey: self.survey, kind })
    }

    /// Whether it counts a survey's responses.
    pub fn is_of_survey(&self) -> bool {
        self.kind == MeasureKind::Responses
    }

    pub fn question(&self) -> Option<&str> {
        self.kind.question()
    }

    pub fn metric(&self) -> Option<&str> {
        self.kind.metric()
    }
}

impl MeasureKind {
    /// Whether it counts something of every response, whatever was answered.
    pub const fn is_of_response(&self) -> bool {
        matches!(
            self,
            Self::Responses | Self::Waited | Self::Served | Self::Resolved | Self::WaitBand
        )
    }

    fn question(&self) -> Option<&str> {
        match self {
            Self::Responses | Self::Waited | Self::Served | Self::Resolved | Self::WaitBand => None,
            Self::Nps { question, .. }
            | Self::Rating { question, .. }
            | Self::Ces { question, .. }
            | Self::Choice { question, .. }
            | Self::Text { question } => Some(question),
            Self::AfterWait { of } => of.question(),
        }
    }

    fn metric(&self) -> Option<&str> {
        match self {
            Self::Nps { metric, .. } | Self::Rating { metric, .. } | Self::Ces { metric, .. } => {
                Some(metric)
            }
            Self::AfterWait { of } => of.metric(),
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
    pub resolved: u32,
    pub wait_bands: u32,
    /// In the order of the survey's questions.
    pub questions: Vec<u32>,
    /// The same questions after waiting; 0 for those without scores.
    pub after_wait: Vec<u32>,
}

impl LayoutMeasures {
    /// Whether a question's scores are counted by how long people waited.
    pub fn is_scored(&self, question: usize) -> bool {
        self.after_wait.get(question).is_some_and(|measure| *measure != 0)
    }
}

/// The band of a duration.
pub fn band(seconds: u32) -> usize {
    // Without a branch: this runs for every row of a large count.
    BAND_ENDS_S.iter().filter(|end| seconds >= **end).count()
}

/// The place in `WAIT_BANDS`.
pub fn wait_band(seconds: u32) -> usize {
    WAIT_BAND_ENDS_S.iter().filter(|end| seconds >= **end).count()
}

/// Where a position of a question's cell lies in its cell after waiting.
pub const fn after_wait(band: usize, position: usize) -> usize {
    band * AFTER_WAIT + position
}

pub fn duration_growth(seconds: u32) -> Vec<(usize, u64)> {
    vec![(band(seconds), 1), (BANDS, u64::from(seconds))]
}
