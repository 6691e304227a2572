//! The corpus, replayed; and that each target has all that belongs to it.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

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
