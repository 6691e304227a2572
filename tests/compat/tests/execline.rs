//! Debian's execline and ours, side by side.

use std::path::Path;

use compat_tests::{Case, compare, our_programs, read};

/// Where Debian keeps the programs; only execlineb itself is in /usr/bin.
const ORIGINAL: &str = "/usr/lib/execline/bin";

fn original() -> &'static Path {
    let dir = Path::new(ORIGINAL);
    assert!(
        dir.join("foreground").exists() && Path::new("/usr/bin/execlineb").exists(),
        "{ORIGINAL} does not hold Debian's execline: run `make setup`"
    );
    dir
}

#[test]
fn every_case_comes_out_alike() {
    let cases = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/execline"));
    assert!(cases.len() >= 250, "only {} cases were found", cases.len());
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

struct Random(u64);

impl Random {
    /// Up to `most` of `pieces`, one after the other.
    fn text(&mut self, pieces: &[&str], most: usize) -> String {
        let length = self.below(most + 1);
        (0..length)
            .map(|_| pieces[self.below(pieces.len())])
            .collect()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % limit
    }
}

/// Compares `batches` scripts of `count` calls each.
fn compare_calls(batches: usize, count: usize, mut call: impl FnMut() -> String) {
    let cases: Vec<Case> = (0..batches)
        .map(|_| Case {
            script: (0..count).map(|_| call()).collect(),
            ..Case::default()
        })
        .collect();
    let ours = our_programs();
    let wrong = compare(&cases, original(), ours.path());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn thousands_of_random_words_are_substituted_alike() {
    const PIECES: &[&str] = &["\\", "\\", "$", "$", "{", "}", "A", "B", "AB", "x", " "];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for head in [
        "define A 1",
        "define -s A '1 2'",
        "multisubstitute ' define' ' A' ' a$B' ' define' ' -s' ' B' ' b $A' ''",
        "define -s A '' define B b",
    ] {
        compare_calls(10, 10, || {
            let words: Vec<String> = (0..20)
                .map(|_| format!("'{}'", random.text(PIECES, 9)))
                .collect();
            format!("{head} ./show {}\n", words.join(" "))
        });
    }
}

#[test]
fn random_scripts_are_read_alike() {
    const PIECES: &[&str] = &[
        "a", "b", "{", "}", "{ ", " }", " ", "\n", "\t", "\"", "\\", "#", "0", "1", "0x", "7", "n",
        "$1",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    compare_calls(8, 200, || {
        let text = random.text(PIECES, 11);
        // Known differences, see language.txt: a numeric escape that ends the script, and a
        // brace before a backslash that ends the line or the script.
        let ends_in_number = text.ends_with(|c: char| c.is_ascii_digit() || c == 'x');
        let brace = |brace: &str| {
            text.contains(&format!("{brace}\\\n")) || text.ends_with(&format!("{brace}\\"))
        };
        if ends_in_number || brace("{") || brace("}") {
            return String::new();
        }
        format!("execlineb -Pc './show {text}' 2>/dev/null; echo $?\n")
    });
}

#[test]
fn random_positional_parameters_are_substituted_alike() {
    const PIECES: &[&str] = &[
        "\\\\", "\\$", "$", "{", "}", "$1", "${1}", "$2", "$@", "${@}", "$#", "${#}", "$0", "${0}",
        "$10", "${10}", "x", "\" \"", " ", " { ", " } ",
    ];
    const OPTIONS: &[&str] = &[
        "-S0", "-S1", "-S2", "-S11", "-s0", "-s1", "-s2", "-P", "-p", "",
    ];
    const PARAMETERS: &[&str] = &[
        "a",
        "'b c'",
        "''",
        "'$1'",
        "'\\'",
        "1 2 3 4 5 6 7 8 9 ten 11",
    ];
    let mut random = Random(0xd1b5_4a32_d192_ed03);
    compare_calls(8, 100, || {
        let options = OPTIONS[random.below(OPTIONS.len())];
        let text = random.text(PIECES, 9);
        let parameters: Vec<&str> = (0..random.below(4))
            .map(|_| PARAMETERS[random.below(PARAMETERS.len())])
            .collect();
        format!(
            "execlineb {options} -c './show {text}' {} 2>/dev/null; echo $?\n",
            parameters.join(" ")
        )
    });
}
