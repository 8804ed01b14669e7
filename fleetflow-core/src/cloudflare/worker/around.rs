//! What a Worker has to do with other declarations: namespaces that it names, what its bindings refer to, and the Workers that
//! come before it. It sends nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Binding, Worker};
use crate::cloudflare::R2Bucket;
use crate::cloudflare::kv_namespace::KvNamespace;
use crate::model::{Address, Declaration, Expansion, Input, Resource as _};

/// The Workers that the migrations of `worker` take classes from: they are there before it. One that is bound to this one comes after
/// it, as it always does.
pub(super) fn donors(worker: &Worker, around: &Expansion<'_>) -> BTreeSet<Address> {
    let transfers = worker
        .migration
        .iter()
        .flat_map(|migration| &migration.transferred_class);
    let others = transfers.filter_map(|transfer| {
        let other = around.declaration(&Address::new(Worker::KIND, &transfer.worker))?;
        let mut bindings = other.spec["bindings"].as_array().into_iter().flatten();
        let leads_here = |binding: &Value| {
            let mut members = ["worker", "service", "outbound"].iter();
            members.any(|member| binding[*member].as_str() == Some(worker.name.as_str()))
        };
        (!bindings.any(leads_here)).then(|| other.address.clone())
    });
    others.collect()
}

/// Whether `text` is the id of a namespace rather than a name: 32 hexadecimal digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Lets a binding to something of the stack refer to it; the address of that, if it waits for it.
pub(super) fn resolved(binding: &mut Binding, around: &Expansion<'_>) -> Option<Address> {
    match binding {
        Binding::Kv { namespace, .. } => {
            let name = namespace.known().filter(|name| !is_id(name))?;
            let address = Address::new(KvNamespace::KIND, name);
            *namespace = Input::Reference(address.output("id"));
            Some(address)
        }
        Binding::R2 {
            bucket, jurisdiction, ..
        } => {
            let address = Address::new(R2Bucket::KIND, bucket.known()?);
            let declared = around.declaration(&address)?;
            let bucket: R2Bucket = declared.spec.decode().ok()?;
            // A bucket is only seen under its jurisdiction (API doc §2.1).
            *jurisdiction = jurisdiction.or(bucket.jurisdiction);
            Some(address)
        }
        Binding::Service { service, .. } => {
            let address = Address::new(Worker::KIND, service.as_str());
            around.declaration(&address).map(|_| address)
        }
        Binding::DurableObject { worker: other, .. } | Binding::Workflow { worker: other, .. } => {
            let address = Address::new(Worker::KIND, other.as_deref()?);
            around.declaration(&address).map(|_| address)
        }
        Binding::DispatchNamespace { outbound, .. } => {
            let address = Address::new(Worker::KIND, outbound.as_deref()?);
            around.declaration(&address).map(|_| address)
        }
        _ => None,
    }
}

/// Whether the Worker at `address` is the first of the stack with a binding to this namespace: it declares it then.
pub(super) fn is_first_to_name(namespace: &str, address: &Address, around: &Expansion<'_>) -> bool {
    let names_it = |declared: &&Declaration| {
        declared
            .spec
            .decode::<Worker>()
            .is_ok_and(|worker| worker.namespaces().contains(namespace))
    };
    let first = around.of_kind(Worker::KIND).find(names_it);
    first.is_some_and(|first| first.address == *address)
}
