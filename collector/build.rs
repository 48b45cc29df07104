//! Embeds the widget, the dashboard and the demo page that `cargo xtask web` left under
//! `target/web`, whose tree mirrors the URLs. Without them the collector still builds and says,
//! where a page is asked for, how to get it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=ASCOLTO_WEB");
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let web =
        env::var_os("ASCOLTO_WEB").map_or_else(|| manifest.join("../target/web"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", web.display());
    let mut files = Vec::new();
    collect(&web, &mut files);
    files.sort();
    let mut code = String::from("pub static FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let url = file.strip_prefix(&web).expect("a file below it").display();
        writeln!(
            code,
            "File {{ path: {:?}, body: include_bytes!({:?}), br: {}, gzip: {} }},",
            format!("/{url}"),
            file.canonicalize().expect("a file that was just seen"),
            sibling(file, "br"),
            sibling(file, "gz"),
        )
        .expect("writing to a string");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("web_files.rs"), code).expect("the output folder can be written");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, files);
        } else if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            files.push(path);
        }
    }
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn sibling(file: &Path, extension: &str) -> String {
    let path = PathBuf::from(format!("{}.{extension}", file.display()));
    match path.canonicalize() {
        Ok(path) => format!("Some(include_bytes!({path:?}))"),
        Err(_) => "None".to_owned(),
    }
}
