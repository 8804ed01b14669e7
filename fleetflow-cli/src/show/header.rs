//! The line that says what is being worked on: project, stage, accounts and zones.

use std::collections::BTreeSet;

use fleetflow_core::model::{Kind, Provider, Providers};
use fleetflow_core::{Account, Stack, catalog};

use super::style::{BOLD, YELLOW, paint};
use crate::clouds::Accounts;

/// Real clouds, or emulated ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Real,
    Sandbox,
}

/// `creo / dev   SAKURA Cloud creo (123456789012) zone tk1a; Cloudflare creo (0f1e...) zone example.jp`
pub(crate) fn header(stack: &Stack, accounts: &Accounts, world: World) -> String {
    let mut line = paint(BOLD, subject(stack));
    let places = places(stack, accounts, world);
    if !places.is_empty() {
        line = format!("{line}   {places}");
    }
    if world == World::Sandbox {
        line = format!("{line}   {}", paint(YELLOW, "(sandbox: emulated clouds)"));
    }
    line
}

/// `creo / dev`
pub(crate) fn subject(stack: &Stack) -> String {
    format!("{} / {}", stack.project(), stack.stage())
}

/// Where the stage lives: each provider with its account and zones.
pub(crate) fn places(stack: &Stack, accounts: &Accounts, world: World) -> String {
    let providers: BTreeSet<_> = stack
        .declarations()
        .iter()
        .filter_map(|declared| catalog::kind(declared.address.kind()))
        .map(Kind::provider)
        .collect();
    let place = |provider: &Provider| match provider {
        Provider::SakuraCloud => {
            with_account("SAKURA Cloud", accounts.sakura.as_ref()) + &zones(server_zones(stack))
        }
        Provider::Cloudflare => {
            with_account("Cloudflare", accounts.cloudflare.as_ref()) + &zones(dns_zones(stack))
        }
        Provider::Docker => engine(stack.provider_settings(), world),
    };
    let local = stack
        .declarations()
        .iter()
        .any(|declared| declared.address.kind() == "deploy-services");
    let shown = providers
        .iter()
        .filter(|provider| **provider != Provider::Docker || local);
    shown.map(place).collect::<Vec<_>>().join("; ")
}

fn with_account(provider: &str, account: Option<&Account>) -> String {
    match account {
        Some(account) if account.name.is_empty() => format!("{provider} {}", account.id),
        Some(account) => format!("{provider} {} ({})", account.name, account.id),
        None => provider.to_owned(),
    }
}

fn zones(zones: BTreeSet<&str>) -> String {
    let word = if zones.len() > 1 { "zones" } else { "zone" };
    match Vec::from_iter(zones).join(", ") {
        none if none.is_empty() => none,
        zones => format!(" {word} {zones}"),
    }
}

fn server_zones(stack: &Stack) -> BTreeSet<&str> {
    let settings = stack.provider_settings().sakura_cloud.as_ref();
    let chosen = settings.and_then(|sakura| sakura.zone.as_deref());
    let own = stack
        .declarations()
        .iter()
        .filter(|declared| declared.address.kind() == "server")
        .filter_map(|declared| declared.spec["zone"].as_str().or(chosen));
    own.collect()
}

fn dns_zones(stack: &Stack) -> BTreeSet<&str> {
    let declared = stack.declarations().iter();
    declared
        .filter(|declared| declared.address.kind() == "dns")
        .map(|declared| declared.address.name())
        .collect()
}

fn engine(settings: &Providers, world: World) -> String {
    let host = settings
        .docker
        .as_ref()
        .and_then(|docker| docker.host.as_deref())
        .filter(|_| world == World::Real);
    match host {
        Some(host) => format!("Docker at {host}"),
        None => "the local container engine".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use fleetflow_core::prelude::*;

    use super::*;

    #[test]
    fn accounts_and_zones_are_named() {
        let server = Server::builder()
            .name("web")
            .plan(Plan::new(1, 1))
            .disk(Disk::new(20, "ubuntu-24.04"))
            .zone("tk1a")
            .build();
        let stack = Stack::new("shop", "dev")
            .add(
                Dns::builder()
                    .zone("example.jp")
                    .record(Record::a("www", server.ip()))
                    .build(),
            )
            .add(server);
        let account = |id: &str, name: &str| {
            Some(Account {
                id: id.to_owned(),
                name: name.to_owned(),
            })
        };
        let accounts = Accounts {
            sakura: account("123456789012", "creo"),
            cloudflare: account("0f1e", ""),
        };
        let line = header(&stack, &accounts, World::Sandbox);
        assert_eq!(
            console::strip_ansi_codes(&line),
            "shop / dev   SAKURA Cloud creo (123456789012) zone tk1a; Cloudflare 0f1e zone example.jp   \
             (sandbox: emulated clouds)"
        );
    }
}
