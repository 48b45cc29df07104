//! Where figures are collected (`metrics`' macros find it by themselves), what they mean, and those
//! that nobody else counts.

use anyhow::Result;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Histograms are folded this often: what was recorded since waits in memory.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
const SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
/// Jobs of one commit, at most 256.
const JOBS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Once in a process.
pub fn collect_figures() -> Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_commit_jobs".into()), &JOBS)?
        .install_recorder()?;
    describe();
    gauge!("ascolto_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH)?;
    gauge!("process_start_time_seconds").set(started.as_secs_f64());
    gauge!("ascolto_connections").set(0.0);
    Ok(handle)
}

/// Keeps what is collected small and the process's own figures fresh, for ever.
pub async fn keep_figures(handle: PrometheusHandle) {
    loop {
        handle.run_upkeep();
        process_figures();
        tokio::time::sleep(UPKEEP_EVERY).await;
    }
}

fn describe() {
    describe_counter!("ascolto_http_requests_total", "Requests, by method, route and status");
    describe_histogram!(
        "ascolto_http_request_seconds",
        Unit::Seconds,
        "Until the answer began, by method and route"
    );
    describe_counter!("ascolto_refusals_total", "Requests refused, by reason");
    describe_counter!("ascolto_events_total", "Events counted, by kind");
    describe_counter!(
        "ascolto_event_batches_total",
        "Batches of events, by outcome: taken, repeated, or why they were refused"
    );
    describe_counter!(
        "ascolto_events_lost_total",
        "Events taken that could not be counted: their site or the room for their names was gone"
    );
    describe_gauge!("ascolto_streams", "Streams that managers follow");
    describe_counter!("ascolto_streams_dropped_total", "Streams that were not read in time");
    describe_gauge!("ascolto_connections", "Open connections");
    describe_counter!("ascolto_connections_total", "Connections, by outcome: taken or refused");
    describe_gauge!("ascolto_build_info", "The version that runs");
    describe_gauge!("ascolto_queue_jobs", "Changes that wait for the writer");
    describe_histogram!(
        "ascolto_commit_seconds",
        Unit::Seconds,
        "A commit, from its first change to its durability"
    );
    describe_histogram!(
        "ascolto_flush_seconds",
        Unit::Seconds,
        "The part of a commit that makes it durable"
    );
    describe_histogram!("ascolto_commit_jobs", "Changes of one commit");
    describe_counter!(
        "ascolto_store_syncs_total",
        "Real syncs in the place of sled's own call; 0 elsewhere than on Linux"
    );
    describe_gauge!("ascolto_stored_bytes", Unit::Bytes, "The store on disk");
    describe_gauge!("ascolto_index_rows", "Responses in the index in memory");
    describe_gauge!("ascolto_index_bytes", Unit::Bytes, "Memory of the index");
    describe_gauge!(
        "process_start_time_seconds",
        Unit::Seconds,
        "When the process started, since 1970"
    );
    describe_gauge!("process_resident_memory_bytes", Unit::Bytes, "Memory of the process");
    describe_gauge!("process_open_fds", "Open files and sockets");
}

/// Left out where the system does not tell.
#[expect(clippy::cast_precision_loss, reason = "figures are floating-point numbers")]
fn process_figures() {
    if let Some(kibibytes) = resident_kibibytes() {
        gauge!("process_resident_memory_bytes").set((kibibytes * 1024) as f64);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(files.count() as f64);
    }
}

fn resident_kibibytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
