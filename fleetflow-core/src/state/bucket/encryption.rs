//! Objects in the age format, so that `age -d` opens them too. It hides content, not names, sizes or times.

use std::str::FromStr as _;
use std::sync::Arc;

use age::{DecryptError, scrypt, x25519};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;

use super::objects::{Cipher, Condition, Objects, Put};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// The name of the object with the state's own key, which the passphrase opens.
const IDENTITY: &str = "identity.age";
/// The work of trying one passphrase is 2 to this power: about a second, and 256 MiB.
const WORK: u8 = 18;
/// More work than this is a trap.
const MOST_WORK: u8 = 22;
/// How a key in the age format begins.
const KEY: &str = "AGE-SECRET-KEY-1";

/// Encryption of the state, by a passphrase or a key.
///
/// A passphrase opens `identity.age`, which is made with the first object and holds the key of all others: so only one
/// object a run costs the second that makes guessing slow.
#[derive(Clone, Debug)]
pub struct Encryption {
    secret: SecretString,
    work: u8,
    identity: Arc<OnceCell<Identity>>,
}

/// A key that tells nobody what it is.
#[derive(Clone)]
struct Identity(x25519::Identity);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

impl Encryption {
    /// By `secret`: a key as `age-keygen` prints it (`AGE-SECRET-KEY-1...`), or else a passphrase.
    pub fn new(secret: SecretString) -> Self {
        Self {
            secret,
            work: WORK,
            identity: Arc::default(),
        }
    }

    /// With less work for who guesses, so that tests are quick.
    #[cfg(test)]
    pub(super) fn weak(secret: &str) -> Self {
        Self {
            work: 4,
            ..Self::new(SecretString::from(secret))
        }
    }

    fn is_key(&self) -> bool {
        self.secret.expose_secret().trim().starts_with(KEY)
    }

    /// An empty variable is easily given, and what it encrypts is open to everybody.
    fn check(&self) -> Result<()> {
        if self.secret.expose_secret().trim().is_empty() {
            return Err(
                Error::of(&codes::STATE_KEY, "the passphrase of the state is empty")
                    .help("see that the variable that `encrypt` names has a value"),
            );
        }
        Ok(())
    }

    /// The key, to read with.
    async fn opening(&self, raw: &Objects) -> Result<&Identity> {
        self.check()?;
        self.identity
            .get_or_try_init(async || {
                if self.is_key() {
                    return parsed(&self.secret);
                }
                match raw.stored(IDENTITY).await? {
                    Some(found) => self.unlocked(raw.name(IDENTITY), found.bytes).await,
                    None => Err(missing(raw)),
                }
            })
            .await
    }

    /// The key, to write with; made when there is none.
    async fn sealing(&self, raw: &Objects) -> Result<&Identity> {
        self.check()?;
        if self.is_key() || self.identity.initialized() {
            return self.opening(raw).await;
        }
        if raw.stored(IDENTITY).await?.is_none() {
            let sealed = self.locked(x25519::Identity::generate().to_string()).await?;
            match raw.put_stored(IDENTITY, &sealed, Condition::Absent).await? {
                // Where somebody else was quicker, theirs is the key.
                Put::Done(_) | Put::Refused => {}
            }
        }
        self.opening(raw).await
    }

    /// The key's object, to be opened by `to` from now on, and no longer by the passphrase that opens it now.
    async fn relocked(&self, raw: &Objects, to: SecretString) -> Result<()> {
        let to = Self {
            secret: to,
            ..self.clone()
        };
        to.check()?;
        if self.is_key() || to.is_key() {
            return Err(Error::of(
                &codes::STATE_KEY,
                "a passphrase is changed into a passphrase: a key closes each object by itself",
            )
            .help("to change a key, begin a state in another place: `flow state rebuild` finds there what carries marks"));
        }
        let found = raw.stored(IDENTITY).await?.ok_or_else(|| missing(raw))?;
        let key = self.unlocked(raw.name(IDENTITY), found.bytes.clone()).await?;
        let sealed = to.locked(key.0.to_string()).await?;
        let unchanged = Condition::still(Some(&found));
        match raw.put_stored(IDENTITY, &sealed, unchanged).await? {
            Put::Done(_) => Ok(()),
            Put::Refused => Err(Error::of(
                &codes::STATE_KEY,
                format!("{} was changed by somebody else meanwhile", raw.name(IDENTITY)),
            )
            .help("ask who it was for the passphrase that it has now")),
        }
    }

    /// `key`, to be opened by the passphrase.
    async fn locked(&self, key: SecretString) -> Result<Vec<u8>> {
        let (passphrase, work) = (self.secret.clone(), self.work);
        slow(move || {
            let mut recipient = scrypt::Recipient::new(passphrase);
            recipient.set_work_factor(work);
            age::encrypt(&recipient, key.expose_secret().as_bytes()).map_err(|error| unsealable(&error))
        })
        .await
    }

    async fn unlocked(&self, name: String, sealed: Vec<u8>) -> Result<Identity> {
        let passphrase = self.secret.clone();
        slow(move || {
            let mut identity = scrypt::Identity::new(passphrase);
            identity.set_max_work_factor(MOST_WORK);
            let key = age::decrypt(&identity, &sealed).map_err(|error| {
                Error::of(
                    &codes::STATE_KEY,
                    format!("the passphrase does not open {name}, which holds the state's key: {error}"),
                )
                .help("give the passphrase that the state was first written with, or the one it was changed to since")
            })?;
            parsed(&SecretString::from(String::from_utf8_lossy(&key).into_owned()))
        })
        .await
    }
}

impl Cipher for Encryption {
    fn seal<'a>(&'a self, raw: &'a Objects, content: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async {
            let identity = self.sealing(raw).await?;
            age::encrypt(&identity.0.to_public(), content).map_err(|error| unsealable(&error))
        })
    }

    fn relock<'a>(&'a self, raw: &'a Objects, to: SecretString) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.relocked(raw, to))
    }

    fn open<'a>(&'a self, raw: &'a Objects, sealed: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async {
            let identity = self.opening(raw).await?;
            match age::decrypt(&identity.0, sealed) {
                Ok(content) => Ok(Some(content)),
                Err(DecryptError::NoMatchingKeys) => Err(Error::of(
                    &codes::STATE_KEY,
                    format!("the key does not open {}", raw.place()),
                )
                .help("give the key that the state was written with")),
                Err(_) => Ok(None),
            }
        })
    }
}

fn missing(raw: &Objects) -> Error {
    let message = format!("{} is missing, which holds the state's key", raw.name(IDENTITY));
    Error::of(&codes::STATE_KEY, message).help("restore it from a backup, or give the key itself")
}

fn parsed(key: &SecretString) -> Result<Identity> {
    x25519::Identity::from_str(key.expose_secret().trim())
        .map(Identity)
        .map_err(|error| {
            Error::of(&codes::STATE_KEY, format!("the state's key is no key: {error}"))
                .help("`age-keygen` makes one; any other text is taken as a passphrase")
        })
}

fn unsealable(error: &age::EncryptError) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the state could not be encrypted: {error}"),
    )
}

/// Runs what keeps a processor busy for a second beside everything else.
async fn slow<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Error::new(
            ErrorKind::Internal,
            format!("the state's key could not be computed: {error}"),
        ))
    })
}
