//! The wasm pipeline: compiles the widget and the dashboard (and bundles the stations), makes them small, and lays the
//! finished files under `target/web` as a tree that mirrors the collector's URLs.
//!
//! What is there is served as it is: names with content hashes, precompressed siblings.

mod eager;
mod functions;
mod glue;
mod names;
mod npm;
mod rust_std;
mod stamp;
mod stations;
mod table;
mod tree;
mod wasm;

pub use npm::{install_packages, run_script};
pub use tree::{brotli, gzip};

use anyhow::{Context, Result, ensure};
use npm::Tools;
use rust_std::Std;
use serde::Serialize;
use serde_json::Map;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tree::Tree;
use wasm::Module;

/// Everything that the files under `target/web` are made of.
const INPUTS: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "shared",
    "widget",
    "dashboard",
    "stations",
    "examples/plain",
    "xtask/npm/package-lock.json",
    "xtask/src/web.rs",
    "xtask/src/web",
];

/// Scripts of the widget's core that it fetches where and when they are needed (`core/late.js`).
const FETCHED_LATER: [&str; 6] =
    ["around.js", "contrast.js", "counts.js", "delivery.js", "hosted.js", "language.js"];

/// Where the widget's files are, and where they are made.
pub struct Folders {
    pub root: PathBuf,
    /// The finished tree.
    pub web: PathBuf,
    /// Stamps and what lies between compiler and tree.
    work: PathBuf,
}

impl Folders {
    pub fn of(root: &Path) -> Self {
        let target = root.join("target");
        Self { root: root.to_owned(), web: target.join("web"), work: target.join("web-work") }
    }
}

/// Builds `target/web`, or returns at once when no input has changed since it was built.
pub fn build(root: &Path) -> Result<()> {
    let folders = Folders::of(root);
    fs::create_dir_all(&folders.work)?;
    let one_at_a_time = fs::File::create(folders.work.join("lock"))?;
    one_at_a_time.lock()?;

    let inputs = stamp::of_paths(root, &INPUTS)?;
    let stamp = folders.work.join("web.stamp");
    if stamp::matches(&stamp, &inputs) && folders.web.is_dir() {
        return Ok(());
    }
    crate::tools::prepare_build(root)?;
    let mut tree = Tree::default();
    let pipeline = Pipeline::prepare(&folders)?;
    pipeline.widget(&mut tree)?;
    stations::lay(root, &pipeline.tools, &mut tree)?;
    demo_page(root, &mut tree)?;
    // A dashboard that does not build is an error, but does not keep the widget from being tried.
    let dashboard = pipeline.dashboard(&mut tree);
    tree.write(&folders.web)?;
    dashboard?;
    stamp::write(&stamp, &inputs)
}

/// What a form needs of one language, and its style: the source of a script stays in memory with all
/// its texts, and a file of its own is a request. In this order it compresses best.
#[derive(Serialize)]
struct Texts<'a> {
    lang: &'a str,
    words: &'a str,
    style: &'a str,
}

struct Pipeline<'a> {
    folders: &'a Folders,
    tools: Tools,
    std: Std,
}

impl<'a> Pipeline<'a> {
    fn prepare(folders: &'a Folders) -> Result<Self> {
        wasm::check_bindgen_version(&folders.root)?;
        let tools = Tools::install(&folders.root)?;
        let std = Std::of_toolchain(&folders.root)?;
        eprintln!("web: {std}");
        Ok(Self { folders, tools, std })
    }

    /// The loader at its fixed address; all that it fetches later behind one content hash.
    fn widget(&self, tree: &mut Tree) -> Result<()> {
        let source = self.folders.root.join("widget");
        let Module { glue, wasm } =
            self.module("widget", "export { begin, tell } from \"./core.js\"", glue::of_widget)?;
        let mut files = vec![("widget.js".to_owned(), glue), ("widget.wasm".to_owned(), wasm)];
        for name in FETCHED_LATER {
            let script = self.tools.bundle_file(&source.join("core").join(name), &[])?;
            files.push((name.to_owned(), script));
        }
        let form_style = self.minified(&source.join("style/form.css"))?;
        // The language of last resort comes first: there the collector finds the table of labels.
        let mut labels = vec![("_".to_owned(), "en".into())];
        for (name, text) in files_of(&source.join("texts"))? {
            let language = name.trim_end_matches(".json").to_owned();
            let texts: BTreeMap<String, String> = serde_json::from_slice(&text)?;
            let title = texts.get("title").with_context(|| format!("{name} has no title"))?;
            labels.push((language.clone(), title.clone().into()));
            let words = as_one(&texts).with_context(|| name.clone())?;
            let file = Texts { lang: &language, words: &words, style: &form_style };
            files.push((name, serde_json::to_vec(&file)?));
        }
        let hash = tree.add_assets(files);
        let button_style = self.minified(&source.join("style/button.css"))?;
        let loader = self.tools.minify_with(
            &source.join("loader/ascolto.js"),
            &[
                ("ASSETS", format!("assets/{hash}/").into()),
                ("STYLE", button_style.into()),
                ("LABELS", Map::from_iter(labels).into()),
            ],
        )?;
        // Also under a name that never means anything else, for pages that pin it.
        let pinned = stamp::of_assets([("ascolto.js", &loader[..])]);
        tree.add(&format!("ascolto.{pinned}.js"), loader.clone());
        tree.add("ascolto.js", loader);
        Ok(())
    }

    /// The managers' page: its template names the style and the one script, both hashed.
    fn dashboard(&self, tree: &mut Tree) -> Result<()> {
        let source = self.folders.root.join("dashboard");
        let boot = "import init from \"./dashboard.js\";\
            init({ module_or_path: new URL(\"dashboard.wasm\", import.meta.url) });";
        let Module { glue, wasm } = self.module("dashboard", boot, |glue| Ok(glue.to_owned()))?;
        let hash = tree.add_assets(vec![
            ("boot.js".to_owned(), glue),
            ("dashboard.wasm".to_owned(), wasm),
            ("dashboard.css".to_owned(), self.tools.minify(&source.join("style.css"))?),
        ]);
        let template = read_text(&source.join("index.html"))?;
        for placeholder in ["{{style}}", "{{boot}}"] {
            ensure!(template.contains(placeholder), "dashboard/index.html has no {placeholder}");
        }
        let page = template
            .replace("{{style}}", &format!("/assets/{hash}/dashboard.css"))
            .replace("{{boot}}", &format!("/assets/{hash}/boot.js"));
        tree.add("dashboard/index.html", page.into_bytes());
        Ok(())
    }

    /// A style as one line of text.
    fn minified(&self, style: &Path) -> Result<String> {
        Ok(String::from_utf8(self.tools.minify(style)?)?.trim_end().to_owned())
    }

    fn module(&self, name: &str, entry: &str, trim: fn(&str) -> Result<String>) -> Result<Module> {
        let inputs = stamp::of_paths(
            &self.folders.root,
            &["Cargo.lock", "Cargo.toml", "rust-toolchain.toml", "shared", "widget/core", name]
                .into_iter()
                .chain(["xtask/npm/package-lock.json", "xtask/src/web.rs", "xtask/src/web"])
                .collect::<Vec<_>>(),
        )?;
        let folder = self.folders.work.join(name);
        let inputs = format!("{inputs} {}", self.std);
        wasm::cached(&folder, &inputs, || {
            wasm::build(name, entry, &self.folders.root, &folder, self.std, &self.tools, trim)
        })
    }
}

fn demo_page(root: &Path, tree: &mut Tree) -> Result<()> {
    for (name, bytes) in files_of(&root.join("examples/plain"))? {
        tree.add(&format!("demo/{name}"), bytes);
    }
    Ok(())
}

/// `|name:text` for each, as the core looks them up.
fn as_one(texts: &BTreeMap<String, String>) -> Result<String> {
    let mut lines = String::new();
    for (name, text) in texts {
        ensure!(!text.contains('|'), "{name} has a `|` in it");
        lines.extend(["|", name, ":", text]);
    }
    Ok(lines)
}

/// The files of a folder by name, without those of its sub-folders.
fn files_of(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push((name, fs::read(entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
