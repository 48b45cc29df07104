//! https by certificate files, renewed while the collector runs, and a command line that speaks it.

use crate::support::certificate::Certificate;
use crate::support::{Server, ascolto, run};
use serde_json::Value;
use std::path::Path;

/// Exit code and standard error of a command that believes the certificate in `ca`.
fn list(server: &Server, ca: Option<&Path>) -> (i32, String) {
    let token = server.admin_token();
    let mut arguments = vec!["site", "list", "--server", &server.base, "--token", &token];
    ca.into_iter().for_each(|ca| arguments.extend(["--ca", text(ca)]));
    let (code, _, error) = run(&arguments);
    (code, error)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_command_line_speaks_https() {
    let certificate = Certificate::new();
    let server = certificate.serve(&[]);
    assert!(server.base.starts_with("https://"));
    let (code, error) = list(&server, Some(&certificate.file("cert.pem")));
    assert_eq!(code, 0, "{error}");
    let (code, error) = list(&server, None);
    assert!(code == 1 && error.contains("cannot reach"), "a stranger is believed: {error}");
    let other = Certificate::new();
    assert_eq!(list(&server, Some(&other.file("cert.pem"))).0, 1);
    let plain = server.base.replace("https://", "http://");
    let (code, _, _) = run(&["site", "list", "--server", &plain, "--token", "ad_x"]);
    assert_eq!(code, 1, "nothing is told without encryption");
}

#[test]
fn a_renewed_certificate_needs_no_restart() {
    let certificate = Certificate::new();
    let mut server = certificate.serve(&[]);
    let old = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(certificate.file("cert.pem"), old.path()).unwrap();
    certificate.renew();
    assert_eq!(list(&server, Some(old.path())).0, 0);
    server.signal("HUP");
    let renewed = || list(&server, Some(&certificate.file("cert.pem"))).0 == 0;
    assert!(std::iter::repeat_with(renewed).take(200).any(|renewed| renewed));
    std::fs::copy(certificate.file("cert.pem"), old.path()).unwrap();
    std::fs::write(certificate.file("cert.pem"), "no certificate").unwrap();
    server.signal("HUP");
    (0..20).for_each(|_| assert_eq!(list(&server, Some(old.path())).0, 0));
    assert!(server.log().contains("the old certificate stays"));
}

#[test]
fn wrong_files_are_told_at_the_start() {
    let certificate = Certificate::new();
    let (cert, key) = (certificate.file("cert.pem"), certificate.file("key.pem"));
    let data = certificate.file("data");
    let serve = |more: &[&str]| {
        let start = ["serve", "--listen", "127.0.0.1:0", "--data", text(&data)];
        run(&[&start[..], more].concat())
    };
    let (code, _, error) = serve(&["--tls-cert", text(&cert)]);
    assert!(code == 1 && error.contains("go together"), "{error}");
    let (code, _, error) = serve(&["--tls-cert", text(&key), "--tls-key", text(&cert)]);
    assert!(code == 1 && error.contains("cert.pem"), "{error}");
    let (code, _, error) = serve(&["--tls-cert", "nowhere.pem", "--tls-key", text(&key)]);
    assert!(code == 1 && error.contains("nowhere.pem"), "{error}");
}

#[test]
fn health_asks_the_collector_that_the_settings_name() {
    let certificate = Certificate::new();
    let encrypted = certificate.serve(&[]);
    let plain = Server::start();
    let files = [certificate.file("cert.pem"), certificate.file("key.pem")];
    let tls = ["--tls-cert", text(&files[0]), "--tls-key", text(&files[1])];
    for (server, more) in [(&encrypted, &tls[..]), (&plain, &[])] {
        let listen = ["health", "--json", "--listen", server.address()];
        let (code, out, error) = run(&[&listen[..], more].concat());
        assert_eq!(code, 0, "{error}");
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["ready"], true);
    }
    let everywhere = plain.address().replace("127.0.0.1", "0.0.0.0");
    let mut command = ascolto();
    assert!(command.args(["health", "--listen", &everywhere]).status().unwrap().success());
    let (code, _, error) = run(&["health", "--listen", "127.0.0.1:1"]);
    assert!(code == 1 && error.contains("cannot reach"), "{error}");
}
