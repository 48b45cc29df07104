//! Encryption by certificate files, which are read again when they change or on SIGHUP: a
//! renewed certificate needs no restart.

use anyhow::{Context, Result, bail};
use arc_swap::ArcSwap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::Signal;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

const HTTP2: &[u8] = b"h2";
/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// `None` where neither file is set.
    pub fn from_files(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<Self>> {
        let (certificate, key) = match (certificate, key) {
            (Some(certificate), Some(key)) => (certificate.to_owned(), key.to_owned()),
            (None, None) => return Ok(None),
            _ => bail!("tls_cert and tls_key go together: one of them is missing"),
        };
        let current = ArcSwap::from_pointee(read(&certificate, &key)?);
        Ok(Some(Self { certificate, key, current }))
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Keeps the certificate as the files have it; with wrong files the last right one stays.
    pub async fn keep_fresh(&self, mut hangup: Signal) {
        let mut seen = self.changed_at();
        loop {
            let asked = tokio::select! {
                _ = hangup.recv() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let changed = self.changed_at();
            if asked || changed != seen {
                seen = changed;
                self.reload();
            }
        }
    }

    fn reload(&self) {
        match read(&self.certificate, &self.key) {
            Ok(config) => {
                self.current.store(Arc::new(config));
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!("the old certificate stays: {error:#}"),
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|file| fs::metadata(file).ok()?.modified().ok())
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig> {
    let shown = certificate.display();
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read certificates from {shown}"))?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read a private key from {}", key.display()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .with_context(|| format!("{shown} and {} do not fit", key.display()))?;
    config.alpn_protocols = [HTTP2, b"http/1.1"].map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

/// Whether the other end chose it.
pub fn is_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}
