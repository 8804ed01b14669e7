//! What users can do about an error of the cloud, by its code (API doc "Errors"). What the program does is in `answer`.

/// What to do next about an answer with `status` and the code `code`.
pub(super) fn of(status: u16, code: &str) -> Option<&'static str> {
    ADVICE
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, advice)| *advice)
        .or_else(|| of_family(status, code))
}

fn of_family(status: u16, code: &str) -> Option<&'static str> {
    Some(match status {
        400 if code.starts_with("filter_") => "the provider's API may have changed: try a newer FleetFlow",
        400 => {
            "the cloud does not take a value of the declaration: change it, then run the same command again"
        }
        401 => "check the access token and its secret",
        402 => "look at the account's payments in the control panel",
        403 => "give the API key the permission to create and delete, in the control panel",
        409 if code.starts_with("limit_") => "ask SAKURA internet for a higher limit, or remove something",
        409 if super::answer::is_passing(code) => {
            "it passes by itself: run the same command again in a minute"
        }
        409 => "somebody else changed it at the same time: look at a new plan",
        408 | 423 | 429 | 500..=504 => "try again in a few minutes; status: https://support.sakura.ad.jp",
        _ => return None,
    })
}

/// Where the code says more than its family.
const ADVICE: &[(&str, &str)] = &[
    (
        "param_res_not_found",
        "something that is named by its id is not there, or in another zone: check the ids in the declaration",
    ),
    (
        "must_be_of_same_zone",
        "what a disk is copied from, its server and its switch have to be in one zone: choose one of this zone",
    ),
    (
        "cant_resize_smaller",
        "a disk cannot be smaller than what it is copied from: choose a bigger size",
    ),
    ("size_mismatch", "choose one of the sizes that the zone offers"),
    (
        "penalty_operation",
        "the account is restricted: look at the control panel",
    ),
    (
        "access_apikey_disabled",
        "the API key is switched off: enable it in the control panel, or use another",
    ),
    (
        "account_not_specified",
        "the API key is of no account: use another key",
    ),
    ("user_not_specified", "the API key is of no user: use another key"),
    (
        "disabled_in_sandbox",
        "the zone tk1v cannot do this: use another zone",
    ),
    (
        "dont_create_in_sandbox",
        "the zone tk1v cannot do this: use another zone",
    ),
    (
        "resource_path_not_found",
        "check the zone, and the root of the API if you set one",
    ),
    (
        "invalid_uri_argument",
        "check the zone, and the ids in the declaration",
    ),
    (
        "disconnect_b4_delete",
        "something else still uses it: remove that first",
    ),
    (
        "disconnect_b4_update",
        "something else still uses it: unplug that first",
    ),
    (
        "res_used_in_zone",
        "something else still uses it: remove that first",
    ),
    (
        "delete_router_b4_switch",
        "the switch belongs to a router: remove the router first",
    ),
    (
        "switch_hybrid_connected",
        "the switch is part of a hybrid connection: end that first, in the control panel",
    ),
    (
        "server_power_must_be_down",
        "somebody started the server meanwhile, or its tag `@auto-reboot` did: run the same command again",
    ),
    (
        "server_power_must_be_up",
        "somebody switched the server off meanwhile: run the same command again",
    ),
    (
        "disk_connection_limit",
        "a server takes no more disks: declare fewer",
    ),
    (
        "connect_to_same_switch",
        "a server can be plugged into a switch only once: choose another switch",
    ),
    (
        "cdrom_in_use",
        "an ISO image is in the server: eject it in the control panel",
    ),
    (
        "disk_license_mismatch",
        "the licence of what is on the disk does not allow this: choose another image or plan",
    ),
    (
        "run_out_of_ipaddress",
        "the network has no more addresses: choose another zone or switch, or remove a server",
    ),
    (
        "boot_failure_in_group",
        "too few hosts for the `@group=` tag: choose another letter",
    ),
    (
        "boot_failure_by_lock",
        "the server's host recovers from a failure: run the same command again in a few minutes",
    ),
    (
        "unknown_os_type",
        "the disk's image cannot be edited: leave out hostname, keys, password and script, or choose another image",
    ),
    (
        "server_could_not_stop",
        "cut the power in the control panel, then run the same command again; if that fails too, ask SAKURA internet",
    ),
    (
        "disk_stock_run_out",
        "the zone has no such disks left now: choose another disk plan or zone, or try again later",
    ),
    (
        "apiproxy_timeout_non_get",
        "it may have been done all the same: run the same command again, it looks first",
    ),
];
