//! Tokens and sessions: given, bound to their site, taken back.

use crate::support::{Server, response};
use serde_json::json;

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
