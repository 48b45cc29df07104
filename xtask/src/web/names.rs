//! Short names for what a wasm module takes from its glue and gives to it.
//!
//! wasm-bindgen's names end in a hash of 16 digits, in the module and again in the glue: no
//! compressor can do anything about those.

use anyhow::Result;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wasm_bindgen_cli_support::Output;

/// Renames the hashed imports of the module, writes it, and renames them in the glue.
pub fn shorten(name: &str, mut output: Output, folder: &Path) -> Result<()> {
    let mut short_of = BTreeMap::new();
    for import in output.wasm_mut().imports.iter_mut().filter(|import| is_hashed(&import.name)) {
        let short = format!("_{}", short_of.len());
        short_of.insert(std::mem::replace(&mut import.name, short.clone()), short);
    }
    output.emit(folder)?;
    let glue = folder.join(format!("{name}.js"));
    fs::write(&glue, replace_words(&fs::read_to_string(&glue)?, &short_of))?;
    Ok(())
}

/// Whether a name ends in `_` and 16 hexadecimal digits, so that it can be nothing else's.
fn is_hashed(name: &str) -> bool {
    name.rsplit_once('_')
        .is_some_and(|(_, hash)| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Replaces whole words of a script.
fn replace_words(script: &str, by: &BTreeMap<String, String>) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut replaced = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(in_word) {
        let (before, from_word) = rest.split_at(start);
        let end = from_word.find(|c| !in_word(c)).unwrap_or(from_word.len());
        let (word, after) = from_word.split_at(end);
        replaced.push_str(before);
        replaced.push_str(by.get(word).map_or(word, String::as_str));
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_shortened() {
        for (name, expected) in [
            ("__wbg_createElement_de4a31ed2fb252be", true),
            ("__wbindgen_init_externref_table", false),
            ("memory", false),
        ] {
            assert_eq!(is_hashed(name), expected, "{name}");
        }
    }

    #[test]
    fn whole_words_are_replaced() {
        let by = BTreeMap::from([("ab".to_owned(), "_0".to_owned())]);
        assert_eq!(replace_words("ab: abc(ab), 'ab'; $ab", &by), "_0: abc(_0), '_0'; $ab");
        assert_eq!(replace_words("", &by), "");
    }
}
