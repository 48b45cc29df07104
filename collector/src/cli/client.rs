//! One interface for every command: the HTTP one. It goes to a running server, or through the same
//! router to the data folder when no server holds it.

use super::print;
use crate::doors::Doors;
use crate::http::router;
use crate::server::{ADMIN_TOKEN_FILE, Store};
use crate::settings::Settings;
use anyhow::{Context, Result, anyhow, bail};
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::Problem;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_rustls::rustls::crypto::ring;
use tower::ServiceExt;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

const TIMEOUT: Duration = Duration::from_secs(60);
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Of what may be sent again.
const TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Of an answer without a bound, at once.
const PIECE_BYTES: usize = 64 << 10;

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
    pub fn connect(settings: &Settings) -> Result<Self> {
        let data = settings.data();
        if settings.server.is_none() && !data.exists() {
            bail!(
                "there is no data folder at {}; ascolto serve or ascolto site create makes one",
                data.display()
            );
        }
        Self::connect_or_create(settings)
    }

    /// To the server, or to the data folder, made where it is missing.
    pub fn connect_or_create(settings: &Settings) -> Result<Self> {
        match &settings.server {
            Some(base) => Self::remote(base, settings),
            None => Self::local(settings),
        }
    }

    fn remote(base: &str, settings: &Settings) -> Result<Self> {
        let token = settings.token.clone();
        let token = token.context("--server needs a token: --token, or ASCOLTO_TOKEN")?;
        let agent = agent(base, settings.ca.as_deref(), false)?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { token, server: Server::Remote { base, agent } })
    }

    fn local(settings: &Settings) -> Result<Self> {
        let runtime = Runtime::new()?;
        let (data, public_url) = (settings.data(), settings.public_url(settings.listen));
        let doors = Doors::new(settings.clone(), None);
        let store = runtime.block_on(Store::open(&data, public_url, doors))?;
        let file = data.join(ADMIN_TOKEN_FILE);
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

    /// Sends JSON Lines and gives back the answer's. What is refused for the moment alone, or does
    /// not arrive, is sent again: the same lines are stored once.
    pub fn post_lines(&self, path: &str, lines: &[u8]) -> Result<Vec<u8>> {
        let mut wait = FIRST_WAIT;
        for last in (0..TRIES).map(|number| number + 1 == TRIES) {
            match self.post_lines_once(path, lines) {
                Ok((status, bytes)) if status.is_success() => return Ok(bytes),
                Ok((status, bytes)) if last || !is_for_the_moment(status) => {
                    return Err(refusal(status, &bytes));
                }
                Err(error) if last => return Err(error),
                Ok(_) | Err(_) => {}
            }
            thread::sleep(wait);
            wait = LONGEST_WAIT.min(wait * 2);
        }
        bail!("no answer")
    }

    fn post_lines_once(&self, path: &str, lines: &[u8]) -> Result<(StatusCode, Vec<u8>)> {
        match &self.server {
            Server::Remote { base, agent } => {
                let request =
                    self.raw_request(Method::POST, format!("{base}{path}"), lines.to_vec())?;
                call_remote(agent, base, request)
            }
            Server::Local { runtime, store } => {
                let store = store.as_ref().context("the store is closed")?;
                let request = self.raw_request(Method::POST, path.to_owned(), lines.to_vec())?;
                runtime.block_on(answer_local(store, request.map(Body::from)))
            }
        }
    }

    /// As `post`, for work whose time nobody knows.
    pub fn post_patiently<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        Ok(serde_json::from_value(self.call_within(None, Method::POST, path, Some(body))?)?)
    }

    pub fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        Ok(serde_json::from_value(self.call(Method::PATCH, path, Some(body))?)?)
    }

    pub fn delete(&self, path: &str) -> Result<()> {
        self.call(Method::DELETE, path, None).map(drop)
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        self.call_within(Some(TIMEOUT), method, path, body)
    }

    /// The answer's body; a refusal becomes an error with everything that it says.
    fn call_within(
        &self,
        limit: Option<Duration>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let (status, bytes) = match &self.server {
            Server::Remote { base, agent } => {
                let request = self.request(method, format!("{base}{path}"), body)?;
                let request = agent.configure_request(request).timeout_global(limit).build();
                call_remote(agent, base, request)?
            }
            Server::Local { runtime, store } => {
                let store = store.as_ref().context("the store is closed")?;
                runtime.block_on(self.call_local(store, method, path, body))?
            }
        };
        if !status.is_success() {
            return Err(refusal(status, &bytes));
        }
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }

    /// Hands the answer's body on piece by piece, however long it takes. What breaks off is an
    /// error: then what was handed on is not whole.
    pub fn download(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        match &self.server {
            Server::Remote { base, agent } => {
                let request = self.request(method, format!("{base}{path}"), body)?;
                let request = agent.configure_request(request).timeout_global(None);
                let request = request.timeout_recv_response(Some(TIMEOUT)).build();
                let answer = agent.run(request).with_context(|| format!("cannot reach {base}"))?;
                download_remote(answer, take)
            }
            Server::Local { runtime, store } => {
                let store = store.as_ref().context("the store is closed")?;
                let request = self.request(method, path.to_owned(), body)?.map(Body::from);
                runtime.block_on(download_local(store, request, take))
            }
        }
    }

    fn request(
        &self,
        method: Method,
        uri: String,
        body: Option<&Value>,
    ) -> Result<Request<Vec<u8>>> {
        self.raw_request(method, uri, body.map(serde_json::to_vec).transpose()?.unwrap_or_default())
    }

    fn raw_request(&self, method: Method, uri: String, body: Vec<u8>) -> Result<Request<Vec<u8>>> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        Ok(request.body(body)?)
    }

    async fn call_local(
        &self,
        store: &Store,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>)> {
        let request = self.request(method, path.to_owned(), body)?.map(Body::from);
        answer_local(store, request).await
    }
}

async fn answer_local(store: &Store, request: Request<Body>) -> Result<(StatusCode, Vec<u8>)> {
    let answer = router(Arc::clone(&store.app)).oneshot(request).await?;
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await?;
    Ok((status, bytes.to_vec()))
}

const fn is_for_the_moment(status: StatusCode) -> bool {
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
}

async fn download_local(
    store: &Store,
    request: Request<Body>,
    take: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let answer = router(Arc::clone(&store.app)).oneshot(request).await?;
    let (status, mut body) = (answer.status(), answer.into_body());
    if !status.is_success() {
        return Err(refusal(status, &axum::body::to_bytes(body, ANSWER_BYTES_MAX).await?));
    }
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame?.into_data() {
            take(&bytes)?;
        }
    }
    Ok(())
}

fn download_remote(
    answer: Response<ureq::Body>,
    take: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let status = answer.status();
    let mut body = answer.into_body();
    if !status.is_success() {
        return Err(refusal(status, &body.read_to_vec()?));
    }
    let mut reader = body.into_reader();
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        match reader.read(&mut buffer).context("the answer broke off")? {
            0 => return Ok(()),
            read => take(&buffer[..read])?,
        }
    }
}

fn refusal(status: StatusCode, bytes: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<Problem>(bytes) {
        Ok(problem) => anyhow!("{}", print::problem(&problem)),
        Err(_) => anyhow!("the server answered {status}"),
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

/// An HTTP client that believes the system's certificates, or those of a file instead.
pub fn agent(base: &str, ca: Option<&Path>, unverified: bool) -> Result<ureq::Agent> {
    let roots = match ca {
        Some(file) => certificates(file)?,
        None if base.starts_with("https://") && !unverified => system_certificates(),
        None => Vec::new(),
    };
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .disable_verification(unverified)
        .build();
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .tls_config(tls)
        .build();
    Ok(config.into())
}

fn call_remote(
    agent: &ureq::Agent,
    base: &str,
    request: Request<impl ureq::AsSendBody>,
) -> Result<(StatusCode, Vec<u8>)> {
    let answer = agent.run(request).with_context(|| format!("cannot reach {base}"))?;
    let status = answer.status();
    let bytes =
        answer.into_body().into_with_config().limit(ANSWER_BYTES_MAX as u64).read_to_vec()?;
    Ok((status, bytes))
}

fn system_certificates() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs().certs;
    found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>> {
    let shown = file.display();
    let pem = fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    });
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        bail!("{shown} has no certificate");
    }
    Ok(certificates)
}

/// One part of a path, with everything escaped that would end it.
pub fn segment(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
