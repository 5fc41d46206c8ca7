//! The certificate of an FTPS server.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::DigitallySignedStruct;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};

use crate::RemoteError;
use crate::remote_error::words;

/// Checks the certificate of FTPS: it must be the expected one, or one that a known authority signed for the server's
/// name.
#[derive(Debug)]
pub(crate) struct Certificate {
    expected: Option<String>,
    refused: Mutex<Option<String>>,
    /// The cryptography of the connection.
    pub(crate) provider: Arc<rustls::crypto::CryptoProvider>,
    known: rustls_platform_verifier::Verifier,
}

impl Certificate {
    pub(crate) fn expecting(expected: Option<String>) -> Result<Self, RemoteError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let known = rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
            .map_err(|error| RemoteError::Unreachable(words(error)))?;
        Ok(Self { expected, refused: Mutex::new(None), provider, known })
    }

    /// Returns the fingerprint of the refused certificate.
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Certificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(end_entity)));
        let verdict = match &self.expected {
            Some(expected) if *expected == fingerprint => Ok(ServerCertVerified::assertion()),
            Some(_) => Err(rustls::Error::General("another certificate was expected".to_owned())),
            None => self.known.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
        };
        if verdict.is_err() {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        }
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.known.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.known.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.known.supported_verify_schemes()
    }
}
