//! Who visitors are, as their site's own server signs it.

use crate::support::{Server, Site, id, response, run};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fs;
use std::process::Command;

fn create(site: &Site<'_>) -> (String, String) {
    let made = site.post("identity-keys", &json!({})).expect(201);
    assert_eq!((&made["algorithm"], &made["audience"]), (&json!("HS256"), &json!(site.key)));
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("key"), text("secret"))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign(secret: &str, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Claims that are right, with some changed; null takes one away.
fn claims(site: &Site<'_>, changes: &Value) -> Value {
    let mut claims = json!({"sub": "A-1042", "aud": site.key, "exp": now_s() + 600});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn hs256(site: &Site<'_>, secret: &str, changes: &Value) -> String {
    sign(secret, &json!({"alg": "HS256", "typ": "JWT"}), &claims(site, changes))
}

fn with_token(n: u64, token: &str) -> Value {
    let mut body = response(n, 9);
    body["identity"] = json!({"subject": "A-1042", "token": token});
    body
}

/// Level and assurance as they are stored.
fn stored(site: &Site<'_>, n: u64) -> (Value, Value) {
    let page = site.get("responses?limit=500").expect(200);
    let one = page["responses"].as_array().unwrap().iter().find(|r| r["id"] == id(n)).unwrap();
    assert!(!one.to_string().contains("A-1042"), "{one}");
    (one["identity"].clone(), one["assurance"].clone())
}

#[test]
fn what_the_sites_server_signs_is_believed() {
    let server = Server::start();
    let site = server.site();
    let (key, secret) = create(&site);
    for (n, changes, level, assurance) in [
        (1, json!({}), "registered", Value::Null),
        (2, json!({"aud": [site.site, "other"]}), "registered", Value::Null),
        (
            3,
            json!({"level": "verified", "assurance": "substantial"}),
            "verified",
            json!("substantial"),
        ),
        (
            4,
            json!({"acr": "https://www.spid.gov.it/SpidL1", "iat": now_s()}),
            "verified",
            json!("low"),
        ),
    ] {
        site.submit(&with_token(n, &hs256(&site, &secret, &changes))).expect(201);
        assert_eq!(stored(&site, n), (json!(level), assurance), "{changes}");
    }
    let named = sign(&secret, &json!({"alg": "HS256", "kid": key}), &claims(&site, &json!({})));
    let mut without_subject = with_token(5, &named);
    without_subject["identity"].as_object_mut().unwrap().remove("subject");
    site.submit(&without_subject).expect(201);
    assert_eq!(stored(&site, 5).0, "registered");
    assert_eq!(site.get("summary?identity=verified").expect(200)["responses"], 2);
    assert_eq!(site.get("summary?assurance=low").expect(200)["responses"], 1);
    let erased = site.post("erase", &json!({"subject": "A-1042"})).expect(200);
    assert_eq!(erased["erased"], 5);
}

#[test]
fn what_is_wrong_is_refused_and_never_taken_for_less() {
    let server = Server::start();
    let site = server.site();
    let (_, secret) = create(&site);
    let other = server.site();
    let (_, other_secret) = create(&other);
    let right = hs256(&site, &secret, &json!({}));
    let header = json!({"alg": "HS256"});
    let with_header = |header: Value| sign(&secret, &header, &claims(&site, &json!({})));
    let changed = |changes: Value| hs256(&site, &secret, &changes);
    let unsigned =
        format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims(&site, &json!({}))));
    let cases = [
        ("malformed_token", "nonsense".to_owned()),
        ("malformed_token", "a".repeat(5_000)),
        ("malformed_token", unsigned),
        ("malformed_token", with_header(json!({"alg": "hs256"}))),
        ("malformed_token", with_header(json!({"alg": "HS256", "crit": ["exp"]}))),
        ("no_identity_key", with_header(json!({"alg": "ES256"}))),
        ("no_identity_key", with_header(json!({"alg": "HS256", "kid": "ik_7"}))),
        ("wrong_signature", hs256(&site, &other_secret, &json!({}))),
        ("wrong_signature", hs256(&site, "", &json!({}))),
        ("wrong_signature", right[..right.len() - 3].to_owned()),
        (
            "wrong_signature",
            sign(&secret, &header, &claims(&site, &json!({})))
                .replace(&part(&header), &part(&json!({"alg": "HS256", "typ": "x"}))),
        ),
        ("expired_token", changed(json!({"exp": now_s() - 61}))),
        ("early_token", changed(json!({"nbf": now_s() + 200}))),
        ("long_token", changed(json!({"exp": now_s() + 100_000}))),
        ("wrong_audience", changed(json!({"aud": other.key}))),
        ("wrong_audience", changed(json!({"aud": null}))),
        ("wrong_claim", changed(json!({"exp": null}))),
        ("wrong_claim", changed(json!({"sub": ""}))),
        ("wrong_claim", changed(json!({"level": "verified"}))),
        ("wrong_claim", changed(json!({"assurance": "gold"}))),
        ("wrong_claim", changed(json!({"level": "anonymous"}))),
        ("other_subject", changed(json!({"sub": "B-1"}))),
    ];
    for (n, (code, token)) in cases.iter().enumerate() {
        let violations =
            site.submit(&with_token(n as u64, token)).expect(422)["violations"].clone();
        let told: Vec<_> = violations
            .as_array()
            .unwrap()
            .iter()
            .map(|v| (v["path"].as_str().unwrap(), v["code"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [("identity.token", *code)], "{token}");
    }
    let mut more = with_token(99, &right);
    more["identity"]["level"] = json!("verified");
    assert_eq!(site.submit(&more).expect(422)["violations"][0]["code"], "other_level");
    for unsigned in
        [json!({"level": "registered"}), json!({"level": "verified", "assurance": "high"})]
    {
        more["identity"] = unsigned;
        assert_eq!(site.submit(&more).expect(422)["violations"][0]["code"], "unsigned");
    }
    more["identity"] = json!({"level": "declared", "assurance": "high"});
    assert_eq!(site.submit(&more).expect(422)["violations"][0]["code"], "not_verified");
    assert_eq!(site.responses(), 0);
    // Those with a token of the site's are believed; what they sign all the same has to be right.
    more["identity"] = json!({"level": "verified", "assurance": "high", "subject": "A-1042"});
    assert_eq!(site.batch(&[more])[0]["status"], "stored");
    let line = site.batch(&[with_token(7, &cases[7].1)])[0].clone();
    assert_eq!(line["violations"][0]["code"], "wrong_signature");
}

/// The acknowledgement was lost, and the token is over meanwhile: it is the same response still.
#[test]
fn a_retry_is_the_same_whatever_its_token() {
    let server = Server::start();
    let site = server.site();
    let (_, secret) = create(&site);
    let first = site.submit(&with_token(1, &hs256(&site, &secret, &json!({})))).expect(201);
    for changes in [json!({"exp": now_s() + 700}), json!({"exp": now_s() - 700})] {
        let again = site.submit(&with_token(1, &hs256(&site, &secret, &changes))).expect(200);
        assert_eq!(again, first);
    }
    assert_eq!(site.responses(), 1);
}

#[test]
fn keys_are_shown_once_two_are_valid_and_one_goes_at_once() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let site = kept.at(&server);
    assert_eq!(site.get("identity-keys").expect(200), json!({"keys": []}));
    let (first, first_secret) = create(&site);
    let (second, second_secret) = create(&site);
    assert_eq!((first.as_str(), second.as_str()), ("ik_1", "ik_2"));
    site.post("identity-keys", &json!({})).expect(409);
    let listed = site.get("identity-keys").expect(200);
    assert!(!listed.to_string().contains("is_"), "{listed}");
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    let shown = server.get(&format!("/v1/sites/{}", site.site), Some(&site.token)).expect(200);
    assert!(!shown.to_string().contains("ik_"), "{shown}");
    let send = |server: &Server, n: u64, secret: &str| {
        let site = kept.at(server);
        site.submit(&with_token(n, &hs256(&site, secret, &json!({})))).status
    };
    assert_eq!((send(&server, 1, &first_secret), send(&server, 2, &second_secret)), (201, 201));
    assert!(server.stop());
    server.again();
    assert_eq!((send(&server, 3, &first_secret), send(&server, 4, &second_secret)), (201, 201));
    let site = kept.at(&server);
    site.delete("identity-keys/ik_1").expect(204);
    site.delete("identity-keys/ik_1").expect(404);
    assert_eq!((send(&server, 5, &first_secret), send(&server, 6, &second_secret)), (422, 201));
    let (third, third_secret) = create(&site);
    assert_eq!(third, "ik_3", "a number is never given again");
    assert_eq!((send(&server, 7, &first_secret), send(&server, 8, &third_secret)), (422, 201));
    let public =
        json!({"public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"});
    site.delete("identity-keys/ik_2").expect(204);
    let violations = site.post("identity-keys", &public).expect(422)["violations"].clone();
    assert_eq!(violations[0]["path"], "public_key");
}

/// Makes a key pair, and prints its public half and a token that the private one signed.
const OWN_KEY: &str = r#"
const { generateKeyPairSync, sign } = require("node:crypto");
const [kind, claims] = process.argv.slice(1);
const [alg, type, options, dsaEncoding] =
  kind == "rsa"
    ? ["RS256", "rsa", { modulusLength: 2048 }]
    : ["ES256", "ec", { namedCurve: "P-256" }, "ieee-p1363"];
const { publicKey, privateKey } = generateKeyPairSync(type, options);
const part = (text) => Buffer.from(text).toString("base64url");
const signed = part(JSON.stringify({ alg })) + "." + part(claims);
const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding });
console.log(JSON.stringify({
  pem: publicKey.export({ type: "spki", format: "pem" }),
  token: signed + "." + signature.toString("base64url"),
}));
"#;

#[test]
fn an_owner_signs_with_a_key_of_their_own() {
    let server = Server::start();
    let site = server.site();
    for (n, kind, algorithm) in [(1, "rsa", "RS256"), (2, "ec", "ES256")] {
        let claims = claims(&site, &json!({"assurance": "high"})).to_string();
        let made = output(Command::new("node").args(["-e", OWN_KEY, kind, &claims]));
        let made: Value = serde_json::from_str(&made).unwrap();
        let token = made["token"].as_str().unwrap();
        let refused = site.submit(&with_token(n, token)).expect(422);
        assert_eq!(refused["violations"][0]["code"], "no_identity_key");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        fs::write(&file, made["pem"].as_str().unwrap()).unwrap();
        let (code, out, error) = run(&[
            "identity-key",
            "create",
            "--site",
            &site.site,
            "--public-key",
            file.to_str().unwrap(),
            "--server",
            &server.base,
            "--token",
            &site.token,
            "--json",
        ]);
        assert_eq!(code, 0, "{error}");
        let key: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&key["algorithm"], key.get("secret")), (&json!(algorithm), None));
        site.submit(&with_token(n, token)).expect(201);
        assert_eq!(stored(&site, n), (json!("verified"), json!("high")));
        let mut forged = token.to_owned();
        let place = token.len() - 10;
        forged.replace_range(place..=place, if &token[place..=place] == "A" { "B" } else { "A" });
        let refused = site.submit(&with_token(10 + n, &forged)).expect(422);
        assert_eq!(refused["violations"][0]["code"], "wrong_signature");
        // The public key's own words are no secret to sign with.
        let confused = hs256(&site, made["pem"].as_str().unwrap(), &json!({}));
        let refused = site.submit(&with_token(20 + n, &confused)).expect(422);
        assert_eq!(refused["violations"][0]["code"], "no_identity_key");
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The examples of docs/identity.md, as they stand there.
#[test]
fn the_documented_examples_are_believed() {
    let server = Server::start();
    let site = server.site();
    let (_, secret) = create(&site);
    let text = fs::read_to_string("../docs/identity.md").unwrap();
    let example = |heading: &str| {
        let rest = text.split_once(&format!("### {heading}\n\n```")).unwrap().1;
        rest.split_once('\n').unwrap().1.split_once("```").unwrap().0.to_owned()
    };
    let call = "ascolto_token('A-1042', 'SpidL2')";
    let scripts = [
        ("python3", "-c", format!("{}\nprint({call})", example("Python"))),
        ("node", "-e", format!("{}\nconsole.log({call})", example("Node.js"))),
    ];
    for (n, (program, flag, script)) in (1..).zip(scripts) {
        let mut command = Command::new(program);
        command.args([flag, &script]).env("ASCOLTO_SITE_KEY", &site.key);
        let token = output(command.env("ASCOLTO_IDENTITY_SECRET", &secret));
        site.submit(&with_token(n, &token)).expect(201);
        assert_eq!(stored(&site, n), (json!("verified"), json!("substantial")), "{program}");
    }
    for heading in ["PHP", "Java", "C#"] {
        assert!(example(heading).contains("ASCOLTO_IDENTITY_SECRET"), "{heading}");
    }
}
