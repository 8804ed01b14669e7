//! The ways of arrows. They pass each row of boxes on their way through a gap of it, and turn only between rows: so none
//! crosses a box.

use std::collections::BTreeMap;

use fleetflow_core::Address;

use super::layout::{Area, GAP};

/// How far an arrow ends before its box, so that its tip is seen.
const TIP: f64 = 2.0;
/// How far arrows of one gap are apart.
const LANE: f64 = 5.0;

/// A point of the picture.
pub(super) type Point = (f64, f64);

/// The rows of boxes from top to bottom, and who passes where already.
pub(super) struct Router<'g> {
    rows: Vec<Row>,
    /// By row and gap, what comes from where: arrows from one box go the same way, as far as they do.
    taken: BTreeMap<(usize, usize), Vec<&'g Address>>,
}

struct Row {
    top: f64,
    bottom: f64,
    /// The middles of the gaps, those at both ends included.
    gaps: Vec<f64>,
}

impl<'g> Router<'g> {
    pub(super) fn new(boxes: &BTreeMap<&'g Address, Area>) -> Self {
        let mut areas: Vec<Area> = boxes.values().copied().collect();
        areas.sort_by(|a, b| {
            (a.y, a.x)
                .partial_cmp(&(b.y, b.x))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let rows = areas.chunk_by(|a, b| same_row(*a, *b)).map(Row::of).collect();
        Self {
            rows,
            taken: BTreeMap::new(),
        }
    }

    /// Where the arrow from the box at `a` to the one at `b` goes, from point to point: from the side that looks at the
    /// other box; between boxes of one row it goes over them.
    pub(super) fn way(&mut self, from: &'g Address, a: Area, b: Area) -> Vec<Point> {
        if same_row(a, b) {
            return over(a, b);
        }
        let is_down = b.y > a.y;
        let (begin, end) = if is_down {
            ((middle(a), a.y + a.height), (middle(b), b.y - TIP))
        } else {
            ((middle(a), a.y), (middle(b), b.y + b.height + TIP))
        };
        let (high, low) = (a.y.min(b.y), a.y.max(b.y));
        let passed = |row: &Row| row.top > high + 1.0 && row.top < low - 1.0;
        let mut passed: Vec<usize> = (0..self.rows.len())
            .filter(|index| passed(&self.rows[*index]))
            .collect();
        if !is_down {
            passed.reverse();
        }
        let mut way = vec![begin];
        let mut x = begin.0;
        for index in passed {
            x = self.pass(index, from, (x, end.0));
            let Row { top, bottom, .. } = self.rows[index];
            way.extend(if is_down {
                [(x, top), (x, bottom)]
            } else {
                [(x, bottom), (x, top)]
            });
        }
        way.push(end);
        way
    }

    /// Where an arrow that comes from `x` passes the row on its way to `end`: through the gap with the least detour.
    fn pass(&mut self, index: usize, from: &'g Address, (x, end): (f64, f64)) -> f64 {
        let row = &self.rows[index];
        let detour = |gap: f64| (gap - x).abs() + (gap - end).abs();
        let gaps = row.gaps.iter().copied().enumerate();
        let best = gaps.min_by(|(_, a), (_, b)| detour(*a).total_cmp(&detour(*b)));
        let (gap, middle) = best.unwrap_or((0, x));
        let taken = self.taken.entry((index, gap)).or_default();
        let lane = taken.iter().position(|other| *other == from).unwrap_or_else(|| {
            taken.push(from);
            taken.len() - 1
        });
        middle + offset(lane)
    }
}

impl Row {
    /// The row of these boxes, from left to right.
    fn of(areas: &[Area]) -> Self {
        let (mut gaps, mut top, mut bottom) = (Vec::new(), f64::MAX, f64::MIN);
        for area in areas {
            gaps.push(area.x - GAP.0 / 2.0);
            top = top.min(area.y);
            bottom = bottom.max(area.y + area.height);
        }
        gaps.extend(areas.last().map(|last| last.x + last.width + GAP.0 / 2.0));
        Self { top, bottom, gaps }
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

/// 0, 5, -5, 10, -10 and not more, as boxes are beside them.
fn offset(lane: usize) -> f64 {
    let most = (GAP.0 / 2.0 / LANE - 0.5).floor();
    let steps = f64::from(u32::try_from(lane.div_ceil(2)).unwrap_or(u32::MAX));
    let side = if lane % 2 == 1 { 1.0 } else { -1.0 };
    side * LANE * steps.min(most)
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
