//! Debian's s6 and ours, side by side, on service directories that Debian supervises.

use std::path::Path;

use compat_tests::{Case, compare, our_programs, read};

/// Where Debian keeps the programs.
const ORIGINAL: &str = "/usr/bin";

/// What the scripts call.
const LAB: &str = include_str!("../cases/s6-lab.sh");

fn original() -> &'static Path {
    let dir = Path::new(ORIGINAL);
    assert!(
        dir.join("s6-svscan").exists(),
        "{ORIGINAL} does not hold Debian's s6: run `make setup`"
    );
    dir
}

/// The case in a pid and mount namespace of its own: whatever it supervises ends with
/// it, and its accounts are nobody else's.
fn enclosed(case: Case) -> Case {
    let script = format!("{LAB}\n{}", case.script);
    let quoted = script.replace('\'', r"'\''");
    Case {
        script: format!(
            "chmod 755 .; exec unshare -p -f -m --mount-proc --kill-child sh -c '{quoted}'\n"
        ),
        ..case
    }
}

#[test]
fn every_case_comes_out_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/s6");
    let cases: Vec<Case> = read(&folder).into_iter().map(enclosed).collect();
    assert!(cases.len() >= 200, "only {} cases were found", cases.len());
    let ours = our_programs();
    let wrong = compare(&cases, original(), ours.path());
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n\n")
    );
}
