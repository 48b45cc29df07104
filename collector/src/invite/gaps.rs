//! Texts with gaps, `{name}`.

/// Fills every gap that has a value, in one pass: what stands in a value is no gap.
pub fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after.split_once('}').and_then(|(gap, then)| Some((value(gap)?, then)));
        let (words, then) = known.unwrap_or_else(|| ("{".to_owned(), after));
        out.push_str(&words);
        rest = then;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_stands_in_a_value_is_no_gap() {
        let value = |gap: &str| match gap {
            "name" => Some("{link} {".to_owned()),
            "link" => Some("https://a.example/".to_owned()),
            _ => None,
        };
        for (template, expected) in [
            ("", ""),
            ("{name}: {link}", "{link} {: https://a.example/"),
            ("{{name}} {other} {", "{{link} {} {other} {"),
        ] {
            assert_eq!(filled(template, value), expected);
        }
    }
}
