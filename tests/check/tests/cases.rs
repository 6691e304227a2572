//! Every case of `cases/`, by ours and, where this machine has it, by the original. Fails where
//! either differs from what the case states.
//!
//! `MAINSTAY_WRITE_CASES=1` asks the original for what a case does not state yet.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

use check_tests::case::{self, Case, Expected};
use check_tests::{original, program, trial};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let cases = case::read_all(&dir);
    let original = original::find();
    if std::env::var_os("MAINSTAY_WRITE_CASES").is_some() {
        write(&cases, original.as_deref());
        return;
    }
    if !arguments.list {
        match &original {
            Some(path) => println!("original: {}", path.display()),
            None => println!("original: none found; ours is compared with what the cases state"),
        }
    }
    let program = program();
    let trials = cases.into_iter().map(|case| {
        let (program, original) = (program.clone(), original.clone());
        let file = case
            .file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let name = format!("{file}::{}", case.title.replace(' ', "_"));
        Trial::test(name, move || try_case(&case, &program, original.as_ref()))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn try_case(case: &Case, program: &Path, original: Option<&PathBuf>) -> Result<(), Failed> {
    let place = format!("{}:{}", case.file.display(), case.line);
    if case.source.is_empty() {
        return Err(format!("{place}: source: how is it known what the original does?").into());
    }
    if case.original.exit.is_none() || case.original.stdout.is_none() {
        return Err(format!("{place}: no exit: or stdout:; MAINSTAY_WRITE_CASES=1").into());
    }
    let own = &case.ours;
    let differs =
        own.exit.is_some() || own.stdout.is_some() || own.stderr.is_some() || !own.wrote.is_empty();
    if differs != case.differs.is_some() {
        return Err(format!("{place}: differs: and what ours does belong together").into());
    }
    let args = case.our_args.as_deref().unwrap_or(&case.args);
    let name = case.name.as_deref().unwrap_or("goss");
    let done = trial::call(case, program, name, args);
    let expected = match differs {
        false => case.original.clone(),
        true => Expected {
            exit: own.exit.or(case.original.exit),
            stdout: own.stdout.clone().or_else(|| case.original.stdout.clone()),
            stderr: own.stderr.clone(),
            wrote: match own.wrote.is_empty() {
                true => case.original.wrote.clone(),
                false => own.wrote.clone(),
            },
        },
    };
    let mut wrong = trial::compare("ours", &expected, &done);
    if differs && trial::compare("", &case.original, &done).is_empty() {
        wrong += "ours does what the original does: differs: is not true any more\n";
    }
    if let Some(original) = original
        && !case.source.starts_with("facts")
    {
        let done = trial::call(case, original, "goss", &case.args);
        wrong += &trial::compare("original", &case.original, &done);
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{place}: {}\n{wrong}", case.title).into()),
    }
}

/// Asks the original for what is missing. From the last case to the first, so that the lines of
/// those ahead stay true.
fn write(cases: &[Case], original: Option<&Path>) {
    let original = original.expect("an original to ask: GOSS_ORIGINAL");
    for case in cases.iter().rev() {
        if case.original.exit.is_none() || case.original.stdout.is_none() {
            let done = trial::call(case, original, "goss", &case.args);
            trial::complete(case, &done);
            println!("{}:{}: written", case.file.display(), case.line);
        }
    }
}
