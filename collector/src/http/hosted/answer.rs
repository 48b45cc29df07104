//! From step to step, and from "Send" to the acknowledgement.

use super::super::error::ApiError;
use super::super::limits;
use super::super::router::App;
use super::reply;
use super::visit::Visit;
use super::{Pairs, address};
use crate::change::{self, Appended};
use crate::clock;
use crate::hosted::{Answers, Form, Frame, Go, Notice, Posted, Steps, Ticket, form};
use crate::intake::{self, Collected};
use crate::log::record::IdEntry;
use crate::secret::receipt;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use shared::submission::{Context, FormSigns, check_answers};
use shared::{ResponseId, SubmissionDraft, Survey, Violation, Violations};

/// A form as it is being filled in.
struct Sheet {
    visit: Visit,
    /// In the page's language.
    survey: Survey<String>,
    step: usize,
    answers: Answers,
    ticket: Ticket,
    trap: String,
}

/// The first step; or, where a link was used before, what became of its answer.
pub fn opened(app: &App, visit: &Visit) -> Result<Response, ApiError> {
    if let Some(id) = visit.answer_id()
        && let Some(entry) = intake::known(app.writer.disk(), &visit.site, id)?
    {
        return Ok(used(visit, id, &entry, StatusCode::OK));
    }
    let answers = visit.given.preselected(&visit.survey);
    let survey = visit.survey.localize(&visit.speech.survey_locale);
    let ticket = visit.new_ticket(clock::now());
    let page = page_of(visit, &survey, 0, &answers, ticket, &Violations::default(), None);
    Ok(reply::kept_for_going_back(reply::page(&visit.site, StatusCode::OK, page)))
}

/// What was posted: one step further, one back, or sent.
pub async fn go_on(
    app: &App,
    visit: Visit,
    parts: &Parts,
    pairs: &Pairs,
) -> Result<Response, ApiError> {
    let posted = Posted::read(pairs, &visit.survey);
    let ticket = Ticket::read(&visit.secret, visit.site.number, &posted.ticket);
    let survey = visit.survey.localize(&visit.speech.survey_locale);
    let mut sheet = Sheet {
        step: posted.step.min(Steps::of(&survey).count()),
        survey,
        answers: posted.answers,
        ticket: ticket.unwrap_or_else(|| visit.new_ticket(clock::now())),
        trap: posted.trap,
        visit,
    };
    if let Err(refused) = limits::pass_form(parts, sheet.visit.site.number, app) {
        return Ok(sheet.unsent(refused));
    }
    if ticket.is_none() {
        // Not made here, or for another site: nothing is taken that was not asked for first.
        return Ok(sheet.unsent(ApiError::violation("ticket", "invalid", "is not of this form")));
    }
    match posted.go {
        Go::Back => {
            let before = Steps::of(&sheet.survey).previous(sheet.step, &sheet.answers);
            sheet.step = before.unwrap_or_default();
            Ok(sheet.page(StatusCode::OK, &Violations::default(), None))
        }
        Go::Next => Ok(sheet.next()),
        Go::Send => sheet.send(app).await,
    }
}

impl Sheet {
    fn next(mut self) -> Response {
        let faults = self.faults_so_far();
        if !faults.is_empty() {
            return self.corrected(&faults);
        }
        let steps = Steps::of(&self.survey);
        self.step = steps.next(self.step, &self.answers).unwrap_or_else(|| steps.count());
        self.page(StatusCode::OK, &Violations::default(), None)
    }

    async fn send(self, app: &App) -> Result<Response, ApiError> {
        if let Err(refused) = app.writer.has_room() {
            return Ok(self.unsent(refused.into()));
        }
        let now = clock::now();
        let elapsed_ms = now.millis().saturating_sub(self.ticket.began.millis());
        let signs = FormSigns {
            trap: Some(self.trap.clone()),
            elapsed_ms: Some(u32::try_from(elapsed_ms.max(0)).unwrap_or(u32::MAX)),
            proof: None,
        };
        let (survey, sender) = (&*self.visit.survey, self.visit.sender());
        let collected = Collected { draft: self.draft(), signs, survey, sender };
        let append = match intake::hosted(collected, &self.visit.site, app.guards(), now) {
            Ok(append) => append,
            Err(bad) if bad.as_slice().iter().all(|v| v.path.starts_with("answers")) => {
                return Ok(self.corrected(&bad));
            }
            Err(bad) => return Err(ApiError::Invalid(bad)),
        };
        let number = self.visit.site.number;
        match app.writer.change(move |t| change::append(t, number, append)).await {
            Ok(appended) => self.settled(app, appended),
            Err(refused) => Ok(self.unsent(refused.into())),
        }
    }

    /// What was answered to the questions that are asked after these answers.
    fn given(&self) -> Answers {
        let shown = self.survey.shown(&self.answers).into_iter();
        let given = shown.filter_map(|question| {
            Some((question.key.clone(), self.answers.get(&question.key)?.clone()))
        });
        given.collect()
    }

    fn draft(&self) -> SubmissionDraft {
        let Visit { given, survey, look, speech, .. } = &self.visit;
        let mut draft = given.draft(self.id(), survey, self.given());
        draft.locale = Some(speech.locale().to_owned());
        draft.context =
            look.page.clone().map(|page| Context { page: Some(page), ..Context::default() });
        draft
    }

    /// A signed link's answer has the link's id, whatever the form says.
    fn id(&self) -> ResponseId {
        self.visit.answer_id().unwrap_or(self.ticket.id)
    }

    /// What is wrong on this step and on those before it.
    fn faults_so_far(&self) -> Violations {
        let mut faults = Violations::default();
        check_answers(self.given(), &self.survey, &mut faults);
        let steps = Steps::of(&self.survey);
        let step = |key: &str| steps.number(key).is_some_and(|step| step <= self.step);
        faults.retain(|fault| fault.question().is_some_and(step));
        faults
    }

    /// The step with the first fault.
    fn corrected(mut self, faults: &Violations) -> Response {
        let steps = Steps::of(&self.survey);
        let faulty = faults.as_slice().iter().filter_map(Violation::question);
        let first = faulty.filter_map(|key| steps.number(key)).min();
        self.step = first.unwrap_or(self.step);
        self.page(StatusCode::UNPROCESSABLE_ENTITY, faults, None)
    }

    /// The same step again: nothing that was filled in is lost.
    fn unsent(&self, refused: ApiError) -> Response {
        let page = self.page(StatusCode::OK, &Violations::default(), Some("unsent"));
        reply::in_the_place_of(refused, page)
    }

    fn page(
        &self,
        status: StatusCode,
        faults: &Violations,
        trouble: Option<&'static str>,
    ) -> Response {
        let Self { visit, survey, step, answers, ticket, .. } = self;
        let page = page_of(visit, survey, *step, answers, *ticket, faults, trouble);
        reply::page(&visit.site, status, page)
    }

    fn settled(&self, app: &App, appended: Appended) -> Result<Response, ApiError> {
        let (visit, id) = (&self.visit, self.id());
        match appended {
            Appended::Stored { .. } | Appended::Duplicate { .. } => {
                Ok(reply::see(&receipt_address(visit, id)))
            }
            Appended::Conflict | Appended::TakenBack => {
                let entry = intake::known(app.writer.disk(), &visit.site, id)?;
                let entry = entry.unwrap_or(IdEntry::Erased);
                Ok(used(visit, id, &entry, StatusCode::CONFLICT))
            }
            Appended::TooManyChannels => {
                Err(ApiError::violation("channel", "too_many", "the site has as many as it may"))
            }
            Appended::TooManyServices => {
                Err(ApiError::violation("service", "too_many", "the site has as many as it may"))
            }
            Appended::Gone => Err(ApiError::NotFound("the site or the survey is gone")),
        }
    }
}

fn page_of(
    visit: &Visit,
    survey: &Survey<String>,
    step: usize,
    answers: &Answers,
    ticket: Ticket,
    faults: &Violations,
    trouble: Option<&'static str>,
) -> String {
    form(&Form {
        frame: frame(visit),
        survey,
        step,
        answers,
        ticket: &ticket.sign(&visit.secret, visit.site.number),
        action: &visit.path,
        along: &visit.along(),
        faults,
        trouble,
        stop: visit.stop_address().as_deref(),
    })
}

pub fn frame(visit: &Visit) -> Frame<'_> {
    let (site, theme) = (visit.site.record.name.as_str(), visit.look.theme.as_deref());
    Frame { speech: &visit.speech, site, theme, is_part: visit.look.page.is_some() }
}

/// Where the visitor is thanked, and can take the answer back.
pub fn receipt_address(visit: &Visit, id: ResponseId) -> String {
    let receipt = receipt(&visit.secret, visit.site.number, id);
    let (key, survey) = (&visit.site.record.public_key, &visit.survey.key);
    let locale = ("locale", visit.speech.locale().to_owned());
    let pairs: Vec<_> = [locale].into_iter().chain(visit.look.pairs()).collect();
    address(&format!("/f/{key}/{survey}/receipts/{receipt}"), &pairs)
}

/// The answer was given before, by this form or by this link.
fn used(visit: &Visit, id: ResponseId, entry: &IdEntry, status: StatusCode) -> Response {
    let speech = &visit.speech;
    let says = match (entry, &visit.link) {
        (IdEntry::Erased, _) => "taken-back",
        (_, Some(_)) => "answered",
        (_, None) => "conflict",
    };
    let receipt = receipt_address(visit, id);
    let stored = matches!(entry, IdEntry::Stored { .. });
    let anew = visit.answer_id().is_none().then(|| address(&visit.path, &visit.along()));
    let notice = Notice {
        frame: frame(visit),
        says: speech.text(says),
        is_good: says == "answered",
        details: Vec::new(),
        take_back: stored.then_some(receipt.as_str()),
        anew: anew.as_deref(),
    };
    reply::page(&visit.site, status, crate::hosted::notice(&notice))
}
