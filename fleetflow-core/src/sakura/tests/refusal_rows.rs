//! The refusals that a run may meet, by family (API doc "Errors"), and what it does about each.

use fleetflow_sandbox::{Moment, Times};

use super::refusals::Verb::{self, Change, Make, Remove};
use super::refusals::{Row, Then};

type Call = (&'static str, &'static str);

const READ: Call = ("GET", "server");
const SERVER: Call = ("POST", "server");
const DISK: Call = ("POST", "disk");
const NOTE: Call = ("POST", "note");
const FILTER: Call = ("POST", "packetfilter");
const ON: Call = ("PUT", "server/ID/power");
const OFF: Call = ("DELETE", "server/ID/power");
const TAGS: Call = ("PUT", "server/ID");
const PLAN: Call = ("PUT", "server/ID/plan");
const CONFIG: Call = ("PUT", "disk/ID/config");
const RULES: Call = ("PUT", "packetfilter/ID");
const GUARD: Call = ("PUT", "interface/ID/to/packetfilter/ID");
const GONE: Call = ("DELETE", "server/ID");
const UNGUARD: Call = ("DELETE", "packetfilter/ID");

/// The first tries of a call whose refusal passes.
const FEW: u64 = 3;
/// More than the client sends by itself: only those who wait for longer get over it.
const MANY: u64 = 12;
/// How often the client sends what is refused for now (`Patience`).
const TRIES: usize = 10;

pub(super) fn rows() -> Vec<Row> {
    let rows = [
        passing(),
        conflicts_that_pass(),
        lost(),
        refused(),
        conflicts(),
        permanent(),
    ];
    rows.into_iter().flatten().collect()
}

fn row(verb: Verb, call: Call, (status, code): (u16, &'static str), times: Times, then: Then) -> Row {
    let moment = Moment::BeforeEffect;
    Row {
        verb,
        call,
        status,
        code,
        times,
        moment,
        then,
    }
}

/// Refused a few times; the client waits.
fn waits(verb: Verb, call: Call, status: u16, code: &'static str) -> Row {
    let more = usize::try_from(FEW).unwrap();
    row(verb, call, (status, code), Times::First(FEW), Then::Waits(more))
}

/// Refused always; the client says so at once.
fn tells(verb: Verb, call: Call, status: u16, code: &'static str, advice: &'static str) -> Row {
    row(verb, call, (status, code), Times::Always, Then::Tells(1, advice))
}

/// 423 and 503 (every method), and what only reads in a gateway's time-out.
fn passing() -> Vec<Row> {
    let long = usize::try_from(MANY).unwrap();
    let sold_out = Then::Tells(TRIES, "another disk plan or zone");
    vec![
        waits(Make, SERVER, 423, "locked"),
        waits(Make, SERVER, 503, "too_many_request"),
        waits(Make, DISK, 503, "busy"),
        waits(Change, TAGS, 503, "service_unavailable"),
        waits(Remove, GONE, 503, "too_many_request"),
        waits(Make, READ, 504, "apiproxy_timeout"),
        waits(Make, READ, 500, "internal_server_error"),
        row(
            Make,
            ON,
            (503, "boot_failure_by_lock"),
            Times::First(MANY),
            Then::Waits(long),
        ),
        row(Make, DISK, (503, "disk_stock_run_out"), Times::Always, sold_out),
    ]
}

/// 409 for something that is over by itself.
fn conflicts_that_pass() -> Vec<Row> {
    vec![
        waits(Make, ON, 409, "still_creating"),
        waits(Make, ON, 409, "cdrom_is_incomplete"),
        waits(Make, DISK, 409, "archive_is_incomplete"),
        waits(Make, DISK, 409, "disk_is_copying"),
        waits(Make, DISK, 409, "diskorss_in_migration"),
        waits(Make, GUARD, 409, "packetfilter_applying"),
        waits(Change, RULES, 409, "packetfilter_applying"),
        waits(Change, TAGS, 409, "in_migration"),
        waits(Change, OFF, 409, "in_migration"),
        waits(Change, PLAN, 409, "in_migration"),
        waits(Change, PLAN, 409, "server_is_cleaning"),
        waits(Change, CONFIG, 409, "disk_is_not_available"),
        waits(Change, CONFIG, 409, "server_is_cleaning"),
        waits(Remove, GONE, 409, "disk_is_copying"),
        waits(Remove, GONE, 409, "server_power_must_be_down"),
        waits(Remove, UNGUARD, 409, "res_used_in_zone"),
    ]
}

/// A write of which nobody knows whether it happened: before it did, and after.
fn lost() -> Vec<Row> {
    let both = |(verb, call, status, code): (Verb, Call, u16, &'static str)| {
        [(Moment::BeforeEffect, 1), (Moment::AfterEffect, 0)].map(|(moment, more)| Row {
            moment,
            ..row(verb, call, (status, code), Times::Nth(1), Then::Looks(more))
        })
    };
    let late = "apiproxy_timeout_non_get";
    let calls = [
        (Make, SERVER, 504, late),
        (Make, DISK, 504, late),
        (Make, NOTE, 504, late),
        (Make, FILTER, 504, late),
        (Change, PLAN, 504, late),
        (Make, SERVER, 408, "request_timeout"),
        (Make, SERVER, 500, "internal_server_error"),
        (Make, DISK, 502, "bad_gateway"),
        (Make, SERVER, 503, "operation_timeout"),
        (Make, SERVER, 503, "operation_failure"),
        (Make, DISK, 503, "storage_operation_failure"),
    ];
    calls.into_iter().flat_map(both).collect()
}

/// 400 to 404: nothing passes here.
fn refused() -> Vec<Row> {
    vec![
        tells(Make, SERVER, 400, "invalid_range", "change it"),
        tells(Make, SERVER, 400, "param_res_not_found", "check the ids"),
        tells(Make, DISK, 400, "cant_resize_smaller", "choose a bigger size"),
        tells(Make, DISK, 400, "size_mismatch", "sizes that the zone offers"),
        tells(Make, DISK, 400, "must_be_of_same_zone", "in one zone"),
        tells(Make, READ, 400, "filter_bad_operator", "try a newer FleetFlow"),
        tells(Make, SERVER, 401, "unauthorized", "access token"),
        tells(Make, SERVER, 402, "payment_required", "payments"),
        tells(Make, SERVER, 402, "penalty_operation", "restricted"),
        tells(Make, SERVER, 403, "forbidden", "permission"),
        tells(Make, SERVER, 403, "access_apikey_disabled", "switched off"),
        tells(Make, SERVER, 403, "account_not_specified", "another key"),
        tells(Make, FILTER, 403, "disabled_in_sandbox", "tk1v"),
        tells(Make, SERVER, 403, "dont_create_in_sandbox", "tk1v"),
        tells(Make, READ, 404, "resource_path_not_found", "check the zone"),
        tells(Change, TAGS, 404, "not_found", "look at a new plan"),
    ]
}

/// 409 for a state of things, or a limit of the account.
fn conflicts() -> Vec<Row> {
    vec![
        tells(Make, SERVER, 409, "limit_count_in_zone", "higher limit"),
        tells(Make, SERVER, 409, "limit_memory_in_account", "higher limit"),
        tells(Make, DISK, 409, "limit_size_in_account", "higher limit"),
        tells(Make, SERVER, 409, "run_out_of_ipaddress", "no more addresses"),
        tells(Make, SERVER, 409, "connect_to_same_switch", "only once"),
        tells(Make, DISK, 409, "disk_connection_limit", "declare fewer"),
        tells(Make, DISK, 409, "disk_license_mismatch", "licence"),
        tells(
            Make,
            GUARD,
            409,
            "packetfilter_version_mismatch",
            "look at a new plan",
        ),
        tells(Change, TAGS, 409, "conflict", "look at a new plan"),
        tells(Change, PLAN, 409, "server_power_must_be_down", "@auto-reboot"),
        tells(Change, CONFIG, 409, "disconnect_b4_update", "unplug"),
        tells(Change, RULES, 409, "original_hash_mismatch", "look at a new plan"),
        tells(Make, FILTER, 409, "duplicate_entry", "look at a new plan"),
    ]
}

/// 503 that no other try cures.
fn permanent() -> Vec<Row> {
    vec![
        tells(Make, ON, 503, "boot_failure_in_group", "another letter"),
        tells(Change, CONFIG, 503, "unknown_os_type", "cannot be edited"),
        tells(Change, OFF, 503, "server_could_not_stop", "cut the power"),
        tells(Remove, OFF, 503, "server_could_not_stop", "cut the power"),
    ]
}
