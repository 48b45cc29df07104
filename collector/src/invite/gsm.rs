//! How long a text is as an SMS: in the default alphabet of GSM 03.38 (3GPP TS 23.038, 6.2.1) 160
//! septets, else 70 units of UCS-2. Longer texts are several messages, each paid for.

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// After an escape: two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";
const SEPTETS_MAX: usize = 160;
const UNITS_MAX: usize = 70;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Length {
    /// Septets, or units of UCS-2.
    pub used: usize,
    /// Of one message.
    pub max: usize,
    /// The first character that the default alphabet does not have.
    pub foreign: Option<char>,
}

impl Length {
    pub fn of(text: &str) -> Self {
        let septets = |c: char| match (BASIC.contains(c), EXTENSION.contains(c)) {
            (true, _) => Some(1),
            (_, true) => Some(2),
            _ => None,
        };
        let foreign = text.chars().find(|c| septets(*c).is_none());
        match foreign {
            None => {
                Self { used: text.chars().filter_map(septets).sum(), max: SEPTETS_MAX, foreign }
            }
            Some(_) => Self { used: text.encode_utf16().count(), max: UNITS_MAX, foreign },
        }
    }

    pub const fn fits(&self) -> bool {
        self.used <= self.max
    }
}

/// Signs of typography as the default alphabet has them: one of them would halve the room.
pub fn with_plain_signs(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '’' | '‘' | '′' | '`' => plain.push('\''),
            '“' | '”' | '„' | '«' | '»' => plain.push('"'),
            '–' | '—' | '‑' => plain.push('-'),
            '…' => plain.push_str("..."),
            '\u{a0}' | '\u{202f}' | '\t' => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_takes_its_room() {
        assert_eq!((BASIC.chars().count(), EXTENSION.chars().count()), (127, 10));
        for (text, used, max) in [
            ("", 0, 160),
            ("Com'è andata? àèéìòù", 20, 160),
            (&"a".repeat(160), 160, 160),
            (&"a".repeat(161), 161, 160),
            ("100 €", 6, 160),
            ("[~]{}\\|^", 16, 160),
            (&"€".repeat(81), 162, 160),
            ("ç", 1, 70),
            ("Ç", 1, 160),
            (&"я".repeat(71), 71, 70),
            // Outside the basic plane: two units.
            ("👍", 2, 70),
        ] {
            let length = Length::of(text);
            assert_eq!((length.used, length.max), (used, max), "{text}");
            assert_eq!(length.fits(), used <= max);
        }
        assert_eq!(with_plain_signs("L’“età” – 1…"), "L'\"età\" - 1...");
    }
}
