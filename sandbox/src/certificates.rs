//! A certificate authority for one backend, so that clients check what they talk to.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// PEM texts of an authority and of one server that it vouches for.
pub struct Authority {
    /// The authority's certificate: what a kubeconfig carries.
    pub ca: String,
    /// The server's certificate.
    pub certificate: String,
    /// The server's private key, PKCS#8.
    pub key: String,
}

impl Authority {
    /// Makes a new authority and a certificate for a server at these addresses and names.
    pub fn for_server(names: &[&str]) -> Result<Self, rcgen::Error> {
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.distinguished_name.push(DnType::CommonName, "sandbox authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let ca_key = KeyPair::generate()?;
        let ca_pem = ca.self_signed(&ca_key)?.pem();

        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "sandbox API server");
        server.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key))?.pem();
        Ok(Self { ca: ca_pem, certificate, key: key.serialize_pem() })
    }
}
