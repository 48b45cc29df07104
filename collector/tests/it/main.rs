//! The collector by its front door: the real binary, real HTTP, a real store on disk.

mod backup;
mod backup_moments;
mod commands;
mod connections;
mod crash;
mod demo;
mod durable;
mod encrypted;
mod export;
mod folders;
mod headers;
mod observed;
mod proof;
mod questions;
mod rates;
mod recount;
mod roles;
mod settings;
mod submit;
mod summaries;
mod support;
mod taking_back;
mod tokens;
