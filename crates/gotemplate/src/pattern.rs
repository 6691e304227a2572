//! Regular expressions of Go (RE2) by the engine of Rust. Both run in linear time and have
//! nearly one syntax; where they differ the pattern is rewritten:
//!
//! - `\d`, `\w`, `\s`, `\b` are ASCII in Go;
//! - `\Q..\E`, octal escapes, `\<` as a plain character are Go's only;
//! - `{` that begins no repetition is itself in Go;
//! - `[`, `&&`, `--` and `~~` inside a class are themselves in Go.
//!
//! <https://pkg.go.dev/regexp/syntax>

/// How many bytes a compiled pattern may take.
const LARGEST: usize = 8 << 20;

/// How often Go lets something repeat by number.
const MOST_TIMES: u32 = 1000;

/// A pattern of Go. The error is in Go's words where they are known.
pub fn compile(source: &str) -> Result<regex::Regex, String> {
    let failed = |why: &str| format!("error parsing regexp: {why}");
    let rewritten = rewrite(source).map_err(|why| failed(&why))?;
    regex::RegexBuilder::new(&rewritten)
        .size_limit(LARGEST)
        .dfa_size_limit(LARGEST)
        .build()
        .map_err(|error| failed(&words(&error.to_string(), source)))
}

/// Go's words for the engine's error.
fn words(error: &str, source: &str) -> String {
    let why = error.lines().last().unwrap_or("").trim();
    let why = why.strip_prefix("error: ").unwrap_or(why);
    let known = match why {
        "unclosed group" => "missing closing )",
        "unopened group" => "unexpected )",
        "unclosed capture group name" => "invalid named capture",
        "unclosed character class" => "missing closing ]",
        "repetition operator missing expression" => {
            let operator = source.chars().find(|c| "*+?".contains(*c)).unwrap_or('*');
            return format!("missing argument to repetition operator: `{operator}`");
        }
        other => other,
    };
    format!("{known}: `{source}`")
}

/// The pattern in Rust's syntax.
fn rewrite(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    // The repetition just read, which no other may follow.
    let mut before = "";
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or("");
        let length = repetition(rest)?;
        if length > 0 {
            let (here, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if !before.is_empty() {
                return Err(format!(
                    "invalid nested repetition operator: `{before}{here}`"
                ));
            }
            out.push_str(here);
            before = here;
            rest = behind;
            continue;
        }
        before = "";
        rest = match c {
            '\\' => escape(&mut out, behind, false)?,
            '[' => class(&mut out, behind)?,
            // What a group begins with is no repetition.
            '(' if behind.starts_with('?') => {
                out.push_str("(?");
                behind.get(1..).unwrap_or("")
            }
            '{' => {
                out.push_str("\\{");
                behind
            }
            c => {
                out.push(c);
                behind
            }
        };
    }
    Ok(out)
}

/// How long the repetition is that begins the text: `*`, `+?`, `{2,3}` and the like; 0 for none.
fn repetition(text: &str) -> Result<usize, String> {
    let length = match text.chars().next() {
        Some('*' | '+' | '?') => 1,
        Some('{') => counted(text)?,
        _ => 0,
    };
    let lazy = length > 0 && text.get(length..).is_some_and(|rest| rest.starts_with('?'));
    Ok(length + usize::from(lazy))
}

/// How long `{2}`, `{2,}` or `{2,3}` is; 0 if it is none of them.
fn counted(text: &str) -> Result<usize, String> {
    let Some((inner, _)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) else {
        return Ok(0);
    };
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if least.is_empty() || !digits(least) || !digits(most) {
        return Ok(0);
    }
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
    let least = number(least);
    let most = if most.is_empty() { least } else { number(most) };
    if least > MOST_TIMES || most > MOST_TIMES || most < least {
        return Err(format!("invalid repeat count: `{{{inner}}}`"));
    }
    Ok(inner.len() + 2)
}

/// What stands behind a backslash; gives the rest.
fn escape<'t>(out: &mut String, behind: &'t str, in_class: bool) -> Result<&'t str, String> {
    let Some(c) = behind.chars().next() else {
        return Err("trailing backslash at end of expression: ``".into());
    };
    let rest = behind.get(c.len_utf8()..).unwrap_or("");
    let set = match c {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0C\\r ",
        'D' => "^0-9",
        'W' => "^0-9A-Za-z_",
        'S' => "^\\t\\n\\x0C\\r ",
        'b' | 'B' if !in_class => {
            out.push_str(if c == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" });
            return Ok(rest);
        }
        'Q' if !in_class => {
            let (literal, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(literal));
            return Ok(rest);
        }
        '0'..='7' => return octal(out, c, rest),
        'p' | 'P' => {
            out.push('\\');
            out.push(c);
            return Ok(unicode_class(out, rest));
        }
        'A' | 'z' if !in_class => "",
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' => "",
        c if c.is_ascii_punctuation() => {
            // Rust reads \< and \> as borders of words.
            if !matches!(c, '<' | '>') {
                out.push('\\');
            }
            out.push(c);
            return Ok(rest);
        }
        c => return Err(format!("invalid escape sequence: `\\{c}`")),
    };
    if set.is_empty() {
        out.push('\\');
        out.push(c);
        // The digits of \x{41} are no repetition.
        if let (true, Some((number, rest))) = (rest.starts_with('{'), rest.split_once('}')) {
            out.push_str(number);
            out.push('}');
            return Ok(rest);
        }
    } else if in_class && !set.starts_with('^') {
        out.push_str(set);
    } else {
        out.push('[');
        out.push_str(set);
        out.push(']');
    }
    Ok(rest)
}

/// `\pN` and `\p{Greek}` keep their braces.
fn unicode_class<'t>(out: &mut String, rest: &'t str) -> &'t str {
    if rest.starts_with('{')
        && let Some((name, rest)) = rest.split_once('}')
    {
        out.push_str(name);
        out.push('}');
        return rest;
    }
    rest
}

/// `\123`, `\0` and `\01`; a single digit from 1 on would be a reference, which neither has.
fn octal<'t>(out: &mut String, first: char, rest: &'t str) -> Result<&'t str, String> {
    let more: String = rest
        .chars()
        .take(2)
        .take_while(|c| matches!(c, '0'..='7'))
        .collect();
    if first != '0' && more.is_empty() {
        return Err(format!("invalid escape sequence: `\\{first}`"));
    }
    let number = u32::from_str_radix(&format!("{first}{more}"), 8).unwrap_or(0);
    out.push_str(&format!("\\x{{{number:x}}}"));
    Ok(rest.get(more.len()..).unwrap_or(""))
}

/// The inside of a class; gives the rest.
fn class<'t>(out: &mut String, behind: &'t str) -> Result<&'t str, String> {
    out.push('[');
    let mut rest = behind;
    if let Some(inner) = rest.strip_prefix('^') {
        out.push('^');
        rest = inner;
    }
    let mut first = true;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or("");
        rest = match c {
            ']' if !first => {
                out.push(']');
                return Ok(behind);
            }
            ']' => {
                out.push_str("\\]");
                behind
            }
            '[' if behind.starts_with(':') && rest.contains(":]") => {
                let (name, behind) = rest.split_once(":]").unwrap_or((rest, ""));
                out.push_str(name);
                out.push_str(":]");
                behind
            }
            '\\' => escape(out, behind, true)?,
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
                behind
            }
            // Two would be a difference in Rust; a range keeps its one.
            '-' if behind.starts_with('-') => {
                out.push_str("\\-");
                behind
            }
            c => {
                let last = behind.strip_prefix('-').and_then(|b| b.chars().next());
                if let Some(last) = last.filter(|last| *last < c && !"]\\[".contains(*last)) {
                    return Err(format!("invalid character class range: `{c}-{last}`"));
                }
                out.push(c);
                behind
            }
        };
        first = false;
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, text, wanted) in [
            (r"^\d+$", "12", true),
            (r"^\d$", "٣", false),
            (r"^\w$", "é", false),
            (r"^[\w-]+$", "a-b_", true),
            (r"^[^\d]$", "a", true),
            (r"^[\D]$", "1", false),
            (r"\Qa.b\E$", "a.b", true),
            (r"^\101$", "A", true),
            (r"^a{$", "a{", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^a{2,}$", "aaa", true),
            (r"^[[]$", "[", true),
            (r"^[a&&b]+$", "&a", true),
            (r"^[]a]+$", "]a", true),
            (r"^[[:alpha:]_]+$", "a_", true),
            (r"\<a\>", "<a>", true),
            (r"(?i)^\x{41}$", "a", true),
            (r"^\pL$", "é", true),
            (r"^\p{Greek}$", "α", true),
            (r"a\b", "ab", false),
            (r"(?P<x>a)(?<y>b)", "ab", true),
            (r"\/\-\_", "/-_", true),
        ] {
            let compiled = compile(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(compiled.is_match(text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told_as_go_does() {
        for (pattern, wanted) in [
            ("(", "error parsing regexp: missing closing ): `(`"),
            ("a)", "error parsing regexp: unexpected ): `a)`"),
            ("[a", "error parsing regexp: missing closing ]: `[a`"),
            (
                "*",
                "error parsing regexp: missing argument to repetition operator: `*`",
            ),
            (
                r"\y",
                r"error parsing regexp: invalid escape sequence: `\y`",
            ),
            (
                r"\1",
                r"error parsing regexp: invalid escape sequence: `\1`",
            ),
            (
                "\\",
                "error parsing regexp: trailing backslash at end of expression: ``",
            ),
        ] {
            assert_eq!(compile(pattern).err().as_deref(), Some(wanted), "{pattern}");
        }
        assert!(compile("(a{1000}){1000}").is_err());
    }
}
