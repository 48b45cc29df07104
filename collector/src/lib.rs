//! The collector: takes responses, keeps them durably, answers with summaries.
//! ARCHITECTURE.md has the map.

pub mod backup;
pub mod change;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod doors;
pub mod events;
pub mod export;
pub mod fold;
pub mod hosted;
pub mod http;
pub mod identity;
pub mod import;
pub mod index;
pub mod intake;
pub mod invite;
mod ivr;
pub mod link;
pub mod listing;
pub mod log;
pub mod opt_out;
mod qr;
pub mod secret;
pub mod server;
pub mod settings;
pub mod spam;
pub mod state;
pub mod summary;
pub mod telemetry;
pub mod verify;
