//! The command of a line: what of it the shell gets, what it reads, what it is called.

/// Splits at the first `%` that has no backslash (crontab(5)): what stands before it is the
/// command; what stands behind it is standard input, with each further `%` a line end.
pub(super) fn split(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut command, mut stdin) = (Vec::new(), Vec::new());
    let mut behind = false;
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        let out = if behind { &mut stdin } else { &mut command };
        match byte {
            b'\\' if rest.peek() == Some(&b'%') => {
                rest.next();
                out.push(b'%');
            }
            b'%' if behind => stdin.push(b'\n'),
            b'%' => behind = true,
            byte => out.push(byte),
        }
    }
    if behind && stdin.last() != Some(&b'\n') {
        stdin.push(b'\n');
    }
    (command, stdin)
}

/// Longest name that is made of a command.
const LONGEST: usize = 40;

/// The word that says what a command runs. Words in front that do not are left out:
/// `cd /app &&`, `NAME=value`, `exec`, `nice`, `env` and their like.
pub(super) fn program(command: &[u8]) -> &[u8] {
    let words: Vec<&[u8]> = command
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
        .take(64)
        .collect();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let equals = word.iter().position(|byte| *byte == b'=');
        let is_assignment =
            equals.is_some_and(|equals| equals > 0 && word[..equals].iter().all(part));
        let ends = |word: &&[u8]| [&b"&&"[..], b";"].contains(word) || word.ends_with(b";");
        match *word {
            b"cd" => match words[at..].iter().position(ends) {
                Some(end) => at += end + 1,
                None => break,
            },
            b"exec" | b"nice" | b"env" | b"nohup" | b"time" | b"command" => at += 1,
            _ if is_assignment => at += 1,
            _ => break,
        }
    }
    words.get(at).or(words.first()).copied().unwrap_or_default()
}

/// What a job without `CRON_NAME` is called: the file's name of what it runs.
pub(super) fn name(command: &[u8]) -> String {
    let word = program(command);
    let name = tidy(word.rsplit(|byte| *byte == b'/').next().unwrap_or_default());
    if name.is_empty() {
        "job".to_string()
    } else {
        name
    }
}

/// A name with letters, digits, `.`, `_` and `-` only.
fn tidy(word: &[u8]) -> String {
    let fine = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let kept = word.iter().filter(fine).take(LONGEST);
    let name: String = kept.map(|byte| char::from(*byte)).collect();
    name.trim_matches(['.', '-']).to_string()
}

/// Whether a word may be a job's name as it is.
pub(super) fn is_name(word: &[u8]) -> bool {
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    word.len() <= 100
        && word.iter().all(fine)
        && word.first().is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_begins_standard_input() {
        let cases: [(&[u8], &[u8], &[u8]); 6] = [
            (b"echo a", b"echo a", b""),
            (b"date +\\%F", b"date +%F", b""),
            (b"cat%one%two", b"cat", b"one\ntwo\n"),
            (b"cat%", b"cat", b"\n"),
            (b"cat%a\\%b%", b"cat", b"a%b\n"),
            (b"printf '\\\\n'", b"printf '\\\\n'", b""),
        ];
        for (text, command, stdin) in cases {
            assert_eq!(
                split(text),
                (command.to_vec(), stdin.to_vec()),
                "{}",
                text.escape_ascii()
            );
        }
    }

    #[test]
    fn a_job_is_called_as_what_it_runs() {
        for (command, expected) in [
            ("/usr/bin/report --daily", "report"),
            ("cd /app && php artisan schedule:run", "php"),
            ("cd /app; ./clean.sh", "clean.sh"),
            ("cd /app", "cd"),
            ("FOO=1 nice /opt/x/y.py", "y.py"),
            ("\"/my dir/x\"", "my"),
            ("[ -x /bin/a ] && /bin/a", "job"),
            ("", "job"),
            ("exec", "exec"),
        ] {
            assert_eq!(name(command.as_bytes()), expected, "{command}");
        }
    }
}
