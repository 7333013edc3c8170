//! `secrets.provider: keyring`: the entries that Python's `keyring` package wrote for the gateway.
//!
//! They are items of the Secret Service, which GNOME Keyring, `KWallet` and `KeePassXC` offer on the session's D-Bus. That
//! package files an item in the default collection under the attributes `service` and `username`, and asks for these
//! two alone when it reads; a third one, `application`, only says who wrote it.
//!
//! The value crosses the bus as it is: a bus of one user's session, through a socket that only this user can open, and
//! the encryption that the Secret Service offers would be under a key agreed upon over the same socket.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::time::Duration;

use zbus::{Connection, DynamicType, Message, OwnedObjectPath, OwnedVariant, Type, Variant, fdo};
use zeroize::Zeroizing;

use super::{SecretError, SecretProvider};
use crate::secret::Secret;

const SERVICE: &str = "argus-mcp";
/// For one look-up, starting the daemon included.
const TIMEOUT: Duration = Duration::from_secs(10);
const DESTINATION: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const OTHERWISE: &str = "or use `secrets.provider: file` or `env`";

/// Asks the daemon anew for each secret.
#[derive(Default)]
pub(crate) struct KeyringProvider {
    /// Why the daemon can't be used. Once that is known, no other secret waits for it.
    failure: OnceCell<SecretError>,
}

impl SecretProvider for KeyringProvider {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        if let Some(failure) = self.failure.get() {
            return Err(failure.clone());
        }
        // A thread of its own, because the caller's may be one of a runtime that must not be blocked from within.
        let found = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("argus-auth-keyring".to_owned());
            let started = thread.spawn_scoped(scope, || block_on_look_up(name));
            started.map_err(|error| error.to_string())?.join().map_err(|_| "internal error".to_owned())
        });
        let found = found.unwrap_or_else(|error| Err(format!("the keyring can't be asked: {error}")));
        let found = found.map_err(|message| self.failure.get_or_init(|| SecretError(message)).clone())?;
        let Some(value) = found else { return Ok(None) };
        // This entry's own fault, which says nothing of the others.
        let text = std::str::from_utf8(&value);
        text.map(|text| Some(Secret::new(text)))
            .map_err(|_| SecretError("the keyring's entry is not valid UTF-8".to_owned()))
    }

    fn explain_missing(&self, _: &str) -> String {
        format!("the default keyring has no such entry for the service {SERVICE:?}")
    }
}

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
             session whose keyring it is, set DBUS_SESSION_BUS_ADDRESS, {OTHERWISE}"
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

/// The Secret Service's own structure: session, parameters of the encryption, value, content type.
type ItemSecret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

struct Keyring {
    bus: Connection,
}

impl Keyring {
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
                     gnome-keyring-daemon, {OTHERWISE}"
                )
            }
            zbus::Error::MethodError(name, ..) if name.ends_with(".IsLocked") => locked(),
            _ => format!("the keyring failed at {method}: {error}"),
        })
    }

    /// Unlocks `item` if that takes no one's answer to a prompt: nobody is there to give it.
    async fn unlock(&self, item: &OwnedObjectPath) -> Result<(), String> {
        let (unlocked, _prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(ROOT, "Service", "Unlock", &(vec![item],)).await?;
        if unlocked.contains(item) { Ok(()) } else { Err(locked()) }
    }

    async fn secret(&self, item: &OwnedObjectPath) -> Result<Zeroizing<Vec<u8>>, String> {
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            self.call(ROOT, "Service", "OpenSession", &("plain", Variant::from(""))).await?;
        let (_, _, value, _): ItemSecret = self.call(item.as_str(), "Item", "GetSecret", &session).await?;
        Ok(Zeroizing::new(value))
    }
}

fn locked() -> String {
    format!(
        "the keyring is locked; unlock it (logging in to the desktop does, or `gnome-keyring-daemon --unlock`), {OTHERWISE}"
    )
}
