//! Widgets of earlier versions of this program, kept in the data folder: a page that pins one goes
//! on getting it after an upgrade, and so does one that was open meanwhile. Nothing else of the
//! data folder is served.

use super::web::{FILES, File, is_pinned_loader};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// In the data folder; its tree mirrors the addresses.
const FOLDER: &str = "web";
/// Versions kept, this one among them; the oldest goes first. Each has about 300 KB with its words
/// in all languages, and they are held in memory.
const VERSIONS_MAX: usize = 8;
const ASSETS: &str = "assets/";

/// Empty until `keep`.
#[derive(Default)]
pub struct Earlier(OnceLock<Vec<File>>);

impl Earlier {
    pub fn files(&self) -> &[File] {
        self.0.get().map_or(&[], Vec::as_slice)
    }

    /// Puts this program's own widget beside those of earlier ones, lets go of the oldest, and
    /// reads what is there. Once, before anything is served.
    pub fn keep(&self, data: &Path) -> io::Result<()> {
        let folder = data.join(FOLDER);
        for file in FILES.iter().filter(|file| belongs_to_widget(file)) {
            write_missing(&folder, file)?;
        }
        if !folder.is_dir() {
            return Ok(());
        }
        let_go(&folder)?;
        let mut files = Vec::new();
        for loader in loaders(&folder)? {
            read(&folder, &loader, &mut files)?;
        }
        self.0.get_or_init(|| files);
        Ok(())
    }
}

/// The folder of what the loader fetches later is named in it.
fn assets_of(loader: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(loader);
    let (_, after) = text.split_once(ASSETS)?;
    let (hash, _) = after.split_once('/')?;
    let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| format!("{ASSETS}{hash}"))
}

fn belongs_to_widget(file: &File) -> bool {
    let loader = FILES.iter().find(|file| is_pinned_loader(file.path));
    let assets = loader.and_then(|loader| assets_of(loader.body));
    is_pinned_loader(file.path)
        || assets.is_some_and(|assets| file.path[1..].starts_with(&format!("{assets}/")))
}

fn write_missing(folder: &Path, file: &File) -> io::Result<()> {
    let path = folder.join(&file.path[1..]);
    for (suffix, body) in [("", Some(file.body)), (".br", file.br), (".gz", file.gzip)] {
        let path = path.with_added_extension(suffix.trim_start_matches('.'));
        let Some(body) = body.filter(|_| !path.exists()) else { continue };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        // Whole or not at all: a file that is there is never written again.
        let unfinished = path.with_added_extension("new");
        fs::write(&unfinished, body)?;
        fs::rename(unfinished, path)?;
    }
    Ok(())
}

/// Names of the loaders, the oldest first.
fn loaders(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_pinned_loader(&format!("/{name}")) && name.ends_with(".js") {
            found.push((entry.metadata()?.modified()?, name));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, name)| name).collect())
}

/// Removes the oldest versions, but for what newer ones use too.
fn let_go(folder: &Path) -> io::Result<()> {
    let mut all = loaders(folder)?;
    let own = FILES.iter().find(|file| is_pinned_loader(file.path)).map(|file| &file.path[1..]);
    // Also after going back to an older version, its own is the newest.
    if let Some(own) = all.iter().position(|name| Some(&name[..]) == own) {
        let own = all.remove(own);
        all.push(own);
    }
    let (gone, kept) = all.split_at(all.len().saturating_sub(VERSIONS_MAX));
    let assets = |names: &[String]| -> BTreeSet<String> {
        names.iter().filter_map(|name| assets_of(&fs::read(folder.join(name)).ok()?)).collect()
    };
    for unused in assets(gone).difference(&assets(kept)) {
        fs::remove_dir_all(folder.join(unused))?;
    }
    for name in gone {
        for suffix in ["", ".br", ".gz"] {
            let removed = fs::remove_file(folder.join(format!("{name}{suffix}")));
            removed.or_else(|error| {
                if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
            })?;
        }
    }
    Ok(())
}

/// A loader and its assets, with their compressed siblings.
fn read(folder: &Path, loader: &str, files: &mut Vec<File>) -> io::Result<()> {
    let mut paths = vec![loader.to_owned()];
    if let Some(assets) = assets_of(&fs::read(folder.join(loader))?)
        && let Ok(entries) = fs::read_dir(folder.join(&assets))
    {
        for entry in entries {
            paths.push(format!("{assets}/{}", entry?.file_name().to_string_lossy()));
        }
    }
    let compressed =
        |path: &str| [".br", ".gz", ".new"].iter().any(|suffix| path.ends_with(suffix));
    for path in paths.iter().filter(|path| !compressed(path)) {
        let body = |suffix: &str| -> Option<&'static [u8]> {
            Some(fs::read(folder.join(format!("{path}{suffix}"))).ok()?.leak())
        };
        let (br, gzip) = (body(".br"), body(".gz"));
        if let Some(body) = body("") {
            files.push(File { path: format!("/{path}").leak(), body, br, gzip });
        }
    }
    Ok(())
}
