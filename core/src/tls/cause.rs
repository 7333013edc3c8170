//! The usual causes of a failed TLS handshake, recognised from the errors of rustls.

use rustls::{AlertDescription, CertificateError, Error};

use crate::error::TlsCause;

/// Returns the cause of a failed handshake; `None` if it is not one of the usual causes.
pub(crate) fn cause(error: &Error) -> Option<TlsCause> {
    Some(match error {
        Error::InvalidCertificate(certificate) => match certificate {
            // A bad signature usually means that the issuer has the name of a trusted CA, but another key.
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
