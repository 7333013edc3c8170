//! TLS: the CA certificates that a connection trusts, the client certificate that it presents, and private keys.
//!
//! * `trust`: [`Trust`], which reads the CA certificates and the client certificate of a connection;
//! * `signing_key`: [`SigningKey`], the private keys that sign client assertions;
//! * `cause`: the cause of a failed handshake, as a [`TlsCause`](crate::TlsCause).

mod cause;
mod signing_key;
mod trust;

pub(crate) use self::cause::cause;
pub(crate) use self::signing_key::SigningKey;
pub(crate) use self::trust::{MAX_LENGTH, Trust, TrustError};
