//! The e-mail as plain text: everything that the other part says, in lines of 78 characters. A
//! longer line is one address.

use super::Letter;

/// RFC 5322, 2.1.1.
const LINE_MAX: usize = 78;

pub fn text(letter: &Letter<'_>, imprint: &str) -> String {
    let words = letter.words;
    let mut blocks = vec![letter.site.to_owned(), letter.greeting(), letter.said("intro")];
    if let Some((question, low, high)) = letter.scored() {
        let [low, high] = letter.ends(question, low, high);
        blocks.push(format!("{}\n{low}\n{high}", question.text));
    }
    blocks.push(format!("{}:\n{}", words.text("open"), letter.short_url));
    blocks.push(words.text("once").to_owned());
    let why = letter.said("why");
    blocks.push(if imprint.is_empty() { why } else { format!("{why}\n{imprint}") });
    blocks.push(format!("{}:\n{}", words.text("stop.link"), letter.opt_out_url));
    blocks.iter().map(|block| wrapped(block)).collect::<Vec<_>>().join("\n\n") + "\n"
}

fn wrapped(block: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in block.lines() {
        let mut current = String::new();
        for word in line.split_whitespace() {
            let length = current.chars().count() + 1 + word.chars().count();
            if !current.is_empty() && length > LINE_MAX {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_broken_between_words_and_addresses_are_whole() {
        let address = format!("https://{}", "a".repeat(90));
        let text = wrapped(&format!("{} {address} è\nend", "parola ".repeat(20)));
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.contains(&address.as_str()) && lines.ends_with(&["è", "end"]));
        assert!(lines.iter().all(|line| line.chars().count() <= 78 || *line == address));
    }
}
