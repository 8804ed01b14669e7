//! What the parts of a file mean: projects, variables, includes, stages, definitions, life-cycle flags.

use fleetflow_core::Address;
use serde_json::json;

use super::{Case, declared, spec};

#[test]
fn a_project_is_named_by_the_file_or_by_its_folder() {
    assert_eq!(Case::new("r2-bucket \"bucket-b\"").stack().project(), "shop");
    assert_eq!(
        Case::new("project \"creo\"\nr2-bucket \"bucket-b\"")
            .stack()
            .project(),
        "creo"
    );
}

#[test]
fn a_stage_may_be_left_out_where_there_is_only_one() {
    assert_eq!(Case::new("r2-bucket \"bucket-b\"").stack().stage(), "default");
    assert_eq!(
        Case::new("stage \"dev\" { r2-bucket \"bucket-b\" }")
            .stack()
            .stage(),
        "dev"
    );
    let two = "stage \"dev\" { r2-bucket \"bucket-a\" }\nstage \"prod\" { r2-bucket \"bucket-b\" }";
    let mistakes = Case::new(two).load().map(|_| ()).unwrap_err();
    assert!(
        mistakes
            .iter()
            .any(|mistake| mistake.contains("dev") && mistake.contains("prod")),
        "{mistakes:?}"
    );
    let prod = Case::new(two).stage("prod").stack();
    let names: Vec<_> = prod
        .declarations()
        .iter()
        .map(|declared| declared.address.to_string())
        .collect();
    assert_eq!(names, ["r2-bucket.bucket-b"]);
}

#[test]
fn variables_of_the_command_line_come_before_the_stages_and_those_before_the_files() {
    let text = "variables { domain \"file.example.jp\" }\n\
                stage \"dev\" { variables { domain \"stage.example.jp\" }; r2-bucket \"bucket-b\" { custom-domain \"${var.domain}\" } }\n\
                stage \"test\" { r2-bucket \"bucket-c\" { custom-domain \"${var.domain}\" } }";
    let domain = |case: Case<'_>, bucket: &str| case.spec(bucket)["custom_domain"][0]["domain"].clone();
    assert_eq!(
        domain(Case::new(text).stage("test"), "r2-bucket.bucket-c"),
        "file.example.jp"
    );
    assert_eq!(
        domain(Case::new(text).stage("dev"), "r2-bucket.bucket-b"),
        "stage.example.jp"
    );
    let said = Case::new(text).stage("dev").var("domain", "said.example.jp");
    assert_eq!(domain(said, "r2-bucket.bucket-b"), "said.example.jp");
}

#[test]
fn an_included_file_stands_where_it_is_named() {
    let case = Case::new("include \"dns.kdl\"\nr2-bucket \"bucket-b\"").file(
        "shop/dns.kdl",
        "dns \"example.jp\" { record \"www\" type=\"A\" value=\"192.0.2.1\" }",
    );
    let stack = case.stack();
    let names: Vec<_> = stack
        .declarations()
        .iter()
        .map(|declared| declared.address.to_string())
        .collect();
    assert_eq!(names, ["dns.example.jp", "r2-bucket.bucket-b"]);
}

#[test]
fn a_stage_takes_in_a_definition_and_overrides_it_field_by_field() {
    let text = "server \"web\" { plan core=2 memory=4; disk size=20 os=\"debian-12\"; zone \"is1a\"; description \"all\" }\n\
                stage \"dev\" { server \"web\" }\n\
                stage \"prod\" { server \"web\" { plan core=8 memory=16; zone \"tk1a\" } }";
    // Two stages may not claim the same bucket, worker or record; servers are told apart by their marks.
    let dev = Case::new(text).stage("dev").spec("server.web");
    let prod = Case::new(text).stage("prod").spec("server.web");
    assert_eq!(
        (&dev["plan"]["core"], &prod["plan"]["core"]),
        (&json!(2), &json!(8))
    );
    assert_eq!((&dev["zone"], &prod["zone"]), (&json!("is1a"), &json!("tk1a")));
    assert_eq!(prod["description"], "all");
    assert_eq!(prod["disk"], dev["disk"]);
}

#[test]
fn a_stage_overrides_single_settings_of_the_providers() {
    let text = "providers { sakura-cloud { zone \"is1a\"; profile \"work\" } }\n\
                stage \"dev\" { providers { sakura-cloud { zone \"tk1a\" } }; ssh-key \"k\" { public-key \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0Q9zZ4W6s0m0P3r9V0bJb0m0gJmXw3T3mS6v7S8n9L me@example\" } }";
    let settings = Case::new(text)
        .stack()
        .provider_settings()
        .sakura_cloud
        .clone()
        .expect("settings");
    assert_eq!(settings.zone.as_deref(), Some("tk1a"));
    assert_eq!(settings.profile.as_deref(), Some("work"));
}

#[test]
fn groups_are_defined_at_the_top_and_brought_in_by_name() {
    let text = "service-group \"shop\" { service \"web\" { image \"nginx:1.29\"; port 80 } }\n\
                stage \"local\" { deploy-services \"shop\" }";
    let stack = Case::new(text).stack();
    assert_eq!(
        declared(&stack, "deploy-services.local")["groups"],
        json!(["shop"])
    );
    assert_eq!(
        declared(&stack, "service-group.shop")["service"][0]["name"],
        "web"
    );
}

#[test]
fn a_service_under_a_stage_is_a_group_of_one() {
    let stack = Case::new("stage \"local\" { service \"web\" { image \"nginx:1.29\" } }").stack();
    let kinds: Vec<_> = stack
        .declarations()
        .iter()
        .map(|declared| declared.address.kind().to_owned())
        .collect();
    assert!(kinds.contains(&"service-group".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"deploy-services".to_owned()), "{kinds:?}");
}

#[test]
fn ports_have_three_spellings() {
    let port = |port: &str| {
        let text = format!(
            "service-group \"g\" {{ service \"s\" {{ image \"i:1\"; {port} }} }}\ndeploy-services \"g\""
        );
        spec(&text, "service-group.g")["service"][0]["port"][0].clone()
    };
    assert_eq!(
        port("port 8000"),
        json!({"host": 8000, "container": 8000, "protocol": "tcp"})
    );
    assert_eq!(port("port \"127.0.0.1:8080:80/tcp\"")["container"], 80);
    assert_eq!(port("port \"127.0.0.1:8080:80/tcp\"")["host"], 8080);
    assert_eq!(
        port("port host=8080 container=80 protocol=\"udp\""),
        json!({"host": 8080, "container": 80, "protocol": "udp"})
    );
}

#[test]
fn life_cycle_flags_are_for_every_kind() {
    let text = "ssh-key \"k\" { public-key \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0Q9zZ4W6s0m0P3r9V0bJb0m0gJmXw3T3mS6v7S8n9L me@example\" }\n\
                r2-bucket \"bucket-b\" { protect #true; retain true; adopt \"old-bucket\"; depends-on \"ssh-key.k\" }\n\
                r2-bucket \"bucket-c\" { adopt #true }";
    let stack = Case::new(text).stack();
    let of = |name: &str| {
        stack
            .declarations()
            .iter()
            .find(|declared| declared.address.name() == name)
            .unwrap()
    };
    assert!(of("bucket-b").protect && of("bucket-b").retain);
    assert_eq!(of("bucket-b").adopt, Some(Some("old-bucket".to_owned())));
    assert!(of("bucket-b").depends_on.contains(&Address::new("ssh-key", "k")));
    assert_eq!(of("bucket-c").adopt, Some(None));
}

#[test]
fn the_state_is_kept_where_the_file_says() {
    let text = "state \"s3://bucket/prefix\" endpoint=\"https://account.r2.cloudflarestorage.com\"\nr2-bucket \"bucket-b\"";
    let state = Case::new(text).load().expect("a file that loads").state;
    assert_eq!(state.location, "s3://bucket/prefix");
    assert_eq!(
        state.endpoint.as_deref(),
        Some("https://account.r2.cloudflarestorage.com")
    );
    assert_eq!(
        Case::new("r2-bucket \"bucket-b\"")
            .load()
            .expect("a file")
            .state
            .location,
        "./.fleetflow"
    );
}

#[test]
fn a_stage_may_be_protected_as_a_whole() {
    let protected = |text: &str| Case::new(text).load().expect("a file that loads").protect;
    assert!(protected(
        "stage \"prod\" { protect #true; r2-bucket \"bucket-b\" }"
    ));
    assert!(!protected(
        "stage \"prod\" { protect #false; r2-bucket \"bucket-b\" }"
    ));
    assert!(!protected(
        "stage \"prod\" { r2-bucket \"bucket-b\" { protect #true } }"
    ));
}

#[test]
fn variables_come_from_the_process_over_the_stage_over_all() {
    let loaded = Case::new("stage \"dev\" { r2-bucket \"bucket-b\" }")
        .file("shop/.env.dev", "A=stage\nB=stage\n")
        .file("shop/.env", "A=all\nB=all\nC=all\n")
        .env("A", "of-the-process")
        .load()
        .expect("a file that loads");
    let found = ["A", "B", "C", "D"].map(|name| loaded.variable(name));
    assert_eq!(found, [Some("of-the-process"), Some("stage"), Some("all"), None]);
    assert!(
        !format!("{loaded:?}").contains("of-the-process"),
        "values may be secrets"
    );
}

#[test]
fn a_stage_that_declares_nothing_is_told() {
    for text in ["", "project \"shop\"", "stage \"dev\" { }"] {
        let loaded = Case::new(text).load().expect("a file that loads");
        let warnings = loaded.warnings.expect("a warning");
        assert!(
            warnings
                .iter()
                .any(|warning| warning.message.contains("declares nothing")),
            "{text:?}"
        );
    }
    assert!(
        Case::new("r2-bucket \"bucket-a\"")
            .load()
            .expect("a file")
            .warnings
            .is_none()
    );
}

/// A file that is wrong in every line is told as soon as a right one is read: eight times as many mistakes cost about
/// eight times as much, and not the square of that.
#[cfg(target_os = "linux")]
#[test]
fn many_mistakes_cost_what_their_number_costs() {
    // Time on the processor, not on the clock: other programs cost nothing.
    let spent = || {
        let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        said.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let cost = |text: String, mistakes: usize| {
        let before = spent();
        let told = Case::new(&text).load().map(|_| ()).unwrap_err();
        assert_eq!(told.len(), mistakes);
        spent() - before
    };
    let bucket = |line| format!("r2-bucket \"files-{line}\" {{ locaton \"apac\" }}\n");
    let nameless = |_| "r2-bucket { locaton \"apac\" }\n".to_owned();
    let record = |line| format!("record \"r{line}\" type=\"MX\" value=\"mail.example.jp\"\n");
    let unread = "providers { sakura-cloud { zoen \"tk1a\" } }\n";
    let forms: [&dyn Fn(usize) -> (String, usize); 4] = [
        &|lines| ((0..lines).map(bucket).collect(), lines),
        &|lines| ((0..lines).map(nameless).collect(), lines * 2),
        // Mistakes beside one that does not fit, and beside settings that cannot be read.
        &|lines| {
            let records: String = (0..lines).map(record).collect();
            (format!("dns \"example.jp\" {{ colour 1\n{records}}}"), lines + 1)
        },
        &|lines| {
            let buckets: String = (0..lines).map(bucket).collect();
            (format!("{unread}{buckets}"), lines + 1)
        },
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let of = |lines| {
            let (text, mistakes) = form(lines);
            cost(text, mistakes)
        };
        let (few, many) = (of(500), of(4_000));
        assert!(many < few * 20, "{number}: {few} ns for 500, {many} ns for 4,000");
    }
}
