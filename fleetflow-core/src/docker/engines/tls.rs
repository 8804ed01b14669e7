//! TLS to an engine that is reached over TCP: whom to believe, and who we are. It opens no connection.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// The certificates for an engine that speaks TLS, each as text in the form of PEM: what the docker command keeps as
/// `ca.pem`, `cert.pem` and `key.pem`.
#[derive(Clone)]
pub struct EngineTls {
    /// The certificates of those who may vouch for the engine.
    pub authorities: String,
    /// Our own certificate and its private key, where the engine asks for them.
    pub client: Option<(String, SecretString)>,
}

impl fmt::Debug for EngineTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineTls")
            .field("client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}

impl EngineTls {
    /// What connections are made with.
    pub(super) fn connector(&self) -> Result<TlsConnector> {
        let mut roots = RootCertStore::empty();
        for authority in certificates(&self.authorities, "the authorities")? {
            roots
                .add(authority)
                .map_err(|error| useless("the authorities", &error))?;
        }
        if roots.is_empty() {
            return Err(useless("the authorities", &"there is no certificate in it"));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| useless("TLS", &error))?
            .with_root_certificates(roots);
        let config = match &self.client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate, "our own certificate")?;
                let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes())
                    .map_err(|error| useless("our own key", &error))?;
                config
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| useless("our own certificate", &error))?
            }
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// TLS over `socket` with the engine at `address`.
pub(super) async fn shake_hands(
    connector: &TlsConnector,
    address: &str,
    socket: TcpStream,
) -> Result<TlsStream<TcpStream>> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let failed = |why: &dyn fmt::Display| {
        let message = format!("no TLS with the container engine at {address}: {why}");
        Error::of(&codes::TLS, message)
            .help("see that `ca.pem`, `cert.pem` and `key.pem` are of that engine, and that its certificate names this host")
    };
    let name = ServerName::try_from(host).map_err(|error| failed(&error))?;
    let stream = connector.connect(name, socket).await;
    stream.map_err(|error| failed(&error))
}

fn certificates(text: &str, whose: &str) -> Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    all.map_err(|error| useless(whose, &error))
}

fn useless(what: &str, why: &dyn fmt::Display) -> Error {
    let message = format!("{what} for the container engine cannot be used: {why}");
    Error::new(ErrorKind::Local, message).help("see that `ca.pem`, `cert.pem` and `key.pem` are whole")
}
