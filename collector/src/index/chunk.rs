//! Up to 65,535 rows of one layout, column by column. Never changed once made.

use super::codes::{self, Codes};
use super::row::{Answers, Layout, Profile, Row};

/// So that numbers of values fit 16 bits.
pub const ROWS_MAX: usize = 65_535;

/// In the place of a duration that is not known.
const UNKNOWN: u32 = u32::MAX;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    pub layout: Layout,
    pub days: Vec<i32>,
    pub ms: Vec<u32>,
    pub profiles: Codes<Profile>,
    pub pages: Codes<u32>,
    pub labels: Codes<Vec<u32>>,
    /// Empty where no row has one.
    pub waited_s: Vec<u32>,
    pub served_s: Vec<u32>,
    pub answers: Codes<Answers>,
    /// First and last day.
    pub span: (i32, i32),
    /// Memory of the columns.
    pub bytes: usize,
}

impl Chunk {
    /// `rows`: at least one, all of one layout.
    pub fn build<'a>(rows: impl ExactSizeIterator<Item = &'a Row> + Clone) -> Self {
        let layout = rows.clone().next().map(|row| row.layout).unwrap_or_default();
        let mut chunk = Self {
            layout,
            days: rows.clone().map(|row| row.day).collect(),
            ms: rows.clone().map(|row| row.ms).collect(),
            profiles: Codes::build(rows.clone().map(|row| &row.profile)),
            pages: Codes::build(rows.clone().map(|row| &row.page)),
            labels: Codes::build(rows.clone().map(|row| &row.labels)),
            waited_s: durations(rows.clone().map(|row| row.waited_s)),
            served_s: durations(rows.clone().map(|row| row.served_s)),
            answers: Codes::build(rows.map(|row| &row.answers)),
            span: (0, 0),
            bytes: 0,
        };
        chunk.measure();
        chunk
    }

    /// The rows of several chunks of one layout, those that `keep` says, in one.
    pub fn concat(parts: &[(&Self, &dyn Fn(usize) -> bool)]) -> Self {
        let first = parts.first().map(|(chunk, _)| *chunk);
        let mut chunk = Self {
            layout: first.map(|chunk| chunk.layout).unwrap_or_default(),
            days: joined(parts, |chunk| &chunk.days),
            ms: joined(parts, |chunk| &chunk.ms),
            profiles: Codes::concat(&columns(parts, |chunk| &chunk.profiles)),
            pages: Codes::concat(&columns(parts, |chunk| &chunk.pages)),
            labels: Codes::concat(&columns(parts, |chunk| &chunk.labels)),
            waited_s: joined_durations(parts, |chunk| &chunk.waited_s),
            served_s: joined_durations(parts, |chunk| &chunk.served_s),
            answers: Codes::concat(&columns(parts, |chunk| &chunk.answers)),
            span: (0, 0),
            bytes: 0,
        };
        chunk.measure();
        chunk
    }

    /// Notes what is asked often: the span of days, and the memory.
    pub fn measure(&mut self) {
        let days = self.days.iter().copied();
        self.span = (days.clone().min().unwrap_or(0), days.max().unwrap_or(0));
        self.bytes = self.count_bytes();
    }

    pub const fn len(&self) -> usize {
        self.days.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    pub fn waited(&self, row: usize) -> Option<u32> {
        self.waited_s.get(row).copied().filter(|seconds| *seconds != UNKNOWN)
    }

    pub fn served(&self, row: usize) -> Option<u32> {
        self.served_s.get(row).copied().filter(|seconds| *seconds != UNKNOWN)
    }

    /// # Panics
    /// Where the chunk has no such row.
    pub fn row(&self, row: usize) -> Row {
        Row {
            layout: self.layout,
            day: self.days[row],
            ms: self.ms[row],
            profile: *self.profiles.get(row),
            page: *self.pages.get(row),
            labels: self.labels.get(row).clone(),
            waited_s: self.waited(row),
            served_s: self.served(row),
            answers: self.answers.get(row).clone(),
        }
    }

    /// Whether the columns fit each other, for a chunk that was read from a file.
    pub fn is_sound(&self) -> bool {
        let rows = self.len();
        let full = |len: usize| len == rows;
        let full_or_none = |len: usize| len == rows || len == 0;
        (1..=ROWS_MAX).contains(&rows)
            && full(self.ms.len())
            && full_or_none(self.waited_s.len())
            && full_or_none(self.served_s.len())
            && self.profiles.is_sound(rows)
            && self.pages.is_sound(rows)
            && self.labels.is_sound(rows)
            && self.answers.is_sound(rows)
    }

    fn count_bytes(&self) -> usize {
        let numbers = self.days.len() + self.ms.len() + self.waited_s.len() + self.served_s.len();
        let answers = |answers: &Answers| {
            let picks = answers.picks.iter().map(|(_, p)| size_of::<Vec<u16>>() + p.len() * 2);
            answers.codes.len() + picks.sum::<usize>()
        };
        numbers * 4
            + self.profiles.bytes(|_| 0)
            + self.pages.bytes(|_| 0)
            + self.labels.bytes(|labels| labels.len() * size_of::<u32>())
            + self.answers.bytes(answers)
    }
}

fn durations(rows: impl Iterator<Item = Option<u32>>) -> Vec<u32> {
    let column: Vec<u32> = rows.map(|seconds| seconds.unwrap_or(UNKNOWN)).collect();
    if column.iter().all(|seconds| *seconds == UNKNOWN) { Vec::new() } else { column }
}

type Part<'a> = (&'a Chunk, &'a dyn Fn(usize) -> bool);

fn columns<'a, T>(
    parts: &[Part<'a>],
    of: impl Fn(&'a Chunk) -> &'a Codes<T>,
) -> Vec<codes::Part<'a, T>> {
    parts.iter().map(|(chunk, keep)| (of(chunk), chunk.len(), *keep)).collect()
}

fn joined<'a, T: Copy + 'a>(parts: &[Part<'a>], of: impl Fn(&'a Chunk) -> &'a Vec<T>) -> Vec<T> {
    let kept = parts.iter().flat_map(|(chunk, keep)| {
        of(chunk).iter().enumerate().filter(|(row, _)| keep(*row)).map(|(_, value)| *value)
    });
    kept.collect()
}

fn joined_durations<'a>(parts: &[Part<'a>], of: impl Fn(&'a Chunk) -> &'a Vec<u32>) -> Vec<u32> {
    let rows = parts.iter().flat_map(|(chunk, keep)| {
        let column = of(chunk);
        (0..chunk.len()).filter(|row| keep(*row)).map(|row| column.get(row).copied())
    });
    durations(rows.map(|seconds| seconds.filter(|seconds| *seconds != UNKNOWN)))
}
