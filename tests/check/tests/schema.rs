//! The JSON Schema by a validator that we did not write: it takes what our own pages and examples
//! show, and refuses what lint refuses.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use check_tests::program;
use temp::Temp;

/// Debian's own Python: the modules are its packages'.
const PYTHON: &str = "/usr/bin/python3";

/// Reads a schema and a file; says what is wrong with each, and ends with 1 where something is.
const VALIDATE: &str = "
import json, sys, yaml
from jsonschema import Draft202012Validator
schema = json.load(open('schema.json'))
Draft202012Validator.check_schema(schema)
errors = list(Draft202012Validator(schema).iter_errors(yaml.safe_load(open(sys.argv[1]))))
for error in errors:
    print(list(error.absolute_path), error.message[:200])
sys.exit(1 if errors else 0)
";

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// What the validator says of a text; none where it takes it.
fn refused(dir: &Temp, text: &str) -> Option<String> {
    dir.write("file.yaml", text);
    let output = Command::new(PYTHON)
        .args(["-c", VALIDATE, "file.yaml"])
        .current_dir(dir.path())
        .output()
        .unwrap_or_else(|error| panic!("{PYTHON}: {error}: tests/setup installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let beside = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => None,
        Some(1) if !said.is_empty() => Some(said),
        code => panic!(
            "{code:?}: {said}{beside}\n(the Debian packages python3-jsonschema and python3-yaml)"
        ),
    }
}

fn schema() -> Temp {
    let dir = Temp::new();
    let output = Command::new(program())
        .arg("schema")
        .output()
        .expect("ours runs");
    assert!(output.status.success(), "{output:?}");
    dir.write("schema.json", output.stdout);
    dir
}

/// The blocks of a page that are goss files.
fn files_in(page: &str) -> Vec<String> {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let blocks = text.split("```yaml\n").skip(1);
    let ended = blocks.filter_map(|rest| rest.split_once("\n```"));
    // Templates are no YAML before they are rendered.
    let files = ended.map(|(block, _)| block.to_string());
    files.filter(|block| !block.contains("{{")).collect()
}

#[test]
fn our_own_files_are_taken() {
    let dir = schema();
    let mut files = Vec::new();
    for page in ["README.md", "docs/testing-an-image.md", "docs/lifecycle.md"] {
        let found = files_in(page);
        assert!(!found.is_empty(), "{page} shows no file");
        files.extend(found.into_iter().map(|text| (page.to_string(), text)));
    }
    let example = root().join("examples/nginx-app/lifecycle.yaml");
    files.push((
        example.display().to_string(),
        fs::read_to_string(&example).expect("a file"),
    ));
    for (place, text) in files {
        assert_eq!(refused(&dir, &text), None, "{place}:\n{text}");
    }
}

#[test]
fn mistakes_are_refused() {
    let dir = schema();
    for text in [
        "files: {}",
        "file: {/x: {exist: true}}",
        "command: {true: {exit-status: 0, timeout: soon}}",
        "matching: {x: {content: 1, matches: {equals: 1}}}",
        "matching: {x: {content: 1, matches: {gt: 1, lt: 3}}}",
        "file: [a]",
    ] {
        assert!(refused(&dir, text).is_some(), "{text}");
    }
}
