//! A stack: everything declared for one stage of one project. It holds declarations and talks to nobody.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::expand::beside;
use super::partial::{Partial, among};
use super::seal::seal;
use super::{Address, Declaration, Input, OutputRef, Path, Problem, references};
use crate::sakura::zone;
use crate::{catalog, plan};

/// Everything that one stage of a project shall consist of.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let web = Server::builder()
///     .name("web")
///     .plan(Plan::new(4, 4))
///     .disk(Disk::new(100, "ubuntu-24.04"))
///     .zone("tk1a")
///     .build();
/// let zone = Dns::builder().zone("example.jp").record(Record::a("www", web.ip()).proxied(true)).build();
/// let stack = Stack::new("shop", "dev").add(web).add(zone);
/// assert!(stack.check().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Stack {
    project: String,
    stage: String,
    root: PathBuf,
    providers: Providers,
    /// Shared by clones, as they are many: every command works on one.
    declarations: Arc<Vec<Declaration>>,
    /// The same in canonical form, once they were checked and nothing was wrong; of a canonical stack, itself.
    canonical: OnceLock<Canonical>,
    /// Who refers to which output, once that was asked for.
    referred: OnceLock<Arc<BTreeMap<String, BTreeSet<Address>>>>,
    secrets: BTreeMap<String, SecretString>,
    /// Kinds of which more is declared than what is here.
    unread: BTreeSet<String>,
    pub(crate) session: Option<crate::converge::Session>,
}

/// For each declaration, what it stands for.
pub(crate) type Parts = Vec<Vec<Declaration>>;

#[derive(Clone, Debug)]
struct Canonical {
    declarations: Arc<Vec<Declaration>>,
    /// While nothing is scaled.
    parts: Arc<Parts>,
}

impl Stack {
    /// An empty stack for `stage` of `project`.
    pub fn new(project: impl Into<String>, stage: impl Into<String>) -> Self {
        Self {
            project: project.into(),
            stage: stage.into(),
            root: PathBuf::from("."),
            providers: Providers::default(),
            declarations: Arc::default(),
            canonical: OnceLock::new(),
            referred: OnceLock::new(),
            secrets: BTreeMap::new(),
            unread: BTreeSet::new(),
            session: None,
        }
    }

    /// With one more resource; references may point to resources that are added later.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "the word that users of a builder expect; stacks are not summed"
    )]
    pub fn add(mut self, resource: impl Into<Declaration>) -> Self {
        self.push(resource);
        self
    }

    /// Adds one more resource to a stack that is built in a loop. What its kind always holds secret becomes a secret of
    /// the stack.
    pub fn push(&mut self, resource: impl Into<Declaration>) {
        let mut declared = resource.into();
        if let Some(kind) = catalog::kind(declared.address.kind()) {
            let sealed = seal(kind.schema(), &declared.address, &mut declared.spec);
            self.secrets.extend(sealed);
        }
        self.declarations_mut().push(declared);
    }

    pub(crate) fn declarations_mut(&mut self) -> &mut Vec<Declaration> {
        self.canonical = OnceLock::new();
        self.referred = OnceLock::new();
        Arc::make_mut(&mut self.declarations)
    }

    /// The folder that relative paths of the declarations start from; the working folder without it.
    #[must_use]
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.root = folder.into();
        self.canonical = OnceLock::new();
        self
    }

    /// With settings of the providers.
    #[must_use]
    pub fn providers(mut self, providers: Providers) -> Self {
        self.providers = providers;
        self.canonical = OnceLock::new();
        self
    }

    /// With the value of a secret that declarations name with [`Input::secret`]. It never reaches plan, state or log.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.secrets.insert(name.into(), value.into());
        self.canonical = OnceLock::new();
        self
    }

    /// With more of `kind` than the front end could read: one without a name that can be known, or whatever a file that does
    /// not parse has. It has told so, and [`check`](Self::check) says of no name that nothing of this kind is called so.
    ///
    /// ```
    /// use fleetflow_core::model::Declaration;
    /// use fleetflow_core::prelude::*;
    /// use fleetflow_core::Address;
    ///
    /// let local = || {
    ///     let address = Address::new("deploy-services", "local");
    ///     Declaration::new(address, serde_json::json!({"groups": ["web"]}))
    /// };
    /// let stack = || Stack::new("shop", "dev").add(local());
    /// assert_eq!(stack().check()[0].message, "there is no service-group `web`");
    /// assert!(stack().unread("service-group").check().is_empty());
    /// ```
    #[must_use]
    pub fn unread(mut self, kind: impl Into<String>) -> Self {
        self.unread.insert(kind.into());
        self.canonical = OnceLock::new();
        self
    }

    /// The kinds of which more is declared than what is here.
    pub fn unread_kinds(&self) -> &BTreeSet<String> {
        &self.unread
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The stage's name.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// The folder that relative paths start from.
    pub fn root_folder(&self) -> &FilePath {
        &self.root
    }

    /// The settings of the providers.
    pub fn provider_settings(&self) -> &Providers {
        &self.providers
    }

    /// The declarations, in the order they were added.
    pub fn declarations(&self) -> &[Declaration] {
        &self.declarations
    }

    /// What refers to `output`, looked for once: each of many declarations may ask.
    pub(super) fn referring(&self, output: &OutputRef) -> impl Iterator<Item = &Address> {
        let all = self.referred.get_or_init(|| {
            let mut all = BTreeMap::<String, BTreeSet<Address>>::new();
            for declared in self.declarations.iter() {
                for (_, reference) in references(&declared.spec) {
                    let who = all.entry(reference.to_string()).or_default();
                    who.insert(declared.address.clone());
                }
            }
            Arc::new(all)
        });
        all.get(&output.to_string()).into_iter().flatten()
    }

    /// The secrets, by name.
    pub fn secrets(&self) -> &BTreeMap<String, SecretString> {
        &self.secrets
    }

    /// Everything that is wrong with the stack and can be known without a cloud.
    pub fn check(&self) -> Vec<Problem> {
        self.canonical().err().unwrap_or_default()
    }

    /// The same stack with every declaration in canonical form, or everything that is wrong with it, as [`check`](Self::check)
    /// tells it. It is checked once, however often it is asked for.
    pub fn canonical(&self) -> Result<Self, Vec<Problem>> {
        let known = match self.canonical.get() {
            Some(known) => known.clone(),
            None => {
                let found = self.checked()?;
                self.canonical.get_or_init(|| found).clone()
            }
        };
        Ok(Self {
            declarations: Arc::clone(&known.declarations),
            canonical: OnceLock::from(known),
            ..self.clone()
        })
    }

    /// What each declaration stands for while nothing is scaled, where that is known: of a canonical stack it is.
    pub(crate) fn parts(&self) -> Option<&Arc<Parts>> {
        self.canonical.get().map(|known| &known.parts)
    }

    /// The same stack with these declarations.
    pub(super) fn with(&self, declarations: Arc<Vec<Declaration>>) -> Self {
        Self {
            declarations,
            canonical: OnceLock::new(),
            referred: OnceLock::new(),
            ..self.clone()
        }
    }

    /// The declarations in canonical form, or everything that is wrong with the stack.
    fn checked(&self) -> Result<Canonical, Vec<Problem>> {
        let mut problems = self.check_names();
        let mut declarations = Vec::new();
        let mut unfit = Vec::new();
        let known = OnceCell::new();
        for declared in self.declarations.iter() {
            match decode(declared) {
                Ok(declared) => declarations.push(declared),
                Err(found) => {
                    let known = known.get_or_init(|| plan::Known::of(self));
                    problems.extend(plan::dangling_in(declared, known));
                    unfit.push((declared, found));
                }
            }
        }
        let decoded = self.with(Arc::new(declarations));
        let partial = unfit.iter().filter_map(|(of, found)| Partial::of(of, found));
        let among = among(self, &decoded, &partial.collect::<Vec<_>>());
        for (declared, found) in unfit {
            problems.extend(beside(declared, &found, &decoded, self));
            problems.extend(found);
        }
        match plan::check(&decoded, self) {
            Ok(parts) if problems.is_empty() => Ok(Canonical {
                declarations: decoded.declarations,
                parts: Arc::new(parts),
            }),
            checked => {
                problems.extend(checked.err().unwrap_or_default());
                let told: BTreeSet<_> = problems.iter().map(Problem::key).collect();
                let is_new = |problem: &&Problem| !told.contains(&problem.key());
                let new: Vec<_> = among.iter().filter(is_new).cloned().collect();
                Err(problems.into_iter().chain(new).collect())
            }
        }
    }

    fn check_names(&self) -> Vec<Problem> {
        [("project", &self.project), ("stage", &self.stage)]
            .into_iter()
            .filter(|(_, name)| name.is_empty() || name.contains('/') || name.starts_with('.'))
            .map(|(what, name)| {
                Problem::at(Path::root(), format!("`{name}` cannot name a {what}"))
                    .help("use letters, digits, `-` and `_`")
            })
            .collect()
    }
}

pub(super) fn decode(declared: &Declaration) -> Result<Declaration, Vec<Problem>> {
    let unknown = || vec![catalog::unknown(Path::root(), declared.address.kind())];
    let kind = catalog::kind(declared.address.kind()).ok_or_else(unknown);
    let spec = kind.and_then(|kind| kind.decode(declared.spec.clone().into_value()));
    match spec {
        Ok(spec) => Ok(Declaration {
            spec: declared.spec.or_same(spec),
            ..declared.clone()
        }),
        Err(problems) => Err(problems
            .into_iter()
            .map(|problem| problem.on(&declared.address))
            .collect()),
    }
}

/// Settings of the providers, as declared. Credentials are read by whoever builds the [`Clouds`](crate::Clouds).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Providers {
    /// SAKURA Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sakura_cloud: Option<SakuraSettings>,
    /// Cloudflare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloudflare: Option<CloudflareSettings>,
    /// Container engines: which one is the local one, and logins for registries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker: Option<DockerSettings>,
}

impl Providers {
    /// What is wrong with the settings by themselves.
    pub fn check(&self) -> Vec<Problem> {
        let zone = self
            .sakura_cloud
            .as_ref()
            .and_then(|settings| settings.zone.as_deref());
        let place = Path::root().key("sakura_cloud").key("zone");
        let problem = zone::check(zone).map(|problem| Problem {
            path: place,
            ..problem
        });
        problem.into_iter().collect()
    }

    /// Settings that answer whatever is asked of them: what is wrong with a stack with these and with none is wrong
    /// whatever the settings say.
    pub fn supposed() -> Self {
        let sakura_cloud = SakuraSettings {
            zone: zone::ZONES.first().map(|zone| (*zone).to_owned()),
            ..SakuraSettings::default()
        };
        Self {
            sakura_cloud: Some(sakura_cloud),
            ..Self::default()
        }
    }
}

/// Settings of SAKURA Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SakuraSettings {
    /// The zone of servers that name none: `is1a`, `is1b`, `is1c`, `tk1a`, `tk1b` or `tk1v`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The usacloud profile to read credentials from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// Settings of Cloudflare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CloudflareSettings {
    /// The account, 32 hexadecimal digits; may be left out where the token sees exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The API token, as a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_token: Option<Input<String>>,
}

/// Settings of container engines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DockerSettings {
    /// Its address: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Logins for registries of images, of this engine and of those of servers. What `docker login` stored is found
    /// without being named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registry: Vec<RegistrySettings>,
}

/// A login for a registry of images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["host"]))]
pub struct RegistrySettings {
    /// The registry's host, with its port if it has another than that of HTTPS; `docker.io` is the hub.
    pub host: String,
    /// The name to log in with.
    pub user: String,
    /// The password, or an access token that stands for it, as a secret.
    pub password: Input<String>,
}
