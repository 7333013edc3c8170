//! Why a TLS handshake failed: the usual causes, told from rustls's errors.

use rustls::{AlertDescription, CertificateError, Error};

use crate::error::TlsCause;

/// Returns the cause of a failed handshake; `None` if it is none of the usual ones.
pub(crate) fn cause(error: &Error) -> Option<TlsCause> {
    Some(match error {
        Error::InvalidCertificate(certificate) => match certificate {
            // A bad signature is that of an issuer with a trusted one's name and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsCause::UntrustedIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsCause::WrongHost,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsCause::OutOfDate,
            _ => return None,
        },
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown,
        ) => TlsCause::ClientCertificate,
        Error::InvalidMessage(_) => TlsCause::NotTls,
        _ => return None,
    })
}
