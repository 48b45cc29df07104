//! Every role on every route.

use crate::support::{Server, Site, response};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ROLES: [&str; 6] = ["none", "ingest", "agent", "manager", "owner", "admin"];

/// Method, path below the site (or absolute), body, and the status for each of `ROLES`.
type Row<'a> = (&'a str, &'a str, Option<Value>, [u16; 6]);

fn rows() -> Vec<Row<'static>> {
    let managers = [401, 403, 403, 200, 200, 200];
    let owners = |status| [401, 403, 403, 403, status, status];
    let admin = |status| [401, 403, 403, 403, 403, status];
    vec![
        ("GET", "", None, managers),
        ("GET", "/summary", None, managers),
        ("GET", "/summary/channels", None, managers),
        ("GET", "/summary/by/service", None, managers),
        ("GET", "/summary/trend", None, managers),
        ("GET", "/responses", None, managers),
        ("GET", "/surveys", None, managers),
        ("GET", "/surveys/post-service", None, managers),
        ("POST", "/surveys", Some(json!({})), owners(422)),
        ("POST", "/responses/batch", Some(json!({})), [401, 200, 200, 403, 200, 200]),
        ("DELETE", "/responses/019ab3c4-5d6e-7f80-9abc-def012345678", None, owners(404)),
        ("GET", "/tokens", None, owners(200)),
        ("POST", "/tokens", Some(json!({"role": "ingest"})), owners(201)),
        ("DELETE", "/tokens/tk_none", None, owners(404)),
        ("GET", "//v1/sites", None, admin(200)),
        ("POST", "//v1/sites", Some(json!({})), admin(422)),
        ("POST", "//v1/verify", Some(json!({})), admin(200)),
        ("GET", "//v1/session", None, [401, 403, 403, 200, 200, 403]),
    ]
}

#[test]
fn every_role_on_every_route() {
    let server = Server::start();
    let site = server.site();
    let tokens = tokens(&site);
    for (method, path, body, expected) in rows() {
        let path = match path.strip_prefix('/') {
            Some(absolute) if absolute.starts_with('/') => absolute.to_owned(),
            _ => format!("/v1/sites/{}{path}", site.site),
        };
        for (role, status) in ROLES.iter().zip(expected) {
            let body = body.as_ref().map(|body| serde_json::to_vec(body).unwrap());
            let headers = [("content-type", "application/json")];
            let token = tokens.get(role).map(String::as_str);
            let answer = server.send(method, &path, token, &headers, body.as_deref());
            assert_eq!(answer.status, status, "{method} {path} as {role}: {}", answer.body);
        }
    }
}

/// The documented routes are the ones that the table above and the public tests try.
#[test]
fn no_route_is_untried() {
    let server = Server::start();
    let document = server.get("/openapi.json", None).expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut documented: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        documented
            .extend(item.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    let public = [
        "get /healthz",
        "get /readyz",
        "delete /v1/receipts/{receipt}",
        "post /v1/session",
        "delete /v1/session",
        "post /v1/sites/{site}/responses",
        "delete /v1/sites/{site}",
    ];
    let tried: Vec<String> = rows()
        .into_iter()
        .map(|(method, path, ..)| {
            let path = path
                .replace("/by/service", "/by/{dimension}")
                .replace("/post-service", "/{survey}");
            let path = path
                .replace("019ab3c4-5d6e-7f80-9abc-def012345678", "{id}")
                .replace("tk_none", "{id}");
            let path = path
                .strip_prefix("//")
                .map_or(format!("/v1/sites/{{site}}{path}"), |p| format!("/{p}"));
            format!("{} {path}", method.to_lowercase())
        })
        .chain(public.map(str::to_owned))
        .collect();
    for route in &documented {
        assert!(tried.contains(route), "{route} is not tried with every role");
    }
    for route in &tried {
        assert!(documented.contains(route), "{route} is not documented");
    }
}

fn tokens(site: &Site<'_>) -> BTreeMap<&'static str, String> {
    let mut tokens =
        BTreeMap::from([("owner", site.token.clone()), ("admin", site.server.admin_token())]);
    for role in ["ingest", "agent", "manager"] {
        let made = site.post("tokens", &json!({"role": role, "expires_days": 1})).expect(201);
        tokens.insert(role, made["token"].as_str().unwrap().to_owned());
    }
    tokens
}

#[test]
fn a_token_is_for_its_site_until_it_is_revoked() {
    let server = Server::start();
    let (site, other) = (server.site(), server.site());
    let summary = site.path("summary");
    assert_eq!(server.get(&summary, Some(&other.token)).status, 403);
    assert_eq!(server.get("/v1/sites/st_none/summary", Some(&other.token)).status, 403);
    assert_eq!(server.get("/v1/sites/st_none/summary", Some(&server.admin_token())).status, 404);
    assert_eq!(server.get(&summary, Some("ot_guess")).status, 401);
    let made = site.post("tokens", &json!({"role": "manager"})).expect(201);
    let token = made["token"].as_str().unwrap();
    server.get(&summary, Some(token)).expect(200);
    let list = site.get("tokens").expect(200);
    assert_eq!(list["tokens"].as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains(token));
    site.delete(&format!("tokens/{}", made["id"].as_str().unwrap())).expect(204);
    server.get(&summary, Some(token)).expect(401);
    let store = std::fs::read(server.data.join("store/db")).unwrap();
    let words = token.as_bytes();
    assert!(!store.windows(words.len()).any(|window| window == words), "tokens are stored hashed");
}

#[test]
fn a_one_time_link_signs_in_once() {
    let server = Server::start();
    let site = server.site();
    site.submit(&response(1, 9)).expect(201);
    let made = site.post("tokens", &json!({"role": "manager", "link": true})).expect(201);
    let link = made["link"].as_str().unwrap();
    let (page, code) = link.split_once("#code=").unwrap();
    assert_eq!(page, format!("{}/dashboard", server.base));
    let sign_in = || server.post("/v1/session", None, &json!({"code": code}));
    let answer = sign_in();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["site"]["site"], site.site);
    assert_eq!(answer.body["role"], "manager");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap();
    sign_in().expect(401);
    let with = |method: &str, path: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("cookie", cookie)];
        headers.extend(more);
        server.send(method, path, None, &headers, None)
    };
    assert_eq!(with("GET", &site.path("summary"), &[]).expect(200)["responses"], 1);
    with("DELETE", "/v1/session", &[]).expect(403);
    with("DELETE", "/v1/session", &[("x-ascolto-client", "dashboard")]).expect(204);
    with("GET", &site.path("summary"), &[]).expect(401);
    server.post("/v1/session", None, &json!({"token": site.token})).expect(200);
    server.post("/v1/session", None, &json!({"token": "ot_guess"})).expect(401);
    server.post("/v1/session", None, &json!({})).expect(422);
}

#[test]
fn a_deleted_site_leaves_nothing() {
    let server = Server::start();
    let (site, other) = (server.site(), server.site());
    site.submit(&response(1, 9)).expect(201);
    other.submit(&response(1, 3)).expect(201);
    server
        .send("DELETE", &format!("/v1/sites/{}", site.site), Some(&site.token), &[], None)
        .expect(204);
    site.submit(&response(2, 9)).expect(404);
    site.get("summary").expect(401);
    assert_eq!(other.responses(), 1);
    let verified = server.post("/v1/verify", Some(&server.admin_token()), &json!({})).expect(200);
    assert_eq!((&verified["responses"], &verified["wrong"]), (&json!(1), &json!(0)));
}

#[test]
fn a_receipt_of_a_deleted_site_does_not_reach_the_next_one() {
    let server = Server::start();
    let first = server.site();
    let receipt = first.submit(&response(1, 9)).expect(201)["receipt"].clone();
    server
        .send("DELETE", &format!("/v1/sites/{}", first.site), Some(&first.token), &[], None)
        .expect(204);
    let next = server.site();
    next.submit(&response(1, 9)).expect(201);
    let receipt = format!("/v1/receipts/{}", receipt.as_str().unwrap());
    server.send("DELETE", &receipt, None, &[], None).expect(404);
    assert_eq!(next.responses(), 1);
}

#[test]
fn a_session_ends_with_the_token_that_it_stands_on() {
    let server = Server::start();
    let site = server.site();
    let made = site.post("tokens", &json!({"role": "manager"})).expect(201);
    let answer = server.post("/v1/session", None, &json!({"token": made["token"]}));
    let cookie =
        answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let look = || server.send("GET", &site.path("summary"), None, &[("cookie", &cookie)], None);
    look().expect(200);
    let list = site.get("tokens").expect(200);
    let kinds: Vec<_> =
        list["tokens"].as_array().unwrap().iter().map(|t| t["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "session").count(), 1);
    site.delete(&format!("tokens/{}", made["id"].as_str().unwrap())).expect(204);
    look().expect(401);
}

#[test]
fn sessions_make_room_for_each_other() {
    let server = Server::start();
    let site = server.site();
    let sign_in = || server.post("/v1/session", None, &json!({"token": site.token}));
    let first =
        sign_in().headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    (0..50).for_each(|_| drop(sign_in().expect(200)));
    let path = site.path("summary");
    server.send("GET", &path, None, &[("cookie", &first)], None).expect(401);
    site.post("tokens", &json!({"role": "ingest"})).expect(201);
}
