//! Counting rows: which ones, in which groups. A chunk at a time: first every row gets the number
//! of its group, or 0 where it is left out, then each column is counted by those numbers.

use super::chunk::Chunk;
use super::codes::Codes;
use super::counter::{Counter, TABLE_MAX};
use super::row::{CodeRange, Layout, Profile};
use super::table::{Held, Table};
use crate::fold::{Cell, LayoutMeasures};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Below this many rows a second thread costs more than it saves.
const ROWS_FOR_THREADS: usize = 200_000;
const THREADS_MAX: usize = 4;

/// A moment: the day, and the milliseconds since it began.
pub type Moment = (i32, u32);

pub struct Query<'a> {
    pub from: Option<Moment>,
    /// Not included.
    pub to: Option<Moment>,
    pub profile: &'a (dyn Fn(&Profile) -> bool + Sync),
    pub page: Option<u32>,
    /// All of them.
    pub labels: &'a [u32],
    /// How long people waited, in seconds: from the first up to, not including, the second.
    pub waited_s: Option<(u32, u32)>,
    /// Any of these questions answered within its range.
    pub scores: Option<&'a [(Layout, Vec<CodeRange>)]>,
    pub group: Group<'a>,
}

pub enum Group<'a> {
    One,
    Profile(&'a (dyn Fn(&Profile) -> u64 + Sync)),
    Day(&'a (dyn Fn(i32) -> u64 + Sync)),
    /// Day, channel and service in one number: see `day_place`.
    DayPlace,
    Page,
    /// A row counts in each of its groups.
    Labels(&'a (dyn Fn(&[u32]) -> Vec<u64> + Sync)),
    Layout(&'a (dyn Fn(Layout) -> u64 + Sync)),
}

/// What is counted: the measures of a layout, `None` where none is wanted.
pub type Measured<'a> = &'a (dyn Fn(Layout) -> Option<Arc<LayoutMeasures>> + Sync);

/// Counts by measure.
pub type Counted = BTreeMap<u32, Cell>;
pub type Groups = BTreeMap<u64, Counted>;

/// The number of `Group::DayPlace`. A site has fewer than 2^16 channels and services.
pub const fn day_place(day: i32, profile: &Profile) -> u64 {
    (day.cast_unsigned() as u64) << 32
        | ((profile.channel & 0xffff) << 16 | profile.service & 0xffff) as u64
}

/// Day, channel and service of the number.
pub const fn read_day_place(number: u64) -> (i32, u32, u32) {
    let place = (number & 0xffff_ffff) as u32;
    (((number >> 32) as u32).cast_signed(), place >> 16, place & 0xffff)
}

pub fn count(table: &Table, query: &Query<'_>, measured: Measured<'_>) -> Groups {
    let chunks: Vec<(&Held, Arc<LayoutMeasures>)> = table
        .shelves()
        .filter_map(|(layout, shelf)| Some((shelf, measured(*layout)?)))
        .flat_map(|(shelf, measures)| shelf.all().map(move |held| (held, Arc::clone(&measures))))
        .filter(|(held, _)| query.reaches(held.chunk.span))
        .collect();
    let rows: usize = chunks.iter().map(|(held, _)| held.chunk.len()).sum();
    let threads = match rows {
        ..ROWS_FOR_THREADS => 1,
        _ => std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX),
    };
    let share = chunks.len().div_ceil(threads).max(1);
    let mut parts = chunks.chunks(share).map(|part| move || count_part(part, query));
    let Some(own) = parts.next() else { return Groups::new() };
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(part)).collect();
        let mut groups = own();
        for other in others {
            let counted = other.join().expect("counting does not panic");
            counted
                .into_iter()
                .for_each(|(group, more)| merge(groups.entry(group).or_default(), &more));
        }
        groups
    })
}

fn merge(counted: &mut Counted, more: &Counted) {
    for (measure, cell) in more {
        counted.entry(*measure).or_default().merge(cell.counts());
    }
}

fn count_part(chunks: &[(&Held, Arc<LayoutMeasures>)], query: &Query<'_>) -> Groups {
    let mut groups = Groups::new();
    for (held, measures) in chunks {
        let mut bins = Bins::default();
        let base = bins.number(held, query);
        match &query.group {
            Group::Labels(of) => {
                let sets = held.chunk.labels.map(|labels| of(labels));
                let sets: Vec<Vec<u32>> = sets
                    .into_iter()
                    .map(|set| set.into_iter().map(|g| bins.of(g)).collect())
                    .collect();
                for round in 0..sets.iter().map(Vec::len).max().unwrap_or_default() {
                    let table: Vec<u32> =
                        sets.iter().map(|set| set.get(round).copied().unwrap_or(0)).collect();
                    let rows = (0..base.len()).map(|row| match base[row] {
                        0 => 0,
                        _ => table[held.chunk.labels.code(row)],
                    });
                    Counter::new(&held.chunk, rows.collect(), &bins.groups)
                        .count(measures, &mut groups);
                }
            }
            _ => Counter::new(&held.chunk, base, &bins.groups).count(measures, &mut groups),
        }
    }
    groups
}

impl Query<'_> {
    fn reaches(&self, (first, last): (i32, i32)) -> bool {
        self.from.is_none_or(|(day, _)| last >= day) && self.to.is_none_or(|to| (first, 0) < to)
    }
}

/// Groups of a chunk by small numbers, from 1.
#[derive(Default)]
struct Bins {
    numbers: BTreeMap<u64, u32>,
    groups: Vec<u64>,
}

impl Bins {
    fn of(&mut self, group: u64) -> u32 {
        *self.numbers.entry(group).or_insert_with(|| {
            self.groups.push(group);
            u32::try_from(self.groups.len()).expect("fewer groups than rows")
        })
    }

    /// The group of each row, 0 for those left out; for groups by labels only whether it is in.
    fn number(&mut self, held: &Held, query: &Query<'_>) -> Vec<u32> {
        let chunk = held.chunk.as_ref();
        let mut table: Vec<u32> = Vec::with_capacity(chunk.profiles.values.len());
        for profile in &chunk.profiles.values {
            let group = match &query.group {
                Group::Profile(of) => of(profile),
                Group::Layout(of) => of(chunk.layout),
                _ => 0,
            };
            table.push(if (query.profile)(profile) { self.of(group) } else { 0 });
        }
        let mut bins: Vec<u32> = match chunk.profiles.codes.as_slice() {
            [] => vec![table.first().copied().unwrap_or(0); chunk.len()],
            codes => codes.iter().map(|code| table[usize::from(*code)]).collect(),
        };
        self.leave_out(held, query, &mut bins);
        match &query.group {
            Group::Day(of) => self.by_day(chunk, *of, &mut bins),
            Group::DayPlace => self.by_day_place(chunk, &mut bins),
            Group::Page => {
                let table: Vec<u32> =
                    chunk.pages.values.iter().map(|page| self.of(u64::from(*page))).collect();
                for (row, bin) in bins.iter_mut().enumerate() {
                    *bin = mask(*bin != 0) & table[chunk.pages.code(row)];
                }
            }
            _ => {}
        }
        bins
    }

    fn leave_out(&self, held: &Held, query: &Query<'_>, bins: &mut [u32]) {
        let chunk = held.chunk.as_ref();
        if held.dead.is_some() {
            for (row, bin) in bins.iter_mut().enumerate() {
                *bin &= mask(!held.is_dead(row));
            }
        }
        if let Some(from) = query.from.filter(|from| (chunk.span.0, 0) < *from) {
            narrow_by_time(bins, chunk, |time| time >= instant(from));
        }
        if let Some(to) = query.to.filter(|to| (chunk.span.1, u32::MAX) >= *to) {
            narrow_by_time(bins, chunk, |time| time < instant(to));
        }
        if let Some(page) = query.page {
            narrow_by_code(bins, &chunk.pages, |known| *known == page);
        }
        if !query.labels.is_empty() {
            let all = |labels: &Vec<u32>| query.labels.iter().all(|label| labels.contains(label));
            narrow_by_code(bins, &chunk.labels, all);
        }
        if let Some((from, to)) = query.waited_s {
            for (row, bin) in bins.iter_mut().enumerate() {
                *bin &=
                    mask(chunk.waited(row).is_some_and(|seconds| (from..to).contains(&seconds)));
            }
        }
        if let Some(scores) = query.scores {
            let of = scores.iter().find(|(layout, _)| *layout == chunk.layout);
            let ranges = of.map(|(_, ranges)| ranges.as_slice()).unwrap_or_default();
            narrow_by_code(bins, &chunk.answers, |answers| answers.is_within(ranges));
        }
    }

    fn by_day(&mut self, chunk: &Chunk, of: &(dyn Fn(i32) -> u64 + Sync), bins: &mut [u32]) {
        let (first, last) = chunk.span;
        // A day is numbered when a row first needs it: the span of an import can be long.
        let mut table: Vec<u32> = vec![0; (last - first) as usize + 1];
        for (bin, day) in bins.iter_mut().zip(&chunk.days).filter(|(bin, _)| **bin != 0) {
            let number = &mut table[(day - first) as usize];
            if *number == 0 {
                *number = self.of(of(*day));
            }
            *bin = *number;
        }
    }

    fn by_day_place(&mut self, chunk: &Chunk, bins: &mut [u32]) {
        let (first, last) = chunk.span;
        let (days, profiles) = ((last - first) as usize + 1, chunk.profiles.values.len());
        let mut table =
            if days * profiles <= TABLE_MAX { vec![0; days * profiles] } else { Vec::new() };
        for (row, bin) in bins.iter_mut().enumerate().filter(|(_, bin)| **bin != 0) {
            let (day, code) = (chunk.days[row], chunk.profiles.code(row));
            let group = || day_place(day, &chunk.profiles.values[code]);
            *bin = match table.get_mut((day - first) as usize * profiles + code) {
                Some(0) | None => self.of(group()),
                Some(number) => *number,
            };
            if let Some(number) = table.get_mut((day - first) as usize * profiles + code) {
                *number = *bin;
            }
        }
    }
}

/// All bits or none: which rows are left is as good as random, and a wrongly guessed branch costs
/// more than all that is done for a row.
const fn mask(keep: bool) -> u32 {
    if keep { u32::MAX } else { 0 }
}

/// Leaves the rows whose value `keep` says.
fn narrow_by_code<T>(bins: &mut [u32], column: &Codes<T>, keep: impl Fn(&T) -> bool) {
    let masks: Vec<u32> = column.values.iter().map(|value| mask(keep(value))).collect();
    match masks.as_slice() {
        [] => {}
        [only] => bins.iter_mut().for_each(|bin| *bin &= only),
        _ if masks.iter().all(|mask| *mask != 0) => {}
        masks => {
            for (bin, code) in bins.iter_mut().zip(&column.codes) {
                *bin &= masks[usize::from(*code)];
            }
        }
    }
}

fn narrow_by_time(bins: &mut [u32], chunk: &Chunk, keep: impl Fn(i64) -> bool) {
    for ((bin, day), ms) in bins.iter_mut().zip(&chunk.days).zip(&chunk.ms) {
        *bin &= mask(keep(instant((*day, *ms))));
    }
}

/// A moment as one number, in the same order.
const fn instant((day, ms): Moment) -> i64 {
    (day as i64) << 32 | ms as i64
}
