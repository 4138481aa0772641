//! Whom TLS trusts: as rustls does, and also, as Go does, a server certificate that is itself one of the roots.
//!
//! Self-signed API servers are common in small clusters: their one certificate is both root and server certificate,
//! which webpki refuses when it is marked as a CA. Trusting exactly that certificate is no weaker than trusting
//! whatever it signs; its dates and names are still checked.

use std::{env, fs, sync::Arc};

use kube::{Config, client::ConfigExt as _};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};
use x509_parser::{prelude::FromDer as _, time::ASN1Time};

use crate::TlsError;

/// The TLS side of a configuration.
pub fn client_config(config: &Config) -> Result<ClientConfig, TlsError> {
    let fail = |text: String| TlsError::Unusable(text);
    let mut tls = config.rustls_client_config().map_err(|error| fail(error.to_string()))?;
    if config.accept_invalid_certs {
        return Ok(tls);
    }
    let provider = tls.crypto_provider().clone();
    let given = given_roots(config)?;
    let inner: Arc<dyn ServerCertVerifier> = match &given {
        Some(roots) => {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(roots.iter().cloned());
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build().map_err(
                |error| fail(format!("the certificate authority has no usable certificate: {error}")),
            )?
        }
        None => Arc::new(
            rustls_platform_verifier::Verifier::new(provider).map_err(|error| fail(error.to_string()))?,
        ),
    };
    let roots = given.unwrap_or_else(system_file);
    tls.dangerous().set_certificate_verifier(Arc::new(RootOrChain { inner, roots }));
    Ok(tls)
}

/// The roots that the configuration names; `None` leaves it to the system.
fn given_roots(config: &Config) -> Result<Option<Vec<CertificateDer<'static>>>, TlsError> {
    if let Some(path) = &config.root_cert_file {
        let pem = fs::read(path)
            .map_err(|error| TlsError::File { path: path.display().to_string(), source: error })?;
        return Ok(Some(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect()));
    }
    Ok(config.root_cert.as_ref().map(|roots| roots.iter().cloned().map(CertificateDer::from).collect()))
}

/// The certificates of `SSL_CERT_FILE`, which the system's verifier reads too.
fn system_file() -> Vec<CertificateDer<'static>> {
    let Some(pem) = env::var_os("SSL_CERT_FILE").and_then(|path| fs::read(path).ok()) else {
        return Vec::new();
    };
    CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect()
}

#[derive(Debug)]
struct RootOrChain {
    inner: Arc<dyn ServerCertVerifier>,
    roots: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for RootOrChain {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.roots.contains(end_entity) {
            return self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        }
        verify_dates(end_entity, now)?;
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn verify_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let bad = |error: CertificateError| Error::InvalidCertificate(error);
    let (_, parsed) = x509_parser::certificate::X509Certificate::from_der(certificate)
        .map_err(|_| bad(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).ok().and_then(|seconds| ASN1Time::from_timestamp(seconds).ok());
    match now {
        Some(now) if now < parsed.validity().not_before => Err(bad(CertificateError::NotValidYet)),
        Some(now) if now <= parsed.validity().not_after => Ok(()),
        _ => Err(bad(CertificateError::Expired)),
    }
}
