//! The ordinary life of a group: deployed, unchanged, changed, cleaned up; what it costs and what it gives away.

use fleetflow_core::plan::Action;
use fleetflow_core::prelude::*;

use super::bench::{Bench, service, words};
use super::on_both_engines;

on_both_engines!(
    a_group_lives,
    a_lost_state_is_found_again,
    images_are_built_once_and_when_the_folder_changes,
    secrets_are_in_the_environment_only,
    every_field_reaches_the_engine,
);

async fn a_group_lives(bench: &Bench) {
    let db = || Service {
        volumes: vec![Mount::volume("data", "/data")],
        ..service("db")
    };
    let web = || Service {
        depends_on: vec!["db".into()],
        ..service("web")
    };
    let first = bench.stack(vec![web(), db()]);
    let report = bench.up(&first).await.unwrap();
    assert_eq!(
        report.count(Action::Create),
        4,
        "a network, a volume and two containers"
    );
    bench.assert_converged(&first).await;
    let created = |seen: bollard::models::ContainerInspectResponse| seen.created.unwrap();
    assert!(created(bench.inspect("db").await) < created(bench.inspect("web").await));

    let (db_id, web_id) = (bench.id("db").await, bench.id("web").await);
    let changed = bench.stack(vec![
        Service {
            env: [("MODE".to_owned(), "new".into())].into(),
            ..web()
        },
        db(),
    ]);
    assert_eq!(
        bench.plan_lines(&changed).await,
        ["update container.local/shop/web: env"]
    );
    bench.up(&changed).await.unwrap();
    bench.assert_converged(&changed).await;
    assert_eq!(bench.id("db").await, db_id, "what did not change is not touched");
    assert_ne!(bench.id("web").await, web_id);
    let seen = bench.inspect("web").await;
    assert!(seen.config.unwrap().env.unwrap().contains(&"MODE=new".to_owned()));

    let without = bench.stack(vec![db()]);
    assert_eq!(
        bench.plan_lines(&without).await,
        ["delete container.local/shop/web"]
    );
    bench.up(&without).await.unwrap();
    assert_eq!(bench.containers().await.keys().collect::<Vec<_>>(), ["db"]);
    bench.clean_up(&without).await;
}

async fn a_lost_state_is_found_again(bench: &Bench) {
    let volumes = vec![Mount::volume("data", "/data")];
    let stack = bench.stack(vec![
        Service {
            volumes,
            ..service("db")
        },
        service("web"),
    ]);
    bench.up(&stack).await.unwrap();
    let id = bench.id("web").await;
    bench.lose_the_state();
    let plan = bench.plan(&stack).await.unwrap();
    let adopts = plan
        .steps
        .iter()
        .all(|step| step.action == Action::Adopt && step.changes.is_empty());
    assert!(adopts && plan.steps.len() == 4, "{plan:#?}");
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    assert_eq!(bench.id("web").await, id);
    bench.clean_up(&stack).await;
}

async fn images_are_built_once_and_when_the_folder_changes(bench: &Bench) {
    bench.write(
        "app/Dockerfile",
        &format!("FROM {}\nCOPY page /page\n", super::bench::IMAGE),
    );
    bench.write("app/.dockerignore", "*.log\n");
    bench.write("app/page", "one");
    let web = Service {
        image: None,
        build: Some("./app".into()),
        replicas: 2,
        ..service("web")
    };
    let stack = bench.stack(vec![web]);
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    let image = bench.inspect("web").await.image;
    assert_eq!(bench.inspect("web-2").await.image, image);
    if let Some(sandbox) = &bench.sandbox {
        let log = sandbox.log();
        let builds = log.writes().filter(|entry| entry.path.ends_with("/build"));
        // One is the image that the services are built from.
        assert_eq!(builds.count(), 2, "two replicas are one build");
    }
    bench.write("app/debug.log", "not sent");
    bench.assert_converged(&stack).await;

    bench.write("app/page", "two");
    assert_eq!(
        bench.plan_lines(&stack).await,
        [
            "update container.local/shop/web: context_digest",
            "update container.local/shop/web-2: context_digest"
        ]
    );
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    assert_ne!(bench.inspect("web").await.image, image);
    let image = image.unwrap();
    let kept = bench.docker.inspect_image(&image).await;
    assert!(kept.is_ok(), "the image before is kept for a rollback");
    bench.write("app/page", "three");
    bench.up(&stack).await.unwrap();
    let gone = bench.docker.inspect_image(&image).await;
    assert!(gone.is_err(), "the image before is not kept for ever");
    bench.clean_up(&stack).await;
}

async fn secrets_are_in_the_environment_only(bench: &Bench) {
    let secret = "correct-horse-battery";
    let web = Service {
        env: [("PASSWORD".to_owned(), Input::secret("pw"))].into(),
        ..service("web")
    };
    let stack = |value: &str| bench.stack(vec![web.clone()]).secret("pw", value);
    let plan = bench.plan(&stack(secret)).await.unwrap();
    assert!(!serde_json::to_string(&plan).unwrap().contains(secret));
    bench.up(&stack(secret)).await.unwrap();
    bench.assert_converged(&stack(secret)).await;
    let config = bench.inspect("web").await.config.unwrap();
    assert!(config.env.unwrap().contains(&format!("PASSWORD={secret}")));
    let labels = format!("{:?}", config.labels);
    assert!(!labels.contains(secret) && labels.contains("$secret"), "{labels}");
    assert!(!bench.state().await.contains(secret));
    if let Some(sandbox) = &bench.sandbox {
        let log = serde_json::to_string(sandbox.log().entries()).unwrap();
        assert!(!log.contains(secret));
    }

    let other = stack("another-one");
    assert_eq!(
        bench.plan_lines(&other).await,
        ["update container.local/shop/web: env.PASSWORD"]
    );
    bench.up(&other).await.unwrap();
    bench.assert_converged(&other).await;

    let failing = Service {
        command: words(&["env"]),
        ..web.clone()
    };
    let failing = bench.stack(vec![failing]).secret("pw", "another-one");
    let error = bench.up(&failing).await.unwrap_err();
    assert!(!format!("{error:?}").contains("another-one"), "{error:?}");
    bench.clean_up(&other).await;
}

async fn every_field_reaches_the_engine(bench: &Bench) {
    bench.write(".env.web", "FROM_FILE=1\nBOTH=file\n");
    bench.write("conf/app.conf", "x");
    let web = Service {
        ports: vec![Port::new(18_080, 80).on([127, 0, 0, 1])],
        volumes: vec![
            Mount::folder("./conf", "/etc/app").read_only(),
            Mount::volume("data", "/data"),
        ],
        env: [("BOTH".to_owned(), "stack".into())].into(),
        env_file: vec![".env.web".into()],
        user: Some("1000:1000".into()),
        workdir: Some("/data".into()),
        restart: Restart::OnFailure,
        health_check: Some(
            HealthCheck::builder()
                .test(["CMD", "true"])
                .interval("1s")
                .retries(2)
                .build(),
        ),
        memory: Some("64m".into()),
        cpus: Some(0.5),
        labels: [("team".to_owned(), "red".to_owned())].into(),
        ..service("web")
    };
    let stack = bench.stack(vec![web]);
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    let seen = bench.inspect("web").await;
    let (config, host) = (seen.config.unwrap(), seen.host_config.unwrap());
    let env = config.env.unwrap();
    assert!(
        env.contains(&"FROM_FILE=1".to_owned()) && env.contains(&"BOTH=stack".to_owned()),
        "{env:?}"
    );
    assert_eq!(
        (config.user.as_deref(), config.working_dir.as_deref()),
        (Some("1000:1000"), Some("/data"))
    );
    assert_eq!(config.labels.unwrap()["team"], "red");
    assert_eq!(config.stop_timeout, Some(1));
    assert_eq!((host.memory, host.nano_cpus), (Some(64 << 20), Some(500_000_000)));
    let mounts: Vec<_> = seen
        .mounts
        .unwrap()
        .into_iter()
        .map(|mount| (mount.destination.unwrap(), mount.rw.unwrap()))
        .collect();
    assert!(mounts.contains(&("/etc/app".to_owned(), false)) && mounts.contains(&("/data".to_owned(), true)));
    let network = &seen.network_settings.unwrap().networks.unwrap()[&format!("{}-test-shop", bench.project)];
    assert!(network.aliases.as_ref().unwrap().contains(&"web".to_owned()));

    bench.write(".env.web", "FROM_FILE=2\nBOTH=file\n");
    assert_eq!(
        bench.plan_lines(&stack).await,
        ["update container.local/shop/web: env_file_digest"]
    );
    bench.clean_up(&stack).await;
}
