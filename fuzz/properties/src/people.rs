//! Words and texts of people and programs: requests, options, expressions, the record of
//! an installation.

use chain::{Environment, Options, escape};
use kernel::regex::{Regex, Syntax};

use crate::input::Input;

/// What is said is one line that no terminal acts on; plain text stays as it is.
pub(crate) fn messages(bytes: &[u8]) {
    let text = escape(bytes);
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.len() <= 4 * bytes.len());
    if bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        assert_eq!(text.as_bytes(), bytes);
    }
    assert_eq!(escape(text.as_bytes()), text, "what is safe stays");
}

/// A request is one of those that there are, or is refused in one line.
pub(crate) fn requests(bytes: &[u8]) {
    let words = Input::new(bytes).words();
    match init::for_fuzzing::request(&words) {
        Ok(shown) => {
            let known: &[&[u8]] = &[
                b"status",
                b"start",
                b"stop",
                b"restart",
                b"signal",
                b"stop-container",
            ];
            assert!(known.contains(&&words[0][..]), "{shown}");
            assert!(words.len() <= 3);
        }
        Err(line) => {
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(line.len() < 200 + 4 * bytes.len());
        }
    }
}

/// The table has a line for each unit, and the JSON is one line that keeps its quotes.
pub(crate) fn status_report(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<String> = text.lines().map(str::to_string).collect();
    let (units, table, json) = cli::for_fuzzing::status(&lines);
    assert!(units <= lines.len());
    assert!(table.lines().count() >= units + 2, "{table}");
    let json = json.strip_suffix('\n').expect("a line");
    assert!(!json.chars().any(char::is_control), "{json:?}");
    let (mut quoted, mut depth) = (false, 0i32);
    let mut letters = json.chars();
    while let Some(letter) = letters.next() {
        match (quoted, letter) {
            (true, '\\') => {
                let next = letters.next().expect("something is escaped");
                assert!(matches!(next, '"' | '\\' | 'u'));
            }
            (_, '"') => quoted = !quoted,
            (false, '{' | '[') => depth += 1,
            (false, '}' | ']') => depth -= 1,
            _ => {}
        }
        assert!(depth >= 0);
    }
    assert!(!quoted && depth == 0, "{json}");
    assert_eq!(json.matches("{\"name\":").count(), units);
}

/// The record of an installation reads back as it was, or names a line that there is.
pub(crate) fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match cli::for_fuzzing::manifest(text) {
        Err(line) => assert!((1..=text.lines().count()).contains(&line)),
        Ok(written) => {
            assert!(
                written
                    .chars()
                    .all(|letter| matches!(letter, ' '..='~' | '\n' | '\t'))
            );
            assert_eq!(cli::for_fuzzing::manifest(&written), Ok(written));
        }
    }
}

/// Words are a call that can be made, or are refused in one line.
pub(crate) fn try_words(bytes: &[u8]) {
    let words = Input::new(bytes).words();
    let mut caller = Environment::new();
    caller.set(b"HELD", b"value");
    let count = words.len();
    match cli::for_fuzzing::try_call(words, &caller) {
        Err(line) => assert!(!line.chars().any(char::is_control), "{line:?}"),
        Ok(None) => {}
        Ok(Some((overlay, root, variables, command))) => {
            assert!(overlay.is_absolute() && root.is_absolute());
            assert!(variables.len() + command.len() < count);
            let names = |(name, _): &(Vec<u8>, Vec<u8>)| !name.is_empty() && !name.contains(&b'=');
            assert!(variables.iter().all(names));
        }
    }
}

/// The same for `mainstay install`.
pub(crate) fn install_words(bytes: &[u8]) {
    let words = Input::new(bytes).words();
    if let Err(line) = cli::for_fuzzing::install_call(words) {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// Letters are known ones, values are what they were given, and no word is lost.
pub(crate) fn options(bytes: &[u8]) {
    const SPEC: &str = "ab:cd:0";
    let words = Input::new(bytes).words();
    let mut walk = Options::new(SPEC, &words);
    let Ok(found) = walk.collect_all() else {
        return;
    };
    let used = walk.used();
    assert!(used <= words.len());
    let mut again: Vec<Vec<u8>> = Vec::new();
    for option in &found {
        assert!(SPEC.as_bytes().contains(&option.letter) && option.letter != b':');
        again.push(vec![b'-', option.letter]);
        match option.letter {
            b'b' | b'd' => again.push(option.value.clone()),
            _ => assert!(option.value.is_empty()),
        }
    }
    again.push(b"--".to_vec());
    let length = again.len();
    again.extend_from_slice(&words[used..]);
    let mut second = Options::new(SPEC, &again);
    assert_eq!(second.collect_all(), Ok(found));
    assert_eq!(second.used(), length);
}

/// The C library takes unbounded time and stack for some expressions: regcomp(3) is not
/// what is tested here.
const LONGEST_EXPRESSION: usize = 40;

fn is_heavy(expression: &[u8]) -> bool {
    let repeats = |byte: &&u8| matches!(**byte, b'{' | b'*' | b'+' | b'?');
    expression.len() > LONGEST_EXPRESSION
        || expression.contains(&b'{')
        || expression.iter().filter(repeats).count() > 6
        // A back-reference makes the search exponential.
        || expression.windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit())
}

/// Parts are as many as they are said to be, and lie in the text; to match is to be
/// found.
pub(crate) fn regex(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let expression = input.piece();
    let text = input.rest();
    if is_heavy(expression) || text.len() > 400 {
        return;
    }
    let syntax = Syntax {
        extended: flags & 1 != 0,
        ignore_case: flags & 2 != 0,
    };
    let regex = match Regex::new(expression, syntax) {
        Err(why) => return assert!(!why.is_empty()),
        Ok(regex) => regex,
    };
    assert!(!expression.contains(&0));
    let found = regex.find(text);
    assert_eq!(found.is_some(), regex.matches(text));
    let Some(parts) = found else { return };
    assert_eq!(parts.len(), regex.groups() + 1);
    let end = text
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(text.len());
    let (from, to) = parts[0].expect("the whole match");
    assert!(from <= to && to <= end);
    for (from, to) in parts.into_iter().flatten() {
        assert!(from <= to && to <= end);
    }
}

/// An expression is true or false or none, says so in one line, and stays true in
/// parentheses and false behind a `!`.
pub(crate) fn test_expression(bytes: &[u8]) {
    let words = Input::new(bytes).words();
    let heavy = |pair: &[Vec<u8>]| pair[0] == b"=~" && is_heavy(&pair[1]);
    if words.windows(2).any(heavy) || words.len() > 300 {
        return;
    }
    let env = Environment::from_entries(vec![b"SET=".to_vec()]);
    let truth = |words: &[Vec<u8>]| tools::for_fuzzing::test_expression(words, &env);
    let said = truth(&words);
    match &said {
        Err(line) => assert!(!line.chars().any(char::is_control), "{line:?}"),
        Ok(value) if !words.is_empty() && words.len() < 200 => {
            let word = |text: &str| text.as_bytes().to_vec();
            let in_parentheses = [vec![word("(")], words.clone(), vec![word(")")]].concat();
            assert_eq!(truth(&in_parentheses).as_ref(), Ok(value));
            let not = [vec![word("!")], in_parentheses.clone()].concat();
            assert_eq!(truth(&not), Ok(!value));
            let both = [in_parentheses.clone(), vec![word("-a")], in_parentheses].concat();
            assert_eq!(truth(&both).as_ref(), Ok(value));
        }
        Ok(_) => {}
    }
}

/// Jobs of a crontab have a command and times that go up; what is said is one line each, and
/// of a file that is none few.
pub(crate) fn crontab(bytes: &[u8]) {
    let (has_users, text) = match bytes.split_first() {
        Some((first, rest)) => (first % 2 == 1, rest),
        None => (false, bytes),
    };
    let from = 1_774_700_000;
    let (jobs, lines) = cron::for_fuzzing::read(text, has_users, from);
    let count = text.split(|byte| *byte == b'\n').count();
    assert!(jobs.len() <= count);
    for (name, command, times) in jobs {
        assert!(!name.is_empty() && name.len() < 120, "{name}");
        assert!(!command.trim_ascii().is_empty() && !command.contains(&0));
        assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
        assert!(times.first().is_none_or(|first| *first > from));
    }
    assert!(lines.len() <= 8 * count + 3, "{lines:?}");
    for line in lines {
        assert!(line.starts_with("crontab"), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
