//! Which language a page speaks, and its words: the widget's own, and those that only pages need.

use shared::Survey;
use std::collections::BTreeMap;
use std::sync::LazyLock;

type Words = BTreeMap<String, String>;

const FALLBACK: &str = "en";
/// Languages that a browser may name; more are not looked at.
const ACCEPTED_MAX: usize = 20;

macro_rules! languages {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../widget/texts/", $name, ".json")))),*]
    };
}

static WORDS: LazyLock<BTreeMap<&str, Words>> = LazyLock::new(|| {
    let of_pages: BTreeMap<String, Words> =
        serde_json::from_str(include_str!("texts.json")).expect("a test reads it");
    let of_invitations: BTreeMap<String, Words> =
        serde_json::from_str(include_str!("../invite/texts.json")).expect("a test reads it");
    let widget = languages!("ar" "bg" "cs" "da" "de" "el" "en" "es" "et" "fi" "fr" "ga" "he" "hr"
        "hu" "it" "lt" "lv" "mt" "nl" "pl" "pt" "ro" "sk" "sl" "sv");
    let words = widget.into_iter().map(|(name, texts)| {
        let mut words: Words = serde_json::from_str(texts).expect("a test reads it");
        words.extend(of_pages.get(name).cloned().unwrap_or_default());
        words.extend(of_invitations.get(name).cloned().unwrap_or_default());
        (name, words)
    });
    words.collect()
});

/// A page's language, and the survey's where it does not speak that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    locale: &'static str,
    /// Of the survey's own texts.
    pub survey_locale: String,
}

impl Speech {
    /// What was asked for; else the first of the visitor's languages that the survey speaks; else
    /// the site's, where the survey speaks it; else the survey's first.
    pub fn choose(requested: Option<&str>, accepted: &str, site: &str, survey: &Survey) -> Self {
        let speaks = |tag: &&str| {
            let found = survey.locales.iter().any(|l| language_of(l) == language_of(tag));
            found.then_some(())
        };
        if let Some(locale) = requested.and_then(known) {
            return Self { locale, survey_locale: survey.negotiate(requested).to_owned() };
        }
        let accepted = languages(accepted);
        let mut wanted = accepted.iter().map(String::as_str).chain([site]);
        let wanted = wanted.find(|tag| speaks(tag).is_some());
        let survey_locale = survey.negotiate(wanted).to_owned();
        Self { locale: known(&survey_locale).unwrap_or(FALLBACK), survey_locale }
    }

    /// Where there is no survey to ask.
    pub fn of_visitor(requested: Option<&str>, accepted: &str) -> Self {
        let accepted = languages(accepted);
        let mut wanted = requested.into_iter().chain(accepted.iter().map(String::as_str));
        let locale = wanted.find_map(known).unwrap_or(FALLBACK);
        Self { locale, survey_locale: locale.to_owned() }
    }

    /// `None` where there are no words in this language.
    pub fn speaking(locale: &str) -> Option<Self> {
        let known = known(locale)?;
        Some(Self { locale: known, survey_locale: known.to_owned() })
    }

    pub const fn locale(&self) -> &'static str {
        self.locale
    }

    pub fn direction(&self) -> &'static str {
        direction(self.locale)
    }

    /// `lang` and `dir` of the survey's own texts, where they are not the page's.
    pub fn of_survey(&self) -> (Option<&str>, Option<&'static str>) {
        match language_of(&self.survey_locale) == self.locale {
            true => (None, None),
            false => (Some(&self.survey_locale), Some(direction(&self.survey_locale))),
        }
    }

    /// Empty where there is no such text.
    pub fn text(&self, key: &str) -> &'static str {
        WORDS.get(self.locale).and_then(|words| words.get(key)).map_or("", String::as_str)
    }

    pub fn filled(&self, key: &str, n: impl ToString, max: impl ToString) -> String {
        self.text(key).replace("{n}", &n.to_string()).replace("{max}", &max.to_string())
    }

    /// What is wrong with an answer, by the code of its violation.
    pub fn violation(&self, code: &str) -> &'static str {
        match self.text(&format!("error.{code}")) {
            "" => self.text("error.invalid"),
            words => words,
        }
    }
}

fn known(tag: &str) -> Option<&'static str> {
    WORDS.get_key_value(language_of(tag).as_str()).map(|(name, _)| *name)
}

fn language_of(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

fn direction(tag: &str) -> &'static str {
    if matches!(language_of(tag).as_str(), "ar" | "he" | "fa" | "ur") { "rtl" } else { "ltr" }
}

/// The languages of `Accept-Language`, the most wanted first.
pub fn languages(accepted: &str) -> Vec<String> {
    let ranges = accepted.split(',').take(ACCEPTED_MAX).filter_map(|range| {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        let tag = tag.trim();
        let wanted = !tag.is_empty() && tag != "*";
        Some((tag.to_owned(), weight.ok().filter(|q| *q > 0.0)?)).filter(|_| wanted)
    });
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    ranges.into_iter().map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(locales: &[&str]) -> Survey {
        Survey {
            key: "s".into(),
            version: 1,
            locales: locales.iter().map(|&locale| locale.to_owned()).collect(),
            title: None,
            questions: Vec::new(),
            thanks: None,
            theme: None,
        }
    }

    #[test]
    fn one_language_for_page_and_survey_where_there_is_one() {
        let both = survey(&["it", "en"]);
        for (requested, accepted, site, page, of_survey) in [
            (None, "", "it", "it", "it"),
            (None, "", "de", "it", "it"),
            (None, "en-US,en;q=0.9", "it", "en", "en"),
            (None, "de, en;q=0.5", "it", "en", "en"),
            (None, "de;q=0.3, it;q=0.2, en;q=0.5", "de", "en", "en"),
            (None, "de", "en", "en", "en"),
            (None, "*, zh", "zh", "it", "it"),
            (None, "en;q=0, IT-ch", "en", "it", "it"),
            (Some("en-GB"), "it", "it", "en", "en"),
            (Some("ar"), "en", "it", "ar", "it"),
            (Some("xx"), "en", "it", "en", "en"),
        ] {
            let speech = Speech::choose(requested, accepted, site, &both);
            let found = (speech.locale(), speech.survey_locale.as_str());
            assert_eq!(found, (page, of_survey), "{requested:?} {accepted:?} {site}");
        }
        let far = Speech::choose(None, "zh", "zh", &survey(&["zh-Hant"]));
        assert_eq!(far.of_survey(), (Some("zh-Hant"), Some("ltr")));
        assert_eq!((far.locale(), far.direction()), ("en", "ltr"));
        assert_eq!(Speech::of_visitor(None, "xx, he;q=0.4").direction(), "rtl");
    }

    #[test]
    fn every_language_says_everything_with_the_same_gaps() {
        let gaps = |text: &str| {
            ["{n}", "{max}", "{site}", "{name}", "{link}"].map(|gap| text.matches(gap).count())
        };
        let first = &WORDS["it"];
        assert_eq!(WORDS.len(), 26);
        for (name, words) in WORDS.iter() {
            assert!(words.keys().eq(first.keys()), "{name}");
            for (key, text) in words {
                assert!(!text.trim().is_empty(), "{name} {key}");
                assert_eq!(gaps(text), gaps(&first[key]), "{name} {key}");
            }
        }
    }
}
