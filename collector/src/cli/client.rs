//! One interface for every command: the HTTP one. It goes to a running server, or through the same
//! router to the data folder when no server holds it.

use super::config::Config;
use super::print;
use crate::http::router;
use crate::server::{ADMIN_TOKEN_FILE, Store};
use anyhow::{Context, Result, anyhow, bail};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::Problem;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tower::ServiceExt;

const TIMEOUT: Duration = Duration::from_secs(60);
const ANSWER_BYTES_MAX: usize = 64 << 20;

pub struct Client {
    token: String,
    server: Server,
}

enum Server {
    Remote { base: String, agent: ureq::Agent },
    Local { runtime: Runtime, store: Option<Store> },
}

impl Client {
    /// To the server, or to a data folder that is there.
    pub fn connect(config: &Config) -> Result<Self> {
        if config.server.is_none() && !config.data().exists() {
            let data = config.data().display();
            bail!(
                "there is no data folder at {data}; ascolto serve or ascolto site create makes one"
            );
        }
        Self::connect_or_create(config)
    }

    /// To the server, or to the data folder, made where it is missing.
    pub fn connect_or_create(config: &Config) -> Result<Self> {
        match &config.server {
            Some(base) => Self::remote(base, config.token.as_deref()),
            None => Self::local(config),
        }
    }

    fn remote(base: &str, token: Option<&str>) -> Result<Self> {
        if base.starts_with("https://") {
            bail!("https is not supported yet: run the command on the server's machine, over http");
        }
        let token = token.context("--server needs a token: --token, or ASCOLTO_TOKEN")?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { token: token.to_owned(), server: Server::Remote { base, agent: agent.into() } })
    }

    fn local(config: &Config) -> Result<Self> {
        let runtime = Runtime::new()?;
        let public_url = config.public_url.clone();
        let public_url = public_url.unwrap_or_else(|| format!("http://{}", config.listen));
        let store = runtime.block_on(Store::open(config.data(), public_url))?;
        let file = config.data().join(ADMIN_TOKEN_FILE);
        let token =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let server = Server::Local { runtime, store: Some(store) };
        Ok(Self { token: token.trim().to_owned(), server })
    }

    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(serde_json::from_value(self.call(Method::GET, path, None)?)?)
    }

    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        Ok(serde_json::from_value(self.call(Method::POST, path, Some(body))?)?)
    }

    pub fn delete(&self, path: &str) -> Result<()> {
        self.call(Method::DELETE, path, None).map(drop)
    }

    /// The answer's body; a refusal becomes an error with everything that it says.
    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let (status, bytes) = match &self.server {
            Server::Remote { base, agent } => self.call_remote(agent, base, method, path, body)?,
            Server::Local { runtime, store } => {
                let store = store.as_ref().context("the store is closed")?;
                runtime.block_on(self.call_local(store, method, path, body))?
            }
        };
        if !status.is_success() {
            let problem: Result<Problem, _> = serde_json::from_slice(&bytes);
            return Err(match problem {
                Ok(problem) => anyhow!("{}", print::problem(&problem)),
                Err(_) => anyhow!("the server answered {status}"),
            });
        }
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }

    fn request(
        &self,
        method: Method,
        uri: String,
        body: Option<&Value>,
    ) -> Result<Request<Vec<u8>>> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        Ok(request.body(body.map(serde_json::to_vec).transpose()?.unwrap_or_default())?)
    }

    fn call_remote(
        &self,
        agent: &ureq::Agent,
        base: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>)> {
        let request = self.request(method, format!("{base}{path}"), body)?;
        let answer = agent.run(request).with_context(|| format!("cannot reach {base}"))?;
        let status = answer.status();
        let bytes =
            answer.into_body().into_with_config().limit(ANSWER_BYTES_MAX as u64).read_to_vec()?;
        Ok((status, bytes))
    }

    async fn call_local(
        &self,
        store: &Store,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>)> {
        let request = self.request(method, path.to_owned(), body)?.map(Body::from);
        let answer = router(Arc::clone(&store.app)).oneshot(request).await?;
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await?;
        Ok((status, bytes.to_vec()))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Server::Local { runtime, store } = &mut self.server
            && let Some(store) = store.take()
            && let Err(error) = runtime.block_on(store.close())
        {
            eprintln!("ascolto: {error:#}");
        }
    }
}

/// One part of a path, with everything escaped that would end it.
pub fn segment(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
