//! The ways of arrows. They pass each row of boxes on their way through a gap of it, each in a lane of its own there, and turn
//! only between rows: so none crosses a box, and none hides another.

use std::collections::BTreeMap;

use fleetflow_core::Address;

use super::layout::{Area, GAP, Spaces, space};
use crate::documents::graph::GraphDocument;

/// How far an arrow ends before its box, so that its tip is seen.
const TIP: f64 = 2.0;
/// How far arrows of one gap are apart.
const LANE: f64 = 5.0;

/// A point of the picture.
pub(super) type Point = (f64, f64);

/// Which gaps arrows pass, by row and number of the gap from the left, and in which lane.
#[derive(Default)]
pub(super) struct Ways<'g> {
    passes: BTreeMap<(&'g Address, &'g Address), Vec<Pass>>,
    /// What comes through each gap: arrows from one box share a lane, as far as they go the same way.
    lanes: BTreeMap<(usize, usize), Vec<&'g Address>>,
}

#[derive(Clone, Copy)]
struct Pass {
    row: usize,
    gap: usize,
    lane: usize,
}

/// The rows of boxes, from top to bottom.
pub(super) struct Rows(Vec<Row>);

struct Row {
    top: f64,
    bottom: f64,
    /// The middles of the gaps, those at both ends included.
    gaps: Vec<f64>,
}

impl<'g> Ways<'g> {
    /// The gaps with the least detour, where boxes are as close as they can be.
    pub(super) fn chosen(graph: &'g GraphDocument, boxes: &BTreeMap<&'g Address, Area>) -> Self {
        let rows = Rows::of(boxes, &Spaces::new());
        let mut ways = Self::default();
        for edge in &graph.edges {
            if let (Some(from), Some(to)) = (boxes.get(&edge.from), boxes.get(&edge.to)) {
                let passes = ways.through(&edge.from, &rows, *from, *to);
                ways.passes.insert((&edge.from, &edge.to), passes);
            }
        }
        ways
    }

    fn through(&mut self, from: &'g Address, rows: &Rows, a: Area, b: Area) -> Vec<Pass> {
        let (mut x, end) = (middle(a), middle(b));
        let passed = rows.between(a, b).into_iter();
        passed
            .map(|row| {
                let gap;
                (gap, x) = rows.0[row].nearest(x, end);
                let lane = self.lane((row, gap), from);
                Pass { row, gap, lane }
            })
            .collect()
    }

    fn lane(&mut self, gap: (usize, usize), from: &'g Address) -> usize {
        let taken = self.lanes.entry(gap).or_default();
        taken.iter().position(|other| *other == from).unwrap_or_else(|| {
            taken.push(from);
            taken.len() - 1
        })
    }

    /// How wide each gap has to be for its lanes; those that are missing are as wide as any.
    pub(super) fn spaces(&self) -> Spaces {
        let wide = |lanes: usize| f64::from(u32::try_from(lanes + 1).unwrap_or(u32::MAX)) * LANE;
        let spaces = self.lanes.iter().map(|(gap, from)| (*gap, wide(from.len())));
        spaces.filter(|(_, wide)| *wide > GAP.0).collect()
    }

    /// Where the arrow from the box at `a` to the one at `b` goes, from point to point: from the side that looks at the
    /// other box; between boxes of one row it goes over them.
    pub(super) fn way(
        &self,
        (from, to): (&'g Address, &'g Address),
        rows: &Rows,
        a: Area,
        b: Area,
    ) -> Vec<Point> {
        if same_row(a, b) {
            return over(a, b);
        }
        let is_down = b.y > a.y;
        let (begin, end) = if is_down {
            ((middle(a), a.y + a.height), (middle(b), b.y - TIP))
        } else {
            ((middle(a), a.y), (middle(b), b.y + b.height + TIP))
        };
        let mut way = vec![begin];
        for pass in self.passes.get(&(from, to)).into_iter().flatten() {
            let Row { top, bottom, gaps } = &rows.0[pass.row];
            let x = gaps[pass.gap] + offset(pass.lane);
            way.extend(if is_down {
                [(x, *top), (x, *bottom)]
            } else {
                [(x, *bottom), (x, *top)]
            });
        }
        way.push(end);
        way
    }
}

impl Rows {
    /// The rows of these boxes, whose gaps are as wide as `spaces` says.
    pub(super) fn of(boxes: &BTreeMap<&Address, Area>, spaces: &Spaces) -> Self {
        let mut areas: Vec<Area> = boxes.values().copied().collect();
        areas.sort_by(|a, b| {
            (a.y, a.x)
                .partial_cmp(&(b.y, b.x))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let rows = areas.chunk_by(|a, b| same_row(*a, *b)).enumerate();
        let of = |(row, areas): (usize, &[Area])| Row::of(areas, |gap| space(spaces, row, gap));
        Self(rows.map(of).collect())
    }

    /// The rows that an arrow from `a` to `b` passes, in its order.
    fn between(&self, a: Area, b: Area) -> Vec<usize> {
        let (high, low) = (a.y.min(b.y), a.y.max(b.y));
        let passed = |row: &Row| row.top > high + 1.0 && row.top < low - 1.0;
        let mut passed: Vec<usize> = (0..self.0.len())
            .filter(|index| passed(&self.0[*index]))
            .collect();
        if b.y < a.y {
            passed.reverse();
        }
        passed
    }
}

impl Row {
    /// The row of these boxes, from left to right.
    fn of(areas: &[Area], space: impl Fn(usize) -> f64) -> Self {
        let (mut gaps, mut top, mut bottom) = (Vec::new(), f64::MAX, f64::MIN);
        for (gap, area) in areas.iter().enumerate() {
            gaps.push(area.x - space(gap) / 2.0);
            top = top.min(area.y);
            bottom = bottom.max(area.y + area.height);
        }
        let last = areas
            .last()
            .map(|last| last.x + last.width + space(areas.len()) / 2.0);
        gaps.extend(last);
        Self { top, bottom, gaps }
    }

    /// The gap with the least detour from `x` to `end`, and its middle.
    fn nearest(&self, x: f64, end: f64) -> (usize, f64) {
        let detour = |gap: f64| (gap - x).abs() + (gap - end).abs();
        let gaps = self.gaps.iter().copied().enumerate();
        let best = gaps.min_by(|(_, a), (_, b)| detour(*a).total_cmp(&detour(*b)));
        best.unwrap_or((0, x))
    }
}

fn same_row(a: Area, b: Area) -> bool {
    (a.y - b.y).abs() <= 1.0
}

fn middle(area: Area) -> f64 {
    area.x + area.width / 2.0
}

/// Beside the middles, which are for arrows from above.
fn over(a: Area, b: Area) -> Vec<Point> {
    let aside = (b.x - a.x).signum() * 36.0;
    vec![(middle(a) + aside, a.y), (middle(b) - aside, b.y - TIP)]
}

/// 0, 5, -5, 10, -10 and so on: the first in the middle.
fn offset(lane: usize) -> f64 {
    let steps = f64::from(u32::try_from(lane.div_ceil(2)).unwrap_or(u32::MAX));
    let side = if lane % 2 == 1 { 1.0 } else { -1.0 };
    side * LANE * steps
}

/// The way as the path of an SVG: straight through rows, and curves between them that leave and enter upright.
pub(super) fn path(way: &[Point]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in way.iter().copied().enumerate() {
        let Some((x0, y0)) = index.checked_sub(1).map(|before| way[before]) else {
            path.push_str(&format!("M{x:.0} {y:.0}"));
            continue;
        };
        // Over boxes of one row: an arc between two points of almost one height.
        let bend = if (y - y0).abs() <= TIP {
            (-22.0, -22.0)
        } else {
            ((y - y0) / 2.0, (y0 - y) / 2.0)
        };
        path.push_str(&if (x - x0).abs() < 0.5 {
            format!("L{x:.0} {y:.0}")
        } else {
            format!(
                "C{x0:.0} {:.0} {x:.0} {:.0} {x:.0} {y:.0}",
                y0 + bend.0,
                y + bend.1
            )
        });
    }
    path
}
