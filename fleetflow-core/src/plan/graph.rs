//! The dependency graph of declarations: order, and cycles with their path. It knows nothing of its nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Address;

/// What each node comes after.
pub(crate) type Graph = BTreeMap<Address, BTreeSet<Address>>;

/// The nodes, each after everything it depends on; stable for equal graphs. Or the nodes of a cycle, in order.
pub(crate) fn order<N: Ord + Clone>(graph: &BTreeMap<N, BTreeSet<N>>) -> Result<Vec<N>, Vec<N>> {
    let mut waits: BTreeMap<&N, usize> = BTreeMap::new();
    let mut followers: BTreeMap<&N, Vec<&N>> = BTreeMap::new();
    for (node, after) in graph {
        let inside: Vec<_> = after
            .iter()
            .filter(|before| graph.contains_key(*before))
            .collect();
        waits.insert(node, inside.len());
        for before in inside {
            followers.entry(before).or_default().push(node);
        }
    }
    let mut ready: BTreeSet<&N> = waits
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(node, _)| *node)
        .collect();
    let mut ordered = Vec::with_capacity(graph.len());
    while let Some(node) = ready.pop_first() {
        ordered.push(node.clone());
        for follower in followers.get(node).into_iter().flatten() {
            if let Some(count) = waits.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(follower);
                }
            }
        }
    }
    if ordered.len() == graph.len() {
        Ok(ordered)
    } else {
        Err(cycle(graph, &ordered))
    }
}

/// One cycle among the nodes that could not be ordered: follow what they wait for until one repeats.
fn cycle<N: Ord + Clone>(graph: &BTreeMap<N, BTreeSet<N>>, ordered: &[N]) -> Vec<N> {
    let done: BTreeSet<_> = ordered.iter().collect();
    let next = |node: &N| {
        graph
            .get(node)?
            .iter()
            .find(|before| graph.contains_key(*before) && !done.contains(before))
            .cloned()
    };
    let mut path: Vec<N> = graph
        .keys()
        .find(|node| !done.contains(node))
        .cloned()
        .into_iter()
        .collect();
    while let Some(node) = path.last().and_then(next) {
        if let Some(start) = path.iter().position(|seen| *seen == node) {
            return path.split_off(start);
        }
        path.push(node);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        let address = |name: &str| Address::new("x", name);
        edges
            .iter()
            .map(|(node, after)| (address(node), after.iter().map(|n| address(n)).collect()))
            .collect()
    }

    #[test]
    fn everything_comes_after_what_it_needs() {
        let ordered = order(&graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["outside"])])).unwrap();
        assert_eq!(
            ordered.iter().map(Address::name).collect::<Vec<_>>(),
            ["c", "b", "a"]
        );
    }

    #[test]
    fn a_cycle_is_told_without_what_only_leads_to_it() {
        let cycle = order(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).unwrap_err();
        assert_eq!(cycle.iter().map(Address::name).collect::<Vec<_>>(), ["b", "c"]);
    }
}
