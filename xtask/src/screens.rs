//! Pictures of everything that people see, to be looked at: `target/screens`.

use crate::{browsers, build, checks, run};
use anyhow::Result;
use std::path::Path;

/// Made by tests that are none (`e2e/tests/screens.rs`), in the browser that the tests have.
pub fn make(root: &Path) -> Result<()> {
    build::web_files(root)?;
    let folder = run::empty_folder(root, "screens")?;
    run::done(&mut checks::browser_tests(
        root,
        &browsers::chromium(root)?,
        &["--ignored", "screens_of", "--test-threads", "1"],
    )?)?;
    println!("look into {}", folder.display());
    Ok(())
}
