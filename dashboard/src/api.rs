//! The owner's HTTP interface: same origin, signed in by a cookie that scripts cannot read.

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::Problem;
use shared::page::SessionOut;
use web_sys::AbortSignal;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Not signed in, or no longer.
    SignedOut,
    /// The collector said why.
    Refused(Problem),
    /// No connection, or no collector.
    Unreachable,
    /// An answer that is not of this interface.
    Unreadable,
}

/// What a manager signs in with.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// From a one-time link.
    Code(String),
    /// `mt_…` or `ot_…`.
    Token(String),
}

const SESSION: &str = "/v1/session";
/// A page of another origin cannot send this header, so the cookie alone changes nothing.
const CLIENT: (&str, &str) = ("x-ascolto-client", "dashboard");

pub async fn session() -> Result<SessionOut, Failure> {
    read(Request::get(SESSION).send().await).await
}

pub async fn sign_in(credential: &Credential) -> Result<SessionOut, Failure> {
    let request = Request::post(SESSION).header(CLIENT.0, CLIENT.1).json(credential);
    read(request.map_err(|_| Failure::Unreadable)?.send().await).await
}

pub async fn sign_out() -> Result<(), Failure> {
    delete(SESSION).await
}

pub async fn get<T: DeserializeOwned>(path: &str, abort: &AbortSignal) -> Result<T, Failure> {
    let request: RequestBuilder = Request::get(path).abort_signal(Some(abort));
    read(request.send().await).await
}

/// POST to an address that says by itself what is to be done.
pub async fn post(path: &str) -> Result<(), Failure> {
    change(Request::post(path)).await
}

pub async fn delete(path: &str) -> Result<(), Failure> {
    change(Request::delete(path)).await
}

async fn change(request: RequestBuilder) -> Result<(), Failure> {
    let answer = request.header(CLIENT.0, CLIENT.1).send().await;
    let answer = answer.map_err(|_| Failure::Unreachable)?;
    if answer.ok() { Ok(()) } else { Err(refusal(answer).await) }
}

async fn read<T: DeserializeOwned>(
    answer: Result<Response, gloo_net::Error>,
) -> Result<T, Failure> {
    let answer = answer.map_err(|_| Failure::Unreachable)?;
    if !answer.ok() {
        return Err(refusal(answer).await);
    }
    // By way of a value: one JSON parser in the module instead of one for each type.
    let json: serde_json::Value = answer.json().await.map_err(|_| Failure::Unreadable)?;
    T::deserialize(json).map_err(|_| Failure::Unreadable)
}

async fn refusal(answer: Response) -> Failure {
    if answer.status() == 401 {
        return Failure::SignedOut;
    }
    let json = answer.json().await.unwrap_or(serde_json::Value::Null);
    Problem::deserialize(json).map_or(Failure::Unreadable, Failure::Refused)
}
