//! The widget, the dashboard and the demo page, as `cargo xtask web` left them: embedded,
//! compressed, hashed.

use super::compressed::{self, BROTLI};
use super::error::ApiError;
use super::etag;
use super::headers::RESOURCE_POLICY;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha384};

pub struct File {
    /// The URL's path.
    pub path: &'static str,
    pub body: &'static [u8],
    pub br: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

/// One content as it is, and compressed.
#[derive(Clone)]
pub struct Forms {
    pub body: Bytes,
    pub br: Option<Bytes>,
    pub gzip: Option<Bytes>,
}

impl File {
    fn forms(&self) -> Forms {
        Forms {
            body: Bytes::from_static(self.body),
            br: self.br.map(Bytes::from_static),
            gzip: self.gzip.map(Bytes::from_static),
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// The policy of our own pages: nothing but what this server sends. The widget's button and form
/// style themselves without inline styles.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// The loader can change at any time; what is named by its content, never.
const LOADER_CACHE: &str = "public, max-age=300";
const ASSET_CACHE: &str = "public, max-age=31536000, immutable";
const PAGE_CACHE: &str = "no-cache";

/// The kiosk's service worker, and its policy: a worker is under its own, not under its page's.
const KIOSK_WORKER: &str = "/kiosk/worker.js";
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'";

/// Any path that names an embedded file, a folder with an `index.html`, or a file of an earlier
/// version.
pub fn serve(earlier: &[File], request: Request) -> Response {
    let path = request.uri().path();
    match find(path).or_else(|| earlier.iter().find(|file| file.path == path)) {
        Some(file) => answer(file.path, &file.forms(), request.headers()),
        None if FILES.is_empty() && is_page(path) => {
            let detail = "this collector was built without its pages; build with cargo xtask build";
            ApiError::NotFound(detail).into_response()
        }
        None => ApiError::NotFound("there is nothing at this address").into_response(),
    }
}

/// The loader under the name of its content, and what a script tag's `integrity` says of it.
pub fn pinned_loader() -> Option<(&'static str, String)> {
    let file = FILES.iter().find(|file| is_pinned_loader(file.path))?;
    Some((file.path, format!("sha384-{}", STANDARD.encode(Sha384::digest(file.body)))))
}

pub fn is_pinned_loader(path: &str) -> bool {
    path.starts_with("/ascolto.") && path != "/ascolto.js"
}

/// What is embedded at exactly this path.
pub fn body_of(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|file| file.path == path).map(|file| file.body)
}

fn find(path: &str) -> Option<&'static File> {
    let index = format!("{}/index.html", path.trim_end_matches('/'));
    let english = texts_in_english(path);
    [path, &index, &english].iter().find_map(|path| FILES.iter().find(|file| file.path == *path))
}

/// The widget's texts in the place of those that it has not (`/assets/HASH/zh.json`).
fn texts_in_english(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, file)) if path.starts_with("/assets/") && file.ends_with(".json") => {
            [folder, "/en.json"].concat()
        }
        _ => String::new(),
    }
}

fn is_page(path: &str) -> bool {
    ["/ascolto.js", "/assets", "/dashboard", "/demo", "/desk", "/kiosk"]
        .iter()
        .any(|page| path.starts_with(page))
}

pub fn answer(path: &str, forms: &Forms, request: &HeaderMap) -> Response {
    let (body, coding) = match (&forms.br, &forms.gzip) {
        (Some(br), _) if compressed::is_taken(request, BROTLI) => (br, Some(BROTLI)),
        (_, Some(gzip)) if compressed::is_taken(request, "gzip") => (gzip, Some("gzip")),
        _ => (&forms.body, None),
    };
    let tag = etag::of(&forms.body, coding);
    let known = etag::is_known(request, &tag);
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => body.clone().into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, content_type(path));
    set(header::VARY, "Accept-Encoding");
    if let (Some(coding), false) = (coding, known) {
        set(header::CONTENT_ENCODING, coding);
    }
    if path == KIOSK_WORKER {
        // It fetches what the page then does not have to.
        set(header::CACHE_CONTROL, PAGE_CACHE);
        set(header::CONTENT_SECURITY_POLICY, WORKER_POLICY);
    } else if path.ends_with(".html") {
        set(header::CACHE_CONTROL, PAGE_CACHE);
        set(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        set(header::REFERRER_POLICY, "same-origin");
    } else {
        // Module scripts and the wasm are fetched across origins by the pages that embed them.
        let immutable = path.starts_with("/assets/") || is_pinned_loader(path);
        set(header::CACHE_CONTROL, if immutable { ASSET_CACHE } else { LOADER_CACHE });
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    headers.insert(header::ETAG, tag);
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
