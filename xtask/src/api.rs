//! The interface as its own document tells it, called with made-up requests by Schemathesis: no
//! answer may be an error of the server's, and none may have a status that the document lacks.

use crate::served::{self, Served};
use crate::{run, tools};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// Requests made up for each operation.
const EXAMPLES: &str = "20";
/// Bodies of lines and files are no JSON that could be made up; a deleted site could not be asked; a
/// stream goes on for a quarter of an hour.
const LEFT_OUT: &str = "DELETE /v1/sites/{site}$|/batch$|/backup|/export|/stream$";

/// `ascolto`: a built binary.
pub fn check(root: &Path, ascolto: &Path) -> Result<()> {
    let schemathesis = tools::schemathesis(root)?;
    let folder = run::empty_folder(root, "api")?;
    let data = folder.join("data");
    let site = served::make_site(ascolto, &data)?;
    let served = Served::start(ascolto, &data)?;
    let bearer = format!("Authorization: Bearer {}", served.admin_token);
    for (name, who, more) in [
        (
            "owner",
            &site.id,
            vec!["--header", bearer.as_str(), "--exclude-tag", "public", "--exclude-tag", "pages"],
        ),
        ("visitor", &site.key, vec!["--include-tag", "public", "--include-tag", "pages"]),
    ] {
        let settings = folder.join(format!("{name}.toml"));
        let words = format!(
            "[parameters]\n\"path.site\" = \"{who}\"\n\"path.pk\" = \"{who}\"\n\"path.survey\" = \"post-service\"\n"
        );
        std::fs::write(&settings, words)?;
        let mut call = Command::new(&schemathesis);
        call.current_dir(&folder).arg("--config-file").arg(&settings).arg("run");
        call.arg(format!("{}/openapi.json", served.url)).args([
            "--phases",
            "fuzzing",
            "--no-color",
        ]);
        call.args([
            "--max-examples",
            EXAMPLES,
            "--checks",
            "not_a_server_error,status_code_conformance",
        ]);
        call.args(["--exclude-name-regex", LEFT_OUT, "--warnings", "off"]).args(more);
        // They judge how easily requests are made up, and how fast; not the answers.
        call.args(["--suppress-health-check", "all"]);
        run::done(&mut call).with_context(|| format!("as {name}"))?;
    }
    Ok(())
}
