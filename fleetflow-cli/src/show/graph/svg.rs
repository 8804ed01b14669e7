//! The picture. Colours follow the reader's surroundings, light or dark, and never carry a meaning alone.

use std::fmt::Write as _;

use fleetflow_core::Address;

use super::layout::{Area, Layout};
use super::route::{Point, path};
use super::{icons, mark};
use crate::documents::graph::{GraphDocument, NodeDocument};
use crate::show::text::escaped;

/// What is the same in light and in dark.
const FORMS: &str = "\
svg{font-family:ui-sans-serif,system-ui,'Segoe UI','Hiragino Sans','Noto Sans CJK JP',sans-serif}\
.cloud{font-size:13px;font-weight:600;letter-spacing:.04em}.head{font-size:16px;font-weight:600}\
.name{font-size:13px;font-weight:600}.kind{font-size:11px}\
.icon{fill:none;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}.edge{fill:none;stroke-width:1.3}\
.changed .box{stroke-width:2}.delete .box{stroke-dasharray:5 4}.sign{font-size:12px;font-weight:700;text-anchor:middle}";

/// The colours, by what they are for.
struct Palette {
    page: &'static str,
    band: &'static str,
    line: &'static str,
    inside: &'static str,
    text: &'static str,
    soft: &'static str,
    arrow: &'static str,
    changes: [(&'static str, &'static str); 5],
}

const LIGHT: Palette = Palette {
    page: "#fff",
    band: "#f6f7f9",
    line: "#d5dae1",
    inside: "#fff",
    text: "#1b2430",
    soft: "#5c6b7d",
    arrow: "#8b98a9",
    changes: [
        ("create", "#1a7f37"),
        ("update", "#9a6700"),
        ("replace", "#cf222e"),
        ("delete", "#cf222e"),
        ("adopt", "#0969a2"),
    ],
};

const DARK: Palette = Palette {
    page: "#10151c",
    band: "#171e27",
    line: "#2f3a48",
    inside: "#1f2833",
    text: "#e6ebf2",
    soft: "#9aa8b8",
    arrow: "#6f7f92",
    changes: [
        ("create", "#4ac26b"),
        ("update", "#d4a72c"),
        ("replace", "#ff7b72"),
        ("delete", "#ff7b72"),
        ("adopt", "#58b6e8"),
    ],
};

/// Plain rules without variables: many programs that draw SVG, and are no browser, know none and would fill all with black.
fn rules(palette: &Palette) -> String {
    let Palette {
        page,
        band,
        line,
        inside,
        text,
        soft,
        arrow,
        changes,
    } = palette;
    let mut rules = format!(
        ".page,.sign{{fill:{page}}}.band{{fill:{band};stroke:{line}}}.box{{fill:{inside};stroke:{line}}}\
         .head,.name{{fill:{text}}}.cloud,.kind{{fill:{soft}}}.icon{{stroke:{soft}}}.edge{{stroke:{arrow}}}.tip{{fill:{arrow}}}"
    );
    for (change, color) in changes {
        let _ = write!(
            rules,
            ".{change} .box,.{change} .icon{{stroke:{color}}}.{change} .badge{{fill:{color}}}"
        );
    }
    rules
}

fn style() -> String {
    let (light, dark) = (rules(&LIGHT), rules(&DARK));
    format!("{FORMS}{light}@media (prefers-color-scheme:dark){{{dark}}}")
}

/// The whole picture, one file without anything outside of it.
pub(crate) fn svg(graph: &GraphDocument) -> String {
    let layout = Layout::new(graph);
    let (width, height) = (layout.width.max(260.0), layout.height.max(90.0));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{style}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n<text class=\"head\" x=\"28\" y=\"40\">{title}</text>\n",
        title = escaped(&format!("{} / {}", graph.project, graph.stage)),
        style = style(),
    );
    for (title, area) in &layout.bands {
        band(&mut out, title, *area);
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (layout.boxes.get(&edge.from), layout.boxes.get(&edge.to)) {
            let way = layout.ways.way((&edge.from, &edge.to), &layout.rows, *from, *to);
            arrow(&mut out, (&edge.from, &edge.to), &way);
        }
    }
    for node in &graph.nodes {
        if let Some(area) = layout.boxes.get(&node.address) {
            resource(&mut out, node, *area);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn band(out: &mut String, title: &str, area: Area) {
    let Area { x, y, width, height } = area;
    let _ = writeln!(
        out,
        "<rect class=\"band\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"12\"/>\
         <text class=\"cloud\" x=\"{:.0}\" y=\"{:.0}\">{title}</text>",
        x + 16.0,
        y + 22.0,
    );
}

fn arrow(out: &mut String, (from, to): (&Address, &Address), way: &[Point]) {
    let _ = writeln!(
        out,
        "<path class=\"edge\" marker-end=\"url(#tip)\" d=\"{}\"><title>{} needs {}</title></path>",
        path(way),
        escaped(&from.to_string()),
        escaped(&to.to_string()),
    );
}

fn resource(out: &mut String, node: &NodeDocument, area: Area) {
    let Area { x, y, width, height } = area;
    let (sign, change) = node.change.map(mark).unwrap_or_default();
    let class = if change.is_empty() {
        String::new()
    } else {
        format!(" class=\"changed {change}\"")
    };
    let kind = node.address.kind();
    let line = if node.detail.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}, {}", node.detail)
    };
    let title = if change.is_empty() {
        node.address.to_string()
    } else {
        format!("{change} {}", node.address)
    };
    let _ = writeln!(
        out,
        "<g{class} transform=\"translate({x:.0} {y:.0})\"><title>{}</title>\
         <rect class=\"box\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\"/>\
         <path class=\"icon\" transform=\"translate(12 16)\" d=\"{}\"/>\
         <text class=\"name\" x=\"46\" y=\"25\">{}</text><text class=\"kind\" x=\"46\" y=\"42\">{}</text>{}</g>",
        escaped(&title),
        icons::icon(kind),
        escaped(&shortened(node.address.name(), 18)),
        escaped(&shortened(&line, 26)),
        badge(sign, width),
    );
}

fn badge(sign: &str, width: f64) -> String {
    if sign.is_empty() {
        return String::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "three letters at most")]
    let wide = 12.0 + 7.0 * sign.len() as f64;
    format!(
        "<rect class=\"badge\" x=\"{:.0}\" y=\"-9\" width=\"{wide:.0}\" height=\"18\" rx=\"9\"/>\
         <text class=\"sign\" x=\"{:.1}\" y=\"4\">{sign}</text>",
        width - wide - 8.0,
        width - wide / 2.0 - 8.0,
    )
}

/// At most `most` letters. Names often differ at their ends: what is left out is the middle.
fn shortened(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let end = (most - 1) / 2;
    let begin: String = letters[..most - 1 - end].iter().collect();
    let end: String = letters[letters.len() - end..].iter().collect();
    format!("{begin}…{end}")
}
