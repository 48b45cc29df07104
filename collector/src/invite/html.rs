//! The e-mail as HTML that mail programs show alike: tables, styles inline, nothing that is fetched,
//! 600 pixels at most. What stands in `style` they may ignore: it is for phones and dark screens.

use super::Letter;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use shared::survey::Question;

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (max-width:480px){.edge{padding:0!important}.card{padding:28px 16px!important;border-radius:0!important}\
.foot{padding:20px 16px 32px!important}.cell{padding:0!important}.score{border-radius:0!important;margin:0 -1px 0 0!important;font-size:15px!important}}\
@media (prefers-color-scheme:dark){.ground{background:#11141a!important}.card{background:#1b202a!important;border-color:#343b49!important}\
.ink{color:#eef1f6!important}.quiet{color:#b3bccb!important}\
.score{background:#232b3d!important;color:#dbe6ff!important;border-color:#5b74b3!important}}\
[data-ogsc] .ink{color:#eef1f6!important}[data-ogsc] .quiet{color:#b3bccb!important}";

/// How the letter looks beside its words.
pub struct Look<'a> {
    pub accent: &'a str,
    /// White or black: what can be read on it.
    pub on_accent: &'a str,
    pub imprint: &'a str,
}

pub fn page(letter: &Letter<'_>, look: &Look<'_>) -> String {
    let speech = &letter.words.speech;
    let (lang, dir) = (speech.locale(), speech.direction());
    let page = html! {
        (DOCTYPE)
        html lang=(lang) dir=(dir) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no, date=no, address=no, email=no";
                title { (letter.said("subject")) }
                style { (PreEscaped(STYLE)) }
            }
            body class="ground" style="margin:0;padding:0;width:100%;background:#f3f5f9;-webkit-text-size-adjust:100%;" {
                (wide(&html! {
                    tr { td class="edge" align="center" style="padding:32px 12px;" {
                        (PreEscaped("<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\"><tr><td><![endif]-->"))
                        div role="article" aria-label=(letter.said("subject")) lang=(lang) dir=(dir) style="max-width:600px;margin:0 auto;text-align:start;" {
                            (card(letter, look))
                            (foot(letter, look))
                        }
                        (PreEscaped("<!--[if mso]></td></tr></table><![endif]-->"))
                    } }
                }))
            }
        }
    };
    page.into_string()
}

/// A table that is only there for its shape.
fn wide(rows: &Markup) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate;" {
            tbody { (rows) }
        }
    }
}

fn card(letter: &Letter<'_>, look: &Look<'_>) -> Markup {
    let words = letter.words;
    let style = format!(
        "{FONT}padding:40px 36px;background:#ffffff;border:1px solid #dde2ec;border-radius:16px;color:#1a2233;font-size:16px;line-height:1.5;"
    );
    wide(&html! {
        tr { td class="card ink" style=(style) {
            p class="quiet" style="margin:0 0 24px;font-size:15px;font-weight:600;color:#4a5568;" { bdi { (letter.site) } }
            p class="ink" style="margin:0 0 8px;" { (letter.greeting()) }
            p class="ink" style="margin:0 0 28px;" { (letter.said("intro")) }
            @if let Some((question, low, high)) = letter.scored() {
                (scores(letter, question, low, high))
                p class="quiet" style="margin:20px 0 24px;font-size:14px;color:#4a5568;" { (words.text("click")) }
            }
            (button(words.text("open"), letter.url, look))
            p class="quiet" style="margin:24px 0 0;font-size:14px;color:#4a5568;" { (words.text("once")) }
        } }
    })
}

fn scores(letter: &Letter<'_>, question: &Question<String>, low: u8, high: u8) -> Markup {
    let speech = &letter.words.speech;
    let ends = letter.ends(question, low, high);
    let locale = letter.survey.locales.first().map_or("", String::as_str);
    let lang = (!locale.starts_with(speech.locale())).then_some(locale);
    // Six and more fill the width; fewer are as wide as they are easy to hit.
    let width =
        if high - low >= 5 { "100%".to_owned() } else { format!("{}", 72 * (high - low + 1)) };
    let cell = format!("padding:0 2px;width:{}%;", 100 / u16::from(high - low + 1));
    let score = format!(
        "{FONT}display:block;padding:12px 0;border:1px solid #7187bd;border-radius:8px;background:#eef3ff;color:#16327a;font-size:16px;line-height:20px;font-weight:700;text-align:center;text-decoration:none;"
    );
    html! {
        h1 class="ink" lang=[lang] style="margin:0 0 20px;font-size:22px;line-height:1.3;font-weight:700;color:#1a2233;" { (question.text) }
        table role="presentation" width=(width) cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate;table-layout:fixed;max-width:100%;" {
            tbody { tr {
                @for n in low..=high {
                    td class="cell" align="center" style=(cell) {
                        a class="score" href={ (letter.url) "&score=" (n) } style=(score) aria-label=(speech.filled("score", n, high)) { (n) }
                    }
                }
            } }
        }
        table role="presentation" width=(width) cellpadding="0" cellspacing="0" border="0" style="max-width:100%;" {
            tbody { tr {
                td class="quiet" valign="top" style={ (FONT) "padding:8px 8px 0 2px;font-size:13px;line-height:1.4;color:#4a5568;text-align:start;" } { (ends[0]) }
                td class="quiet" valign="top" style={ (FONT) "padding:8px 2px 0 8px;font-size:13px;line-height:1.4;color:#4a5568;text-align:end;" } { (ends[1]) }
            } }
        }
    }
}

fn button(says: &str, url: &str, look: &Look<'_>) -> Markup {
    let (accent, on_accent) = (look.accent, look.on_accent);
    let style = format!(
        "{FONT}display:inline-block;padding:12px 28px;border-radius:8px;background:{accent};color:{on_accent};font-size:16px;line-height:24px;font-weight:600;text-decoration:none;"
    );
    html! {
        table role="presentation" cellpadding="0" cellspacing="0" border="0" {
            tbody { tr { td bgcolor=(accent) style={ "border-radius:8px;background:" (accent) ";" } {
                a href=(url) style=(style) { (says) }
            } } }
        }
    }
}

fn foot(letter: &Letter<'_>, look: &Look<'_>) -> Markup {
    let style =
        format!("{FONT}padding:24px 36px 8px;font-size:13px;line-height:1.5;color:#4a5568;");
    wide(&html! {
        tr { td class="foot quiet" style=(style) {
            p class="quiet" style="margin:0 0 8px;color:#4a5568;" { (letter.said("why")) }
            @if !look.imprint.is_empty() {
                p class="quiet" style="margin:0 0 8px;color:#4a5568;" { (look.imprint) }
            }
            p style="margin:0;" {
                a class="quiet" href=(letter.opt_out_url) style="color:#4a5568;text-decoration:underline;" { (letter.words.text("stop.link")) }
            }
        } }
    })
}
