//! `flow lsp` in a real editor: Neovim without a screen.

#[cfg(unix)]
mod client;

use std::fs;
use std::process::Command;

use serde_json::Value;

const FILE: &str = "// さくら\n\
    stage \"dev\" {\n\
    server \"web\" { zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"debian-12\" }\n\
    r2-bucket \"uploads\" { locatio #true }\n\
    dns \"example.jp\" { record \"a\" type=\"A\" value=server.web.ip }\n\
    }\n";

#[test]
fn neovim_shows_mistakes_completes_explains_renames_and_lays_out() {
    if Command::new("nvim").arg("--version").output().is_err() {
        println!("skipped: the language server in a real editor: nvim is not installed");
        return;
    }
    let own = tempfile::tempdir().unwrap();
    // A project without a name is called like its folder.
    let folder = own.path().join("shop");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("flow.kdl"), FILE).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/editor/neovim.lua");
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-S", script])
        .env("FLOW_FOLDER", &folder)
        .env("FLOW_PROGRAM", env!("CARGO_BIN_EXE_flow"))
        .env("XDG_STATE_HOME", own.path())
        .env("XDG_CACHE_HOME", own.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let found: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said} {output:?}"));

    assert_eq!(
        found["mistakes"],
        serde_json::json!(["4: unknown field `locatio`\nhelp: did you mean `location`?"])
    );
    let offered: Vec<_> = found["offered"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        offered.contains(&"location") && offered.contains(&"protect"),
        "{offered:?}"
    );
    assert!(
        found["explained"].as_str().unwrap().contains("**core**"),
        "{found}"
    );
    assert_eq!(
        found["declared"][0]["range"]["start"],
        serde_json::json!({"line": 2, "character": 8})
    );
    assert_eq!((&found["named"], &found["outline"]), (&2.into(), &1.into()));
    assert_eq!(
        found["text"],
        "// さくら\n\
         stage \"dev\" {\n\
         \x20   server \"front\" { zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"debian-12\" }\n\
         \x20   r2-bucket \"uploads\" { location \"apac\" }\n\
         \x20   dns \"example.jp\" { record \"a\" type=\"A\" value=server.front.ip }\n\
         }"
    );
}
