//! The colours of a form: what an owner may choose, and what follows from it.
//!
//! Pure numbers. It does not know how a page is told of them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Contrast that text needs (WCAG 2.2, 1.4.3).
pub const TEXT_CONTRAST_MIN: f64 = 4.5;
/// Contrast that controls and what is drawn need (WCAG 2.2, 1.4.11).
pub const CONTROL_CONTRAST_MIN: f64 = 3.0;

/// How much of the accent is in the ground under the pointer, of 100.
const WASH_PARTS: u8 = 10;

/// A colour of sRGB without transparency, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Colour([u8; 3]);

/// What an owner chose; what is not said is as it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theme {
    #[serde(flatten)]
    pub light: Colours,
    /// Where the visitor's device is dark. Without an accent of its own, the light one's, made
    /// lighter as far as it needs.
    #[serde(default, skip_serializing_if = "Colours::is_empty")]
    pub dark: Colours,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colours {
    /// Buttons, what is chosen, the ring of the focus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Colour>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Colour>,
}

/// Every colour of the form, in one of the two schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    pub accent: Colour,
    pub on_accent: Colour,
    pub background: Colour,
    pub text: Colour,
    /// Hints and other words that stand back.
    pub quiet: Colour,
    /// Edges of controls.
    pub line: Colour,
    /// The ground of a control under the pointer.
    pub wash: Colour,
    /// What is wrong with an answer.
    pub wrong: Colour,
}

/// As the form comes.
pub const LIGHT: Palette = Palette {
    accent: Colour([0x25, 0x63, 0xeb]),
    on_accent: WHITE,
    background: WHITE,
    text: Colour([0x16, 0x19, 0x1f]),
    quiet: Colour([0x54, 0x5d, 0x6b]),
    line: Colour([0x85, 0x8e, 0x9b]),
    wash: Colour([0xee, 0xf3, 0xff]),
    wrong: Colour([0xb3, 0x26, 0x1e]),
};

/// The same where the visitor's device is dark.
pub const DARK: Palette = Palette {
    accent: Colour([0x25, 0x63, 0xeb]),
    on_accent: WHITE,
    background: Colour([0x1b, 0x1f, 0x27]),
    text: Colour([0xec, 0xee, 0xf2]),
    quiet: Colour([0xa9, 0xb2, 0xc0]),
    line: Colour([0x78, 0x82, 0x8f]),
    wash: Colour([0x26, 0x2f, 0x45]),
    wrong: Colour([0xff, 0xa1, 0x98]),
};

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);

impl Theme {
    /// The light and the dark palette.
    pub fn palettes(&self) -> [Palette; 2] {
        let light = Palette::of(self.light, LIGHT);
        let ground = self.dark.background.unwrap_or(DARK.background);
        let text = self.dark.text.unwrap_or(DARK.text);
        let lighter = |accent: Colour| accent.towards(text, ground, TEXT_CONTRAST_MIN);
        let accent = self.dark.accent.or(self.light.accent.map(lighter));
        [light, Palette::of(Colours { accent, ..self.dark }, DARK)]
    }
}

impl Colours {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Palette {
    /// What was chosen, the rest made to go with it.
    fn of(chosen: Colours, ours: Self) -> Self {
        let accent = chosen.accent.unwrap_or(ours.accent);
        let background = chosen.background.unwrap_or(ours.background);
        let text = chosen.text.unwrap_or(ours.text);
        let (own_ground, own_accent) = (
            chosen.background.is_some() || chosen.text.is_some(),
            chosen.accent.is_some() || chosen.background.is_some(),
        );
        let quieter =
            |most: u8, least: f64| background.mixed(text, most).towards(text, background, least);
        Self {
            accent,
            on_accent: if own_accent { accent.readable() } else { ours.on_accent },
            background,
            text,
            quiet: if own_ground { quieter(60, TEXT_CONTRAST_MIN) } else { ours.quiet },
            line: if own_ground { quieter(30, CONTROL_CONTRAST_MIN) } else { ours.line },
            wash: match background.mixed(accent, WASH_PARTS) {
                _ if !own_accent && !own_ground => ours.wash,
                wash if wash.contrast(text) >= TEXT_CONTRAST_MIN => wash,
                _ => background,
            },
            wrong: [ours.wrong, LIGHT.wrong, DARK.wrong]
                .into_iter()
                .find(|red| red.contrast(background) >= TEXT_CONTRAST_MIN)
                .unwrap_or(text),
        }
    }
}

impl Colour {
    /// Reads `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let wide = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            6 => digits.to_owned(),
            _ => return None,
        };
        if !wide.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(&wide, 16).ok()?.to_be_bytes();
        Some(Self([number[1], number[2], number[3]]))
    }

    /// From 1 to 21, as WCAG 2.2 defines the contrast ratio.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, from 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// With so many parts of 100 of another colour.
    fn mixed(self, other: Self, parts: u8) -> Self {
        let part = |i: usize| {
            let (mine, others) = (u32::from(self.0[i]), u32::from(other.0[i]));
            let sum = mine * u32::from(100 - parts) + others * u32::from(parts);
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self([part(0), part(1), part(2)])
    }

    /// The nearest colour on the way to `end` with enough contrast to `ground`; else `end`.
    fn towards(self, end: Self, ground: Self, contrast_min: f64) -> Self {
        let mixtures = (0..=100).map(|parts| self.mixed(end, parts));
        mixtures.into_iter().find(|mixed| mixed.contrast(ground) >= contrast_min).unwrap_or(end)
    }

    /// White or black, whichever can be read on this: one of them always has 4.5.
    fn readable(self) -> Self {
        if self.contrast(WHITE) >= TEXT_CONTRAST_MIN { WHITE } else { BLACK }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("takes a colour such as #1d4ed8")
    }
}
