//! Widgets of earlier versions: a page that pins one goes on getting it, up to a number of them.

use crate::support::Server;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// As an upgrade finds it: a loader that names its assets, so many hours old.
fn put_version(data: &Path, number: u32, hours: u64) {
    let web = data.join("web");
    let assets = format!("assets/{number:012x}");
    fs::create_dir_all(web.join(&assets)).unwrap();
    let loader = web.join(format!("ascolto.{number:012x}.js"));
    fs::write(&loader, format!("import(\"{assets}/widget.js\")")).unwrap();
    let then = SystemTime::now() - Duration::from_secs(3600 * hours);
    fs::File::options().write(true).open(&loader).unwrap().set_modified(then).unwrap();
    for (name, text) in [("widget.js", "old"), ("widget.js.br", "packed"), ("it.json", "{}")] {
        fs::write(web.join(&assets).join(name), text).unwrap();
    }
}

#[test]
fn an_earlier_widget_is_served_after_an_upgrade() {
    let mut server = Server::start();
    server.stop();
    put_version(&server.data, 0xa1, 1);
    fs::write(server.data.join("web/other.js"), "not of the widget").unwrap();
    server.again();
    let loader = server.get("/ascolto.0000000000a1.js", None);
    assert_eq!(loader.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(loader.headers["access-control-allow-origin"], "*");
    assert_eq!(loader.expect(200), "import(\"assets/0000000000a1/widget.js\")");
    let module = server.get("/assets/0000000000a1/widget.js", None);
    assert_eq!(module.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(module.expect(200), "old");
    let coding = [("accept-encoding", "br")];
    let packed = server.send("GET", "/assets/0000000000a1/widget.js", None, &coding, None);
    assert_eq!(packed.headers["content-encoding"], "br");
    assert_eq!(packed.expect(200), "packed");
    for path in
        ["/other.js", "/admin-token", "/web/ascolto.0000000000a1.js", "/assets/0000000000a1/../x"]
    {
        assert_eq!(server.get(path, None).status, 404, "{path}");
    }
}

#[test]
fn the_oldest_go_and_what_newer_ones_use_stays() {
    let mut server = Server::start();
    server.stop();
    for number in 1..=12 {
        put_version(&server.data, number, u64::from(number));
    }
    // The oldest shares its assets with the newest.
    let oldest = server.data.join("web/ascolto.00000000000c.js");
    let modified = fs::metadata(&oldest).unwrap().modified().unwrap();
    fs::write(&oldest, "import(\"assets/000000000001/widget.js\")").unwrap();
    fs::File::options().write(true).open(&oldest).unwrap().set_modified(modified).unwrap();
    server.again();
    // Eight, of which one is this program's own where it was built with its pages.
    let own = u32::from(server.get("/ascolto.js", None).status == 200);
    for number in 1..=12 {
        let expected = if number <= 8 - own { 200 } else { 404 };
        let loader = format!("/ascolto.{number:012x}.js");
        assert_eq!(server.get(&loader, None).status, expected, "{loader}");
        assert_eq!(
            server.data.join("web").join(&loader[1..]).exists(),
            expected == 200,
            "{loader}"
        );
    }
    assert_eq!(server.get("/assets/000000000001/widget.js", None).status, 200);
    assert!(!server.data.join("web/assets/00000000000b").exists());
}
