//! A plan as one page that needs nothing else: to mail, to keep, to show to somebody without this program. It says the same
//! as the text, and needs no colours.

use std::fmt::Write as _;

use fleetflow_core::plan::{Plan, Step};

use super::plan::{Dependents, disruption, drifted, field, nothing, price, reason, summary};
use super::style::{name, symbol};
use super::text::escaped;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d5dae1;--soft:#5c6b7d;--create:#1a7f37;--change:#9a6700;--gone:#cf222e;--adopt:#0969a2}\
@media (prefers-color-scheme:dark){:root{--line:#2f3a48;--soft:#9aa8b8;--create:#4ac26b;--change:#d4a72c;--gone:#ff7b72;--adopt:#58b6e8}}\
body{font:15px/1.5 system-ui,'Hiragino Sans','Noto Sans CJK JP',sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:1.2rem 0 .4rem}\
table{border-collapse:collapse;width:100%}th{font-weight:600;color:var(--soft);white-space:nowrap}.action{white-space:nowrap}\
th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}\
code{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}\
.sign{font-weight:700;white-space:nowrap}.create{color:var(--create)}.change{color:var(--change)}.replace,.delete{color:var(--gone)}\
.adopt{color:var(--adopt)}details{margin-top:.3rem}summary{cursor:pointer;color:var(--soft)}pre{margin:.3rem 0;white-space:pre-wrap}\
.sum{font-weight:600;margin-top:1.2rem}ul{padding-left:1.2rem}li,p{overflow-wrap:anywhere}\
@media print{details::details-content{content-visibility:visible;block-size:auto}tr{break-inside:avoid}}\
@media screen and (max-width:44rem){table,tbody,tr,td{display:block}thead{display:none}td{border:0;padding:.1rem 0}\
tr{position:relative;padding:.6rem 0 .6rem 2.2rem;border-bottom:1px solid var(--line)}.sign{position:absolute;left:0}\
td:last-child:not(:empty)::before{content:'Disruption: ';color:var(--soft)}}";

/// The page.
pub(crate) fn html(plan: &Plan, dependents: &Dependents) -> String {
    let title = format!("Plan of {} / {}", escaped(&plan.project), escaped(&plan.stage));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<h1>{title}</h1>\n"
    );
    if plan.is_empty() {
        let _ = writeln!(out, "<p class=\"sum\">{}</p>", plain(&nothing(plan)));
    }
    if !plan.drift.is_empty() {
        out.push_str("<h2>Changed outside FleetFlow since the last run</h2>\n<ul>\n");
        for drift in &plan.drift {
            let what = drifted(drift);
            let address = escaped(&drift.address.to_string());
            let _ = writeln!(out, "<li><code>{address}</code> {}</li>", plain(&what));
        }
        out.push_str("</ul>\n");
    }
    if !plan.steps.is_empty() {
        out.push_str(
            "<table>\n<thead><tr><th></th><th>Resource</th><th>Action</th><th>What</th><th>Disruption</th></tr></thead>\n<tbody>\n",
        );
        for step in &plan.steps {
            row(&mut out, step, dependents);
        }
        out.push_str("</tbody>\n</table>\n");
    }
    for note in &plan.notes {
        let _ = writeln!(out, "<p>Note: {}</p>", plain(note));
    }
    if !plan.is_empty() {
        let _ = writeln!(out, "<p class=\"sum\">{}</p>", plain(&summary(plan)));
    }
    if let Some(price) = price(plan) {
        let _ = writeln!(out, "<p>{}</p>", plain(&price));
    }
    out.push_str("</html>\n");
    out
}

fn row(out: &mut String, step: &Step, dependents: &Dependents) {
    let action = name(step.action);
    let disruption = disruption(step, dependents);
    let _ = writeln!(
        out,
        "<tr><td class=\"sign {class}\">{}</td><td><code>{}</code>{}</td><td class=\"action\">{action}</td><td>{}</td><td>{}</td></tr>",
        escaped(symbol(step.action).trim()),
        escaped(&step.address.to_string()),
        fields(step),
        plain(&reason(step)),
        plain(disruption.trim_start_matches("disruption: ")),
        class = action.split(' ').next().unwrap_or_default(),
    );
}

fn fields(step: &Step) -> String {
    if step.changes.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = step.changes.iter().map(|change| plain(&field(change))).collect();
    format!(
        "<details><summary>{} changed</summary><pre><code>{}</code></pre></details>",
        super::text::count(lines.len() as u64, "field"),
        lines.join("\n")
    )
}

fn plain(text: &str) -> String {
    escaped(console::strip_ansi_codes(text).trim())
}
