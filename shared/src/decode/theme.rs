//! A survey's theme: colours that can be read, and how far those that cannot are from it.

use super::fields::Fields;
use crate::Violations;
use crate::theme::{CONTROL_CONTRAST_MIN, Colour, Colours, TEXT_CONTRAST_MIN, Theme};

/// Reads `theme` where there is one.
pub(super) fn read(fields: &mut Fields<'_>, bad: &mut Violations) -> Option<Theme> {
    let value = fields.get("theme")?;
    let mut theme = Fields::of(value, fields.path("theme"), bad)?;
    let light = colours(&mut theme, bad);
    let dark = theme.get("dark").and_then(|value| {
        let mut fields = Fields::of(value, theme.path("dark"), bad)?;
        let dark = colours(&mut fields, bad);
        fields.finish(bad);
        Some(dark)
    });
    let path = theme.path("");
    theme.finish(bad);
    let theme = Theme { light, dark: dark.unwrap_or_default() };
    check(theme, &path, bad);
    Some(theme)
}

fn colours(fields: &mut Fields<'_>, bad: &mut Violations) -> Colours {
    Colours {
        accent: colour(fields, "accent", bad),
        background: colour(fields, "background", bad),
        text: colour(fields, "text", bad),
    }
}

fn colour(fields: &mut Fields<'_>, name: &'static str, bad: &mut Violations) -> Option<Colour> {
    let text = fields.string(name, bad)?;
    let colour = Colour::parse(&text);
    if colour.is_none() {
        bad.add(fields.path(name), "invalid_colour", "takes a colour such as #1d4ed8");
    }
    colour
}

/// Colours that were chosen against those that they meet, which may be ours. `path` ends in a dot.
fn check(theme: Theme, path: &str, bad: &mut Violations) {
    let [light, dark] = theme.palettes();
    for (chosen, palette, scheme) in [(theme.light, light, ""), (theme.dark, dark, "dark.")] {
        let mut check = |name: &str, colour: Colour, contrast_min: f64| {
            let contrast = colour.contrast(palette.background);
            if contrast < contrast_min {
                let message = format!(
                    "{colour} on the background {} has a contrast of {}; it needs {contrast_min}",
                    palette.background,
                    // Rounded down: 4.499 is not 4.5.
                    (contrast * 100.0).floor() / 100.0,
                );
                bad.add(format!("{path}{scheme}{name}"), "low_contrast", message);
            }
        };
        if chosen.text.is_some() || chosen.background.is_some() {
            let name = if chosen.text.is_some() { "text" } else { "background" };
            check(name, palette.text, TEXT_CONTRAST_MIN);
        }
        if chosen.accent.is_some() || chosen.background.is_some() {
            let name = if chosen.accent.is_some() { "accent" } else { "background" };
            check(name, palette.accent, CONTROL_CONTRAST_MIN);
        }
    }
}
