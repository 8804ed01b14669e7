//! Nodes that are no part of a stage: what is wrong with them by themselves.

use std::collections::BTreeSet;

use fleetflow_core::codes;

use super::assembly::Build;
use super::flags;
use super::places::diagnostic_in;
use crate::ast::Node;
use crate::convert::Missing;

impl Build<'_> {
    /// A definition that no stage uses is checked as well; a stage that uses it one day may complete it.
    pub(super) fn check_unused(&mut self, nodes: &[&Node], used: &BTreeSet<usize>) {
        let missing = std::mem::replace(&mut self.converter.missing, Missing::Tolerated);
        for (index, node) in nodes.iter().enumerate() {
            if self.used.contains(&index) || used.contains(&index) {
                continue;
            }
            self.check_alone(node);
        }
        self.converter.missing = missing;
    }

    /// What is wrong with a node that is no part of the stage, beside what it lacks: a definition may complete it, or its
    /// name be what is wrong with it.
    pub(super) fn check_alone(&mut self, node: &Node) {
        let told = self.converter.diagnostics.last().and_then(|told| told.span);
        let mut tree = self.tree(node);
        let schema = self.catalog.schema(&node.name.text).cloned().unwrap_or_default();
        flags::take(&mut tree, &schema);
        let problems = self.catalog.check_one(&node.name.text, tree.value());
        let complete = problems
            .iter()
            .filter(|problem| problem.code != Some(&codes::MISSING));
        let found = complete.filter_map(|problem| diagnostic_in(&tree, problem, "here"));
        // A name that is none, of which core says that it is no text.
        let new = found.filter(|found| told.is_none() || found.span != told);
        self.converter.diagnostics.extend(new);
    }
}
