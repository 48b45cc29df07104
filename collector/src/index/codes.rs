//! A column of few different values: each value once, and a small number for each row.

use std::collections::BTreeMap;

/// Where there is one value, or none, no numbers are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes<T> {
    pub values: Vec<T>,
    pub codes: Vec<u16>,
}

/// A column with its number of rows, and which of them are wanted.
pub type Part<'a, T> = (&'a Codes<T>, usize, &'a dyn Fn(usize) -> bool);

impl<T: Ord + Clone> Codes<T> {
    /// At most 65,536 rows, so that every value has a number.
    pub fn build<'a>(rows: impl Iterator<Item = &'a T>) -> Self
    where
        T: 'a,
    {
        let mut numbers: BTreeMap<&T, u16> = BTreeMap::new();
        let mut values = Vec::new();
        let mut codes = Vec::new();
        for row in rows {
            let next = u16::try_from(numbers.len()).expect("no more values than rows");
            let code = *numbers.entry(row).or_insert_with(|| {
                values.push(row.clone());
                next
            });
            codes.push(code);
        }
        Self::packed(values, codes)
    }

    fn packed(values: Vec<T>, codes: Vec<u16>) -> Self {
        let codes = if values.len() < 2 { Vec::new() } else { codes };
        Self { values, codes }
    }

    /// The rows of several columns in a row, those that `keep` says.
    pub fn concat(parts: &[Part<'_, T>]) -> Self {
        let mut numbers: BTreeMap<&T, u16> = BTreeMap::new();
        let mut codes = Vec::new();
        for (part, len, keep) in parts {
            // Numbers are given as rows need them: values of rows that are gone go with them.
            let mut given: Vec<Option<u16>> = vec![None; part.values.len()];
            for row in (0..*len).filter(|row| keep(*row)) {
                let code = part.code(row);
                let number = *given[code].get_or_insert_with(|| {
                    let next = u16::try_from(numbers.len()).expect("no more values than rows");
                    *numbers.entry(&part.values[code]).or_insert(next)
                });
                codes.push(number);
            }
        }
        let mut values: Vec<(u16, &T)> = numbers.into_iter().map(|(v, n)| (n, v)).collect();
        values.sort_unstable_by_key(|(number, _)| *number);
        Self::packed(values.into_iter().map(|(_, value)| value.clone()).collect(), codes)
    }

    pub fn code(&self, row: usize) -> usize {
        self.codes.get(row).copied().map_or(0, usize::from)
    }

    /// # Panics
    /// Where the column has no such row.
    pub fn get(&self, row: usize) -> &T {
        &self.values[self.code(row)]
    }

    /// Something of each value, by its number.
    pub fn map<U>(&self, of: impl Fn(&T) -> U) -> Vec<U> {
        self.values.iter().map(of).collect()
    }

    /// Whether every number names a value, for a column that was read from a file.
    pub fn is_sound(&self, rows: usize) -> bool {
        match self.values.len() {
            0 => rows == 0 && self.codes.is_empty(),
            1 => self.codes.is_empty(),
            values => {
                self.codes.len() == rows && self.codes.iter().all(|c| usize::from(*c) < values)
            }
        }
    }

    /// Memory of the numbers and of the values, where a value takes `of` bytes beyond its own.
    pub fn bytes(&self, of: impl Fn(&T) -> usize) -> usize {
        let values: usize = self.values.iter().map(|v| size_of::<T>() + of(v)).sum();
        values + self.codes.len() * size_of::<u16>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_back_their_rows() {
        for rows in [&["a", "b", "a", "c"][..], &["a", "a"], &[]] {
            let codes = Codes::build(rows.iter());
            assert!(codes.is_sound(rows.len()));
            let back: Vec<&str> = (0..rows.len()).map(|row| *codes.get(row)).collect();
            assert_eq!(back, rows);
        }
        let (left, right) = (Codes::build(["a", "b"].iter()), Codes::build(["b", "b", "c"].iter()));
        let joined = Codes::concat(&[(&left, 2, &|row| row != 0), (&right, 3, &|_| true)]);
        assert_eq!(joined.values, ["b", "c"], "a went with its row");
        assert_eq!(joined.codes, [0, 0, 0, 1]);
    }
}
