//! Classes of characters: `[a-z]`, `\d`, `\pL`.

use super::Lines;
use super::source::{Source, escape, wrong};

const BAD_RANGE: &str = "invalid character class range";

/// The named classes inside of brackets.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// What matches nothing.
pub(super) const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

/// `\d` and the like, all ASCII; none at anything else.
pub(super) fn perl(source: &mut Source) -> Option<&'static str> {
    let class = match source.0.get(..2)? {
        r"\d" => "[0-9]",
        r"\D" => "[^0-9]",
        r"\s" => r"[\t\n\x0C\r ]",
        r"\S" => r"[^\t\n\x0C\r ]",
        r"\w" => "[0-9A-Za-z_]",
        r"\W" => "[^0-9A-Za-z_]",
        _ => return None,
    };
    source.0 = source.0.get(2..)?;
    Some(class)
}

/// `\pL`, `\p{Greek}`, `\P{^Greek}`; none at anything else.
pub(super) fn unicode(source: &mut Source) -> Result<Option<String>, String> {
    if !source.starts(r"\p") && !source.starts(r"\P") {
        return Ok(None);
    }
    let begin = *source;
    let mut negated = source.starts(r"\P");
    source.skip(r"\p");
    source.skip(r"\P");
    let name = if source.starts("{") {
        let Some(end) = source.0.find('}') else {
            return wrong(BAD_RANGE, begin.0);
        };
        let name = source.0.get(1..end).unwrap_or_default();
        source.0 = source.0.get(end + 1..).unwrap_or_default();
        name
    } else {
        let rest = *source;
        source.next();
        rest.until(*source)
    };
    let name = match name.strip_prefix('^') {
        Some(name) => {
            negated = !negated;
            name
        }
        None => name,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '-');
    let class = format!(r"\{}{{{name}}}", if negated { 'P' } else { 'p' });
    let known = !name.is_empty() && name.chars().all(plain);
    match known && regex::Regex::new(&class).is_ok() {
        true => Ok(Some(class)),
        false => wrong(BAD_RANGE, begin.until(*source)),
    }
}

/// A code as a class or a literal has it. Half of a surrogate pair matches nothing.
pub(super) fn code(code: u32) -> Option<String> {
    let c = char::from_u32(code)?;
    Some(match c.is_ascii_alphanumeric() {
        true => c.to_string(),
        false => format!(r"\x{{{code:X}}}"),
    })
}

/// A range without the surrogates at its ends.
fn range(low: u32, high: u32) -> Option<String> {
    let low = if (0xd800..0xe000).contains(&low) {
        0xe000
    } else {
        low
    };
    let high = if (0xd800..0xe000).contains(&high) {
        0xd7ff
    } else {
        high
    };
    if low > high {
        return None;
    }
    Some(format!("{}-{}", code(low)?, code(high)?))
}

/// `[...]`, at its beginning.
pub(super) fn brackets(source: &mut Source) -> Result<String, String> {
    let begin = *source;
    source.next();
    let mut out = String::from(if source.skip("^") { "[^" } else { "[" });
    let empty = out.len();
    let mut first = true;
    loop {
        if source.0.is_empty() {
            return wrong("missing closing ]", begin.0);
        }
        if source.starts("]") && !first {
            source.next();
            break;
        }
        first = false;
        if let Some(posix) = posix(source)? {
            out.push_str(&posix);
        } else if let Some(class) = unicode(source)? {
            out.push_str(&class);
        } else if let Some(class) = perl(source) {
            out.push_str(class);
        } else if let Some(range) = one(source)? {
            out.push_str(&range);
        }
    }
    // Only halves of pairs: nothing, or everything.
    if out.len() == empty {
        out.push_str(r"a&&b");
    }
    out.push(']');
    Ok(out)
}

/// `[:alpha:]` and `[:^alpha:]`; none where the brackets do not end.
fn posix(source: &mut Source) -> Result<Option<String>, String> {
    if !source.starts("[:") {
        return Ok(None);
    }
    let Some(end) = source.0.get(2..).and_then(|rest| rest.find(":]")) else {
        return Ok(None);
    };
    let whole = source.0.get(..end + 4).unwrap_or_default();
    let name = source.0.get(2..end + 2).unwrap_or_default();
    if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return wrong(BAD_RANGE, whole);
    }
    source.skip(whole);
    Ok(Some(whole.to_string()))
}

/// A character or a range of them.
fn one(source: &mut Source) -> Result<Option<String>, String> {
    let begin = *source;
    let low = character(source)?;
    let mut ahead = *source;
    ahead.next();
    if !source.starts("-") || ahead.0.is_empty() || ahead.starts("]") {
        return Ok(code(low));
    }
    *source = ahead;
    let high = character(source)?;
    match high < low {
        true => wrong(BAD_RANGE, begin.until(*source)),
        false => Ok(range(low, high)),
    }
}

fn character(source: &mut Source) -> Result<u32, String> {
    match source.starts("\\") {
        true => escape(source),
        false => Ok(source.next().map_or(0, u32::from)),
    }
}

/// A class as it stands in a translation: without the end of a line where that matches nothing.
pub(super) fn placed(class: &str, fold: bool, lines: Lines) -> String {
    let class = match lines {
        Lines::One => class.to_string(),
        Lines::Many => format!(r"[{class}--[\n]]"),
    };
    match fold {
        true => format!("(?i:{class})"),
        false => class,
    }
}
