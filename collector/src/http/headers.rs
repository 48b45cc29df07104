//! What every answer says to browsers, unless its handler said something of its own.

use super::router::App;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
pub const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const DEFAULTS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // For requests without CORS alone: pages of allowed origins read with it.
    (RESOURCE_POLICY, "same-origin"),
];

/// Of all that a browser could open as a page, public data apart. Answers are data: opened, they could
/// do nothing. Pages bring their own policy.
const OF_PAGES: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (OPENER_POLICY, "same-origin"),
];

/// What a browser never opens as a page. What is said of pages would be a fifth of what every page
/// with the widget fetches.
const NEVER_PAGES: [&str; 3] = ["text/javascript", "application/wasm", "text/css"];

/// A year. Subdomains are not this server's to promise for.
const TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub fn complete(app: &App, headers: &mut HeaderMap) {
    headers.reserve(DEFAULTS.len() + OF_PAGES.len() + 2);
    let may_be_framed = may_be_framed(headers);
    let of_pages: &[_] =
        if is_never_page(headers) || is_public_data(headers) { &[] } else { &OF_PAGES };
    for (name, value) in DEFAULTS.iter().chain(of_pages).cloned() {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if may_be_framed {
        // It cannot name origins; the page's policy does.
        headers.remove(header::X_FRAME_OPTIONS);
    }
    if app.public_url.starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TRANSPORT_SECURITY);
    }
}

fn is_never_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| NEVER_PAGES.iter().any(|never| kind.starts_with(never)))
}

/// What every page with the widget fetches: its texts, its survey.
fn is_public_data(headers: &HeaderMap) -> bool {
    let begins = |name: HeaderName, words: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.starts_with(words))
    };
    begins(header::CACHE_CONTROL, "public") && begins(header::CONTENT_TYPE, "application/json")
}

/// Whether a page's own policy names origins that may show it in a frame.
fn may_be_framed(headers: &HeaderMap) -> bool {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok());
    policy.is_some_and(|policy| !policy.ends_with("frame-ancestors 'none'"))
}
