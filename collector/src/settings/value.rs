//! What a setting's text can mean. The same text comes from a flag, the environment and the file.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tracing::Level;

/// A type that a setting can have.
pub trait Value: Sized {
    /// The value, or what the setting takes instead.
    fn read(text: &str) -> Result<Self, String>;
}

impl<T: Value> Value for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::read(text).map(Some) }
    }
}

impl Value for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
}

impl Value for SocketAddr {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "takes an address and a port, such as 127.0.0.1:8080".into())
    }
}

impl Value for u32 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "takes a whole number".into())
    }
}

impl Value for Duration {
    fn read(text: &str) -> Result<Self, String> {
        const UNITS_MS: [(&str, u64); 3] = [("ms", 1), ("s", 1_000), ("m", 60_000)];
        let read = UNITS_MS.iter().find_map(|(unit, ms)| {
            let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
            Some(Self::from_millis(u64::from(number) * ms))
        });
        read.ok_or_else(|| "takes a time such as 500ms, 30s or 2m".into())
    }
}

/// An address of the web, which links begin with; without a slash at its end.
#[derive(Clone, Debug)]
pub struct WebAddress(pub String);

impl Value for WebAddress {
    fn read(text: &str) -> Result<Self, String> {
        let address = text.trim_end_matches('/');
        let host = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
        match host {
            Some(host) if !host.is_empty() && !host.contains([' ', '?', '#']) => {
                Ok(Self(address.to_owned()))
            }
            _ => Err("takes an address such as https://feedback.example.it".into()),
        }
    }
}

/// Networks, written as `10.0.0.0/8,::1`.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl Value for Networks {
    fn read(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let single = || part.parse::<IpAddr>().map(IpNet::from);
            part.parse().or_else(|_| single()).map_err(|_| {
                format!("{part} is not a network such as 10.0.0.0/8 or an address such as ::1")
            })
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// A setting that takes one of a few words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $word:literal),+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),+ }

        impl Value for $name {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("takes {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(
    /// Which header the trusted proxies write. Only one is read: the other could come from anyone.
    ForwardedHeader { XForwardedFor = "x-forwarded-for", Forwarded = "forwarded" }
);
words!(LogFormat { Text = "text", Json = "json" });
words!(LogLevel { Error = "error", Warn = "warn", Info = "info", Debug = "debug" });
words!(
    /// Who may read `/metrics`.
    MetricsAccess { Token = "token", Public = "public", Off = "off" }
);

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, ms) in [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("30", None),
            ("-1s", None),
            ("s", None),
            ("", None),
        ] {
            let read = Duration::read(text).ok();
            assert_eq!(read, ms.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn networks_are_lists_of_either_kind() {
        let networks = Networks::read("10.0.0.0/8, ::1,192.0.2.7").unwrap();
        for (address, inside) in
            [("10.1.2.3", true), ("192.0.2.7", true), ("192.0.2.8", false), ("::1", true)]
        {
            assert_eq!(networks.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!(!Networks::read("").unwrap().contains([127, 0, 0, 1].into()));
        assert!(Networks::read("10.0.0.0/33").is_err());
        assert!(Networks::read("proxy.example").is_err());
    }
}
