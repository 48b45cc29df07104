//! The table of contents of the HTTP interface.

use super::earlier::Earlier;
use super::error::ApiError;
use super::stream::Streams;
use super::{
    around, backup, challenge, compat, comuni, desk, docs, document, events, export, figures,
    health, hosted, identity_keys, invitations, ivr, kiosk, links, loader, opt_outs, qr, responses,
    sessions, sites, stream, summaries, surveys, tag, tokens, verify, web,
};
use crate::doors::Doors;
use crate::events::Pending;
use crate::intake::Guards;
use crate::log::Writer;
use crate::spam::Spam;
use crate::state::Role;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What every handler shares.
pub struct App {
    pub writer: Writer,
    /// Where browsers reach this collector: scheme, host and port.
    pub public_url: String,
    pub doors: Doors,
    pub spam: Spam,
    /// Widgets of earlier versions.
    pub earlier: Earlier,
    /// Events on their way to the writer.
    pub pending: Pending,
    pub streams: Streams,
}

impl App {
    pub fn guards(&self) -> Guards<'_> {
        Guards { spam: &self.spam, proofs: self.doors.proofs.as_ref() }
    }

    /// A link that signs in once, to where somebody of this role works. The code is in the
    /// fragment, which is never sent nor logged.
    pub fn sign_in_link(&self, role: Role, code: &str) -> String {
        let page = if role == Role::Agent { "desk" } else { "dashboard" };
        format!("{}/{page}#code={code}", self.public_url)
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Ascolto",
    description = "Customer feedback that an organisation runs itself.",
    license(name = "MIT OR Apache-2.0")
))]
struct Document;

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        // By the site's public key.
        .routes(routes!(responses::submit, responses::list))
        .routes(routes!(responses::take_back))
        .routes(routes!(surveys::show))
        .routes(routes!(challenge::ask))
        .routes(routes!(events::tell))
        // For people who follow a link.
        .routes(routes!(hosted::show, hosted::answer))
        .routes(routes!(hosted::show_link, hosted::answer_link))
        .routes(routes!(hosted::thanks, hosted::take_back))
        .routes(routes!(links::follow))
        .routes(routes!(hosted::ask_to_stop, hosted::stop))
        .routes(routes!(kiosk::show))
        .routes(routes!(compat::comuni))
        // With a token.
        .routes(routes!(links::list, links::create))
        .routes(routes!(links::create_many))
        .routes(routes!(links::delete))
        .routes(routes!(invitations::prepare))
        .routes(routes!(opt_outs::list, opt_outs::add))
        .routes(routes!(opt_outs::remove))
        .routes(routes!(qr::draw))
        .routes(routes!(responses::batch))
        .routes(routes!(desk::show, desk::enter))
        .routes(routes!(ivr::call))
        .routes(routes!(export::export))
        .routes(routes!(stream::stream))
        .routes(routes!(responses::erase))
        .routes(routes!(responses::accept))
        .routes(routes!(responses::erase_many))
        .routes(routes!(summaries::summary))
        .routes(routes!(summaries::channels))
        .routes(routes!(summaries::by))
        .routes(routes!(summaries::trend))
        .routes(routes!(summaries::funnel))
        .routes(routes!(surveys::list, surveys::put))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(identity_keys::list, identity_keys::create))
        .routes(routes!(identity_keys::delete))
        .routes(routes!(sites::list, sites::create))
        .routes(routes!(sites::show, sites::update, sites::delete))
        .routes(routes!(tag::show))
        .routes(routes!(sessions::show, sessions::sign_in, sessions::sign_out))
        .routes(routes!(verify::run))
        .routes(routes!(backup::make))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(figures::metrics))
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    document::complete(api().into_openapi())
}

pub fn router(app: Arc<App>) -> Router {
    let (api, _) = api().split_for_parts();
    api.route("/openapi.json", get(docs::document))
        .route("/docs", get(docs::read))
        .route("/docs/style.css", get(docs::style))
        .route("/ascolto.js", get(loader::serve))
        .route("/f/style.css", get(hosted::style))
        .route("/comuni.js", get(comuni::script))
        .route("/comuni.css", get(comuni::style))
        .route("/comuni.html", get(comuni::markup))
        .fallback(web_or_not_found)
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), around::around))
        .with_state(app)
}

async fn web_or_not_found(State(app): State<Arc<App>>, request: Request) -> Response {
    match request.method().is_safe() {
        true => web::serve(app.earlier.files(), request),
        false => ApiError::NotFound("there is nothing at this address").into_response(),
    }
}
