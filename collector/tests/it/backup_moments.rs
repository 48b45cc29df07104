//! What is written and erased at each moment of a backup: it is in the backup if and only if its
//! commit is, and the key of an erased text never is.

use crate::support::{Server, id, response};
use axum::body::Body;
use axum::http::{Method, Request};
use collector::backup::{Chain, Ended, Manifest, Wanted, make, restore};
use collector::doors::Doors;
use collector::http::router;
use collector::server::Store;
use collector::settings::Settings;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// More texts than the keys of one block.
const TEXTS: u64 = 1_100;
const SLOT_BYTES: usize = 16;

fn told(n: u64) -> Value {
    let mut response = response(n, 9);
    response["answers"]["comment"] = json!(format!("Parola n{n}n"));
    response
}

#[test]
fn at_every_moment() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let lines: Vec<Value> = (0..TEXTS).map(told).collect();
    drop(kept.at(&server).batch(&lines));
    assert!(server.stop());
    let folder = tempfile::tempdir().unwrap();
    let mut inside = Vec::new();
    for moment in 0.. {
        let file = folder.path().join(format!("{moment}.backup"));
        let Some(backed) = back_up(&server.data, &file, &kept.site, &kept.token, moment) else {
            break;
        };
        let data = folder.path().join(format!("{moment}"));
        let is_in = backed.changed <= backed.manifest.commit;
        inside.push(is_in);
        restore(&Chain::open(&file, &[]).unwrap(), &data, |_| {}).unwrap();
        // Slots were given in the order of the texts.
        let key = key_of(&data, moment);
        assert_eq!(key.iter().all(|byte| *byte == 0), is_in, "moment {moment}");
        let restored = Server::start_in(&data);
        let site = kept.at(&restored);
        let found = restored.post("/v1/verify", Some(&restored.admin_token()), &json!({}));
        assert_eq!(found.expect(200)["wrong"], 0, "moment {moment}");
        let has = |n: u64| {
            let page = site.get(&format!("responses?q=n{n}n")).expect(200).to_string();
            page.contains(&id(n))
        };
        assert_eq!(has(moment), !is_in, "moment {moment}");
        assert_eq!(has(TEXTS + moment), is_in, "moment {moment}");
        // A key that is given out from here on was never in use.
        site.submit(&told(99_000 + moment)).expect(201);
    }
    // Before and after the recording's end, with blocks of the store and of keys before it.
    let before = inside.iter().filter(|inside| **inside).count();
    assert!(before >= 6 && before < inside.len(), "{inside:?}");
}

struct BackedUp {
    manifest: Manifest,
    /// The last commit of what was changed meanwhile.
    changed: u64,
}

/// Backs up, and at the piece `moment` erases a response and takes a new one in. `None` where
/// there are not so many pieces.
fn back_up(data: &Path, file: &Path, site: &str, token: &str, moment: u64) -> Option<BackedUp> {
    let runtime = Runtime::new().unwrap();
    let doors = Doors::new(Settings::default(), None);
    let store = runtime.block_on(Store::open(data, "http://127.0.0.1".into(), doors)).unwrap();
    let ask = |method: Method, rest: &str, body: String, status: u16| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/sites/{site}/{rest}"))
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(body));
        let answer = router(Arc::clone(&store.app)).oneshot(request.unwrap());
        assert_eq!(runtime.block_on(answer).unwrap().status(), status);
    };
    let (mut bytes, mut piece, mut changed) = (Vec::new(), 0, None);
    let recording = store.app.writer.record().unwrap().unwrap();
    assert!(store.app.writer.record().unwrap().is_none(), "one at a time");
    let made = make(recording, Wanted::default(), |sent| -> Result<(), Ended> {
        if piece == moment {
            ask(Method::DELETE, &format!("responses/{}", id(moment)), String::new(), 204);
            ask(Method::POST, "responses/batch", told(TEXTS + moment).to_string(), 200);
            changed = Some(store.app.writer.state().commit);
        }
        piece += 1;
        bytes.extend(sent);
        Ok(())
    });
    runtime.block_on(store.close()).unwrap();
    fs::write(file, bytes).unwrap();
    let manifest = made.unwrap();
    changed.map(|changed| BackedUp { manifest, changed })
}

fn key_of(data: &Path, slot: u64) -> Vec<u8> {
    let keys = fs::read(data.join("seals")).unwrap();
    let at = usize::try_from(slot).unwrap() * SLOT_BYTES;
    keys[at..at + SLOT_BYTES].to_vec()
}
