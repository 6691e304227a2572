//! Templates with what the original makes of them.
//!
//! A file of `corpus/` begins with the variables as JSON. Then each case is a template behind
//! `==> `, and the output behind `<== ` or the error behind `!== `. A case that ours answers
//! otherwise on purpose has `~== ` and our answer behind the original's.
//!
//! With `GOSS=/path/to/goss` the expectations are recorded anew: write a case without one.

use gotemplate::{Time, Value, World, from_json, render};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

const END: &str = "#END";
const ENVIRONMENT: [(&str, &str); 4] = [("A", "1"), ("EMPTY", ""), ("HOME", "/h"), ("TZ", "UTC")];

#[derive(Debug, Default)]
struct Case {
    template: String,
    expected: Option<Result<String, String>>,
    ours: Option<Result<String, String>>,
}

fn read(text: &str) -> (String, Vec<Case>) {
    let (vars, rest) = text.split_once('\n').expect("a line of variables");
    let mut cases: Vec<Case> = Vec::new();
    let mut kind = "";
    for line in rest.lines() {
        let found = ["==> ", "<== ", "!== ", "~== "]
            .into_iter()
            .find(|mark| line.starts_with(mark) || line == mark.trim_end());
        let (starts, content) = match found {
            Some(mark) => {
                kind = mark;
                (true, line.get(4..).unwrap_or(""))
            }
            None => (false, line),
        };
        if starts && kind == "==> " {
            cases.push(Case::default());
        }
        let case = cases.last_mut().expect("a case");
        let add = |slot: &mut String| {
            if !starts {
                slot.push('\n');
            }
            slot.push_str(content);
        };
        match kind {
            "==> " => add(&mut case.template),
            "<== " => match case.expected.get_or_insert(Ok(String::new())) {
                Ok(slot) | Err(slot) => add(slot),
            },
            "!== " => match case.expected.get_or_insert(Err(String::new())) {
                Ok(slot) | Err(slot) => add(slot),
            },
            _ => match case.ours.get_or_insert(Ok(String::new())) {
                Ok(slot) | Err(slot) => add(slot),
            },
        }
    }
    (vars.to_owned(), cases)
}

fn ours(vars: &str, template: &str) -> Result<String, String> {
    let mut world = World::fixed(Time::unix(1_000_000_000, 0));
    world.environment = ENVIRONMENT
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<BTreeMap<_, _>>();
    world.read_file = World::system().read_file;
    let data = Value::goss(from_json(vars).expect("JSON"), &world.environment);
    let source = format!("{template}{END}");
    match render("test", &source, &data, &world) {
        Ok(rendered) => {
            let text = rendered.text;
            assert_eq!(rendered.lines.len(), text.split_inclusive('\n').count());
            Ok(text.strip_suffix(END).unwrap_or(&text).to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn original(goss: &str, vars: &str, template: &str) -> Result<String, String> {
    let file = std::env::temp_dir().join(format!("corpus-{}.yaml", std::process::id()));
    std::fs::write(&file, format!("{template}{END}")).expect("a temporary file");
    let output = Command::new(goss)
        .env_clear()
        .envs(ENVIRONMENT)
        .arg("-g")
        .arg(&file)
        .args(["--vars-inline", vars, "render", "--debug"])
        .output()
        .expect("goss runs");
    let _ = std::fs::remove_file(&file);
    let stdout = String::from_utf8_lossy(&output.stdout);
    match stdout.strip_prefix("DEBUG: file after text/template render\n") {
        Some(text) => {
            let end = text.rfind(END).expect("the end");
            Ok(text.get(..end).unwrap_or("").to_owned())
        }
        None => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let at = stderr.find("template: ").expect("a template's error");
            Err(stderr
                .get(at..)
                .unwrap_or("")
                .trim_end_matches('\n')
                .to_owned())
        }
    }
}

fn write(vars: &str, cases: &[Case]) -> String {
    let mut out = format!("{vars}\n");
    for case in cases {
        let _ = writeln!(out, "==> {}", case.template);
        let _ = match &case.expected {
            Some(Ok(text)) => writeln!(out, "<== {text}"),
            Some(Err(text)) => writeln!(out, "!== {text}"),
            None => Ok(()),
        };
        if let Some(Ok(text) | Err(text)) = &case.ours {
            let _ = writeln!(out, "~== {text}");
        }
    }
    out
}

#[test]
fn templates_become_what_the_original_makes_of_them() {
    let folder = temp::sources(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"));
    let goss = std::env::var("GOSS").ok();
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let (vars, mut cases) = read(&text);
        if let Some(goss) = &goss {
            for case in &mut cases {
                case.expected = Some(original(goss, &vars, &case.template));
            }
            std::fs::write(&path, write(&vars, &cases)).expect("the file is written");
        }
        for case in &cases {
            count += 1;
            let got = ours(&vars, &case.template);
            let fits = match (&case.ours, &case.expected) {
                (Some(Ok(wanted) | Err(wanted)), _) => match &got {
                    Ok(text) | Err(text) => text == wanted,
                },
                (None, Some(expected)) => got == *expected,
                (None, None) => false,
            };
            if !fits {
                let name = path.file_name().unwrap_or_default();
                failures.push(format!(
                    "{name:?}: {}\n  expected {:?}\n  got      {got:?}",
                    case.template, case.expected
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} cases differ\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count >= 250, "only {count} cases");
}
