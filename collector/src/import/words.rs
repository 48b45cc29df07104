//! Small fields of a response in the words that files have for them.

use super::guess::plain;
use shared::Channel;

const SERVICE_LENGTH_MAX: usize = 64;

/// The contract's names, and what people call them.
pub fn channel(cell: &str) -> Option<String> {
    const WORDS: [(&str, &str); 18] = [
        ("sportello", "counter"),
        ("desk", "counter"),
        ("telefono", "phone"),
        ("telephone", "phone"),
        ("e mail", "email"),
        ("posta elettronica", "email"),
        ("posta", "mail"),
        ("lettera", "mail"),
        ("letter", "mail"),
        ("sito", "web"),
        ("sito web", "web"),
        ("website", "web"),
        ("recensione", "review"),
        ("recensioni", "review"),
        ("reviews", "review"),
        ("totem", "kiosk"),
        ("qr code", "qr"),
        ("stampa", "press"),
    ];
    let name = plain(cell);
    let word = WORDS.iter().find(|(word, _)| *word == name).map(|(_, channel)| *channel);
    let lower = cell.to_lowercase();
    Channel::parse(word.unwrap_or(lower.as_str())).map(|channel| channel.to_string())
}

pub fn level(cell: &str) -> &str {
    match cell {
        "informativo" | "Informative" | "Informativo" => "informative",
        "relazionale" | "Relational" | "Relazionale" => "relational",
        "transattivo" | "Transactional" | "Transattivo" | "transazionale" => "transactional",
        other => other,
    }
}

pub fn device(cell: &str) -> String {
    match plain(cell).as_str() {
        "mobile" | "smartphone" | "telefono" | "cellulare" => "phone".to_owned(),
        "computer" | "pc" | "laptop" => "desktop".to_owned(),
        other => other.to_owned(),
    }
}

/// `Carta d'identità` as `carta-d-identita`: services have short names without signs.
pub fn slug(cell: &str) -> String {
    let plain_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if cell.len() <= SERVICE_LENGTH_MAX && cell.chars().all(plain_word) {
        return cell.to_owned();
    }
    let mut slug: String = plain(cell).chars().map(without_accent).collect();
    slug.retain(|c| c.is_ascii());
    slug.truncate(SERVICE_LENGTH_MAX);
    slug.trim_matches('-').to_owned()
}

const fn without_accent(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        ' ' => '-',
        other => other,
    }
}

/// Seconds, or `mm:ss`, `hh:mm:ss`.
pub fn seconds(cell: &str) -> Result<u32, (&'static str, String)> {
    let wrong = || ("wrong_type", "takes seconds, mm:ss or hh:mm:ss".to_owned());
    let parts: Option<Vec<u32>> = cell.split(':').map(|part| part.trim().parse().ok()).collect();
    let (seconds, parts) = match parts.ok_or_else(wrong)?[..] {
        [seconds] => (Some(seconds), 1),
        [minutes, seconds] => (minutes.checked_mul(60).and_then(|m| m.checked_add(seconds)), 2),
        [hours, minutes, seconds] if minutes < 60 => {
            let minutes = hours.checked_mul(60).and_then(|hours| hours.checked_add(minutes));
            (minutes.and_then(|m| m.checked_mul(60)?.checked_add(seconds)), 3)
        }
        _ => (None, 0),
    };
    seconds.filter(|seconds| parts == 1 || seconds % 60 < 60).ok_or_else(wrong)
}
