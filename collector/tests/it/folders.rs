//! A data folder that cannot be used: a clear message and exit code 1, and nothing is changed.

use crate::support::{Server, response, run};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exit code and message of `ascolto site list` on a folder.
fn open(data: &Path) -> (i32, String) {
    let (code, _, message) = run(&["site", "list", "--data", data.to_str().unwrap()]);
    (code, message)
}

#[track_caller]
fn refused(data: &Path, words: &[&str]) {
    let (code, message) = open(data);
    assert_eq!(code, 1, "{message}");
    for word in words {
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn in_use() {
    let server = Server::start();
    refused(&server.data, &["in use", "--server", "--token"]);
}

#[test]
fn from_a_newer_version() {
    let mut server = Server::start();
    assert!(server.stop());
    fs::write(server.data.join("format"), "ascolto-data 3\n").unwrap();
    refused(&server.data, &["newer", "format 3"]);
    fs::write(server.data.join("format"), "something else\n").unwrap();
    refused(&server.data, &["damaged"]);
    fs::write(server.data.join("format"), "ascolto-data 2\n").unwrap();
    assert_eq!(open(&server.data).0, 0);
}

#[test]
fn not_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    refused(&file, &["cannot be used"]);
    // Nobody can make a folder there, the administrator included.
    let made = [
        "site",
        "create",
        "--name",
        "A",
        "--origin",
        "https://a.example",
        "--data",
        "/proc/ascolto",
    ];
    let (code, _, message) = run(&made);
    assert!(code == 1 && message.contains("cannot be used"), "{message}");
}

/// A folder that was good once, on a disk that became read-only: a read-only mount in a name space
/// of its own, which stops an administrator too.
#[test]
fn read_only() {
    let mut server = Server::start();
    assert!(server.stop());
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" && \
        exec \"$2\" site list --data \"$1\"";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([server.data.as_os_str(), env!("CARGO_BIN_EXE_ascolto").as_ref()])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("cannot be used") && message.contains("Read-only"), "{message}");
}

/// What a power cut can leave of the small files.
#[test]
fn half_written() {
    let mut server = Server::start();
    let mode =
        |name: &str| fs::metadata(server.data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("admin-token")), (0o700, 0o600));
    assert!(server.stop());
    for text in ["", "ad_nonsense\n"] {
        fs::write(server.data.join("admin-token"), text).unwrap();
        assert_eq!(open(&server.data).0, 0, "a new token is made");
    }
}

/// Damage of every kind is either repaired in full, from the log ahead of the store, or refused; it
/// never passes for an empty or a shorter store.
#[test]
fn corrupt() {
    let mut server = Server::start();
    let site = server.site();
    for n in 0..50 {
        site.submit(&response(n, 9)).expect(201);
    }
    assert!(server.stop());
    let whole = files(&server.data);
    let store = &whole[&server.data.join("store/db")];
    let overwrite = |from: usize, len: usize, byte: u8| {
        let mut bytes = store.clone();
        let end = (from + len).min(bytes.len());
        bytes[from..end].fill(byte);
        bytes
    };
    let used = store.iter().rposition(|byte| *byte != 0).unwrap();
    let cases = [
        ("all zeros", vec![0; store.len()]),
        ("all ones", vec![0xff; store.len()]),
        ("empty", Vec::new()),
        ("cut in half", store[..used / 2].to_vec()),
        ("a hole in the middle", overwrite(used / 2, 4_096, 0)),
        ("garbage in the middle", overwrite(used / 2, 4_096, 0xa5)),
        ("garbage at the start", overwrite(0, 4_096, 0xa5)),
        ("a lost tail", overwrite(used * 3 / 4, used, 0)),
    ];
    let put_back = |but: &dyn Fn(&str) -> bool| {
        files(&server.data).keys().for_each(|path| fs::remove_file(path).unwrap());
        let kept =
            whole.iter().filter(|(path, _)| !but(path.file_name().unwrap().to_str().unwrap()));
        kept.for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    };
    let mut repaired = 0;
    for (name, bytes) in &cases {
        for log in ["there", "gone"] {
            put_back(&|file| {
                file.starts_with("snap.") || (log == "gone" && file.starts_with("ahead-"))
            });
            fs::write(server.data.join("store/db"), bytes).unwrap();
            let name = format!("{name}, the log {log}");
            let (code, found, message) = run(&["verify", "--data", server.data.to_str().unwrap()]);
            match (code, log) {
                (0, "there") => {
                    assert!(found.contains("50 responses"), "{name}: {found}");
                    repaired += 1;
                }
                _ => {
                    let clear = message.contains("damaged") && !message.contains("panicked");
                    assert!(code == 1 && clear, "{name}: {message}");
                }
            }
        }
    }
    assert!(repaired > 0, "the log repairs something");
    put_back(&|_| false);
    server.again();
    let found = server.post("/v1/verify", Some(&server.admin_token()), &serde_json::json!({}));
    assert_eq!(found.expect(200)["responses"], 50);
}

/// All files of a data folder.
fn files(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![data.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(found.insert(path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    found
}

/// A power cut between the files of an index that was made again and the manifest that names them:
/// the old manifest is there, and must not find other rows under its names.
#[test]
fn an_index_is_made_again_beside_the_old_one() {
    let mut server = Server::start();
    let kept = server.site().keep();
    let lines: Vec<_> = (0..5_000)
        .map(|n| {
            let mut line = response(n, (n % 11).cast_signed());
            line["occurred_at"] = format!("2026-01-{:02}T10:00:00Z", 1 + n / 200).into();
            line
        })
        .collect();
    // Not in the order in which they are read again.
    for part in lines.chunks(500).rev() {
        kept.at(&server).batch(part);
    }
    assert!(server.stop());
    let index = server.data.join("index");
    let named = |wanted: fn(&str) -> bool| -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<_> =
            entries.filter(|path| wanted(&path.file_name().unwrap().to_string_lossy())).collect();
        found.sort();
        found
    };
    let old: Vec<_> = named(|name| !name.starts_with("chunk-"))
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    let spoilt = named(|name| name.starts_with("chunk-")).pop().unwrap();
    let mut bytes = fs::read(&spoilt).unwrap();
    bytes[500] ^= 1;
    fs::write(&spoilt, bytes).unwrap();
    server.again();
    assert!(server.stop());
    for (path, bytes) in old {
        fs::write(path, bytes).unwrap();
    }
    server.again();
    assert_eq!(kept.at(&server).responses(), 5_000);
    let found = server.post("/v1/verify", Some(&server.admin_token()), &serde_json::json!({}));
    assert_eq!(found.expect(200)["wrong"], 0);
}

/// The index is a cache: whatever becomes of its files, the numbers are those of the responses.
#[test]
fn index_lost_or_damaged() {
    let mut server = Server::start();
    let kept = server.site().keep();
    // Enough for a chunk of its own and a tail.
    let lines: Vec<_> = (0..2_500)
        .map(|n| {
            let mut line = response(n, (n % 11).cast_signed());
            line["context"] =
                serde_json::json!({"device": if n % 2 == 0 { "phone" } else { "kiosk" }});
            line
        })
        .collect();
    for part in lines.chunks(500) {
        assert!(kept.at(&server).batch(part).iter().all(|line| line["status"] == "stored"));
    }
    kept.at(&server).delete(&format!("responses/{}", crate::support::id(4))).expect(204);
    assert!(server.stop());
    let index = server.data.join("index");
    let file = |prefix: &str| {
        let mut entries = fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().path());
        let named = |path: &std::path::PathBuf| {
            path.file_name().unwrap().to_string_lossy().starts_with(prefix)
        };
        entries.find(named).unwrap_or_else(|| panic!("no {prefix} in the index"))
    };
    let spoil = |prefix: &str, spoil: fn(&mut Vec<u8>)| {
        let path = file(prefix);
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes);
        fs::write(path, bytes).unwrap();
    };
    type Spoil<'a> = &'a dyn Fn();
    let cases: [(&str, Spoil<'_>); 9] = [
        ("nothing", &|| {}),
        ("all of it is gone", &|| fs::remove_dir_all(&index).unwrap()),
        ("no manifest", &|| fs::remove_file(index.join("manifest")).unwrap()),
        ("a flipped bit in the manifest", &|| spoil("manifest", |bytes| bytes[9] ^= 1)),
        ("a manifest cut off", &|| spoil("manifest", |bytes| bytes.truncate(bytes.len() / 2))),
        ("a flipped bit in a chunk", &|| spoil("chunk-", |bytes| bytes[500] ^= 1)),
        ("no chunk", &|| fs::remove_file(file("chunk-")).unwrap()),
        ("no counts", &|| fs::remove_file(file("counts-")).unwrap()),
        ("a flipped bit in the counts", &|| spoil("counts-", |bytes| bytes[50] ^= 1)),
    ];
    for (name, spoil) in cases {
        spoil();
        server.again();
        let site = kept.at(&server);
        assert_eq!(site.responses(), 2_499, "{name}");
        assert_eq!(site.get("summary?device=phone").expect(200)["responses"], 1_249, "{name}");
        let found = server.post("/v1/verify", Some(&server.admin_token()), &serde_json::json!({}));
        assert_eq!(found.expect(200)["wrong"], 0, "{name}");
        let counted = server.log().contains("are counted");
        assert_eq!(counted, name != "nothing", "{name}");
    }
}
