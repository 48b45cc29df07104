//! The command line as people and programs use it.

use crate::support::{Server, run};
use serde_json::{Value, json};
use std::fs;

fn json_of(arguments: &[&str]) -> Value {
    let (code, out, error) = run(arguments);
    assert_eq!(code, 0, "{error}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("not JSON: {out}"))
}

#[test]
fn an_owners_first_steps_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let made = json_of(&[
        "site",
        "create",
        "--name",
        "Comune",
        "--origin",
        "https://a.example/",
        "https://b.example",
        "--json",
        "--data",
        data,
    ]);
    let site = made["site"].as_str().unwrap();
    assert!(made["public_key"].as_str().unwrap().starts_with("pk_"));
    assert!(made["owner_token"].as_str().unwrap().starts_with("ot_"));
    let shown = json_of(&["site", "show", "Comune", "--json", "--data", data]);
    assert_eq!(shown["origins"], json!(["https://a.example", "https://b.example"]));
    let put = ["survey", "put", "--site", site, "preset:post-service", "--json", "--data", data];
    assert_eq!(json_of(&put)["version"], 1);
    assert_eq!(json_of(&put)["version"], 1, "the same again is no new version");
    let token = json_of(&[
        "token",
        "create",
        "--site",
        site,
        "--role",
        "manager",
        "--expires",
        "90d",
        "--json",
        "--data",
        data,
    ]);
    assert!(token["token"].as_str().unwrap().starts_with("mt_"));
    let (code, out, _) = run(&["token", "list", "--site", site, "--data", data]);
    assert_eq!((code, out.lines().count()), (0, 2));
    assert_eq!(json_of(&["verify", "--json", "--data", data])["wrong"], 0);
    let (code, _, error) = run(&["site", "delete", site, "--data", data]);
    assert!(code == 1 && error.contains("--yes"), "{error}");
    assert_eq!(run(&["site", "delete", site, "--yes", "--data", data]).0, 0);
    let (_, out, _) = run(&["site", "list", "--data", data]);
    assert!(out.contains("no sites yet"));
}

#[test]
fn the_same_commands_talk_to_a_server() {
    let server = Server::start();
    let token = server.admin_token();
    let made = json_of(&[
        "site",
        "create",
        "--name",
        "Comune",
        "--origin",
        "https://a.example",
        "--json",
        "--server",
        &server.base,
        "--token",
        &token,
    ]);
    let owner = made["owner_token"].as_str().unwrap();
    let site = made["site"].as_str().unwrap();
    let link = json_of(&[
        "token",
        "create",
        "--site",
        site,
        "--role",
        "manager",
        "--link",
        "--json",
        "--server",
        &server.base,
        "--token",
        owner,
    ]);
    assert!(
        link["link"].as_str().unwrap().starts_with(&format!("{}/dashboard#code=", server.base))
    );
    let (code, _, error) = run(&["site", "list", "--server", &server.base, "--token", owner]);
    assert!(code == 1 && error.contains("administrator"), "{error}");
    let (code, _, error) =
        run(&["site", "list", "--server", "http://127.0.0.1:1", "--token", owner]);
    assert!(code == 1 && error.contains("cannot reach"), "{error}");
    let (code, _, error) = run(&["site", "list", "--server", &server.base]);
    assert!(code == 1 && error.contains("--token"), "{error}");
}

#[test]
fn survey_check_names_every_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let right = file(
        "right.toml",
        "key = \"a\"\nlocales = [\"en\"]\n[[questions]]\nkey = \"q\"\nkind = \"nps\"\ntext.en = \"?\"\n",
    );
    let (code, out, _) = run(&["survey", "check", &right]);
    assert!(code == 0 && out.contains("is right"), "{out}");
    let wrong = file(
        "wrong.json",
        r#"{"key": "A b", "locales": ["en"], "questions": [{"key": "q", "kind": "slider"}], "x": 1}"#,
    );
    let (code, _, error) = run(&["survey", "check", &wrong]);
    assert_eq!(code, 1);
    for path in ["key: ", "questions[0].kind: ", "questions[0].text: ", "x: "] {
        assert!(error.contains(path), "{error} does not name {path}");
    }
    let (code, out, _) = run(&["survey", "check", &wrong, "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, told["violations"].as_array().unwrap().len()), (1, 4));
    let pale = file(
        "pale.json",
        r##"{"key": "a", "locales": ["en"], "theme": {"text": "#777777"},
            "questions": [{"key": "q", "kind": "nps", "text": {"en": "?"}}]}"##,
    );
    let (code, _, error) = run(&["survey", "check", &pale]);
    assert!(code == 1 && error.contains("theme.text: ") && error.contains("4.47"), "{error}");
    let broken = file("broken.json", "{\n  \"key\": \n}");
    let (code, _, error) = run(&["survey", "check", &broken]);
    assert!(code == 1 && error.contains("broken.json:3:1"), "{error}");
    let broken = file("broken.toml", "key = \"a\"\nlocales = [\n");
    let (code, _, error) = run(&["survey", "check", &broken]);
    assert!(code == 1 && error.contains("line"), "{error}");
    let (code, _, error) = run(&["survey", "check", "preset:nothing"]);
    assert!(code == 1 && error.contains("survey presets"), "{error}");
    let (code, out, _) = run(&["survey", "presets"]);
    assert!(code == 0 && out.contains("post-service"));
}

#[test]
fn settings_come_from_flag_then_environment_then_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let config = path("ascolto.toml");
    fs::write(&config, format!("data = {:?}\n", path("from-file"))).unwrap();
    let create = |arguments: &[&str], environment: Option<&str>| {
        let mut command = crate::support::ascolto();
        command.args(["site", "create", "--name", "A", "--origin", "https://a.example"]);
        command.args(["--config", &config]).args(arguments);
        if let Some(data) = environment {
            command.env("ASCOLTO_DATA", data);
        }
        assert!(command.output().unwrap().status.success());
    };
    let exists = |name: &str| folder.path().join(name).join("format").exists();
    create(&["--data", &path("from-flag")], Some(&path("from-environment")));
    assert_eq!(["from-flag", "from-environment", "from-file"].map(exists), [true, false, false]);
    create(&[], Some(&path("from-environment")));
    assert_eq!(["from-environment", "from-file"].map(exists), [true, false]);
    create(&[], None);
    assert!(exists("from-file"));
    fs::write(&config, "colour = \"red\"\n").unwrap();
    let (code, _, error) = run(&["site", "list", "--config", &config]);
    assert!(code == 1 && error.contains("colour"), "{error}");
}

#[test]
fn a_mistyped_folder_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("typo");
    let (code, _, error) = run(&["site", "list", "--data", data.to_str().unwrap()]);
    assert!(code == 1 && error.contains("no data folder"), "{error}");
    assert!(!data.exists());
}

#[test]
fn bad_usage_is_exit_2() {
    for arguments in [
        &["frobnicate"][..],
        &["site", "create"],
        &["token", "create", "--site", "s", "--role", "king"],
    ] {
        assert_eq!(run(arguments).0, 2, "{arguments:?}");
    }
    let (code, out, _) = run(&["openapi"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    assert!(document["paths"]["/v1/sites/{site}/responses"]["post"].is_object());
}

/// As in `ascolto openapi | head -1`.
#[test]
fn a_reader_that_has_gone_is_no_crash() {
    let mut command = crate::support::ascolto();
    command.arg("openapi").stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let end = child.wait_with_output().unwrap();
    assert_eq!(
        (end.status.code(), String::from_utf8(end.stderr).unwrap()),
        (Some(141), String::new())
    );
}

/// A printed code must lead to where the collector will be reached.
#[test]
fn links_made_without_a_server_begin_with_the_public_url() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = |arguments: &[&str]| {
        let mut command = crate::support::ascolto();
        command.env("ASCOLTO_PUBLIC_URL", "https://feedback.example.it").arg("--json");
        let output =
            command.args(arguments).args(["--data", data.to_str().unwrap()]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str::<serde_json::Value>(text.trim()).unwrap_or_default()
    };
    let site = run(&["site", "create", "--name", "A", "--origin", "https://a.example"]);
    let site = site["site"].as_str().unwrap();
    run(&["survey", "put", "--site", site, "preset:post-service"]);
    let link = ["link", "create", "--site", site, "--survey", "post-service"];
    let from_environment = run(&link);
    let flag = ["--public-url", "https://elsewhere.example.it"];
    let from_flag = run(&[&link[..], &flag].concat());
    for (made, base) in [(from_environment, "https://feedback.example.it"), (from_flag, flag[1])] {
        let url = made["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("{base}/s/")), "{url}");
    }
}

/// What others are to open leads to this machine where nothing says where browsers reach it.
#[test]
fn links_that_nobody_else_can_open_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = |arguments: &[&str], public_url: bool| {
        let url: &[&str] = if public_url { &["--public-url", "https://a.example"] } else { &[] };
        run(&[arguments, url, &["--data", data.to_str().unwrap()]].concat())
    };
    let (_, out, _) =
        run(&["site", "create", "--name", "A", "--origin", "https://a.example", "--json"], false);
    let made: serde_json::Value = serde_json::from_str(&out).unwrap();
    let site = made["site"].as_str().unwrap();
    let (code, _, error) = run(&["survey", "put", "--site", site, "preset:post-service"], false);
    assert!(code == 0 && error.is_empty(), "{error}");
    let poster = folder.path().join("poster.svg");
    let commands: [&[&str]; 4] = [
        &["site", "tag", site],
        &["link", "create", "--site", site, "--survey", "post-service"],
        &["token", "create", "--site", site, "--role", "manager", "--link"],
        &["link", "qr", "--site", site, "--survey", "post-service", "-o", poster.to_str().unwrap()],
    ];
    for command in commands {
        let (code, _, error) = run(command, false);
        let printed = command[1] == "qr";
        assert_eq!(code, if printed { 2 } else { 0 }, "{command:?}: {error}");
        assert!(error.contains("127.0.0.1") && error.contains("--public-url"), "{error}");
        assert_eq!(error.contains("warning"), !printed, "{error}");
        assert!(!poster.exists());
        let (code, _, error) = run(command, true);
        assert!(code == 0 && error.is_empty(), "{command:?}: {error}");
    }
}

#[test]
fn a_public_url_is_an_address_of_the_web() {
    for wrong in ["feedback.example.it", "https://", "ftp://a.example", "https://a.example/?x"] {
        let (code, _, error) = run(&["config", "--public-url", wrong]);
        assert!(code == 2 && error.contains("https://feedback.example.it"), "{wrong}: {error}");
    }
}
