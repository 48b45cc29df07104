//! Refusals as pages: whoever follows a link reads words, in their language.

use super::pairs_of;
use super::reply;
use crate::hosted::{Frame, Notice, Speech, notice};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use shared::Problem;

/// Where people, not programs, come in.
const FORMS: [&str; 2] = ["/f/", "/kiosk/"];
const LINKS: [&str; 3] = ["/l/", "/s/", "/o/"];

/// Someone who follows a link.
pub struct Reader {
    speech: Speech,
    by_link: bool,
}

impl Reader {
    /// `None` for requests of programs.
    pub fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let by_link = LINKS.iter().any(|links| path.starts_with(links));
        if !by_link && !FORMS.iter().any(|forms| path.starts_with(forms)) {
            return None;
        }
        let pairs = pairs_of(request.uri().query().unwrap_or_default().as_bytes());
        let requested = pairs.iter().find(|(name, _)| name == "locale").map(|(_, value)| &**value);
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Some(Self { speech: Speech::of_visitor(requested, accepted), by_link })
    }

    /// A problem for programs becomes a page; all else stays.
    pub fn page_of(&self, response: Response) -> Response {
        let Some(problem) = response.extensions().get::<Problem>().cloned() else {
            return response;
        };
        let details = problem.violations.iter().map(|v| format!("{}: {}", v.path, v.message));
        let page = notice(&Notice {
            frame: Frame { speech: &self.speech, site: "", theme: None, is_part: false },
            says: &self.words(response.status()),
            is_good: false,
            details: details.collect(),
            take_back: None,
            anew: None,
        });
        let (mut parts, _) = response.into_parts();
        reply::complete(&mut parts.headers, &[]);
        Response::from_parts(parts, Body::from(page))
    }

    fn words(&self, status: StatusCode) -> String {
        let key = match status {
            StatusCode::NOT_FOUND if !self.by_link => "not-found",
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                "bad-link"
            }
            StatusCode::GONE => "expired",
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "too-many",
            _ => return self.speech.filled("trouble", status.as_u16(), ""),
        };
        self.speech.text(key).to_owned()
    }
}
