//! `Accept` (RFC 9110): a request that excludes what it would get is refused, a change before it
//! happens. What each route answers is read from the interface's own document.

use super::error::ApiError;
use super::router::openapi;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::LazyLock;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Operation;

/// By method and route. Routes that answer nothing, or anything, are not here.
static ANSWERS: LazyLock<HashMap<(Method, String), Vec<String>>> = LazyLock::new(|| {
    let paths = openapi().paths.paths;
    let operations = paths.into_iter().flat_map(|(path, item)| {
        let methods = [
            (Method::GET, item.get),
            (Method::POST, item.post),
            (Method::PUT, item.put),
            (Method::PATCH, item.patch),
            (Method::DELETE, item.delete),
        ];
        methods.into_iter().filter_map(move |(method, operation)| {
            Some(((method, path.clone()), media_types(&operation?)))
        })
    });
    operations.filter(|(_, types)| !types.is_empty()).collect()
});

/// Reads the document before the first request needs it.
pub fn prepare() {
    LazyLock::force(&ANSWERS);
}

/// What an operation answers when all is well.
fn media_types(operation: &Operation) -> Vec<String> {
    let responses = operation.responses.responses.iter();
    let good = responses.filter(|(status, _)| status.starts_with('2'));
    let contents = good.filter_map(|(_, response)| match response {
        RefOr::T(response) => Some(response.content.keys().cloned()),
        RefOr::Ref(_) => None,
    });
    contents.flatten().collect()
}

/// What the client takes of a route that answers anything, to be looked at in the answer.
pub struct Wanted(Option<Accept>);

impl Wanted {
    pub fn of(request: &Request) -> Result<Self, ApiError> {
        let Some(accept) = Accept::of(request.headers()) else { return Ok(Self(None)) };
        let route = request.extensions().get::<MatchedPath>();
        let key = route.map(|route| (request.method().clone(), route.as_str().to_owned()));
        match key.and_then(|key| ANSWERS.get(&key)) {
            Some(types) if types.iter().any(|kind| accept.takes(kind)) => Ok(Self(None)),
            Some(_) => Err(ApiError::NotAcceptable),
            None => Ok(Self(Some(accept).filter(|_| request.method().is_safe()))),
        }
    }

    pub fn answered(&self, response: &Response) -> Result<(), ApiError> {
        let Self(Some(accept)) = self else { return Ok(()) };
        let kind = response.headers().get(header::CONTENT_TYPE);
        match kind.and_then(|kind| kind.to_str().ok()) {
            Some(kind) if response.status().is_success() && !accept.takes(kind) => {
                Err(ApiError::NotAcceptable)
            }
            _ => Ok(()),
        }
    }
}

/// What a client takes: media ranges with their weights.
struct Accept(Vec<(String, f32)>);

impl Accept {
    /// `None` where the client did not say: then it takes anything.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
        let ranges = lines.flat_map(|line| line.split(','));
        let ranges: Vec<_> = ranges.filter_map(range).collect();
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    /// Whether the most exact range that fits has a weight.
    fn takes(&self, media_type: &str) -> bool {
        let full = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let group = full.split('/').next().unwrap_or_default();
        let exactness = |range: &str| match range {
            "*/*" => Some(0),
            _ if range == full => Some(2),
            _ => (range.strip_suffix("/*") == Some(group)).then_some(1),
        };
        let fitting = self.0.iter().filter_map(|(range, q)| Some((exactness(range)?, *q)));
        fitting.max_by_key(|(exactness, _)| *exactness).is_some_and(|(_, q)| q > 0.0)
    }
}

/// One media range; its parameters but the weight are not looked at.
fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| range.contains('/'))?.to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some((range, weight.and_then(|q| q.parse().ok()).unwrap_or(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_by_exactness_and_weight() {
        for (accept, taken) in [
            ("*/*", true),
            ("application/json", true),
            ("Application/*;q=0.2", true),
            ("application/json; charset=utf-8", true),
            ("text/html, application/xhtml+xml, */*;q=0.8", true),
            ("text/html", false),
            ("text/*", false),
            ("application/json;q=0, */*", false),
            ("*/*;q=0", false),
            ("application/*;q=0, application/json", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            let accept_header = Accept::of(&headers).unwrap();
            assert_eq!(accept_header.takes("application/json"), taken, "{accept}");
        }
        assert!(Accept::of(&HeaderMap::new()).is_none());
    }

    #[test]
    fn what_routes_answer_is_known() {
        let answers = |method: Method, path: &str| ANSWERS.get(&(method, path.to_owned()));
        let batch = answers(Method::POST, "/v1/sites/{site}/responses/batch").unwrap();
        assert_eq!(*batch, ["application/x-ndjson"]);
        let summary = answers(Method::GET, "/v1/sites/{site}/summary").unwrap();
        assert_eq!(*summary, ["application/json"]);
        assert!(answers(Method::GET, "/v1/receipts/{receipt}").is_none());
    }
}
