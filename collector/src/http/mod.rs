//! The HTTP interface. `router.rs` is the table of contents.

mod accept;
mod around;
mod auth;
mod backup;
mod body;
mod challenge;
mod cors;
mod docs;
mod document;
mod error;
mod etag;
mod export;
mod figures;
mod headers;
mod health;
mod limits;
mod loader;
mod observe;
mod pieces;
mod query;
mod responses;
mod router;
mod sessions;
mod sites;
mod summaries;
mod surveys;
mod tokens;
mod verify;
mod web;

pub use accept::prepare;
pub use error::ApiError;
pub use responses::ErasedOut;
pub use router::{App, openapi, router};
pub use sites::{SiteCreated, SitesOut};
pub use surveys::SurveyPut;
pub use tokens::{TokenCreated, TokensOut};
