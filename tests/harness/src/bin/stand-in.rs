//! Prints where the kept tree lies that stands in for the base of a variant of `images/`; without
//! an argument the variants that there is one for. For `images/build`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(variant) = std::env::args().nth(1) else {
        harness::stand_ins().for_each(|name| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    match harness::stand_in(&variant) {
        Some(tree) => {
            println!("{}", tree.display());
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("stand-in: there is none for {variant}");
            ExitCode::FAILURE
        }
    }
}
