//! Every family of errors of the cloud (API doc "Errors"), met in the life of a server: what is waited for, what is
//! looked for before it is repeated, and what users read. The rows stand in `refusal_rows`.

use std::fmt::Write as _;

use fleetflow_sandbox::{Entry, Fault, Moment, Outcome, Times};
use serde_json::Value;

use super::refusal_rows::rows;
use super::{Bench, call, stage};
use crate::error::Error;
use crate::model::Stack;
use crate::prelude::*;

/// What is being done when the refusal comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// A filter and a server behind it are made, with two disks and a script.
    Make,
    /// The filter's rules, and the server's plan, host name and tags are changed.
    Change,
    /// Both are removed.
    Remove,
}

/// What the client does about a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Then {
    /// It sends the call again until it is not refused any more, so many times more.
    Waits(usize),
    /// It looks what became of the call, and sends it again so many times.
    Looks(usize),
    /// It sends the call so many times in vain, stops, and gives this advice.
    Tells(usize, &'static str),
}

/// A refusal, and what becomes of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) verb: Verb,
    /// The call that is refused: its method and its path, in which `ID` is any number.
    pub(super) call: (&'static str, &'static str),
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) times: Times,
    pub(super) moment: Moment,
    pub(super) then: Then,
}

impl Row {
    fn fault(&self) -> Fault {
        let (method, path) = self.call;
        let path = format!("1[.]1/{}$", path.replace("ID", "[0-9]+"));
        let fault = Fault::answer(self.status)
            .code(self.code)
            .times(self.times.clone());
        fault.method(method).path(path).when(self.moment)
    }

    fn is_hit(&self, entry: &Entry) -> bool {
        (entry.method.as_str(), call(entry).as_str()) == self.call
    }
}

fn shop(grown: bool) -> Stack {
    let port = if grown { "443" } else { "80" };
    let filter = PacketFilter::builder()
        .name("front")
        .rule(PacketRule::allow(Protocol::Tcp).ports(port))
        .build();
    let server = Server::builder()
        .name("web")
        .disk(Disk::new(20, "debian-12"))
        .disk(Disk::blank(20).named("data"))
        .docker(true)
        .packet_filter("front");
    let server = match grown {
        true => server.plan(Plan::new(2, 4)).hostname("www").tag("grown").build(),
        false => server.plan(Plan::new(1, 1)).build(),
    };
    stage().add(filter).add(server)
}

async fn act(bench: &Bench, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Make => bench.converge(&shop(false)).await.map(drop),
        Verb::Change => bench.converge(&shop(true)).await.map(drop),
        Verb::Remove => bench.destroy().await.map(drop),
    }
}

/// A cloud in which everything before `verb` has happened.
async fn before(verb: Verb) -> Bench {
    let bench = Bench::new().await;
    if verb != Verb::Make {
        act(&bench, Verb::Make).await.unwrap();
    }
    bench.sandbox.clear_log().unwrap();
    bench
}

/// How things are after `verb`, and which calls there were, when nothing is refused.
struct Undisturbed {
    inventory: Value,
    log: Vec<Entry>,
}

async fn undisturbed(verb: Verb) -> Undisturbed {
    let bench = before(verb).await;
    act(&bench, verb).await.unwrap();
    Undisturbed {
        inventory: bench.inventory(),
        log: bench.log().entries().to_vec(),
    }
}

/// Rows that are tried one after another in one cloud: what is told leaves the cloud as it was, and everything else is
/// tried in a cloud of its own.
fn groups() -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows() {
        let is_told = |row: &Row| matches!(row.then, Then::Tells(..));
        let fits = |group: &&mut Vec<Row>| {
            let first = &group[0];
            is_told(first) && is_told(&row) && (first.verb, first.call) == (row.verb, row.call)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// Lines of the table for people.
async fn meets(group: Vec<Row>, usual: &Undisturbed) -> Vec<String> {
    let verb = group[0].verb;
    let bench = before(verb).await;
    let mut lines = Vec::new();
    for row in &group {
        bench.sandbox.clear_log().unwrap();
        bench.sandbox.add_fault(row.fault()).unwrap();
        let result = act(&bench, verb).await;
        bench.sandbox.faults().clear();
        let reads = check(&bench, row, usual, result);
        lines.push(format!(
            "{:3} {:26} {:?}: {reads}",
            row.status, row.code, row.then
        ));
    }
    // Whatever happened: the same command again ends as if nothing had.
    act(&bench, verb).await.unwrap();
    assert_eq!(bench.inventory(), usual.inventory, "{group:?}");
    lines
}

/// What users read, once it is sure that the client did what the row says.
fn check(bench: &Bench, row: &Row, usual: &Undisturbed, result: Result<(), Error>) -> String {
    let place = format!("{} {} of {:?}, {:?}", row.status, row.code, row.call, row.moment);
    let log = bench.log();
    let hits: Vec<_> = log.entries().iter().filter(|entry| row.is_hit(entry)).collect();
    let expected = usual.log.iter().filter(|entry| row.is_hit(entry)).count();
    assert!(expected > 0, "{place}: never called");
    match (row.then, result) {
        (Then::Waits(more), Ok(())) => {
            assert_eq!(hits.len(), expected + more, "{place}: {log:#?}");
            "it goes on".to_owned()
        }
        (Then::Looks(more), Ok(())) => {
            assert_eq!(hits.len(), expected + more, "{place}: {log:#?}");
            let lost = log.entries().iter().position(|entry| row.is_hit(entry));
            let next = &log.entries()[lost.unwrap() + 1];
            assert_eq!(next.method, "GET", "{place}: {log:#?}");
            "it goes on".to_owned()
        }
        (Then::Tells(tries, advice), Err(error)) => {
            let refused = |entry: &&&Entry| entry.outcome == Outcome::Status(row.status);
            let refused: Vec<_> = hits.iter().filter(refused).collect();
            assert_eq!(refused.len(), tries, "{place}: {log:#?}");
            told(&error, row, refused[tries - 1], advice)
        }
        (_, result) => panic!("{place}: {result:#?} {log:#?}"),
    }
}

/// What users read about a refusal: what was attempted, on what, the cloud's code and request id, what to do.
fn told(error: &Error, row: &Row, last: &Entry, advice: &str) -> String {
    let text = error.to_string();
    let by = format!("[code {}, request {}]", row.code, last.request_id);
    assert!(text.contains(&by), "`{by}` is missing in {text}");
    assert!(error.operation().is_some() || text.contains(": "), "{error:?}");
    let help = error.advice().unwrap_or_default();
    assert!(
        help.contains(advice),
        "`{advice}` is missing in `{help}` of {text}"
    );
    format!("{text} - {help}")
}

#[tokio::test]
async fn each_family_of_errors_is_met_as_it_has_to_be() {
    let usual = [
        undisturbed(Verb::Make).await,
        undisturbed(Verb::Change).await,
        undisturbed(Verb::Remove).await,
    ];
    let all = groups().into_iter().map(|group| {
        let usual = &usual[group[0].verb as usize];
        meets(group, usual)
    });
    let lines = futures::future::join_all(all).await.concat();
    let table = lines.iter().fold(String::new(), |mut table, line| {
        writeln!(table, "{line}").unwrap();
        table
    });
    println!("{table}");
}
