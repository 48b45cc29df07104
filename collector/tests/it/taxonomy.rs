//! Channels with the classes that a site gives them, how long people waited, and whether the matter
//! was resolved at the first contact.

use crate::support::{Server, Site, response, run};
use serde_json::{Value, json};

/// So many responses on each channel.
fn fill(site: &Site<'_>, channels: &[(&str, u64)]) {
    let mut number = 0;
    for (channel, responses) in channels {
        let lines = (0..*responses).map(|_| {
            number += 1;
            let mut line = response(number, 9);
            line["channel"] = json!(channel);
            line
        });
        assert!(site.batch(&lines.collect::<Vec<_>>()).iter().all(|l| l["status"] == "stored"));
    }
}

fn patch(site: &Site<'_>, body: &Value) -> crate::support::Answer {
    let path = format!("/v1/sites/{}", site.site);
    let headers = [("content-type", "application/json")];
    let body = serde_json::to_vec(body).unwrap();
    site.server.send("PATCH", &path, Some(&site.token), &headers, Some(&body))
}

/// Responses by class, `traditional` to `interactive`, by each way there is to ask.
fn by_class(site: &Site<'_>) -> [u64; 4] {
    let groups = site.get("summary/by/class").expect(200)["groups"].clone();
    ["traditional", "physical", "technological", "interactive"].map(|class| {
        let group = groups.as_array().unwrap().iter().find(|group| group["value"] == class);
        let responses = group.map_or(0, |group| group["responses"].as_u64().unwrap());
        let filtered = site.get(&format!("summary?class={class}")).expect(200);
        assert_eq!(filtered["responses"], responses, "{class}");
        let listed = site.get(&format!("responses?limit=500&class={class}")).expect(200);
        let listed = listed["responses"].as_array().unwrap().clone();
        assert_eq!(listed.len() as u64, responses, "{class}");
        assert!(listed.iter().all(|response| response["class"] == class));
        responses
    })
}

#[test]
fn a_site_reassigns_classes_also_of_what_is_there() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let site = kept.at(&server);
    fill(&site, &[("kiosk", 3), ("phone", 5), ("x-bus", 2), ("mail", 1)]);
    assert_eq!(by_class(&site), [1, 3, 5, 2]);
    let set = json!({"channels": {"kiosk": "technological", "x-bus": "physical"}});
    assert_eq!(patch(&site, &set).expect(200)["channels"], set["channels"]);
    assert_eq!(by_class(&site), [1, 2, 8, 0]);
    let rows = site.get("summary/channels").expect(200)["channels"].clone();
    let class = |name: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["channel"] == name);
        row.unwrap()["class"].as_str().unwrap().to_owned()
    };
    assert_eq!((class("kiosk"), class("x-bus")), ("technological".into(), "physical".into()));
    let csv = site.get("export?format=csv").expect(200);
    assert_eq!(csv.as_str().unwrap().matches(",x-bus,physical,").count(), 2);

    // What is not named stays; other settings too; null gives the usual class back.
    let more = json!({"channels": {"x-tram": "physical", "kiosk": null}, "retention_days": 400});
    let out = patch(&site, &more).expect(200);
    assert_eq!(out["channels"], json!({"x-bus": "physical", "x-tram": "physical"}));
    assert_eq!((&out["retention_days"], &out["keep_statistics"]), (&json!(400), &json!(true)));
    assert_eq!(by_class(&site), [1, 5, 5, 0]);
    assert!(server.stop());
    server.again();
    assert_eq!(by_class(&kept.at(&server)), [1, 5, 5, 0]);

    let long = format!("x-{}", "a".repeat(39));
    let wrong = json!({"channels": {"telegraph": "physical", "kiosk": "blue", (long): "physical"}});
    let answer = patch(&kept.at(&server), &wrong);
    let paths = answer.expect(422)["violations"].clone();
    let mut codes: Vec<_> =
        paths.as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["unknown_channel", "unknown_channel", "unknown_class"]);
    let many: Value = (0..201)
        .map(|n| (format!("x-{n}"), json!("physical")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let answer = patch(&kept.at(&server), &json!({"channels": many}));
    assert_eq!(answer.expect(422)["violations"][0]["code"], "too_many");
    assert_eq!(by_class(&kept.at(&server)), [1, 5, 5, 0]);
}

#[test]
fn by_the_command_line() {
    let server = Server::start();
    let site = server.site();
    let to = ["--server", &server.base, "--token", &site.token];
    let update = |more: &[&str]| {
        let mut arguments = vec!["site", "update", &site.site];
        arguments.extend(more);
        arguments.extend(to);
        run(&arguments)
    };
    let (code, out, error) =
        update(&["--channel", "x-bus=physical", "--channel", "qr=interactive"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("qr interactive, x-bus physical"), "{out}");
    let (_, out, _) = update(&["--channel", "x-bus=usual", "--channel", "qr=usual"]);
    assert!(out.contains("as usual"), "{out}");
    let (code, _, error) = update(&["--channel", "qr=blue"]);
    assert!(code == 1 && error.contains("channels.qr"), "{error}");
    assert_eq!(update(&["--channel", "qr"]).0, 2);
}

/// A channel that the owner has declared is taken, however many others visitors have made up.
#[test]
fn a_declared_channel_has_its_place() {
    let server = Server::start();
    let site = server.site();
    for n in 0..100 {
        let mut body = response(n, 9);
        body["channel"] = json!(format!("x-{n}"));
        site.submit(&body).expect(201);
    }
    let mut body = response(1_000, 9);
    body["channel"] = json!("x-bus");
    site.submit(&body).expect(422);
    patch(&site, &json!({"channels": {"x-bus": "physical"}})).expect(200);
    site.submit(&body).expect(201);
}

/// 60 who waited two minutes and are happy, 31 who waited half an hour and are not, 9 who waited
/// longer still, and one of whom nothing is known.
#[test]
fn opinions_by_waiting_and_first_contacts() {
    let server = Server::start();
    let site = server.site();
    let lines = (0..101_u64).map(|n| {
        let (waited_s, score) = match n {
            0..60 => (120, 10),
            60..91 => (1_800, 3),
            _ => (3_600, 0),
        };
        let mut line = response(n, score);
        line["channel"] = json!(if n < 50 { "counter" } else { "phone" });
        if n < 100 {
            line["service_event"] =
                json!({"waited_s": waited_s, "resolved_first_contact": n % 5 != 0});
        }
        line
    });
    site.batch(&lines.collect::<Vec<_>>());
    let out = site.get("summary/channels").expect(200);
    let first = &out["resolved_first_contact"];
    assert_eq!((&first["known"], &first["resolved"]), (&json!(100), &json!(80)));
    assert_eq!(first["percent"], 80.0);
    let interval = &first["interval"];
    // The published Wilson interval of 80 of 100.
    assert!((interval["low"].as_f64().unwrap() - 71.1171).abs() < 1e-4);
    assert!((interval["high"].as_f64().unwrap() - 86.6633).abs() < 1e-4);
    assert_eq!(out["channels"][0]["resolved_first_contact"]["known"], 50);

    let waiting = &out["waiting"];
    assert_eq!(waiting["known"], 100);
    let bands = waiting["bands"].as_array().unwrap();
    let told: Vec<_> = bands
        .iter()
        .map(|b| (b["band"].as_str().unwrap(), b["from_s"].as_u64().unwrap(), b["to_s"].as_u64()))
        .collect();
    assert_eq!(
        told,
        [
            ("0-5", 0, Some(300)),
            ("5-15", 300, Some(900)),
            ("15-30", 900, Some(1_800)),
            ("30-60", 1_800, Some(3_600)),
            ("over-60", 3_600, None),
        ]
    );
    let counts: Vec<_> = bands.iter().map(|b| b["responses"].as_u64().unwrap()).collect();
    assert_eq!(counts, [60, 0, 0, 31, 9]);
    assert_eq!(
        (&bands[0]["nps"]["score"], &bands[3]["nps"]["score"]),
        (&json!(100.0), &json!(-100.0))
    );
    assert_eq!(bands[0]["nps"]["reliable"], true);
    assert_eq!(bands[0]["difference"]["significant"], true);
    // Nine are too few to be shown.
    assert_eq!(bands[4]["withheld"], "too_few_answers");
    assert!(bands[4].get("nps").is_none() && bands[4].get("difference").is_none());

    let slow = site.get("summary?waiting=30-60").expect(200);
    assert_eq!((&slow["responses"], &slow["nps"]["score"]), (&json!(31), &json!(-100.0)));
    assert_eq!(site.get("summary?resolved=false").expect(200)["responses"], 20);
    for (query, code) in [
        ("waiting=0-6", "unknown_band"),
        ("resolved=maybe", "wrong_type"),
        ("assurance=x", "unknown_assurance"),
    ] {
        let answer = site.get(&format!("summary?{query}"));
        assert_eq!(answer.expect(422)["violations"][0]["code"], code);
    }
    assert_eq!(
        site.get("summary/funnel?waiting=0-5").expect(422)["violations"][0]["path"],
        "waiting"
    );
}

/// A score that every group shows and a few have given is not told of the few, whatever they are
/// grouped by.
#[test]
fn small_groups_are_withheld_in_every_grouping() {
    let server = Server::start();
    let site = server.site();
    let lines = (0..49_u64).map(|n| {
        let few = n >= 40;
        let mut line = response(n, 9);
        line["channel"] = json!(if few { "mail" } else { "counter" });
        line["service"] = json!(if few { "rare" } else { "usual" });
        line["level"] = json!(if few { "informative" } else { "relational" });
        line["locale"] = json!(if few { "fur" } else { "it" });
        line["identity"] = match few {
            true => json!({"level": "verified", "assurance": "high"}),
            false => json!({"level": "verified", "assurance": "low"}),
        };
        if few && n % 2 == 0 {
            line["identity"] = json!({"level": "registered"});
        }
        line["context"] = json!({"device": if few { "tablet" } else { "phone" },
            "page": if few { "/rare" } else { "/usual" }, "tags": [if few { "rare" } else { "usual" }],
            "attributes": {"plan": if few { "rare" } else { "usual" }}});
        line["service_event"] = json!({"resolved_first_contact": !few,
            "waited_s": if few { 4_000 } else { 60 }, "served_s": 60});
        line
    });
    site.batch(&lines.collect::<Vec<_>>());
    let document = server.get("/openapi.json", None).expect(200).to_string();
    for dimension in [
        "channel",
        "class",
        "service",
        "locale",
        "level",
        "device",
        "identity",
        "assurance",
        "resolved",
        "page",
        "tag",
        "attribute:plan",
    ] {
        assert!(document.contains(dimension.split(':').next().unwrap()), "{dimension}");
        let out = site.get(&format!("summary/by/{dimension}")).expect(200);
        let groups = out["groups"].as_array().unwrap();
        assert!(groups.len() > 1, "{dimension}: {out}");
        for group in groups {
            let is_small = group["responses"].as_u64().unwrap() < 10;
            assert_eq!(is_small, group.get("nps").is_none(), "{dimension}: {group}");
            assert!(!is_small || group["withheld"] == "too_few_answers", "{dimension}: {group}");
        }
        assert!(groups.iter().any(|group| group["responses"].as_u64().unwrap() < 10));
    }
    let channels = site.get("summary/channels").expect(200);
    let mail = &channels["channels"][1];
    for hidden in ["nps", "waited_s", "served_s", "resolved_first_contact", "mix_adjusted"] {
        assert!(mail.get(hidden).is_none(), "{hidden}: {mail}");
        assert!(channels["channels"][0].get(hidden).is_some(), "{hidden}");
    }
    assert_eq!((&mail["channel"], &mail["responses"]), (&json!("mail"), &json!(9)));
}
