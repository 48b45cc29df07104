//! The options of a choice in a cell: by key or by their words in any of the survey's languages,
//! several with any of the usual signs between them.

use super::guess::plain;
use super::rows::JOINT;
use shared::Answer;
use shared::survey::{ChoiceOption, Kind, Question};
use std::collections::HashMap;

const JOINTS: [&str; 4] = ["\n", ";", "|", ","];

/// A question's options by their words.
pub struct Options {
    /// Key, or words without their signs, to the option's place; `None` where two have the same.
    places: HashMap<String, Option<usize>>,
    keys: Vec<String>,
    pub multiple: bool,
    pub other: bool,
}

impl Options {
    /// `None` where the question is no choice.
    pub fn of(question: &Question) -> Option<Self> {
        let Kind::Choice { multiple, other, options } = &question.kind else { return None };
        let mut places = HashMap::new();
        for (place, option) in options.iter().enumerate() {
            for words in option.text.values().map(String::as_str) {
                note(&mut places, plain(words), place);
            }
        }
        // A key is certain, whatever is written elsewhere.
        for (place, ChoiceOption { key, .. }) in options.iter().enumerate() {
            places.insert(plain(key), Some(place));
        }
        let keys = options.iter().map(|option| option.key.clone()).collect();
        Some(Self { places, keys, multiple: *multiple, other: *other })
    }

    pub fn find(&self, words: &str) -> Option<&str> {
        let place = self.places.get(&plain(words)).copied().flatten()?;
        self.keys.get(place).map(String::as_str)
    }

    /// `Err` with the words that name no option.
    pub fn read(&self, cell: &str) -> Result<Answer, String> {
        let cell = cell.trim();
        if let Some(key) = self.find(cell) {
            return Ok(self.one(key));
        }
        if !self.multiple {
            return match self.other {
                true => Ok(Answer::WithOther { selected: Vec::new(), other: cell.to_owned() }),
                false => Err(cell.to_owned()),
            };
        }
        // The sign that leaves least unknown.
        let cuts = JOINTS.iter().map(|joint| self.cut(cell, joint));
        let best =
            cuts.min_by_key(|(_, unknown)| unknown.iter().map(|words| words.len()).sum::<usize>());
        let (selected, unknown) = best.unwrap_or_default();
        match (unknown.is_empty(), self.other) {
            (true, _) => Ok(Answer::Options(selected)),
            (false, true) => Ok(Answer::WithOther { selected, other: unknown.join(", ") }),
            (false, false) => Err(unknown.join(", ")),
        }
    }

    fn one(&self, key: &str) -> Answer {
        match self.multiple {
            true => Answer::Options(vec![key.to_owned()]),
            false => Answer::Text(key.to_owned()),
        }
    }

    /// The options between the joints, and what is none. Words with a joint in them are tried
    /// first, as many pieces as there are.
    fn cut<'a>(&self, cell: &'a str, joint: &str) -> (Vec<String>, Vec<&'a str>) {
        let mut ends: Vec<usize> = cell.match_indices(joint).map(|(place, _)| place).collect();
        ends.push(cell.len());
        let (mut selected, mut unknown, mut from, mut next) = (Vec::new(), Vec::new(), 0, 0);
        while next < ends.len() {
            let longest = (next..ends.len().min(next + PIECES_MAX)).rev();
            let mut known =
                longest.filter_map(|end| Some((end, self.find(&cell[from..ends[end]])?)));
            let end = match known.next() {
                Some((end, key)) => {
                    if !selected.iter().any(|taken| taken == key) {
                        selected.push(key.to_owned());
                    }
                    end
                }
                None => {
                    let piece = cell[from..ends[next]].trim();
                    if !piece.is_empty() {
                        unknown.push(piece);
                    }
                    next
                }
            };
            from = (ends[end] + joint.len()).min(cell.len());
            next = end + 1;
        }
        (selected, unknown)
    }
}

/// Of an option's words with joints in them.
const PIECES_MAX: usize = 8;

fn note(places: &mut HashMap<String, Option<usize>>, words: String, place: usize) {
    let known = places.entry(words).or_insert(Some(place));
    if *known != Some(place) {
        *known = None;
    }
}

/// Several words of one cell, such as tags.
pub fn list(cell: &str) -> Vec<String> {
    let joint = JOINTS.iter().find(|joint| cell.contains(**joint));
    let joint = joint.copied().unwrap_or("\n");
    debug_assert!(JOINTS[0].starts_with(JOINT));
    let words = cell.split(joint).map(str::trim).filter(|words| !words.is_empty());
    words.map(str::to_owned).collect()
}

/// Whether a cell of a column that is one option says that it was chosen.
pub fn is_chosen(cell: &str) -> bool {
    const NOT: [&str; 9] =
        ["", "0", "no", "n", "false", "falso", "not selected", "non selezionato", "unchecked"];
    !NOT.contains(&plain(cell).as_str())
}

/// Yes or no; `None` for anything else.
pub fn flag(cell: &str) -> Option<bool> {
    match plain(cell).as_str() {
        "1" | "yes" | "y" | "true" | "si" | "sì" | "s" | "vero" => Some(true),
        "0" | "no" | "n" | "false" | "falso" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::presets::Preset;

    #[test]
    fn options_by_key_and_by_words() {
        let survey = Preset::named("post-service").unwrap().survey();
        let options = Options::of(survey.question("reasons").unwrap()).unwrap();
        let selected = |keys: &[&str]| Answer::Options(keys.iter().map(|k| (*k).into()).collect());
        let other = |keys: &[&str], other: &str| Answer::WithOther {
            selected: keys.iter().map(|k| (*k).into()).collect(),
            other: other.into(),
        };
        for (cell, expected) in [
            ("waiting", selected(&["waiting"])),
            ("Ho aspettato troppo", selected(&["waiting"])),
            ("I waited too long; Technical problems", selected(&["waiting", "technical"])),
            ("waiting, staff", selected(&["waiting", "staff"])),
            ("waiting;waiting", selected(&["waiting"])),
            ("waiting\nstaff", selected(&["waiting", "staff"])),
            ("waiting; Troppo rumore", other(&["waiting"], "Troppo rumore")),
            ("Caldo, freddo", other(&[], "Caldo, freddo")),
        ] {
            assert_eq!(options.read(cell), Ok(expected), "{cell}");
        }
    }
}
