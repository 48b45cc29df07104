//! `/o/…`: where a recipient says that no more invitations are wanted. A GET only asks; mail programs
//! that offer it by a button of theirs make RFC 8058's POST, which is answered without a redirect.

use super::super::error::ApiError;
use super::super::limits;
use super::super::router::App;
use super::{Pairs, pairs_of, reply};
use crate::change::{self, OptedOut};
use crate::clock;
use crate::hosted::{Frame, Speech, Stop, Wish, value};
use crate::log::{ReadError, keys};
use crate::opt_out::OptOut;
use crate::state::Site;
use axum::extract::{FromRequest, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use std::sync::Arc;

const UNKNOWN: ApiError = ApiError::NotFound("this link was not made here");
/// What mail programs and our own page send is a line.
const BYTES_MAX: usize = 4 << 10;

/// Who is leaving, and in which language.
struct Leaving {
    site: Arc<Site>,
    link: OptOut,
    speech: Speech,
    action: String,
}

impl Leaving {
    fn of(app: &App, token: &str, pairs: &Pairs, headers: &HeaderMap) -> Result<Self, ApiError> {
        let state = app.writer.state();
        let link = OptOut::read(&state.secret, token).ok_or(UNKNOWN)?;
        let site = state.sites.get(&link.site).cloned().ok_or(UNKNOWN)?;
        let locale = value(pairs, "locale");
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let fallback = format!("{},{};q=0.01", accepted.unwrap_or_default(), site.record.locale);
        let speech = Speech::of_visitor(locale, &fallback);
        let chosen: Vec<_> = locale.map(|l| ("locale", l.to_owned())).into_iter().collect();
        let action = super::address(&format!("/o/{token}"), &chosen);
        Ok(Self { site, link, speech, action })
    }

    fn is_over(&self, app: &App) -> Result<bool, ReadError> {
        for recipient in &self.link.recipients {
            let key = keys::opt_out(self.site.number, recipient);
            if app.writer.disk().get(&key)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn page(&self, is_over: bool, is_done: bool) -> Response {
        let Self { site, speech, action, .. } = self;
        let frame = Frame { speech, site: &site.record.name, theme: None, is_part: false };
        let page = Stop { frame, is_over, is_done, action };
        reply::page(site, StatusCode::OK, crate::hosted::stop(&page))
    }
}

/// Asks whether the recipient of an invitation wants no more of them, or says that it is so.
#[utoipa::path(get, path = "/o/{token}", tag = "pages",
    params(("token" = String, Path), ("locale" = Option<String>, Query)),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404)))]
pub async fn ask_to_stop(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let pairs = pairs_of(query.unwrap_or_default().as_bytes());
    let leaving = Leaving::of(&app, &token, &pairs, &headers)?;
    Ok(leaving.page(leaving.is_over(&app)?, false))
}

/// Ends invitations, or with `go=again` takes that back. Whatever else is sent means the end of
/// them: RFC 8058's `List-Unsubscribe=One-Click`, in any encoding, or nothing.
#[utoipa::path(post, path = "/o/{token}", tag = "pages",
    params(("token" = String, Path), ("locale" = Option<String>, Query)),
    request_body(content = BTreeMap<String, String>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404), (status = 409),
        (status = 413), (status = 503)))]
pub async fn stop(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let pairs = pairs_of(query.unwrap_or_default().as_bytes());
    let leaving = Leaving::of(&app, &token, &pairs, &parts.headers)?;
    let mut reading = Request::new(body);
    *reading.extensions_mut() = parts.extensions.clone();
    let super::Raw(bytes) = super::Raw::<BYTES_MAX>::from_request(reading, &app).await?;
    match value(&pairs_of(&bytes), "go") {
        Some(go) if go == Wish::Again.name() => {
            limits::pass_form(&parts, leaving.site.number, &app)?;
            begin_again(&app, &leaving).await?;
            Ok(leaving.page(false, true))
        }
        _ => {
            end(&app, &leaving).await?;
            Ok(leaving.page(true, true))
        }
    }
}

/// Without a rate: mail programs of many people come from few addresses, and as a second time
/// changes nothing there are no more changes than links.
async fn end(app: &App, leaving: &Leaving) -> Result<(), ApiError> {
    if leaving.is_over(app)? {
        return Ok(());
    }
    let (site, recipients) = (leaving.site.number, leaving.link.recipients.clone());
    let now = clock::now();
    match app.writer.change(move |t| change::opt_out(t, site, &recipients, now)).await? {
        OptedOut::Done(_) => Ok(()),
        OptedOut::TooMany => Err(ApiError::Conflict("the site has as many opt-outs as it may")),
        OptedOut::Gone => Err(UNKNOWN),
    }
}

async fn begin_again(app: &App, leaving: &Leaving) -> Result<(), ApiError> {
    let (site, recipients) = (leaving.site.number, leaving.link.recipients.clone());
    app.writer.change(move |t| change::opt_in(t, site, &recipients)).await?;
    Ok(())
}
