//! The traps of the API that are known (API doc §9), each with the tests that fail when it is no longer avoided, or with the
//! reason why it cannot be stepped into here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A trap by its number, in a few words.
struct Pitfall(u32, &'static str, Avoided);

enum Avoided {
    /// Tests, as `FILE::NAME`: the end of the file's path, and the function.
    By(&'static [&'static str]),
    /// Nothing that is done here meets it.
    Never(&'static str),
}

use Avoided::{By, Never};

#[rustfmt::skip]
const ALL: &[Pitfall] = &[
    Pitfall(1, "places are read in capitals, and stick to a name that was used once", By(&["cloudflare/tests/traps.rs::a_location_that_was_followed_is_neither_a_change_nor_a_note", "cloudflare/tests/buckets.rs::a_location_is_a_wish_and_a_jurisdiction_another_bucket"])),
    Pitfall(2, "members are spelled otherwise in requests than in answers", By(&["cloudflare/tests/buckets.rs::a_bucket_with_everything_lives_and_goes_without_a_trace"])),
    Pitfall(3, "a jurisdiction is a header of every call, and part of what a bucket is", By(&["cloudflare/tests/traps.rs::a_jurisdiction_goes_with_every_call"])),
    Pitfall(4, "a storage class is changed by a header", By(&["cloudflare/tests/buckets.rs::each_field_changes_alone_and_is_reset_when_it_is_removed"])),
    Pitfall(5, "no CORS policy and no bucket are both a 404", By(&["cloudflare/tests/traps.rs::an_absent_policy_is_no_absent_bucket"])),
    Pitfall(6, "a read of a custom domain may know nothing and be a success", By(&["cloudflare/tests/traps.rs::what_is_not_known_of_a_domain_is_no_difference"])),
    Pitfall(7, "a custom domain is attached long before it works", By(&["cloudflare/tests/buckets.rs::a_custom_domain_is_waited_for"])),
    Pitfall(8, "every bucket has a lifecycle rule, ages are seconds, conditions may be missing", By(&["cloudflare/tests/buckets.rs::a_bucket_with_everything_lives_and_goes_without_a_trace", "cloudflare/tests/fields.rs::of_a_bucket"])),
    Pitfall(9, "lists hide below a member of the result", By(&["cloudflare/tests/buckets.rs::a_bucket_with_everything_lives_and_goes_without_a_trace", "cloudflare/tests/workers.rs::a_worker_with_everything_lives_and_goes_without_a_trace"])),
    Pitfall(10, "a page of buckets is not all of them", By(&["cloudflare/tests/traps.rs::what_lies_beyond_the_first_page_is_seen"])),
    Pitfall(11, "lists of Pages refuse large pages", By(&["cloudflare/tests/traps.rs::what_lies_beyond_the_first_page_is_seen", "cloudflare/tests/sites.rs::a_project_with_very_many_deployments_is_deleted"])),
    Pitfall(12, "clients read until a page is empty", By(&["it/cloudflare/dns_list.rs::pages_end_in_an_empty_one", "it/cloudflare/zones.rs::zones_are_paged_and_past_the_end_is_empty", "clients/octodns.rs::octodns_converges_a_zone"])),
    Pitfall(13, "a project with very many deployments cannot be deleted at once", By(&["cloudflare/tests/sites.rs::a_project_with_very_many_deployments_is_deleted"])),
    Pitfall(14, "the record of a custom domain is not to be made by hand", By(&["cloudflare/tests/records.rs::a_bucket_and_its_zone_share_a_host_in_peace", "cloudflare/tests/hosts.rs::hosts_that_two_things_would_answer_are_mistakes", "cloudflare/tests/hosts.rs::a_custom_domain_where_others_have_a_record_is_told"])),
    Pitfall(15, "Pages makes no record for a custom domain", By(&["cloudflare/tests/sites.rs::a_custom_domain_gets_the_record_that_it_needs"])),
    Pitfall(16, "a proxied record has no time to live of its own", By(&["dns/tests.rs::wrong_values_are_told_with_their_place", "cloudflare/tests/records.rs::every_type_is_made_in_one_write_and_stays_as_it_is"])),
    Pitfall(17, "names are read whole, however they were written", By(&["cloudflare/name.rs::every_way_to_write_a_name_is_the_same_name", "cloudflare/tests/records.rs::every_type_is_made_in_one_write_and_stays_as_it_is"])),
    Pitfall(18, "a name of another zone silently becomes one below this zone", By(&["cloudflare/tests/traps.rs::a_name_of_another_declared_zone_is_a_mistake", "cloudflare/name.rs::what_is_no_name_is_refused"])),
    Pitfall(19, "texts are quoted and split otherwise when they are read", By(&["dns/value.rs::texts_survive_being_cut_and_quoted", "dns_record/wire.rs::one_record_has_many_faces"])),
    Pitfall(20, "the content of structured records is derived, and a null target may be false", By(&["dns_record/wire.rs::one_record_has_many_faces", "cloudflare/tests/records.rs::every_type_is_made_in_one_write_and_stays_as_it_is"])),
    Pitfall(21, "dots at the end come and go", By(&["dns_record/wire.rs::one_record_has_many_faces", "dns/value.rs::equal_values_have_one_form"])),
    Pitfall(22, "a PUT resets what it leaves out", By(&["cloudflare/tests/traps.rs::what_nobody_declares_of_a_record_stays", "cloudflare/tests/records.rs::each_changed_field_is_changed_alone_and_in_place"])),
    Pitfall(23, "a batch has an order, a size by the plan, and fails as a whole", By(&["dns_record/operations.rs::portions_are_full_and_keep_one_name_together", "cloudflare/tests/records.rs::many_records_take_few_writes", "cloudflare/tests/records.rs::one_wrong_record_does_not_fail_the_others"])),
    Pitfall(24, "a record that is there already is no failure of a repeated request", By(&["cloudflare/tests/records.rs::a_lost_answer_makes_nothing_twice"])),
    Pitfall(25, "an alias and an address cannot stand together, not even for a moment", By(&["cloudflare/tests/records.rs::an_alias_and_an_address_change_places_in_one_write", "dns_record/operations.rs::a_value_that_moves_up_waits_until_it_is_free"])),
    Pitfall(26, "numbers of errors mean different things in different products", By(&["cloudflare/answer.rs::kinds_follow_codes_before_statuses", "cloudflare/tests/workers.rs::an_address_at_workers_dev_is_switched"])),
    Pitfall(27, "10032 says that a name at workers.dev is free", Never("the account's name at workers.dev is chosen in the dashboard: nobody asks whether one is free")),
    Pitfall(28, "messages may be texts, codes missing, and the reason in the chain", By(&["cloudflare/answer.rs::an_error_says_the_real_reason_the_code_and_the_ray"])),
    Pitfall(29, "a success may have no body", By(&["cloudflare/answer.rs::what_may_have_worked_is_not_called_a_refusal", "cloudflare/tests/workers.rs::a_worker_with_everything_lives_and_goes_without_a_trace"])),
    Pitfall(30, "a Worker's code is read as it is, in no envelope", By(&["cloudflare/tests/traps.rs::an_upload_names_its_modules_and_a_day"])),
    Pitfall(31, "settings of a version are a form, those beside it are JSON", By(&["cloudflare/tests/workers.rs::each_field_changes_alone_and_only_code_is_uploaded_again", "it/cloudflare/workers.rs::settings_of_the_version_are_a_form_and_those_beside_it_json"])),
    Pitfall(32, "modules need a file's name and their exact type, and the metadata neither", By(&["cloudflare/tests/traps.rs::an_upload_names_its_modules_and_a_day"])),
    Pitfall(33, "without a date the runtime is the one of 2021", By(&["cloudflare/tests/traps.rs::an_upload_names_its_modules_and_a_day"])),
    Pitfall(34, "an upload replaces all bindings", By(&["cloudflare/tests/workers.rs::each_field_changes_alone_and_only_code_is_uploaded_again", "cloudflare/tests/bindings.rs::a_binding_of_every_type_is_made_changed_and_comes_to_rest"])),
    Pitfall(35, "a binding that cannot be inherited is dropped without a word", By(&["cloudflare/tests/traps.rs::an_upload_names_its_modules_and_a_day"])),
    Pitfall(36, "secrets cannot be read", By(&["cloudflare/tests/workers.rs::changed_code_and_changed_secrets_are_seen_and_nothing_else_is_sent", "cloudflare/tests/sites.rs::each_setting_changes_alone"])),
    Pitfall(37, "nobody but Cloudflare can compute its hash of a Worker, and clients hash files each in their way", By(&["cloudflare/tests/workers.rs::changed_code_and_changed_secrets_are_seen_and_nothing_else_is_sent", "cloudflare/files.rs::hashes_are_those_of_wrangler"])),
    Pitfall(38, "every upload makes a version", By(&["cloudflare/tests/workers.rs::each_field_changes_alone_and_only_code_is_uploaded_again"])),
    Pitfall(39, "several writes replace what others have there", By(&["cloudflare/tests/buckets.rs::each_field_changes_alone_and_is_reset_when_it_is_removed", "cloudflare/tests/buckets.rs::what_is_not_declared_is_left_alone", "cloudflare/tests/workers.rs::others_workers_and_their_addresses_are_left_alone"])),
    Pitfall(40, "wrangler overwrites others' records where nobody watches", By(&["cloudflare/tests/buckets.rs::a_host_in_use_is_told"])),
    Pitfall(41, "a route needs a proxied record, a custom domain a free host", By(&["cloudflare/tests/hosts.rs::a_route_whose_host_has_no_proxied_record_is_told", "cloudflare/tests/hosts.rs::the_record_that_leads_nowhere_but_to_a_worker_is_an_ordinary_one", "cloudflare/tests/hosts.rs::a_custom_domain_where_others_have_a_record_is_told"])),
    Pitfall(42, "versions need a Worker, and migrations a whole upload", By(&["cloudflare/tests/bindings.rs::migrations_are_carried_out_once_and_in_order"])),
    Pitfall(43, "secrets cannot be changed while the newest version is not deployed", By(&["cloudflare/tests/traps.rs::a_secret_that_cannot_be_deleted_yet_goes_with_the_next_run"])),
    Pitfall(44, "deleting by force takes what Durable Objects hold", By(&["cloudflare/tests/bindings.rs::migrations_are_carried_out_once_and_in_order"])),
    Pitfall(45, "a bulk write of keys may fail for some and succeed", Never("keys of Workers KV are data: none is written")),
    Pitfall(46, "uploads have a token of their own, which changes and expires", By(&["cloudflare/tests/traps.rs::a_token_for_uploads_that_expired_is_renewed", "cloudflare/tests/fields.rs::of_a_worker"])),
    Pitfall(47, "the code of a site is a form in a form", By(&["cloudflare/tests/sources.rs::functions_and_a_worker_of_a_site_are_sent_as_one_bundle"])),
    Pitfall(48, "a site needs a manifest even when it is empty, and its rules are no files of it", By(&["cloudflare/tests/traps.rs::a_site_without_files_and_changed_settings_are_published", "cloudflare/tests/sites.rs::a_site_is_published_and_only_changed_files_are_sent_again"])),
    Pitfall(49, "settings of a site do not reach it before the next deployment", By(&["cloudflare/tests/traps.rs::a_site_without_files_and_changed_settings_are_published"])),
    Pitfall(50, "a token of the account fails where one of a person is verified", By(&["cloudflare/tests/access.rs::a_wrong_token_and_one_of_the_account_are_told_apart"])),
    Pitfall(51, "a 404 may be about an id or a permission", By(&["cloudflare/answer.rs::kinds_follow_codes_before_statuses", "cloudflare/tests/access.rs::the_account_is_found_once_and_its_absence_is_told"])),
    Pitfall(52, "1,200 requests in five minutes are for everything a person does", By(&["cloudflare/tests/access.rs::a_whole_run_goes_at_the_pace_that_the_answers_ask_for", "cloudflare/tests/access.rs::a_limit_that_is_reached_between_writes_makes_nothing_twice", "http/pace.rs::an_exhausted_limit_pauses_until_it_is_reset"])),
    Pitfall(53, "a zone's name may be there twice", By(&["cloudflare/zones.rs::an_internal_zone_of_the_same_name_is_not_the_one", "cloudflare/tests/traps.rs::a_base_with_a_slash_at_its_end_is_the_same"])),
    Pitfall(54, "a lock in S3: one write a second, no conditional deletion, equal contents have equal tags", By(&["bucket/tests/leases.rs::an_unlocked_lease_is_free_and_its_holder_notices", "bucket/tests/leases.rs::two_ruthless_writers_never_interleave_and_lose_nothing_that_was_acknowledged"])),
    Pitfall(55, "each tool has another variable for the base", By(&["fleetflow-access/src/cloudflare.rs::account_and_base_come_from_variables_too"])),
    Pitfall(56, "workerd stores nothing itself", By(&["clients/workerd.rs::a_worker_serves_files_and_shares_buckets_and_namespaces_with_the_api"])),
    Pitfall(57, "modules of Node.js depend on the day, and their flag becomes a mistake", By(&["cloudflare/tests/workers.rs::a_flag_that_has_become_usual_is_not_sent_and_no_difference"])),
    Pitfall(58, "modules that are imported are left out without a bundler", By(&["cloudflare/tests/traps.rs::an_upload_names_its_modules_and_a_day", "script/tests.rs::typescript_with_packages_becomes_modules"])),
    Pitfall(59, "ids in capitals, and a slash at the end of the base", By(&["cloudflare/tests/traps.rs::a_base_with_a_slash_at_its_end_is_the_same", "cloudflare/tests/access.rs::the_account_is_found_once_and_its_absence_is_told"])),
];

/// Every source of the workspace, by its path.
fn sources(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "node_modules" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert(path, text);
        }
    }
}

/// Whether one of the files that end in `file` has the test `name`.
fn is_test(sources: &BTreeMap<PathBuf, String>, file: &str, name: &str) -> bool {
    let mut of_it = sources.iter().filter(|(path, _)| path.ends_with(file));
    of_it.any(|(_, text)| {
        let Some(at) = text.find(&format!("fn {name}()")) else {
            return false;
        };
        // Its attribute is not further above than a few words.
        let before = text[..at].trim_end().rsplit("\n\n").next().unwrap_or_default();
        before.contains("#[test]") || before.contains("#[tokio::test")
    })
}

#[test]
fn every_pitfall_is_held_by_tests_that_exist() {
    let numbers: Vec<u32> = ALL.iter().map(|Pitfall(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=59).collect::<Vec<_>>());
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeMap::new();
    for crate_folder in ["fleetflow-core", "fleetflow-sandbox", "fleetflow-access"] {
        sources(&workspace.join(crate_folder), &mut found);
    }
    let mut lost = Vec::new();
    for Pitfall(number, words, avoided) in ALL {
        match avoided {
            By(tests) => {
                assert!(!tests.is_empty(), "{number}");
                let missing = tests.iter().filter(|test| {
                    let (file, name) = test.split_once("::").unwrap();
                    !is_test(&found, file, name)
                });
                lost.extend(missing.map(|test| format!("{number}: {test}")));
                println!("| {number} | {words} | {} |", tests.join(", "));
            }
            Never(why) => println!("| {number} | {words} | {why} |"),
        }
    }
    assert!(lost.is_empty(), "tests that are not there: {lost:#?}");
    assert!(!is_test(&found, "cloudflare/tests/pitfalls.rs", "sources"));
}
