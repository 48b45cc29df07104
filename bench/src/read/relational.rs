//! The same rows and questions in PostgreSQL, with the indexes that help it most, and in DuckDB.

use super::duckdb::DuckDb;
use super::questions::{Question, TIME, TIMES, Timing};
use crate::Places;
use crate::feedback;
use crate::postgres::Cluster;
use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Without the body: less to read than what the collector keeps.
pub const TABLE: &str = "create table answers (
    id uuid, survey text, channel text, service text, locale text, device text, plan text,
    tag text, happened timestamptz, nps smallint, csat smallint, waited_s integer,
    served_s integer, comment text)";

/// Each covers what its questions read, so that the table itself is not touched.
const INDEXES: [&str; 8] = [
    "create index on answers (channel, happened) include (nps, csat, waited_s, served_s)",
    "create index on answers (happened) include (nps, csat)",
    "create index on answers (service) include (nps, csat)",
    "create index on answers (device, plan) include (nps, csat)",
    "create index on answers (plan) include (nps, csat)",
    "create index on answers (locale) include (nps, csat)",
    "create index on answers (tag, nps, happened) include (csat)",
    "vacuum analyze answers",
];
const DROP_INDEXES: &str = "do $$ declare i text; begin
    for i in select indexname from pg_indexes where tablename = 'answers' loop
        execute 'drop index ' || i; end loop; end $$";
const COPY_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, Serialize)]
pub struct Size {
    pub name: &'static str,
    pub fill_s: f64,
    pub bytes: u64,
}

/// Whoever could be started.
pub struct Others {
    postgres: Option<(Cluster, Client)>,
    duckdb: Option<DuckDb>,
    filled: u64,
}

impl Others {
    pub async fn start(places: &Places, none: bool) -> Self {
        let mut others = Self { postgres: None, duckdb: None, filled: 0 };
        if none {
            return others;
        }
        match start_postgres(places).await {
            Ok(postgres) => others.postgres = Some(postgres),
            Err(error) => eprintln!("PostgreSQL is left out: {error:#}"),
        }
        match DuckDb::start(places) {
            Ok(duckdb) => others.duckdb = Some(duckdb),
            Err(error) => eprintln!("DuckDB is left out: {error:#}"),
        }
        others
    }

    /// Adds rows until there are as many as the collector has responses.
    pub async fn grow(
        &mut self,
        folder: &Path,
        responses: u64,
        sizes: &mut Vec<Size>,
    ) -> Result<()> {
        if self.postgres.is_none() && self.duckdb.is_none() {
            return Ok(());
        }
        let rows = folder.join("rows.csv");
        write_rows(&rows, self.filled..responses)?;
        self.filled = responses;
        if let Some((_, client)) = &self.postgres {
            let started = Instant::now();
            client.batch_execute(DROP_INDEXES).await?;
            copy(client, &rows).await?;
            for statement in INDEXES {
                client.batch_execute(statement).await?;
            }
            let fill_s = started.elapsed().as_secs_f64();
            let bytes = table_bytes(client).await?;
            sizes.push(Size { name: "PostgreSQL", fill_s, bytes });
        }
        if let Some(duckdb) = &mut self.duckdb {
            let started = Instant::now();
            let bytes = duckdb.load(&rows)?;
            sizes.push(Size { name: "DuckDB", fill_s: started.elapsed().as_secs_f64(), bytes });
        }
        Ok(std::fs::remove_file(&rows)?)
    }

    pub async fn ask_postgres(&self, question: &Question) -> Result<(Option<Timing>, Option<u64>)> {
        let Some((_, client)) = &self.postgres else { return Ok((None, None)) };
        let (mut millis, mut counted) = (Vec::new(), 0);
        let statement = client.prepare(question.sql).await?;
        client.query(&statement, &[]).await?;
        let begun = Instant::now();
        while millis.len() < TIMES && (millis.is_empty() || begun.elapsed() < TIME) {
            let started = Instant::now();
            client.query(&statement, &[]).await?;
            millis.push(started.elapsed().as_secs_f64() * 1e3);
        }
        for message in client.simple_query(question.sql).await? {
            if let SimpleQueryMessage::Row(row) = message {
                let last = row.get(row.len() - 1).and_then(|count| count.parse::<u64>().ok());
                counted += last.unwrap_or(0);
            }
        }
        Ok((Some(Timing::of(millis)), Some(counted)))
    }

    pub fn ask_duckdb(&mut self, question: &Question) -> Result<Option<Timing>> {
        self.duckdb.as_mut().map(|duckdb| duckdb.ask(question.sql)).transpose()
    }
}

async fn start_postgres(places: &Places) -> Result<(Cluster, Client)> {
    let cluster = Cluster::start(&places.scratch).await?;
    let client = cluster.client().await?;
    client.batch_execute(TABLE).await?;
    Ok((cluster, client))
}

/// The table with its indexes.
async fn table_bytes(client: &Client) -> Result<u64> {
    let row = client.query_one("select pg_total_relation_size('answers')", &[]).await?;
    Ok(u64::try_from(row.get::<_, i64>(0))?)
}

async fn copy(client: &Client, rows: &Path) -> Result<()> {
    let sink = client.copy_in("copy answers from stdin with (format csv)").await?;
    let mut sink = std::pin::pin!(sink);
    let mut reader = BufReader::with_capacity(COPY_BYTES, File::open(rows)?);
    loop {
        let part = reader.fill_buf()?.to_vec();
        if part.is_empty() {
            break;
        }
        reader.consume(part.len());
        futures_util::SinkExt::send(&mut sink, axum::body::Bytes::from(part)).await?;
    }
    sink.finish().await?;
    Ok(())
}

/// CSV; the words of the generator need no quotes.
fn write_rows(path: &Path, numbers: std::ops::Range<u64>) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for n in numbers {
        let response = feedback::value(2 * n);
        let (context, event) = (&response["context"], &response["service_event"]);
        let fields = [
            &response["id"],
            &response["survey"],
            &response["channel"],
            &response["service"],
            &response["locale"],
            &context["device"],
            &context["attributes"]["plan"],
            &context["tags"][0],
            &response["occurred_at"],
            &response["answers"]["recommend"],
            &response["answers"]["satisfaction"],
            &event["waited_s"],
            &event["served_s"],
            &response["answers"]["comment"],
        ];
        let fields = fields.map(|field| match field {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        writeln!(file, "{}", fields.join(","))?;
    }
    Ok(file.flush()?)
}
