//! Random words for every program, from a seed: the original and ours must take, refuse
//! and act on them alike.

use std::fs;
use std::path::Path;

use compat_tests::{Case, LAB, compare, enclosed, our_programs};

/// Where Debian keeps the language, and the rest.
const EXECLINE: &str = "/usr/lib/execline/bin";
const S6: &str = "/usr/bin";

/// Where the numbers begin.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// How many calls of each program.
const CALLS: usize = 40;

/// How many calls run in one shell: they may see each other's files.
const BATCH: usize = 20;

/// A program, and what its random words are taken from.
struct Words {
    /// Its name, and the options that every call has, so that it ends.
    program: Vec<String>,
    options: Vec<String>,
    operands: Vec<String>,
    /// What most calls end with.
    tail: Vec<String>,
}

fn read(file: &str) -> Vec<Words> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("calls")
        .join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut table = Vec::new();
    for paragraph in text.split("\n\n").filter(|p| !p.starts_with('#')) {
        let mut lines = paragraph.lines().map(words);
        let mut first = lines.next().expect("a name and options");
        table.push(Words {
            program: first.remove(0).split('+').map(str::to_string).collect(),
            options: first,
            operands: lines.next().expect("operands"),
            tail: lines.next().expect("a tail"),
        });
    }
    table
}

fn words(line: &str) -> Vec<String> {
    let words = line.split(' ').map(|word| match word {
        "''" => String::new(),
        word => word.replace('_', " ").replace("\\n", "\n"),
    });
    words.collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    /// Options, operands, and mostly the tail.
    fn call(&mut self, words: &Words) -> Vec<String> {
        let mut call = words.program.clone();
        for _ in 0..self.below(4).min(words.options.len()) {
            call.push(words.options[self.below(words.options.len())].clone());
        }
        for _ in 0..self.below(7) {
            call.push(words.operands[self.below(words.operands.len())].clone());
        }
        if self.below(8) > 0 {
            call.extend(words.tail.clone());
        }
        call
    }
}

/// Calls where ours leaves the original on purpose; the cases say why.
fn leaves_on_purpose(call: &[String], words: &Words) -> bool {
    match words.program[0].as_str() {
        // An empty block that must hold a command.
        "if" | "ifelse" | "ifthenelse" | "pipeline" => {
            let mut operands = call[1..].iter().skip_while(|word| word.starts_with('-'));
            operands.next().is_some_and(String::is_empty)
        }
        // Nothing after a block.
        "tryexec" | "forbacktickx" => !call.ends_with(&words.tail),
        _ => false,
    }
}

fn quoted(call: &[String]) -> String {
    let words = call
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")));
    words.collect::<Vec<_>>().join(" ")
}

/// Random calls of each program of `table`, some in one shell that begins with `prelude`.
fn cases(table: &[Words], prelude: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for words in table {
        let mut random = Random(std::env::var("SEED").map_or(SEED, |s| s.parse().unwrap()));
        let calls: Vec<Vec<String>> = (0..CALLS)
            .map(|_| random.call(words))
            .filter(|call| !leaves_on_purpose(call, words))
            .collect();
        for batch in calls.chunks(BATCH) {
            let mut script = prelude.to_string();
            for call in batch {
                script.push_str(&format!("t {}\n", quoted(call)));
            }
            cases.push(Case {
                place: words.program[0].clone(),
                script,
                own: None,
            });
        }
    }
    cases
}

/// What each shell begins with: files to meet, `./changed` that shows the variables, `./count`
/// that ends in another way each time and then ends its caller, and `t` that tells what came
/// of a call.
const PRELUDE: &str = r#"
mkdir d; touch d/here; printf 'F=x\n' >file; printf 'elgetpositionals ./show $0 $1 $#' >script
printf '#!/bin/sh\nenv -0 | sort -z | tr "\\0\\n" "\\n/" | grep -Ev "^(PATH|HOME|PWD|!|LC_ALL|_)="\n' >changed
printf '#!/bin/sh\necho x >>calls; n=$(wc -l <calls)\ncase $n in 1) exit 0;; 2) exit 3;; 3) exit 5;; 4) exit 200;; *) kill -9 $PPID;; esac\n' >count
chmod +x changed count
export LC_ALL=C V=va:lue W='a b '
t() {
    printf '== '; printf "'%s' " "$@"; echo
    env '#=2' 0=zero 1=one '2=t w o' "$@" </dev/null >out 2>err
    echo "$? $(test -s err && echo complains)"
    sed -E 's/[0-9]{3,} seconds/N seconds/g' out; rm -f calls new
}
"#;

#[test]
fn the_language_answers_random_calls_alike() {
    let cases = cases(&read("execline.txt"), PRELUDE);
    assert!(cases.len() >= 80, "only {} cases were made", cases.len());
    let ours = our_programs();
    let wrong = compare(&cases, Path::new(EXECLINE), ours.path());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The directories and accounts that the calls meet, beside what PRELUDE makes.
const SURROUNDINGS: &str = r#"
accounts
fake up 400000006b04cf091bbbb85c400000006b04cf091bb14faa000000000000000b00000c
fake down 400000006b04cf091bbbb85c400000006b04cf091bb14faa00000000000000000300
mkdir -p left/supervise left/event; mkfifo left/supervise/control
unhex 400000006b04cf09000000018909 >up/supervise/death_tally; cp up/supervise/death_tally left/supervise
mkdir -p scan/.s6-svscan supervise; mkfifo scan/.s6-svscan/control; exec 7<>scan/.s6-svscan/control
cp up/supervise/death_tally supervise
mkdir dir empty; echo x >dir/F; printf 'a b \nc' >dir/G; : >dir/V
/usr/bin/s6-setlock held sh -c 'touch taken; exec sleep 1000' >/dev/null 2>&1 & until_ok test -e taken
"#;

#[test]
fn the_supervision_programs_answer_random_calls_alike() {
    let prelude = format!("{LAB}{PRELUDE}{SURROUNDINGS}");
    let cases = cases(&read("s6.txt"), &prelude).into_iter().map(enclosed);
    let cases: Vec<Case> = cases.collect();
    let ours = our_programs();
    let wrong = compare(&cases, Path::new(S6), ours.path());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
