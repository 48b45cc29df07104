//! Importing files: what is stored is what the file says, once, however often and however it ends.

use crate::support::{Server, Site, ascolto, run};
use serde_json::{Value, json};
use shared::presets::Preset;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Importer<'a> {
    site: &'a Site<'a>,
    folder: TempDir,
}

/// What an import answered to a program.
struct Answer {
    code: i32,
    out: Value,
    error: String,
}

impl<'a> Importer<'a> {
    fn new(site: &'a Site<'a>) -> Self {
        Self { site, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn arguments<'b>(&'b self, path: &'b str, flags: &[&'b str]) -> Vec<&'b str> {
        let Site { server, site, token, .. } = self.site;
        let mut all = vec!["import", "--site", site, "--server", &server.base, "--token", token];
        all.extend(flags);
        all.push(path);
        all
    }

    fn import(&self, path: &Path, flags: &[&str]) -> Answer {
        let mut arguments = self.arguments(path.to_str().unwrap(), flags);
        arguments.push("--json");
        let (code, out, error) = run(&arguments);
        Answer { code, out: serde_json::from_str(&out).unwrap_or_default(), error }
    }

    /// All that is stored, oldest first.
    fn stored(&self) -> Vec<Value> {
        let page = self.site.get("responses?limit=100").expect(200);
        let mut all = page["responses"].as_array().unwrap().clone();
        all.reverse();
        all
    }
}

impl Answer {
    /// Rows that were stored, were there before, were refused on the way.
    fn sent(&self) -> [u64; 3] {
        let sent = &self.out["sent"];
        ["stored", "already", "refused"].map(|name| sent[name].as_u64().unwrap_or_default())
    }

    /// `LINE CODE`, with the column where it is known.
    fn issues(&self) -> Vec<String> {
        let list = self.out["issues"].as_array().cloned().unwrap_or_default();
        let told = |issue: &Value| {
            let column = issue["column"].as_str().map(|name| format!(" {name}"));
            let code = issue["code"].as_str().unwrap();
            format!("{} {code}{}", issue["line"], column.unwrap_or_default())
        };
        list.iter().map(told).collect()
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/import").join(name)
}

fn with_reviews(site: &Site<'_>) {
    let reviews = Preset::named("reviews").unwrap().json();
    site.post("surveys", &serde_json::from_str(reviews).unwrap()).expect(201);
}

/// The parts of a response that an import decides.
fn essence(response: &Value) -> Value {
    let mut essence = json!({"answers": response["answers"], "channel": response["channel"]});
    for name in ["service", "locale", "context", "service_event"] {
        if !response[name].is_null() {
            essence[name] = response[name].clone();
        }
    }
    essence["at"] = response["occurred_at"].clone();
    essence
}

#[test]
fn the_examples_become_what_they_say() {
    let cases = [
        (
            "answers.csv",
            "post-service",
            json!([
            {"answers": {"recommend": 9, "satisfaction": 5, "comment": "Personale gentile, grazie"},
                "channel": "counter", "service": "carta-d-identita", "at": "2026-10-13T07:15:00.000Z"},
            {"answers": {"recommend": 3, "satisfaction": 2, "reasons": ["waiting", "technical"],
                "comment": "Un'ora al telefono;\npoi è caduta la linea"},
                "channel": "phone", "service": "carta-d-identita", "at": "2026-10-13T08:40:00.000Z"},
            {"answers": {"recommend": 7, "satisfaction": 4}, "channel": "counter",
                "service": "anagrafe", "at": "2026-10-14T09:05:00.000Z"},
            {"answers": {"recommend": 10, "satisfaction": 5, "comment": "Ha detto \"tutto bene\""},
                "channel": "mail", "service": "anagrafe", "at": "2026-10-14T09:30:00.000Z"}]),
        ),
        (
            "answers.jsonl",
            "post-service",
            json!([
            {"answers": {"recommend": 9, "satisfaction": 5, "comment": "Chat veloce"}, "channel": "chat",
                "service": "anagrafe", "at": "2026-10-13T07:15:00.000Z",
                "context": {"tags": ["crm", "ottobre"], "attributes": {"plan": "gold"}}},
            {"answers": {"recommend": 2, "reasons": {"selected": ["waiting"], "other": "Musica di attesa"}},
                "channel": "phone", "at": "2026-10-13T10:00:00.000Z",
                "service_event": {"waited_s": 540, "resolved_first_contact": false}},
            {"answers": {"recommend": 10, "praise": ["fast", "easy"]}, "channel": "app",
                "at": "2026-10-14T08:00:00.000Z"}]),
        ),
        (
            "google-forms.csv",
            "post-service",
            json!([
            {"answers": {"recommend": 9, "satisfaction": 5}, "channel": "import",
                "at": "2026-06-22T09:07:29.000Z"},
            {"answers": {"recommend": 4, "satisfaction": 2, "reasons": ["waiting", "technical"],
                "comment": "Shorter queues"}, "channel": "import", "at": "2026-06-22T10:31:02.000Z"},
            {"answers": {"recommend": 4, "satisfaction": 2, "reasons": ["waiting", "technical"],
                "comment": "Shorter queues"}, "channel": "import", "at": "2026-06-22T10:31:02.000Z"}]),
        ),
        (
            "typeform.csv",
            "post-service",
            json!([
            {"answers": {"recommend": 9, "comment": "Nothing"}, "channel": "import",
                "at": "2026-05-10T02:41:38.000Z"},
            {"answers": {"recommend": 5}, "channel": "import", "at": "2026-05-11T12:02:55.000Z"}]),
        ),
        (
            "surveymonkey.csv",
            "post-service",
            json!([
            {"answers": {"recommend": 3, "comment": "More desks",
                "reasons": {"selected": ["waiting", "unclear"], "other": "Parking"}},
                "channel": "import", "at": "2026-05-13T07:12:40.000Z"},
            {"answers": {"recommend": 9}, "channel": "import", "at": "2026-05-14T08:01:05.000Z"}]),
        ),
        (
            "qualtrics.csv",
            "post-service",
            json!([
            {"answers": {"recommend": 8, "comment": "Orari più lunghi"}, "channel": "import",
                "locale": "it", "at": "2026-05-10T07:21:34.000Z"}]),
        ),
        (
            "limesurvey.csv",
            "post-service",
            json!([
            {"answers": {"recommend": 4, "satisfaction": 3, "comment": "Troppa attesa",
                "reasons": {"selected": ["waiting"], "other": "Il parcheggio"}},
                "channel": "import", "locale": "it", "at": "2026-04-02T08:11:12.000Z"},
            {"answers": {"recommend": 9, "satisfaction": 5}, "channel": "import", "locale": "en",
                "at": null}]),
        ),
        (
            "delighted.jsonl",
            "post-service",
            json!([
            {"answers": {"recommend": 10, "comment": "Keep going"}, "channel": "import",
                "context": {"tags": ["gold"]}, "at": "2026-03-31T23:33:20.000Z"},
            {"answers": {"recommend": 0}, "channel": "import", "at": "2026-04-01T23:33:20.000Z"}]),
        ),
        (
            "reviews.csv",
            "reviews",
            json!([
            {"answers": {"stars": 5, "comment": "Great, quick and friendly"}, "channel": "social",
                "locale": "en", "at": "2026-09-30T10:00:00.000Z"},
            {"answers": {"stars": 2, "comment": "Lunghe attese allo sportello"}, "channel": "social",
                "locale": "it", "at": "2026-10-02T10:00:00.000Z"},
            {"answers": {"stars": 4}, "channel": "social", "locale": "it",
                "at": "2026-10-05T10:00:00.000Z"},
            {"answers": {"comment": "Il sito è di nuovo lento"}, "channel": "social", "locale": "it",
                "at": "2026-10-06T10:00:00.000Z"}]),
        ),
        (
            "google-reviews.jsonl",
            "reviews",
            json!([
            {"answers": {"stars": 5, "comment": "Ufficio efficiente"}, "channel": "review",
                "at": "2026-03-02T15:01:23.045Z"},
            {"answers": {"stars": 2}, "channel": "review", "at": "2026-03-05T08:00:00.000Z"}]),
        ),
        (
            "trustpilot.jsonl",
            "reviews",
            json!([
            {"answers": {"stars": 4, "comment": "Quick answer by phone"}, "channel": "review",
                "locale": "en", "at": "2026-02-01T09:30:00.000Z"},
            {"answers": {"stars": 1, "comment": "Nobody answered"}, "channel": "review",
                "locale": "en", "at": "2026-02-03T18:00:00.000Z"}]),
        ),
    ];
    let server = Server::start();
    for (name, survey, expected) in cases {
        let site = server.site();
        with_reviews(&site);
        let importer = Importer::new(&site);
        let mut flags = vec!["--survey", survey];
        if name == "reviews.csv" {
            flags.extend(["--channel", "social"]);
        }
        let rows = expected.as_array().unwrap().len() as u64;
        let dry = importer.import(&example(name), &[&flags[..], &["--dry-run"]].concat());
        assert_eq!(
            (dry.code, &dry.out["checked"]["right"]),
            (0, &json!(rows)),
            "{name} {}",
            dry.out
        );
        assert_eq!(importer.stored(), Vec::<Value>::new(), "{name}: a dry run stores nothing");
        let first = importer.import(&example(name), &flags);
        assert_eq!(
            (first.code, first.sent()),
            (0, [rows, 0, 0]),
            "{name} {} {}",
            first.out,
            first.error
        );
        let mut stored: Vec<Value> = importer.stored().iter().map(essence).collect();
        let mut expected = expected.as_array().unwrap().clone();
        // What has no time got that of the import, and is the newest.
        for (stored, expected) in stored.iter_mut().zip(&mut expected) {
            if expected["at"].is_null() {
                stored["at"] = Value::Null;
            }
        }
        assert_eq!(json!(stored), json!(expected), "{name}");
        let again = importer.import(&example(name), &flags);
        assert_eq!((again.code, again.sent()), (0, [0, rows, 0]), "{name}: again");
        assert_eq!(importer.stored().len() as u64, rows, "{name}: the same file twice");
    }
}

#[test]
fn encodings_and_delimiters() {
    let text = "id,data,recommend,comment\r\n1,2026-10-01,9,Perché no? Più caffè\r\n2,2026-10-02,3,\"due\r\nrighe, e «così»\"\r\n";
    let utf16 = |little: bool| {
        let units = std::iter::once(0xfeff_u16).chain(text.encode_utf16());
        let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        units.flat_map(bytes).collect::<Vec<u8>>()
    };
    let windows = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let cases: [(&str, Vec<u8>, &[&str], &str); 9] = [
        ("plain", text.into(), &[], "UTF-8"),
        ("mark", format!("\u{feff}{text}").into(), &[], "UTF-8"),
        ("utf16le", utf16(true), &[], "UTF-16LE"),
        ("utf16be", utf16(false), &[], "UTF-16BE"),
        ("utf16, no mark", utf16(true)[2..].to_vec(), &["--encoding", "utf-16le"], "UTF-16LE"),
        ("windows", windows(text), &[], "windows-1252"),
        ("windows, told", windows(text), &["--encoding", "latin1"], "windows-1252"),
        ("line feeds", text.replace("\r\n", "\n").into(), &[], "UTF-8"),
        ("returns", text.replace("\r\n", "\r").into(), &[], "UTF-8"),
    ];
    let server = Server::start();
    for (name, bytes, flags, encoding) in cases {
        let site = server.site();
        let importer = Importer::new(&site);
        let answer = importer.import(&importer.file("a.csv", &bytes), flags);
        assert_eq!((answer.code, answer.sent()), (0, [2, 0, 0]), "{name} {}", answer.error);
        assert_eq!(answer.out["encoding"], encoding, "{name}");
        let stored = importer.stored();
        assert_eq!(stored[0]["answers"]["comment"], "Perché no? Più caffè", "{name}");
        assert_eq!(stored[1]["answers"]["comment"], "due\nrighe, e «così»", "{name}");
    }
    let site = server.site();
    let importer = Importer::new(&site);
    for delimiter in [";", "\t", "|"] {
        let text = format!(
            "id{delimiter}recommend{delimiter}comment\n{0}{delimiter}9{delimiter}a, b\n",
            delimiter.len()
        );
        let flags = ["--source", delimiter, "--date", "2026-10-01"];
        let answer = importer.import(&importer.file("a.txt", text.as_bytes()), &flags);
        assert_eq!((answer.code, answer.sent()), (0, [1, 0, 0]), "{delimiter:?} {}", answer.error);
    }
    assert!(importer.stored().iter().all(|one| one["answers"]["comment"] == "a, b"));
}

/// A file's name and text, flags; exit code, issues, and a part of the message.
type Mistaken<'a> = (&'a str, &'a str, &'a [&'a str], i32, &'a [&'a str], &'a str);

#[test]
fn what_is_wrong_is_told_by_line_and_nothing_is_stored() {
    let cases: [Mistaken<'_>; 20] = [
        ("a.csv", "recommend,comment\n9,a\n11x,b\n", &[], 1, &["3 wrong_type recommend"], ""),
        ("a.csv", "recommend,comment\n9,a\n,b\n", &[], 1, &["3 required recommend"], ""),
        ("a.csv", "recommend,comment\n9,a\n8\n7,b,c\n", &[], 1, &["3 cells", "4 cells"], ""),
        ("a.csv", "recommend,comment\n9,a\n8,\"b\n7,c\n", &[], 1, &["3 open_quote"], ""),
        (
            "a.csv",
            "recommend,date\n9,01/13/2026\n8,13/01/2026\n7,yesterday\n",
            &[],
            1,
            &["4 date date"],
            "",
        ),
        ("a.csv", "recommend,date\n9,2999-01-01\n", &[], 1, &["2 in_future date"], ""),
        ("a.csv", "recommend,date\n9,02/03/2026\n", &[], 2, &[], "could be two days"),
        (
            "a.csv",
            "recommend,date\n9,13/01/2026\n8,02/13/2026\n9,02/03/2026\n",
            &[],
            2,
            &[],
            "could be two days",
        ),
        (
            "a.csv",
            "recommend,reasons\n3,Too cold\n9,waiting\n",
            &[],
            1,
            &["3 hidden_question reasons"],
            "",
        ),
        ("a.csv", "recommend,canale\n3,piccione\n", &[], 1, &["2 unknown_channel canale"], ""),
        ("a.csv", "recommend,waited_s\n3,a while\n", &[], 1, &["2 wrong_type waited_s"], ""),
        ("a.csv", "name,age\nx,y\n", &[], 2, &[], "no column is an answer"),
        ("a.csv", "", &[], 1, &[], "no columns"),
        ("a.csv", "recommend\n9\n", &["--map", "nothing=recommend"], 2, &[], "no such question"),
        ("a.csv", "recommend\n9\n", &["--map", "satisfaction=stars"], 2, &[], "no such column"),
        ("a.csv", "a,a\n9,8\n", &["--map", "recommend=a"], 2, &[], "more than one column"),
        (
            "a.csv",
            "recommend\n9\n",
            &["--scale", "recommend=1-5"],
            2,
            &[],
            "an NPS is asked on 0 to 10",
        ),
        ("a.csv", "recommend\n9\n", &["--timezone", "Mars/Base"], 2, &[], "no time zone"),
        (
            "a.jsonl",
            "{\"recommend\":9}\n{\"recommend\":\n[1]\n{\"recommend\":12}\n",
            &[],
            1,
            &["2 not_json", "3 not_json", "4 out_of_range recommend"],
            "",
        ),
        ("a.json", "[]", &[], 2, &[], "jq"),
    ];
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    for (name, text, flags, code, issues, message) in cases {
        let answer = importer.import(&importer.file(name, text.as_bytes()), flags);
        assert_eq!(
            (answer.code, &answer.issues()[..]),
            (code, &owned(issues)[..]),
            "{text} {}",
            answer.error
        );
        assert!(answer.error.contains(message), "{text}: {}", answer.error);
        assert_eq!(importer.stored().len(), 0, "{text}");
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|one| (*one).to_owned()).collect()
}

#[test]
fn right_rows_alone_where_told() {
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    let text = "id,recommend,comment\n1,9,a\n2,ten,b\n3,3,\n,,\n4,8,c,d\n";
    let file = importer.file("a.csv", text.as_bytes());
    let report = importer.folder.path().join("report.csv");
    let flags = ["--on-error", "skip", "--report", report.to_str().unwrap()];
    let answer = importer.import(&file, &flags);
    assert_eq!((answer.code, answer.sent()), (1, [2, 0, 0]), "{}", answer.error);
    assert_eq!(answer.out["checked"], json!({"rows": 5, "right": 2, "refused": 2, "left_out": 1}));
    let report = fs::read_to_string(report).unwrap();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(
        lines,
        [
            "line,column,code,message,value",
            "3,recommend,wrong_type,is not a whole number,ten",
            "6,,cells,\"has 4 cells, the head has 3\",",
        ]
    );
    let mended = importer.file("a.csv", text.replace("ten", "10").replace(",c,d", ",c").as_bytes());
    let answer = importer.import(&mended, &[]);
    assert_eq!((answer.code, answer.sent()), (0, [2, 2, 0]), "{}", answer.error);
    // Another content under the same id is neither stored nor passed over in silence.
    let changed = importer.file("a.csv", b"id,recommend,comment\n1,2,a\n");
    let answer = importer.import(&changed, &[]);
    assert_eq!(
        (answer.code, answer.sent(), &answer.issues()[..]),
        (1, [0, 0, 1], &["2 conflict".to_owned()][..])
    );
    let answer = importer.import(&changed, &["--source", "another"]);
    assert_eq!((answer.code, answer.sent()), (0, [1, 0, 0]));
}

#[test]
fn scales_are_converted_when_told_and_never_else() {
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    let rows: String = (1..=10).map(|n| format!("{n},9,{n}\n")).collect();
    let file = importer.file("a.csv", format!("id,recommend,satisfaction\n{rows}").as_bytes());
    for flags in [&[][..], &["--on-error", "skip"]] {
        let answer = importer.import(&file, flags);
        assert_eq!((answer.code, answer.sent()), (1, [0, 0, 0]));
        assert_eq!(
            answer.out["scales"][0],
            json!({"question": "satisfaction", "file": "1-10", "question_scale": "1-5"})
        );
    }
    assert_eq!(importer.stored().len(), 0);
    let answer = importer.import(&file, &["--scale", "satisfaction=1-10", "--date", "2026-10-01"]);
    assert_eq!((answer.code, answer.sent()), (0, [10, 0, 0]), "{}", answer.error);
    let summary = site.get("summary?metric=csat").expect(200);
    assert_eq!(summary["csat"]["histogram"], json!([2, 2, 2, 2, 2]));
}

#[test]
fn a_file_or_a_survey_that_is_not_there_is_named() {
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    let missing = importer.import(Path::new("nowhere.csv"), &[]);
    assert_eq!((missing.code, missing.error.matches("No such file").count()), (1, 1));
    let told = importer.import(&example("answers.csv"), &["--survey", "nope"]);
    assert!(told.code == 2 && told.error.contains("no survey nope; it has post-service"));
    with_reviews(&site);
    let asked = importer.import(&example("answers.csv"), &[]);
    assert!(asked.code == 2 && asked.error.contains("say --survey, one of"), "{}", asked.error);
}

#[test]
fn columns_are_told_guessed_and_shown() {
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    let text = "when,how likely,words,who,colour\n1/2/2026 9:05,10,The people at the counter were quick and kind,anna@example.org,blue\n1/3/2026 17.40,0,Nobody answered the phone for a whole morning,bruno@example.org,red\n";
    let file = importer.file("a.csv", text.as_bytes());
    let path = file.to_str().unwrap();
    let flags = [
        "--dates",
        "day-first",
        "--map",
        "attribute.colour=colour",
        "--map",
        "identity.subject=who",
        "--timezone",
        "UTC",
        "--service",
        "urp",
    ];
    let (code, out, error) = run(&importer.arguments(path, &flags));
    assert_eq!(code, 0, "{error}");
    for line in [
        "answers.recommend",
        "occurred_at",
        "content",
        "told",
        "attribute.colour",
        "read in UTC, day first",
        "2 rows: 2 right",
        "2 stored, 0 were there before",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let stored = importer.stored();
    assert_eq!(stored[0]["occurred_at"], "2026-02-01T09:05:00.000Z");
    assert_eq!(stored[1]["occurred_at"], "2026-03-01T17:40:00.000Z");
    assert_eq!(
        (&stored[0]["identity"], &stored[0]["service"]),
        (&json!("declared"), &json!("urp"))
    );
    assert_eq!(stored[1]["context"]["attributes"]["colour"], "red");
    assert_eq!(
        site.post("erase", &json!({"subject": "anna@example.org"})).expect(200)["erased"],
        1
    );
}

#[test]
fn our_own_export_comes_in_again() {
    let server = Server::start();
    let site = server.site();
    let first = Importer::new(&site);
    for name in ["answers.csv", "answers.jsonl"] {
        assert_eq!(first.import(&example(name), &[]).code, 0);
    }
    let defused = json!({"id": crate::support::id(1), "survey": "post-service", "occurred_at": "2026-10-20T10:00:00Z",
        "answers": {"recommend": 9, "comment": "=1+1; \"è\""}});
    assert_eq!(site.batch(&[defused])[0]["status"], "stored");
    for format in ["csv", "jsonl"] {
        let file = first.folder.path().join(format!("export.{format}"));
        let Site { server, site: name, token, .. } = &site;
        let (code, _, error) = run(&[
            "export",
            "--site",
            name,
            "--format",
            format,
            "--server",
            &server.base,
            "--token",
            token,
            "-o",
            file.to_str().unwrap(),
        ]);
        assert_eq!(code, 0, "{error}");
        let other = server.site();
        let second = Importer::new(&other);
        let answer = second.import(&file, &[]);
        assert_eq!(
            (answer.code, answer.sent()),
            (0, [8, 0, 0]),
            "{format} {} {}",
            answer.out,
            answer.error
        );
        assert_eq!(answer.out["shape"], "ascolto");
        let essences =
            |importer: &Importer<'_>| importer.stored().iter().map(essence).collect::<Vec<_>>();
        let (mut before, mut after) = (essences(&first), essences(&second));
        if format == "csv" {
            // Attributes share a cell there.
            for one in before.iter_mut().chain(&mut after) {
                one["context"].as_object_mut().map(|context| context.remove("attributes"));
            }
        }
        assert_eq!(before, after, "{format}");
    }
}

#[test]
fn statements_are_no_columns() {
    let server = Server::start();
    let site = server.site();
    let survey = json!({"key": "visit", "locales": ["en"], "questions": [
        {"key": "welcome", "kind": "statement", "text": {"en": "Welcome"}},
        {"key": "stars", "kind": "rating", "scale": 5, "text": {"en": "How was it?"}}]});
    site.post("surveys", &survey).expect(201);
    let importer = Importer::new(&site);
    let file = importer.file("a.csv", b"welcome,How was it?\nhello,4\n");
    let answer = importer.import(&file, &["--survey", "visit"]);
    assert_eq!((answer.code, answer.sent()), (0, [1, 0, 0]), "{} {}", answer.out, answer.error);
    assert_eq!(answer.out["columns"][0]["becomes"], Value::Null);
}

/// Rows that differ, without ids.
fn long_file(rows: u64) -> String {
    let mut text = String::from("date,recommend,comment\n");
    for n in 0..rows {
        text.push_str(&format!("2026-0{}-1{}T10:00:00Z,{},row {n}\n", 1 + n % 9, n % 9, n % 11));
    }
    text
}

#[test]
fn a_killed_import_goes_on_to_exact_counts() {
    const ROWS: u64 = 30_000;
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    let file = importer.file("long.csv", long_file(ROWS).as_bytes());
    let path = file.to_str().unwrap();
    let mut child = ascolto()
        .args(importer.arguments(path, &[]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while site.responses() == 0 {
        assert!(Instant::now() < deadline, "nothing comes");
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it was killed");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let half = site.responses();
    assert!(half < ROWS, "it was killed too late");
    let answer = importer.import(&file, &[]);
    let [stored, already, refused] = answer.sent();
    assert_eq!((answer.code, stored + already, refused), (0, ROWS, 0), "{}", answer.error);
    // What the last batch of the killed one still brought counts among those that were there.
    assert!(already >= half, "{already} {half}");
    assert_eq!(site.responses(), ROWS);
}

#[test]
fn an_import_is_undone_and_nothing_else_goes() {
    const ROWS: u64 = 1_100;
    let server = Server::start();
    let site = server.site();
    let importer = Importer::new(&site);
    let kept = importer.file("kept.csv", b"date,recommend,comment\n2026-01-10T10:00:00Z,4,kept\n");
    let file = importer.file("long.csv", long_file(ROWS).as_bytes());
    assert_eq!(importer.import(&kept, &[]).sent(), [1, 0, 0]);
    assert_eq!(importer.import(&file, &[]).sent(), [ROWS, 0, 0]);
    for erased in [ROWS, 0] {
        let undone = importer.import(&file, &["--undo"]);
        assert_eq!((undone.code, &undone.out["erased"]), (0, &json!(erased)), "{}", undone.error);
        assert_eq!(importer.stored().len(), 1);
    }
    let nps = &site.get("summary").expect(200)["nps"];
    assert_eq!((&nps["answered"], &nps["detractors"]), (&json!(1), &json!(1)));
    // What was erased stays away; under another source it is another import.
    assert_eq!(importer.import(&file, &[]).sent()[0], 0);
    assert_eq!(importer.import(&file, &["--source", "again"]).sent(), [ROWS, 0, 0]);
    let admin = server.admin_token();
    assert_eq!(run(&["verify", "--server", &server.base, "--token", &admin]).0, 0);
}

#[test]
fn a_data_folder_without_a_server() {
    let mut server = Server::start();
    let site = server.site().keep();
    assert!(server.stop());
    let data = server.data.to_str().unwrap().to_owned();
    let file = example("answers.csv");
    let arguments =
        ["import", "--site", &site.site, "--data", &data, "--json", file.to_str().unwrap()];
    for expected in [
        json!({"stored": 4, "already": 0, "refused": 0}),
        json!({"stored": 0, "already": 4, "refused": 0}),
    ] {
        let (code, out, error) = run(&arguments);
        assert_eq!(code, 0, "{error}");
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["sent"], expected);
    }
    server.again();
    assert_eq!(site.at(&server).responses(), 4);
}
