//! Functions are run by Node.js, where there is one: what answers which request, in which order, with which parameters.

use std::path::Path;
use std::process::Command;

use super::of;

const FILES: &[(&str, &str)] = &[
    (
        "functions/_middleware.ts",
        "export const onRequest = async ({ next, data }: any) => { data.trace = ['root']; const answer = await next();\n\
         answer.headers.set('trace', data.trace.join()); return answer };\n",
    ),
    (
        "functions/api/_middleware.ts",
        "const one = ({ next, data }: any) => { data.trace.push('one'); return next() };\n\
         const two = ({ next, data }: any) => { data.trace.push('two'); return next() };\nexport const onRequest = [one, two];\n",
    ),
    (
        "functions/api/users/[id].ts",
        "export const onRequestGet = ({ params }: any) => new Response('user ' + params.id);\n",
    ),
    (
        "functions/api/users/me.ts",
        "export const onRequest = ({ functionPath }: any) => new Response('me ' + functionPath);\n",
    ),
    (
        "functions/api/users/index.ts",
        "export const onRequestPost = async ({ request }: any) => new Response('made ' + await request.text());\n",
    ),
    (
        "functions/files/[[path]].js",
        "export const onRequest = ({ params }) => new Response(JSON.stringify(params.path ?? null));\n",
    ),
    (
        "functions/old.ts",
        "export const onRequest = ({ next }: any) => next('/new');\n",
    ),
    (
        "functions/none.ts",
        "export const onRequest = () => new Response(null, { status: 204 });\n",
    ),
    ("functions/readme.md", "no code"),
];

/// Requests, and what answers them.
const DRIVER: &str = r#"
import worker from "./_functions.js";
const env = { ASSETS: { fetch: async (request) => new Response("file " + new URL(request.url).pathname) } };
const ask = async (method, path, body) => {
  const request = new Request("https://site.example" + path, { method, body });
  const answer = await worker.fetch(request, env, { waitUntil() {} });
  return `${method} ${path}: ${answer.status} ${await answer.text()} (${answer.headers.get("trace")})`;
};
console.log(await ask("GET", "/api/users/7"));
console.log(await ask("POST", "/api/users/7"));
console.log(await ask("GET", "/API/users/me/"));
console.log(await ask("POST", "/api/users", "x"));
console.log(await ask("GET", "/files/a/b.txt"));
console.log(await ask("GET", "/files"));
console.log(await ask("GET", "/old"));
console.log(await ask("GET", "/none"));
console.log(await ask("GET", "/about.html"));
"#;

const ANSWERS: &str = "\
GET /api/users/7: 200 user 7 (root,one,two)
POST /api/users/7: 200 file /api/users/7 (root,one,two)
GET /API/users/me/: 200 me /API/users/me (root,one,two)
POST /api/users: 200 made x (root,one,two)
GET /files/a/b.txt: 200 [\"a\",\"b.txt\"] (root)
GET /files: 200 null (root)
GET /old: 200 file /new (root)
GET /none: 204  (root)
GET /about.html: 200 file /about.html (root)
";

fn write(folder: &Path, path: &str, content: &[u8]) {
    let place = folder.join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, content).unwrap();
}

#[test]
fn requests_go_to_the_function_whose_path_fits_best_through_all_that_are_around_it() {
    let (source, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (path, text) in FILES {
        write(source.path(), path, text.as_bytes());
    }
    write(source.path(), "dist/index.html", b"hi");
    let functions = of(&source.path().join("dist")).unwrap().unwrap();
    assert!(functions.routes.unwrap().contains("\"include\":[\"/*\"]"));
    for module in &functions.script.modules {
        write(built.path(), &module.name, &module.body);
    }
    write(built.path(), "package.json", b"{\"type\": \"module\"}");
    write(built.path(), "drive.js", DRIVER.as_bytes());
    let output = match Command::new("node")
        .arg("drive.js")
        .current_dir(built.path())
        .output()
    {
        Ok(output) => output,
        Err(error) => return println!("skipped: functions of Pages in Node.js: node cannot be run: {error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), ANSWERS, "{said}");
}

#[test]
fn a_folder_without_functions_is_no_code() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "functions/notes.js", b"export const other = 1;\n");
    write(folder.path(), "dist/index.html", b"hi");
    assert!(of(&folder.path().join("dist")).unwrap().is_none());
}
