//! The product as its people meet it, by who they are. Each case has a collector, a host's website
//! and a browser of its own.

mod counted;
mod guest;
mod hosted;
mod keyboard;
mod manager;
mod municipality;
mod questions;
mod spam;
mod trouble;
mod visitor;
mod when;
