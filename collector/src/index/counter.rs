//! Counts the rows of one chunk by the groups that they were given.

use super::chunk::Chunk;
use super::codes::Codes;
use super::query::Groups;
use super::row::Answers;
use crate::fold::{AFTER_WAIT, BANDS, LayoutMeasures, band, wait_band};
use shared::summary::WAIT_BANDS;

/// Larger tables are not made: rows are taken one by one.
pub const TABLE_MAX: usize = 1 << 22;

pub struct Counter<'a> {
    chunk: &'a Chunk,
    /// For each row the place of its group in `groups`, from 1; 0 for rows left out.
    bins: Vec<u32>,
    groups: &'a [u64],
}

impl<'a> Counter<'a> {
    pub const fn new(chunk: &'a Chunk, bins: Vec<u32>, groups: &'a [u64]) -> Self {
        Self { chunk, bins, groups }
    }

    /// Measures with the number 0 are not counted.
    pub fn count(&self, measures: &LayoutMeasures, groups: &mut Groups) {
        if self.bins.iter().all(|bin| *bin == 0) {
            return;
        }
        if self.chunk.answers.values.len() * (self.groups.len() + 1) > TABLE_MAX {
            self.answers_by_row(measures, groups);
        } else {
            self.answers(measures, groups);
        }
        for (measure, column) in
            [(measures.waited, &self.chunk.waited_s), (measures.served, &self.chunk.served_s)]
        {
            if !column.is_empty() && measure != 0 {
                self.durations(measure, column, groups);
            }
        }
        if measures.resolved != 0 {
            self.resolved(measures.resolved, groups);
        }
        if measures.wait_bands != 0 && !self.chunk.waited_s.is_empty() {
            self.after_waiting(measures, groups);
        }
    }

    fn resolved(&self, measure: u32, groups: &mut Groups) {
        let profiles = &self.chunk.profiles;
        if profiles.values.iter().all(|profile| profile.resolved == 0) {
            return;
        }
        let mut counts = vec![[0, 0]; self.groups.len() + 1];
        for (row, bin) in self.bins.iter().enumerate() {
            if let Some(resolved) = profiles.get(row).resolved() {
                counts[*bin as usize][usize::from(resolved)] += 1;
            }
        }
        for (counts, group) in counts.iter().skip(1).zip(self.groups) {
            put(groups, *group, measure, counts);
        }
    }

    /// What was answered by each group after each band of waiting: the groups are split by bands, and
    /// the rows whose waiting time is known are counted once for each scored question.
    fn after_waiting(&self, measures: &LayoutMeasures, groups: &mut Groups) {
        let answers = &self.chunk.answers;
        let rows: Vec<(usize, usize)> = self
            .wait_bins()
            .enumerate()
            .filter(|(_, bin)| *bin != 0)
            .map(|(row, bin)| (bin - 1, answers.code(row)))
            .collect();
        if rows.is_empty() {
            return;
        }
        let waits = self.by_bands(1, rows.iter().map(|(bin, _)| *bin));
        for (group, counts) in self.groups.iter().zip(waits.chunks_exact(WAIT_BANDS.len())) {
            put(groups, *group, measures.wait_bands, counts);
        }
        let scored = measures.after_wait.iter().enumerate().filter(|(_, measure)| **measure != 0);
        for (question, measure) in scored {
            // 0 where it was not asked, then the positions of its cell.
            let code = |of: &Answers| usize::from(of.codes.get(question).copied().unwrap_or(0));
            let codes = answers.map(code);
            let width = AFTER_WAIT + 1;
            let places = rows.iter().map(|(bin, answer)| bin * width + codes[*answer]);
            let counts = self.by_bands(width, places);
            let of_groups = counts.chunks_exact(width * WAIT_BANDS.len());
            for (group, of_bands) in self.groups.iter().zip(of_groups) {
                let asked = of_bands.chunks_exact(width).flat_map(|counts| &counts[1..]);
                put(groups, *group, *measure, &asked.copied().collect::<Vec<_>>());
            }
        }
    }

    /// Counts places, so many for each group and band.
    fn by_bands(&self, width: usize, places: impl Iterator<Item = usize>) -> Vec<u64> {
        let mut counts = vec![0; self.groups.len() * WAIT_BANDS.len() * width];
        places.for_each(|place| counts[place] += 1);
        counts
    }

    /// For each row the place of its group and band, from 1; 0 where either is not known.
    fn wait_bins(&self) -> impl Iterator<Item = usize> {
        self.bins.iter().zip(&self.chunk.waited_s).map(|(bin, seconds)| match (*bin, *seconds) {
            (0, _) | (_, u32::MAX) => 0,
            (bin, seconds) => (bin as usize - 1) * WAIT_BANDS.len() + wait_band(seconds) + 1,
        })
    }

    /// How often each group gave each of the chunk's different answers, and from that the counts of
    /// the questions: a row is looked at once, however many questions there are.
    fn answers(&self, measures: &LayoutMeasures, groups: &mut Groups) {
        let answers = &self.chunk.answers;
        let kinds = answers.values.len();
        let table = cross(&self.bins, &answers.codes, kinds, self.groups.len() + 1);
        let mut questions = Questions::new(measures, answers);
        for (group, counts) in self.groups.iter().zip(table.chunks_exact(kinds).skip(1)) {
            questions.clear();
            let given = counts.iter().zip(&answers.values).filter(|(count, _)| **count != 0);
            for (count, answers) in given {
                answers.each(|question, position| questions.add(question, position, *count));
            }
            questions.put(*group, groups);
            put(groups, *group, measures.responses, &[counts.iter().sum()]);
        }
    }

    /// The same where there are too many groups for a table.
    fn answers_by_row(&self, measures: &LayoutMeasures, groups: &mut Groups) {
        let wanted = |question: usize| measures.questions.get(question).copied().unwrap_or(0);
        for (row, bin) in self.bins.iter().enumerate().filter(|(_, bin)| **bin != 0) {
            let counted = groups.entry(self.groups[*bin as usize - 1]).or_default();
            if measures.responses != 0 {
                counted.entry(measures.responses).or_default().add(&[(0, 1)]);
            }
            self.chunk.answers.get(row).each(|question, position| {
                if wanted(question) != 0 {
                    counted.entry(wanted(question)).or_default().add(&[(position, 1)]);
                }
            });
        }
    }

    fn durations(&self, measure: u32, column: &[u32], groups: &mut Groups) {
        const WIDTH: usize = BANDS + 1;
        let mut counts = vec![0; WIDTH * (self.groups.len() + 1)];
        for (bin, seconds) in self.bins.iter().zip(column).filter(|(_, s)| **s != u32::MAX) {
            let at = *bin as usize * WIDTH;
            counts[at + band(*seconds)] += 1;
            counts[at + BANDS] += u64::from(*seconds);
        }
        for (counts, group) in counts.chunks_exact(WIDTH).skip(1).zip(self.groups) {
            put(groups, *group, measure, counts);
        }
    }
}

/// Adds counts to a group's measure, where there are any and the measure is wanted.
fn put(groups: &mut Groups, group: u64, measure: u32, counts: &[u64]) {
    let last = counts.iter().rposition(|count| *count != 0);
    if let (Some(last), true) = (last, measure != 0) {
        groups.entry(group).or_default().entry(measure).or_default().merge(&counts[..=last]);
    }
}

/// Two columns counted against each other: `width` counts for each bin below `height`.
fn cross(bins: &[u32], codes: &[u16], width: usize, height: usize) -> Vec<u64> {
    /// Neighbouring rows often count at the same place, and each would wait for the one before.
    const LANES: usize = 4;
    const LANE_MAX: usize = 1 << 13;
    let size = width * height;
    let lanes = if size <= LANE_MAX { LANES } else { 1 };
    let mut counts = vec![0_u32; size * lanes];
    let place =
        |row: usize| bins[row] as usize * width + codes.get(row).copied().map_or(0, usize::from);
    // A constant step: dividing by a number of lanes that is not known costs more than counting.
    let whole = if lanes == LANES { bins.len() / LANES * LANES } else { 0 };
    for row in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            counts[lane * size + place(row + lane)] += 1;
        }
    }
    for row in whole..bins.len() {
        counts[place(row)] += 1;
    }
    let sum = |at: usize| (0..lanes).map(|lane| u64::from(counts[lane * size + at])).sum();
    (0..size).map(sum).collect()
}

/// Counts of the questions of one layout, for one group at a time.
struct Questions<'a> {
    measures: &'a [u32],
    /// Where each question's counts begin, and how many there are.
    places: Vec<(usize, usize)>,
    counts: Vec<u64>,
}

impl<'a> Questions<'a> {
    fn new(measures: &'a LayoutMeasures, answers: &Codes<Answers>) -> Self {
        let mut widths = vec![0; measures.questions.len()];
        for answers in &answers.values {
            answers.each(|question, position| {
                if let Some(width) = widths.get_mut(question) {
                    *width = (position + 1).max(*width);
                }
            });
        }
        let mut end = 0;
        let place = |width: usize| {
            end += width;
            (end - width, width)
        };
        let places: Vec<_> = widths.into_iter().map(place).collect();
        Self { measures: &measures.questions, places, counts: vec![0; end] }
    }

    fn clear(&mut self) {
        self.counts.fill(0);
    }

    fn add(&mut self, question: usize, position: usize, count: u64) {
        if let Some((start, _)) = self.places.get(question) {
            self.counts[start + position] += count;
        }
    }

    fn put(&self, group: u64, groups: &mut Groups) {
        for (measure, (start, width)) in self.measures.iter().zip(&self.places) {
            put(groups, group, *measure, &self.counts[*start..start + width]);
        }
    }
}
