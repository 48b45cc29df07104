//! `ascolto config`: every setting with its value and its origin.

use crate::support::{ascolto, run};
use serde_json::Value;
use std::fs;
use std::process::Command;

fn settings(command: &mut Command) -> Vec<Value> {
    let output = command.args(["config", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told["settings"].as_array().unwrap().clone()
}

fn told<'a>(settings: &'a [Value], name: &str) -> [&'a str; 3] {
    let found = settings.iter().find(|setting| setting["name"] == name).unwrap();
    ["value", "origin", "place"].map(|key| found[key].as_str().unwrap())
}

#[test]
fn each_value_is_told_with_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ascolto.toml");
    let text = "# ours\nlisten = \"127.0.0.1:1\"\nidle_timeout = \"2m\"\nconnections_max = 7\n\
        trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nmetrics_token = \"from-the-file\"\n";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let mut command = ascolto();
    command.env("ASCOLTO_IDLE_TIMEOUT", "3m").env("ASCOLTO_TOKEN", "ot_secret");
    command.env("ASCOLTO_LISTEN", "127.0.0.1:2");
    let all = settings(command.args(["--config", file]));
    let place = |line: u32| format!("{file}:{line}");
    assert_eq!(told(&all, "connections_max"), ["7", "file", &place(4)]);
    assert_eq!(told(&all, "trusted_proxies"), ["10.0.0.0/8,::1", "file", &place(5)]);
    assert_eq!(told(&all, "idle_timeout"), ["3m", "environment", "ASCOLTO_IDLE_TIMEOUT"]);
    assert_eq!(told(&all, "header_timeout"), ["10s", "default", "default"]);
    assert_eq!(told(&all, "token"), ["(hidden)", "environment", "ASCOLTO_TOKEN"]);
    assert_eq!(told(&all, "metrics_token"), ["(hidden)", "file", &place(6)]);
    let mut command = ascolto();
    command.env("ASCOLTO_LISTEN", "127.0.0.1:2").args(["--config", file]);
    let output = command.args(["config", "--listen", "127.0.0.1:3"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let listen = lines.lines().find(|line| line.starts_with("listen ")).unwrap();
    let words: Vec<_> = listen.split_whitespace().collect();
    assert_eq!(words, ["listen", "127.0.0.1:3", "--listen"]);
    assert!(!lines.contains("from-the-file"), "{lines}");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ascolto.toml");
    fs::write(&file, "listen = \"127.0.0.1:1\"\n\ncolour = \"red\"\nidle_timeout = \"long\"\n")
        .unwrap();
    let (code, _, error) = run(&["config", "--config", file.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(error.contains("ascolto.toml:3: there is no setting colour"), "{error}");
    assert!(error.contains("ascolto.toml:4: idle_timeout takes a time"), "{error}");
    let (code, _, error) = run(&["config", "--config", "nowhere.toml"]);
    assert!(code == 1 && error.contains("cannot read nowhere.toml"), "{error}");
    let (code, _, error) = run(&["serve", "--header-timeout", "soon"]);
    assert!(code == 2 && error.contains("takes a time"), "{error}");
    let mut command = ascolto();
    let output = command.env("ASCOLTO_LOG_LEVEL", "loud").arg("config").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("takes error, warn, info, debug"), "{error}");
}

#[test]
fn help_names_flag_environment_and_default() {
    let (code, out, _) = run(&["serve", "--help"]);
    assert_eq!(code, 0);
    for words in ["--connections-max", "ASCOLTO_CONNECTIONS_MAX", "[default: 4096]", "--data"] {
        assert!(out.contains(words), "{words} is not in {out}");
    }
}
