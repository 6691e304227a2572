//! Sprig's functions of words and cases.

use super::Param::Str;
use super::{Function, fixed, text};
use crate::call::Context;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("camelcase", &[Str], |_, args| {
        Ok(camel(text(args, 0)).into())
    }),
    fixed("initials", &[Str], |_, args| {
        let words = text(args, 0).split_whitespace();
        let letters: String = words.filter_map(|word| word.chars().next()).collect();
        Ok(letters.into())
    }),
    fixed("kebabcase", &[Str], |_, args| {
        Ok(lower_words(text(args, 0), '-').into())
    }),
    fixed("nospace", &[Str], |_, args| {
        let kept: String = text(args, 0)
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        Ok(kept.into())
    }),
    fixed("shuffle", &[Str], shuffle),
    fixed("snakecase", &[Str], |_, args| {
        Ok(lower_words(text(args, 0), '_').into())
    }),
    fixed("swapcase", &[Str], |_, args| {
        let mut out = String::new();
        for c in text(args, 0).chars() {
            if c.is_uppercase() {
                out.extend(c.to_lowercase());
            } else {
                out.extend(c.to_uppercase());
            }
        }
        Ok(out.into())
    }),
    fixed("title", &[Str], |_, args| {
        // A word begins behind anything that is no letter, digit or underscore.
        let mut before = ' ';
        let mut out = String::new();
        for c in text(args, 0).chars() {
            let begins = is_separator(before);
            before = c;
            if begins {
                out.extend(c.to_uppercase());
            } else {
                out.push(c);
            }
        }
        Ok(out.into())
    }),
    fixed("untitle", &[Str], |_, args| {
        let mut begins = true;
        let mut out = String::new();
        for c in text(args, 0).chars() {
            if begins {
                out.extend(c.to_lowercase());
            } else {
                out.push(c);
            }
            begins = c.is_whitespace();
        }
        Ok(out.into())
    }),
];

/// Where strings.Title begins a word: in ASCII behind all but letters, digits and
/// underscores, beyond it behind white space only.
fn is_separator(c: char) -> bool {
    if c.is_ascii() {
        !(c.is_ascii_alphanumeric() || c == '_')
    } else {
        !c.is_alphanumeric() && c.is_whitespace()
    }
}

/// Whether the character stands between words.
fn is_connector(c: char) -> bool {
    c == '_' || c == '-' || c.is_whitespace()
}

fn shuffle(context: &mut Context<'_>, args: &[Value]) -> Result<Value, String> {
    let mut letters: Vec<char> = text(args, 0).chars().collect();
    context.charge(letters.len() as u64 * 4)?;
    for index in (1..letters.len()).rev() {
        let bound = index as u64 + 1;
        let other = usize::try_from((context.world.random)() % bound).unwrap_or(0);
        letters.swap(index, other);
    }
    Ok(letters.into_iter().collect::<String>().into())
}

/// Words joined with capitals, the first with a small letter. The capitals that begin a word
/// become small but for its first letter, what follows stays. Connectors at both ends stay,
/// and of several inside all but one.
fn camel(text: &str) -> String {
    let body = text.trim_start_matches(is_connector);
    let (before, _) = text.split_at(text.len() - body.len());
    let mut out = before.to_owned();
    let (mut first_word, mut begins, mut lowers) = (true, true, true);
    let mut rest = body.chars().peekable();
    while let Some(c) = rest.next() {
        if is_connector(c) {
            let mut last = c;
            while let Some(next) = rest.next_if(|c| is_connector(*c)) {
                out.push(last);
                last = next;
            }
            if rest.peek().is_none() {
                out.push(last);
            }
            (first_word, begins, lowers) = (false, true, true);
            continue;
        }
        if begins && !first_word {
            out.extend(c.to_uppercase());
        } else if lowers && c.is_uppercase() {
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
        lowers = lowers && (begins && !first_word || c.is_uppercase());
        begins = false;
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Connector,
    Other,
}

fn class(c: char) -> Class {
    if is_connector(c) {
        Class::Connector
    } else if c.is_uppercase() {
        Class::Upper
    } else if c.is_numeric() {
        Class::Digit
    } else if c.is_lowercase() {
        Class::Lower
    } else {
        Class::Other
    }
}

/// Words in lower case with a connector between. A run of capitals is one word, but its
/// last letter begins the next one if small letters follow; a number goes with the small
/// letters behind it.
fn lower_words(text: &str, connector: char) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let at = |index: usize| letters.get(index).map(|c| class(*c));
    let mut number_word = false;
    for (index, c) in letters.iter().enumerate() {
        let here = class(*c);
        if here == Class::Connector {
            out.push(connector);
            number_word = false;
            continue;
        }
        let before = index.checked_sub(1).and_then(at);
        let begins = match (before, here) {
            (None | Some(Class::Connector), _) => false,
            (Some(Class::Lower | Class::Other), Class::Upper) => true,
            (Some(Class::Digit), Class::Upper) => true,
            (Some(Class::Upper), Class::Upper) => at(index + 1) == Some(Class::Lower),
            (Some(Class::Lower | Class::Upper), Class::Digit) => {
                // A number that small letters follow is a word with them.
                let end = (index..letters.len()).find(|i| at(*i) != Some(Class::Digit));
                let joins = end.and_then(at) == Some(Class::Lower);
                let new = joins && !number_word;
                number_word |= new;
                new
            }
            _ => false,
        };
        if begins {
            out.push(connector);
            number_word = here == Class::Digit;
        }
        out.extend(c.to_lowercase());
    }
    out
}
