//! Scripts from TypeScript, packages and other files: what is sent, and what is reported.

use std::path::Path;

use super::{Entry, Script};
use crate::error::ErrorKind;

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn compile(&self, main: &str) -> crate::error::Result<Script> {
        let path = self.path().join(main);
        Script::compile(self.path(), &Entry { path, text: None })
    }
}

fn body<'s>(script: &'s Script, name: &str) -> &'s str {
    let module = script.modules.iter().find(|module| module.name == name);
    let names: Vec<_> = script.modules.iter().map(|module| &module.name).collect();
    std::str::from_utf8(&module.unwrap_or_else(|| panic!("{names:?}")).body).unwrap()
}

/// A Worker as people write them: types, an enum, an alias of `tsconfig.json`, a package with conditions, JSON, text.
fn usual() -> Folder {
    Folder::of(&[
        (
            "src/index.ts",
            "import type { Env } from './types';\nimport { Colour } from '@/colour.js';\nimport { greet } from 'greeter';\n\
             import { createHash } from 'node:crypto';\nimport { WorkerEntrypoint } from 'cloudflare:workers';\n\
             import { version } from '../package.json' with { type: 'json' };\nimport page from './page.html';\n\
             export default { async fetch(_: Request, env: Env): Promise<Response> {\n  const lazy = await import('./lazy');\n  \
             return new Response(greet(version) + page + Colour.Red + lazy.x + createHash) } } satisfies ExportedHandler<Env>;\n\
             export class Entry extends WorkerEntrypoint<Env> {}\n",
        ),
        ("src/types.ts", "export interface Env { FILES: R2Bucket }\n"),
        ("src/colour.ts", "export enum Colour { Red = 'red' }\n"),
        ("src/lazy.ts", "export const x: number = 1;\n"),
        ("src/page.html", "<p>hi</p>"),
        (
            "tsconfig.json",
            "{ // as everybody writes it\n \"compilerOptions\": { \"paths\": { \"@/*\": [\"./src/*\"] }, },}",
        ),
        ("package.json", "{\"name\": \"api\", \"version\": \"1.2.3\"}"),
        (
            "node_modules/greeter/package.json",
            "{\"type\": \"module\", \"exports\": {\".\": {\"workerd\": \"./worker.js\", \"default\": \"./node.cjs\"}}}",
        ),
        (
            "node_modules/greeter/worker.js",
            "import { hello } from './lib/hello.js';\n// as it is\nexport const greet = (who)  =>  hello + who + process.env.NODE_ENV;\n",
        ),
        (
            "node_modules/greeter/lib/hello.js",
            "export const hello = 'hello ';\n",
        ),
        ("node_modules/unused/index.js", "export {};\n"),
    ])
}

#[test]
fn typescript_with_packages_becomes_modules() {
    let folder = usual();
    let script = folder.compile("src/index.ts").unwrap();
    let names: Vec<_> = script.modules.iter().map(|module| module.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "src/index.js",
            "node_modules/greeter/lib/hello.js",
            "node_modules/greeter/worker.js",
            "package.json",
            "src/colour.js",
            "src/lazy.js",
            "src/page.html"
        ]
    );
    assert_eq!(script.main, "src/index.js");
    let main = body(&script, "src/index.js");
    for import in [
        "\"./colour.js\"",
        "\"../node_modules/greeter/worker.js\"",
        "\"node:crypto\"",
        "\"cloudflare:workers\"",
        "\"../package.json\"",
        "\"./page.html\"",
        "import(\"./lazy.js\")",
    ] {
        assert!(
            main.contains(import) || import.starts_with("\"node"),
            "{import}: {main}"
        );
    }
    for gone in ["satisfies", "Promise<", "types", "with {"] {
        assert!(!main.contains(gone), "{gone}: {main}");
    }
    assert_eq!(
        body(&script, "node_modules/greeter/worker.js"),
        "import { hello } from \"./lib/hello.js\";\n// as it is\nexport const greet = (who)  =>  hello + who + \"production\";\n"
    );
    assert!(body(&script, "package.json").contains("export { m1 as \"version\" }"));
    assert!(body(&script, "src/colour.js").contains("red"));
    let again = folder.compile("src/index.ts").unwrap();
    assert_eq!(script.digest(), again.digest());
    folder.write(
        "node_modules/greeter/lib/hello.js",
        "export const hello = 'bye ';\n",
    );
    assert_ne!(script.digest(), folder.compile("src/index.ts").unwrap().digest());
}

#[test]
fn all_mistakes_are_told_with_their_places() {
    let folder = Folder::of(&[
        (
            "index.ts",
            "import { a } from './a';\nimport b from 'nowhere';\nimport c from './missing.js';\nexport default { a, b, c };\n",
        ),
        ("a.ts", "export const a: number = 1;\n\nexport const = 2;\n"),
    ]);
    let error = folder.compile("index.ts").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let told = error.to_string();
    for place in [
        "index.ts:2:15: there is no package `nowhere`",
        "index.ts:3:15: there is no file",
        "a.ts:3:14: ",
    ] {
        assert!(told.contains(place), "{place}: {told}");
    }
}

fn old_package() -> Folder {
    Folder::of(&[
        (
            "index.ts",
            "import old from 'old';\nexport default { fetch(): Response { return new Response(old.hi) } };\n",
        ),
        ("node_modules/old/package.json", "{\"main\": \"index.js\"}"),
        (
            "node_modules/old/index.js",
            "const inner = require('./inner');\nexports.hi = inner;\n",
        ),
        ("node_modules/old/inner.js", "module.exports = 'hi';\n"),
    ])
}

/// An esbuild of the project that says what it was asked for, as the real one is not part of every machine.
#[cfg(unix)]
fn install(folder: &Folder, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    folder.write("node_modules/.bin/esbuild", &format!("#!/bin/sh\n{script}\n"));
    let place = folder.path().join("node_modules/.bin/esbuild");
    std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn packages_of_the_older_kind_go_to_esbuild_whose_complaints_are_told() {
    let folder = old_package();
    install(
        &folder,
        "for a; do case $a in --outfile=*) echo \"// $*\" > \"${a#--outfile=}\";; esac; done",
    );
    let script = folder.compile("index.ts").unwrap();
    let code = body(&script, "index.js");
    for asked in [
        "--bundle",
        "--conditions=workerd,worker,browser",
        "--external:node:*",
        "index.ts",
    ] {
        assert!(code.contains(asked), "{asked}: {code}");
    }
    install(&folder, "echo 'index.ts:1:1: it cannot' >&2; exit 1");
    let error = folder.compile("index.ts").unwrap_err();
    assert!(error.to_string().contains("index.ts:1:1: it cannot"), "{error}");
}

#[test]
fn without_esbuild_it_is_said_what_needs_it_and_what_to_install() {
    let folder = old_package();
    match folder.compile("index.ts") {
        // A machine where everybody has it.
        Ok(script) => assert!(body(&script, "index.js").contains("hi")),
        Err(error) => {
            let told = error.to_string();
            assert!(
                told.contains("index.ts:1:17 imports") && told.contains("old/index.js"),
                "{told}"
            );
            assert!(
                error
                    .advice()
                    .unwrap_or_default()
                    .contains("npm install --save-dev esbuild")
            );
        }
    }
}

#[test]
fn a_worker_that_is_no_module_is_refused() {
    let folder = Folder::of(&[("index.js", "module.exports = { fetch() {} };\n")]);
    let error = folder.compile("index.js").unwrap_err();
    assert!(error.to_string().contains("is CommonJS"), "{error}");
}
