//! A survey's theme as the style sheet that its form takes. It knows the names of the form's
//! variables (`widget/style`), and nothing of how colours are chosen.

use shared::theme::{Palette, Theme};
use std::fmt::Write;

/// The variables on what `selector` names, for light and, where the browser knows how, dark.
pub fn style(selector: &str, theme: &Theme) -> String {
    let [light, dark] = theme.palettes().map(|palette| variables(&palette));
    let mut style = format!("{selector}{{");
    for (name, colour) in &light {
        let _ = write!(style, "--{name}:{colour};");
    }
    let _ = write!(style, "}}@supports (color:light-dark(#000,#fff)){{{selector}{{");
    for ((name, light), (_, dark)) in light.iter().zip(&dark) {
        let _ = write!(style, "--{name}:light-dark({light},{dark});");
    }
    style + "}}"
}

/// By their names in the form's style.
fn variables(palette: &Palette) -> [(&'static str, String); 8] {
    [
        ("accent", palette.accent),
        ("on-accent", palette.on_accent),
        ("paper", palette.background),
        ("ink", palette.text),
        ("quiet", palette.quiet),
        ("line", palette.line),
        ("wash", palette.wash),
        ("wrong", palette.wrong),
    ]
    .map(|(name, colour)| (name, colour.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::theme::{DARK, LIGHT};

    const FORM: &str = include_str!("../../../widget/style/form.css");
    const BUTTON: &str = include_str!("../../../widget/style/button.css");

    /// `#fff` as `#ffffff`, so that both ways of writing are the same.
    fn wide(style: &str) -> String {
        style.replace("#fff,", "#ffffff,").replace("#fff)", "#ffffff)").replace("#fff;", "#ffffff;")
    }

    #[test]
    fn our_palettes_are_those_of_the_widget() {
        let style = wide(&[FORM, BUTTON].concat());
        for ((name, light), (_, dark)) in variables(&LIGHT).iter().zip(&variables(&DARK)) {
            let plain = format!("--{name}: {light};");
            assert!(style.contains(&plain), "no {plain}");
            let both = format!("--{name}: light-dark({light}, {dark});");
            assert_eq!(style.contains(&both), light != dark, "{both}");
        }
    }

    #[test]
    fn a_style_names_every_variable_for_both_schemes() {
        let style = style(":host", &Theme::default());
        assert_eq!(style.matches(":host{").count(), 2);
        for (name, _) in variables(&LIGHT) {
            assert!(style.contains(&format!("--{name}:#")), "{name}");
            assert!(style.contains(&format!("--{name}:light-dark(#")), "{name}");
        }
        assert!(style.ends_with("}}") && !style.contains('<'));
    }
}
