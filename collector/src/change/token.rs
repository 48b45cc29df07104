//! Makes, exchanges and revokes tokens.

use crate::log::Transaction;
use crate::secret::{hash_token, new_token, random_id};
use crate::state::{Role, SiteNo, TokenKind, TokenRecord};
use shared::Timestamp;

/// Live tokens of one site, sessions and links included.
const TOKENS_MAX: usize = 1_000;
/// Sessions from one token, or from one site's links; the oldest makes room for the next.
const SESSIONS_MAX: usize = 50;
/// How long a one-time link can wait to be opened.
pub const LINK_MS: i64 = 24 * 3600 * 1000;

pub struct NewToken {
    pub site: Option<SiteNo>,
    pub role: Role,
    pub kind: TokenKind,
    pub now: Timestamp,
    pub expires: Option<Timestamp>,
    /// The id of the token that this one stands on: revoked with it.
    pub parent: Option<String>,
}

/// The words of the new token, shown once, and its id; `None` where the site is gone or at its
/// bound.
pub fn create_token(transaction: &mut Transaction<'_>, new: NewToken) -> Option<(String, String)> {
    remove_expired(transaction, new.now);
    if new.kind == TokenKind::Session {
        make_room_for_session(transaction, &new);
    }
    let state = transaction.state();
    let of_site = state.tokens.values().filter(|token| token.site == new.site).count();
    let site_is_there = new.site.is_none_or(|site| state.sites.contains_key(&site));
    if !site_is_there || of_site >= TOKENS_MAX {
        return None;
    }
    let prefix = match new.kind {
        TokenKind::Bearer => new.role.prefix(),
        TokenKind::Login => "lc",
        TokenKind::Session => "ss",
    };
    let (words, id) = (new_token(prefix), random_id("tk"));
    let NewToken { site, role, kind, now, expires, parent } = new;
    let record = TokenRecord { id: id.clone(), site, role, kind, created: now, expires, parent };
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
        parent: None,
    };
    create_token(transaction, session).map(|(words, _)| words)
}

/// Revokes the collector's own tokens and makes a new one.
pub fn replace_admin(transaction: &mut Transaction<'_>, now: Timestamp) -> Option<String> {
    remove_where(transaction, |token| token.role == Role::Admin);
    let admin = NewToken {
        site: None,
        role: Role::Admin,
        kind: TokenKind::Bearer,
        now,
        expires: None,
        parent: None,
    };
    create_token(transaction, admin).map(|(words, _)| words)
}

/// Revokes a token with the sessions that stand on it; whether there was such a token.
pub fn revoke_token(transaction: &mut Transaction<'_>, site: SiteNo, id: &str) -> bool {
    let hit = |token: &TokenRecord| token.id == id || token.parent.as_deref() == Some(id);
    remove_where(transaction, |token| token.site == Some(site) && hit(token)) > 0
}

fn make_room_for_session(transaction: &mut Transaction<'_>, new: &NewToken) {
    let beside = |token: &TokenRecord| {
        token.kind == TokenKind::Session && token.site == new.site && token.parent == new.parent
    };
    let mut sessions: Vec<(Timestamp, String)> = transaction
        .state()
        .tokens
        .values()
        .filter(|token| beside(token))
        .map(|token| (token.created, token.id.clone()))
        .collect();
    sessions.sort();
    let surplus = (sessions.len() + 1).saturating_sub(SESSIONS_MAX);
    for (_, id) in sessions.into_iter().take(surplus) {
        remove_where(transaction, |token| token.id == id);
    }
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
