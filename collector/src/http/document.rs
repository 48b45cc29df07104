//! The interface's document, made complete: what layers around the handlers can answer is added
//! here, once.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";

pub fn complete(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let reading = [&mut item.get];
        let changing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        reading.into_iter().chain(changing).flatten().for_each(complete_operation);
    }
    document
}

fn complete_operation(operation: &mut Operation) {
    let (takes_body, is_public) = (operation.request_body.is_some(), has_tag(operation, "public"));
    let is_page = has_tag(operation, "pages");
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if let (false, RefOr::T(response)) = (status.starts_with('2'), response) {
            name_problem(response);
        }
    }
    let answers_content = responses.iter().any(|(status, response)| {
        status.starts_with('2')
            && matches!(response, RefOr::T(response) if !response.content.is_empty())
    });
    let everywhere = [
        ("400", "the address or the body cannot be read", true),
        ("403", "the site does not allow this origin", is_public),
        ("406", "Accept excludes what is answered", answers_content),
        ("408", "the body did not come in time", takes_body),
        ("429", "too many requests from this address or for this site; see Retry-After", true),
    ];
    for (status, words, _) in everywhere.into_iter().filter(|(_, _, applies)| *applies) {
        let made = || RefOr::T(if is_page { page(words) } else { problem(words) });
        responses.entry(status.to_owned()).or_insert_with(made);
    }
}

fn has_tag(operation: &Operation, tag: &str) -> bool {
    operation.tags.iter().flatten().any(|found| found == tag)
}

fn name_problem(response: &mut Response) {
    if let Some(content) = response.content.shift_remove(JSON) {
        response.content.insert(PROBLEM.to_owned(), content);
    }
}

fn problem(words: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(words).content(PROBLEM, content).build()
}

/// People get the same as a page.
fn page(words: &str) -> Response {
    let content = ContentBuilder::new().build();
    ResponseBuilder::new().description(words).content("text/html", content).build()
}
