//! `cargo xtask bench speed`: durable responses per second over real HTTP, beside what the same
//! disk does with a bare group-committed append and beside PostgreSQL. All contestants are measured
//! in turn in one run by one load generator: on a shared machine only the ratios mean something.

mod bare;
mod drive;
mod servers;

use crate::Places;
use crate::collector::{Collector, Site};
use crate::postgres::Cluster;
use crate::report::{self, Table};
use anyhow::Result;
use drive::Measured;
use serde::Serialize;
use servers::Server;
use std::collections::BTreeMap;
use std::time::Duration;

pub use servers::{Serve, serve};

#[derive(clap::Args)]
pub struct Args {
    /// How many connections at a time
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 128, 512])]
    connections: Vec<usize>,
    /// Measurements of each contestant at each number of connections; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one measurement takes
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Which contestants [default: all]
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// In the order of the table.
const CONTESTANTS: [&str; 4] = ["append", "append-http", "ascolto", "postgres"];
const WARM_UP: Duration = Duration::from_millis(500);

/// A row of the report: the medians of all rounds.
#[derive(Clone, Debug, Serialize)]
struct Row {
    contestant: &'static str,
    connections: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Of the server's processes, for one response.
    cpu_us: f64,
    /// Of the bare append and of PostgreSQL at the same number of connections.
    of_append: Option<f64>,
    of_append_http: Option<f64>,
    of_postgres: Option<f64>,
}

/// Everything that is measured, running.
struct Ring {
    bare: Option<bare::Appender>,
    bare_http: Option<Server>,
    ascolto: Option<(Collector, Site)>,
    postgres: Option<(Cluster, Server)>,
    /// The next number that no response has.
    next: u64,
}

pub async fn run(places: &Places, args: &Args) -> Result<bool> {
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let mut ring = Ring::start(places, args, folder.path()).await?;
    let mut measured: BTreeMap<(usize, &'static str), Vec<Measured>> = BTreeMap::new();
    ring.lap(args, WARM_UP, |_, _, _| {}).await?;
    for round in 1..=args.rounds {
        let time = Duration::from_secs_f64(args.seconds);
        ring.lap(args, time, |connections, name, result| {
            measured.entry((connections, name)).or_default().push(result);
        })
        .await?;
        eprintln!("round {round} of {}", args.rounds);
    }
    let rows = rows(&measured);
    report::save(places, "speed", &rows, &[table(&rows)])?;
    Ok(true)
}

impl Ring {
    async fn start(places: &Places, args: &Args, folder: &std::path::Path) -> Result<Self> {
        let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|n| n == name);
        let mut ring = Self { bare: None, bare_http: None, ascolto: None, postgres: None, next: 0 };
        if wanted("append") {
            ring.bare = Some(bare::Appender::start(&folder.join("append"))?);
        }
        if wanted("append-http") {
            let file = folder.join("append-http");
            ring.bare_http = Some(Server::start(&Serve::Append { file })?);
        }
        if wanted("ascolto") {
            let collector = Collector::serve(&places.ascolto, &folder.join("ascolto"))?;
            let site = collector.make_site().await?;
            ring.ascolto = Some((collector, site));
        }
        if wanted("postgres") {
            match Cluster::start(&places.scratch).await {
                Ok(cluster) => {
                    let server = Server::start(&Serve::Postgres { url: cluster.url() })?;
                    ring.postgres = Some((cluster, server));
                }
                Err(error) => eprintln!("PostgreSQL is left out: {error:#}"),
            }
        }
        Ok(ring)
    }

    /// Every contestant once at each number of connections.
    async fn lap(
        &mut self,
        args: &Args,
        time: Duration,
        mut note: impl FnMut(usize, &'static str, Measured),
    ) -> Result<()> {
        for &connections in &args.connections {
            for name in CONTESTANTS {
                if let Some(result) = self.measure(name, connections, time).await? {
                    note(connections, name, result);
                }
            }
        }
        Ok(())
    }

    async fn measure(
        &mut self,
        name: &str,
        connections: usize,
        time: Duration,
    ) -> Result<Option<Measured>> {
        let next = &mut self.next;
        Ok(Some(match name {
            "append" => match &self.bare {
                Some(bare) => drive::append(bare, connections, time, next).await?,
                None => return Ok(None),
            },
            "ascolto" => match &self.ascolto {
                Some((collector, site)) => {
                    let target = drive::Target {
                        address: collector.address,
                        path: site.submissions(),
                        processes: vec![collector.process()],
                        again: false,
                    };
                    drive::http(&target, connections, time, next).await?
                }
                None => return Ok(None),
            },
            other => {
                let server = match other {
                    "postgres" => self.postgres.as_ref().map(|(cluster, server)| {
                        (server, vec![server.process(), cluster.process()])
                    }),
                    _ => self.bare_http.as_ref().map(|server| (server, vec![server.process()])),
                };
                let Some((server, processes)) = server else { return Ok(None) };
                let (address, path) = (server.address, "/responses".into());
                let again = other == "append-http";
                let target = drive::Target { address, path, processes, again };
                drive::http(&target, connections, time, next).await?
            }
        }))
    }
}

fn rows(measured: &BTreeMap<(usize, &'static str), Vec<Measured>>) -> Vec<Row> {
    let rate = |connections: usize, name: &'static str| {
        let of = measured.get(&(connections, name))?;
        Some(median(of.iter().map(|m| m.per_second)))
    };
    let mut rows = Vec::new();
    for (&(connections, contestant), results) in measured {
        let per_second = median(results.iter().map(|m| m.per_second));
        let of = |name: &'static str| {
            let other = rate(connections, name).filter(|_| contestant == "ascolto")?;
            Some(per_second / other)
        };
        rows.push(Row {
            contestant,
            connections,
            per_second,
            p50_ms: median(results.iter().map(|m| m.p50_ms)),
            p99_ms: median(results.iter().map(|m| m.p99_ms)),
            cpu_us: median(results.iter().map(|m| m.cpu_us)),
            of_append: of("append"),
            of_append_http: of("append-http"),
            of_postgres: of("postgres"),
        });
    }
    rows
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "connections",
        "contestant",
        "responses/s",
        "p50 ms",
        "p99 ms",
        "CPU µs each",
        "of append",
        "of append-http",
        "of postgres",
    ]);
    let ratio = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.2}"));
    for row in rows {
        table.row([
            row.connections.to_string(),
            row.contestant.into(),
            format!("{:.0}", row.per_second),
            format!("{:.2}", row.p50_ms),
            format!("{:.2}", row.p99_ms),
            if row.cpu_us.is_nan() { String::new() } else { format!("{:.0}", row.cpu_us) },
            ratio(row.of_append),
            ratio(row.of_append_http),
            ratio(row.of_postgres),
        ]);
    }
    table
}
