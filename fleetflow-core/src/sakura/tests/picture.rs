//! A day of load as a picture: load, count, and every decision with its reason. For the documents.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;

use crate::autoscale::Judgement;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 50.0;
/// The load at the upper edge, in percent of one machine.
const MOST: f64 = 400.0;

#[derive(Default)]
pub(super) struct Picture {
    points: Vec<(f64, f64, usize)>,
    decisions: Vec<(f64, u32, u32, String)>,
}

impl Picture {
    pub(super) fn point(&mut self, hour: f64, load: f64, count: usize) {
        self.points.push((hour, load, count));
    }

    pub(super) fn decided(&mut self, decisions: &[(Timestamp, u32, Judgement)]) {
        let begin: Timestamp = super::scaling::MIDNIGHT.parse().unwrap();
        for (time, count, judgement) in decisions {
            let hour = time.duration_since(begin).as_secs_f64() / 3600.0;
            let reason = judgement.decision.reason.to_string();
            self.decisions.push((hour, judgement.current, *count, reason));
        }
    }

    /// The picture is as the documents show it. With the variable `FLEETFLOW_BLESS` it is put there.
    pub(super) fn is_in_the_documents(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        let drawn = self.draw();
        if std::env::var_os("FLEETFLOW_BLESS").is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == drawn,
            "{} is not what happens; run the test with FLEETFLOW_BLESS=1",
            path.display()
        );
    }

    fn draw(&self) -> String {
        let mut svg = frame(self.decisions.len());
        svg.push_str(&self.capacity());
        svg.push_str(&self.load());
        for (index, decision) in self.decisions.iter().enumerate() {
            svg.push_str(&marked(index + 1, decision));
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// What the servers carry at the target of 60 %, as an area.
    fn capacity(&self) -> String {
        let mut path = format!("M{:.1} {:.1}", x(0.0), y(0.0));
        for (hour, _, count) in &self.points {
            let top = y(capacity(*count));
            let _ = write!(
                path,
                "L{:.1} {top:.1}L{:.1} {top:.1}",
                x(*hour),
                x(hour + 1.0 / 60.0)
            );
        }
        let _ = write!(path, "L{:.1} {:.1}Z", x(24.0), y(0.0));
        format!("<path d=\"{path}\" fill=\"#cfe3f7\" stroke=\"#5b9bd5\"/>\n")
    }

    fn load(&self) -> String {
        let points = self.points.iter().step_by(5);
        let points: Vec<_> = points
            .map(|(hour, load, _)| format!("{:.1},{:.1}", x(*hour), y(*load)))
            .collect();
        format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#c0392b\" stroke-width=\"1.5\"/>\n",
            points.join(" ")
        )
    }
}

fn capacity(count: usize) -> f64 {
    60.0 * f64::from(u32::try_from(count).unwrap())
}

fn x(hour: f64) -> f64 {
    LEFT + hour / 24.0 * WIDTH
}

fn y(load: f64) -> f64 {
    TOP + HEIGHT * (1.0 - load / MOST)
}

/// The ground, the axes and the legend; room below for one line a decision.
fn frame(decisions: usize) -> String {
    let lines = 18.0 * f64::from(u32::try_from(decisions).unwrap());
    let (width, height) = (WIDTH + LEFT + 30.0, TOP + HEIGHT + 50.0 + lines);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"15\">A day of load, and how many servers carry it \
         (threshold 80 %, target 60 %, cooldown 5 min up, 30 min down)</text>\n\
         <text x=\"{LEFT}\" y=\"38\" fill=\"#c0392b\">load, percent of one server</text>\n\
         <text x=\"{:.0}\" y=\"38\" fill=\"#2e6da4\">what the servers carry at the target</text>\n",
        LEFT + 200.0
    );
    for hour in (0..=24).step_by(3) {
        let place = x(f64::from(hour));
        let _ = writeln!(
            svg,
            "<line x1=\"{place:.1}\" x2=\"{place:.1}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"#eee\"/>\
             <text x=\"{place:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{hour}:00</text>",
            y(0.0),
            y(0.0) + 16.0
        );
    }
    for load in (0..=400).step_by(100) {
        let place = y(f64::from(load));
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{place:.1}\" y2=\"{place:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{load} %</text>",
            x(24.0),
            LEFT - 6.0,
            place + 4.0
        );
    }
    svg
}

/// A decision: a number in the picture, and its reason below.
fn marked(number: usize, (hour, before, count, reason): &(f64, u32, u32, String)) -> String {
    let top = y(capacity(usize::try_from(*count.max(before)).unwrap())) - 6.0;
    let line = TOP + HEIGHT + 44.0 + 18.0 * f64::from(u32::try_from(number - 1).unwrap());
    let minutes = (hour * 60.0).round();
    let (hours, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
    format!(
        "<text x=\"{:.1}\" y=\"{top:.1}\" text-anchor=\"middle\" font-weight=\"bold\">{number}</text>\n\
         <text x=\"{LEFT}\" y=\"{line:.1}\"><tspan font-weight=\"bold\">{number}</tspan> \
         {hours:02}:{minutes:02}  {before} → {count}: {reason}</text>\n",
        x(*hour)
    )
}
