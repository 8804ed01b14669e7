//! The explicit list of kinds, one line each. Their order is the order of the documentation.

use crate::cloudflare;
use crate::codes;
use crate::docker;
use crate::model::{Kind, Of, Operations, Path, Problem, did_you_mean};
use crate::sakura;

static CATALOG: &[&dyn Kind] = &[
    #[cfg(test)]
    &Of::<crate::converge::tests::thing::Thing>::managed(),
    &Of::<sakura::Server>::managed(),
    &Of::<sakura::Scale>::declared(),
    &Of::<sakura::SshKey>::managed(),
    &Of::<sakura::PacketFilter>::managed(),
    &Of::<sakura::Switch>::managed(),
    &Of::<sakura::StartupScript>::managed(),
    &Of::<docker::ServiceGroup>::declared(),
    &Of::<docker::DeployServices>::declared(),
    &Of::<docker::Network>::internal(),
    &Of::<docker::Volume>::internal(),
    &Of::<docker::Container>::internal(),
    &Of::<docker::SwarmNode>::internal(),
    &Of::<docker::SwarmNetwork>::internal(),
    &Of::<docker::SwarmService>::internal(),
    &Of::<cloudflare::R2Bucket>::managed(),
    &Of::<cloudflare::Dns>::managed(),
    &Of::<cloudflare::dns_record::DnsRecord>::internal(),
    &Of::<cloudflare::Worker>::managed(),
    &Of::<cloudflare::KvNamespace>::managed(),
    &Of::<cloudflare::Pages>::managed(),
];

/// Every kind.
pub fn kinds() -> &'static [&'static dyn Kind] {
    CATALOG
}

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static dyn Kind> {
    CATALOG.iter().copied().find(|kind| kind.name() == name)
}

/// The mistake of naming a kind that is none.
pub(crate) fn unknown(path: Path, name: &str) -> Problem {
    let problem = Problem::at(path, format!("there is no kind `{name}`")).code(&codes::REFERENCE);
    match did_you_mean(name, kinds().iter().map(|kind| kind.name())) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// What can be done with the kind called `name`; none where it is only declared.
pub(crate) fn operations(name: &str) -> Option<&'static dyn Operations> {
    kind(name)?.operations()
}
