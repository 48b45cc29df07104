//! The collector by its front door: the real binary, real HTTP, a real store on disk.

mod backup;
mod backup_moments;
mod commands;
mod connections;
mod crash;
mod demo;
mod durable;
mod encrypted;
mod events;
mod export;
mod folders;
mod headers;
mod hosted;
mod links;
mod observed;
mod proof;
mod rates;
mod recount;
mod roles;
mod settings;
mod stream;
mod submit;
mod summaries;
mod support;
mod taking_back;
mod tokens;
