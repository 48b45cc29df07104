//! The harness of the browser tests: a collector process, pages of a host on another origin, a
//! browser, and page objects that speak as users do.
//!
//! It knows the product from outside alone: its command line, its HTTP interface and its pages.

pub mod axe;
pub mod browser;
pub mod collector;
pub mod dashboard;
pub mod emulation;
pub mod engine;
pub mod host;
mod process;
pub mod samples;
pub mod states;
pub mod traces;
pub mod wait;
pub mod widget;
pub mod world;

pub use browser::Browser;
pub use collector::Collector;
pub use engine::Engine;
pub use host::{HostPages, Page};
pub use widget::Widget;
pub use world::{World, case, chromium_case};
