//! Makes, exchanges and revokes tokens.

use crate::log::Transaction;
use crate::secret::{hash_token, new_token, random_id};
use crate::state::{Role, SiteNo, TokenKind, TokenRecord};
use shared::Timestamp;

/// Bound of live tokens, sessions included.
const TOKENS_MAX: usize = 100_000;

pub struct NewToken {
    pub site: Option<SiteNo>,
    pub role: Role,
    pub kind: TokenKind,
    pub now: Timestamp,
    pub expires: Option<Timestamp>,
}

/// The words of the new token, shown once, and its id; `None` at the bound.
pub fn create_token(transaction: &mut Transaction<'_>, new: NewToken) -> Option<(String, String)> {
    remove_expired(transaction, new.now);
    if transaction.state().tokens.len() >= TOKENS_MAX {
        return None;
    }
    let prefix = match new.kind {
        TokenKind::Bearer => new.role.prefix(),
        TokenKind::Login => "lc",
        TokenKind::Session => "ss",
    };
    let (words, id) = (new_token(prefix), random_id("tk"));
    let NewToken { site, role, kind, now, expires } = new;
    let record = TokenRecord { id: id.clone(), site, role, kind, created: now, expires };
    transaction.put_token(hash_token(&words), record);
    Some((words, id))
}

/// Exchanges a one-time code for a session that ends at `expires`; the code is gone.
pub fn redeem_login(
    transaction: &mut Transaction<'_>,
    code_hash: [u8; 32],
    now: Timestamp,
    expires: Timestamp,
) -> Option<String> {
    let tokens = &transaction.state().tokens;
    let login = tokens.get(&code_hash).filter(|t| t.kind == TokenKind::Login).cloned()?;
    transaction.remove_token(&code_hash);
    if !login.is_valid_at(now) {
        return None;
    }
    let session = NewToken {
        site: login.site,
        role: login.role,
        kind: TokenKind::Session,
        now,
        expires: Some(expires),
    };
    create_token(transaction, session).map(|(words, _)| words)
}

/// Revokes the collector's own tokens and makes a new one.
pub fn replace_admin(transaction: &mut Transaction<'_>, now: Timestamp) -> Option<String> {
    remove_where(transaction, |token| token.role == Role::Admin);
    let admin =
        NewToken { site: None, role: Role::Admin, kind: TokenKind::Bearer, now, expires: None };
    create_token(transaction, admin).map(|(words, _)| words)
}

/// Whether there was such a token of the site.
pub fn revoke_token(transaction: &mut Transaction<'_>, site: SiteNo, id: &str) -> bool {
    remove_where(transaction, |token| token.site == Some(site) && token.id == id) > 0
}

fn remove_expired(transaction: &mut Transaction<'_>, now: Timestamp) {
    remove_where(transaction, |token| !token.is_valid_at(now));
}

fn remove_where(
    transaction: &mut Transaction<'_>,
    matches: impl Fn(&TokenRecord) -> bool,
) -> usize {
    let tokens = transaction.state().tokens.iter();
    let hashes: Vec<_> =
        tokens.filter(|(_, token)| matches(token)).map(|(hash, _)| *hash).collect();
    for hash in &hashes {
        transaction.remove_token(hash);
    }
    hashes.len()
}
