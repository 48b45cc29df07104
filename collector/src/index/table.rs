//! All rows of a site, by layout: full chunks, and a tail of the newest rows until they fill one.
//! Cloning is cheap, and a clone never changes: the writer's next commit copies what it touches.

use super::chunk::{Chunk, ROWS_MAX};
use super::query::Moment;
use super::row::{Layout, Row};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Rows that a commit may have to copy.
const TAIL_ROWS: usize = 2_048;
/// Small chunks that are joined at once; together they fit one chunk.
const JOINED: usize = ROWS_MAX / TAIL_ROWS;

#[derive(Clone, Debug, Default)]
pub struct Table(Arc<BTreeMap<Layout, Arc<Shelf>>>);

#[derive(Debug, Default)]
pub struct Shelf {
    chunks: Vec<Held>,
    tail: Vec<Arc<Row>>,
    /// The tail as a chunk, made when a reader first wants it.
    tail_chunk: OnceLock<Option<Held>>,
}

impl Clone for Shelf {
    fn clone(&self) -> Self {
        let (chunks, tail) = (self.chunks.clone(), self.tail.clone());
        Self { chunks, tail, tail_chunk: OnceLock::new() }
    }
}

/// A chunk and which of its rows were taken away.
#[derive(Clone, Debug)]
pub struct Held {
    pub chunk: Arc<Chunk>,
    /// A bit for each row; none where all are there.
    pub dead: Option<Arc<Vec<u64>>>,
    pub alive: usize,
}

impl Held {
    pub fn whole(chunk: Arc<Chunk>) -> Self {
        let alive = chunk.len();
        Self { chunk, dead: None, alive }
    }

    /// `None` where the bits do not fit the chunk.
    pub fn with_dead(chunk: Arc<Chunk>, dead: Vec<u64>) -> Option<Self> {
        let rows = chunk.len();
        let gone: usize = dead.iter().map(|bits| bits.count_ones() as usize).sum();
        (dead.len() == rows.div_ceil(64) && gone <= rows).then(|| Self {
            chunk,
            dead: Some(Arc::new(dead)),
            alive: rows - gone,
        })
    }

    pub fn is_dead(&self, row: usize) -> bool {
        self.dead.as_ref().is_some_and(|dead| dead[row / 64] >> (row % 64) & 1 == 1)
    }

    fn kill(&mut self, row: usize) {
        let words = self.chunk.len().div_ceil(64);
        let dead = self.dead.get_or_insert_with(|| Arc::new(vec![0; words]));
        Arc::make_mut(dead)[row / 64] |= 1 << (row % 64);
        self.alive -= 1;
    }

    /// Where an equal row lies that is still there.
    fn find(&self, row: &Row) -> Option<usize> {
        let (first, last) = self.chunk.span;
        if !(first..=last).contains(&row.day) {
            return None;
        }
        let times = self.chunk.days.iter().zip(&self.chunk.ms).enumerate();
        let mut there = times.filter(|(_, (day, ms))| **day == row.day && **ms == row.ms);
        there.find(|(i, _)| !self.is_dead(*i) && self.chunk.row(*i) == *row).map(|(i, _)| i)
    }
}

impl Shelf {
    /// Every row, as chunks.
    pub fn all(&self) -> impl Iterator<Item = &Held> {
        self.chunks.iter().chain(self.tail_chunk().iter())
    }

    pub fn chunks(&self) -> &[Held] {
        &self.chunks
    }

    pub fn tail(&self) -> &[Arc<Row>] {
        &self.tail
    }

    fn tail_chunk(&self) -> &Option<Held> {
        self.tail_chunk.get_or_init(|| {
            let rows = self.tail.iter().map(AsRef::as_ref);
            (!self.tail.is_empty()).then(|| Held::whole(Arc::new(Chunk::build(rows))))
        })
    }

    fn add(&mut self, row: Row) {
        self.tail_chunk.take();
        self.tail.push(Arc::new(row));
        if self.tail.len() == TAIL_ROWS {
            let chunk = Chunk::build(self.tail.iter().map(AsRef::as_ref));
            self.chunks.push(Held::whole(Arc::new(chunk)));
            self.tail.clear();
            self.join_small();
        }
    }

    /// Many small chunks at the end become a large one.
    fn join_small(&mut self) {
        let small = self.chunks.iter().rev().take_while(|c| c.chunk.len() <= TAIL_ROWS).count();
        if small < JOINED {
            return;
        }
        let parts = self.chunks.split_off(self.chunks.len() - small);
        let keeps: Vec<_> = parts.iter().map(|held| |row: usize| !held.is_dead(row)).collect();
        let pairs = parts.iter().zip(&keeps);
        let pairs: Vec<(&Chunk, &dyn Fn(usize) -> bool)> = pairs
            .map(|(held, keep)| (held.chunk.as_ref(), keep as &dyn Fn(usize) -> bool))
            .collect();
        let whole = Chunk::concat(&pairs);
        if !whole.is_empty() {
            self.chunks.push(Held::whole(Arc::new(whole)));
        }
    }

    fn remove(&mut self, row: &Row) -> bool {
        self.tail_chunk.take();
        if let Some(place) = self.tail.iter().position(|known| **known == *row) {
            self.tail.swap_remove(place);
            return true;
        }
        let found = self.chunks.iter().enumerate().rev();
        let mut found = found.filter_map(|(i, held)| Some((i, held.find(row)?)));
        let Some((place, dead)) = found.next() else { return false };
        self.chunks[place].kill(dead);
        if self.chunks[place].alive == 0 {
            self.chunks.remove(place);
        }
        true
    }
}

impl Table {
    pub fn add(&mut self, row: Row) {
        let shelf = Arc::make_mut(&mut self.0).entry(row.layout).or_default();
        Arc::make_mut(shelf).add(row);
    }

    /// Takes away one row that is equal in everything; false where there is none. Which of several
    /// equal rows goes makes no difference to any count.
    pub fn remove(&mut self, row: &Row) -> bool {
        let shelf = Arc::make_mut(&mut self.0).get_mut(&row.layout);
        shelf.is_some_and(|shelf| Arc::make_mut(shelf).remove(row))
    }

    /// Puts back what was read from disk.
    pub fn restore(&mut self, layout: Layout, chunks: Vec<Held>, tail: Vec<Row>) {
        let tail = tail.into_iter().map(Arc::new).collect();
        let shelf = Shelf { chunks, tail, tail_chunk: OnceLock::new() };
        Arc::make_mut(&mut self.0).insert(layout, Arc::new(shelf));
    }

    pub fn shelves(&self) -> impl Iterator<Item = (&Layout, &Shelf)> {
        self.0.iter().map(|(layout, shelf)| (layout, shelf.as_ref()))
    }

    /// When the responses that are held happened, in no order.
    pub fn held_moments(&self) -> Vec<Moment> {
        let mut moments = Vec::new();
        for (_, shelf) in self.shelves() {
            // Most chunks have none: their few profiles say so.
            let some = |held: &&Held| held.chunk.profiles.values.iter().any(|p| p.held);
            for held in shelf.chunks().iter().filter(some) {
                let chunk = &held.chunk;
                let rows = (0..chunk.len())
                    .filter(|row| chunk.profiles.get(*row).held && !held.is_dead(*row));
                moments.extend(rows.map(|row| (chunk.days[row], chunk.ms[row])));
            }
            let tail = shelf.tail().iter().filter(|row| row.profile.held);
            moments.extend(tail.map(|row| (row.day, row.ms)));
        }
        moments
    }

    pub fn rows(&self) -> usize {
        let of =
            |shelf: &Shelf| shelf.chunks.iter().map(|c| c.alive).sum::<usize>() + shelf.tail.len();
        self.shelves().map(|(_, shelf)| of(shelf)).sum()
    }

    /// Memory of the full chunks.
    pub fn bytes(&self) -> usize {
        let chunks = self.shelves().flat_map(|(_, shelf)| &shelf.chunks);
        chunks.map(|held| held.chunk.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::LayoutMeasures;
    use crate::index::{Answers, Group, Profile, Query, count};

    /// Some thousand different rows of two layouts.
    fn row(n: u32) -> Row {
        let mut rng = fastrand::Rng::with_seed(u64::from(n));
        let score = rng.u8(1..=11);
        let picks: Vec<u16> = (0..4).filter(|_| rng.bool()).collect();
        Row {
            layout: Layout { survey: 1, version: 1 + n % 2 },
            day: rng.i32(19_000..19_400),
            ms: rng.u32(0..1_000),
            profile: Profile {
                channel: rng.u32(1..9),
                service: rng.u32(0..6),
                locale: rng.u32(0..3),
                resolved: rng.u8(0..3),
                held: rng.u8(..) == 0,
                ..Profile::default()
            },
            page: rng.u32(0..50),
            labels: (1..6).filter(|_| rng.u8(0..4) == 0).collect(),
            waited_s: rng.bool().then(|| rng.u32(0..4_000)),
            served_s: None,
            answers: Answers {
                codes: vec![score, if picks.is_empty() { 1 } else { 2 }],
                picks: if picks.is_empty() { Vec::new() } else { vec![(1, picks)] },
            },
        }
    }

    fn measures(layout: Layout) -> LayoutMeasures {
        let base = layout.version * 10;
        let (responses, waited, served) = (base, base + 1, base + 2);
        LayoutMeasures {
            responses,
            waited,
            served,
            resolved: base + 5,
            wait_bands: base + 6,
            questions: vec![base + 3, base + 4],
            after_wait: vec![base + 7, 0],
        }
    }

    /// Counting the columns against folding row by row, after many additions and removals.
    #[test]
    fn counts_are_those_of_the_rows() {
        let mut table = Table::default();
        let mut model: Vec<Row> = Vec::new();
        let mut rng = fastrand::Rng::with_seed(7);
        for n in 0..140_000 {
            table.add(row(n));
            model.push(row(n));
            if n % 32 == 0 {
                let gone = model.swap_remove(rng.usize(..model.len()));
                assert!(table.remove(&gone));
            }
        }
        assert!(!table.remove(&Row { ms: 5_000, ..row(1) }), "never added");
        let shelf = table.shelves().next().unwrap().1;
        assert!(shelf.chunks().len() > 1 && shelf.chunks()[0].chunk.len() > 4 * TAIL_ROWS);
        assert_eq!(table.rows(), model.len());
        let mut held = table.held_moments();
        held.sort_unstable();
        let mut expected: Vec<_> =
            model.iter().filter(|row| row.profile.held).map(|row| (row.day, row.ms)).collect();
        expected.sort_unstable();
        assert!(expected.len() > 100);
        assert_eq!(held, expected);
        let place = |profile: &Profile| u64::from(profile.channel);
        let tags = |labels: &[u32]| labels.iter().map(|label| u64::from(*label)).collect();
        let day = |day: i32| u64::from((day / 7).cast_unsigned());
        type Of<'a> = &'a dyn Fn(&Row) -> Vec<u64>;
        let groups: [(Group<'_>, Of<'_>); 4] = [
            (Group::Profile(&place), &|row| vec![place(&row.profile)]),
            (Group::Day(&day), &|row| vec![day(row.day)]),
            (Group::Page, &|row| vec![u64::from(row.page)]),
            (Group::Labels(&tags), &|row| tags(&row.labels)),
        ];
        for (group, of) in groups {
            let query = Query {
                from: Some((19_100, 500)),
                to: Some((19_300, 250)),
                profile: &|profile| !profile.held && profile.locale != 2,
                page: None,
                labels: &[3],
                waited_s: Some((100, 3_700)),
                scores: None,
                group,
            };
            let counted = count(&table, &query, &|layout| Some(Arc::new(measures(layout))));
            let mut expected = crate::index::Groups::new();
            for row in &model {
                let within = ((19_100, 500)..(19_300, 250)).contains(&(row.day, row.ms));
                let waited = row.waited_s.is_some_and(|seconds| (100..3_700).contains(&seconds));
                let of_profile = !row.profile.held && row.profile.locale != 2;
                if within && waited && of_profile && row.labels.contains(&3) {
                    for group in of(row) {
                        for step in crate::fold::steps(row, &measures(row.layout)) {
                            let counted = expected.entry(group).or_default();
                            counted.entry(step.measure).or_default().add(&step.grow);
                        }
                    }
                }
            }
            assert_eq!(counted, expected);
        }
    }
}
