//! Which host leads to what: Workers, sites and open buckets, by the names they have on the internet and those on this machine.

use super::Site;
use crate::cloudflare::rows::Rows;
use crate::cloudflare::{pages, r2, workers};

/// What a host leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A Worker, by its script's name.
    Worker(String),
    /// A deployment of a site.
    Site { project: String, deployment: String },
    /// A bucket, by how it is filed.
    Bucket(String),
}

/// What this host and path lead to, if they belong to something deployed.
pub(super) fn target(rows: &Rows, host: &str, path: &str) -> Option<Target> {
    let named = workers::reached(&rows.workers).into_iter().find(|worker| {
        host == format!("{}.workers.localhost", worker.name) || worker.hosts.iter().any(|own| own == host)
    });
    if let Some(worker) = named {
        return Some(Target::Worker(worker.name.to_owned()));
    }
    if let Some(script) = workers::routed(&rows.workers, host, path) {
        return Some(Target::Worker(script.to_owned()));
    }
    pages::site(&rows.pages)
        .into_iter()
        .find_map(|site| of_site(rows, &site, host))
        .or_else(|| {
            let buckets = r2::public_buckets(&rows.r2).into_iter();
            let mut fitting = buckets.filter(|bucket| {
                host == format!("{}.r2.localhost", bucket.name) || bucket.hosts.iter().any(|own| own == host)
            });
            Some(Target::Bucket(fitting.next()?.key.to_owned()))
        })
}

/// Everything that is deployed, with its address on this machine.
pub(super) fn list(rows: &Rows, port: u16) -> Vec<Site> {
    let url = |host: String| format!("http://{host}:{port}/");
    let mut sites = Vec::new();
    for worker in workers::reached(&rows.workers) {
        sites.push(Site {
            kind: "worker",
            name: worker.name.to_owned(),
            url: url(format!("{}.workers.localhost", worker.name)),
            hosts: worker.hosts,
            crons: worker.crons.into_iter().map(str::to_owned).collect(),
            needs_workerd: worker.has_code,
        });
    }
    for site in pages::site(&rows.pages) {
        let project = &site.project;
        let names = [(project.clone(), site.live.clone())].into_iter();
        let branches = site.branches.iter();
        let branches = branches.map(|(branch, id)| (format!("{branch}.{project}"), Some(id.clone())));
        for (name, id) in names.chain(branches) {
            let Some(id) = id else { continue };
            let own = match name == *project {
                true => site.domains.clone(),
                false => Vec::new(),
            };
            let deployment = pages::find(&rows.pages, project, &id);
            sites.push(Site {
                kind: "pages",
                url: url(format!("{name}.pages.localhost")),
                hosts: [format!("{name}.pages.dev")].into_iter().chain(own).collect(),
                crons: Vec::new(),
                needs_workerd: deployment.is_some_and(pages::Deployment::has_functions),
                name,
            });
        }
    }
    for bucket in r2::public_buckets(&rows.r2) {
        sites.push(Site {
            kind: "r2",
            name: bucket.name.to_owned(),
            url: url(format!("{}.r2.localhost", bucket.name)),
            hosts: bucket.hosts,
            crons: Vec::new(),
            needs_workerd: false,
        });
    }
    sites
}

fn of_site(rows: &Rows, site: &pages::Site, host: &str) -> Option<Target> {
    let deployment = if site.domains.iter().any(|domain| domain == host) {
        site.live.clone()
    } else {
        let rest = host
            .strip_suffix(".pages.dev")
            .or(host.strip_suffix(".pages.localhost"))?;
        match rest.strip_suffix(&site.project)? {
            "" => site.live.clone(),
            before => {
                let label = before.strip_suffix('.')?;
                let by_id = || pages::find(&rows.pages, &site.project, label);
                let newest = site.branches.get(label).cloned();
                newest.or_else(|| by_id().map(|deployment| deployment.id().to_owned()))
            }
        }
    };
    Some(Target::Site {
        project: site.project.clone(),
        deployment: deployment?,
    })
}
