//! The other contestants as servers of their own: this program again, in another process, with
//! axum and nothing else between HTTP and the disk or the database.

use super::bare::Appender;
use crate::postgres;
use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use deadpool_postgres::Pool;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;

#[derive(clap::Subcommand, Clone, Debug)]
pub enum Serve {
    /// Appends each body to a file
    Append { file: PathBuf },
    /// Inserts each body as a row
    Postgres { url: String },
}

/// One of them, running.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(what: &Serve) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        match what {
            Serve::Append { file } => command.args(["serve", "append"]).arg(file),
            Serve::Postgres { url } => command.args(["serve", "postgres", url]),
        };
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().parse().context("the server does not start")?;
        Ok(Self { child, address })
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until it is killed; prints its address.
pub fn serve(what: Serve) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let router = match what {
            Serve::Append { file } => {
                Router::new().route("/responses", post(append)).with_state(Appender::start(&file)?)
            }
            Serve::Postgres { url } => {
                let pool = postgres::pool(&url)?;
                Router::new().route("/responses", post(insert)).with_state(pool)
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        Ok(axum::serve(listener, router).await?)
    })
}

async fn append(State(appender): State<Appender>, body: Bytes) -> StatusCode {
    match appender.append(body.to_vec()).await {
        Ok(()) => StatusCode::CREATED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn insert(State(pool): State<Pool>, axum::Json(body): axum::Json<Value>) -> StatusCode {
    match postgres::insert(&pool, &body).await {
        Ok(1) => StatusCode::CREATED,
        Ok(_) => StatusCode::OK,
        Err(error) => {
            eprintln!("PostgreSQL: {error:?}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
