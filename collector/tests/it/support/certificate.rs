//! Encryption as tests need it: certificates that only they believe.

use super::Server;
use std::path::PathBuf;
use tempfile::TempDir;

/// A certificate for 127.0.0.1 that nobody else believes, in files.
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    pub fn new() -> Self {
        let certificate = Self { folder: tempfile::tempdir().unwrap() };
        certificate.renew();
        certificate
    }

    /// As a renewal does: the same files, another certificate.
    pub fn renew(&self) {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(self.file("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(self.file("cert.pem"), made.cert.pem()).unwrap();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A collector that shows it, with more flags.
    pub fn serve(&self, flags: &[&str]) -> Server {
        let [certificate, key] = ["cert.pem", "key.pem"].map(|name| self.file(name));
        let tls = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        Server::start_with(&[&tls, flags].concat())
    }
}
