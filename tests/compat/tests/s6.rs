//! Debian's s6 and ours, side by side, on service directories that Debian supervises.

use std::path::Path;

use compat_tests::{Case, LAB, compare, enclosed, our_programs, read};

/// Where Debian keeps the programs.
const ORIGINAL: &str = "/usr/bin";

fn original() -> &'static Path {
    let dir = Path::new(ORIGINAL);
    assert!(
        dir.join("s6-svscan").exists(),
        "{ORIGINAL} does not hold Debian's s6: run `make setup`"
    );
    dir
}

fn with_lab(case: Case) -> Case {
    enclosed(Case {
        script: format!("{LAB}\n{}", case.script),
        ..case
    })
}

#[test]
fn every_case_comes_out_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/s6");
    let cases: Vec<Case> = read(&folder).into_iter().map(with_lab).collect();
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
