//! What must hold for a gossfile of any bytes.

use super::load::read_text;
use super::{Gossfile, Problem, Syntax, goss_words, write};

/// How many bytes are tried: more only take longer.
const MOST: usize = 64 << 10;

/// Any text is read or refused in words; what was read and is written reads back the same.
///
/// # Panics
/// When that is not so.
pub(crate) fn hold(bytes: &[u8]) {
    let bytes = bytes.get(..MOST).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    for (syntax, strict) in [
        (Syntax::Yaml, false),
        (Syntax::Yaml, true),
        (Syntax::Json, false),
        (Syntax::Json, true),
    ] {
        match read(&text, syntax, strict) {
            Ok(gossfile) => reads_back(&gossfile),
            Err(problems) => {
                assert!(!problems.is_empty());
                assert!(problems.iter().all(|problem| !problem.what.is_empty()));
                assert!(!goss_words(&problems).is_empty());
            }
        }
    }
    let _ = Syntax::sniff(&"f".into(), &text);
}

fn read(text: &str, syntax: Syntax, strict: bool) -> Result<Gossfile, Vec<Problem>> {
    read_text("f", text.to_string(), syntax, strict)
}

fn reads_back(gossfile: &Gossfile) {
    let written = write::yaml(&gossfile.resources);
    match read(&written, Syntax::Yaml, false) {
        Ok(again) => assert_eq!(write::yaml(&again.resources), written),
        Err(problems) => panic!("{problems:?}: {written}"),
    }
    // All numbers of JSON are floats: what was read from it once stays.
    let once = write::json(&gossfile.resources);
    let read_once = read(&once, Syntax::Json, false);
    let twice = write::json(&read_once.expect("what was written").resources);
    let read_twice = read(&twice, Syntax::Json, false);
    assert_eq!(write::json(&read_twice.expect("again").resources), twice);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::hold;

    /// Documents that use much of both languages, to be cut and mixed.
    const SEEDS: &[&str] = &[
        "command:\n  true: &a {exit-status: 0, stdout: ['/x/', \"!y\"], timeout: 1e3}\n  b:\n    <<: *a\n    skip: yes\n",
        "file:\n  /etc/passwd:\n    exists: true\n    mode: 0644\n    contents: |\n      a\n       b\n\n    meta: {1: 2, a: [~, .inf, 2001-02-03]}\n",
        "matching:\n  ? |\n    key\n  : content: [1, [2, {a: b}], {? [x] : y}]\n    matches: {and: [{gt: 1}, {not: 3}]}\nx-a: !!binary aGk=\n",
        "http:\n  http://x/?q:\n    status: 200\n    request-headers: [\"a: b\", ~]\n    body: >-\n      folded\n      text\n---\nsecond\n",
        "{\"command\": {\"a\": {\"exit-status\": 1.5e3, \"title\": \"\\u00e9\\n\", \"meta\": {\"b\": [null, true]}}}, \"gossfile\": {\"x\": {}}}",
        "port:\n  tcp:80: {listening: true, depends-on: ['file:/a'], eventually: 30s}\ngossfile:\n  a*.yaml: {skip: false}\n",
    ];

    /// Texts that YAML finds hard.
    const PIECES: &[&str] = &[
        " ",
        "  ",
        "\n",
        "\t",
        ": ",
        "- ",
        "? ",
        "<<",
        "*a",
        "&a ",
        "!!int ",
        "'",
        "\"",
        "|",
        ">",
        "+",
        "-",
        "{",
        "}",
        "[",
        "]",
        ",",
        "#",
        "%",
        "@",
        "~",
        "0",
        "1.5",
        ".inf",
        "null",
        "true",
        "\\",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "\u{1F600}",
        "\r",
        "matching",
        "matches",
        "content",
        "a",
    ];

    fn mutated() -> impl Strategy<Value = String> {
        let seed = proptest::sample::select(SEEDS);
        let cuts = proptest::collection::vec(
            (
                any::<proptest::sample::Index>(),
                proptest::sample::select(PIECES),
                0..3_usize,
            ),
            0..6,
        );
        (seed, cuts).prop_map(|(seed, cuts)| {
            let mut letters: Vec<char> = seed.chars().collect();
            for (at, piece, taken) in cuts {
                let at = at.index(letters.len() + 1);
                let end = (at + taken).min(letters.len());
                letters.splice(at..end, piece.chars());
            }
            letters.into_iter().collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn for_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            hold(&bytes);
        }

        #[test]
        fn for_pieces_of_documents(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..30)) {
            hold(pieces.concat().as_bytes());
        }

        #[test]
        fn for_documents_with_mistakes(text in mutated()) {
            hold(text.as_bytes());
        }

        /// Any text as a key, as a text of one line or several, in a list, below a key.
        #[test]
        fn for_any_text_in_a_document(
            text in proptest::collection::vec(prop_oneof![
                proptest::sample::select(PIECES).prop_map(str::to_string),
                any::<char>().prop_map(String::from),
            ], 0..12),
        ) {
            let text = text.concat();
            let mut quoted = String::from("\"");
            for letter in text.chars() {
                let number = u32::from(letter);
                quoted.push_str(&format!("\\U{number:08X}"));
            }
            quoted.push('"');
            let document = format!(
                "matching:\n  ? {quoted}\n  : title: {quoted}\n    content: [{quoted}, {{? {quoted} : {quoted}, a: [{quoted}]}}]\n    matches: {{equal: {quoted}}}\n"
            );
            hold(document.as_bytes());
        }
    }
}
