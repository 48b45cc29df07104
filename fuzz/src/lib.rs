//! Every parser that meets the outside, called with any bytes; what must hold is asserted. The
//! fuzzer in `libfuzzer/` looks for bytes that break it; the tests run all that it has kept in
//! `corpus/`.

use collector::clock;
use collector::fold::Cell;
use collector::hosted::{Posted, Speech, Ticket, pairs_of};
use collector::identity::IdentityKeys;
use collector::import::rows::Told;
use collector::import::{
    Identity, Input, Mapping, Plan, Read, Table, Target as Field, dates, scores,
};
use collector::link::{Given, Link};
use collector::log::record::{IdEntry, StoredResponse, decode};
use collector::log::{Change, Seals};
use collector::secret::read_receipt;
use collector::state::{Retention, Site, SiteRecord};
use collector::summary::Filters;
use shared::events::Happening;
use shared::presets::Preset;
use shared::submission::Sender;
use shared::{Channel, ResponseId, Survey, Violations, decode as json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub type Target = fn(&[u8]);

/// By the name of their folder in `corpus/`.
pub const TARGETS: [(&str, Target); 8] = [
    ("submission", submission),
    ("survey", survey),
    ("filters", filters),
    ("events", events),
    ("records", records),
    ("words", words),
    ("form", form),
    ("import", import),
];

fn preset() -> &'static Survey {
    static PRESET: LazyLock<Survey> =
        LazyLock::new(|| Preset::named("post-service").expect("a bundled survey").survey());
    &PRESET
}

/// A response: the short way to a draft gives what the long way gives. What is taken from a visitor
/// is taken from the owner's programs too, and holds answers to questions of the survey alone.
pub fn submission(bytes: &[u8]) {
    let mut bad = Violations::default();
    let read = json::submission(bytes, clock::parse, &mut bad);
    let Ok(value) = serde_json::from_slice(bytes) else { return assert!(read.is_err()) };
    let mut bad_in_the_long_way = Violations::default();
    let draft = json::submission_draft(&value, clock::parse, &mut bad_in_the_long_way);
    assert_eq!(read.ok().as_ref(), Some(&draft));
    assert_eq!(bad, bad_in_the_long_way);
    let visitor = draft.clone().check(preset(), Sender::Visitor);
    let trusted = draft.check(preset(), Sender::Trusted);
    assert!(visitor.is_err() || trusted.is_ok());
    if let Ok(submission) = trusted {
        assert!(!submission.answers.is_empty());
        assert!(submission.answers.keys().all(|key| preset().question(key).is_some()));
    }
}

/// A survey file: what is taken reads back the same, in every language.
pub fn survey(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    let Ok(survey) = json::survey(&value) else { return };
    let written = serde_json::to_value(&survey).expect("a survey is plain data");
    let mut without_version = written.clone();
    if let Some(fields) = without_version.as_object_mut() {
        fields.remove("version");
    }
    let again = json::survey(&without_version).expect("what was taken is taken again");
    assert_eq!(again.questions.len(), survey.questions.len());
    for locale in &survey.locales {
        survey.localize(survey.negotiate(Some(locale)));
    }
}

/// A batch of events: what is taken from a visitor is taken from the owner's programs too, counts
/// each event once, and names questions of the survey alone.
pub fn events(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    let mut bad = Violations::default();
    let draft = json::events(&value, clock::parse, &mut bad);
    let visitor = draft.clone().check(Some(preset()), Sender::Visitor);
    let told = draft.events.len() as u64;
    let Ok(trusted) = draft.check(Some(preset()), Sender::Trusted) else {
        return assert!(visitor.is_err());
    };
    let questions = u16::try_from(preset().questions.len()).expect("a survey has few");
    for happening in trusted.counts.keys() {
        if let Happening::Answered(place) | Happening::LeftAfter(place) = happening {
            assert!(*place < questions);
        }
    }
    if let Ok(visitor) = visitor {
        let sum = |wanted: fn(&Happening) -> bool| -> u64 {
            visitor.counts.iter().filter(|(h, _)| wanted(h)).map(|(_, count)| count).sum()
        };
        let dismissals = visitor.counts.get(&Happening::Dismissal).copied().unwrap_or_default();
        assert_eq!(sum(|h| !matches!(h, Happening::LeftAfter(_))), told);
        assert!(sum(|h| matches!(h, Happening::LeftAfter(_))) <= dismissals);
    }
}

/// Query parameters, one `name=value` a line.
pub fn filters(bytes: &[u8]) {
    static SITE: LazyLock<Site> = LazyLock::new(|| {
        let record = SiteRecord {
            site: "st_fuzz".into(),
            public_key: "pk_fuzz".into(),
            name: "Fuzz".into(),
            origins: Vec::new(),
            locale: "it".into(),
            timezone: "Europe/Rome".into(),
            retention: Retention::default(),
            channels: BTreeMap::new(),
            identity: IdentityKeys::default(),
        };
        let mut site = Site::new(1, record).expect("Rome has a time zone");
        let versions = vec![Arc::new(preset().clone())];
        Arc::make_mut(&mut site.surveys).insert("post-service".into(), versions);
        site
    });
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut bad = Violations::default();
    let mut filters = Filters::default();
    for line in text.lines().take(50) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        filters.read(name, value, &SITE, &mut bad);
    }
    filters.check(&mut bad);
    if bad.is_empty() {
        let selection = filters.select(&SITE);
        let source = collector::summary::Source { site: &SITE };
        assert_eq!(collector::summary::summary(source, &selection).summary.responses, 0);
    }
}

/// Everything that is read back from disk: damage is an error, never a panic.
pub fn records(bytes: &[u8]) {
    static SEALS: LazyLock<Seals> = LazyLock::new(|| {
        let folder = std::env::temp_dir().join("ascolto-fuzz");
        std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        Seals::open(&folder).expect("a file can be made there")
    });
    let _ = StoredResponse::decode(bytes, &SEALS);
    let _ = StoredResponse::slot(bytes);
    let _ = StoredResponse::released(bytes);
    let _ = decode::<IdEntry>(bytes);
    let _ = decode::<Change>(bytes);
    if let Ok(cell) = Cell::decode(bytes) {
        assert_eq!(Cell::decode(&cell.encode()).expect("just made"), cell);
    }
}

/// What a hosted form sends: what was read is written as it was read.
pub fn form(bytes: &[u8]) {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    let read = Posted::read(&pairs, preset());
    let again: Vec<_> =
        read.answers.iter().flat_map(|(key, answer)| pairs_of(key, answer)).collect();
    assert_eq!(Posted::read(&again, preset()).answers, read.answers);
    let given = Given::of_pairs(&pairs, &mut Violations::default());
    let again: Vec<_> =
        given.pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(Given::of_pairs(&again, &mut Violations::default()), given);
    assert_eq!(Ticket::read(&[7; 32], 1, &read.ticket), None, "a ticket was made up");
}

/// Small words of the outside: times, ids, channels, receipts.
pub fn words(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(time) = clock::parse(text) {
        assert_eq!(clock::parse(&clock::format(time)), Some(time));
    }
    if let Ok(id) = ResponseId::parse(text) {
        assert_eq!(id.to_string(), text);
    }
    if let Some(channel) = Channel::parse(text) {
        assert_eq!(channel.as_str(), text);
    }
    assert_eq!(read_receipt(&[7; 32], text), None, "a receipt was made up");
    assert_eq!(Link::read(&[7; 32], text), None, "a link was made up");
    Speech::of_visitor(None, text);
}

/// A file to import, its first byte says as what: nothing panics, what comes out is what the
/// collector takes, and a second reading gives the same ids.
pub fn import(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (dates::orders(text), dates::depends(text), scores::read(text));
    }
    let told = Told { json_lines: kind & 1 == 1, ..Told::default() };
    let Ok(table) = Table::open(Input::Bytes(bytes.into()), &told) else { return };
    let mapping = Mapping::of(&table, None, preset(), &[], &[]);
    let mapping = mapping.expect("nothing was told that could be wrong");
    let own = mapping.column_of(&Field::Id);
    let plan = Plan::new(preset().clone(), Arc::clone(&table.columns), mapping);
    let read = || -> Vec<String> {
        let mut identity = Identity::new("st_fuzz", "", own, &table.columns);
        let rows = table.rows().expect("it was read before").flatten();
        let drafts = rows.filter_map(|row| {
            let id = identity.of(&row).expect("few rows");
            match plan.read(&row, id, clock::now()) {
                Ok(Read::Response(draft)) => Some(*draft),
                Ok(Read::LeftOut) | Err(_) => None,
            }
        });
        drafts
            .map(|draft| {
                let id = draft.id.clone();
                draft.check(preset(), Sender::Trusted).expect("it was checked");
                id
            })
            .collect()
    };
    assert_eq!(read(), read());
}
