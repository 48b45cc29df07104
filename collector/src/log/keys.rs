//! The key space of the store's one tree. Numbers are big-endian, so that keys sort by them.

use crate::fold::{Bucket, CellKey, Granularity};
use crate::state::SiteNo;
use shared::{ResponseId, Timestamp};

/// The number of commits: the checkpoint that every batch carries.
pub const COMMITS: &[u8] = b"Mcommits";
/// The key of receipts and of hashed subjects.
pub const SECRET: &[u8] = b"Msecret";

/// The next key of `seals` that was never used.
pub const NEXT_SLOT: &[u8] = b"Mseals";
/// The last commit whose journal was removed, because a checkpoint holds its changes.
pub const TRIMMED: &[u8] = b"Mtrimmed";

/// The highest number that a site ever had.
pub const LAST_SITE: &[u8] = b"Mlast-site";

pub const SITES: &[u8] = b"S";
pub const SURVEYS: &[u8] = b"V";
pub const NAMES: &[u8] = b"D";
pub const TOKENS: &[u8] = b"T";
pub const RESPONSES: &[u8] = b"R";
/// Counts whose responses are gone because their time was over.
pub const RETIRED: &[u8] = b"C";
/// Counts of events.
pub const EVENTS: &[u8] = b"E";
/// What each commit changed in the index, until a checkpoint holds it.
pub const JOURNAL: &[u8] = b"J";
/// Keys of `seals` that are to be overwritten.
pub const SHREDS: &[u8] = b"X";
/// Deleted sites whose data is still being removed.
pub const GONE: &[u8] = b"G";
/// Short links, by site and code.
pub const LINKS: &[u8] = b"L";
/// Recipients who want no more invitations, by site and keyed hash.
pub const OPT_OUTS: &[u8] = b"O";
/// The site of a short link's code.
const CODES: &[u8] = b"N";
const IDS: &[u8] = b"I";
const SUBJECTS: &[u8] = b"U";

/// The prefixes that hold a site's data, each followed by the site's number.
pub const OF_A_SITE: [&[u8]; 9] =
    [SURVEYS, NAMES, RESPONSES, IDS, SUBJECTS, RETIRED, LINKS, EVENTS, OPT_OUTS];

fn key(prefix: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// The prefix of one site's keys of a kind.
pub fn of_site(prefix: &[u8], site: SiteNo) -> Vec<u8> {
    key(prefix, &[&site.to_be_bytes()])
}

pub fn site(site: SiteNo) -> Vec<u8> {
    of_site(SITES, site)
}

pub fn survey(site: SiteNo, survey_key: &str, version: u32) -> Vec<u8> {
    key(SURVEYS, &[&site.to_be_bytes(), survey_key.as_bytes(), &[0], &version.to_be_bytes()])
}

/// A name in one of the site's numbered lists.
pub fn name(site: SiteNo, list: u8, number: u32) -> Vec<u8> {
    key(NAMES, &[&site.to_be_bytes(), &[list], &number.to_be_bytes()])
}

pub fn token(hash: &[u8; 32]) -> Vec<u8> {
    key(TOKENS, &[hash])
}

/// Sorts by the time when the response happened; the id makes it unique.
pub fn response(site: SiteNo, time: Timestamp, id: ResponseId) -> Vec<u8> {
    key(RESPONSES, &[&site.to_be_bytes(), &ordered(time), id.as_bytes()])
}

/// The first key of a site's responses at `time` or later.
pub fn responses_from(site: SiteNo, time: Timestamp) -> Vec<u8> {
    key(RESPONSES, &[&site.to_be_bytes(), &ordered(time)])
}

/// Time and id of a response's key.
pub fn read_response(key: &[u8]) -> Option<(Timestamp, ResponseId)> {
    let time: [u8; 8] = key.get(5..13)?.try_into().ok()?;
    let id: [u8; 16] = key.get(13..)?.try_into().ok()?;
    let millis = i64::from_be_bytes(time) ^ i64::MIN;
    Some((Timestamp::from_millis(millis), ResponseId::from_bytes(id)))
}

/// Every id that was ever taken, for de-duplication.
pub fn id(site: SiteNo, id: ResponseId) -> Vec<u8> {
    key(IDS, &[&site.to_be_bytes(), id.as_bytes()])
}

/// `list`: `RETIRED` or `EVENTS`.
pub fn cell(list: &[u8], site: SiteNo, bucket: Bucket, cell: CellKey) -> Vec<u8> {
    key(
        list,
        &[
            &site.to_be_bytes(),
            &[bucket.granularity as u8],
            &(bucket.start ^ i32::MIN).to_be_bytes(),
            &cell.measure.to_be_bytes(),
            &cell.channel.to_be_bytes(),
            &cell.service.to_be_bytes(),
        ],
    )
}

/// The prefix of a day's cells.
pub fn cells_of_day(list: &[u8], site: SiteNo, day: i32) -> Vec<u8> {
    let start = (day ^ i32::MIN).to_be_bytes();
    key(list, &[&site.to_be_bytes(), &[Granularity::Day as u8], &start])
}

pub fn read_cell(key: &[u8]) -> Option<(SiteNo, Bucket, CellKey)> {
    let number = |from: usize| Some(u32::from_be_bytes(key.get(from..from + 4)?.try_into().ok()?));
    let granularity = match key.get(5)? {
        1 => Granularity::Day,
        2 => Granularity::Month,
        _ => return None,
    };
    let start = i32::from_be_bytes(key.get(6..10)?.try_into().ok()?) ^ i32::MIN;
    let cell = CellKey { measure: number(10)?, channel: number(14)?, service: number(18)? };
    Some((number(1)?, Bucket { granularity, start }, cell))
}

/// A part of what a commit changed.
pub fn journal(commit: u64, part: u32) -> Vec<u8> {
    key(JOURNAL, &[&commit.to_be_bytes(), &part.to_be_bytes()])
}

/// The commit of a journal's key.
pub fn read_journal(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(1..9)?.try_into().ok()?))
}

pub fn gone(site: SiteNo) -> Vec<u8> {
    of_site(GONE, site)
}

pub fn shred(slot: u64) -> Vec<u8> {
    key(SHREDS, &[&slot.to_be_bytes()])
}

pub fn read_shred(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(1..9)?.try_into().ok()?))
}

/// The prefix of all responses of one subject.
pub fn of_subject(site: SiteNo, subject: &[u8; 16]) -> Vec<u8> {
    key(SUBJECTS, &[&site.to_be_bytes(), subject])
}

pub fn subject(site: SiteNo, subject: &[u8; 16], id: ResponseId) -> Vec<u8> {
    key(SUBJECTS, &[&site.to_be_bytes(), subject, id.as_bytes()])
}

/// The response of a subject's key.
pub fn read_subject(key: &[u8]) -> Option<ResponseId> {
    Some(ResponseId::from_bytes(key.get(21..)?.try_into().ok()?))
}

pub fn link(site: SiteNo, code: &str) -> Vec<u8> {
    key(LINKS, &[&site.to_be_bytes(), code.as_bytes()])
}

/// The code of a short link's key.
pub fn read_link(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.get(5..)?).ok()
}

pub fn opt_out(site: SiteNo, recipient: &[u8; 10]) -> Vec<u8> {
    key(OPT_OUTS, &[&site.to_be_bytes(), recipient])
}

/// The hash of a recipient's key.
pub fn read_opt_out(key: &[u8]) -> Option<[u8; 10]> {
    key.get(5..)?.try_into().ok()
}

pub fn code(code: &str) -> Vec<u8> {
    key(CODES, &[code.as_bytes()])
}

/// Signed to unsigned, order kept.
fn ordered(time: Timestamp) -> [u8; 8] {
    (time.millis() ^ i64::MIN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_sort_by_time() {
        let times = [i64::MIN, -1, 0, 1, 1_800_000_000_000].map(Timestamp::from_millis);
        let keys: Vec<_> =
            times.iter().map(|t| response(7, *t, ResponseId::new(5, [1; 10]))).collect();
        assert!(keys.is_sorted());
        for (key, time) in keys.iter().zip(times) {
            assert_eq!(read_response(key), Some((time, ResponseId::new(5, [1; 10]))));
        }
        let bucket = Bucket { granularity: Granularity::Day, start: -3 };
        let cell_key = CellKey { measure: 1, channel: 2, service: 0 };
        let stored = cell(EVENTS, 9, bucket, cell_key);
        assert_eq!(read_cell(&stored), Some((9, bucket, cell_key)));
        assert!(stored.starts_with(&cells_of_day(EVENTS, 9, -3)));
    }
}
