//! A key pair to log in to servers with. Where it is kept is the caller's business.

use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, ErrorKind, Result};

/// An SSH key pair in OpenSSH's format.
///
/// ```
/// use fleetflow_core::docker::{Engines, KeyPair};
/// use fleetflow_core::sakura::Sakura;
///
/// let pair = KeyPair::generate("fleetflow shop/dev")?;
/// let sakura = Sakura::builder("token".into(), "secret".into()).deploy_key(pair.public()).build()?;
/// let engines = Engines::builder().identity(pair.private().clone()).build();
/// # Ok::<(), fleetflow_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyPair {
    public: String,
    private: SecretString,
}

impl KeyPair {
    /// A new Ed25519 key (RFC 8709). `comment` says in lists of keys whose it is.
    pub fn generate(comment: &str) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| failed("make", &error))?;
        let pair = KeypairData::from(Ed25519Keypair::from_seed(&seed));
        let key = PrivateKey::new(pair, comment).map_err(|error| failed("make", &error))?;
        let private = key
            .to_openssh(LineEnding::LF)
            .map_err(|error| failed("encode", &error))?;
        Ok(Self {
            public: public(&key)?,
            private: SecretString::from(private.as_str()),
        })
    }

    /// The pair whose private half is `text`, without a passphrase.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Local`] when `text` is not a private key in OpenSSH's format.
    pub fn from_private(text: SecretString) -> Result<Self> {
        let key = PrivateKey::from_openssh(text.expose_secret()).map_err(|error| failed("read", &error))?;
        Ok(Self {
            public: public(&key)?,
            private: text,
        })
    }

    /// The public half, as one line of `authorized_keys`.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The private half.
    pub fn private(&self) -> &SecretString {
        &self.private
    }
}

fn public(key: &PrivateKey) -> Result<String> {
    key.public_key()
        .to_openssh()
        .map_err(|error| failed("encode", &error))
}

fn failed(verb: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Local, format!("could not {verb} an SSH key: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_again_as_it_was_made() {
        let made = KeyPair::generate("fleetflow shop/dev").unwrap();
        assert!(
            made.public().starts_with("ssh-ed25519 AAAA") && made.public().ends_with(" fleetflow shop/dev")
        );
        let read = KeyPair::from_private(made.private().clone()).unwrap();
        assert_eq!(read.public(), made.public());
        assert_ne!(
            KeyPair::generate("x").unwrap().public(),
            KeyPair::generate("x").unwrap().public()
        );
        assert!(!format!("{made:?}").contains("PRIVATE"));
        assert!(KeyPair::from_private("no key".into()).is_err());
    }
}
