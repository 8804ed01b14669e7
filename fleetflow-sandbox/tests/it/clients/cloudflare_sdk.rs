//! Cloudflare's own Python library.

use std::path::PathBuf;

use super::tool::{self, Desk};

const SCRIPT: &str = include_str!("cloudflare_sdk.py");

/// Installs `cloudflare` and octoDNS with its Cloudflare provider from `PyPI` into a virtual environment.
pub(super) async fn python() -> Option<PathBuf> {
    let folder = tool::cache("python");
    let venv = folder.join("venv-1");
    let python = venv.join("bin/python");
    let done = venv.join("installed");
    let packages = [
        "cloudflare==5.9.0",
        "octodns==1.22.0",
        "octodns-cloudflare==1.2.0",
    ];
    let shown = venv.to_string_lossy();
    let pip = [&["-m", "pip", "install", "--quiet"][..], &packages].concat();
    let steps = vec![
        tool::command("python3", &["-m", "venv", &shown]),
        tool::command(&python, &pip),
        tool::command("touch", &[&done.to_string_lossy()]),
    ];
    tool::install(&done, &packages.join(", "), steps)
        .await
        .then_some(python)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_library_manages_what_we_manage() {
    if !tool::wanted("Cloudflare's Python library") {
        return;
    }
    let Some(python) = python().await else { return };
    let sandbox = tool::sandbox().await;
    let before = sandbox.inventory().to_string();
    let desk = Desk::new(&sandbox);
    desk.write("script.py", SCRIPT);
    let said = desk.ask(python, &["script.py"]).await;
    assert!(said.ends_with("done\n"), "{said}");
    assert_eq!(sandbox.inventory().to_string(), before);
}
