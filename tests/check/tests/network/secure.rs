//! TLS: whom ours believes, and as whom it shows itself.

use std::io::Write;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use temp::Temp;

use crate::answers::{read, response, serve, validate};

/// A certificate and its key.
struct Identity {
    cert: String,
    key: String,
}

fn names() -> Vec<String> {
    vec!["localhost".to_string(), "127.0.0.1".to_string()]
}

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(names()).expect("names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an issuer")
}

fn issued(
    issuer: &CertifiedIssuer<'static, KeyPair>,
    change: impl Fn(&mut CertificateParams),
) -> Identity {
    let mut params = CertificateParams::new(names()).expect("names");
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    Identity {
        cert: params.signed_by(&key, issuer).expect("a certificate").pem(),
        key: key.serialize_pem(),
    }
}

/// Serves with a certificate; with roots it wants one of them from who asks.
fn secure(identity: &Identity, roots: Option<&str>) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match roots {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut store = RootCertStore::empty();
            store
                .add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a root"))
                .expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let cert = CertificateDer::from_pem_slice(identity.cert.as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a key");
    let config = Arc::new(builder.with_single_cert(vec![cert], key).expect("a server"));
    serve(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = StreamOwned::new(connection, stream);
        read(&mut stream);
        let _ = stream.write_all(&response(200, &[], b"secret"));
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

fn ask(port: u16, host: &str, more: &str) -> crate::answers::Done {
    validate(&format!(
        "http:\n  https://{host}:{port}/:\n    status: 200\n    body: secret\n{more}"
    ))
}

#[test]
fn what_the_roots_vouch_for_is_believed() {
    let files = Temp::new();
    let authority = issuer();
    let ca = files.write("ca.pem", authority.pem());
    let ca = format!("    ca-file: {}\n", ca.display());
    let good = secure(&issued(&authority, |_| {}), None);
    ask(good, "127.0.0.1", &ca).passes();
    ask(good, "localhost", &ca).passes();
    ask(good, "localhost", "").says("x509: certificate signed by unknown authority");
    ask(good, "localhost", "    allow-insecure: true\n").passes();
    let wrong = secure(
        &issued(&authority, |params| {
            *params = CertificateParams::new(vec!["other.test".to_string()]).expect("a name");
        }),
        None,
    );
    ask(wrong, "localhost", &ca).says("x509: certificate is not valid for localhost");
    ask(wrong, "localhost", "    allow-insecure: true\n").passes();
    let old = secure(
        &issued(&authority, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 1);
        }),
        None,
    );
    ask(old, "localhost", &ca).says("x509: certificate has expired or is not yet valid");
}

#[test]
fn a_certificate_of_an_authority_may_be_its_own_root() {
    let files = Temp::new();
    let authority = issuer();
    let identity = Identity {
        cert: authority.pem(),
        key: authority.key().serialize_pem(),
    };
    let own = files.write("own.pem", &identity.cert);
    let port = secure(&identity, None);
    ask(
        port,
        "localhost",
        &format!("    ca-file: {}\n", own.display()),
    )
    .passes();
    ask(port, "localhost", "").says("x509: certificate signed by unknown authority");
    let other = files.write("other.pem", issuer().pem());
    ask(
        port,
        "localhost",
        &format!("    ca-file: {}\n", other.display()),
    )
    .says("x509: ");
}

#[test]
fn a_server_may_want_to_know_who_asks() {
    let files = Temp::new();
    let authority = issuer();
    let ca = files.write("ca.pem", authority.pem());
    let port = secure(&issued(&authority, |_| {}), Some(&authority.pem()));
    let client = issued(&authority, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let cert = files.write("client.pem", &client.cert);
    let key = files.write("client.key", &client.key);
    let other = files.write(
        "other.key",
        KeyPair::generate().expect("a key").serialize_pem(),
    );
    let with = |cert: &std::path::Path, key: Option<&std::path::Path>| {
        let key = key.map(|key| format!("    key-file: {}\n", key.display()));
        ask(
            port,
            "localhost",
            &format!(
                "    ca-file: {}\n    cert-file: {}\n{}",
                ca.display(),
                cert.display(),
                key.unwrap_or_default()
            ),
        )
    };
    with(&cert, Some(&key)).passes();
    with(&cert, None).says("remote error: tls: certificate required");
    with(&cert, Some(&other)).says("tls: private key does not match public key");
    with(&cert, Some(&cert)).says("tls: found a certificate rather than a key");
}

#[test]
fn a_server_without_tls_is_told_apart() {
    let port = crate::answers::http(|_| response(200, &[], b"secret"));
    ask(port, "localhost", "    timeout: 1000\n").says("https://localhost");
}
