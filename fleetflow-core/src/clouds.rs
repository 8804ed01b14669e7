//! The clients that a run may use, handed over by the caller. Nothing here reads the environment or a home folder.

use std::collections::BTreeMap;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::cloudflare::Cloudflare;
use crate::docker::Engines;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Provider;
use crate::sakura::Sakura;
use crate::veil::Veil;

/// The clouds that a stack converges on. Each is optional: a stack without servers needs no SAKURA Cloud.
#[derive(Clone, Debug, Default)]
pub struct Clouds {
    sakura: Option<Sakura>,
    cloudflare: Option<Cloudflare>,
    engines: Option<Engines>,
    missing: BTreeMap<Provider, Error>,
    #[cfg(test)]
    pub(crate) things: Option<crate::converge::tests::thing::Things>,
}

/// An account at a cloud, as headers and prompts name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id there.
    pub id: String,
    /// Its name there.
    pub name: String,
}

impl Clouds {
    /// No cloud at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// With SAKURA Cloud.
    #[must_use]
    pub fn sakura(mut self, sakura: Sakura) -> Self {
        self.sakura = Some(sakura);
        self
    }

    /// With Cloudflare.
    #[must_use]
    pub fn cloudflare(mut self, cloudflare: Cloudflare) -> Self {
        self.cloudflare = Some(cloudflare);
        self
    }

    /// With container engines.
    #[must_use]
    pub fn engines(mut self, engines: Engines) -> Self {
        self.engines = Some(engines);
        self
    }

    /// The container engines, if there are any.
    pub(crate) fn given_engines(&self) -> Option<&Engines> {
        self.engines.as_ref()
    }

    /// Whose the credentials are, by provider: asks those that `is_needed`, so that wrong ones are told before anything else
    /// happens. A stage stays in the accounts that a [`Session`](crate::converge::Session) is told
    /// ([`Session::account`](crate::converge::Session::account)). Engines have no accounts.
    ///
    /// # Errors
    ///
    /// The credentials are refused, see several accounts, or a cloud cannot be reached; or there is no client for the reason
    /// that [`without`](Self::without) was given. What is wrong with several clouds is told together.
    pub async fn accounts(
        &self,
        is_needed: impl Fn(Provider) -> bool,
    ) -> Result<BTreeMap<Provider, Account>> {
        let needed = |provider| Some(provider).filter(|provider| is_needed(*provider));
        let sakura = self.sakura.as_ref().map(|sakura| sakura.account().boxed());
        let cloudflare = self
            .cloudflare
            .as_ref()
            .map(|cloudflare| cloudflare.account().boxed());
        let (at_sakura, at_cloudflare) = futures::join!(
            self.signed_in(needed(Provider::SakuraCloud), sakura, "sign in to SAKURA Cloud"),
            self.signed_in(needed(Provider::Cloudflare), cloudflare, "sign in to Cloudflare"),
        );
        let mut known = BTreeMap::new();
        let mut errors = Vec::new();
        for (provider, found) in [
            (Provider::SakuraCloud, at_sakura),
            (Provider::Cloudflare, at_cloudflare),
        ] {
            match found {
                Ok(account) => known.extend(account.map(|account| (provider, account))),
                Err(error) => errors.push(error),
            }
        }
        match Error::together(errors) {
            Some(error) => Err(error),
            None => Ok(known),
        }
    }

    /// The account that `asked` answers with. Where there is nobody to ask: none, as it should be, or the reason that was given.
    async fn signed_in(
        &self,
        needed: Option<Provider>,
        asked: Option<BoxFuture<'_, Result<Account>>>,
        operation: &str,
    ) -> Result<Option<Account>> {
        let Some(provider) = needed else { return Ok(None) };
        match (asked, self.missing.get(&provider)) {
            (Some(asked), _) => asked.await.map(Some).map_err(|error| error.during(operation)),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => Ok(None),
        }
    }

    /// From now on no error of theirs tells one of `secrets`.
    pub(crate) fn hide(&self, secrets: &BTreeMap<String, SecretString>) {
        let veils = [
            self.sakura.as_ref().map(Sakura::veil),
            self.cloudflare.as_ref().map(Cloudflare::veil),
            self.engines.as_ref().map(Engines::veil),
        ];
        veils
            .into_iter()
            .flatten()
            .for_each(|veil: &Veil| veil.hide(secrets.values()));
    }

    /// Without `provider`, for the reason `why`: told when a resource needs it.
    #[must_use]
    pub fn without(mut self, provider: Provider, why: Error) -> Self {
        self.missing.insert(provider, why);
        self
    }

    /// With the cloud of the kind that exists only in tests.
    #[cfg(test)]
    pub(crate) fn things(things: crate::converge::tests::thing::Things) -> Self {
        Self {
            things: Some(things),
            ..Self::default()
        }
    }

    fn absent(&self, provider: Provider) -> Error {
        self.missing.get(&provider).cloned().unwrap_or_else(|| {
            Error::new(
                ErrorKind::Unauthorized,
                format!("no client for {} was given", provider.name()),
            )
            .help("give one to `Clouds`")
        })
    }
}

/// A client, as one of [`Clouds`].
pub trait Cloud: Sized + Send + Sync + 'static {
    /// Whether reads may show for a while how things were before a write, as those of several replicas do.
    const LAGS: bool = true;

    /// The client among `clouds`, or why there is none.
    fn of(clouds: &Clouds) -> Result<&Self>;
}

impl Cloud for Sakura {
    fn of(clouds: &Clouds) -> Result<&Self> {
        clouds
            .sakura
            .as_ref()
            .ok_or_else(|| clouds.absent(Provider::SakuraCloud))
    }
}

impl Cloud for Cloudflare {
    fn of(clouds: &Clouds) -> Result<&Self> {
        clouds
            .cloudflare
            .as_ref()
            .ok_or_else(|| clouds.absent(Provider::Cloudflare))
    }
}

impl Cloud for Engines {
    /// An engine is one process, and sees what it does; the managers of a swarm ask their leader.
    const LAGS: bool = false;

    fn of(clouds: &Clouds) -> Result<&Self> {
        clouds
            .engines
            .as_ref()
            .ok_or_else(|| clouds.absent(Provider::Docker))
    }
}
