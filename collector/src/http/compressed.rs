//! Brotli for what many browsers fetch and no build could compress.

use crate::secret::fingerprint;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Bodies that are kept compressed: surveys, each in its languages.
const KEPT_MAX: usize = 256;
/// Larger ones are compressed less well: a request waits for it.
const BEST_BYTES_MAX: usize = 16 * 1024;
const BEST: i32 = 11;
const QUICK: i32 = 5;

static KEPT: LazyLock<Mutex<HashMap<[u8; 16], Bytes>>> = LazyLock::new(Mutex::default);

pub const BROTLI: &str = "br";

pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: if bytes.len() > BEST_BYTES_MAX { QUICK } else { BEST },
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)
        .expect("memory takes every write");
    compressed
}

/// The same, once for each content.
pub fn kept(bytes: &[u8]) -> Bytes {
    let lock = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let of = fingerprint(bytes);
    if let Some(compressed) = lock().get(&of) {
        return compressed.clone();
    }
    let compressed = Bytes::from(brotli(bytes));
    let mut kept = lock();
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(of, compressed.clone());
    compressed
}

/// Whether `Accept-Encoding` names the coding without forbidding it.
pub fn is_taken(request: &HeaderMap, coding: &str) -> bool {
    let header = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    header.unwrap_or_default().split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let forbidden = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case(coding) && !forbidden
    })
}
