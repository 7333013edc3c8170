//! The secret store `keyring`: the entries that Python's `keyring` package wrote for the gateway.
//!
//! The entries are items of the Secret Service, which GNOME Keyring, `KWallet` and `KeePassXC` offer on the session's
//! D-Bus. The package stores an item in the default collection with the attributes `service` and `username`, and
//! searches for these two when it reads. A third attribute, `application`, only names the program that wrote the item.
//!
//! The value crosses the bus without encryption. The bus belongs to the session of one user, and only this user can
//! open its socket. The encryption that the Secret Service offers would add nothing, because its key is agreed over the
//! same socket.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::time::Duration;

use zbus::{Connection, DynamicType, Message, OwnedObjectPath, OwnedVariant, Type, Variant, fdo};
use zeroize::Zeroizing;

use super::{SecretError, SecretStore};
use crate::secret::Secret;

/// The attribute `service` of the gateway's items.
const SERVICE: &str = "argus-mcp";
/// The time for one look-up, including the start of the daemon.
const TIMEOUT: Duration = Duration::from_secs(10);
const DESTINATION: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
/// The end of a message: what an operator can use in place of a keyring.
const ALTERNATIVES: &str = "or use `secrets.provider: file` or `env`";

/// Asks the daemon for each secret. Secrets are not cached.
#[derive(Default)]
pub(crate) struct KeyringStore {
    /// The reason why the daemon can't be used. It is kept, so that further look-ups fail at once, without the timeout.
    failure: OnceCell<SecretError>,
}

impl SecretStore for KeyringStore {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        if let Some(failure) = self.failure.get() {
            return Err(failure.clone());
        }
        // The look-up has a thread of its own, because the calling thread may belong to an async runtime, and tokio
        // panics if a runtime blocks inside another.
        let found = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("argus-auth-keyring".to_owned());
            let started = thread.spawn_scoped(scope, || block_on_look_up(name));
            started.map_err(|error| error.to_string())?.join().map_err(|_| "internal error".to_owned())
        });
        let found = found.unwrap_or_else(|error| Err(format!("the keyring can't be asked: {error}")));
        let found = found.map_err(|message| self.failure.get_or_init(|| SecretError(message)).clone())?;
        let Some(value) = found else { return Ok(None) };
        // This error concerns one entry only, so it is not kept.
        let text = std::str::from_utf8(&value);
        text.map(|text| Some(Secret::new(text)))
            .map_err(|_| SecretError("the keyring's entry is not valid UTF-8".to_owned()))
    }

    fn explain_missing(&self, _: &str) -> String {
        format!("the default keyring has no such entry for the service {SERVICE:?}")
    }
}

/// Looks up a secret and blocks for at most [`TIMEOUT`].
fn block_on_look_up(name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the keyring can't be asked: {error}"))?;
    runtime.block_on(async {
        tokio::time::timeout(TIMEOUT, look_up(name))
            .await
            .unwrap_or_else(|_| Err(format!("the keyring did not answer within {} seconds", TIMEOUT.as_secs())))
    })
}

async fn look_up(name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let bus = Connection::session().await.map_err(|error| {
        format!(
            "the keyring can't be reached, because there is no D-Bus session bus ({error}); start the program in the \
             session that the keyring belongs to, set DBUS_SESSION_BUS_ADDRESS, {ALTERNATIVES}"
        )
    })?;
    let keyring = Keyring { bus };
    let collection: OwnedObjectPath = keyring.call(ROOT, "Service", "ReadAlias", &"default").await?;
    if collection.as_str() == "/" {
        return Ok(None);
    }
    let attributes = HashMap::from([("service", SERVICE), ("username", name)]);
    let items: Vec<OwnedObjectPath> =
        keyring.call(collection.as_str(), "Collection", "SearchItems", &attributes).await?;
    let Some(item) = items.first() else { return Ok(None) };
    keyring.unlock(item).await?;
    keyring.secret(item).await.map(Some)
}

/// The structure `Secret` of the Secret Service: session, parameters of the encryption, value, content type.
type ItemSecret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// A connection to the Secret Service.
struct Keyring {
    bus: Connection,
}

impl Keyring {
    /// Calls a method of the Secret Service, and returns the body of the reply.
    async fn call<B, R>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<R, String>
    where
        B: serde::Serialize + DynamicType + Sync,
        R: for<'r> serde::Deserialize<'r> + Type,
    {
        let reply = self.send(path, interface, method, body).await?;
        reply
            .body()
            .deserialize()
            .map_err(|error| format!("the keyring's answer to {method} is not understood: {error}"))
    }

    async fn send<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<Message, String>
    where
        B: serde::Serialize + DynamicType + Sync,
    {
        let interface = format!("org.freedesktop.Secret.{interface}");
        let call = self.bus.call_method(Some(DESTINATION), path, Some(interface.as_str()), method, body);
        call.await.map_err(|error| match &error {
            zbus::Error::FDO(fdo) if matches!(**fdo, fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_)) => {
                format!(
                    "no keyring runs on the D-Bus session bus; start one that offers the Secret Service, such as \
                     gnome-keyring-daemon, {ALTERNATIVES}"
                )
            }
            zbus::Error::MethodError(name, ..) if name.ends_with(".IsLocked") => locked(),
            _ => format!("the keyring failed at {method}: {error}"),
        })
    }

    /// Unlocks `item`, but only if no prompt is needed, because there may be no user to answer a prompt.
    async fn unlock(&self, item: &OwnedObjectPath) -> Result<(), String> {
        let (unlocked, _prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(ROOT, "Service", "Unlock", &(vec![item],)).await?;
        if unlocked.contains(item) { Ok(()) } else { Err(locked()) }
    }

    /// Returns the value of `item`.
    async fn secret(&self, item: &OwnedObjectPath) -> Result<Zeroizing<Vec<u8>>, String> {
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            self.call(ROOT, "Service", "OpenSession", &("plain", Variant::from(""))).await?;
        let (_, _, value, _): ItemSecret = self.call(item.as_str(), "Item", "GetSecret", &session).await?;
        Ok(Zeroizing::new(value))
    }
}

fn locked() -> String {
    format!(
        "the keyring is locked; unlock it (log in to the desktop, or run `gnome-keyring-daemon --unlock`), \
         {ALTERNATIVES}"
    )
}
