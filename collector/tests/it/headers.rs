//! What every answer tells browsers, and what a client may ask for.

use crate::support::{Answer, Server, response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha384};

fn is(answer: &Answer, name: &str, expected: Option<&str>) {
    let found = answer.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(found, expected, "{name}");
}

#[test]
fn every_answer_is_safe_to_open() {
    let server = Server::start();
    let site = server.site();
    let paths = ["/healthz", "/docs", "/openapi.json", "/nothing", "/v1/sites"];
    let summary = site.path("summary");
    for path in paths.iter().copied().chain([summary.as_str()]) {
        let answer = server.get(path, Some(&site.token));
        is(&answer, "x-content-type-options", Some("nosniff"));
        is(&answer, "x-frame-options", Some("DENY"));
        is(&answer, "cross-origin-opener-policy", Some("same-origin"));
        is(&answer, "strict-transport-security", None);
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(answer.headers.contains_key("referrer-policy"), "{path}");
        assert!(answer.headers.contains_key("permissions-policy"), "{path}");
    }
    is(&server.get(&summary, Some(&site.token)), "cache-control", Some("no-store"));
}

/// Scripts and the like are no pages: what is said of pages would be bytes for nothing.
#[test]
fn what_is_never_a_page_says_no_more_than_it_must() {
    let server = Server::start();
    let answer = server.get("/ascolto.js", None);
    if answer.status == 404 {
        return;
    }
    is(&answer, "x-content-type-options", Some("nosniff"));
    for name in ["content-security-policy", "x-frame-options", "permissions-policy"] {
        is(&answer, name, None);
    }
}

/// What a visitor waits for: it comes in as few bytes as there can be, and only to those who can read
/// that.
#[test]
fn a_survey_comes_compressed() {
    let server = Server::start();
    let site = server.site();
    let path = format!("/v1/sites/{}/surveys/post-service?locale=it", site.key);
    let url = format!("{}{path}", server.base);
    let plain = server.get(&path, None);
    is(&plain, "content-encoding", None);
    let packed = ureq::get(&url).header("accept-encoding", "gzip, deflate, br").call().unwrap();
    let header =
        |name: &str| packed.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-encoding").as_deref(), Some("br"));
    let varies: Vec<_> = packed.headers().get_all("vary").iter().collect();
    assert_eq!(varies, ["Accept-Encoding", "Origin"], "shared caches would mix what differs");
    let tag = header("etag").unwrap();
    assert_ne!(tag, plain.header("etag"));
    let bytes = packed.into_body().read_to_vec().unwrap();
    let mut text = Vec::new();
    brotli::BrotliDecompress(&mut &bytes[..], &mut text).unwrap();
    assert!(bytes.len() * 2 < text.len(), "{} of {} bytes", bytes.len(), text.len());
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), plain.body);
    let known = [("accept-encoding", "br"), ("if-none-match", tag.as_str())];
    assert_eq!(server.send("GET", &path, None, &known, None).status, 304);
    for name in ["content-security-policy", "permissions-policy", "access-control-expose-headers"] {
        is(&plain, name, None);
    }
}

#[test]
fn behind_https_browsers_are_told_to_stay_there() {
    let server = Server::start_with(&["--public-url", "https://feedback.example.org/"]);
    let answer = server.get("/healthz", None);
    is(&answer, "strict-transport-security", Some("max-age=31536000"));
}

/// Pages of other origins embed these.
#[test]
fn the_widget_can_be_embedded() {
    let server = Server::start();
    let loader = server.get("/ascolto.js", None);
    if loader.status == 404 {
        return is(&loader, "content-type", Some("application/problem+json"));
    }
    is(&loader, "cross-origin-resource-policy", Some("cross-origin"));
    is(&loader, "access-control-allow-origin", Some("*"));
    is(&loader, "cache-control", Some("public, max-age=300"));
}

/// A page that pins the loader gets these very bytes, for ever.
#[test]
fn the_loader_can_be_pinned() {
    let server = Server::start_with(&["--public-url", "https://feedback.example.org/"]);
    let site = server.site();
    let tag = server.get(&site.path("tag"), Some(&site.token)).expect(200);
    let whole = format!(
        "<script async src=\"https://feedback.example.org/ascolto.js\" data-site=\"{}\" crossorigin></script>",
        site.key
    );
    assert_eq!(tag["tag"], whole);
    let loader = server.get("/ascolto.js", None);
    let Some(pinned) = tag["pinned"].as_str() else {
        return assert_eq!(loader.status, 404, "there is a widget and no way to pin it");
    };
    let between = |start: &str| pinned.split_once(start).unwrap().1.split('"').next().unwrap();
    let address = between("src=\"https://feedback.example.org");
    let same = server.get(address, None);
    is(&same, "cache-control", Some("public, max-age=31536000, immutable"));
    is(&same, "access-control-allow-origin", Some("*"));
    assert_eq!(same.body, server.get("/ascolto.js?all", None).body);
    let digest = Sha384::digest(same.body.as_str().unwrap());
    assert_eq!(between("integrity=\"sha384-"), STANDARD.encode(digest));
    assert!(pinned.contains("\" crossorigin>"), "{pinned}");
}

/// The button's words in the languages that this visitor may need, and no others: a page pays for them.
#[test]
fn the_loader_speaks_few_languages() {
    let server = Server::start();
    server.site();
    let get = |path: &str, languages: &str| {
        let headers = [("accept-language", languages), ("accept-encoding", "identity")];
        server.send("GET", path, None, &headers, None)
    };
    if get("/ascolto.js", "").status == 404 {
        return;
    }
    for (languages, table) in [
        ("", r#"{_:"en",en:"Your feedback",it:"La tua opinione"}"#),
        ("en-GB,en;q=0.9", r#"{_:"en",en:"Your feedback",it:"La tua opinione"}"#),
        ("zh", r#"{_:"en",en:"Your feedback",it:"La tua opinione"}"#),
        ("sv,en;q=0.8", r#"{_:"sv",en:"Your feedback",it:"La tua opinione",sv:"Din åsikt"}"#),
    ] {
        let answer = get("/ascolto.js", languages);
        is(&answer, "vary", Some("Accept-Encoding, Accept-Language"));
        assert!(answer.headers.contains_key("etag"));
        let script = answer.body.as_str().unwrap_or_default();
        assert!(script.contains(table), "{languages}: {script}");
    }
    let whole = get("/ascolto.js?all", "sv");
    assert!(whole.body.as_str().is_some_and(|script| script.contains("bg:\"Вашето мнение\"")));
}

#[test]
fn what_a_client_cannot_take_is_not_sent() {
    let server = Server::start();
    let site = server.site();
    let get = |path: &str, accept: &str| {
        server.send("GET", path, Some(&site.token), &[("accept", accept)], None).status
    };
    for (path, accept, status) in [
        (site.path("summary"), "application/json", 200),
        (site.path("summary"), "text/html,application/xhtml+xml,*/*;q=0.8", 200),
        (site.path("summary"), "text/html", 406),
        (site.path("summary"), "application/json;q=0, */*", 406),
        ("/healthz".into(), "application/json", 406),
        ("/docs".into(), "text/html", 200),
        ("/docs".into(), "image/png", 406),
        ("/nothing".into(), "text/html", 404),
    ] {
        assert_eq!(get(&path, accept), status, "{path} {accept}");
    }
    let body = serde_json::to_vec(&response(1, 9)).unwrap();
    let headers = [("content-type", "application/json"), ("accept", "text/html")];
    let path = format!("/v1/sites/{}/responses", site.key);
    let refused = server.send("POST", &path, None, &headers, Some(&body));
    is(&refused, "content-type", Some("application/problem+json"));
    refused.expect(406);
    assert_eq!(site.responses(), 0, "refused before anything was stored");
}

#[test]
fn the_page_of_the_interface_shows_code_as_code() {
    let server = Server::start();
    let page = server.get("/docs", None).expect(200);
    let page = page.as_str().unwrap();
    assert!(page.contains("<code>sdg</code>") && !page.contains('`'));
}
