//! Where the boxes are: a band for each cloud, and in it an order in which arrows cross little. The order is that of a
//! layered layout of the whole graph (Sugiyama and others, 1981), made by a library.

use std::collections::{BTreeMap, BTreeSet};

use fleetflow_core::Address;
use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};

use super::CLOUDS;
use crate::documents::graph::{GraphDocument, NodeDocument};

pub(super) const BOX: (f64, f64) = (216.0, 56.0);
pub(super) const GAP: (f64, f64) = (28.0, 40.0);
const MARGIN: f64 = 28.0;
const TITLE: f64 = 34.0;
/// Boxes beside each other at most: more are put into further rows.
const ROW: usize = 6;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where everything is.
pub(super) struct Layout<'g> {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) bands: Vec<(&'static str, Area)>,
    pub(super) boxes: BTreeMap<&'g Address, Area>,
}

impl<'g> Layout<'g> {
    pub(super) fn new(graph: &'g GraphDocument) -> Self {
        let order = order(graph);
        let mut rows_of = Vec::new();
        for (provider, title) in CLOUDS {
            let mut inside: Vec<_> = graph
                .nodes
                .iter()
                .filter(|node| node.provider == provider)
                .collect();
            inside.sort_by(|a, b| order[&a.address].total_cmp(&order[&b.address]));
            if !inside.is_empty() {
                rows_of.push((title, rows(inside, graph)));
            }
        }
        let widest = rows_of
            .iter()
            .flat_map(|(_, rows)| rows.iter().map(Vec::len))
            .max()
            .unwrap_or(1);
        #[expect(clippy::cast_precision_loss, reason = "a few boxes")]
        let across = |count: usize| count as f64 * (BOX.0 + GAP.0) - GAP.0;
        let width = across(widest) + 2.0 * MARGIN;
        let mut boxes = BTreeMap::new();
        let mut bands = Vec::new();
        let mut y = MARGIN + TITLE;
        for (title, rows) in rows_of {
            let top = y;
            y += TITLE;
            for row in rows {
                let mut x = MARGIN + (width - across(row.len())) / 2.0;
                for node in row {
                    let area = Area {
                        x,
                        y,
                        width: BOX.0,
                        height: BOX.1,
                    };
                    boxes.insert(&node.address, area);
                    x += BOX.0 + GAP.0;
                }
                y += BOX.1 + GAP.1;
            }
            let area = Area {
                x: MARGIN,
                y: top,
                width,
                height: y - top - GAP.1 + MARGIN,
            };
            y = top + area.height + GAP.1;
            bands.push((title, area));
        }
        Self {
            width: width + 2.0 * MARGIN,
            height: y - GAP.1 + MARGIN,
            bands,
            boxes,
        }
    }
}

/// The rows of a cloud. What fits beside each other stays so; more boxes stand below what needs them, and what nothing
/// needs and needs nothing comes last.
fn rows<'g>(mut inside: Vec<&'g NodeDocument>, graph: &GraphDocument) -> Vec<Vec<&'g NodeDocument>> {
    if inside.len() <= ROW {
        return vec![inside];
    }
    let depths = depths(&inside, graph);
    inside.sort_by_key(|node| depths.get(&node.address).copied().unwrap_or(usize::MAX));
    inside
        .chunk_by(|a, b| depths.get(&a.address) == depths.get(&b.address))
        .flat_map(|layer| layer.chunks(ROW).map(<[_]>::to_vec))
        .collect()
}

/// How many boxes of the same cloud at most lead to each; none for those without any arrow.
fn depths<'g>(inside: &[&'g NodeDocument], graph: &'g GraphDocument) -> BTreeMap<&'g Address, usize> {
    let here: BTreeSet<_> = inside.iter().map(|node| &node.address).collect();
    let ends = graph.edges.iter().flat_map(|edge| [&edge.from, &edge.to]);
    let mut depths: BTreeMap<_, _> = ends
        .filter(|address| here.contains(address))
        .map(|address| (address, 0))
        .collect();
    // Arrows lead in no ring, so after as many rounds as there are boxes nothing moves any more.
    for _ in 0..inside.len() {
        let mut moved = false;
        for edge in &graph.edges {
            let (Some(from), Some(to)) = (depths.get(&edge.from).copied(), depths.get(&edge.to).copied())
            else {
                continue;
            };
            if to <= from {
                depths.insert(&edge.to, from + 1);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    depths
}

/// How far to the right each box belongs.
fn order(graph: &GraphDocument) -> BTreeMap<&Address, f64> {
    let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let index_of: BTreeMap<&Address, u32> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| (&node.address, number(index)))
        .collect();
    let edges: Vec<(u32, u32)> = graph
        .edges
        .iter()
        .filter_map(|edge| Some((*index_of.get(&edge.from)?, *index_of.get(&edge.to)?)))
        .collect();
    let vertices: Vec<(u32, (f64, f64))> = index_of.values().map(|index| (*index, BOX)).collect();
    let config = Config {
        minimum_length: 1,
        vertex_spacing: GAP.0,
        dummy_vertices: true,
        dummy_size: 1.0,
        ranking_type: RankingType::MinimizeEdgeLength,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: graph.nodes.len() < 200,
    };
    let mut order = BTreeMap::new();
    let mut right = 0.0;
    for (placed, width, _) in rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config) {
        for (index, (x, _)) in placed {
            if let Some(node) = graph.nodes.get(index) {
                order.insert(&node.address, right + x);
            }
        }
        right += width + GAP.0;
    }
    // What the layout left out stays in the order of the file.
    for node in &graph.nodes {
        right += 1.0;
        order.entry(&node.address).or_insert(right);
    }
    order
}
