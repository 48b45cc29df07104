//! How a single score is read. Statistics over many scores are in `stats`.

use serde::{Deserialize, Serialize};

/// The three groups of the Net Promoter Score (Reichheld 2003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NpsGroup {
    Detractor,
    Passive,
    Promoter,
}

/// 0-6 detractor, 7-8 passive, 9-10 promoter.
pub const fn nps_group(score: u8) -> NpsGroup {
    match score {
        0..=6 => NpsGroup::Detractor,
        7 | 8 => NpsGroup::Passive,
        _ => NpsGroup::Promoter,
    }
}

/// The lowest score that counts as satisfied on a scale from 1 to `scale`: the top one of three,
/// the top two of five and of seven, the top three of ten.
pub const fn satisfied_from(scale: u8) -> u8 {
    match scale {
        0..=3 => scale,
        4..=7 => scale - 1,
        _ => scale - 2,
    }
}

/// CES 2.0: 5, 6 and 7 of 7 agree that it was easy.
pub const CES_AGREES_FROM: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_top_boxes() {
        let groups: Vec<_> = (0..=10).map(nps_group).collect();
        assert_eq!(groups.iter().filter(|g| **g == NpsGroup::Detractor).count(), 7);
        assert_eq!(&groups[7..9], [NpsGroup::Passive; 2]);
        assert_eq!(&groups[9..], [NpsGroup::Promoter; 2]);
        assert_eq!([3, 5, 7, 10].map(satisfied_from), [3, 4, 6, 8]);
    }
}
