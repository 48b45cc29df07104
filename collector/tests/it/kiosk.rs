//! The page of a kiosk, and QR codes: what stands where people pass by.

use crate::support::{Server, Site};
use serde_json::{Value, json};

#[test]
fn the_kiosks_page_knows_its_survey() {
    let server = Server::start();
    let site = server.site();
    let page = |path: &str, headers: &[(&str, &str)]| {
        server.send("GET", &format!("/kiosk/{}/{path}", site.key), None, headers, None)
    };
    for (path, status) in [
        ("none", 404),
        ("post-service?channel=telegraph", 422),
        ("post-service?channel=counter", 422),
    ] {
        let refused = page(path, &[("accept-language", "de")]);
        assert_eq!(refused.status, status, "{path}");
        assert!(refused.header("content-type").starts_with("text/html"), "people read it");
    }
    let answer = page("post-service?service=anagrafe", &[]);
    if answer.status == 404 {
        eprintln!("built without pages");
        return;
    }
    let html = answer.body.as_str().unwrap();
    assert_eq!(answer.status, 200);
    assert!(html.contains(r#"<meta name="ascolto-site" content="Test">"#), "{html}");
    assert!(html.contains(r#"<meta name="ascolto-locale" content="it">"#), "{html}");
    assert!(html.contains(r#"name="ascolto-locales" content="it en "#), "{html}");
    assert!(answer.header("content-security-policy").contains("script-src 'self'"));
    let known = [("if-none-match", answer.header("etag"))];
    assert_eq!(page("post-service?service=anagrafe", &known).status, 304);
    // The worker is under a policy of its own: it has to fetch.
    let worker = server.get("/kiosk/worker.js", None);
    assert!(worker.header("content-security-policy").contains("connect-src 'self'"));
    assert_eq!(worker.header("cache-control"), "no-cache");
    assert_eq!(server.get("/desk", None).status, 200);
}

/// What a reader's camera makes of dark and light.
fn read_code(width: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| {
        if is_dark(x, y) { 0 } else { 255 }
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    grids[0].decode().unwrap().1
}

fn read_png(bytes: &[u8]) -> (usize, String) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut rows = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rows).unwrap();
    let width = info.width as usize;
    let dark = |x: usize, y: usize| rows[y * info.line_size + x / 8] & (0x80 >> (x % 8)) == 0;
    (width, read_code(width, dark))
}

fn read_svg(svg: &str) -> String {
    const SCALE: usize = 4;
    let side = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap();
    let side: usize = side.parse().unwrap();
    let path = svg.rsplit("d=\"").next().unwrap().split('"').next().unwrap();
    let modules: Vec<(usize, usize)> = path
        .split("h1v1h-1z")
        .filter_map(|module| module.strip_prefix('M')?.split_once(' '))
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
        .collect();
    read_code(side * SCALE, |x, y| modules.contains(&(x / SCALE, y / SCALE)))
}

fn short_link(site: &Site<'_>) -> (String, String) {
    let asked = json!({"survey": "post-service", "channel": "qr", "service": "anagrafe"});
    let made = site.post("links", &asked).expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("url"), text("code"))
}

#[test]
fn a_code_says_the_links_address() {
    let server = Server::start();
    let site = server.site();
    let (url, code) = short_link(&site);
    let draw = |query: &str| {
        let path = site.path(&format!("links/{code}/qr{query}"));
        server.send_for_bytes("GET", &path, &site.token)
    };
    let (kind, svg) = draw("");
    assert_eq!(kind, "image/svg+xml");
    assert_eq!(read_svg(std::str::from_utf8(&svg).unwrap()), url);
    for (query, size) in [("?format=png", 1_024), ("?format=png&size=300", 300)] {
        let (kind, png) = draw(query);
        assert_eq!(kind, "image/png");
        let (width, said) = read_png(&png);
        assert!((size / 2..=size).contains(&width), "{width}");
        assert_eq!(said, url);
    }
    for (query, expected) in [
        ("?format=gif", "format invalid"),
        ("?size=-1", "size out_of_range"),
        ("?size=63", "size out_of_range"),
        ("?size=4097", "size out_of_range"),
    ] {
        let answer = site.get(&format!("links/{code}/qr{query}"));
        assert_eq!((answer.status, answer.violations()), (422, vec![expected.to_owned()]));
    }
    site.get("links/nonsense/qr").expect(404);
}

#[test]
fn the_command_line_makes_codes_for_service_points() {
    let server = Server::start();
    let site = server.site();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let qr = |arguments: &[&str]| {
        let connection = ["--server", &server.base, "--token", &site.token, "--site", &site.site];
        crate::support::run(&[&["link", "qr"], arguments, &connection].concat())
    };
    let survey = ["--survey", "post-service"];
    let points = ["--service", "anagrafe", "--service", "stato-civile"];
    let (code, out, err) = qr(&[&survey[..], &points, &["-o", &at("codes"), "--json"]].concat());
    assert_eq!(code, 0, "{err}");
    let made: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(made.len(), 2);
    for (made, service) in made.iter().zip(["anagrafe", "stato-civile"]) {
        let svg = std::fs::read_to_string(made["file"].as_str().unwrap()).unwrap();
        let url = read_svg(&svg);
        assert_eq!(made["url"], url);
        let target = server.get(url.strip_prefix(&server.base).unwrap(), None);
        let leads_to = target.header("location").to_owned();
        assert!(leads_to.contains("channel=qr"), "{leads_to}");
        assert!(leads_to.contains(&format!("service={service}")), "{leads_to}");
    }
    // A link that is there already, as PNG.
    let (url, link) = short_link(&site);
    let (code, _, err) = qr(&["--code", &link, "-o", &at("one.png")]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(read_png(&std::fs::read(at("one.png")).unwrap()).1, url);
    let (code, _, err) = qr(&["--code", "nonsense", "-o", &at("none.svg")]);
    assert!(code == 1 && err.contains("no such link"), "{err}");
    assert!(!std::path::Path::new(&at("none.svg")).exists());
    // Nor a link for a code that cannot be kept.
    let links = || site.get("links").expect(200)["links"].as_array().unwrap().len();
    let before = links();
    let (code, _, err) = qr(&[&survey[..], &["-o", &at("nowhere/code.svg")]].concat());
    assert!(code == 1 && err.contains("cannot write"), "{err}");
    assert_eq!(links(), before);
    let (code, _, err) = qr(&["-o", &at("none.svg")]);
    assert!(code == 2 && err.contains("--code"), "{err}");
}
