use super::*;

/// Source, text, and whether something is found.
const FOUND: &[(&str, &str, bool)] = &[("^b", "ab", false)];

#[test]
fn expressions_find_what_go_finds() {
    for (source, text, found) in FOUND {
        let regex = compile(source.as_bytes(), Lines::One).unwrap();
        assert_eq!(regex.is_match(text.as_bytes()), *found, "{source} {text:?}");
    }
}
