//! The collector by its front door: the real binary, real HTTP, a real store on disk.

mod commands;
mod connections;
mod crash;
mod demo;
mod durable;
mod encrypted;
mod folders;
mod headers;
mod observed;
mod proof;
mod rates;
mod recount;
mod roles;
mod settings;
mod submit;
mod summaries;
mod support;
mod taking_back;
mod tokens;
