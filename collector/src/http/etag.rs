//! Entity tags: made of the content, compared as RFC 9110 says.

use crate::secret::fingerprint;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The tag of a body in one encoding: `coding` tells its forms apart.
pub fn of(body: &[u8], coding: Option<&str>) -> HeaderValue {
    let hash = URL_SAFE_NO_PAD.encode(fingerprint(body));
    let tag = format!(
        "\"{hash}{}{}\"",
        if coding.is_some() { "." } else { "" },
        coding.unwrap_or_default()
    );
    HeaderValue::try_from(tag).expect("base64 and a coding's name are visible ASCII")
}

/// Whether the client has this content already (`If-None-Match`; weak comparison).
pub fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists =
        request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_in_lists() {
        let tag = of(b"body", Some("br"));
        assert_ne!(tag, of(b"body", None));
        let text = tag.to_str().unwrap();
        for (sent, known) in [
            (text.to_owned(), true),
            (format!("W/{text}"), true),
            (format!("\"other\", W/{text}"), true),
            ("*".to_owned(), true),
            ("\"other\"".to_owned(), false),
            (String::new(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::try_from(&sent).unwrap());
            assert_eq!(is_known(&headers, &tag), known, "{sent}");
        }
    }
}
