//! `GET /ascolto.js`: the script tag's loader, with its button's words in no more languages than this
//! visitor may need: their own, the sites', English. All of them would be a third of what a page pays
//! for that nobody answers on. (`?all` has them, as has the address that names its content, for
//! pages that pin it.)

use super::compressed;
use super::router::App;
use super::web::{self, Forms};
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

const PATH: &str = "/ascolto.js";
/// How the table begins in the loader as it was built: with the language of last resort.
const TABLE: &str = "{_:\"en\",";
const LAST_RESORT: &str = "en";

/// Of what `Accept-Language` lists: so many are looked at, and so many are taken.
const LISTED_MAX: usize = 16;
const TAKEN_MAX: usize = 3;
/// Combinations of languages that are kept ready.
const READY_MAX: usize = 64;

static BUILT: LazyLock<Option<Built>> =
    LazyLock::new(|| Built::parse(std::str::from_utf8(web::body_of(PATH)?).ok()?));
static READY: LazyLock<Mutex<HashMap<Vec<&'static str>, Forms>>> = LazyLock::new(Mutex::default);

pub async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    let built = match &*BUILT {
        Some(built) if request.uri().query() != Some("all") => built,
        _ => return web::serve(app.earlier.files(), request),
    };
    let state = app.writer.state();
    let sites = state.sites.values().map(|site| site.record.locale.as_str());
    let forms = ready(built, built.languages(&listed(request.headers()), sites));
    let mut response = web::answer(PATH, &forms, request.headers());
    let varies = HeaderValue::from_static("Accept-Encoding, Accept-Language");
    response.headers_mut().insert(header::VARY, varies);
    response
}

/// The languages of `Accept-Language`, in the visitor's order: browsers write it so.
fn listed(request: &HeaderMap) -> Vec<&str> {
    let header = request.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.unwrap_or_default().split(',').take(LISTED_MAX).map(str::trim).collect()
}

/// Composed once for each combination of languages.
fn ready(built: &Built, languages: Vec<&'static str>) -> Forms {
    let lock = || READY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(forms) = lock().get(&languages) {
        return forms.clone();
    }
    let body = built.with(&languages);
    let br = Some(Bytes::from(compressed::brotli(body.as_bytes())));
    let forms = Forms { body: body.into(), br, gzip: None };
    let mut ready = lock();
    if ready.len() >= READY_MAX {
        ready.clear();
    }
    ready.insert(languages, forms.clone());
    forms
}

/// The loader around its table of labels.
struct Built {
    before: &'static str,
    /// By language.
    labels: Vec<(&'static str, &'static str)>,
    after: &'static str,
}

impl Built {
    fn parse(script: &'static str) -> Option<Self> {
        let (before, rest) = script.split_once(TABLE)?;
        let (table, after) = rest.split_once("\"}")?;
        let labels = table.split("\",").filter_map(|entry| entry.split_once(":\"")).collect();
        Some(Self { before, labels, after })
    }

    /// The widget's language for a tag (BCP 47), if it has one.
    fn known(&self, tag: &str) -> Option<&'static str> {
        let language = tag.get(..2)?;
        let whole = tag[2..].chars().next().is_none_or(|c| !c.is_ascii_alphanumeric());
        let mut known = self.labels.iter().map(|(known, _)| *known);
        known.find(|known| whole && known.eq_ignore_ascii_case(language))
    }

    /// Which labels go along: the one to fall back on, then all, in order.
    fn languages<'a>(
        &self,
        listed: &[&str],
        sites: impl Iterator<Item = &'a str>,
    ) -> Vec<&'static str> {
        let own = listed.iter().filter_map(|tag| self.known(tag)).take(TAKEN_MAX);
        let mut all: Vec<_> =
            own.chain(sites.filter_map(|tag| self.known(tag))).chain([LAST_RESORT]).collect();
        let first = listed.iter().find_map(|tag| self.known(tag)).unwrap_or(LAST_RESORT);
        all.sort_unstable();
        all.dedup();
        all.insert(0, first);
        all
    }

    /// The script with these alone; `languages` begins with the one to fall back on.
    fn with(&self, languages: &[&str]) -> String {
        let (first, all) = languages.split_first().unwrap_or((&LAST_RESORT, &[]));
        let kept = self.labels.iter().filter(|(language, _)| all.contains(language));
        let table: Vec<_> =
            kept.map(|(language, label)| format!(",{language}:\"{label}\"")).collect();
        [self.before, "{_:\"", first, "\"", &table.concat(), "}", self.after].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "var a={_:\"en\",ar:\"رأيك\",de:\"Ihre Meinung\",en:\"Your feedback\",it:\"La tua opinione\"};a[x]";

    #[test]
    fn a_visitor_gets_their_own_languages_the_sites_and_english() {
        let built = Built::parse(SCRIPT).unwrap();
        for (listed, sites, expected) in [
            (&[][..], &[][..], "en en"),
            (&["de-AT", "de;q=0.9", "en;q=0.8"], &["it"], "de de en it"),
            (&["zh-CN", "it-IT"], &["it"], "it en it"),
            (&["*", "den", ""], &["it-CH", "ar"], "en ar en it"),
            (&["DE"], &["fr"], "de de en"),
        ] {
            let languages = built.languages(listed, sites.iter().copied());
            assert_eq!(languages.join(" "), expected, "{listed:?} {sites:?}");
        }
    }

    #[test]
    fn only_the_table_changes() {
        let built = Built::parse(SCRIPT).unwrap();
        let expected = "var a={_:\"de\",de:\"Ihre Meinung\",en:\"Your feedback\"};a[x]";
        assert_eq!(built.with(&["de", "de", "en"]), expected);
        let all: Vec<_> = built.labels.iter().map(|(language, _)| *language).collect();
        assert_eq!(built.with(&[&["en"][..], &all].concat()), SCRIPT);
    }
}
