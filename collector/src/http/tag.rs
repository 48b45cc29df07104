//! The script tag of a site, ready to be pasted.

use super::auth::Manager;
use super::router::App;
use super::web;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct TagOut {
    /// Has the widget of whichever version the collector is.
    pub tag: String,
    /// Has the loader of this version and no other: its address names its content, which the
    /// browser compares with `integrity`. Not there in a collector that was built without pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
}

/// What the owner of a site pastes into its pages.
#[utoipa::path(get, path = "/v1/sites/{site}/tag", tag = "owner", params(("site" = String, Path)),
    responses((status = 200, body = TagOut), (status = 401, body = shared::Problem),
        (status = 403, body = shared::Problem), (status = 404, body = shared::Problem)))]
pub async fn show(State(app): State<Arc<App>>, manager: Manager) -> axum::Json<TagOut> {
    let (url, key) = (&app.public_url, &manager.site.record.public_key);
    // Without cookies, as all that the script fetches: browsers then use one connection for both.
    let tag = |address: &str, pin: &str| {
        format!(
            "<script async src=\"{url}{address}\"{pin} data-site=\"{key}\" crossorigin></script>"
        )
    };
    let pinned = web::pinned_loader()
        .map(|(address, integrity)| tag(address, &format!(" integrity=\"{integrity}\"")));
    axum::Json(TagOut { tag: tag("/ascolto.js", ""), pinned })
}
