//! Exports: what other programs read is what was sent.

use crate::support::{Server, Site, id, response, run};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};

const ROWS: u64 = 10_000;

/// Texts that CSV, or a spreadsheet, could get wrong; and what a spreadsheet is given instead.
const TEXTS: [(&str, &str); 8] = [
    ("Tutto bene", "Tutto bene"),
    ("one, \"two\"; three", "one, \"two\"; three"),
    ("two\nlines\r\nand a third", "two\nlines\r\nand a third"),
    ("=HYPERLINK(\"http://a.example\",\"b\")", "'=HYPERLINK(\"http://a.example\",\"b\")"),
    ("+39 051 1234", "'+39 051 1234"),
    ("-5", "'-5"),
    ("@SUM(A1:A9)", "'@SUM(A1:A9)"),
    ("perché no? 你好 🙂", "perché no? 你好 🙂"),
];

fn of(n: u64) -> Value {
    let mut response = response(n, (n % 11).cast_signed());
    response["answers"]["comment"] = json!(TEXTS[n as usize % TEXTS.len()].0);
    if n % 11 <= 6 {
        response["answers"]["reasons"] = json!({"selected": ["waiting", "staff"], "other": "=1+1"});
    }
    response["channel"] = json!(["web", "counter", "phone"][n as usize % 3]);
    response["occurred_at"] = json!(format!("2026-0{}-15T10:00:00Z", 1 + n % 9));
    response["context"] =
        json!({"tags": ["uno", "due"], "attributes": {"plan": "gold"}, "device": "phone"});
    response["service_event"] =
        json!({"waited_s": n % 600, "resolved_first_contact": n.is_multiple_of(2)});
    response
}

fn fill(site: &Site<'_>, rows: u64) {
    let lines: Vec<Value> = (0..rows).map(of).collect();
    for line in lines.chunks(2_000).flat_map(|lines| site.batch(lines)) {
        assert_eq!(line["status"], "stored", "{line}");
    }
}

/// The answer's bytes as they come.
fn export(site: &Site<'_>, query: &str) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let url = format!("{}{}", site.server.base, site.path(&format!("export?{query}")));
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.get(url).header("authorization", format!("Bearer {}", site.token));
    let answer = request.call().unwrap();
    let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
    let (headers, status) = (headers.collect(), answer.status().as_u16());
    let mut bytes = Vec::new();
    answer.into_body().into_reader().read_to_end(&mut bytes).unwrap();
    (status, headers, bytes)
}

/// Rows by the names of the columns.
fn csv_rows(bytes: &[u8], delimiter: u8) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn csv_reads_back_with_formulas_defused() {
    let server = Server::start();
    let site = server
        .site_with(&json!({"name": "Comune di \"È\"/../x", "origins": ["https://a.example"]}));
    fill(&site, ROWS);
    let (status, headers, bytes) = export(&site, "format=csv");
    assert_eq!(
        (status, headers["content-type"].as_str()),
        (200, "text/csv; charset=utf-8; header=present")
    );
    let name = &headers["content-disposition"];
    assert!(
        name.starts_with("attachment; filename=\"comune-di-x-20") && name.ends_with(".csv\""),
        "{name}"
    );
    let rows = csv_rows(&bytes, b',');
    assert_eq!(rows.len() as u64, ROWS);
    assert!(rows.is_sorted_by_key(|row| &row["occurred_at"]), "oldest first");
    let by_id: BTreeMap<&str, _> = rows.iter().map(|row| (row["id"].as_str(), row)).collect();
    for n in 0..ROWS {
        let (row, sent) = (by_id[id(n).as_str()], of(n));
        let cell = |name: &str| row[name].as_str();
        assert_eq!(cell("post-service.comment"), TEXTS[n as usize % TEXTS.len()].1);
        assert_eq!(cell("post-service.recommend"), (n % 11).to_string(), "numbers stay numbers");
        let low = n % 11 <= 6;
        assert_eq!(cell("post-service.reasons"), if low { "waiting;staff" } else { "" });
        assert_eq!(cell("post-service.reasons.other"), if low { "'=1+1" } else { "" });
        assert_eq!(cell("channel"), sent["channel"]);
        assert_eq!((cell("tags"), cell("attributes")), ("uno;due", "{\"plan\":\"gold\"}"));
        assert_eq!(cell("waited_s"), (n % 600).to_string());
        assert_eq!(
            (cell("held"), cell("service"), cell("post-service.satisfaction")),
            ("false", "", "")
        );
    }
    let (_, _, excel) = export(&site, "format=csv&bom=true&delimiter=semicolon");
    let (bom, excel) = excel.split_at(3);
    assert_eq!((bom, csv_rows(excel, b';')), ("\u{feff}".as_bytes(), rows));
}

#[test]
fn the_filters_are_those_of_the_list() {
    let server = Server::start();
    let site = server.site();
    fill(&site, 400);
    let held = json!({"id": id(9_000), "survey": "post-service", "answers": {"recommend": 0}, "form": {"trap": "x"}});
    site.submit(&held).expect(201);
    let rows = |query: &str| {
        let (status, _, bytes) = export(&site, &format!("format=jsonl&{query}"));
        assert_eq!(status, 200, "{query}");
        let lines = String::from_utf8(bytes).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    for query in [
        "channel=web",
        "class=traditional",
        "from=2026-03-01&to=2026-05-31",
        "from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z",
        "min=9&comments=true",
        "tag=due&device=phone&attribute.plan=gold",
        "attribute.plan=silver",
        "q=perch%C3%A9",
        "metric=csat",
        "held=true",
    ] {
        let all = if query.contains("held") { query } else { &format!("{query}&held=false") };
        let page = site.get(&format!("responses?limit=500&{query}")).expect(200);
        let mut listed = page["responses"].as_array().unwrap().clone();
        listed.reverse();
        assert_eq!(rows(all), listed, "{query}");
    }
    assert_eq!(rows("").len(), 401, "held ones are there");
    assert_eq!(rows("held=true")[0]["held"], "honeypot");
    for (query, violation) in [
        ("", "format required"),
        ("format=xls", "format unknown_format"),
        ("format=csv&colour=red", "colour unknown_parameter"),
        ("format=csv&delimiter=tab", "delimiter unknown_delimiter"),
        ("format=csv&bom=maybe", "bom wrong_type"),
        ("format=csv&limit=5", "limit unknown_parameter"),
        ("format=csv&from=2026-05-01&to=2026-04-01", "to out_of_range"),
    ] {
        let refused = site.get(&format!("export?{query}"));
        assert_eq!(
            (refused.status, refused.violations()),
            (422, vec![violation.to_owned()]),
            "{query}"
        );
    }
}

#[test]
fn parquet_reads_back() {
    let server = Server::start();
    let site = server.site();
    fill(&site, ROWS);
    let (_, headers, bytes) = export(&site, "format=parquet");
    assert_eq!(headers["content-type"], "application/vnd.apache.parquet");
    let file = SerializedFileReader::new(axum::body::Bytes::from(bytes)).unwrap();
    assert_eq!(file.metadata().file_metadata().num_rows().cast_unsigned(), ROWS);
    let schema = file.metadata().file_metadata().schema();
    let names: Vec<_> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let place = |name: &str| names.iter().position(|known| known == name).unwrap();
    let by_id = |n: u64| id(n);
    let mut scores = BTreeMap::new();
    for row in file.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        assert!(!row.get_string(place("post-service.comment")).unwrap().is_empty());
        assert!(!row.get_bool(place("held")).unwrap());
        assert!(row.get_timestamp_millis(place("occurred_at")).unwrap() > 1_700_000_000_000);
        assert!(row.get_string(place("service")).is_err(), "null");
        let score = row.get_long(place("post-service.recommend")).unwrap();
        scores.insert(row.get_string(place("id")).unwrap().clone(), score);
    }
    assert!((0..ROWS).all(|n| scores[&by_id(n)] == (n % 11).cast_signed()));
}

/// Whoever goes away in the middle gives up the place: there are few.
#[test]
fn readers_that_go_away_are_not_waited_for() {
    let server = Server::start();
    let site = server.site();
    fill(&site, ROWS);
    for _ in 0..20 {
        let connection = std::net::TcpStream::connect(server.address()).unwrap();
        let (path, token) = (site.path("export?format=jsonl"), &site.token);
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        (&connection).write_all(request.as_bytes()).unwrap();
        (&connection).read_exact(&mut [0; 1]).unwrap();
    }
    let served = (0..500).find_map(|_| {
        let (status, headers, bytes) = export(&site, "format=jsonl");
        let busy = status == 429 && headers.contains_key("retry-after");
        assert!(busy || status == 200, "{status}");
        std::thread::sleep(std::time::Duration::from_millis(if busy { 20 } else { 0 }));
        (!busy).then(|| bytes.iter().filter(|byte| **byte == b'\n').count() as u64)
    });
    assert_eq!(served, Some(ROWS));
}

#[test]
fn by_the_command() {
    let mut server = Server::start();
    let kept = server.site().keep();
    fill(&kept.at(&server), 60);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.csv");
    let (file, data) = (file.to_str().unwrap(), server.data.to_str().unwrap().to_owned());
    let export = ["export", "--site", &kept.site, "--format"];
    let online = ["--server", &server.base, "--token", &kept.token];
    let (code, out, error) = run(&[&export[..], &["jsonl"], &online].concat());
    assert_eq!((code, out.lines().count()), (0, 60), "{error}");
    let wrong =
        run(&[&export[..], &["csv", "--filter", "colour=red", "-o", file], &online].concat());
    assert!(wrong.0 == 1 && wrong.2.contains("colour"), "{}", wrong.2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    assert_eq!(run(&[&export[..], &["xls"]].concat()).0, 2);
    assert!(server.stop());
    let some = ["--from", "2026-03-01", "--filter", "channel=web", "-o", file, "--data", &data];
    assert_eq!(run(&[&export[..], &["csv"], &some].concat()).0, 0);
    let rows = csv_rows(&std::fs::read(file).unwrap(), b',');
    assert!(!rows.is_empty() && rows.len() < 20, "{}", rows.len());
    assert!(rows.iter().all(|row| row["channel"] == "web" && *row["occurred_at"] >= *"2026-03"));
}
