//! Too often is refused, by address and by site, and says when to come back.

use crate::support::{Answer, Server, Site, response};
use serde_json::json;

fn submit_from(site: &Site<'_>, n: u64, forwarded: &str) -> Answer {
    let path = format!("/v1/sites/{}/responses", site.key);
    let body = serde_json::to_vec(&response(n, 9)).unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", forwarded),
        ("origin", "https://www.example.org"),
    ];
    site.server.send("POST", &path, None, &headers, Some(&body))
}

fn statuses(answers: impl Iterator<Item = Answer>) -> Vec<u16> {
    answers.map(|answer| answer.status).collect()
}

const THREE: [&str; 4] = ["--rate-address-per-minute", "1", "--rate-address-burst", "3"];

#[test]
fn an_address_may_send_so_much_and_no_more() {
    let mut server = Server::start_with(&THREE);
    let site = server.site();
    // Nobody is trusted: what strangers write into headers changes nothing.
    let sent = (0..5).map(|n| submit_from(&site, n, &format!("203.0.113.{n}")));
    assert_eq!(statuses(sent), [201, 201, 201, 429, 429]);
    let refused = submit_from(&site, 9, "");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert_eq!(refused.headers["access-control-allow-origin"], "https://www.example.org");
    assert_eq!(refused.headers["access-control-expose-headers"], "Retry-After");
    server.send("DELETE", "/v1/receipts/rc_nonsense", None, &[], None).expect(429);
    let survey = format!("/v1/sites/{}/surveys/post-service", site.key);
    server.get(&survey, None).expect(200);
    assert_eq!(site.batch(&[response(7, 9)])[0]["status"], "stored", "tokens are not counted");
    assert_eq!(site.responses(), 4);
    let log = server.log();
    assert_eq!(log.matches("trusted_proxies does not name it").count(), 1, "{log}");
}

#[test]
fn behind_a_trusted_proxy_clients_are_told_apart() {
    let server = Server::start_with(&[&THREE[..], &["--trusted-proxies", "127.0.0.0/8"]].concat());
    let site = server.site();
    let mut n = 0;
    let mut three_times = |forwarded: &str| {
        n += 10;
        statuses((n..n + 4).map(|n| submit_from(&site, n, forwarded)))
    };
    for forwarded in [
        "203.0.113.1",
        "198.51.100.7, 203.0.113.2",
        "2001:db8:0:1::1",
        "2001:db8:0:2::1",
        "203.0.113.3, 127.0.0.9",
    ] {
        assert_eq!(three_times(forwarded), [201, 201, 201, 429], "{forwarded}");
    }
    for used_up in ["198.51.100.8, 203.0.113.2", "2001:db8:0:1:ffff::2", "::ffff:203.0.113.1"] {
        assert_eq!(three_times(used_up), [429; 4], "{used_up}");
    }
}

#[test]
fn a_site_has_a_rate_of_its_own() {
    let flags = ["--rate-site-per-second", "1", "--rate-site-burst", "40"];
    let server = Server::start_with(&flags);
    let (busy, quiet) = (server.site(), server.site());
    let refused = (0..200).map(|n| submit_from(&busy, n, "")).find(|answer| answer.status != 201);
    assert_eq!(refused.map(|answer| answer.status), Some(429));
    assert_eq!(submit_from(&quiet, 1, "").status, 201);
}

#[test]
fn wrong_tokens_are_counted_and_right_ones_served() {
    let server =
        Server::start_with(&["--rate-failures-per-minute", "1", "--rate-failures-burst", "2"]);
    let site = server.site();
    let path = site.path("summary");
    server.get(&path, None).expect(401);
    server.get("/v1/session", None).expect(401);
    server.get(&path, Some("ot_guess")).expect(401);
    server.send("GET", &path, None, &[("cookie", "ascolto_session=ss_guess")], None).expect(401);
    let refused = server.get(&path, Some("ot_guess"));
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect(429);
    server.get(&path, None).expect(401);
    server.get(&path, Some(&site.token)).expect(200);
    server.post("/v1/session", None, &json!({"code": "lc_guess"})).expect(429);
}

/// A telephone gateway's token stands in the address, which may be written in more than one way.
#[test]
fn wrong_tokens_in_an_address_are_counted_however_they_are_written() {
    let flags = ["--rate-failures-per-minute", "1", "--rate-failures-burst", "2"];
    let server = Server::start_with(&flags);
    let site = server.site();
    let call = |query: &str| {
        let path = site.path(&format!("ivr/post-service?{query}"));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        server.send("POST", &path, None, &headers, Some(b"CallSid=CA1")).status
    };
    let queries = ["token=it_guess", "tok%65n=it_guess", "a=1&%74oken=it_guess", "token=it_guess"];
    assert_eq!(queries.map(call), [401, 401, 429, 429]);
}
