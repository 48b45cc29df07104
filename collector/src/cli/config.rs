//! Settings: flag, then environment, then the configuration file, then the default.

use super::args::Common;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What the file may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    public_url: Option<String>,
    server: Option<String>,
    token: Option<String>,
}

pub struct Config {
    data: Option<PathBuf>,
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub server: Option<String>,
    pub token: Option<String>,
}

impl Config {
    /// clap has joined flags and environment already.
    pub fn resolve(given: Common) -> Result<Self> {
        let file: File = match &given.config {
            None => File::default(),
            Some(path) => {
                let text = fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("in {}", path.display()))?
            }
        };
        Ok(Self {
            data: given.data.or(file.data),
            listen: file.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            public_url: file.public_url,
            server: given.server.or(file.server),
            token: given.token.or(file.token),
        })
    }

    pub fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("./ascolto-data"))
    }

    pub fn demo_data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("./ascolto-demo-data"))
    }
}
