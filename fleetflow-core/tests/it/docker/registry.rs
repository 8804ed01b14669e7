//! Images from a real registry that asks for a login.

use bollard::Docker;
use bollard::auth::DockerCredentials;
use bollard::query_parameters::{PushImageOptions, RemoveImageOptions, TagImageOptions};
use fleetflow_core::docker::RegistryLogin;
use fleetflow_core::prelude::*;
use futures::StreamExt as _;

use super::bench::{Bench, IMAGE, service};

/// The variable that names the registry, as `scripts/docker-for-tests.sh` prints it.
const REGISTRY: &str = "FLEETFLOW_TEST_REGISTRY";
const USER: &str = "fleetflow";
const PASSWORD: &str = "open sesame";

fn login(password: &str) -> RegistryLogin {
    RegistryLogin::Password {
        user: USER.to_owned(),
        password: password.into(),
    }
}

/// Puts `image` into the registry under `name`, and takes it off the engine under that name.
async fn publish(docker: &Docker, image: &str, name: &str, tag: &str) {
    let named = TagImageOptions {
        repo: Some(name.to_owned()),
        tag: Some(tag.to_owned()),
    };
    docker.tag_image(image, Some(named)).await.unwrap();
    let credentials = DockerCredentials {
        username: Some(USER.to_owned()),
        password: Some(PASSWORD.to_owned()),
        ..DockerCredentials::default()
    };
    let options = PushImageOptions {
        tag: Some(tag.to_owned()),
        ..PushImageOptions::default()
    };
    let mut lines = docker.push_image(name, Some(options), Some(credentials));
    while let Some(line) = lines.next().await {
        line.unwrap();
    }
    remove(docker, &format!("{name}:{tag}")).await;
}

async fn remove(docker: &Docker, image: &str) {
    docker
        .remove_image(image, None::<RemoveImageOptions>, None)
        .await
        .unwrap();
}

/// An image in the registry.
struct Published {
    bench: Bench,
    registry: String,
    /// Its name there, with the tags `1` and `latest`.
    name: String,
    /// Its id; the engine does not have it.
    id: String,
}

/// None, with the reason on standard error, where there is no registry.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
async fn published(test: &str) -> Option<Published> {
    let bench = Bench::real(test).await?;
    let Ok(registry) = std::env::var(REGISTRY) else {
        eprintln!(
            "skipped: a private registry: {REGISTRY} names none; scripts/docker-for-tests.sh starts one"
        );
        return None;
    };
    // An image of its own: what the engine has of others would not be pulled.
    bench.write(
        "own/Dockerfile",
        &format!("FROM {IMAGE}\nENV OWN={}\n", bench.project),
    );
    let stack = bench.stack(vec![Service {
        image: None,
        build: Some("./own".into()),
        ..service("own")
    }]);
    bench.up(&stack).await.unwrap();
    let name = format!("{registry}/acme/{}", bench.project);
    let id = bench.inspect("own").await.image.unwrap();
    publish(&bench.docker, &id, &name, "1").await;
    publish(&bench.docker, &id, &name, "latest").await;
    bench.clean_up(&stack).await;
    Some(Published {
        bench,
        registry,
        name,
        id,
    })
}

impl Published {
    /// One service from the image, as `user`.
    fn stack(&self, tag: &str, user: &str) -> Stack {
        self.bench.stack(vec![Service {
            image: Some(format!("{}:{tag}", self.name)),
            user: Some(user.to_owned()),
            ..service("web")
        }])
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_image_is_pulled_with_the_login_of_its_registry_only() {
    let Some(there) = published("private").await else {
        return;
    };
    let (bench, name) = (&there.bench, &there.name);
    let stack = there.stack("1", "0");
    let others = [
        None,
        Some((there.registry.as_str(), "wrong")),
        Some(("registry.example", PASSWORD)),
    ];
    for other in others {
        if let Some((registry, password)) = other {
            bench.log_in(registry, login(password));
        }
        let text = bench.failures(&stack).await;
        assert!(text.contains("Unauthorized"), "{other:?}: {text}");
        assert!(text.contains(&format!("could not pull {name}:1")), "{text}");
        let advice = match other {
            Some((registry, _)) if registry == there.registry => {
                "tell a wrong password and a missing image in the same way"
            }
            _ => "a private registry needs credentials",
        };
        assert!(text.contains(advice), "{text}");
        assert!(bench.containers().await.is_empty());
    }

    bench.log_in(&there.registry, login(PASSWORD));
    bench.notes();
    bench.up(&stack).await.unwrap();
    assert_eq!(bench.inspect("web").await.image.as_ref(), Some(&there.id));
    let told = bench.notes();
    let pulling = format!("pulling {name}:1: ");
    let by_layers = |line: &String| line.contains(&pulling) && line.contains(" layers");
    // containerd's store has the layers still, though the image is gone: there is nothing to be pulled.
    let is_cached = there.bench.docker.info().await.unwrap().driver.as_deref() == Some("overlayfs");
    assert!(is_cached || told.iter().any(by_layers), "{told:?}");
    assert!(!bench.state().await.contains(PASSWORD));
    let labels = bench.inspect("web").await.config.unwrap().labels.unwrap();
    assert!(!format!("{labels:?}").contains(PASSWORD));
    bench.down(&stack).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_cannot_be_reached_is_told_with_what_to_do() {
    let Some(bench) = Bench::real("unreached").await else {
        return;
    };
    for (image, help) in [
        ("127.0.0.1:1/none:1", "does not reach the registry"),
        ("registry.invalid/none:1", "does not find the registry's name"),
    ] {
        let stack = bench.stack(vec![Service {
            image: Some(image.to_owned()),
            ..service("web")
        }]);
        let text = bench.failures(&stack).await;
        assert!(text.contains(help), "{image}: {text}");
        bench.down(&stack).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_moves_is_asked_for_again_and_a_build_begins_with_a_private_image() {
    let Some(there) = published("moving").await else {
        return;
    };
    let (bench, name) = (&there.bench, &there.name);
    bench.log_in(&there.registry, login(PASSWORD));
    bench.up(&there.stack("latest", "0")).await.unwrap();
    publish(&bench.docker, IMAGE, name, "latest").await;
    bench.up(&there.stack("latest", "1")).await.unwrap();
    let other = bench.docker.inspect_image(IMAGE).await.unwrap().id;
    assert_eq!(
        bench.inspect("web").await.image,
        other,
        "what the registry has by now"
    );

    bench.write("app/Dockerfile", &format!("FROM {name}:1\nENV A=1\n"));
    let build = bench.stack(vec![Service {
        image: None,
        build: Some("./app".into()),
        ..service("web")
    }]);
    bench.up(&build).await.unwrap();
    bench.assert_converged(&build).await;
    bench.down(&build).await.unwrap();
}
