//! Who is visiting which form: what the address says, checked; and in which language it is shown.

use super::super::error::ApiError;
use super::super::router::App;
use super::Pairs;
use crate::clock;
use crate::hosted::{Look, Speech, Ticket, version};
use crate::link::{Given, Link};
use crate::opt_out::OptOut;
use crate::secret::random;
use crate::state::{NO_SURVEY, Site};
use axum::http::{HeaderMap, header};
use shared::submission::Sender;
use shared::{ResponseId, Survey, Timestamp, Violations};
use std::sync::Arc;

pub struct Visit {
    pub site: Arc<Site>,
    pub survey: Arc<Survey>,
    pub given: Given,
    pub look: Look,
    /// The owner stands for what is given.
    pub link: Option<Link>,
    /// Where the form is.
    pub path: String,
    pub speech: Speech,
    pub secret: [u8; 32],
}

impl Visit {
    pub fn by_key(
        app: &App,
        key: &str,
        survey: &str,
        pairs: &Pairs,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let state = app.writer.state();
        let site =
            state.site_by_public_key(key).ok_or(ApiError::NotFound("there is no such site"))?;
        let survey = site.survey(survey).ok_or(ApiError::NotFound(NO_SURVEY))?;
        let mut bad = Violations::default();
        let given = Given::of_pairs(pairs, &mut bad);
        given.check(survey, Sender::Visitor, &mut bad);
        if !bad.is_empty() {
            return Err(ApiError::Invalid(bad));
        }
        Ok(Self {
            speech: speech(given.locale.as_deref(), headers, site, survey),
            path: format!("/f/{key}/{}", survey.key),
            site: Arc::clone(site),
            survey: Arc::clone(survey),
            given,
            look: Look::of_pairs(pairs),
            link: None,
            secret: state.secret,
        })
    }

    pub fn by_token(
        app: &App,
        token: &str,
        pairs: &Pairs,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let state = app.writer.state();
        let unknown = || ApiError::NotFound("this link was not made here");
        let (number, link) = Link::read(&state.secret, token).ok_or_else(unknown)?;
        let site = state.sites.get(&number).ok_or_else(unknown)?;
        let survey = site.survey(&link.survey).ok_or_else(unknown)?;
        if link.is_over(clock::now()) {
            return Err(ApiError::Gone("this link's time is over"));
        }
        // The language alone may be another than the link's, and the tick, which is to be sent yet.
        let asked = Given::of_pairs(pairs, &mut Violations::default());
        let mut given = link.given.clone();
        given.locale = asked.locale.or(given.locale);
        given.score = asked.score.or(given.score);
        let mut bad = Violations::default();
        given.check(survey, Sender::Trusted, &mut bad);
        if bad.has_path("score") {
            // The survey has changed since: nothing is ticked, and the link stays good.
            given.score = None;
        }
        Ok(Self {
            speech: speech(given.locale.as_deref(), headers, site, survey),
            path: format!("/l/{token}"),
            site: Arc::clone(site),
            survey: Arc::clone(survey),
            given,
            look: Look::of_pairs(pairs),
            link: Some(link),
            secret: state.secret,
        })
    }

    /// Where whoever was invited ends invitations of this site.
    pub fn stop_address(&self) -> Option<String> {
        let token = self.look.stop.as_deref()?;
        let link = OptOut::read(&self.secret, token)?;
        let locale = ("locale", self.speech.locale().to_owned());
        (link.site == self.site.number).then(|| super::address(&format!("/o/{token}"), &[locale]))
    }

    /// The version that the form was made with, where there is such a one.
    pub fn with_version_of(mut self, pairs: &Pairs) -> Self {
        let made_with = version(pairs);
        let known = made_with.and_then(|v| self.site.survey_version(&self.survey.key, v).cloned());
        self.survey = known.unwrap_or(self.survey);
        self
    }

    pub const fn sender(&self) -> Sender {
        if self.link.is_some() { Sender::Trusted } else { Sender::Visitor }
    }

    /// The id that a signed link's answer has; `None` where every form is another answer.
    pub fn answer_id(&self) -> Option<ResponseId> {
        self.link.as_ref()?.answer_id(&self.secret, self.site.number)
    }

    pub fn new_ticket(&self, now: Timestamp) -> Ticket {
        let now_ms = u64::try_from(now.millis()).unwrap_or_default();
        let id = self.answer_id().unwrap_or_else(|| ResponseId::new(now_ms, random()));
        Ticket { id, began: now }
    }

    /// What goes along from page to page.
    pub fn along(&self) -> Vec<(&'static str, String)> {
        let given = match &self.link {
            // The link says the rest.
            Some(_) => self.given.locale.iter().map(|l| ("locale", l.clone())).collect(),
            None => self.given.pairs().into_iter().filter(|(name, _)| *name != "score").collect(),
        };
        Iterator::chain(Vec::into_iter(given), self.look.pairs()).collect()
    }
}

fn speech(locale: Option<&str>, headers: &HeaderMap, site: &Site, survey: &Survey) -> Speech {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Speech::choose(locale, accepted.unwrap_or_default(), &site.record.locale, survey)
}
