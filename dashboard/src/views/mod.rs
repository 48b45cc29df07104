//! What is on the screen. Components are thin: they read signals and arrange what the plain
//! modules have worked out. A change of language builds the page anew, so texts are plain values.

pub mod app;
mod comments;
mod comparison;
mod dashboard;
mod filter_bar;
mod funnel;
mod held;
mod icons;
mod news;
mod nps;
mod parts;
mod reasons;
mod satisfaction;
mod sign_in;
mod simulation;
mod top_bar;
mod trend;
mod waiting;
