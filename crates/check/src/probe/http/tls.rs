//! TLS as a resource asks for it: whom it believes, and as whom it shows itself.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned,
};

use super::trust::{Anybody, Trust};
use super::wire::Wire;
use crate::probe::System;
use crate::probe::system::{errno, reading};
use crate::resource::Resource;

/// What a resource says of TLS.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) insecure: bool,
    pub(super) ca_file: String,
    pub(super) cert_file: String,
    pub(super) key_file: String,
}

/// The files in which systems keep the certificates that they believe, in Go's order.
const FILES: &[&str] = &[
    "etc/ssl/certs/ca-certificates.crt",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "etc/pki/tls/cacert.pem",
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "etc/ssl/cert.pem",
];

/// The directories of the same.
const DIRECTORIES: &[&str] = &["etc/ssl/certs", "etc/pki/tls/certs"];

/// The most files of a directory that are read.
const MOST_FILES: usize = 4096;

/// Roots, read once: each as it stands in its file, and as rustls wants it.
#[derive(Debug)]
pub(crate) struct Roots {
    all: Arc<Vec<CertificateDer<'static>>>,
    store: Arc<RootCertStore>,
}

impl Asked {
    pub(super) fn of(resource: &Resource) -> Asked {
        Asked {
            insecure: resource.is_set("allow-insecure"),
            ca_file: resource.text("ca-file"),
            cert_file: resource.text("cert-file"),
            key_file: resource.text("key-file"),
        }
    }

    /// What a connection needs to know. What is wrong with a file is said also where the
    /// address needs no TLS.
    ///
    /// # Errors
    /// A file is missing or holds something else, in goss's words.
    pub(super) fn config(&self, system: &System) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let own = match self.ca_file.as_str() {
            "" => None,
            file => Some(of_file(file)?),
        };
        let verifier = verifier(&provider, self.insecure, own, system)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| why.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        if self.cert_file.is_empty() || self.key_file.is_empty() {
            return Ok(Arc::new(builder.with_no_client_auth()));
        }
        let (chain, key) = self.identity()?;
        let config = builder.with_client_auth_cert(chain, key);
        config.map(Arc::new).map_err(|why| match why {
            rustls::Error::InconsistentKeys(_) => {
                "tls: private key does not match public key".to_string()
            }
            other => format!("tls: {other}"),
        })
    }

    fn identity(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
        let (chain, key) = (read(&self.cert_file)?, read(&self.key_file)?);
        let chain = certificates(&chain);
        if chain.is_empty() {
            return Err("tls: failed to find any PEM data in certificate input".to_string());
        }
        match PrivateKeyDer::from_pem_slice(&key) {
            Ok(key) => Ok((chain, key)),
            Err(_) if certificates(&key).is_empty() => {
                Err("tls: failed to find any PEM data in key input".to_string())
            }
            Err(_) => Err(
                "tls: found a certificate rather than a key in the PEM for the private key"
                    .to_string(),
            ),
        }
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let path = Path::new(path);
    reading::table(path).map_err(|why| errno::of_path("open", path, &why))
}

fn of_file(file: &str) -> Result<Roots, String> {
    let roots = Roots::new(certificates(&read(file)?));
    match roots.store.is_empty() {
        true => Err(format!("Failed parse root certificate: {file}")),
        false => Ok(roots),
    }
}

/// The certificates in a text; what else stands in it is passed over.
fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).flatten().collect()
}

fn verifier(
    provider: &Arc<CryptoProvider>,
    insecure: bool,
    own: Option<Roots>,
    system: &System,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    if insecure {
        let schemes = provider
            .signature_verification_algorithms
            .supported_schemes();
        return Ok(Arc::new(Anybody(schemes)));
    }
    let roots = own.as_ref().unwrap_or_else(|| system.roots());
    let store = Arc::clone(&roots.store);
    let by_roots = WebPkiServerVerifier::builder_with_provider(store, Arc::clone(provider))
        .build()
        .map_err(|why| why.to_string())?;
    Ok(Arc::new(Trust {
        by_roots,
        roots: Arc::clone(&roots.all),
    }))
}

impl Roots {
    fn new(all: Vec<CertificateDer<'static>>) -> Roots {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(all.iter().cloned());
        Roots {
            all: Arc::new(all),
            store: Arc::new(store),
        }
    }

    /// Those of this system: what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, else the first file
    /// that is there and what the directories hold. An image without any is asked as a browser
    /// would ask it: with the roots of Mozilla.
    pub(crate) fn of_system(system: &System) -> Roots {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let file = match named("SSL_CERT_FILE") {
            Some(file) => Some(PathBuf::from(file)),
            None => FILES
                .iter()
                .map(|file| system.at(file))
                .find(|file| file.exists()),
        };
        let mut all = Vec::new();
        all.extend(file.map(|file| certificates(&reading::table(&file).unwrap_or_default())));
        let mut all: Vec<CertificateDer<'static>> = all.into_iter().flatten().collect();
        let directories: Vec<PathBuf> = match named("SSL_CERT_DIR") {
            Some(list) => std::env::split_paths(&list).collect(),
            // A file holds what its directory holds, in one piece.
            None if all.is_empty() => DIRECTORIES.iter().map(|place| system.at(place)).collect(),
            None => Vec::new(),
        };
        for directory in directories {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            for entry in entries.take(MOST_FILES) {
                let text = reading::table(&entry.path()).unwrap_or_default();
                all.extend(certificates(&text));
            }
        }
        let roots = Roots::new(all);
        match roots.store.is_empty() {
            true => Roots {
                all: Arc::default(),
                store: Arc::new(RootCertStore {
                    roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
                }),
            },
            false => roots,
        }
    }
}

/// Begins TLS with a host, and waits until it is agreed upon.
///
/// # Errors
/// In Go's words where they are known.
pub(super) fn begin(
    config: Arc<ClientConfig>,
    host: &str,
    mut wire: Box<dyn Wire>,
) -> io::Result<Box<dyn Wire>> {
    let name = ServerName::try_from(host.to_string())
        .map_err(|_| io::Error::other(format!("tls: {host} is no name of a server")))?;
    let mut connection =
        ClientConnection::new(config, name).map_err(|why| io::Error::other(words(&why, host)))?;
    while connection.is_handshaking() {
        connection
            .complete_io(&mut wire)
            .map_err(|why| in_words(why, host))?;
    }
    Ok(Box::new(Quiet(StreamOwned::new(connection, wire))))
}

fn in_words(why: io::Error, host: &str) -> io::Error {
    let inner = why
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(inner) => io::Error::other(words(inner, host)),
        None => why,
    }
}

fn words(why: &rustls::Error, host: &str) -> String {
    let certificate = |why: &str| format!("tls: failed to verify certificate: x509: {why}");
    match why {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => {
                certificate("certificate signed by unknown authority")
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                certificate("certificate has expired or is not yet valid")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                certificate(&format!("certificate is not valid for {host}"))
            }
            // That of an authority, shown as a server's own: nobody vouches for it.
            CertificateError::Other(_) => certificate("certificate signed by unknown authority"),
            other => certificate(&other.to_string()),
        },
        rustls::Error::AlertReceived(alert) => format!("remote error: tls: {}", said(*alert)),
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            "http: server gave HTTP response to HTTPS client".to_string()
        }
        other => format!("tls: {other}"),
    }
}

/// What a server says before it closes, in Go's words.
fn said(alert: AlertDescription) -> String {
    let words = match alert {
        AlertDescription::HandshakeFailure => "handshake failure",
        AlertDescription::BadCertificate => "bad certificate",
        AlertDescription::CertificateExpired => "expired certificate",
        AlertDescription::CertificateUnknown => "unknown certificate",
        AlertDescription::CertificateRequired => "certificate required",
        AlertDescription::UnknownCA => "unknown certificate authority",
        AlertDescription::AccessDenied => "access denied",
        AlertDescription::ProtocolVersion => "protocol version not supported",
        AlertDescription::InternalError => "internal error",
        AlertDescription::UnrecognisedName => "unrecognized name",
        other => return format!("{other:?}"),
    };
    words.to_string()
}

/// A stream whose other side may close without a word, as many servers do.
struct Quiet(StreamOwned<ClientConnection, Box<dyn Wire>>);

impl Read for Quiet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            other => other.map_err(|why| in_words(why, "")),
        }
    }
}

impl io::Write for Quiet {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
