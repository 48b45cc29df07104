//! Comments as people write them, in Italian and English, put together from parts.

use fastrand::Rng;

pub fn comment(
    rng: &mut Rng,
    recommend: i64,
    service: &str,
    waited: bool,
    italian: bool,
) -> String {
    let parts = match (recommend, waited, italian) {
        (0..=6, true, true) => BAD_WAIT_IT,
        (0..=6, true, false) => BAD_WAIT_EN,
        (0..=6, false, true) => BAD_IT,
        (0..=6, false, false) => BAD_EN,
        (7 | 8, _, true) => FAIR_IT,
        (7 | 8, _, false) => FAIR_EN,
        (_, _, true) => GOOD_IT,
        (_, _, false) => GOOD_EN,
    };
    let opening = parts.0[rng.usize(..parts.0.len())];
    let opening = opening.replace("{service}", service_name(service, italian));
    match rng.f64() < 0.55 {
        true => format!("{opening} {}", parts.1[rng.usize(..parts.1.len())]),
        false => opening,
    }
}

fn service_name(service: &str, italian: bool) -> &'static str {
    match (service, italian) {
        ("carta-identita", true) => "la carta d'identità",
        ("carta-identita", false) => "the identity card",
        ("anagrafe", true) => "il certificato",
        ("anagrafe", false) => "the certificate",
        ("tributi", true) => "il pagamento della TARI",
        ("tributi", false) => "the waste tax",
        ("mensa-scolastica", true) => "la mensa",
        ("mensa-scolastica", false) => "the school canteen",
        ("raccolta-rifiuti", true) => "il ritiro degli ingombranti",
        ("raccolta-rifiuti", false) => "the bulky waste pick-up",
        (_, true) => "il prestito dei libri",
        (_, false) => "borrowing books",
    }
}

/// Openings and what may follow.
type Parts = (&'static [&'static str], &'static [&'static str]);

const BAD_WAIT_IT: Parts = (
    &[
        "Ho aspettato più di venti minuti per {service}.",
        "Attesa infinita, e poi mi hanno detto di richiamare.",
        "Per {service} sono dovuto tornare due volte.",
        "Al telefono cade la linea e si ricomincia da capo.",
        "Mezz'ora di musichetta prima di parlare con qualcuno.",
    ],
    &[
        "Servirebbe sapere quanto manca.",
        "Possibile che ci sia una sola persona?",
        "Meglio poter prenotare un orario.",
        "La persona poi è stata gentile, ma non basta.",
        "Capisco il lavoro, però così non va.",
    ],
);
const BAD_WAIT_EN: Parts = (
    &[
        "I waited more than twenty minutes for {service}.",
        "Endless queue, then I was told to call again.",
        "The line dropped twice and I had to start over.",
        "I had to come back a second time for {service}.",
    ],
    &[
        "Please say how long it will take.",
        "Let us book a time.",
        "The person was kind in the end, though.",
    ],
);
const BAD_IT: Parts = (
    &[
        "Non si capisce quali documenti servono per {service}.",
        "Il sito dà errore all'ultimo passo e si perde tutto.",
        "Nessuna risposta alla mia e-mail da due settimane.",
        "Le istruzioni per {service} sono scritte per chi le sa già.",
        "Con il telefono la pagina non si legge.",
    ],
    &[
        "Un esempio compilato aiuterebbe molto.",
        "Alla fine sono andato allo sportello.",
        "Sarebbe bello ricevere una conferma.",
        "Peccato, l'idea è buona.",
    ],
);
const BAD_EN: Parts = (
    &[
        "It is not clear which documents I need for {service}.",
        "The page failed at the last step and lost everything.",
        "No answer to my e-mail for two weeks.",
        "The English page about {service} is incomplete.",
    ],
    &[
        "A filled-in example would help.",
        "In the end I went to the counter.",
        "A confirmation would be nice.",
    ],
);
const FAIR_IT: Parts = (
    &[
        "Tutto sommato bene, {service} è andato a buon fine.",
        "Servizio discreto, si può migliorare.",
        "Bene, ma i passaggi sono tanti.",
        "Nella norma.",
    ],
    &[
        "Utile un promemoria via SMS.",
        "Qualche orario in più il pomeriggio.",
        "Il modulo potrebbe essere più corto.",
    ],
);
const FAIR_EN: Parts = (
    &["All in all fine, {service} worked.", "Good, but there are many steps.", "As expected."],
    &["A reminder by text message would help.", "Longer hours in the afternoon, please."],
);
const GOOD_IT: Parts = (
    &[
        "Velocissimo, {service} in cinque minuti.",
        "Personale gentile e preparato.",
        "Tutto chiaro e senza fila.",
        "Finalmente {service} si fa da casa.",
        "Risolto al primo contatto, grazie.",
    ],
    &["Continuate così!", "Bravi.", "Unico neo: il parcheggio.", "Lo consiglio a tutti."],
);
const GOOD_EN: Parts = (
    &[
        "Very quick: {service} in five minutes.",
        "Kind and competent people.",
        "Clear, and no queue at all.",
        "Solved at the first contact, thank you.",
    ],
    &["Keep it up!", "Well done.", "Much better than last year."],
);
