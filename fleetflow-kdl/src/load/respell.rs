//! Reads a node of a misspelt name as what was meant by it, so that what is in it is checked too, and what refers to it
//! finds it: one mistake is told as one.

use fleetflow_core::model::did_you_mean;

use super::outline::{IN_STAGE, TOP, unknown};
use crate::ast::Node;
use crate::diagnostic::Diagnostic;

/// Nodes that stand once, or not at all.
const ONCE: [&str; 4] = ["providers", "project", "state", "protect"];

/// The misspelt ones among the nodes of a file and of its stages are told, and have the name that was meant. Whether a file
/// was to be included by one of them, which nobody has read.
pub(super) fn respell(nodes: &mut [Node], kinds: &[&str], found: &mut Vec<Diagnostic>) -> bool {
    let known = |words: &[&'static str]| {
        words
            .iter()
            .copied()
            .chain(kinds.iter().copied())
            .collect::<Vec<_>>()
    };
    // What belongs into a stage is misplaced at the top, not misspelt, and the other way round.
    let mut includes = mend(nodes, &known(&TOP), &IN_STAGE, found);
    for stage in nodes.iter_mut().filter(|node| node.name.text == "stage") {
        let children = stage.children.as_deref_mut().unwrap_or_default();
        includes |= mend(children, &known(&IN_STAGE), &TOP, found);
    }
    includes
}

fn mend(nodes: &mut [Node], known: &[&str], elsewhere: &[&str], found: &mut Vec<Diagnostic>) -> bool {
    let mut includes = false;
    let mut there: Vec<String> = nodes.iter().map(|node| node.name.text.clone()).collect();
    for node in nodes {
        let name = node.name.text.as_str();
        if known.contains(&name) || elsewhere.contains(&name) {
            continue;
        }
        let Some(meant) = did_you_mean(name, known.iter().copied()) else {
            continue;
        };
        includes |= meant == "include";
        if meant == "include" || (ONCE.contains(&meant) && there.iter().any(|name| name == meant)) {
            continue;
        }
        found.push(unknown(node, known.iter().copied()));
        meant.clone_into(&mut node.name.text);
        there.push(meant.to_owned());
    }
    includes
}
