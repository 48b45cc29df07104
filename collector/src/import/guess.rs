//! Which column is what: by its name, else by what is in it. A guess is always shown, and only made
//! where one column and one question are left for each other.

use super::choices::Options;
use super::mapping::Target;
use super::rows::Column;
use super::{dates, scores};
use shared::survey::{Kind, Question};
use shared::{Answer, Survey};

/// Fields by the names that columns have, the surest first.
const FIELDS: [(Target, &[&str]); 16] = [
    (
        Target::Id,
        &[
            "id",
            "response id",
            "responseid",
            "respondent id",
            "submission id",
            "review id",
            "reviewid",
            "entry id",
            "record id",
            "id risposta",
            "id recensione",
            "uuid",
        ],
    ),
    (
        Target::Date,
        &[
            "occurred at",
            "submitted at",
            "submit date utc",
            "submitdate",
            "submit date",
            "completed at",
            "recordeddate",
            "recorded date",
            "end date",
            "enddate",
            "response date",
            "answered at",
            "createtime",
            "created at",
            "createdat",
            "review date",
            "published at",
            "data e ora",
            "data risposta",
            "data compilazione",
            "data invio",
            "data recensione",
            "informazioni cronologiche",
            "timestamp",
            "datetime",
            "date",
            "data",
        ],
    ),
    (Target::Survey, &["survey"]),
    (Target::Channel, &["channel", "canale"]),
    (Target::Service, &["service", "servizio", "touchpoint", "punto di contatto"]),
    (Target::Level, &["level", "livello"]),
    (
        Target::Locale,
        &["locale", "language", "lingua", "userlanguage", "user language", "startlanguage"],
    ),
    (Target::Page, &["context page", "page", "pagina", "page url", "url"]),
    (Target::Referrer, &["context referrer", "referrer"]),
    (Target::Device, &["context device", "device", "dispositivo"]),
    (Target::Tags, &["context tags", "tags", "tag", "etichette"]),
    (
        Target::Reference,
        &[
            "service event reference",
            "reference",
            "riferimento",
            "protocollo",
            "order id",
            "ticket",
        ],
    ),
    (Target::WaitedS, &["service event waited s", "waited s"]),
    (Target::ServedS, &["service event served s", "served s"]),
    (Target::Resolved, &["service event resolved first contact", "resolved first contact"]),
    (Target::Subject, &["identity subject"]),
];

/// What columns of a kind of question are called: the whole name, or a part of it.
const NPS: [&[&str]; 2] =
    [&["nps", "nps score", "score", "punteggio"], &["recommend", "consigli", "raccomand"]];
const CES: [&[&str]; 2] =
    [&["ces", "effort"], &["effort", "sforzo", "how easy", "quanto è stato facile"]];
const RATING: [&[&str]; 2] = [
    &[
        "stars",
        "stelle",
        "starrating",
        "star rating",
        "rating",
        "voto",
        "valutazione",
        "score",
        "csat",
    ],
    &["satisf", "soddisf"],
];
const TEXT: [&[&str]; 2] = [
    &[
        "comment",
        "comments",
        "commento",
        "commenti",
        "text",
        "testo",
        "review",
        "review text",
        "recensione",
        "message",
        "messaggio",
        "post",
        "note",
        "feedback",
        "osservazioni",
    ],
    &["suggest", "suggeriment", "improve", "migliorare"],
];

/// Longer on average than a name or a word.
const TEXT_LENGTH_MEAN: usize = 20;

/// Why a column is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    Told,
    /// One of the known tools calls it so.
    Shape,
    Name,
    Content,
}

impl Because {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Shape => "shape",
            Self::Name => "name",
            Self::Content => "content",
        }
    }
}

/// Small letters, digits, and one space for everything between them.
pub fn plain(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    for c in words.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            plain.push(c);
        } else if !plain.ends_with(' ') && !plain.is_empty() {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// Targets by column; those that have one keep it.
pub type Targets = [Option<(Target, Because)>];

pub fn by_name(columns: &[Column], survey: &Survey, targets: &mut Targets) {
    let names: Vec<[String; 2]> = columns
        .iter()
        .map(|column| [plain(&column.name), column.label.as_deref().map(plain).unwrap_or_default()])
        .collect();
    questions_by_words(&names, survey, targets);
    fields(&names, targets);
    for (kind, words) in KINDS {
        one_of_kind(&names, survey, targets, kind, words);
    }
}

type IsKind = fn(&Question) -> bool;
const KINDS: [(IsKind, [&[&str]; 2]); 4] = [
    (|question| matches!(question.kind, Kind::Nps), NPS),
    (|question| matches!(question.kind, Kind::Ces), CES),
    (|question| matches!(question.kind, Kind::Rating { .. }), RATING),
    (|question| matches!(question.kind, Kind::Text { .. }), TEXT),
];

fn is_taken(targets: &Targets, target: &Target) -> bool {
    targets.iter().flatten().any(|(taken, _)| taken == target)
}

/// By the question's own key or words, with or without what our exports put in front; options that
/// have a column of their own too.
fn questions_by_words(names: &[[String; 2]], survey: &Survey, targets: &mut Targets) {
    let asked = survey.questions.iter().enumerate().filter(|(_, q)| !q.is_statement());
    for (number, question) in asked {
        let mut words = vec![question.key.clone(), format!("answers {}", question.key)];
        words.push(format!("{} {}", survey.key, question.key));
        words.extend(question.text.values().cloned());
        let words: Vec<String> = words.iter().map(|words| plain(words)).collect();
        take_columns(names, targets, &words, &Target::Answer(number));
        let Kind::Choice { options, other, .. } = &question.kind else { continue };
        if *other {
            let ends = ["other", "altro", "other please specify", "altro specificare"];
            let other = words.iter().flat_map(|name| ends.map(|end| format!("{name} {end}")));
            take_columns(names, targets, &other.collect::<Vec<_>>(), &Target::Other(number));
        }
        for (place, option) in options.iter().enumerate() {
            let ends = option.text.values().map(String::as_str).chain([option.key.as_str()]);
            let ends: Vec<String> = ends.map(plain).collect();
            let whole =
                words.iter().flat_map(|name| ends.iter().map(move |end| format!("{name} {end}")));
            take_columns(
                names,
                targets,
                &whole.collect::<Vec<_>>(),
                &Target::Option(number, place),
            );
        }
        // JSON has a list in some lines, and an object with a list in others.
        let selected: Vec<_> = words.iter().map(|name| format!("{name} selected")).collect();
        take_free(names, targets, &selected, &Target::Answer(number));
    }
}

/// The first column of one of these names, where the target is still free.
fn take_columns(names: &[[String; 2]], targets: &mut Targets, words: &[String], target: &Target) {
    if !is_taken(targets, target) {
        take_free(names, targets, words, target);
    }
}

fn take_free(names: &[[String; 2]], targets: &mut Targets, words: &[String], target: &Target) {
    let place = words.iter().find_map(|words| {
        let mut free = (0..names.len()).filter(|place| targets[*place].is_none());
        free.find(|place| names[*place].contains(words) && !words.is_empty())
    });
    if let Some(place) = place {
        targets[place] = Some((target.clone(), Because::Name));
    }
}

fn fields(names: &[[String; 2]], targets: &mut Targets) {
    for (target, words) in FIELDS {
        let words: Vec<String> = words.iter().map(|words| (*words).to_owned()).collect();
        take_columns(names, targets, &words, &target);
    }
    for (place, [name, _]) in names.iter().enumerate() {
        let attribute =
            name.strip_prefix("context attributes ").filter(|_| targets[place].is_none());
        if let Some(attribute) = attribute {
            let attribute = Target::Attribute(attribute.replace(' ', "_"));
            targets[place] = Some((attribute, Because::Name));
        }
    }
}

/// Where the survey has one question of a kind that no column is for, and one column is called so.
fn one_of_kind(
    names: &[[String; 2]],
    survey: &Survey,
    targets: &mut Targets,
    is_kind: IsKind,
    [whole, part]: [&[&str]; 2],
) {
    let Some(target) = the_one(survey, targets, is_kind) else { return };
    let free = |place: &usize| targets[*place].is_none();
    let called = |place: &usize| names[*place].iter().any(|name| whole.contains(&name.as_str()));
    let partly = |place: &usize| {
        names[*place].iter().any(|name| part.iter().any(|part| name.contains(part)))
    };
    let all = || (0..names.len()).filter(free);
    let exactly: Vec<usize> = all().filter(called).collect();
    let found = if exactly.is_empty() { all().filter(partly).collect() } else { exactly };
    if let [place] = found[..] {
        targets[place] = Some((target, Because::Name));
    }
}

/// The only question of a kind, where no column is for it yet.
fn the_one(survey: &Survey, targets: &Targets, is_kind: IsKind) -> Option<Target> {
    let mut all = (0..).zip(&survey.questions).filter(|(_, question)| is_kind(question));
    let target = Target::Answer(all.next()?.0);
    (all.next().is_none() && !is_taken(targets, &target)).then_some(target)
}

/// What is left, by the cells of the first rows: by column.
pub fn by_content(samples: &[Vec<String>], survey: &Survey, targets: &mut Targets) {
    let is_date = |cells: &[String]| cells.iter().all(|cell| is_date(cell));
    take_only(samples, targets, Some(Target::Date), is_date);
    let nps = the_one(survey, targets, KINDS[0].0);
    take_only(samples, targets, nps, |cells| in_range(cells, 0, 10, 7));
    for (number, question) in survey.questions.iter().enumerate() {
        let Some(options) = Options::of(question) else { continue };
        let known =
            |cell: &String| matches!(options.read(cell), Ok(Answer::Text(_) | Answer::Options(_)));
        take_only(samples, targets, Some(Target::Answer(number)), |cells| cells.iter().all(known));
    }
    let text = the_one(survey, targets, KINDS[3].0);
    take_only(samples, targets, text, |cells| {
        let length: usize = cells.iter().map(|cell| cell.chars().count()).sum();
        length >= TEXT_LENGTH_MEAN * cells.len()
    });
}

fn is_date(cell: &str) -> bool {
    // A number alone is more likely something else.
    !cell.bytes().all(|byte| byte.is_ascii_digit()) && dates::orders(cell).contains(&true)
}

/// Scores that need the whole scale: something at `beyond` or more.
fn in_range(cells: &[String], low: i64, high: i64, beyond: i64) -> bool {
    let scores: Option<Vec<i64>> =
        cells.iter().map(|cell| Some(scores::read(cell)?.value)).collect();
    scores.is_some_and(|scores| {
        scores.iter().all(|score| (low..=high).contains(score))
            && scores.iter().any(|score| *score >= beyond)
    })
}

fn take_only(
    samples: &[Vec<String>],
    targets: &mut Targets,
    target: Option<Target>,
    fits: impl Fn(&[String]) -> bool,
) {
    let Some(target) = target.filter(|target| !is_taken(targets, target)) else { return };
    let free = (0..samples.len()).filter(|place| targets[*place].is_none());
    let found: Vec<usize> =
        free.filter(|place| !samples[*place].is_empty() && fits(&samples[*place])).collect();
    if let [place] = found[..] {
        targets[place] = Some((target, Because::Content));
    }
}
