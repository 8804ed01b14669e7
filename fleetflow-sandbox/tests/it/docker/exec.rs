//! Commands in running containers.

use bollard::exec::{CreateExecOptions, StartExecResults};
use futures::TryStreamExt;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::support::{Local, assert_refused};

async fn exec(local: &Local, command: &[&str]) -> (String, Option<i64>) {
    let options = CreateExecOptions {
        cmd: Some(command.to_vec()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..CreateExecOptions::default()
    };
    let id = local.docker.create_exec("web", options).await.unwrap().id;
    let StartExecResults::Attached { output, .. } = local.docker.start_exec(&id, None).await.unwrap() else {
        panic!("it was to be attached");
    };
    let lines: Vec<_> = output.try_collect().await.unwrap();
    let said = lines.iter().map(ToString::to_string).collect();
    (said, local.docker.inspect_exec(&id).await.unwrap().exit_code)
}

#[tokio::test]
async fn known_commands_answer_and_unknown_ones_say_so() {
    let local = Local::start().await;
    local.run("web", &["sleep", "1000"]).await;
    assert_eq!(
        exec(&local, &["echo", "hello"]).await,
        ("hello\n".to_owned(), Some(0))
    );
    assert_eq!(
        exec(&local, &["sh", "-c", "false"]).await,
        (String::new(), Some(1))
    );
    let (said, code) = exec(&local, &["apt-get", "update"]).await;
    assert!(said.contains("executable file not found in $PATH"), "{said}");
    assert_ne!(code, Some(0));
}

#[tokio::test]
async fn what_is_typed_comes_back_from_cat() {
    let local = Local::start().await;
    local.run("web", &["sleep", "1000"]).await;
    let options = CreateExecOptions {
        cmd: Some(vec!["cat"]),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        ..CreateExecOptions::default()
    };
    let id = local.docker.create_exec("web", options).await.unwrap().id;
    let StartExecResults::Attached { output, mut input } = local.docker.start_exec(&id, None).await.unwrap()
    else {
        panic!("it was to be attached");
    };
    input.write_all(b"to and fro\n").await.unwrap();
    input.shutdown().await.unwrap();
    let lines: Vec<_> = output.try_collect().await.unwrap();
    assert_eq!(
        lines.iter().map(ToString::to_string).collect::<String>(),
        "to and fro\n"
    );
}

#[tokio::test]
async fn a_stopped_container_runs_no_commands() {
    let local = Local::start().await;
    local.run("web", &["sleep", "1000"]).await;
    local
        .control(
            "containers/web/state",
            json!({ "state": "exited", "exit_code": 3 }),
        )
        .await;
    assert_eq!(local.inspect("web").await["State"]["ExitCode"], 3);
    let options = CreateExecOptions {
        cmd: Some(vec!["true"]),
        ..CreateExecOptions::default()
    };
    assert_refused(
        local.docker.create_exec("web", options.clone()).await,
        409,
        "is not running",
    );
    assert_refused(
        local.docker.create_exec("nobody", options).await,
        404,
        "No such container: nobody",
    );
}
