//! The graph as text that Mermaid and Graphviz draw.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fleetflow_core::Address;

use super::{CLOUDS, mark};
use crate::documents::graph::{GraphDocument, NodeDocument};

/// For Mermaid (<https://mermaid.js.org/syntax/flowchart.html>), as GitHub shows it in Markdown.
pub(crate) fn mermaid(graph: &GraphDocument) -> String {
    let names = names(graph);
    let mut out = "flowchart TB\n".to_owned();
    for (index, (title, nodes)) in clouds(graph).enumerate() {
        let _ = writeln!(out, "  subgraph c{index}[\"{title}\"]");
        for node in nodes {
            let label = label(node, "<br/>").replace('"', "#quot;");
            let _ = writeln!(out, "    {}[\"{label}\"]{}", names[&node.address], class(node));
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (names.get(&edge.from), names.get(&edge.to)) {
            let _ = writeln!(out, "  {from} --> {to}");
        }
    }
    for (change, color) in COLORS {
        if graph.nodes.iter().any(|node| class(node).ends_with(change)) {
            let _ = writeln!(out, "  classDef {change} stroke:{color},stroke-width:2px");
        }
    }
    out
}

const COLORS: [(&str, &str); 5] = [
    ("create", "#1a7f37"),
    ("update", "#9a6700"),
    ("replace", "#cf222e"),
    ("delete", "#cf222e"),
    ("adopt", "#0969a2"),
];

fn class(node: &NodeDocument) -> String {
    match node.change.map(mark) {
        Some((_, change)) if !change.is_empty() => format!(":::{change}"),
        _ => String::new(),
    }
}

/// For Graphviz (<https://graphviz.org/doc/info/lang.html>).
pub(crate) fn dot(graph: &GraphDocument) -> String {
    let names = names(graph);
    let mut out = format!(
        "digraph {} {{\n  rankdir=TB; node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
        quoted(&format!("{}/{}", graph.project, graph.stage))
    );
    for (index, (title, nodes)) in clouds(graph).enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{index} {{\n    label={};", quoted(title));
        for node in nodes {
            let change = node
                .change
                .map(mark)
                .map(|(_, change)| change)
                .unwrap_or_default();
            let color = COLORS.iter().find(|(name, _)| *name == change);
            let color = color
                .map(|(_, color)| format!(", color=\"{color}\", penwidth=2"))
                .unwrap_or_default();
            let label = quoted(&label(node, "\n")).replace('\n', "\\n");
            let _ = writeln!(out, "    {} [label={label}{color}];", names[&node.address]);
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (names.get(&edge.from), names.get(&edge.to)) {
            let _ = writeln!(out, "  {from} -> {to};");
        }
    }
    out.push_str("}\n");
    out
}

fn label(node: &NodeDocument, newline: &str) -> String {
    let sign = node.change.map(mark).map(|(sign, _)| sign).unwrap_or_default();
    let sign = if sign.is_empty() {
        String::new()
    } else {
        format!("{sign} ")
    };
    let detail = if node.detail.is_empty() {
        String::new()
    } else {
        format!("{newline}{}", node.detail)
    };
    format!(
        "{sign}{}{newline}{}{detail}",
        node.address.name(),
        node.address.kind()
    )
}

fn clouds(graph: &GraphDocument) -> impl Iterator<Item = (&'static str, Vec<&NodeDocument>)> {
    let of = |(provider, title): (&str, &'static str)| {
        let nodes: Vec<_> = graph
            .nodes
            .iter()
            .filter(|node| node.provider == provider)
            .collect();
        (!nodes.is_empty()).then_some((title, nodes))
    };
    CLOUDS.into_iter().filter_map(of)
}

/// Names without any letter that these languages give a meaning.
fn names(graph: &GraphDocument) -> BTreeMap<&Address, String> {
    let named = graph.nodes.iter().enumerate();
    named
        .map(|(index, node)| (&node.address, format!("n{index}")))
        .collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
