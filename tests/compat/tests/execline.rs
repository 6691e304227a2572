//! Debian's execline and ours, side by side.

use std::path::Path;

use compat_tests::{Case, Ended, compare, our_programs, read, run};

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

/// Words of everything that the substitution engine gives a meaning to.
fn random_words(count: usize, mut seed: u64) -> Vec<String> {
    const PIECES: &[&str] = &["\\", "\\", "$", "$", "{", "}", "A", "B", "AB", "x", " "];
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    (0..count)
        .map(|_| {
            let length = random() % 10;
            (0..length)
                .map(|_| PIECES[(random() >> 20) as usize % PIECES.len()])
                .collect()
        })
        .collect()
}

#[test]
fn thousands_of_random_words_are_substituted_alike() {
    let ours = our_programs();
    for (index, head) in [
        "define A 1",
        "define -s A '1 2'",
        "multisubstitute ' define' ' A' ' a$B' ' define' ' -s' ' B' ' b $A' ''",
        "define -s A '' define B b",
    ]
    .iter()
    .enumerate()
    {
        let words = random_words(1000, 0x9e37_79b9_7f4a_7c15 + index as u64);
        let quoted: String = words.iter().map(|word| format!(" '{word}'")).collect();
        let case = Case {
            script: format!("{head} ./show{quoted}\n"),
            ..Case::default()
        };
        let (got, theirs): (Ended, Ended) = (run(&case, ours.path()), run(&case, original()));
        assert_eq!(got.exits, 0, "{head}: {}", got.complains);
        for (one, other) in got.prints.split('>').zip(theirs.prints.split('>')) {
            assert_eq!(one, other, "{head}");
        }
        assert_eq!(got, theirs, "{head}");
    }
}

#[test]
fn random_scripts_are_read_alike() {
    const PIECES: &[&str] = &[
        "a", "b", "{", "}", "{ ", " }", " ", "\n", "\t", "\"", "\\", "#", "0", "1", "0x", "7", "n",
        "$1",
    ];
    let ours = our_programs();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut scripts = String::new();
    for _ in 0..400 {
        let length = random() % 12;
        let text: String = (0..length)
            .map(|_| PIECES[(random() >> 20) as usize % PIECES.len()])
            .collect();
        // Known differences, see language.txt: a numeric escape that ends the script, and a
        // brace before a backslash that ends the line or the script.
        let ends_in_number = text.ends_with(|c: char| c.is_ascii_digit() || c == 'x');
        let brace = |brace: &str| {
            text.contains(&format!("{brace}\\\n")) || text.ends_with(&format!("{brace}\\"))
        };
        if ends_in_number || brace("{") || brace("}") {
            continue;
        }
        scripts.push_str(&format!(
            "execlineb -Pc './show {text}' 2>/dev/null; echo $?\n"
        ));
    }
    let case = Case {
        script: scripts,
        ..Case::default()
    };
    let (got, theirs) = (run(&case, ours.path()), run(&case, original()));
    let lines = case.script.split("execlineb -Pc ").skip(1);
    assert!(lines.count() > 200);
    assert_eq!(got, theirs);
}
