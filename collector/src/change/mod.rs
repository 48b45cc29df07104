//! What can be changed, each as a function on the writer's transaction: decide first, then write.

mod append;
mod erase;
mod events;
mod identity;
mod link;
mod retention;
mod review;
mod site;
mod survey;
mod token;

pub use append::{Append, Appended, append};
pub use erase::{ERASED_AT_ONCE, Erased, erase, erase_all, erase_subject};
pub use events::count_events;
pub use identity::{create_identity_key, delete_identity_key};
pub use link::{Shortened, remove_link, shorten};
pub use retention::{is_due, retire};
pub use review::{Accepted, accept};
pub use site::{create_site, delete_site, edit_site};
pub use survey::{Put, put_survey};
pub use token::{LINK_MS, NewToken, create_token, redeem_login, replace_admin, revoke_token};

use crate::log::Transaction;
use crate::log::record::IdEntry;
use crate::log::{Broken, keys, record};
use crate::state::SiteNo;
use shared::ResponseId;

/// What is known of an id.
fn id_entry(
    transaction: &Transaction<'_>,
    site: SiteNo,
    id: ResponseId,
) -> Result<Option<IdEntry>, Broken> {
    let bytes = transaction.get(&keys::id(site, id))?;
    let unreadable = |_| Broken::Contradiction(format!("the entry of id {id} cannot be read"));
    bytes.map(|bytes| record::decode(&bytes).map_err(unreadable)).transpose()
}
