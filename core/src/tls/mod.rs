//! TLS: whom a connection trusts, the certificate it shows, and the keys that sign client assertions.
//!
//! * `trust`: [`Trust`], which CA certificates and which client certificate a connection uses, read from the files that
//!   are named;
//! * `signing_key`: [`SigningKey`], the private keys of client assertions;
//! * `cause`: why a handshake failed, as a [`TlsCause`](crate::TlsCause).

mod cause;
mod signing_key;
mod trust;

pub(crate) use self::cause::cause;
pub(crate) use self::signing_key::SigningKey;
pub(crate) use self::trust::{MAX_LENGTH, Trust, TrustError};
