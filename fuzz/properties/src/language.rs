//! The execline language.

use execline::frame::{is_positional, pop, push};
use execline::glob::{Style, has_magic, matches, unescape};
use execline::netstring::NotNetstrings;
use execline::substitution::{BadKey, Substitution};
use execline::transform::Transform;
use execline::{Word, assignments as envfile, block as blocks, number, script as scripts};

use crate::input::Input;

fn total(words: &[Word]) -> usize {
    words.iter().map(Vec::len).sum()
}

/// Words as a script that stands for them.
fn quoted(words: &[Word]) -> Vec<u8> {
    let mut script = Vec::new();
    for word in words {
        script.push(b'"');
        for byte in word {
            if matches!(byte, b'"' | b'\\') {
                script.push(b'\\');
            }
            script.push(*byte);
        }
        script.extend_from_slice(b"\" ");
    }
    script
}

/// A script is an argument vector without NULs, no longer than its bytes and depth
/// allow, that survives being written in quotes; or an error in a line that there is.
pub(crate) fn script(bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    match scripts::parse(bytes) {
        Err(error) => assert!((1..=lines).contains(&error.line), "{error:?}"),
        Ok(argv) => {
            let depth = bytes.iter().filter(|byte| **byte == b'{').count();
            assert!(argv.len() <= bytes.len());
            assert!(total(&argv) <= bytes.len() * (depth + 1));
            assert!(argv.iter().all(|word| !word.contains(&0)));
            assert_eq!(scripts::parse(&quoted(&argv)), Ok(argv));
        }
    }
}

/// A block ends at the first empty word, and quoting it again gives it back.
pub(crate) fn block(bytes: &[u8]) {
    let words = Input::new(bytes).words();
    let end = words.iter().position(Vec::is_empty);
    let Some(block) = blocks::read(&words) else {
        assert_eq!(end, None);
        return;
    };
    assert_eq!(Some(block.used), end.map(|end| end + 1));
    assert_eq!(block.words.len() + 1, block.used);
    assert!(block.unquoted.len() <= block.words.len());
    let quote = |word: &Word| [b" ", &word[..]].concat();
    let mut again: Vec<Word> = block.words.iter().map(quote).collect();
    again.push(Word::new());
    let read = blocks::read(&again).expect("a block");
    assert_eq!(read.words, block.words);
    assert!(read.unquoted.is_empty());
}

/// Keys that are quoted come out as they are; others become their values, which are
/// not looked at again; what names no key stays.
pub(crate) fn substitution(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let count = input.byte() % 4;
    let values: Vec<Word> = (0..count).map(|_| input.piece().to_vec()).collect();
    let word = input.rest();
    let dollars = word.iter().filter(|byte| **byte == b'$').count();
    if dollars > 5 || word.len() > 1000 {
        return;
    }
    let mut keys = Substitution::new();
    assert_eq!(keys.apply(&[word.to_vec()]), [word.to_vec()]);
    assert_eq!(keys.add(b"K", values.clone()), Ok(()));
    assert_eq!(keys.add(b"K", Vec::new()), Err(BadKey(b"K".to_vec())));
    let raw = keys.apply(&[word.to_vec()]);
    assert!(raw.len() <= usize::from(count.max(1)).pow(dollars as u32));
    if !word.windows(2).any(|pair| pair == b"$K" || pair == b"${") {
        assert_eq!(raw, [word.to_vec()]);
    }
    let (mut escaped, mut literal, mut live) = (Word::new(), Word::new(), Word::new());
    for (at, byte) in word.iter().enumerate() {
        if *byte != b'$' {
            escaped.push(*byte);
            literal.push(*byte);
            live.push(*byte);
            continue;
        }
        let before = word[..at].iter().rev().take_while(|b| **b == b'\\').count();
        escaped.extend(std::iter::repeat_n(b'\\', before + 1));
        escaped.extend_from_slice(b"${K}");
        literal.extend_from_slice(b"${K}");
        live.extend(std::iter::repeat_n(b'\\', before));
        live.extend_from_slice(b"${K}");
    }
    assert_eq!(keys.apply(&[escaped]), [literal]);
    if let [value] = &values[..] {
        let mut expected = Word::new();
        for byte in word {
            match byte {
                b'$' => expected.extend_from_slice(value),
                byte => expected.push(*byte),
            }
        }
        assert_eq!(keys.apply(&[live]), [expected]);
    }
}

/// What decodes, encodes to what decodes to the same; more bytes never change what was
/// said of fewer.
pub(crate) fn netstring(bytes: &[u8]) {
    use execline::netstring::{decode, encode, first};
    if let Ok(words) = decode(bytes) {
        assert!(total(&words) < bytes.len().max(1));
        let again: Vec<u8> = words.iter().flat_map(|word| encode(word)).collect();
        assert!(again.len() <= bytes.len());
        assert_eq!(decode(&again), Ok(words));
    }
    let whole = first(bytes);
    for end in 0..bytes.len().min(64) {
        match first(&bytes[..end]) {
            Ok(None) => {}
            said => assert_eq!(said, whole, "after {end} bytes"),
        }
    }
}

/// Pieces are no longer than the value, and hold no delimiter.
pub(crate) fn transform(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let delimiters = input.piece().to_vec();
    let value = input.rest();
    let with = |split: bool| Transform {
        crunch: flags & 1 != 0,
        chomp: flags & 2 != 0,
        split,
        delimiters: delimiters.clone(),
    };
    let whole = with(false).apply(value).expect("one word");
    assert_eq!(whole.len(), 1);
    assert!(whole[0].len() <= value.len());
    if flags & 2 == 0 {
        assert_eq!(with(false).apply(&whole[0]), Ok(whole.clone()));
    }
    match with(true).apply(value) {
        Err(NotNetstrings) => assert!(delimiters.is_empty()),
        Ok(words) => {
            assert!(total(&words) <= value.len());
            assert!(words.len() <= value.len());
            let bare = |word: &Word| !word.iter().any(|byte| delimiters.contains(byte));
            assert!(words.iter().all(bare));
        }
    }
}

/// A frame that was set aside comes back, and nothing else of the environment changes.
pub(crate) fn positionals(bytes: &[u8]) {
    let entries = Input::new(bytes).words();
    let pushed = push(&entries, is_positional);
    assert_eq!(pushed.len(), entries.len());
    let deepest = u32::MAX.to_string();
    let is_deepest = |entry: &Word| {
        let text = deepest.as_bytes();
        entry.windows(text.len()).any(|part| part == text)
    };
    for (before, after) in entries.iter().zip(&pushed) {
        let name = before.split(|byte| *byte == b'=').next().unwrap_or(before);
        if !before.contains(&b'=') || !is_positional(name) {
            assert_eq!(before, after);
        }
    }
    let popped = pop(&entries, is_positional);
    assert!(popped.len() <= entries.len() && total(&popped) <= total(&entries));
    // Depths are written without zeros in front, and none is deeper than the deepest.
    let odd = |entry: &Word| entry.windows(2).any(|pair| pair == b":0") || is_deepest(entry);
    if !entries.iter().any(odd) {
        assert_eq!(pop(&pushed, is_positional), entries);
    }
}

/// Names have a form, and what was read survives being written in quotes.
pub(crate) fn assignments(bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    let found = match envfile::parse(bytes) {
        Ok(found) => found,
        Err(bad) => return assert!((1..=lines).contains(&bad.line), "{bad:?}"),
    };
    let mut text = Vec::new();
    let mut size = 0;
    for (name, value) in &found {
        assert!(!name.is_empty() && !value.contains(&0));
        assert!(!name.iter().any(|byte| b"= \t\r\n\"\\\0".contains(byte)));
        size += name.len() + value.len();
        text.extend_from_slice(name);
        text.extend_from_slice(b" = \"");
        for byte in value {
            match byte {
                b'"' | b'\\' => text.extend_from_slice(&[b'\\', *byte]),
                0x20..=0x7e => text.push(*byte),
                byte => text.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
            }
        }
        text.extend_from_slice(b"\"\n");
    }
    assert!(size <= bytes.len());
    assert_eq!(envfile::parse(&text), Ok(found));
}

/// Matching agrees with itself: quoted text matches itself, stars match more, patterns
/// without magic are texts, and patterns in a row match texts in a row.
pub(crate) fn glob(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let pattern = input.piece();
    let text = input.rest();
    let style = Style {
        no_escape: flags & 1 != 0,
        path: flags & 2 != 0,
        leading_dot: flags & 4 != 0,
    };
    let matched = matches(pattern, text, style);
    let escaped: Vec<u8> = text.iter().flat_map(|byte| [b'\\', *byte]).collect();
    let escapes = Style {
        no_escape: false,
        ..style
    };
    assert!(matches(&escaped, text, escapes));
    let backslashes = pattern.iter().rev().take_while(|b| **b == b'\\').count();
    let whole = style.no_escape || backslashes % 2 == 0;
    if whole && !has_magic(pattern, style.no_escape) {
        assert_eq!(matched, unescape(pattern, style.no_escape) == text);
    }
    let plain = Style {
        path: false,
        leading_dot: false,
        ..style
    };
    assert!(matches(b"*", text, plain));
    if !matches(pattern, text, plain) {
        return;
    }
    assert!(matches(&[b"*", pattern].concat(), text, plain));
    if whole && !pattern.contains(&b'[') {
        assert!(matches(&[pattern, b"*"].concat(), text, plain));
        let twice = [text, text].concat();
        assert!(matches(&[pattern, pattern].concat(), &twice, plain));
        let longer = [text, b"x"].concat();
        assert!(matches(&[pattern, b"?"].concat(), &longer, plain));
    }
}

/// What is a number has digits, and is the number that they say.
pub(crate) fn numbers(bytes: &[u8]) {
    let is_digits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    let without_zeros = |text: &[u8]| {
        let start = text.iter().position(|byte| *byte != b'0');
        text[start.unwrap_or(text.len() - 1)..].to_vec()
    };
    if let Some(value) = number::unsigned(bytes) {
        assert!(is_digits);
        assert_eq!(value.to_string().as_bytes(), without_zeros(bytes));
    } else {
        assert!(!is_digits || bytes.len() > 9);
    }
    if let Some(value) = number::octal(bytes) {
        assert_eq!(format!("{value:o}").as_bytes(), without_zeros(bytes));
    }
    if let Some(value) = number::signed(bytes) {
        let digits = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+"));
        let digits = without_zeros(digits.unwrap_or(bytes));
        assert_eq!(value.unsigned_abs().to_string().as_bytes(), digits);
        assert!(value >= 0 || bytes.starts_with(b"-"));
    }
}
