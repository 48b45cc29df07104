//! `/openapi.json`, and `/docs`, a page to read it: made on the server, so that it needs no
//! script and no third party.

use super::error::ApiError;
use super::router::openapi;
use super::web::PAGE_POLICY;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::fmt::Write;
use std::sync::LazyLock;

const STYLE: &str = include_str!("docs.css");

static DOCUMENT: LazyLock<Result<Value, String>> =
    LazyLock::new(|| serde_json::to_value(openapi()).map_err(|error| error.to_string()));
static PAGE: LazyLock<Option<String>> = LazyLock::new(|| DOCUMENT.as_ref().ok().map(page));

/// The interface as OpenAPI 3.1.
pub async fn document() -> Result<axum::Json<&'static Value>, ApiError> {
    let document = DOCUMENT.as_ref();
    document.map(axum::Json).map_err(|error| ApiError::Internal(anyhow::anyhow!("{error}")))
}

/// The interface as a page.
pub async fn read() -> Result<Response, ApiError> {
    let page = PAGE.as_deref().ok_or_else(|| ApiError::Internal(anyhow::anyhow!("no document")))?;
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    Ok((headers, page).into_response())
}

pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

fn page(document: &Value) -> String {
    let mut operations: Vec<Operation<'_>> = operations(document);
    operations.sort_by_key(|operation| (operation.tag, operation.path));
    let mut body = String::new();
    let mut tag = "";
    for operation in &operations {
        if operation.tag != tag {
            tag = operation.tag;
            let _ = write!(body, "<h2>{}</h2>", escape(tag));
        }
        body.push_str(&operation.html());
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Ascolto interface</title><link rel=\"stylesheet\" href=\"/docs/style.css\">\
         <main><h1>Ascolto interface</h1><p>Errors are <code>application/problem+json</code> with \
         every violation at once. The same as a machine reads it: <a href=\"/openapi.json\">\
         openapi.json</a>.</p>{body}</main></html>"
    )
}

struct Operation<'a> {
    tag: &'a str,
    method: &'a str,
    path: &'a str,
    summary: &'a str,
    parameters: Vec<&'a str>,
    body: Option<&'a str>,
    statuses: Vec<&'a str>,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let methods = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    methods.filter(|(_, _, operation)| operation.is_object()).map(operation).collect()
}

fn operation<'a>((path, method, value): (&'a str, &'a str, &'a Value)) -> Operation<'a> {
    let parameters = value["parameters"].as_array().into_iter().flatten();
    let content = value["requestBody"]["content"].as_object();
    Operation {
        tag: value["tags"][0].as_str().unwrap_or("other"),
        method,
        path,
        summary: value["summary"].as_str().unwrap_or_default(),
        parameters: parameters
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect(),
        body: content.and_then(|content| content.keys().next()).map(String::as_str),
        statuses: value["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(s, _)| s.as_str())
            .collect(),
    }
}

impl Operation<'_> {
    fn html(&self) -> String {
        let mut html = format!(
            "<section><h3><span class=\"method {method}\">{upper}</span> <code>{path}</code></h3><p>{summary}</p><dl>",
            method = escape(self.method),
            upper = escape(&self.method.to_uppercase()),
            path = escape(self.path),
            summary = marked(self.summary),
        );
        let mut row = |name: &str, values: &[&str]| {
            if !values.is_empty() {
                let values: Vec<_> =
                    values.iter().map(|v| format!("<code>{}</code>", escape(v))).collect();
                let _ = write!(html, "<dt>{name}</dt><dd>{}</dd>", values.join(" "));
            }
        };
        row("Query", &self.parameters);
        row("Body", self.body.as_slice());
        row("Answers", &self.statuses);
        html.push_str("</dl></section>");
        html
    }
}

/// Words between backticks are code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let marked = parts.map(|(place, part)| match place % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    });
    marked.collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
