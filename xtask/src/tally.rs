//! How many checks passed, failed or were left out; read from what test runners print.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Tally {
    /// One check that holds.
    pub const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One check that does not.
    pub const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    /// One check that could not be made here.
    pub const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// Reads a closing line of a Rust test program,
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`,
    /// or one of node's, which has a line for each count: `# pass 3`.
    pub fn of_result_line(line: &str) -> Option<Self> {
        if let Some(counts) = line.strip_prefix("test result: ") {
            return Some(Self {
                passed: count_before(counts, "passed"),
                failed: count_before(counts, "failed"),
                skipped: count_before(counts, "ignored"),
            });
        }
        let (what, count) = line.strip_prefix("# ")?.split_once(' ')?;
        let count = count.parse().ok()?;
        match what {
            "pass" => Some(Self { passed: count, ..Self::default() }),
            "fail" => Some(Self { failed: count, ..Self::default() }),
            "skipped" => Some(Self { skipped: count, ..Self::default() }),
            _ => None,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(out, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

fn count_before(text: &str, word: &str) -> u64 {
    let words: Vec<&str> = text.split([' ', ';']).filter(|part| !part.is_empty()).collect();
    let place = words.iter().position(|candidate| *candidate == word);
    place
        .and_then(|at| words.get(at.wrapping_sub(1)))
        .and_then(|count| count.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.31s";
        assert_eq!(Tally::of_result_line(line), Some(Tally { passed: 12, failed: 2, skipped: 1 }));
    }

    #[test]
    fn other_lines_are_not() {
        for line in
            ["test recommend ... ok", "running 3 tests", "", "the test result: ok. 1 passed;"]
        {
            assert_eq!(Tally::of_result_line(line), None, "{line:?}");
        }
    }

    #[test]
    fn skipped_checks_are_named_only_where_there_are_some() {
        let mut sum = Tally::PASSED;
        sum += Tally::FAILED;
        assert_eq!(sum.to_string(), "1 passed, 1 failed");
        sum += Tally::SKIPPED;
        assert_eq!(sum.to_string(), "1 passed, 1 failed, 1 skipped");
    }
}
