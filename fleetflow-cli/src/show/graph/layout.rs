//! Where the boxes are: a band for each cloud, and in it an order in which arrows cross little. The order is that of a
//! layered layout of the whole graph (Sugiyama and others, 1981), made by a library.

use std::collections::{BTreeMap, BTreeSet};

use fleetflow_core::Address;
use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};

use super::CLOUDS;
use super::route::{Rows, Ways};
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

/// The gaps that are wider than any, by row from the top and number from the left.
pub(super) type Spaces = BTreeMap<(usize, usize), f64>;

/// Where everything is.
pub(super) struct Layout<'g> {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) bands: Vec<(&'static str, Area)>,
    pub(super) boxes: BTreeMap<&'g Address, Area>,
    pub(super) rows: Rows,
    pub(super) ways: Ways<'g>,
}

/// The rows of boxes of each cloud.
type Arranged<'g> = Vec<(&'static str, Vec<Vec<&'g NodeDocument>>)>;

impl<'g> Layout<'g> {
    /// The boxes are as close as the arrows between them allow: those are looked for first, where all are close.
    pub(super) fn new(graph: &'g GraphDocument) -> Self {
        let arranged = arranged(graph);
        let close = Placing::of(&arranged, &Spaces::new());
        let ways = Ways::chosen(graph, &close.boxes);
        let spaces = ways.spaces();
        let Placing {
            width,
            y,
            bands,
            boxes,
        } = Placing::of(&arranged, &spaces);
        Self {
            width: width + 2.0 * MARGIN,
            height: y - GAP.1 + MARGIN,
            bands,
            rows: Rows::of(&boxes, &spaces),
            boxes,
            ways,
        }
    }
}

fn arranged(graph: &GraphDocument) -> Arranged<'_> {
    let order = order(graph);
    let inside = |provider: &str| {
        let all = graph.nodes.iter();
        let mut inside: Vec<_> = all.filter(|node| node.provider == provider).collect();
        inside.sort_by(|a, b| order[&a.address].total_cmp(&order[&b.address]));
        inside
    };
    let clouds = CLOUDS.into_iter();
    let all = clouds.map(|(provider, title)| (title, inside(provider)));
    all.filter(|(_, inside)| !inside.is_empty())
        .map(|(title, inside)| (title, rows(inside, graph)))
        .collect()
}

/// Boxes while they are placed, from top to bottom.
struct Placing<'g> {
    width: f64,
    y: f64,
    bands: Vec<(&'static str, Area)>,
    boxes: BTreeMap<&'g Address, Area>,
}

impl<'g> Placing<'g> {
    fn of(arranged: &Arranged<'g>, spaces: &Spaces) -> Self {
        let all = arranged.iter().flat_map(|(_, rows)| rows).enumerate();
        let across = all.map(|(number, row)| across(number, row.len(), spaces));
        let mut placing = Self {
            width: across.fold(BOX.0, f64::max) + 2.0 * MARGIN,
            y: MARGIN + TITLE,
            bands: Vec::new(),
            boxes: BTreeMap::new(),
        };
        let mut number = 0;
        for (title, rows) in arranged {
            let top = placing.y;
            placing.y += TITLE;
            for row in rows {
                placing.row(number, row, spaces);
                number += 1;
            }
            let area = Area {
                x: MARGIN,
                y: top,
                width: placing.width,
                height: placing.y - top - GAP.1 + MARGIN,
            };
            placing.y = top + area.height + GAP.1;
            placing.bands.push((title, area));
        }
        placing
    }

    /// In the middle of its band.
    fn row(&mut self, number: usize, row: &[&'g NodeDocument], spaces: &Spaces) {
        let free = self.width - across(number, row.len(), spaces);
        let mut x = MARGIN + free / 2.0 - GAP.0;
        for (gap, node) in row.iter().enumerate() {
            x += space(spaces, number, gap);
            let area = Area {
                x,
                y: self.y,
                width: BOX.0,
                height: BOX.1,
            };
            self.boxes.insert(&node.address, area);
            x += BOX.0;
        }
        self.y += BOX.1 + GAP.1;
    }
}

/// How wide the gap is.
pub(super) fn space(spaces: &Spaces, row: usize, gap: usize) -> f64 {
    spaces.get(&(row, gap)).copied().unwrap_or(GAP.0)
}

/// How wide a row of so many boxes is, with what its ends need beyond the margin of a band.
fn across(number: usize, boxes: usize, spaces: &Spaces) -> f64 {
    let gaps: f64 = (0..=boxes).map(|gap| space(spaces, number, gap)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a few boxes")]
    let boxes = boxes as f64 * BOX.0;
    boxes + gaps - 2.0 * GAP.0
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
