//! YAML as yaml.v3 writes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bstr::ByteSlice;

use super::Tree;
use crate::gossfile::scalar::resolve;
use crate::value::{Value, number};

/// How many bytes a key may have that needs no `? ` ahead of it.
const LONGEST_KEY: usize = 128;

pub(super) fn document(tree: &Tree) -> String {
    let mut text = String::new();
    match tree {
        Tree::Map(entries) if !entries.is_empty() => map(entries, 0, &mut text),
        Tree::List(items) if !items.is_empty() => list(items, 0, &mut text),
        tree => {
            inline(tree, 0, 4, &mut text);
            text.push('\n');
        }
    }
    text
}

/// The next level's column: a multiple of four, whatever a list's dashes have made of this one.
fn deeper(column: usize) -> usize {
    (column + 4) / 4 * 4
}

/// The entries of a map, the first where the text stands.
fn map(entries: &[(Value, Tree)], column: usize, text: &mut String) {
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 {
            blanks(column, text);
        }
        let mut key = scalar(key, column, deeper(column));
        if key.text == "<<" {
            // yaml.v3 leaves it plain, and reads it back as a merge key.
            key.text = "\"<<\"".to_string();
        }
        if key.text.len() <= LONGEST_KEY && !key.is_block {
            text.push_str(&key.text);
            text.push(':');
            match value {
                Tree::Map(entries) if !entries.is_empty() => {
                    text.push('\n');
                    blanks(deeper(column), text);
                    map(entries, deeper(column), text);
                }
                Tree::List(items) if !items.is_empty() => {
                    text.push('\n');
                    blanks(deeper(column), text);
                    list(items, deeper(column), text);
                }
                value => {
                    text.push(' ');
                    inline(value, column, deeper(column), text);
                    end_line(text);
                }
            }
            continue;
        }
        text.push_str("? ");
        text.push_str(&key.text);
        end_line(text);
        blanks(column, text);
        text.push(':');
        match value {
            Tree::Map(entries) if !entries.is_empty() => {
                blanks(deeper(column) - column - 1, text);
                map(entries, deeper(column), text);
            }
            Tree::List(items) if !items.is_empty() => {
                blanks(deeper(column) - column - 1, text);
                list(items, deeper(column), text);
            }
            value => {
                text.push(' ');
                inline(value, column, deeper(column), text);
                end_line(text);
            }
        }
    }
}

/// The items of a list, the first where the text stands.
fn list(items: &[Tree], column: usize, text: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            blanks(column, text);
        }
        text.push_str("- ");
        match item {
            Tree::Map(entries) if !entries.is_empty() => map(entries, column + 2, text),
            Tree::List(items) if !items.is_empty() => list(items, column + 2, text),
            item => {
                inline(item, column, column + 2, text);
                end_line(text);
            }
        }
    }
}

fn blanks(count: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', count));
}

fn end_line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// What holds nothing. `column` is that of what holds it, `block` that of a block's lines.
fn inline(tree: &Tree, column: usize, block: usize, text: &mut String) {
    match tree {
        Tree::Leaf(value) => text.push_str(&scalar(value, column, block).text),
        Tree::List(_) => text.push_str("[]"),
        Tree::Map(_) => text.push_str("{}"),
    }
}

struct Scalar {
    text: String,
    /// Whether it is a block of lines.
    is_block: bool,
}

fn scalar(value: &Value, column: usize, block: usize) -> Scalar {
    let text = match value {
        Value::Null | Value::List(_) | Value::Texts(_) | Value::Map(_) | Value::OddMap(_) => {
            "null".to_string()
        }
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Float(value) if value.is_nan() => ".nan".to_string(),
        Value::Float(value) if value.is_infinite() => match *value > 0.0 {
            true => ".inf".to_string(),
            false => "-.inf".to_string(),
        },
        Value::Float(value) => number::general(*value),
        Value::Time(time) => time.rfc3339(),
        Value::Text(value) => match value.to_str() {
            Ok(text) => return string(text, column, block),
            Err(_) => return binary(value, block),
        },
    };
    Scalar {
        text,
        is_block: false,
    }
}

/// What is no text: base64, by lines of 70 where it is longer.
fn binary(value: &[u8], block: usize) -> Scalar {
    let digits = BASE64.encode(value);
    let is_block = digits.len() > 70;
    let mut text = String::from("!!binary ");
    match is_block {
        false => text.push_str(&digits),
        true => {
            text.push('|');
            for line in digits.as_bytes().chunks(70) {
                text.push('\n');
                blanks(block, &mut text);
                text.push_str(&line.to_str_lossy());
            }
            text.push('\n');
        }
    }
    Scalar { text, is_block }
}

fn string(value: &str, column: usize, block: usize) -> Scalar {
    let marks = Marks::of(value);
    let text = if value.contains('\n') {
        let hinted = value.starts_with([' ', '\n']);
        // yaml.v3 writes 4 also where the block begins at another column, which reads back as
        // something else.
        if marks.no_block || hinted && block != column + 4 {
            double_quoted(value)
        } else {
            return Scalar {
                text: literal(value, hinted, block),
                is_block: true,
            };
        }
    } else if !matches!(resolve(value), Value::Text(_)) || is_base_60(value) || is_old_bool(value) {
        double_quoted(value)
    } else if !marks.no_plain {
        value.to_string()
    } else if !marks.no_single {
        format!("'{}'", value.replace('\'', "''"))
    } else {
        double_quoted(value)
    };
    Scalar {
        text,
        is_block: false,
    }
}

/// In which styles a text cannot be written.
struct Marks {
    no_plain: bool,
    no_single: bool,
    no_block: bool,
}

impl Marks {
    fn of(value: &str) -> Marks {
        let is_blank = |letter: Option<char>| matches!(letter, None | Some(' ' | '\t' | '\n'));
        let mut indicators = value.starts_with("---") || value.starts_with("...");
        let (mut special, mut tabs, mut blank_ahead_of_end) = (false, false, false);
        let mut before: Option<char> = None;
        let mut letters = value.chars().peekable();
        while let Some(letter) = letters.next() {
            let blank_follows = is_blank(letters.peek().copied());
            indicators |= match (before, letter) {
                (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>') => true,
                (None, '\'' | '"' | '%' | '@' | '`') => true,
                (None, '?' | ':' | '-') | (Some(_), ':') => blank_follows,
                (Some(_), '#') => is_blank(before),
                _ => false,
            };
            match letter {
                '\t' => tabs = true,
                letter => special |= !is_printable(letter),
            }
            blank_ahead_of_end |= before == Some(' ') && letter == '\n';
            before = Some(letter);
        }
        let edge = value.starts_with([' ', '\n']) || value.ends_with([' ', '\n']);
        Marks {
            no_plain: indicators || edge || special || tabs || value.contains('\n'),
            no_single: special || tabs || blank_ahead_of_end,
            no_block: special || blank_ahead_of_end || value.ends_with(' '),
        }
    }
}

/// What yaml.v3 writes as it is. Line ends that are not YAML's are none of these: unescaped
/// they read back as others.
fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && !matches!(letter, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

fn literal(value: &str, hinted: bool, block: usize) -> String {
    let mut text = String::from("|");
    if hinted {
        text.push('4');
    }
    match value.strip_suffix('\n') {
        None => text.push('-'),
        Some("") => text.push('+'),
        Some(rest) if rest.ends_with('\n') => text.push('+'),
        Some(_) => {}
    }
    text.push('\n');
    for line in value.split_inclusive('\n') {
        if line != "\n" {
            blanks(block, &mut text);
        }
        text.push_str(line);
    }
    text
}

fn double_quoted(value: &str) -> String {
    // yaml.v3 takes each letter behind a byte order mark at the beginning for one too.
    let escape_all = value.starts_with('\u{feff}');
    let mut text = String::from("\"");
    for letter in value.chars() {
        let plain = is_printable(letter) && !escape_all && !matches!(letter, '\n' | '"' | '\\');
        if plain {
            text.push(letter);
            continue;
        }
        let short = match letter {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let number = u32::from(letter);
                text.push_str(&match number {
                    0..=0xff => format!("\\x{number:02X}"),
                    0x100..=0xffff => format!("\\u{number:04X}"),
                    _ => format!("\\U{number:08X}"),
                });
                continue;
            }
        };
        text.push('\\');
        text.push(short);
    }
    text.push('"');
    text
}

/// YAML 1.1's numbers with minutes and seconds: `12:30`.
fn is_base_60(value: &str) -> bool {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut pieces = whole.split(':');
    let first = pieces.next().unwrap_or_default();
    let mut count = 0;
    let sixties = pieces.all(|piece| {
        count += 1;
        let is_short = (1..=2).contains(&piece.len());
        let is_low = piece.len() < 2 || piece.as_bytes().first() < Some(&b'6');
        is_short && is_low && piece.bytes().all(|b| b.is_ascii_digit())
    });
    count > 0
        && sixties
        && first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(part)
}

/// YAML 1.1's other words for truths.
fn is_old_bool(value: &str) -> bool {
    matches!(
        value,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    )
}
