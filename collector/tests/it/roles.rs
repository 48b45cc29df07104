//! Every actor on every route: one explicit table, compared with the interface's own document.

use crate::support::{Server, Site};
use collector::change::{NewToken, create_token};
use collector::doors::Doors;
use collector::server::Store;
use collector::settings::Settings;
use collector::state::{Role, TokenKind};
use serde_json::{Value, json};
use shared::Timestamp;
use std::path::Path;

/// Who asks. `Key`: a visitor, whose path has the public key; `Cookie`: the owner's session
/// without the header that only our own pages send, `Client`: with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    None,
    Key,
    Ingest,
    Agent,
    Manager,
    Owner,
    OtherOwner,
    Expired,
    Revoked,
    Cookie,
    Client,
    Admin,
}

const ACTORS: [Actor; 12] = [
    Actor::None,
    Actor::Key,
    Actor::Ingest,
    Actor::Agent,
    Actor::Manager,
    Actor::Owner,
    Actor::OtherOwner,
    Actor::Expired,
    Actor::Revoked,
    Actor::Cookie,
    Actor::Client,
    Actor::Admin,
];

/// What each of `ACTORS` gets.
type Statuses = [u16; 12];

struct Route {
    /// As in the document.
    operation: &'static str,
    /// With the path's other parameters filled in.
    path: &'static str,
    body: Option<&'static str>,
    statuses: Statuses,
}

const fn route(
    operation: &'static str,
    path: &'static str,
    body: Option<&'static str>,
    statuses: Statuses,
) -> Route {
    Route { operation, path, body, statuses }
}

const EVERYONE: Statuses = [200; 12];
//                            none key  ing  agt  mgr  own  oth  exp  rev  cook clnt adm
const READS: Statuses = [401, 401, 403, 403, 200, 200, 403, 401, 401, 200, 200, 200];
const OWNER_READS: Statuses = [401, 401, 403, 403, 403, 200, 403, 401, 401, 200, 200, 200];

/// Bodies are empty objects where the check of the role comes first: 422 says that it was passed.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    //                                                                                                none key  ing  agt  mgr  own  oth  exp  rev  cook clnt adm
    route("get /healthz", "/healthz", None, EVERYONE),
    route("get /readyz", "/readyz", None, EVERYONE),
    route("get /metrics", "/metrics", None,                                                          [401, 401, 403, 403, 403, 403, 403, 401, 401, 403, 403, 200]),
    route("post /v1/sites/{site}/responses", "/v1/sites/{site}/responses", Some("{}"),               [404, 422, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    route("get /v1/sites/{site}/responses", "/v1/sites/{site}/responses", None, READS),
    route("post /v1/sites/{site}/responses/batch", "/v1/sites/{site}/responses/batch", Some("{}"),   [401, 401, 200, 200, 403, 200, 403, 401, 401, 403, 200, 200]),
    route("delete /v1/sites/{site}/responses/{id}", "/v1/sites/{site}/responses/019ab3c4-5d6e-7f80-9abc-def012345678", None,
                                                                                                     [401, 401, 403, 403, 403, 404, 403, 401, 401, 403, 404, 404]),
    route("post /v1/sites/{site}/responses/{id}/accept", "/v1/sites/{site}/responses/019ab3c4-5d6e-7f80-9abc-def012345678/accept", Some("{}"),
                                                                                                     [401, 401, 403, 403, 404, 404, 403, 401, 401, 403, 404, 404]),
    route("post /v1/sites/{site}/erase", "/v1/sites/{site}/erase", Some("{}"),                       [401, 401, 403, 403, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("delete /v1/receipts/{receipt}", "/v1/receipts/rc_nonsense", None,                         [404; 12]),
    route("get /v1/sites/{site}/challenge", "/v1/sites/{site}/challenge", None,                      [404, 204, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    route("get /f/{pk}/{survey}", "/f/{site}/post-service", None,                                    [404, 200, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    route("post /f/{pk}/{survey}", "/f/{site}/post-service", Some("{}"),                             [415; 12]),
    route("get /f/{pk}/{survey}/receipts/{receipt}", "/f/{site}/post-service/receipts/rc_nonsense", None, [404; 12]),
    route("post /f/{pk}/{survey}/receipts/{receipt}", "/f/{site}/post-service/receipts/rc_nonsense", Some("{}"), [415; 12]),
    route("get /l/{token}", "/l/nonsense", None,                                                     [404; 12]),
    route("post /l/{token}", "/l/nonsense", Some("{}"),                                              [415; 12]),
    route("get /s/{code}", "/s/nonsense", None,                                                      [404; 12]),
    route("get /o/{token}", "/o/nonsense", None,                                                     [404; 12]),
    route("post /o/{token}", "/o/nonsense", Some("{}"),                                              [404; 12]),
    route("post /v1/sites/{site}/invitations", "/v1/sites/{site}/invitations", Some("{}"),           [401, 401, 422, 403, 422, 422, 403, 401, 401, 403, 422, 422]),
    route("get /v1/sites/{site}/opt-outs", "/v1/sites/{site}/opt-outs", None, READS),
    route("post /v1/sites/{site}/opt-outs", "/v1/sites/{site}/opt-outs", Some("{}"),                 [401, 401, 403, 403, 422, 422, 403, 401, 401, 403, 422, 422]),
    route("post /v1/sites/{site}/opt-outs/remove", "/v1/sites/{site}/opt-outs/remove", Some("{}"),   [401, 401, 403, 403, 422, 422, 403, 401, 401, 403, 422, 422]),
    route("get /v1/sites/{site}/links", "/v1/sites/{site}/links", None, READS),
    route("post /v1/sites/{site}/links", "/v1/sites/{site}/links", Some("{}"),                       [401, 401, 422, 403, 422, 422, 403, 401, 401, 403, 422, 422]),
    route("post /v1/sites/{site}/links/batch", "/v1/sites/{site}/links/batch", Some("{}"),           [401, 401, 422, 403, 422, 422, 403, 401, 401, 403, 422, 422]),
    route("delete /v1/sites/{site}/links/{code}", "/v1/sites/{site}/links/nonsense", None,           [401, 401, 403, 403, 404, 404, 403, 401, 401, 403, 404, 404]),
    route("get /v1/sites/{site}/links/{code}/qr", "/v1/sites/{site}/links/nonsense/qr", None,         [401, 401, 404, 403, 404, 404, 403, 401, 401, 404, 404, 404]),
    route("get /v1/sites/{site}/desk", "/v1/sites/{site}/desk", None,                                [401, 401, 403, 200, 403, 200, 403, 401, 401, 200, 200, 200]),
    route("post /v1/sites/{site}/desk", "/v1/sites/{site}/desk", Some("{}"),                         [401, 401, 403, 422, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("post /v1/sites/{site}/ivr/{survey}", "/v1/sites/{site}/ivr/post-service", Some("{}"),     [401, 401, 415, 415, 403, 415, 403, 401, 401, 403, 415, 415]),
    route("get /kiosk/{pk}/{survey}", "/kiosk/{site}/none", None,                                    [404; 12]),
    route("post /v1/sites/{site}/events", "/v1/sites/{site}/events", Some("{}"),                     [401, 422, 422, 422, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("post /v1/sites/{site}/compat/comuni", "/v1/sites/{site}/compat/comuni", Some("{}"),       [404, 415, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    route("get /v1/sites/{site}/export", "/v1/sites/{site}/export?format=csv", None, READS),
    route("get /v1/sites/{site}/summary", "/v1/sites/{site}/summary", None, READS),
    route("get /v1/sites/{site}/summary/channels", "/v1/sites/{site}/summary/channels", None, READS),
    route("get /v1/sites/{site}/summary/by/{dimension}", "/v1/sites/{site}/summary/by/service", None, READS),
    route("get /v1/sites/{site}/summary/funnel", "/v1/sites/{site}/summary/funnel", None, READS),
    route("get /v1/sites/{site}/stream", "/v1/sites/{site}/stream?seconds=0", None, READS),
    route("get /v1/sites/{site}/summary/trend", "/v1/sites/{site}/summary/trend", None, READS),
    route("get /v1/sites/{site}/surveys", "/v1/sites/{site}/surveys", None, READS),
    route("get /v1/sites/{site}/surveys/{survey}", "/v1/sites/{site}/surveys/post-service", None,    [401, 200, 403, 403, 200, 200, 403, 401, 401, 200, 200, 200]),
    route("post /v1/sites/{site}/surveys", "/v1/sites/{site}/surveys", Some("{}"),                   [401, 401, 403, 403, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("get /v1/sites/{site}/tokens", "/v1/sites/{site}/tokens", None, OWNER_READS),
    route("post /v1/sites/{site}/tokens", "/v1/sites/{site}/tokens", Some("{}"),                     [401, 401, 403, 403, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("delete /v1/sites/{site}/tokens/{id}", "/v1/sites/{site}/tokens/tk_none", None,            [401, 401, 403, 403, 403, 404, 403, 401, 401, 403, 404, 404]),
    route("get /v1/sites/{site}/identity-keys", "/v1/sites/{site}/identity-keys", None, OWNER_READS),
    route("post /v1/sites/{site}/identity-keys", "/v1/sites/{site}/identity-keys", Some("[]"),       [401, 401, 403, 403, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("delete /v1/sites/{site}/identity-keys/{key}", "/v1/sites/{site}/identity-keys/ik_9", None, [401, 401, 403, 403, 403, 404, 403, 401, 401, 403, 404, 404]),
    route("get /v1/sites/{site}", "/v1/sites/{site}", None, READS),
    route("get /v1/sites/{site}/tag", "/v1/sites/{site}/tag", None, READS),
    route("patch /v1/sites/{site}", "/v1/sites/{site}", Some("[]"),                                  [401, 401, 403, 403, 403, 422, 403, 401, 401, 403, 422, 422]),
    route("delete /v1/sites/{site}", "/v1/sites/{site}", None,                                       [401, 401, 403, 403, 403, 204, 403, 401, 401, 403, 204, 204]),
    route("get /v1/sites", "/v1/sites", None,                                                        [401, 401, 403, 403, 403, 403, 403, 401, 401, 403, 403, 200]),
    route("post /v1/sites", "/v1/sites", Some("{}"),                                                 [401, 401, 403, 403, 403, 403, 403, 401, 401, 403, 403, 422]),
    route("post /v1/verify", "/v1/verify", Some("{}"),                                               [401, 401, 403, 403, 403, 403, 403, 401, 401, 403, 403, 200]),
    route("post /v1/backup", "/v1/backup", Some("{}"),                                               [401, 401, 403, 403, 403, 403, 403, 401, 401, 403, 403, 200]),
    route("get /v1/session", "/v1/session", None,                                                    [401, 401, 403, 200, 200, 200, 200, 401, 401, 200, 200, 403]),
    route("post /v1/session", "/v1/session", Some("{}"),                                             [422; 12]),
    route("delete /v1/session", "/v1/session", None,                                                 [401, 401, 401, 401, 401, 401, 401, 401, 401, 403, 204, 401]),
];

/// Served, but no part of the interface.
#[rustfmt::skip]
const PAGES: &[Route] = &[
    route("get /openapi.json", "/openapi.json", None, EVERYONE),
    route("get /docs", "/docs", None, EVERYONE),
    route("get /docs/style.css", "/docs/style.css", None, EVERYONE),
    route("get /f/style.css", "/f/style.css", None, EVERYONE),
    route("get /comuni.js", "/comuni.js", None, EVERYONE),
    route("get /comuni.css", "/comuni.css", None, EVERYONE),
    route("get /comuni.html", "/comuni.html", None, EVERYONE),
    route("get /nothing", "/nothing", None, [404; 12]),
    route("put /v1/sites", "/v1/sites", None, [405; 12]),
];

#[test]
fn every_actor_on_every_route() {
    let world = World::new();
    for route in ROUTES.iter().chain(PAGES) {
        for (actor, status) in ACTORS.iter().zip(route.statuses) {
            let answer = world.ask(route, *actor);
            let Route { operation, .. } = route;
            assert_eq!(answer.0, status, "{operation} as {actor:?}: {}", answer.1);
        }
    }
}

#[test]
fn the_table_has_every_route_of_the_document() {
    let server = Server::start();
    let document = server.get("/openapi.json", None).expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut documented: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys();
        documented.extend(methods.map(|method| format!("{method} {path}")));
    }
    for operation in &documented {
        assert!(ROUTES.iter().any(|route| route.operation == *operation), "{operation} is untried");
    }
    for Route { operation, .. } in ROUTES {
        assert!(documented.iter().any(|known| known == operation), "{operation} is undocumented");
    }
}

#[test]
fn every_status_is_documented() {
    let server = Server::start();
    let document = server.get("/openapi.json", None).expect(200);
    for Route { operation, statuses, .. } in ROUTES {
        let (method, path) = operation.split_once(' ').unwrap();
        let responses = &document["paths"][path][method]["responses"];
        for status in statuses {
            assert!(responses.get(status.to_string()).is_some(), "{operation}: {status}");
        }
    }
}

struct World {
    server: Server,
    site: String,
    key: String,
    tokens: Vec<(Actor, String)>,
}

impl World {
    fn new() -> Self {
        let mut server = Server::start();
        let kept = server.site().keep();
        server.stop();
        let expired = expired_token(&server.data, &kept.site);
        server.again();
        let site = kept.at(&server);
        let other = server.site().keep();
        let mut tokens = vec![
            (Actor::Owner, kept.token.clone()),
            (Actor::OtherOwner, other.token),
            (Actor::Expired, expired),
            (Actor::Revoked, revoked_token(&site)),
            (Actor::Admin, server.admin_token()),
        ];
        let given =
            [(Actor::Ingest, "ingest"), (Actor::Agent, "agent"), (Actor::Manager, "manager")];
        for (actor, role) in given {
            let made = site.post("tokens", &json!({"role": role, "expires_days": 1})).expect(201);
            tokens.push((actor, text(&made["token"])));
        }
        Self { server, site: kept.site, key: kept.key, tokens }
    }

    /// The status, and the body for when it is the wrong one.
    fn ask(&self, route: &Route, actor: Actor) -> (u16, Value) {
        if route.operation == "delete /v1/sites/{site}" && route.statuses[place(actor)] == 204 {
            return self.ask_disposable(actor);
        }
        let name = if actor == Actor::Key { &self.key } else { &self.site };
        self.send(route, actor, name, self.token(Actor::Owner))
    }

    /// On a site that may go.
    fn ask_disposable(&self, actor: Actor) -> (u16, Value) {
        let site = self.server.site();
        let token = match actor {
            Actor::Admin => self.token(actor),
            _ => &site.token,
        };
        let cookie = (actor == Actor::Client).then(|| sign_in(&self.server, token));
        let mut headers = vec![("x-ascolto-client", "test")];
        headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
        let token = cookie.is_none().then_some(token);
        let path = format!("/v1/sites/{}", site.site);
        let answer = self.server.send("DELETE", &path, token, &headers, None);
        (answer.status, answer.body)
    }

    fn send(&self, route: &Route, actor: Actor, site: &str, owner: &str) -> (u16, Value) {
        let method = route.operation.split(' ').next().unwrap().to_uppercase();
        let by_cookie = matches!(actor, Actor::Cookie | Actor::Client);
        let cookie = by_cookie.then(|| sign_in(&self.server, owner));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
        if actor == Actor::Client {
            headers.push(("x-ascolto-client", "test"));
        }
        let token =
            self.tokens.iter().find(|(of, _)| *of == actor).map(|(_, token)| token.as_str());
        let path = route.path.replace("{site}", site);
        let body = route.body.map(str::as_bytes);
        let answer = self.server.send(&method, &path, token, &headers, body);
        (answer.status, answer.body)
    }

    fn token(&self, actor: Actor) -> &str {
        &self.tokens.iter().find(|(of, _)| *of == actor).unwrap().1
    }
}

fn place(actor: Actor) -> usize {
    ACTORS.iter().position(|one| *one == actor).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The cookie of a new session.
fn sign_in(server: &Server, token: &str) -> String {
    let answer = server.post("/v1/session", None, &json!({"token": token}));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn revoked_token(site: &Site<'_>) -> String {
    let made = site.post("tokens", &json!({"role": "owner"})).expect(201);
    site.delete(&format!("tokens/{}", text(&made["id"]))).expect(204);
    text(&made["token"])
}

/// An owner's token that ended yesterday, made as the collector makes them: two days ago.
fn expired_token(data: &Path, site: &str) -> String {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    let now = collector::clock::now().millis();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let doors = Doors::new(Settings::default(), None);
        let store = Store::open(data, "http://127.0.0.1".to_owned(), doors).await.unwrap();
        let number = store.app.writer.state().site(site).unwrap().number;
        let new = NewToken {
            site: Some(number),
            role: Role::Owner,
            kind: TokenKind::Bearer,
            now: Timestamp::from_millis(now - 2 * DAY_MS),
            expires: Some(Timestamp::from_millis(now - DAY_MS)),
            parent: None,
        };
        let made = store.app.writer.change(|t| Ok(create_token(t, new))).await.unwrap();
        store.close().await.unwrap();
        made.unwrap().0
    })
}
