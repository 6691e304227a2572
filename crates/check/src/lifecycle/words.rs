//! Which of the words of `docker run` is the image: a scenario may put its own there.

use std::ffi::OsString;

/// Options that take no value (docker-run(1), podman-run(1)); all others take one.
const ALONE: &[&str] = &[
    "--detach",
    "--disable-content-trust",
    "--help",
    "--http-proxy",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--no-hosts",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--replace",
    "--rm",
    "--rmi",
    "--sig-proxy",
    "--tls-verify",
    "--tty",
];

/// The letters of the same.
const LETTERS: &[char] = &['d', 'i', 't', 'P', 'q'];

/// Splits a call's words: the options ahead of the image, and the image with its command.
pub(super) fn split(words: &[OsString]) -> (&[OsString], &[OsString]) {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let word = word.to_string_lossy();
        if !word.starts_with('-') || word == "-" {
            break;
        }
        at += if takes_next(&word) { 2 } else { 1 };
    }
    words.split_at(at.min(words.len()))
}

fn takes_next(word: &str) -> bool {
    if word.starts_with("--") {
        return !word.contains('=') && !ALONE.contains(&word);
    }
    // `-it`; `-e A=b`; `-p80:80` and `-eA=b` have theirs in them.
    let letters = word.trim_start_matches('-');
    let rest = letters.trim_start_matches(LETTERS);
    rest.chars().count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_found_behind_the_options() {
        for (text, expected) in [
            ("image", 0),
            ("", 0),
            ("-d image sh -c x", 1),
            ("-it --rm image -e x", 2),
            ("-e A=b --env=C=d -v /x:/y image", 5),
            ("-ite A=b image", 2),
            ("-p80:80 -eA=b image", 2),
            ("--network none --read-only --user 1000 image", 5),
            ("--network=none image", 1),
            ("-e", 1),
        ] {
            let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
            assert_eq!(split(&words).0.len(), expected, "{text}");
        }
    }
}
