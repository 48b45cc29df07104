//! Every setting, once: its name, what it is for, its type and its default. The flag, the
//! environment variable, the file's key, the help text and `ascolto config` come from this table.

mod file;
mod table;
mod value;

pub use file::{FileError, read_file};
pub use table::{Given, Names, Origin, Resolved, Scope, Setting, SettingError, names, resolve};
pub use value::{ForwardedHeader, LogFormat, LogLevel, MetricsAccess, Networks, Value, WebAddress};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use table::Reader;

/// Writes the table and the struct of checked values from one list.
macro_rules! settings {
    ($($about:literal, $scope:ident $(, $secret:ident)?; $name:ident: $kind:ty = $default:literal;)*) => {
        /// The settings of one run, checked.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $(#[doc = $about] pub $name: $kind,)*
        }

        pub const TABLE: &[Setting] = &[$(Setting {
            name: stringify!($name),
            about: $about,
            default: $default,
            scope: Scope::$scope,
            secret: settings!(@secret $($secret)?),
            check: |text| <$kind as Value>::read(text).map(drop),
        },)*];

        impl Settings {
            pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, SettingError> {
                Ok(Self { $($name: reader.value(stringify!($name))?,)* })
            }
        }
    };
    (@secret) => { false };
    (@secret secret) => { true };
}

settings! {
    "The data folder [default: ./ascolto-data, for the demo ./ascolto-demo-data]", Everywhere;
    data: Option<PathBuf> = "";
    "A running server to talk to, such as http://127.0.0.1:8080", Everywhere;
    server: Option<String> = "";
    "The token to talk to it with", Everywhere, secret;
    token: Option<String> = "";
    "Certificates (PEM) to believe instead of the system's when talking to an https server", Everywhere;
    ca: Option<PathBuf> = "";

    "Where to listen", Serving;
    listen: SocketAddr = "127.0.0.1:8080";
    "Where browsers reach the collector [default: http or https and the address it listens on]", Everywhere;
    public_url: Option<WebAddress> = "";
    "The certificate chain (PEM); with tls_key the collector speaks https alone", Serving;
    tls_cert: Option<PathBuf> = "";
    "The certificate's private key (PEM)", Serving;
    tls_key: Option<PathBuf> = "";

    "Networks of the proxies that say whom a request is from, such as 127.0.0.1/32,10.0.0.0/8", Serving;
    trusted_proxies: Networks = "";
    "The header in which they say it: x-forwarded-for or forwarded", Serving;
    forwarded_header: ForwardedHeader = "x-forwarded-for";

    "Connections at once, and as many requests by HTTP/2; one more is refused", Serving;
    connections_max: u32 = "4096";
    "Connections of one address (of IPv6 of one /64) at once, and as many requests by HTTP/2, trusted proxies apart; 0: no limit", Serving;
    connections_per_address: u32 = "256";
    "From a request's first byte, or a new connection, to the end of its header", Serving;
    header_timeout: Duration = "10s";
    "From a request's header to the end of its body; also how long a reader may take nothing", Serving;
    body_timeout: Duration = "30s";
    "How long a connection may wait for its next request", Serving;
    idle_timeout: Duration = "75s";
    "Between the signal to stop and the last new connection: readiness fails meanwhile", Serving;
    stop_delay: Duration = "0s";

    "Answers and beacons from one address (of IPv6 from one /64) a minute; 0: no limit", Serving;
    rate_address_per_minute: u32 = "120";
    "How many of them may come at once, as from an office behind one address", Serving;
    rate_address_burst: u32 = "600";
    "Answers and beacons for one site a second; 0: no limit", Serving;
    rate_site_per_second: u32 = "200";
    "How many of them may come at once", Serving;
    rate_site_burst: u32 = "2000";
    "Wrong tokens and failed sign-ins from one address a minute; 0: no limit", Serving;
    rate_failures_per_minute: u32 = "12";
    "How many of them may come at once", Serving;
    rate_failures_burst: u32 = "30";

    "Numbers that a visitor's device may have to try before it sends, such as 50000; 0: none", Serving;
    proof_of_work: u32 = "0";

    "Whoever takes less than this for each answer of a form is held as a program; 0s: not timed", Serving;
    answer_time_min: Duration = "300ms";

    "KiB of the log ahead of the store that make the store be synced, and the log begin anew", Serving;
    ahead_kib: u32 = "16384";

    "How the log is written: text or json", Serving;
    log_format: LogFormat = "text";
    "What the log holds: error, warn, info (a line for each request) or debug", Serving;
    log_level: LogLevel = "info";
    "Who may read /metrics: token, public or off", Serving;
    metrics: MetricsAccess = "token";
    "A token that may read /metrics and nothing else", Serving, secret;
    metrics_token: Option<String> = "";
}

impl Settings {
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| "./ascolto-data".into())
    }

    pub fn demo_data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| "./ascolto-demo-data".into())
    }

    /// Where browsers reach a collector that listens on this address.
    pub fn public_url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls_cert.is_some() { "https" } else { "http" };
        let told = self.public_url.as_ref().map(|url| url.0.clone());
        told.unwrap_or_else(|| format!("{scheme}://{address}"))
    }
}

impl Default for Settings {
    /// # Panics
    /// Where a default of the table is wrong, which a test excludes.
    fn default() -> Self {
        resolve(&[], None).expect("the defaults are right").settings
    }
}
