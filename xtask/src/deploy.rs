//! The files of `examples/deploy`, and a kiosk's unit, read by the programs that they are for.

use crate::tally::Tally;
use crate::{run, tools};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "examples/deploy";

/// `ascolto`: a built binary.
pub fn check(root: &Path, ascolto: &Path) -> Result<Tally> {
    let folder = run::empty_folder(root, "deploy")?;
    settings(root, ascolto)?;
    let mut tally = Tally::PASSED;
    // systemd looks for the program too, which need not be installed here.
    let (program, any) = (ascolto.canonicalize()?, std::env::current_exe()?);
    let service = changed(
        read(root, "ascolto.service")?,
        &[("ExecStart=/usr/local/bin/ascolto", format!("ExecStart={}", program.display()))],
    )?;
    tally += unit("ascolto.service", &service, &folder)?;
    let kiosk = changed(
        read(root, "../kiosk/kiosk.service")?,
        &[("ExecStart=chromium", format!("ExecStart={}", any.display()))],
    )?;
    tally += unit("kiosk.service", &kiosk, &folder)?;
    tally += nginx(root, &folder)?;
    Ok(tally)
}

/// Every setting in the files is one of the collector's, with a value that it takes.
fn settings(root: &Path, ascolto: &Path) -> Result<()> {
    for file in ["ascolto.toml", "ascolto.service", "Dockerfile", "docker-compose.yml"] {
        let mut config = Command::new(ascolto);
        config.current_dir(root.join(FOLDER)).args(["config", "--json"]);
        let variables = match file.ends_with(".toml") {
            true => vec![],
            false => variables(&read(root, file)?),
        };
        if file.ends_with(".toml") {
            config.args(["--config", file]);
        }
        let shown = run::output(config.envs(variables.iter().cloned())).context(file)?;
        for (name, _) in &variables {
            let place = format!("\"{name}\"");
            ensure!(shown.contains(&place), "{file}: the collector knows no {name}");
        }
    }
    Ok(())
}

/// What a file sets of the collector's environment: `ASCOLTO_NAME=value` or `ASCOLTO_NAME: value`.
fn variables(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut found = Vec::new();
    for line in lines {
        for (start, _) in line.match_indices("ASCOLTO_") {
            let rest = &line[start..];
            let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_'));
            let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
            let value = rest.trim_start_matches(['=', ':']).split_whitespace().next();
            found.push((name.to_owned(), value.unwrap_or_default().to_owned()));
        }
    }
    found
}

/// systemd reads the unit and finds nothing to say about it.
fn unit(name: &str, text: &str, folder: &Path) -> Result<Tally> {
    let Some(systemd_analyze) = tools::packaged("systemd-analyze", "systemd") else {
        println!("{name} is left out: systemd-analyze is missing (Debian: `systemd`)");
        return Ok(Tally::SKIPPED);
    };
    let unit = folder.join(name);
    fs::write(&unit, text)?;
    let output = Command::new(systemd_analyze).arg("verify").arg(&unit).output()?;
    // An unknown word is only a warning, and other units of this machine may have their own.
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains(name)).collect();
    ensure!(ours.is_empty(), "{name}:\n{}", ours.join("\n"));
    Ok(Tally::PASSED)
}

/// nginx reads its file, with a certificate, ports and folders that anyone may have.
fn nginx(root: &Path, folder: &Path) -> Result<Tally> {
    let (Some(nginx), Some(openssl)) = (tools::nginx(), tools::packaged("openssl", "openssl"))
    else {
        println!("nginx.conf is left out: nginx or openssl is missing (Debian: the same names)");
        return Ok(Tally::SKIPPED);
    };
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut make = Command::new(openssl);
    make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-batch"]);
    make.args(["-subj", "/CN=feedback.example.org"]).arg("-keyout").arg(&key);
    run::output(make.arg("-out").arg(&certificate))?;

    const CERTIFICATES: &str = "/etc/letsencrypt/live/feedback.example.org";
    let site = changed(
        read(root, "nginx.conf")?,
        &[
            (&format!("{CERTIFICATES}/fullchain.pem"), certificate.display().to_string()),
            (&format!("{CERTIFICATES}/privkey.pem"), key.display().to_string()),
            ("/var/log/nginx/ascolto.log", folder.join("error.log").display().to_string()),
            ("listen 80;", "listen 127.0.0.1:18080;".into()),
            ("listen [::]:80;", String::new()),
            ("listen 443 ", "listen 127.0.0.1:18443 ".into()),
            ("listen [::]:443 ssl http2;", String::new()),
        ],
    )?;
    fs::write(folder.join("site.conf"), site)?;
    let mut main = String::from("pid nginx.pid;\nevents {}\nhttp {\n");
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        main += &format!("{kind}_temp_path {kind};\n");
    }
    fs::write(folder.join("main.conf"), main + "include site.conf;\n}\n")?;
    let mut test = Command::new(nginx);
    test.arg("-t").arg("-p").arg(folder).args(["-c", "main.conf", "-e", "error.log"]);
    run::output(&mut test).context("nginx.conf")?;
    Ok(Tally::PASSED)
}

fn read(root: &Path, name: &str) -> Result<String> {
    fs::read_to_string(root.join(FOLDER).join(name)).context(name.to_owned())
}

/// The text with every `from` as `to`; one that is not there any more is an error.
fn changed(mut text: String, changes: &[(&str, String)]) -> Result<String> {
    for (from, to) in changes {
        if !text.contains(from) {
            bail!("the file has no {from:?} any more: change the check too");
        }
        text = text.replace(from, to);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_in_every_kind_of_file() {
        let text = "# ASCOLTO_NOT=this\nENV ASCOLTO_DATA=/data ASCOLTO_LISTEN=0.0.0.0:8080\n\
            \x20   ASCOLTO_PUBLIC_URL: https://a.example\nEnvironment=ASCOLTO_DATA=%S/x";
        let expected = [
            ("ASCOLTO_DATA", "/data"),
            ("ASCOLTO_LISTEN", "0.0.0.0:8080"),
            ("ASCOLTO_PUBLIC_URL", "https://a.example"),
            ("ASCOLTO_DATA", "%S/x"),
        ];
        let found = variables(text);
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_longer_in_a_file_is_not_passed_over() {
        let changes = |from| [(from, "b".to_owned())];
        assert_eq!(changed("a c a".into(), &changes("a")).unwrap(), "b c b");
        assert!(changed("a".into(), &changes("c")).is_err());
    }
}
