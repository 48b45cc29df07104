//! Somebody else's website: static pages on an origin that is not the collector's.

use crate::collector::Collector;
use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Where `browser::WATCH` is.
const WATCH_PATH: &str = "/e2e/watch.js";

/// A page, or what belongs to one, as the host's server sends it.
#[derive(Clone)]
pub struct Page {
    text: String,
    content_type: &'static str,
    headers: Vec<(String, String)>,
}

impl Page {
    /// A file of `examples/`, as somebody would copy it.
    pub fn example(file: &str) -> Result<Self> {
        Self::of_file(&format!("../examples/{file}"))
    }

    /// A file of this crate, for what no example shows.
    pub fn own(file: &str) -> Result<Self> {
        Self::of_file(&format!("pages/{file}"))
    }

    /// A file of a package that `cargo xtask test e2e` installs (`npm/package.json`).
    pub fn package(file: &str) -> Result<Self> {
        Self::of_file(&format!("npm/node_modules/{file}"))
    }

    fn of_file(file: &str) -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let content_type = match path.extension().and_then(|extension| extension.to_str()) {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "text/html; charset=utf-8",
        };
        Ok(Self { text, content_type, headers: Vec::new() })
    }

    /// With other words wherever these stand.
    pub fn with(mut self, words: &str, others: &str) -> Result<Self> {
        ensure!(self.text.contains(words), "the page has no {words:?}");
        self.text = self.text.replace(words, others);
        Ok(self)
    }

    /// The script tag with this collector's address and key, as its owner pastes it.
    pub fn pointing_at(self, collector: &Collector) -> Result<Self> {
        self.with_script_attribute("src", &format!("{}/ascolto.js", collector.url()))?
            .with_script_attribute("data-site", &collector.site.public_key)
    }

    /// Words of the page in the place of others, wherever they stand.
    pub fn replaced(mut self, words: &str, by: &str) -> Self {
        self.text = self.text.replace(words, by);
        self
    }

    /// The script tag in the place of the one that is there.
    pub fn with_script_tag(mut self, tag: &str) -> Result<Self> {
        let (start, end) = self.script_tag()?;
        let opening = tag.strip_suffix("</script>").context("a script tag ends in </script>")?;
        self.text.replace_range(start..end, opening);
        Ok(self)
    }

    /// A page of `examples/` that names the collector elsewhere too: in links, or for its own script.
    pub fn naming(self, collector: &Collector) -> Self {
        let key = format!("\"{}\"", collector.site.public_key);
        self.replaced("https://feedback.example.it", &collector.url()).replaced("\"pk_\"", &key)
    }

    /// Changes an attribute of the script tag.
    pub fn with_script_attribute(mut self, name: &str, value: &str) -> Result<Self> {
        let (start, end) = self.script_tag()?;
        let tag = with_attribute(&self.text[start..end], name, value);
        self.text.replace_range(start..end, &tag);
        Ok(self)
    }

    /// With a script of the page's own before ours.
    pub fn with_script_before(mut self, script: &str) -> Result<Self> {
        let (start, _) = self.script_tag()?;
        self.text.insert_str(start, &format!("<script>{script}</script>"));
        Ok(self)
    }

    /// The same page before anybody thought of feedback.
    pub fn without_widget(mut self) -> Result<Self> {
        let (start, end) = self.script_tag()?;
        self.text.replace_range(start..end, "<script>");
        Ok(self)
    }

    pub fn in_language(mut self, language: &str) -> Result<Self> {
        let start = self.text.find("<html").context("no <html>")?;
        let end = start + self.text[start..].find('>').context("no end of <html>")?;
        let tag = with_attribute(&self.text[start..end], "lang", language);
        self.text.replace_range(start..end, &tag);
        Ok(self)
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a script before all others by which a test sees what the page complains of.
    fn watched(mut self) -> Self {
        let html = self.content_type.starts_with("text/html");
        let Some(start) = self.text.find("<html").filter(|_| html) else { return self };
        let Some(length) = self.text[start..].find('>') else { return self };
        let script = format!("<script src=\"{WATCH_PATH}\"{}></script>", self.nonce());
        self.text.insert_str(start + length + 1, &script);
        self
    }

    /// What a policy with a nonce asks scripts for.
    fn nonce(&self) -> String {
        let nonces = self.headers.iter().filter_map(|(_, value)| value.split("'nonce-").nth(1));
        let nonce = nonces.filter_map(|rest| rest.split('\'').next()).next();
        nonce.map_or(String::new(), |nonce| format!(" nonce=\"{nonce}\""))
    }

    /// Where the opening script tag that names the loader starts and ends.
    fn script_tag(&self) -> Result<(usize, usize)> {
        let name = self.text.find("ascolto.js").context("the page has no script tag of ours")?;
        let start =
            self.text[..name].rfind("<script").context("ascolto.js stands in no script tag")?;
        let end = name + self.text[name..].find('>').context("no end of the script tag")? + 1;
        Ok((start, end))
    }
}

/// Sets `name="value"` in an opening tag.
fn with_attribute(tag: &str, name: &str, value: &str) -> String {
    let opening = format!(" {name}=\"");
    if let Some(at) = tag.find(&opening) {
        let from = at + opening.len();
        let to = tag[from..].find('"').map_or(tag.len(), |length| from + length);
        return format!("{}{value}{}", &tag[..from], &tag[to..]);
    }
    let name_ends = tag.find([' ', '>']).unwrap_or(tag.len());
    format!("{}{opening}{value}\"{}", &tag[..name_ends], &tag[name_ends..])
}

type Pages = Arc<RwLock<HashMap<String, Page>>>;

/// The server; dropping it ends it.
pub struct HostPages {
    origin: String,
    pages: Pages,
    server: JoinHandle<()>,
}

impl HostPages {
    /// A server that has what the pages of `examples/plain` need beside themselves.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        // By name, not by address: for the browser this is another site than the collector.
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        let pages = Pages::default();
        let app = Router::new().fallback(answer).with_state(pages.clone());
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the host's server runs until it is dropped");
        });
        let host = Self { origin, pages, server };
        host.put("/style.css", Page::example("plain/style.css")?);
        host.put(WATCH_PATH, Page::own("watch.js")?);
        Ok(host)
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Puts a page at a path and tells its address.
    pub fn put(&self, path: &str, page: Page) -> String {
        let page = page.watched();
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        pages.insert(path.to_owned(), page);
        format!("{}{path}", self.origin)
    }
}

impl Drop for HostPages {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(pages): State<Pages>, uri: Uri) -> Response {
    // Browsers ask for it by themselves; a 404 would be an error in their console.
    if uri.path() == "/favicon.ico" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let page = pages.read().unwrap_or_else(PoisonError::into_inner).get(uri.path()).cloned();
    let Some(page) = page else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = ([(header::CONTENT_TYPE, page.content_type)], page.text).into_response();
    for (name, value) in page.headers {
        let name: header::HeaderName = name.parse().expect("a header name");
        response.headers_mut().append(name, value.parse().expect("a header value"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        Page { text: html.to_owned(), content_type: "text/html", headers: Vec::new() }
    }

    #[test]
    fn attributes_are_replaced_or_added() {
        assert_eq!(with_attribute("<html lang=\"it\">", "lang", "en"), "<html lang=\"en\">");
        assert_eq!(with_attribute("<html>", "lang", "en"), "<html lang=\"en\">");
        assert_eq!(with_attribute("<script async>", "src", "x"), "<script src=\"x\" async>");
    }

    #[test]
    fn only_our_script_tag_changes() {
        let html = "<script src=\"other.js\"></script><script async src=\"/ascolto.js\"></script>";
        let changed =
            page(html).with_script_attribute("src", "https://f.it/ascolto.js").unwrap().text;
        assert_eq!(
            changed,
            "<script src=\"other.js\"></script><script async src=\"https://f.it/ascolto.js\"></script>"
        );
        let without = page(html).without_widget().unwrap().text;
        assert_eq!(without, "<script src=\"other.js\"></script><script></script>");
    }
    #[test]
    fn a_page_is_watched_before_its_own_scripts_and_as_its_policy_asks() {
        let html = "<!doctype html><html lang=\"it\"><script src=\"a.js\"></script>";
        let script = "<html lang=\"it\"><script src=\"/e2e/watch.js\"";
        let watched = page(html).watched().text;
        assert!(watched.contains(&format!("{script}></script><script src")), "{watched}");
        let policy = "script-src 'nonce-r4nd0m'";
        let watched = page(html).with_header("content-security-policy", policy).watched().text;
        assert!(watched.contains(&format!("{script} nonce=\"r4nd0m\"></script>")), "{watched}");
    }
}
