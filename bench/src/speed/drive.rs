//! The load generator: closed loops on one thread, each with its own connection, with requests made
//! before the clock starts.

use super::bare::Appender;
use crate::client::{Connection, request};
use crate::feedback;
use anyhow::{Result, ensure};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;

/// Requests that are made ready for a second of measuring: more than whoever tells responses apart
/// can answer.
const READY_PER_SECOND: f64 = 60_000.0;
/// The clock of /proc counts hundredths of a second on every Linux that there is.
const TICKS_PER_SECOND: f64 = 100.0;

pub struct Target {
    pub address: SocketAddr,
    pub path: String,
    /// Whose processor time is counted, with all that they started.
    pub processes: Vec<u32>,
    /// Whether it takes the same response twice as two.
    pub again: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub cpu_us: f64,
}

/// What the loops share.
struct Shared {
    ready: Vec<Vec<u8>>,
    used: Cell<usize>,
    /// Whether the same bytes may be sent twice.
    again: bool,
    until: Instant,
    latencies: RefCell<Vec<u32>>,
    ran_dry: Cell<bool>,
}

impl Shared {
    fn new(ready: Vec<Vec<u8>>, time: Duration, again: bool) -> Rc<Self> {
        let latencies = Vec::with_capacity(ready.len()).into();
        let until = Instant::now() + time;
        let (used, ran_dry) = (Cell::new(0), Cell::new(false));
        Rc::new(Self { ready, used, again, until, latencies, ran_dry })
    }

    fn next(&self) -> Option<&[u8]> {
        if Instant::now() >= self.until {
            return None;
        }
        let used = self.used.get();
        self.used.set(used + 1);
        let at = if self.again { used % self.ready.len() } else { used };
        let next = self.ready.get(at).map(Vec::as_slice);
        self.ran_dry.set(self.ran_dry.get() || next.is_none());
        next
    }

    fn note(&self, started: Instant) {
        let micros = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.latencies.borrow_mut().push(micros);
    }

    fn measured(&self, started: Instant, cpu_s: f64) -> Result<Measured> {
        ensure!(!self.ran_dry.get(), "faster than requests were made ready for");
        let mut latencies = self.latencies.take();
        ensure!(!latencies.is_empty(), "no answer in the whole time");
        latencies.sort_unstable();
        let count = latencies.len();
        let at = |share: f64| f64::from(latencies[(count as f64 * share) as usize]) / 1_000.0;
        Ok(Measured {
            per_second: count as f64 / started.elapsed().as_secs_f64(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            cpu_us: cpu_s * 1e6 / count as f64,
        })
    }
}

/// The bodies of new responses from visitors.
fn bodies(time: Duration, next: &mut u64) -> impl Iterator<Item = String> {
    let first = *next;
    let count = (time.as_secs_f64() * READY_PER_SECOND) as u64;
    *next += count;
    (first..first + count).map(|n| feedback::body(2 * n + 1))
}

pub async fn append(
    appender: &Appender,
    tasks: usize,
    time: Duration,
    next: &mut u64,
) -> Result<Measured> {
    let ready = bodies(time, next).map(String::into_bytes).collect();
    let started = Instant::now();
    let shared = Shared::new(ready, time, true);
    run(tasks, |_| {
        let (shared, appender) = (Rc::clone(&shared), appender.clone());
        async move {
            while let Some(bytes) = shared.next() {
                let started = Instant::now();
                appender.append(bytes.to_vec()).await?;
                shared.note(started);
            }
            Ok(())
        }
    })
    .await?;
    shared.measured(started, f64::NAN)
}

pub async fn http(
    target: &Target,
    connections: usize,
    time: Duration,
    next: &mut u64,
) -> Result<Measured> {
    let make = |body: String| request("POST", &target.path, None, body.as_bytes());
    let ready: Vec<Vec<u8>> = bodies(time, next).map(make).collect();
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(target.address).await?);
    }
    let cpu_before = processor_seconds(&target.processes);
    let started = Instant::now();
    let shared = Shared::new(ready, time, target.again);
    run(connections, |_| {
        let (shared, mut connection) = (Rc::clone(&shared), open.pop());
        async move {
            let Some(connection) = &mut connection else { return Ok(()) };
            while let Some(request) = shared.next() {
                let started = Instant::now();
                connection.send(request).await?.expect(201)?;
                shared.note(started);
            }
            Ok(())
        }
    })
    .await?;
    shared.measured(started, processor_seconds(&target.processes) - cpu_before)
}

/// Runs that many loops to their ends; the first error counts.
async fn run<F: Future<Output = Result<()>> + 'static>(
    loops: usize,
    mut make: impl FnMut(usize) -> F,
) -> Result<()> {
    let set = LocalSet::new();
    let tasks: Vec<_> = (0..loops).map(|number| set.spawn_local(make(number))).collect();
    set.await;
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// What the processes and their children used so far.
fn processor_seconds(processes: &[u32]) -> f64 {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ticks = all.filter_map(|entry| {
        let process: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
        let parent: u32 = fields.get(1)?.parse().ok()?;
        let counted = processes.contains(&process) || processes.contains(&parent);
        counted.then(|| Some(number(11)? + number(12)?))?
    });
    ticks.sum::<f64>() / TICKS_PER_SECOND
}
