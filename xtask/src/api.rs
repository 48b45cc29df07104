//! The interface as its own document tells it, called with made-up requests by Schemathesis: no
//! answer may be an error of the server's, and none may have a status that the document lacks.

use crate::{run, tools};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Requests made up for each operation.
const EXAMPLES: &str = "20";
/// Bodies of lines and files are no JSON that could be made up; a deleted site could not be asked.
const LEFT_OUT: &str = "DELETE /v1/sites/{site}$|/batch$|/backup|/export";

/// A collector that ends with this value.
struct Served {
    child: Child,
    url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ascolto`: a built binary.
pub fn check(root: &Path, ascolto: &Path) -> Result<()> {
    let schemathesis = tools::schemathesis(root)?;
    let folder = run::target_folder(root).join("api");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let data = folder.join("data");
    let create =
        ["site", "create", "--name", "Api", "--origin", "https://www.example.org", "--json"];
    let made = run::answer(Command::new(ascolto).args(create).arg("--data").arg(&data));
    let made = made.context("no site could be made")?;
    let site = field(&made, "site").context("the site has no id")?;
    let key = field(&made, "public_key").context("the site has no key")?;
    let put = ["survey", "put", "--site", &site, "preset:post-service"];
    run::done(Command::new(ascolto).args(put).arg("--data").arg(&data))?;
    let admin = std::fs::read_to_string(data.join("admin-token"))?;
    let served = serve(ascolto, &data)?;
    let bearer = format!("Authorization: Bearer {}", admin.trim());
    for (name, who, more) in [
        ("owner", &site, vec!["--header", bearer.as_str(), "--exclude-tag", "public"]),
        ("visitor", &key, vec!["--include-tag", "public"]),
    ] {
        let settings = folder.join(format!("{name}.toml"));
        let words = format!(
            "[parameters]\n\"path.site\" = \"{who}\"\n\"path.survey\" = \"post-service\"\n"
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
        run::done(&mut call).with_context(|| format!("as {name}"))?;
    }
    Ok(())
}

fn serve(ascolto: &Path, data: &Path) -> Result<Served> {
    let mut command = Command::new(ascolto);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-level", "warn", "--data"]).arg(data);
    for rate in ["ADDRESS_PER_MINUTE", "SITE_PER_SECOND", "FAILURES_PER_MINUTE"] {
        command.env(format!("ASCOLTO_RATE_{rate}"), "0");
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the collector")?;
    let mut line = String::new();
    let output = child.stdout.take().context("no output")?;
    BufReader::new(output).read_line(&mut line)?;
    match line.split([' ', ',']).find(|word| word.starts_with("http://")) {
        Some(url) => Ok(Served { child, url: url.to_owned() }),
        None => bail!("the collector did not say where it listens: {line}"),
    }
}

fn field(json: &str, name: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    Some(value[name].as_str()?.to_owned())
}
