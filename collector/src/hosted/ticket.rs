//! What makes a form one answer: its id and when it was first shown, signed, in the form itself. Sent
//! twice it is the same answer; nobody can say that it was shown earlier than it was.

use crate::secret::ticket_mac;
use crate::state::SiteNo;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::{ResponseId, Timestamp};
use subtle::ConstantTimeEq;

const MAC_BYTES: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub id: ResponseId,
    pub began: Timestamp,
}

impl Ticket {
    pub fn sign(self, secret: &[u8; 32], site: SiteNo) -> String {
        let mut bytes = self.id.as_bytes().to_vec();
        bytes.extend_from_slice(&self.began.millis().to_be_bytes());
        let mac: [u8; MAC_BYTES] = ticket_mac(secret, site, &bytes);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` where it was not made here, for this site.
    pub fn read(secret: &[u8; 32], site: SiteNo, words: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(words).ok()?;
        let (signed, given) = bytes.split_last_chunk::<MAC_BYTES>()?;
        let expected: [u8; MAC_BYTES] = ticket_mac(secret, site, signed);
        if !bool::from(expected.ct_eq(given)) {
            return None;
        }
        let (id, began) = signed.split_first_chunk::<16>()?;
        let began = i64::from_be_bytes(began.try_into().ok()?);
        Some(Self { id: ResponseId::from_bytes(*id), began: Timestamp::from_millis(began) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_of_one_site_and_cannot_be_made_up() {
        let ticket =
            Ticket { id: ResponseId::new(9, [3; 10]), began: Timestamp::from_millis(1_790) };
        let words = ticket.sign(&[1; 32], 7);
        assert_eq!(Ticket::read(&[1; 32], 7, &words), Some(ticket));
        assert_eq!(Ticket::read(&[1; 32], 8, &words), None);
        assert_eq!(Ticket::read(&[2; 32], 7, &words), None);
        let forged =
            words.replacen(&words[20..21], if &words[20..21] == "A" { "B" } else { "A" }, 1);
        for bad in ["", "!", &words[1..], &words[..20], &forged] {
            assert_eq!(Ticket::read(&[1; 32], 7, bad), None, "{bad}");
        }
    }
}
