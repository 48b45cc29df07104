//! The product as its people meet it, by who they are. Each case has a collector and a host's
//! website of its own, and a browser that knows nothing of other cases.

mod accessibility;
mod connections;
mod counted;
mod dashboards;
mod desk;
mod guest;
mod hosted;
mod identity;
mod invited;
mod keyboard;
mod kiosk;
mod languages;
mod manager;
mod municipality;
mod policy;
mod questions;
mod screens;
mod single_page;
mod spam;
mod styles;
mod trouble;
mod unfetched;
mod visitor;
mod when;
