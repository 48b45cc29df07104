//! A private PostgreSQL: made in a temporary folder, on a free port of this machine, with the
//! durability that is promised (`synchronous_commit = on`), gone afterwards.

use crate::programs::succeed;
use anyhow::{Context, Result, ensure};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, NoTls};

/// Where Debian puts what is not on PATH.
const INSTALLED: &str = "/usr/lib/postgresql";
/// PostgreSQL refuses to run as the administrator; Debian makes this user for it.
const USER: &str = "postgres";
/// More make it slower on a few cores.
const POOL: usize = 64;
const START_WITHIN: Duration = Duration::from_secs(60);
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "fsync=on",
    "synchronous_commit=on",
    "max_connections=100",
    "shared_buffers=1GB",
    "work_mem=64MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
];

/// What a minimal design keeps of a response: columns for what is asked, and the whole.
pub const TABLE: &str = "create table responses (
    id uuid primary key, survey text not null, channel text not null, service text,
    locale text, device text, plan text, tags text[] not null, happened timestamptz not null,
    nps smallint, csat smallint, waited_s integer, served_s integer, comment text,
    body jsonb not null)";

const INSERT: &str = "insert into responses
    select (r->>'id')::uuid, r->>'survey', r->>'channel', r->>'service', r->>'locale',
        r->'context'->>'device', r->'context'->'attributes'->>'plan',
        coalesce((select array_agg(t) from jsonb_array_elements_text(r->'context'->'tags') t), '{}'),
        coalesce((r->>'occurred_at')::timestamptz, now()),
        (r->'answers'->>'recommend')::smallint, (r->'answers'->>'satisfaction')::smallint,
        (r->'service_event'->>'waited_s')::integer, (r->'service_event'->>'served_s')::integer,
        r->'answers'->>'comment', r
    from (select $1::jsonb as r) one
    on conflict do nothing";

pub struct Cluster {
    _folder: TempDir,
    child: Child,
    port: u16,
}

impl Cluster {
    pub async fn start(scratch: &Path) -> Result<Self> {
        let folder = tempfile::tempdir_in(scratch)?;
        let data = folder.path().join("cluster");
        let is_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        if is_root {
            succeed(Command::new("chown").args(["-R", USER]).arg(folder.path()))?;
            open_way(folder.path())?;
        }
        let mut init = as_user(is_root, &program("initdb")?);
        init.args(["--auth=trust", "--username=bench", "--encoding=UTF8", "--locale=C", "-D"]);
        succeed(init.arg(&data))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut serve = as_user(is_root, &program("postgres")?);
        serve.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(&data);
        serve.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let child = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let cluster = Self { _folder: folder, child, port };
        let deadline = Instant::now() + START_WITHIN;
        let client = loop {
            match cluster.client().await {
                Ok(client) => break client,
                Err(_) if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        };
        client.batch_execute(TABLE).await?;
        Ok(cluster)
    }

    pub fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=bench dbname=postgres", self.port)
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// A connection whose work is done beside this task.
    pub async fn client(&self) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

impl Drop for Cluster {
    /// SIGINT is its fast shutdown; its processes end with it.
    fn drop(&mut self) {
        let process = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &process]).status();
        let _ = self.child.wait();
    }
}

fn program(name: &str) -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(INSTALLED)
        .context("PostgreSQL is not installed")?
        .flatten()
        .map(|entry| entry.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().with_context(|| format!("{name} is not installed"))
}

fn as_user(is_root: bool, program: &Path) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--pdeathsig", "INT"]);
    command.arg(program).current_dir("/");
    command
}

/// The other user must be able to reach the folder: the way to it is made passable.
fn open_way(folder: &Path) -> Result<()> {
    for above in folder.ancestors().skip(1) {
        let test = Command::new("setpriv")
            .args(["--reuid", USER, "--regid", USER, "--clear-groups", "test", "-x"])
            .arg(above)
            .status()?;
        ensure!(test.success(), "{} is closed to the user {USER}: use --scratch", above.display());
    }
    Ok(())
}

pub fn pool(url: &str) -> Result<Pool> {
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(url.parse()?, NoTls, config);
    Ok(Pool::builder(manager).max_size(POOL).build()?)
}

/// One row, durable; how many were new.
pub async fn insert(pool: &Pool, body: &Value) -> Result<u64> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(INSERT).await?;
    Ok(client.execute(&statement, &[&Json(body)]).await?)
}
