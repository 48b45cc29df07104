//! Short links: a code that stands for an address of ours. They are on disk alone; the state knows
//! how many there are. The housekeeper removes them after their time.

use crate::log::record::{self, ShortLink};
use crate::log::{Broken, Transaction, keys};
use crate::secret::random;
use crate::state::SiteNo;

/// Of one site.
const LINKS_MAX: usize = 100_000;
/// Without what looks or sounds alike: codes are also read from paper, and typed.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 40 bits: what it leads to is no secret.
const CODE_LENGTH: usize = 8;
/// 65 bits: it leads to one person's link, and cannot be guessed.
const PERSONAL_CODE_LENGTH: usize = 13;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortened {
    /// The codes, in the links' order.
    Done(Vec<String>),
    /// The site is at its bound.
    TooMany,
    /// The site is gone.
    Gone,
}

/// Makes a code for each of these links, or for none. `true`: the link is one person's.
pub fn shorten(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    links: &[(ShortLink, bool)],
) -> Result<Shortened, Broken> {
    let Some(known) = transaction.site_mut(site) else { return Ok(Shortened::Gone) };
    if known.short_links + links.len() > LINKS_MAX {
        return Ok(Shortened::TooMany);
    }
    known.short_links += links.len();
    let mut codes = Vec::with_capacity(links.len());
    for (link, is_personal) in links {
        let code = free_code(transaction, *is_personal)?;
        transaction.put(keys::link(site, &code), record::encode(link));
        transaction.put(keys::code(&code), site.to_be_bytes().to_vec());
        codes.push(code);
    }
    Ok(Shortened::Done(codes))
}

/// Whether there was such a link.
pub fn remove_link(
    transaction: &mut Transaction<'_>,
    site: SiteNo,
    code: &str,
) -> Result<bool, Broken> {
    let key = keys::link(site, code);
    if transaction.get(&key)?.is_none() {
        return Ok(false);
    }
    transaction.remove(key);
    transaction.remove(keys::code(code));
    if let Some(site) = transaction.site_mut(site) {
        site.short_links = site.short_links.saturating_sub(1);
    }
    Ok(true)
}

fn free_code(transaction: &Transaction<'_>, is_personal: bool) -> Result<String, Broken> {
    let length = if is_personal { PERSONAL_CODE_LENGTH } else { CODE_LENGTH };
    loop {
        let random: [u8; PERSONAL_CODE_LENGTH] = random();
        let letters = random[..length].iter().map(|byte| ALPHABET[usize::from(byte % 32)]);
        let code: String = letters.map(char::from).collect();
        if transaction.get(&keys::code(&code))?.is_none() {
            return Ok(code);
        }
    }
}
