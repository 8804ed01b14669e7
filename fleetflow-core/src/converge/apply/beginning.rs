//! How a step of a run begins: with its preparation, where it has one, and with its surroundings. It carries nothing out.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::json;
use tokio::time::Instant;

use super::{Identified, Run};
use crate::converge::calls::prepare;
use crate::converge::queue::Node;
use crate::converge::{Context, Event};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Owner, reveal};
use crate::plan::Step;

/// A step that was begun with its preparation.
pub(super) struct Begun {
    pub(super) since: Instant,
    pub(super) prepared: bool,
}

impl<'r> Run<'r> {
    /// Makes a step ready. Nothing is written about it: what serves is not touched.
    pub(super) fn prepare(&mut self, step: Box<Step>) -> BoxFuture<'r, (Box<Step>, Result<bool>)> {
        self.tell_start(&step);
        // What is not known yet stays a reference: the preparation may not need it.
        let desired = step.desired.clone().unwrap_or_default();
        let spec = desired.resolved(&|reference| {
            Some(
                self.known(reference)
                    .unwrap_or_else(|| json!({ "$ref": reference })),
            )
        });
        let revealed = reveal(&spec, &|name| self.secret(name));
        let context = self.context(&step.address).applying(spec).in_run(&self.name);
        prepare(self.session, step, context, revealed).boxed()
    }

    pub(super) fn prepared(&mut self, step: Step, result: Result<bool>) {
        let node = Node::Preparation(step.address.clone());
        match result {
            Ok(prepared) => {
                if let Some(begun) = self.begun.get_mut(&step.address) {
                    begun.prepared = prepared;
                }
                self.context(&step.address)
                    .waiting("ready; waiting for the rest of its release");
                self.queue.done(&node);
            }
            Err(error) => drop(self.failed(step, node, error)),
        }
    }

    pub(super) fn tell_start(&mut self, step: &Step) -> Instant {
        if let Some(begun) = self.begun.get(&step.address) {
            return begun.since;
        }
        let since = Instant::now();
        let begun = Begun {
            since,
            prepared: false,
        };
        self.begun.insert(step.address.clone(), begun);
        (self.session.watcher)(Event::Started {
            address: step.address.clone(),
            action: step.action,
        });
        since
    }

    /// The surroundings of the step at `address`.
    pub(super) fn context(&self, address: &Address) -> Context {
        let owner = Owner {
            project: self.stack.project().to_owned(),
            stage: self.stack.stage().to_owned(),
            address: address.clone(),
        };
        let watcher = self.session.watcher.clone();
        let teller = self.session.watcher.clone();
        let (waits, notes, writes) = (address.clone(), address.clone(), address.clone());
        let checkpoints = self.checkpoints.clone();
        let (veil, covering) = (self.veil.clone(), self.veil.clone());
        Context::new(
            owner,
            self.stack.root_folder().to_owned(),
            self.session.cancelled.clone(),
            Arc::new(move |what| {
                watcher(Event::Waiting {
                    address: waits.clone(),
                    what: veil.cover(&what).into_owned(),
                });
            }),
            Arc::new(move |id, outputs| {
                let (written, answer) = tokio::sync::oneshot::channel();
                let sent = checkpoints.send(Identified {
                    address: writes.clone(),
                    id,
                    outputs,
                    written,
                });
                Box::pin(async move {
                    let lost = || Error::new(ErrorKind::Internal, "the run ended before an id was written");
                    sent.map_err(|_| lost())?;
                    answer.await.map_err(|_| lost())?
                })
            }),
        )
        .noting(Arc::new(move |note| {
            let address = notes.clone();
            let note = covering.cover(&note).into_owned();
            teller(Event::Noted { address, note });
        }))
    }
}
