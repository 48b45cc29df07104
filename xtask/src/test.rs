//! `cargo xtask test`: every check of the project, the quick ones first. This file knows which
//! checks there are and in what order; `checks.rs` knows how each is made.

use crate::checks;
use crate::tally::Tally;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

struct Step {
    name: &'static str,
    about: &'static str,
    /// Steps without which this one could only fail.
    needs: &'static [&'static str],
    /// An error is a check that failed.
    check: fn(&Path) -> Result<Tally>,
}

const STEPS: [Step; 15] = [
    Step { name: "format", about: "cargo fmt", needs: &[], check: checks::format },
    Step { name: "deny", about: "licences, bans, sources", needs: &[], check: checks::deny },
    Step {
        name: "advisories",
        about: "known flaws of dependencies",
        needs: &[],
        check: checks::advisories,
    },
    Step { name: "clippy", about: "lints, host crates", needs: &[], check: checks::clippy },
    Step {
        name: "clippy-wasm",
        about: "lints, widget and dashboard",
        needs: &[],
        check: checks::clippy_wasm,
    },
    Step {
        name: "loader",
        about: "tests of the widget's scripts",
        needs: &[],
        check: checks::loader,
    },
    Step { name: "web", about: "widget and dashboard are built", needs: &[], check: checks::web },
    Step { name: "size", about: "bytes against budgets", needs: &["web"], check: checks::size },
    Step {
        name: "unit",
        about: "unit, property, doc and HTTP tests",
        needs: &[],
        check: checks::unit,
    },
    Step {
        name: "mail",
        about: "invitations through a real mail server",
        needs: &[],
        check: checks::mail,
    },
    Step {
        name: "api",
        about: "made-up requests against the interface's document",
        needs: &[],
        check: checks::api,
    },
    Step {
        name: "deploy",
        about: "files of examples/deploy, read by systemd, nginx and the collector",
        needs: &[],
        check: checks::deploy,
    },
    Step {
        name: "e2e",
        about: "a real browser and a real collector: Chromium",
        needs: &["web"],
        check: checks::e2e,
    },
    Step {
        name: "e2e-firefox",
        about: "the same in Firefox",
        needs: &["web"],
        check: checks::e2e_firefox,
    },
    Step {
        name: "e2e-webkit",
        about: "the same in WebKit, which Safari is made of",
        needs: &["web"],
        check: checks::e2e_webkit,
    },
];

struct Outcome {
    step: &'static Step,
    tally: Tally,
    took: Duration,
}

/// Makes every check, or those named, and says how they went.
pub fn test(root: &Path, names: &[String]) -> Result<ExitCode> {
    if names.iter().any(|name| name == "--list") {
        STEPS.iter().for_each(|step| println!("{:12} {}", step.name, step.about));
        return Ok(ExitCode::SUCCESS);
    }
    let outcomes = make(root, &chosen(names)?);
    let sum = summarise(&outcomes);
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) =
        names.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str()))
    {
        bail!("no step {unknown:?}; `cargo xtask test --list` names them");
    }
    let wanted = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

fn make(root: &Path, steps: &[&'static Step]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for step in steps {
        println!("\n== {}: {}", step.name, step.about);
        let started = Instant::now();
        let tally = match failed_need(step, &outcomes) {
            Some(need) => skip(step, need),
            None => check(root, step),
        };
        outcomes.push(Outcome { step, tally, took: started.elapsed() });
    }
    outcomes
}

fn failed_need(step: &Step, outcomes: &[Outcome]) -> Option<&'static str> {
    let failed =
        |need: &&&str| outcomes.iter().any(|o| o.step.name == **need && o.tally.failed > 0);
    step.needs.iter().find(failed).copied()
}

fn skip(step: &Step, need: &str) -> Tally {
    println!("{} is left out: {need} failed", step.name);
    Tally::SKIPPED
}

fn check(root: &Path, step: &Step) -> Tally {
    (step.check)(root).unwrap_or_else(|error| {
        println!("FAILED {}: {error:#}", step.name);
        Tally::FAILED
    })
}

/// Prints the table and, alone on the last line, the sum.
fn summarise(outcomes: &[Outcome]) -> Tally {
    let mut sum = Tally::default();
    let mut took = Duration::ZERO;
    println!("\n{:12} {:>9}  result", "step", "seconds");
    for Outcome { step, tally, took: step_took } in outcomes {
        let verdict = if tally.failed > 0 { "FAILED: " } else { "" };
        println!("{:12} {:9.1}  {verdict}{tally}", step.name, step_took.as_secs_f64());
        sum += *tally;
        took += *step_took;
    }
    println!("{:12} {:9.1}\n\n{sum}", "all", took.as_secs_f64());
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_is_an_earlier_step() {
        for (place, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                assert!(STEPS[..place].iter().any(|earlier| earlier.name == *need), "{need}");
            }
        }
    }

    #[test]
    fn steps_are_chosen_by_name_and_keep_their_order() {
        let names = ["size".to_owned(), "format".to_owned()];
        let steps: Vec<&str> = chosen(&names).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(steps, ["format", "size"]);
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len());
        assert!(chosen(&["sise".to_owned()]).is_err());
    }

    #[test]
    fn a_step_is_left_out_where_what_it_needs_failed() {
        fn fails(_: &Path) -> Result<Tally> {
            bail!("on purpose")
        }
        static WEB: Step = Step { name: "web", about: "", needs: &[], check: fails };
        static SIZE: Step = Step { name: "size", about: "", needs: &["web"], check: fails };
        let tallies: Vec<Tally> =
            make(Path::new("."), &[&WEB, &SIZE]).iter().map(|o| o.tally).collect();
        assert_eq!(tallies, [Tally::FAILED, Tally::SKIPPED]);
    }
}
