//! The line that says what is being worked on: project, stage, accounts and zones.

use std::collections::BTreeSet;

use fleetflow_core::Stack;
use fleetflow_core::catalog;
use fleetflow_core::model::Provider;

use super::style::{BOLD, YELLOW, paint};

/// Real clouds, or emulated ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Real,
    Sandbox,
}

/// `creo / dev   SAKURA Cloud zone tk1a, Cloudflare account 0f1e...`
pub(crate) fn header(stack: &Stack, world: World) -> String {
    let name = format!("{} / {}", stack.project(), stack.stage());
    let mut line = paint(BOLD, name);
    let places = places(stack);
    if !places.is_empty() {
        line = format!("{line}   {}", places.join(", "));
    }
    if world == World::Sandbox {
        line = format!("{line}   {}", paint(YELLOW, "(sandbox: emulated clouds)"));
    }
    line
}

/// Where the stage lives: the provider's name, and what was said about it.
pub(crate) fn places(stack: &Stack) -> Vec<String> {
    let settings = stack.provider_settings();
    let providers: BTreeSet<_> = stack
        .declarations()
        .iter()
        .filter_map(|declared| catalog::kind(declared.address.kind()))
        .map(|kind| kind.provider())
        .collect();
    let place = |provider: &Provider| match provider {
        Provider::SakuraCloud => {
            let zone = settings
                .sakura_cloud
                .as_ref()
                .and_then(|sakura| sakura.zone.as_ref());
            with("SAKURA Cloud", "zone", zone)
        }
        Provider::Cloudflare => {
            let account = settings
                .cloudflare
                .as_ref()
                .and_then(|cloudflare| cloudflare.account_id.as_ref());
            with("Cloudflare", "account", account)
        }
        Provider::Docker => {
            let host = settings.docker.as_ref().and_then(|docker| docker.host.as_ref());
            with("Docker", "at", host)
        }
    };
    providers.iter().map(place).collect()
}

fn with(name: &str, word: &str, value: Option<&String>) -> String {
    match value {
        Some(value) => format!("{name} {word} {value}"),
        None => name.to_owned(),
    }
}
