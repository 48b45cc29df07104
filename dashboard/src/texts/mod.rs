//! Every word of the page, in one place. A new language is one more file beside `en` and `it`;
//! the compiler then asks for each text that is missing.

mod en;
mod it;

use crate::api::Failure;
use crate::filters::{Bucket, Period};
use crate::funnel::StepKind;
use crate::held::{Outcome, Reason};
use crate::measure::Measure;
use shared::scoring::NpsGroup;
use shared::summary::WAIT_BANDS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Italian,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Italian];

    pub const fn tag(self) -> &'static str {
        self.texts().tag
    }

    /// What a person who reads it calls it.
    pub const fn name(self) -> &'static str {
        self.texts().language_name
    }

    /// By a tag such as `it-IT`.
    pub fn parse(tag: &str) -> Option<Self> {
        let language = tag.split('-').next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|known| known.tag() == language)
    }

    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &en::TEXTS,
            Self::Italian => &it::TEXTS,
        }
    }
}

/// `{}` stands for a value; `fill` puts them in, in order.
pub struct Texts {
    pub tag: &'static str,
    pub language_name: &'static str,
    pub decimal: char,
    pub thousands: char,
    pub months: [&'static str; 12],
    /// "{low} to {high}".
    pub range: &'static str,

    pub title: &'static str,
    pub skip_to_content: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub sign_out: &'static str,
    pub sign_out_failed: &'static str,

    pub sign_in: &'static str,
    pub sign_in_hint: &'static str,
    pub access_token: &'static str,
    pub access_token_hint: &'static str,
    pub token_refused: &'static str,
    pub link_refused: &'static str,
    pub token_missing: &'static str,

    pub filters: &'static str,
    pub period: &'static str,
    /// For the buttons: as short as the words are clear.
    pub periods_short: [&'static str; 5],
    pub periods: [&'static str; 5],
    pub custom_short: &'static str,
    pub custom: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub apply: &'static str,
    pub survey: &'static str,
    pub channel: &'static str,
    pub service: &'static str,
    pub all_surveys: &'static str,
    pub all_channels: &'static str,
    pub all_services: &'static str,
    pub remove_filter: &'static str,
    pub remove_all_filters: &'static str,
    pub active_filters: &'static str,

    pub at_most: &'static str,
    pub responses: &'static str,
    pub response: &'static str,
    pub no_dates: &'static str,
    pub than_before: &'static str,
    pub as_many_before: &'static str,
    pub as_many_as_before: &'static str,

    pub nps: &'static str,
    pub nps_asks: &'static str,
    pub csat: &'static str,
    pub csat_unit: &'static str,
    pub ces: &'static str,
    pub ces_unit: &'static str,
    pub ces_agree: &'static str,
    pub mean: &'static str,
    pub of_five: &'static str,
    pub likely_between: &'static str,
    pub answers: &'static str,
    pub answer: &'static str,
    pub skipped: &'static str,
    pub detractors: &'static str,
    pub passives: &'static str,
    pub promoters: &'static str,
    pub answers_by_score: &'static str,
    pub indicative: &'static str,
    pub indicative_why: &'static str,
    pub wide_interval: &'static str,
    pub wide_interval_why: &'static str,
    pub change: &'static str,
    pub compared_with: &'static str,
    pub within_chance: &'static str,
    pub beyond_chance: &'static str,
    pub before: &'static str,
    pub now: &'static str,
    pub nothing_before: &'static str,
    pub not_asked: &'static str,

    pub trend: &'static str,
    pub trend_of: &'static str,
    pub by: &'static str,
    pub buckets: [&'static str; 3],
    pub band_is: &'static str,
    pub trend_help: &'static str,
    pub no_answers_then: &'static str,
    pub interval: &'static str,

    pub channels: &'static str,
    pub services: &'static str,
    pub groups_differ_channels: &'static str,
    pub groups_alike_channels: &'static str,
    pub groups_differ_services: &'static str,
    pub groups_alike_services: &'static str,
    pub how_to_read: &'static str,
    pub how_difference: &'static str,
    pub how_adjusted: &'static str,
    pub how_mix: &'static str,
    pub sort_by: &'static str,
    pub sort_score: &'static str,
    pub sort_answers: &'static str,
    pub difference: &'static str,
    pub difference_short: &'static str,
    pub p_adjusted: &'static str,
    pub same_mix: &'static str,
    pub missing_services: &'static str,
    pub mean_wait: &'static str,
    pub verdict: &'static str,
    pub better: &'static str,
    pub worse: &'static str,
    pub no_difference: &'static str,
    pub too_few: &'static str,
    pub alone: &'static str,
    pub everything: &'static str,
    pub show_only: &'static str,
    pub show_all_again: &'static str,
    pub no_service: &'static str,

    pub waiting: &'static str,
    pub waiting_empty: &'static str,
    pub waiting_empty_hint: &'static str,
    /// Responses whose waiting time is known, and all.
    pub waiting_known: &'static str,
    pub waited: &'static str,
    /// In the order of `WAIT_BANDS`.
    pub wait_bands: [&'static str; WAIT_BANDS.len()],
    /// Share, its interval, and of how many.
    pub first_contact: &'static str,
    pub how_waiting: &'static str,
    pub funnel: &'static str,
    pub funnel_by_channel: &'static str,
    pub funnel_empty: &'static str,
    pub funnel_empty_hint: &'static str,
    pub impressions: &'static str,
    pub opens: &'static str,
    pub starts: &'static str,
    pub responses_sent: &'static str,
    pub response_rate: &'static str,
    /// The rate, and the ends of its interval.
    pub rate_is: &'static str,
    /// Impressions, and the ends of the interval.
    pub rate_of: &'static str,
    pub rate_unknown: &'static str,
    pub counted_since: &'static str,
    pub impressions_unknown: &'static str,
    pub how_funnel: &'static str,
    pub how_rate: &'static str,
    pub leaving: &'static str,
    pub leaving_hint: &'static str,
    pub one_new: &'static str,
    pub many_new: &'static str,
    pub show_new: &'static str,

    pub reasons: &'static str,
    pub reasons_hint: &'static str,
    pub other: &'static str,
    pub of_answered: &'static str,

    /// With how many there are.
    pub simulation: &'static str,
    pub simulation_hint: &'static str,
    pub simulation_address: &'static str,
    pub simulation_tag: &'static str,
    pub simulation_the_visitor: &'static str,
    /// Wants privacy; has answered; was asked; has agreed; is a program.
    pub simulation_visitor: [&'static str; 5],
    /// With the trigger.
    pub simulation_shows: &'static str,
    pub simulation_shows_not: &'static str,
    pub simulation_sample: &'static str,
    pub simulation_button: &'static str,
    pub simulation_no_button: &'static str,
    pub simulation_mistakes: &'static str,
    /// By the codes of `ascolto("explain")`.
    pub simulation_reasons: &'static [(&'static str, &'static str)],
    pub simulation_problems: &'static [(&'static str, &'static str)],

    pub held: &'static str,
    pub held_hint: &'static str,
    /// For those who may not.
    pub held_owner_erases: &'static str,
    pub held_honeypot: &'static str,
    pub held_too_fast: &'static str,
    pub held_repeated: &'static str,
    pub held_unproven: &'static str,
    pub held_other: &'static str,
    pub no_words: &'static str,
    pub count_it: &'static str,
    pub erase: &'static str,
    pub erase_question: &'static str,
    pub erase_for_ever: &'static str,
    pub cancel: &'static str,
    /// Which one, for a button's name: with date and time.
    pub answer_of: &'static str,
    pub counted: &'static str,
    pub erased: &'static str,
    pub already_erased: &'static str,
    pub nothing_held: &'static str,
    pub show_more: &'static str,

    pub comments: &'static str,
    pub search_comments: &'static str,
    pub load_more: &'static str,
    pub loading: &'static str,
    pub no_comments: &'static str,
    pub no_comments_hint: &'static str,
    pub no_match: &'static str,
    pub no_match_hint: &'static str,
    pub detractor: &'static str,
    pub passive: &'static str,
    pub promoter: &'static str,
    pub score_of: &'static str,
    pub search_older: &'static str,

    pub just_now: &'static str,
    /// Minutes, hours, days, weeks, months, years: one, and many.
    pub ago: [(&'static str, &'static str); 6],

    pub empty: &'static str,
    pub empty_filtered: &'static str,
    /// Where a part of the page has nothing to draw.
    pub empty_hint_period: &'static str,
    pub empty_period: &'static str,
    pub show_all_time: &'static str,
    pub failed: &'static str,
    pub unreachable: &'static str,
    pub signed_out: &'static str,
    pub unreadable: &'static str,
    pub try_again: &'static str,
    pub old_numbers: &'static str,

    /// By the names of `shared::Channel`.
    pub channel_names: &'static [(&'static str, &'static str)],
}

impl Texts {
    pub fn language(&'static self) -> Language {
        if self.tag == Language::Italian.tag() { Language::Italian } else { Language::English }
    }

    /// Why something did not work, for people.
    pub fn failure(&self, failure: &Failure) -> String {
        match failure {
            Failure::SignedOut => self.signed_out.to_owned(),
            Failure::Refused(problem) => {
                problem.detail.clone().unwrap_or_else(|| problem.title.clone())
            }
            Failure::Unreachable => self.unreachable.to_owned(),
            Failure::Unreadable => self.unreadable.to_owned(),
        }
    }

    pub fn period_name(&self, period: Period) -> &'static str {
        index_of(period).map_or(self.custom, |i| self.periods[i])
    }

    pub fn period_short(&self, period: Period) -> &'static str {
        index_of(period).map_or(self.custom_short, |i| self.periods_short[i])
    }

    pub const fn bucket(&self, bucket: Bucket) -> &'static str {
        match bucket {
            Bucket::Day => self.buckets[0],
            Bucket::Week => self.buckets[1],
            Bucket::Month => self.buckets[2],
        }
    }

    pub const fn measure(&self, measure: Measure) -> &'static str {
        match measure {
            Measure::Nps => self.nps,
            Measure::Csat => self.csat,
            Measure::Ces => self.ces,
        }
    }

    pub const fn step(&self, kind: StepKind) -> &'static str {
        match kind {
            StepKind::Impressions => self.impressions,
            StepKind::Opens => self.opens,
            StepKind::Starts => self.starts,
            StepKind::Responses => self.responses_sent,
        }
    }

    pub const fn group(&self, group: NpsGroup) -> &'static str {
        match group {
            NpsGroup::Detractor => self.detractor,
            NpsGroup::Passive => self.passive,
            NpsGroup::Promoter => self.promoter,
        }
    }

    pub const fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Honeypot => self.held_honeypot,
            Reason::TooFast => self.held_too_fast,
            Reason::Repeated => self.held_repeated,
            Reason::Unproven => self.held_unproven,
            Reason::Other => self.held_other,
        }
    }

    pub const fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Counted => self.counted,
            Outcome::Erased => self.erased,
            Outcome::Gone => self.already_erased,
        }
    }

    pub const fn groups(&self, group: NpsGroup) -> &'static str {
        match group {
            NpsGroup::Detractor => self.detractors,
            NpsGroup::Passive => self.passives,
            NpsGroup::Promoter => self.promoters,
        }
    }
}

fn index_of(period: Period) -> Option<usize> {
    Period::NAMED.into_iter().position(|named| named == period)
}

/// Puts the values where the template has `{}`.
pub fn fill(template: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut parts = template.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        filled.push_str(values.next().unwrap_or(&""));
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_in_in_order() {
        assert_eq!(fill("{} of {}", &["3", "{}"]), "3 of {}");
        assert_eq!(fill("plain", &["3"]), "plain");
        assert_eq!(fill("{} and {}", &["one"]), "one and ");
    }

    #[test]
    fn languages_are_found_by_their_tags() {
        for (tag, expected) in [
            ("it", Some(Language::Italian)),
            ("it-CH", Some(Language::Italian)),
            ("EN-gb", Some(Language::English)),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Language::parse(tag), expected, "{tag}");
        }
    }

    #[test]
    fn every_reason_has_words_in_every_language() {
        let codes = |texts: &[(&'static str, &str)]| -> Vec<_> {
            texts.iter().map(|(code, _)| *code).collect()
        };
        let [english, italian] = Language::ALL.map(Language::texts);
        assert_eq!(codes(english.simulation_reasons), codes(italian.simulation_reasons));
        assert_eq!(codes(english.simulation_problems), codes(italian.simulation_problems));
        let rules = include_str!("../../../widget/core/rules.js");
        for code in rules.split("return \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(codes(english.simulation_reasons).contains(&code), "{code}");
        }
    }

    #[test]
    fn every_channel_has_a_name_in_every_language() {
        for language in Language::ALL {
            for (key, name) in language.texts().channel_names {
                assert!(shared::Channel::parse(key).is_some(), "{key}");
                assert!(!name.is_empty(), "{key}");
            }
            assert_eq!(language.texts().channel_names.len(), 19);
        }
    }
}
