//! The collector by its front door: the real binary, real HTTP, a real store on disk.

mod commands;
<<<<<<< HEAD
mod connections;
=======
mod crash;
>>>>>>> 4e6ce75 (Crash harness: kills during open, failing, full and read-only disks; cargo xtask bench; a short form in the collector's tests)
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
