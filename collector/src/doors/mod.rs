//! The outside of the collector: connections with their bounds and time-outs, encryption, whom a
//! request is from, and how often. Knows nothing of sites' data.

mod address;
mod buckets;
mod connections;
mod crowd;
mod held;
mod leftover;
mod lent;
mod paced;
mod places;
mod proof;
mod streams;
mod tls;

pub use address::{Peer, Proxies, subscriber};
pub use buckets::{Buckets, Rate};
pub use connections::{BodyDeadline, serve};
pub use crowd::{Crowd, OfCrowd};
pub use held::{Held, Seen};
pub use proof::{Challenge, PROOF_BYTES_MAX, ProofError, Proofs};
pub use tls::Tls;

use crate::settings::Settings;
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;
use tokio::sync::watch;

/// Buckets of 16 bytes that are kept at once: of addresses, of sites, of failures.
const ADDRESSES_MAX: usize = 1 << 16;
const SITES_MAX: usize = 1 << 12;
const FAILURES_MAX: usize = 1 << 14;

/// What the doors share with every request.
pub struct Doors {
    pub settings: Settings,
    pub proxies: Proxies,
    pub rates: Rates,
    /// `None`: visitors need not work.
    pub proofs: Option<Proofs>,
    /// Where figures are collected; not within commands.
    pub figures: Option<PrometheusHandle>,
    stage: watch::Sender<Stage>,
}

/// How far the end has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serving,
    /// Told to stop, and still answering.
    Announced,
    Stopped,
}

/// `None`: no limit.
pub struct Rates {
    pub addresses: Option<Buckets>,
    pub sites: Option<Buckets>,
    pub failures: Option<Buckets>,
}

impl Doors {
    pub fn new(settings: Settings, figures: Option<PrometheusHandle>) -> Self {
        let (proxies, rates) = (Proxies::new(&settings), Rates::new(&settings));
        let proofs = Proofs::new(settings.proof_of_work);
        Self {
            settings,
            proxies,
            rates,
            proofs,
            figures,
            stage: watch::Sender::new(Stage::Serving),
        }
    }

    /// From here on the collector is not ready.
    pub fn announce_stop(&self) {
        self.stage.send_replace(Stage::Announced);
    }

    /// From here on there are no new connections, and endless answers should end.
    pub fn stop(&self) {
        self.stage.send_replace(Stage::Stopped);
    }

    pub fn is_stopping(&self) -> bool {
        *self.stage.borrow() != Stage::Serving
    }

    /// Returns once the doors are closed.
    pub async fn stopped(&self) {
        self.stopping().stopped().await;
    }

    fn stopping(&self) -> Stopping {
        Stopping(self.stage.subscribe())
    }
}

#[derive(Clone)]
struct Stopping(watch::Receiver<Stage>);

impl Stopping {
    async fn stopped(&mut self) {
        // Doors that are gone are closed too.
        let _ = self.0.wait_for(|stage| *stage == Stage::Stopped).await;
    }
}

impl Rates {
    fn new(settings: &Settings) -> Self {
        let per_minute = Duration::from_secs(60);
        let rate = |per_period, period, burst| Rate { per_period, period, burst };
        let Settings { rate_address_per_minute, rate_address_burst, .. } = *settings;
        let Settings { rate_site_per_second, rate_site_burst, .. } = *settings;
        let Settings { rate_failures_per_minute, rate_failures_burst, .. } = *settings;
        let addresses = rate(rate_address_per_minute, per_minute, rate_address_burst);
        let sites = rate(rate_site_per_second, Duration::from_secs(1), rate_site_burst);
        let failures = rate(rate_failures_per_minute, per_minute, rate_failures_burst);
        Self {
            addresses: Buckets::new(addresses, ADDRESSES_MAX),
            sites: Buckets::new(sites, SITES_MAX),
            failures: Buckets::new(failures, FAILURES_MAX),
        }
    }
}
