//! Waiting for a condition, with a bound: the only way in which these tests wait.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// Far more than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
const BETWEEN_PROBES: Duration = Duration::from_millis(40);

/// Probes until there is something; `what` is named where it never comes.
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = probe().await;
        if let Ok(Some(found)) = answer {
            return Ok(found);
        }
        if Instant::now() > deadline {
            let last = answer.err().map(|error| format!(": {error:#}")).unwrap_or_default();
            bail!("waited {} s in vain for {what}{last}", PATIENCE.as_secs());
        }
        tokio::time::sleep(BETWEEN_PROBES).await;
    }
}

/// Probes until it is so.
pub async fn until_true(what: &str, mut probe: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    until(what, async || Ok(probe().await?.then_some(()))).await
}
