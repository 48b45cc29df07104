//! Whether the form would show at an address. The answer is the widget's own: the scripts beside
//! its rules (`widget/core/simulate.js`), which the wasm pipeline puts next to this module's glue.

use serde::{Deserialize, Serialize};
use shared::page::SiteOut;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./simulate.js")]
extern "C" {
    fn simulate(address: &str, tag: &str, site: &str, visitor: &str) -> String;
}

/// What is supposed of the visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Visitor {
    /// What the browser calls itself.
    pub agent: &'static str,
    pub is_private: bool,
    pub agreed: bool,
    pub answered: bool,
    pub asked: bool,
}

/// As `simulate.js` gives it; the codes are those of `ascolto("explain")`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Verdict {
    /// Nothing can be said: `address`, `origin` or `site` is wrong.
    Unclear { problem: String },
    Clear {
        button: bool,
        /// Why the form does not show by itself; `None` where it does.
        reason: Option<String>,
        trigger: String,
        sample: Option<String>,
        /// Attributes that mean nothing, or their values.
        mistakes: Vec<String>,
    },
}

/// A script tag to begin with, for this site.
pub fn tag(collector: &str, site: &SiteOut) -> String {
    format!(
        "<script async src=\"{collector}/ascolto.js\" data-site=\"{}\" data-open-on=\"after:20s\" crossorigin></script>",
        site.public_key
    )
}

pub fn verdict(address: &str, tag: &str, site: &SiteOut, visitor: &Visitor) -> Option<Verdict> {
    let visitor = serde_json::to_string(visitor).ok()?;
    let site = serde_json::to_string(site).ok()?;
    serde_json::from_str(&simulate(address.trim(), tag, &site, &visitor)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read() {
        let read = |json: &str| serde_json::from_str::<Verdict>(json).ok();
        assert_eq!(
            read(r#"{"problem":"origin"}"#),
            Some(Verdict::Unclear { problem: "origin".into() })
        );
        assert_eq!(
            read(r#"{"button":true,"trigger":"load","mistakes":["data-x"]}"#),
            Some(Verdict::Clear {
                button: true,
                reason: None,
                trigger: "load".into(),
                sample: None,
                mistakes: vec!["data-x".into()],
            })
        );
        let visitor = Visitor { agent: "bot", is_private: true, ..Visitor::default() };
        assert_eq!(
            serde_json::to_string(&visitor).unwrap(),
            r#"{"agent":"bot","isPrivate":true,"agreed":false,"answered":false,"asked":false}"#
        );
    }
}
