//! `ascolto link qr`: short links as QR codes, drawn by the collector.

use super::args::QrCodes;
use super::client::{Client, segment};
use super::new_file::NewFile;
use super::print::Printer;
use crate::http::LinkMade;
use anyhow::{Context, Result, bail};
use axum::http::Method;
use serde::Serialize;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A code in its file.
#[derive(Serialize)]
struct CodeMade {
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

pub fn run(codes: &QrCodes, client: &Client, printer: Printer) -> Result<()> {
    match (&codes.code, &codes.services[..]) {
        (Some(code), _) => {
            Drawing::begin(&codes.output)?.finish(codes, code, None, client, printer)
        }
        (None, []) => make(codes, None, &codes.output, client, printer),
        (None, [service]) => make(codes, Some(service), &codes.output, client, printer),
        (None, services) => {
            let folder = &codes.output;
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            let format = codes.format.as_deref().unwrap_or("svg");
            services.iter().try_for_each(|service| {
                let file = folder.join(format!("{}.{format}", segment(service)));
                make(codes, Some(service), &file, client, printer)
            })
        }
    }
}

/// A link of its own, and its code.
fn make(
    codes: &QrCodes,
    service: Option<&String>,
    file: &Path,
    client: &Client,
    printer: Printer,
) -> Result<()> {
    // What is wrong with the file is told before a link is made for it.
    let drawing = Drawing::begin(file)?;
    let mut asked = json!({"survey": codes.survey, "channel": codes.channel});
    let words =
        [("service", service), ("level", codes.level.as_ref()), ("locale", codes.locale.as_ref())];
    for (name, word) in words {
        if let Some(word) = word {
            asked[name] = json!(word);
        }
    }
    let made: LinkMade =
        client.post(&format!("/v1/sites/{}/links", segment(&codes.site)), &asked)?;
    let code = made.code.context("the link is not short")?;
    drawing.finish(codes, &code, Some(made.url), client, printer)
}

/// A file that a code is drawn into.
struct Drawing<'a> {
    file: &'a Path,
    format: &'static str,
    new: NewFile,
}

impl<'a> Drawing<'a> {
    fn begin(file: &'a Path) -> Result<Self> {
        let format = format_of(file)?;
        Ok(Self { file, format, new: NewFile::create(file)? })
    }

    fn finish(
        mut self,
        codes: &QrCodes,
        code: &str,
        url: Option<String>,
        client: &Client,
        printer: Printer,
    ) -> Result<()> {
        let size = codes.size.map(|size| format!("&size={size}")).unwrap_or_default();
        let (site, code) = (segment(&codes.site), segment(code));
        let path = format!("/v1/sites/{site}/links/{code}/qr?format={}{size}", self.format);
        client.download(Method::GET, &path, None, &mut |bytes| self.new.write(bytes))?;
        // It is to be printed, by whoever prints.
        fs::set_permissions(self.new.settle()?, fs::Permissions::from_mode(0o644))?;
        self.new.keep()?;
        let made = CodeMade { file: self.file.to_owned(), url };
        printer.print(&made, |made| match &made.url {
            Some(url) => format!("{}  {url}", made.file.display()),
            None => made.file.display().to_string(),
        });
        Ok(())
    }
}

fn format_of(file: &Path) -> Result<&'static str> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok("svg"),
        Some("png") => Ok("png"),
        _ => bail!("{}: the file's name ends with .svg or .png", file.display()),
    }
}
