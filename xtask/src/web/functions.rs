//! Functions of a script, found by its text: enough for scripts that wasm-bindgen and esbuild write.

/// A script with each function (from the second character of `start` on) replaced.
pub fn with_each(script: &str, start: &str, replace: impl Fn(&str) -> String) -> String {
    let mut replaced = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(at) = rest.find(start) {
        let (before, function) = rest.split_at(at + 1);
        let Some(end) = end_of_body(function) else { break };
        let (function, after) = function.split_at(end);
        replaced.push_str(before);
        replaced.push_str(&replace(function));
        rest = after;
    }
    replaced + rest
}

/// Where the first block in braces ends, past its brace. Text in quotes is no code; a regular
/// expression with a quote or a brace in it would be taken for code, and wasm-bindgen writes none.
fn end_of_body(function: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut characters = function.char_indices();
    while let Some((at, c)) = characters.next() {
        match (quote, c) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}
