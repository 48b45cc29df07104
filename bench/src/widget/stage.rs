//! A host's website on this machine with a page for each contestant, and what stands in for the
//! back ends of those that have none here.

use super::contestants::Contestant;
use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a strict page allows; `{collector}` stands for ours, which is on an origin of its own.
const STRICT: &str = "default-src 'none'; script-src 'self' {collector} 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self'; connect-src 'self' {collector}; \
    require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'";

const PAGE: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>A page</title></head>\
    <body><main><h1>A page</h1><p>That somebody reads.</p>{contestant}</main></body></html>";

struct File {
    content_type: &'static str,
    text: Vec<u8>,
    brotli: Vec<u8>,
}

type Files = Arc<HashMap<String, File>>;

pub struct Stage {
    pub origin: String,
    listener: Option<TcpListener>,
    server: Option<JoinHandle<()>>,
    collector: String,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl Stage {
    /// Its address is known before the collector is, which must allow it.
    pub async fn reserve() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        Ok(Self { origin, listener: Some(listener), server: None, collector: String::new() })
    }

    /// Serves the pages of the contestants and the files of a folder.
    pub fn open(
        &mut self,
        folder: &Path,
        contestants: &[&Contestant],
        collector: &str,
        key: &str,
    ) -> Result<()> {
        let mut files = HashMap::new();
        read(folder, folder, &mut files)?;
        for contestant in contestants {
            let tag = contestant.html.replace("{collector}", collector).replace("{key}", key);
            let html = PAGE.replace("{contestant}", &tag).into_bytes();
            files.insert(format!("/{}", contestant.name), File::of("page.html", html));
        }
        files.extend(stand_ins()?.map(|(path, file)| (path.to_owned(), file)));
        self.collector = collector.into();
        let policy = STRICT.replace("{collector}", collector);
        let app = Router::new().fallback(answer).with_state((Arc::new(files), policy));
        let listener = self.listener.take().context("it is open already")?;
        self.server = Some(tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the stage is there until it is dropped");
        }));
        Ok(())
    }

    pub fn page(&self, contestant: &Contestant) -> String {
        format!("{}/{}", self.origin, contestant.name)
    }

    pub fn strict_page(&self, contestant: &Contestant) -> String {
        format!("{}?strict", self.page(contestant))
    }

    /// Everybody's origins.
    pub fn origins(&self) -> [&str; 2] {
        [&self.origin, &self.collector]
    }
}

/// What PostHog's server says of a site with one survey, as its client asks for it.
fn stand_ins() -> Result<[(&'static str, File); 5]> {
    let survey = json!({
        "id": "0193a000-0000-7000-8000-000000000001", "name": "Measured", "type": "widget",
        "start_date": "2024-01-01T00:00:00Z", "end_date": null, "conditions": null,
        "questions": [
            {"id": "q1", "type": "rating", "display": "number", "scale": 10,
             "question": "How likely are you to recommend us?",
             "lowerBoundLabel": "Unlikely", "upperBoundLabel": "Likely"},
            {"id": "q2", "type": "open", "question": "What could we do better?"},
        ],
        "appearance": {"widgetType": "tab", "widgetLabel": "Feedback", "widgetColor": "#222222"},
    });
    let config = json!({"surveys": true, "supportedCompression": []});
    let known = json!({"phc_measured": {"config": config, "siteApps": []}});
    let script = format!("window._POSTHOG_REMOTE_CONFIG = {known};").into_bytes();
    let flags = json!({"featureFlags": {}, "surveys": true, "supportedCompression": []});
    let answer =
        |value| Ok::<_, anyhow::Error>(File::of("answer.json", serde_json::to_vec(&value)?));
    Ok([
        ("/array/phc_measured/config.js", File::of("config.js", script)),
        ("/array/phc_measured/config", answer(config)?),
        ("/flags/", answer(flags)?),
        ("/api/surveys/", answer(json!({"surveys": [survey]}))?),
        ("/e/", answer(json!({"status": 1}))?),
    ])
}

impl File {
    fn of(name: &str, text: Vec<u8>) -> Self {
        let content_type = match name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("json") => "application/json",
            _ => "text/html; charset=utf-8",
        };
        Self { content_type, brotli: brotli(&text), text }
    }
}

/// At the highest level, as for our own files.
fn brotli(text: &[u8]) -> Vec<u8> {
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 4_096, 11, 22);
    writer.write_all(text).expect("memory takes it");
    drop(writer);
    small
}

/// Every file below a folder, by its path from `root`.
fn read(root: &Path, folder: &Path, files: &mut HashMap<String, File>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            let file = File::of(&name, std::fs::read(&path)?);
            files.insert(format!("/{name}"), file);
        }
    }
    Ok(())
}

async fn answer(
    State((files, policy)): State<(Files, String)>,
    uri: Uri,
    asked: HeaderMap,
) -> Response {
    // PostHog asks for a version of its script first, and takes any.
    let latest =
        || Some(format!("/static/{}", uri.path().strip_prefix("/static/")?.split_once('/')?.1));
    let found = files.get(uri.path()).or_else(|| files.get(&latest()?));
    let Some(file) = found else {
        return match uri.path() {
            "/favicon.ico" => StatusCode::NO_CONTENT,
            _ => StatusCode::NOT_FOUND,
        }
        .into_response();
    };
    let accepts = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let small = accepts.is_some_and(|encodings| encodings.contains("br"));
    let body = if small { file.brotli.clone() } else { file.text.clone() };
    let mut response = ([(header::CONTENT_TYPE, file.content_type)], body).into_response();
    let headers = response.headers_mut();
    if small {
        headers.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("br"));
    }
    if uri.query() == Some("strict") {
        let policy = policy.parse().expect("a header value");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
