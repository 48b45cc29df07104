//! A browser without scripts: reads a page, fills in its form, presses a button.

use super::{Answer, Server};
use html5gum::{DefaultEmitter, Token, Tokenizer};
use std::collections::BTreeMap;

/// Without an end tag.
const VOID: [&str; 4] = ["input", "link", "meta", "br"];

/// An element with the text inside.
#[derive(Clone, Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
}

impl Element {
    pub fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }
}

#[derive(Debug)]
pub struct Page {
    pub elements: Vec<Element>,
}

impl Page {
    pub fn read(html: &str) -> Self {
        assert!(!["{n}", "{max}"].iter().any(|gap| html.contains(gap)), "not filled in: {html}");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (mut elements, mut open) = (Vec::<Element>::new(), Vec::<usize>::new());
        for token in Tokenizer::new_with_emitter(html, DefaultEmitter::default()) {
            match token.unwrap() {
                Token::StartTag(tag) => {
                    let attributes = tag.attributes.iter();
                    let attributes = attributes.map(|(name, value)| (text(name), text(value)));
                    let name = text(&tag.name);
                    if !VOID.contains(&name.as_str()) {
                        open.push(elements.len());
                    }
                    let attributes = attributes.collect();
                    elements.push(Element { name, attributes, text: String::new() });
                }
                Token::EndTag(tag) => {
                    let closed = open.pop().map(|place| elements[place].name.clone());
                    assert_eq!(closed, Some(text(&tag.name)), "tags are nested");
                }
                Token::String(words) => {
                    open.iter().for_each(|place| elements[*place].text.push_str(&text(&words)));
                }
                Token::Error(error) => panic!("{error:?} in {html}"),
                Token::Comment(_) | Token::Doctype(_) => {}
            }
        }
        assert!(open.is_empty(), "every element is closed");
        Self { elements }
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    #[track_caller]
    pub fn one(&self, name: &str) -> &Element {
        let found = self.elements.iter().find(|element| element.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {self:#?}"))
    }

    #[track_caller]
    pub fn by_id(&self, id: &str) -> &Element {
        let found = self.elements.iter().find(|element| element.get("id") == id);
        found.unwrap_or_else(|| panic!("no #{id}"))
    }

    pub fn by_class(&self, class: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.get("class") == class)
    }

    pub fn title(&self) -> &str {
        &self.one("title").text
    }

    /// Keys of the questions that are asked here.
    pub fn questions(&self) -> Vec<&str> {
        let keys = self.elements.iter().filter(|element| element.has("data-question"));
        keys.map(|element| element.get("data-question")).collect()
    }

    /// The values that are ticked.
    pub fn ticked(&self, name: &str) -> Vec<&str> {
        let of = |input: &&Element| input.get("name") == name && input.has("checked");
        self.all("input").filter(of).map(|input| input.get("value")).collect()
    }
}

/// One visit: where it is, what the page says, what is filled in.
pub struct Browser<'a> {
    server: &'a Server,
    pub headers: Vec<(&'a str, &'a str)>,
    pub answer: Answer,
    pub page: Page,
    filled: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub fn open(server: &'a Server, path: &str) -> Self {
        Self::open_with(server, path, &[])
    }

    pub fn open_with(server: &'a Server, path: &str, headers: &[(&'a str, &'a str)]) -> Self {
        let answer = server.send("GET", path, None, headers, None);
        let page = Page::read(answer.body.as_str().unwrap_or_default());
        let filled = filled(&page);
        Self { server, headers: headers.to_vec(), answer, page, filled }
    }

    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.answer.status, status, "{}", self.answer.body);
        self
    }

    /// What the form would send, but for the button.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.filled
    }

    /// Chooses or writes; a checkbox that is ticked stays so.
    #[track_caller]
    pub fn fill(&mut self, name: &str, value: &str) -> &mut Self {
        let mut fields = self.page.elements.iter().filter(|field| field.get("name") == name);
        let field = fields.next().unwrap_or_else(|| panic!("no field {name}"));
        if field.get("type") != "checkbox" {
            self.filled.retain(|(filled, _)| filled != name);
        }
        self.filled.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses a button and comes to where that leads.
    #[track_caller]
    pub fn press(&mut self, go: &str) -> &mut Self {
        let buttons = self.page.all("button").map(|button| button.get("value"));
        assert!(buttons.into_iter().any(|value| value == go), "no button {go:?}");
        let action = self.page.one("form").get("action").to_owned();
        let mut pairs = self.filled.clone();
        if !go.is_empty() {
            pairs.push(("go".to_owned(), go.to_owned()));
        }
        let answer = post(self.server, &action, &pairs, &self.headers);
        let (server, headers) = (self.server, self.headers.clone());
        *self = match answer.status {
            303 => Self::open_with(server, answer.header("location"), &headers),
            _ => {
                let page = Page::read(answer.body.as_str().unwrap_or_default());
                let filled = filled(&page);
                Self { server, headers, answer, page, filled }
            }
        };
        self
    }
}

pub fn post(
    server: &Server,
    path: &str,
    pairs: &[(String, String)],
    headers: &[(&str, &str)],
) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    server.send("POST", path, None, &all, Some(body.as_bytes()))
}

/// What stands in the form when the page has come.
fn filled(page: &Page) -> Vec<(String, String)> {
    let fields = page.elements.iter().filter(|field| !field.get("name").is_empty());
    let fields = fields.filter_map(|field| {
        let value = match (field.name.as_str(), field.get("type")) {
            ("textarea", _) => field.text.strip_prefix('\n').unwrap_or(&field.text).to_owned(),
            ("input", "radio" | "checkbox") if !field.has("checked") => return None,
            ("input", _) => field.get("value").to_owned(),
            _ => return None,
        };
        Some((field.get("name").to_owned(), value))
    });
    fields.collect()
}
