//! The corpus, replayed; and that each target has all that belongs to it.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::TARGETS;

fn room() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("this crate lies in fuzz/")
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut paths: Vec<PathBuf> = found
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    paths.sort();
    paths
}

/// Names below `dir`, without what follows a dot.
fn names(dir: &str) -> BTreeSet<String> {
    let stem = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into());
    let paths = entries(&room().join(dir));
    paths.into_iter().filter_map(stem).collect()
}

#[test]
fn every_target_holds_for_its_corpus() {
    let mut broken = Vec::new();
    for (name, check) in TARGETS {
        let corpus = entries(&room().join("corpus").join(name));
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for path in corpus {
            let bytes = fs::read(&path).expect("an input can be read");
            if catch_unwind(|| check(&bytes)).is_err() {
                broken.push(path);
            }
        }
    }
    assert!(broken.is_empty(), "not so for {broken:#?}");
}

#[test]
fn every_target_holds_for_nothing_and_for_noise() {
    // A xorshift generator: the bytes follow from the constant alone.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for (_, check) in TARGETS {
        check(b"");
        for _ in 0..20 {
            let length = random() % 200;
            let noise: Vec<u8> = (0..length).map(|_| random() as u8).collect();
            check(&noise);
        }
    }
}

/// The corpus, changed here and there: what a fuzzer would begin with. `MAINSTAY_CHANGED_SEEDS`
/// says for how many seconds each target is tried (none: a few rounds), and
/// `MAINSTAY_CHANGED_TARGET` which one alone.
#[test]
fn every_target_holds_for_changed_seeds() {
    let seconds = std::env::var("MAINSTAY_CHANGED_SEEDS").ok();
    let seconds = seconds.and_then(|text| text.parse::<u64>().ok());
    let only = std::env::var("MAINSTAY_CHANGED_TARGET").ok();
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only == name);
    for (name, check) in TARGETS.iter().filter(|(name, _)| wanted(name)) {
        let paths = entries(&room().join("corpus").join(name));
        let read = |path: &PathBuf| fs::read(path).expect("an input can be read");
        let seeds: Vec<Vec<u8>> = paths.iter().map(read).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let begun = Instant::now();
        let mut rounds = 0_u32;
        loop {
            let is_over = match seconds {
                Some(seconds) => begun.elapsed() >= Duration::from_secs(seconds),
                None => rounds >= 50,
            };
            if is_over {
                break;
            }
            rounds += 1;
            let input = changed(&seeds, &mut random);
            if catch_unwind(|| check(&input)).is_err() {
                let shown = String::from_utf8_lossy(&input);
                panic!("{name} does not hold for {input:?}: {shown}");
            }
        }
        println!("{name}: {rounds} rounds");
    }
}

/// A xorshift generator: the bytes follow from the constant alone.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// A seed with some bytes changed, taken out, said twice, or put in from another seed.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    bytes.truncate(4096);
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(20)).min(bytes.len());
        match random.below(5) {
            0 => bytes.insert(at, b" \n\0\"'{}[]()!/\\:,-.#|*&\xff019aA"[random.below(28)]),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(40)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn every_target_has_a_file_a_corpus_and_a_line() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(listed.len(), TARGETS.len(), "a name stands twice");
    assert!(TARGETS.is_sorted_by_key(|(name, _)| name));
    assert_eq!(names("fuzz_targets"), listed);
    assert_eq!(names("corpus"), listed);
    let manifest = fs::read_to_string(room().join("Cargo.toml")).expect("fuzz/Cargo.toml");
    for name in listed {
        let line = format!("path = \"fuzz_targets/{name}.rs\"");
        assert!(manifest.contains(&line), "fuzz/Cargo.toml lacks {line}");
        let file = room().join("fuzz_targets").join(format!("{name}.rs"));
        let text = fs::read_to_string(file).expect("a target can be read");
        let call = format!("check(\"{name}\", bytes)");
        assert!(text.contains(&call), "{name}.rs calls another target");
    }
}
