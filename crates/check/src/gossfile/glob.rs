//! Go's filepath.Glob: `*`, `?`, `[a-z]`, `[^a]` and `\`; a star never crosses a slash, braces
//! mean nothing, names that begin with a point match as any other.

use std::fs;
use std::path::{Path, PathBuf};

/// How many paths one pattern may find.
const MOST: usize = 10_000;

/// What makes a pattern none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

/// The paths that exist and match, in the order of their names.
///
/// # Errors
/// Where it is no pattern. Directories that cannot be read hold nothing, as in Go.
pub(super) fn glob(pattern: &str) -> Result<Vec<PathBuf>, BadPattern> {
    // The whole pattern is looked at, also where nothing exists to try it on.
    matches(pattern, "")?;
    if !has_meta(pattern) {
        let exists = fs::symlink_metadata(pattern).is_ok();
        return Ok(if exists {
            vec![pattern.into()]
        } else {
            Vec::new()
        });
    }
    let absolute = pattern.starts_with('/');
    let mut found = vec![PathBuf::from(if absolute { "/" } else { "" })];
    let parts = pattern.split('/').filter(|part| !part.is_empty());
    for part in parts {
        let mut next = Vec::new();
        for dir in &found {
            if has_meta(part) {
                step(dir, part, &mut next)?;
            } else {
                let path = dir.join(part);
                if fs::symlink_metadata(&path).is_ok() {
                    next.push(path);
                }
            }
            if next.len() >= MOST {
                next.truncate(MOST);
                break;
            }
        }
        found = next;
    }
    Ok(found)
}

fn step(dir: &Path, part: &str, next: &mut Vec<PathBuf>) -> Result<(), BadPattern> {
    let here = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let Ok(entries) = fs::read_dir(here) else {
        return Ok(());
    };
    let mut names = Vec::new();
    for entry in entries.flatten() {
        if let Ok(name) = entry.file_name().into_string()
            && matches(part, &name)?
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    next.extend(names.iter().map(|name| dir.join(name)));
    Ok(())
}

fn has_meta(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '\\'])
}

/// Whether a name matches a pattern.
///
/// # Errors
/// Where it is no pattern.
pub(super) fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let pieces = parse(pattern)?;
    let name: Vec<char> = name.chars().collect();
    // `at` and `piece` advance together; a star is where both go back to.
    let (mut at, mut piece) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pieces.get(piece), name.get(at)) {
            (Some(Piece::Star), _) => {
                star = Some((piece, at));
                piece += 1;
                continue;
            }
            (Some(wanted), Some(letter)) if wanted.takes(*letter) => {
                piece += 1;
                at += 1;
                continue;
            }
            (None, None) => return Ok(true),
            _ => {}
        }
        match star {
            Some((from, eaten)) if name.get(eaten).is_some_and(|letter| *letter != '/') => {
                star = Some((from, eaten + 1));
                piece = from + 1;
                at = eaten + 1;
            }
            _ => return Ok(false),
        }
    }
}

enum Piece {
    Star,
    Any,
    One(char),
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Piece {
    fn takes(&self, letter: char) -> bool {
        match self {
            Piece::Star => false,
            Piece::Any => letter != '/',
            Piece::One(wanted) => *wanted == letter,
            Piece::Set { negated, ranges } => {
                let within = ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&letter));
                within != *negated
            }
        }
    }
}

fn parse(pattern: &str) -> Result<Vec<Piece>, BadPattern> {
    let mut letters = pattern.chars().peekable();
    let mut pieces = Vec::new();
    while let Some(letter) = letters.next() {
        pieces.push(match letter {
            '*' => Piece::Star,
            '?' => Piece::Any,
            '\\' => Piece::One(letters.next().ok_or(BadPattern)?),
            '[' => {
                let negated = letters.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                // The first letter may be no bracket: there is no empty set.
                while ranges.is_empty() || letters.next_if_eq(&']').is_none() {
                    let mut bound = || match letters.next() {
                        None | Some('-' | ']') => Err(BadPattern),
                        Some('\\') => letters.next().ok_or(BadPattern),
                        Some(letter) => Ok(letter),
                    };
                    let low = bound()?;
                    let high = match letters.next_if_eq(&'-') {
                        None => low,
                        Some(_) => match letters.next() {
                            None | Some('-' | ']') => return Err(BadPattern),
                            Some('\\') => letters.next().ok_or(BadPattern)?,
                            Some(letter) => letter,
                        },
                    };
                    ranges.push((low, high));
                }
                Piece::Set { negated, ranges }
            }
            letter => Piece::One(letter),
        });
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_s_match() {
        for (pattern, name, expected) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "a", Ok(true)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*/b", "a/c/b", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[e-g]", "abc", Ok(false)),
            ("ab[^c]", "abc", Ok(false)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a???b", "aéüöb", Ok(true)),
            ("[\\]a]", "]", Ok(true)),
            ("[x\\-]", "-", Ok(true)),
            ("[]a]", "]", Err(BadPattern)),
            ("[-]", "-", Err(BadPattern)),
            ("[a-b-c]", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("a[", "a", Err(BadPattern)),
            ("\\", "a", Err(BadPattern)),
            ("{a,b}", "a", Ok(false)),
            ("", "", Ok(true)),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
