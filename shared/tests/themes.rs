//! Themes: the contrast that is measured, what is refused, and what goes with what was chosen.
#![cfg(feature = "json")]

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::decode;
use shared::theme::{
    CONTROL_CONTRAST_MIN, Colour, Colours, DARK, LIGHT, Palette, TEXT_CONTRAST_MIN, Theme,
};

fn colour(text: &str) -> Colour {
    Colour::parse(text).unwrap_or_else(|| panic!("{text} is no colour"))
}

fn survey(theme: Value) -> Value {
    json!({"key": "a", "locales": ["it"], "theme": theme,
        "questions": [{"key": "recommend", "kind": "nps", "text": {"it": "a"}}]})
}

fn mistakes(theme: Value) -> Vec<String> {
    match decode::survey(&survey(theme)) {
        Ok(_) => Vec::new(),
        Err(bad) => bad.into_vec().into_iter().map(|v| format!("{} {}", v.path, v.code)).collect(),
    }
}

/// Ratios that others publish: the ends of the scale, and W3C's and WebAIM's grey on white.
#[test]
fn contrast_is_that_of_wcag() {
    for (one, other, expected) in [
        ("#000", "#fff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
        ("#123456", "#123456", 1.0),
    ] {
        let found = colour(one).contrast(colour(other));
        assert!((found - expected).abs() < 0.005, "{one} on {other}: {found}, not {expected}");
        assert!((found - colour(other).contrast(colour(one))).abs() < 1e-12, "either way round");
    }
}

#[test]
fn themes_are_read_and_mistakes_named() {
    for (theme, expected) in [
        (json!({}), &[][..]),
        (json!({"accent": "#0b6e4f"}), &[]),
        (json!({"accent": "#0B6"}), &["theme.accent low_contrast"]),
        (json!({"accent": "green"}), &["theme.accent invalid_colour"]),
        (json!({"accent": "#12345"}), &["theme.accent invalid_colour"]),
        (json!({"accent": "#+12345"}), &["theme.accent invalid_colour"]),
        (json!({"accent": "#èèè"}), &["theme.accent invalid_colour"]),
        (json!({"accent": 7}), &["theme.accent wrong_type"]),
        (json!("#0b6e4f"), &["theme wrong_type"]),
        (json!({"colour": "#0b6e4f"}), &["theme.colour unknown_field"]),
        (json!({"dark": {"accents": "#fff"}}), &["theme.dark.accents unknown_field"]),
        (json!({"text": "#999"}), &["theme.text low_contrast"]),
        (json!({"text": "#777777"}), &["theme.text low_contrast"]),
        (json!({"text": "#767676"}), &[]),
        // The background is to blame where nothing else was chosen, for text and accent.
        (
            json!({"background": "#808080"}),
            &["theme.background low_contrast", "theme.background low_contrast"],
        ),
        (json!({"background": "#111111", "text": "#eeeeee", "accent": "#88bbff"}), &[]),
        (
            json!({"background": "#111111", "text": "#eeeeee", "accent": "#222266"}),
            &["theme.accent low_contrast"],
        ),
        (json!({"dark": {"accent": "#1d4ed8"}}), &["theme.dark.accent low_contrast"]),
        (json!({"dark": {"text": "#333"}}), &["theme.dark.text low_contrast"]),
        // A light accent is made lighter by itself where it is dark.
        (json!({"accent": "#003300"}), &[]),
    ] {
        assert_eq!(mistakes(theme.clone()), expected, "{theme}");
    }
}

#[test]
fn the_ratio_is_told() {
    let bad = decode::survey(&survey(json!({"text": "#777777"}))).unwrap_err();
    let told = &bad.as_slice()[0].message;
    assert_eq!(told, "#777777 on the background #ffffff has a contrast of 4.47; it needs 4.5");
}

#[test]
fn a_theme_is_printed_as_it_was_written() {
    for theme in [
        json!({"accent": "#0b6e4f"}),
        json!({"accent": "#0b6e4f", "background": "#ffffff", "text": "#111111",
            "dark": {"accent": "#7fe0b8"}}),
    ] {
        let read = decode::survey(&survey(theme.clone())).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap()["theme"], theme);
        let stored: shared::Survey =
            serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        assert_eq!(stored, read, "as the collector stores it");
    }
}

#[test]
fn what_was_not_chosen_is_as_it_comes() {
    assert_eq!(Theme::default().palettes(), [LIGHT, DARK]);
    for palette in [LIGHT, DARK] {
        can_be_read(palette);
    }
}

/// Every pair that meets in the form.
fn can_be_read(palette: Palette) {
    let Palette { accent, on_accent, background, text, quiet, line, wash, wrong } = palette;
    for (what, one, other, min) in [
        ("text", text, background, TEXT_CONTRAST_MIN),
        ("quiet", quiet, background, TEXT_CONTRAST_MIN),
        ("wrong", wrong, background, TEXT_CONTRAST_MIN),
        ("on accent", on_accent, accent, TEXT_CONTRAST_MIN),
        ("text on wash", text, wash, TEXT_CONTRAST_MIN),
        ("accent", accent, background, CONTROL_CONTRAST_MIN),
        ("line", line, background, CONTROL_CONTRAST_MIN),
    ] {
        assert!(one.contrast(other) >= min, "{what}: {one} on {other} in {palette:?}");
    }
}

fn any_colour() -> impl Strategy<Value = Option<Colour>> {
    proptest::option::of("#[0-9a-f]{6}".prop_map(|text| colour(&text)))
}

fn any_colours() -> impl Strategy<Value = Colours> {
    (any_colour(), any_colour(), any_colour()).prop_map(|(accent, background, text)| Colours {
        accent,
        background,
        text,
    })
}

proptest! {
    /// Whatever an owner chooses: what is taken can be read, in both schemes.
    #[test]
    fn what_is_taken_can_be_read((light, dark) in (any_colours(), any_colours())) {
        let written = serde_json::to_value(Theme { light, dark }).unwrap();
        if let Ok(survey) = decode::survey(&survey(written)) {
            survey.theme.unwrap().palettes().into_iter().for_each(can_be_read);
        }
    }
}
