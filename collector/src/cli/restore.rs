//! `ascolto restore`

use super::args::Restore;
use super::print::{Printer, counted};
use super::progress;
use crate::backup::{Chain, restore};
use crate::log::Restored;
use crate::settings::Settings;
use anyhow::Result;
use serde_json::json;

pub fn run(args: &Restore, settings: &Settings, printer: Printer) -> Result<()> {
    let folder = settings.data();
    let chain = Chain::open(&args.file, &args.base)?;
    let bar = progress::bar("check", chain.plain_bytes());
    chain.check(|bytes| bar.inc(bytes))?;
    bar.finish_and_clear();
    let bar = progress::bar("restore", chain.plain_bytes());
    let restored = restore(&chain, &folder, |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let Restored { sites, responses } = restored?;
    let manifest = chain.manifest();
    let told = json!({"data": folder, "sites": sites, "responses": responses,
        "commit": manifest.commit, "made_at": manifest.made_at});
    printer.print(&told, |_| {
        format!(
            "{} holds {} and {}, as of {}\n\
             What was erased since has to be erased again. The administrator's token is made anew \
             at the first start.",
            folder.display(),
            counted(sites, "site"),
            counted(responses, "response"),
            manifest.made_at
        )
    });
    Ok(())
}
