//! What `mainstay lint` prints.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::escape;
use layouts::{Problem, Severity};

use super::arguments::Request;
use super::home::{file, remedy};
use super::image::Looked;
use crate::json::string;
use crate::paint::{Paint, Tone};

/// The command's operands, for its line in the table.
pub const USAGE: &str = "[--root ROOT] [--layout s6-v2|docker-base] [--env NAME=VALUE]... [--env-file FILE]... [--user USER] [--cap-drop CAP]... [--strict] [--json] TREE";

/// What the command does, for its line in the table.
pub const SUMMARY: &str = "list what will not work in an image tree, and what to change";

pub(super) const HELP: &str = "\
Reads TREE, the directory that a Dockerfile copies to /, and lists what in it will not
work, and what to change. Nothing of it is run or changed, and no link in it leads out of it.

  --root ROOT        the image below TREE: interpreters, programs and users are looked up
                     in both. Without it TREE is taken for a whole image
  --layout NAME      s6-v2 or docker-base (the default), as for `mainstay install`
  --env NAME=VALUE   a variable of the container; may be given again
  --env-file FILE    a file with a variable on each line, as for `docker run`
  --user USER        who the container starts as: USER[:GROUP], names or numbers
  --cap-drop CAP     a capability that it does not have, or ALL; may be given again
  --strict           warnings count as errors
  --json             one JSON document

Exit code: 0 nothing that will not work, 1 something, 100 wrong words, 111 TREE or ROOT
cannot be read. docs/lint.md has every finding by its name.
";

/// The text for standard output, and the exit code.
pub(super) fn report(request: &Request, looked: &Looked) -> (String, u8) {
    let problems = &looked.answer.problems;
    let count = |severity| problems.iter().filter(|p| rule(p).1 == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let text = match request.json {
        true => json(request, looked, errors, warnings),
        false => lines(request, looked, errors, warnings, Paint::of_output()),
    };
    let fails = errors > 0 || request.strict && warnings > 0;
    (text, u8::from(fails))
}

/// The name and the severity of a problem; what has no rule is what the system refused.
pub(super) fn rule(problem: &Problem) -> (&'static str, Severity) {
    match problem.rule {
        Some(rule) => (rule.id, rule.severity),
        None => ("unreadable", Severity::Error),
    }
}

fn lines(
    request: &Request,
    looked: &Looked,
    errors: usize,
    warnings: usize,
    paint: Paint,
) -> String {
    let mut text = String::new();
    for problem in &looked.answer.problems {
        let (id, severity) = rule(problem);
        text.push_str(&file(request, looked, &problem.path));
        if let Some(line) = problem.line {
            let _ = write!(text, ":{line}");
        }
        let tone = match severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Notice,
        };
        let kind = paint.tone(tone, &format!("{}[{id}]", severity.word()));
        let _ = write!(text, ": {kind}: {}", escape(problem.cause.as_bytes()));
        let remedy = remedy(request, looked, problem);
        if !remedy.is_empty() {
            let _ = write!(text, "; {}", escape(remedy.as_bytes()));
        }
        text.push('\n');
    }
    for (shell, count) in &looked.answer.unchecked {
        let _ = writeln!(
            text,
            "note: the syntax of {count} {} was not checked: this machine has no {shell}, or it \
             took too long",
            if *count == 1 { "script" } else { "scripts" },
        );
    }
    if !looked.whole {
        text.push_str(
            "note: this tree is no whole image, so nobody looked whether interpreters, programs \
             and users exist; name the image below it: --root ROOT\n",
        );
    }
    let counted = |count: usize, what: &str, tone: Tone| match count {
        0 => format!("0 {what}s"),
        1 => paint.tone(tone, &format!("1 {what}")),
        count => paint.tone(tone, &format!("{count} {what}s")),
    };
    let _ = writeln!(
        text,
        "{}, {}",
        counted(errors, "error", Tone::Bad),
        counted(warnings, "warning", Tone::Notice)
    );
    text
}

fn json(request: &Request, looked: &Looked, errors: usize, warnings: usize) -> String {
    let shown = |path: &Path| string(&escape(path.as_os_str().as_bytes()));
    let findings: Vec<String> = looked
        .answer
        .problems
        .iter()
        .map(|problem| {
            let (id, severity) = rule(problem);
            format!(
                "{{\"id\":{},\"severity\":{},\"path\":{},\"file\":{},\"line\":{},\"what\":{},\"remedy\":{}}}",
                string(id),
                string(severity.word()),
                shown(&problem.path),
                string(&file(request, looked, &problem.path)),
                problem.line.map_or("null".into(), |line| line.to_string()),
                string(&problem.cause),
                string(&remedy(request, looked, problem)),
            )
        })
        .collect();
    let unchecked = looked.answer.unchecked.iter();
    let unchecked: Vec<String> = unchecked.map(|(shell, _)| string(shell)).collect();
    format!(
        "{{\"version\":1,\"tree\":{},\"root\":{},\"layout\":{},\"whole\":{},\"unchecked\":[{}],\"errors\":{errors},\"warnings\":{warnings},\"findings\":[{}]}}\n",
        shown(&request.tree),
        request.root.as_deref().map_or("null".into(), shown),
        string(request.layout_name),
        looked.whole,
        unchecked.join(","),
        findings.join(",")
    )
}
