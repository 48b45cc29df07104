//! The collector by its front door: the real binary, real HTTP, a real store on disk.

mod commands;
mod crash;
mod demo;
mod durable;
mod folders;
mod recount;
mod roles;
mod submit;
mod summaries;
mod support;
