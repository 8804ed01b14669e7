//! `graph`: what it draws of the example, before and after a change.

use serde_json::Value;

use super::support::Project;

#[test]
fn the_example_is_drawn_and_a_plan_marks_what_changes() {
    let project = Project::example();
    let graph = |arguments: &[&str]| project.sandbox(&[&["graph"], arguments].concat());
    let edges = |document: &Value| -> Vec<String> {
        let edge = |edge: &Value| {
            format!(
                "{} -> {}",
                edge["from"].as_str().unwrap(),
                edge["to"].as_str().unwrap()
            )
        };
        document["edges"].as_array().unwrap().iter().map(edge).collect()
    };
    let changes = |document: &Value| -> Vec<String> {
        let nodes = document["nodes"].as_array().unwrap().iter();
        let changed = nodes.filter_map(|node| {
            Some(format!(
                "{} {}",
                node["change"].as_str()?,
                node["address"].as_str()?
            ))
        });
        changed.collect()
    };

    let before: Value = serde_json::from_str(&graph(&["--json"])).unwrap();
    assert_eq!(
        edges(&before),
        [
            "server.creo-dev-01 -> service-group.creo-stack",
            "dns.creo-memories.com -> server.creo-dev-01",
        ]
    );
    assert_eq!(changes(&before), Vec::<String>::new());

    project.sandbox(&["up", "--yes"]);
    project.edit("core=4", "core=2");
    let planned: Value = serde_json::from_str(&graph(&["--json", "--plan"])).unwrap();
    assert_eq!(changes(&planned), ["update server.creo-dev-01"]);
    let picture = graph(&["--plan"]);
    assert!(
        picture.starts_with("<svg") && picture.contains(">~</text>"),
        "{picture}"
    );
    assert!(picture.contains("2 core, 4 GiB"), "{picture}");
    let mermaid = graph(&["--format", "mermaid", "--plan"]);
    assert!(
        mermaid.contains("subgraph") && mermaid.contains("~ creo-dev-01"),
        "{mermaid}"
    );
    let dot = graph(&["--format", "dot"]);
    assert!(
        dot.starts_with("digraph \"shop/dev\"") && dot.contains("->"),
        "{dot}"
    );
}

/// Many boxes: what needs others stands above them, names that begin alike are told apart, and the colours are plain ones,
/// which every program that draws SVG knows.
#[test]
fn a_large_stage_is_drawn_in_layers_and_for_every_viewer() {
    let number = |index: usize| {
        format!(
            "worker \"w-{index}\" {{ source \"w.js\"; bindings {{ kv \"CACHE\" namespace=\"n-{index}\" }} }}\n\
             kv-namespace \"n-{index}\"\nr2-bucket \"a-bucket-with-a-long-name-{index}\"\n"
        )
    };
    let project = Project::new(&(0..10).map(number).collect::<String>());
    let picture = project.flow(&["graph"]).succeeded(&["graph"]).out;
    let at = |title: &str| {
        let title = picture.find(&format!("\"><title>{title}</title>")).unwrap();
        let place = picture[..title].rsplit("translate(").next().unwrap();
        let height = place.split([' ', ')']).nth(1).unwrap();
        height.parse::<f64>().unwrap()
    };
    for index in 0..10 {
        let (worker, store) = (
            at(&format!("worker.w-{index}")),
            at(&format!("kv-namespace.n-{index}")),
        );
        let alone = at(&format!("r2-bucket.a-bucket-with-a-long-name-{index}"));
        assert!(worker < store && store < alone, "{worker} {store} {alone}");
        assert!(picture.contains(&format!("…g-name-{index}</text>")), "{picture}");
    }
    assert!(
        !picture.contains("var(") && picture.contains("class=\"page\""),
        "{picture}"
    );
}

/// A box or a point of a picture, in its units.
type Place = (f64, f64);

/// The boxes of a picture by their addresses: where they begin and end.
fn boxes(picture: &str) -> Vec<(String, Place, Place)> {
    let groups = picture
        .split("<g")
        .skip(1)
        .filter(|group| group.contains("class=\"box\""));
    let number = |text: &str, before: &str| -> f64 {
        let rest = text.split_once(before).unwrap().1;
        rest[..rest.find(['"', ' ', ')']).unwrap()].parse().unwrap()
    };
    groups
        .map(|group| {
            let (at, form) = group.split_once("<rect class=\"box\"").unwrap();
            let (x, y) = (
                number(at, "translate("),
                number(at.split_once("translate(").unwrap().1, " "),
            );
            let title = at.split_once("<title>").unwrap().1.split_once('<').unwrap().0;
            let address = title.rsplit(' ').next().unwrap().to_owned();
            (
                address,
                (x, y),
                (x + number(form, "width=\""), y + number(form, "height=\"")),
            )
        })
        .collect()
}

/// The arrows of a picture: from, to, and points of it close to each other.
fn arrows(picture: &str) -> Vec<(String, String, Vec<Place>)> {
    let paths = picture.split("<path class=\"edge\"").skip(1);
    paths
        .map(|path| {
            let drawn = path.split_once(" d=\"").unwrap().1.split_once('"').unwrap().0;
            let title = path.split_once("<title>").unwrap().1.split_once('<').unwrap().0;
            let (from, to) = title.split_once(" needs ").unwrap();
            (from.to_owned(), to.to_owned(), points(drawn))
        })
        .collect()
}

/// Points on a path of `M`, `L` and `C`, less than a unit or so apart.
fn points(path: &str) -> Vec<Place> {
    let parts = path
        .replace('M', "\nM ")
        .replace('L', "\nL ")
        .replace('C', "\nC ");
    let mut points: Vec<Place> = Vec::new();
    for part in parts.lines().skip(1) {
        let (word, rest) = part.split_once(' ').unwrap();
        let numbers: Vec<f64> = rest
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        let ends: Vec<Place> = numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let before = points.last().copied().unwrap_or(ends[0]);
        let handles = match word {
            "C" => [before, ends[0], ends[1], ends[2]],
            _ => [before, before, ends[0], ends[0]],
        };
        points.extend((0..=2000).map(|step| on_curve(&handles, f64::from(step) / 2000.0)));
    }
    points
}

fn on_curve(handles: &[Place; 4], t: f64) -> Place {
    let weights = [
        (1.0 - t).powi(3),
        3.0 * t * (1.0 - t).powi(2),
        3.0 * t * t * (1.0 - t),
        t.powi(3),
    ];
    let sum = |of: fn(&Place) -> f64| {
        handles
            .iter()
            .zip(weights)
            .map(|(handle, weight)| of(handle) * weight)
            .sum()
    };
    (sum(|place| place.0), sum(|place| place.1))
}

/// How many arrows the picture has; each begins and ends at its boxes, and crosses none.
fn assert_no_arrow_crosses_a_box(picture: &str) -> usize {
    let (boxes, arrows) = (boxes(picture), arrows(picture));
    let place = |address: &String| {
        boxes
            .iter()
            .find(|(known, ..)| known == address)
            .unwrap_or_else(|| panic!("{address}"))
    };
    let near = |point: &Place, address: &String| {
        let (_, begin, end) = place(address);
        point.0 >= begin.0 && point.0 <= end.0 && point.1 >= begin.1 - 3.0 && point.1 <= end.1 + 3.0
    };
    for (from, to, way) in &arrows {
        assert!(
            near(&way[0], from) && near(way.last().unwrap(), to),
            "{from} {to}: {way:?}"
        );
        for (address, begin, end) in &boxes {
            // By more than what the picture rounds away.
            let within = |at: f64, begin: f64, end: f64| at > begin + 0.5 && at < end - 0.5;
            let inside = |point: &&Place| within(point.0, begin.0, end.0) && within(point.1, begin.1, end.1);
            assert_eq!(
                way.iter().find(inside),
                None,
                "{from} needs {to} crosses {address}"
            );
        }
    }
    arrows.len()
}

#[test]
fn no_arrow_crosses_a_box() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fleetflow-kdl/tests/fixtures");
    for (file, least) in [("complete.kdl", 2), ("every-node.kdl", 2)] {
        let text = std::fs::read_to_string(examples.join(file)).unwrap();
        let project = Project::new(&text.replace("xxx.xxx.xxx.xxx", "192.0.2.1"));
        std::fs::write(
            project.file(".env"),
            "CF_ACCOUNT_ID=0123456789abcdef0123456789abcdef\n",
        )
        .unwrap();
        let picture = project.flow(&["graph"]).succeeded(&["graph"]).out;
        assert!(assert_no_arrow_crosses_a_box(&picture) >= least, "{picture}");
    }
    // Several rows, with needs across them, in both directions between clouds, and within a row.
    let number = |index: usize| {
        let next = match index {
            13 => String::new(),
            _ => format!("service \"C\" service=\"w-{}\"", index + 1),
        };
        format!(
            "worker \"w-{index}\" {{ source \"w.js\"; bindings {{ kv \"A\" namespace=\"n-{index}\"; \
             kv \"B\" namespace=\"n-{}\"; {next} }} }}\nkv-namespace \"n-{index}\"\n",
            (index * 5 + 3) % 14,
        )
    };
    let services = "service-group \"shop\" { service \"api\" { image \"nginx\"; env { URL \"${worker.w-0.url}\"; ID \"${kv-namespace.n-8.id}\" } } }
        deploy-services \"shop\"";
    let project = Project::new(&((0..14).map(number).collect::<String>() + services));
    let picture = project.flow(&["graph"]).succeeded(&["graph"]).out;
    assert!(assert_no_arrow_crosses_a_box(&picture) > 30, "{picture}");
}

/// Through one gap come more arrows than it has room for: it becomes wider, and each has a lane of its own.
#[test]
fn no_arrow_hides_another_one() {
    const GROUPS: usize = 14;
    let all = |text: &dyn Fn(usize) -> String| (0..GROUPS).map(text).collect::<String>();
    let text = "providers { sakura-cloud { zone \"tk1a\" } }\n                server \"db\" { plan core=1 memory=1; disk size=20 os=\"debian-12\" }\n"
        .to_owned()
        + &all(&|index| {
            format!(
                "worker \"w-{index}\" {{ source \"w.js\"; bindings {{ kv \"A\" namespace=\"n-{index}\" }} }}\n                 kv-namespace \"n-{index}\"\nservice-group \"g-{index}\" {{ service \"a\" {{ image \"nginx\";                  env {{ W \"${{worker.w-{index}.url}}\"; DB \"${{server.db.ip}}\" }} }} }}\n"
            )
        })
        + "deploy-services"
        + &all(&|index| format!(" \"g-{index}\""));
    let project = Project::new(&text);
    let picture = project.flow(&["graph"]).succeeded(&["graph"]).out;
    assert!(assert_no_arrow_crosses_a_box(&picture) >= 4 * GROUPS, "{picture}");
    assert!(assert_lanes_differ(&picture) > 5, "{picture}");
}

/// How many arrows at most run upright beside each other between two boxes of a row, or at its end; no two from different
/// boxes in one lane.
fn assert_lanes_differ(picture: &str) -> usize {
    let boxes = boxes(picture);
    let mut most = 0;
    for (_, begin, end) in &boxes {
        let height = f64::midpoint(begin.1, end.1);
        let mut lanes: Vec<(f64, String)> = Vec::new();
        for (from, to, way) in arrows(picture) {
            let crossing = way
                .windows(2)
                .find(|two| (two[0].1 - height) * (two[1].1 - height) <= 0.0);
            let Some(crossing) = crossing else { continue };
            let (x, other) = (
                crossing[0].0,
                lanes
                    .iter()
                    .find(|(x, other)| (x - crossing[0].0).abs() < 3.0 && *other != from),
            );
            assert_eq!(other, None, "{from} needs {to} runs over it at {x}, {height}");
            lanes.push((x, from));
        }
        let left = boxes
            .iter()
            .filter(|(_, b, e)| (b.1 - begin.1).abs() < 1.0 && e.0 <= begin.0);
        let left = left.map(|(_, _, end)| end.0).fold(f64::MIN, f64::max);
        lanes.retain(|(x, _)| *x > left && *x < begin.0);
        lanes.dedup_by(|a, b| a.1 == b.1);
        most = most.max(lanes.len());
    }
    most
}
