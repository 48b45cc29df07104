//! The product as its people meet it, by who they are. Each case has a collector, a host's website
//! and a browser of its own.

mod accessibility;
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
mod visitor;
mod when;
