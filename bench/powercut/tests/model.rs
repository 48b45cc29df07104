//! What a cut may leave, on traces of a few records.

use fastrand::Rng;
use powercut::{Disk, Entry, Image, Record, Survival};
use std::fs;
use std::path::Path;

const CREATE: u64 = 0o100;
const ROOT: &str = "/watched";

/// The records in order, numbered from 1; each names the opening that it is about.
fn disk(records: &[(u64, Record<'static>)]) -> Disk<'static> {
    let mut disk = Disk::starting_from(Path::new(ROOT), &Image::default());
    disk.play(&Entry { number: 0, opening: 0, record: Record::Start });
    for (number, &(opening, record)) in (1..).zip(records) {
        disk.play(&Entry { number, opening, record });
    }
    disk
}

fn open(path: &'static str) -> Record<'static> {
    Record::Open { path: path.as_bytes(), flags: CREATE }
}

const fn write(offset: u64, data: &'static [u8]) -> Record<'static> {
    Record::Write { offset, data }
}

/// The files of an image, as a folder has them.
fn files(disk: &Disk<'_>, survival: Survival, seed: u64) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    disk.image(survival, &mut Rng::with_seed(seed)).write(folder.path()).unwrap();
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// A file with a sure name and these records on its opening 1.
fn one_file(records: &[Record<'static>]) -> Disk<'static> {
    let mut all = vec![(1, open("/watched/a")), (2, open(ROOT)), (2, Record::Sync { covered: 3 })];
    all.extend(records.iter().map(|record| (1, *record)));
    disk(&all)
}

fn content(disk: &Disk<'_>, survival: Survival, seed: u64) -> Vec<u8> {
    files(disk, survival, seed).remove(0).1
}

#[test]
fn only_what_was_synced_is_sure() {
    // The sync is record 6 and began before record 5.
    let disk = one_file(&[write(0, b"old"), write(3, b"new"), Record::Sync { covered: 5 }]);
    assert_eq!(content(&disk, Survival::Nothing, 1), b"old");
    assert_eq!(content(&disk, Survival::Everything, 1), b"oldnew");
}

#[test]
fn a_range_promises_nothing() {
    let disk = one_file(&[write(0, b"x"), Record::Range]);
    assert_eq!(content(&disk, Survival::Nothing, 1), b"");
}

#[test]
fn overwritten_bytes_can_reach_the_disk_before_appended_ones() {
    let synced = Record::Sync { covered: 5 };
    let disk = one_file(&[write(0, b"old"), synced, write(3, b"moved"), write(0, b"NEW")]);
    assert_eq!(content(&disk, Survival::Overwrites, 1), b"NEW");
    assert!(disk.is_mixed());
    let some: Vec<_> = (0..50).map(|seed| content(&disk, Survival::SomeWrites, seed)).collect();
    for possible in [&b"old"[..], b"NEW", b"oldmoved", b"NEWmoved"] {
        assert!(some.iter().any(|content| content == possible), "{possible:?} never came");
    }
}

#[test]
fn a_torn_write_is_made_of_whole_sectors() {
    static DATA: [u8; 2_048] = [7; 2_048];
    let disk = one_file(&[write(256, &DATA)]);
    let (mut torn, sector) = (false, 512);
    for seed in 0..40 {
        let content = content(&disk, Survival::SomeSectors, seed);
        let parts = content.chunks(sector).map(|part| part.contains(&7));
        torn |= parts.clone().any(|there| there) && parts.clone().any(|there| !there);
        for (at, part) in content.chunks(sector).enumerate() {
            let written = &part[if at == 0 { 256.min(part.len()) } else { 0 }..];
            assert!(written.iter().all(|byte| *byte == 7) || written.iter().all(|byte| *byte == 0));
        }
    }
    assert!(torn);
}

#[test]
fn a_name_is_sure_after_its_folders_sync_and_changes_at_once() {
    let rename = Record::Rename { from: b"/watched/a", to: b"/watched/b" };
    let disk = disk(&[
        (1, open("/watched/a")),
        (1, write(0, b"x")),
        (1, Record::Sync { covered: 3 }),
        (2, open(ROOT)),
        (0, rename),
    ]);
    let named = |survival, seed| {
        files(&disk, survival, seed).into_iter().map(|(name, _)| name).collect::<Vec<_>>().concat()
    };
    assert_eq!(named(Survival::Nothing, 1), "");
    assert_eq!(named(Survival::Everything, 1), "b");
    for seed in 0..40 {
        assert!(["", "a", "b"].contains(&named(Survival::SomeWrites, seed).as_str()));
    }
}
