//! Expressions of test(1), for s6-test and eltest: a grammar over any number of
//! words, instead of POSIX's rules by their count.
//!
//! A word that is an operator always is one; a word that begins with a backslash is
//! data without it. `!` binds tightest, then `-a`, then `-o`; parentheses group.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use chain::{Environment, Failure, Result, Word, escape};
use execline::number;
use kernel::credentials;
use kernel::fs::{Use, may};
use kernel::regex::{Regex, Syntax};
use kernel::tty;

/// Whether `words` are true. No words are false.
///
/// # Errors
/// They are no expression, or a number is none: exit code 100.
pub(crate) fn evaluate(words: &[Word], env: &Environment) -> Result<bool> {
    if words.is_empty() {
        return Ok(false);
    }
    let mut parser = Parser {
        words,
        at: 0,
        depth: 0,
    };
    let tree = parser.either()?;
    if parser.at < words.len() {
        return Err(parser.unexpected());
    }
    tree.is_true(env)
}

/// Operators before one word.
const UNARY: &[u8] = b"bcdefghknprstuvwxzGLNOSU";

/// Operators between two words.
const BINARY: &[&[u8]] = &[
    b"=", b"!=", b"<", b">", b"-eq", b"-ne", b"-gt", b"-ge", b"-lt", b"-le", b"-nt", b"-ot",
    b"-ef", b"=~",
];

/// What a word is to the grammar.
enum Kind<'a> {
    Not,
    Open,
    Close,
    And,
    Or,
    Unary(u8),
    Binary(&'static [u8]),
    Data(&'a [u8]),
}

fn kind(word: &[u8]) -> Kind<'_> {
    match word {
        b"!" => Kind::Not,
        b"(" => Kind::Open,
        b")" => Kind::Close,
        b"-a" => Kind::And,
        b"-o" => Kind::Or,
        [b'-', letter] if UNARY.contains(letter) => Kind::Unary(*letter),
        [b'\\', data @ ..] => Kind::Data(data),
        word => match BINARY.iter().find(|operator| **operator == word) {
            Some(operator) => Kind::Binary(operator),
            None => Kind::Data(word),
        },
    }
}

/// An expression.
enum Tree<'a> {
    Text(&'a [u8]),
    Unary(u8, &'a [u8]),
    Binary(&'static [u8], &'a [u8], &'a [u8]),
    Not(Box<Tree<'a>>),
    All(Vec<Tree<'a>>),
    Any(Vec<Tree<'a>>),
}

/// How deep parentheses and `!` may nest: deeper would exhaust the stack.
const DEEPEST: usize = 1000;

struct Parser<'a> {
    words: &'a [Word],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Kind<'a>> {
        self.words.get(self.at).map(|word| kind(word))
    }

    fn unexpected(&self) -> Failure {
        Failure::Invalid(match self.words.get(self.at) {
            Some(word) => format!(
                "parse error at argument {}: unexpected {}; a backslash before a word makes it data",
                self.at + 1,
                escape(word)
            ),
            None => "parse error: the expression ends too early".to_string(),
        })
    }

    fn either(&mut self) -> Result<Tree<'a>> {
        let mut trees = vec![self.both()?];
        while let Some(Kind::Or) = self.peek() {
            self.at += 1;
            trees.push(self.both()?);
        }
        Ok(Tree::Any(trees))
    }

    fn both(&mut self) -> Result<Tree<'a>> {
        let mut trees = vec![self.one()?];
        while let Some(Kind::And) = self.peek() {
            self.at += 1;
            trees.push(self.one()?);
        }
        Ok(Tree::All(trees))
    }

    fn one(&mut self) -> Result<Tree<'a>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Failure::Invalid(format!(
                "the expression nests deeper than {DEEPEST} levels"
            )));
        }
        let tree = match self.peek() {
            Some(Kind::Not) => {
                self.at += 1;
                Tree::Not(Box::new(self.one()?))
            }
            Some(Kind::Open) => {
                self.at += 1;
                let tree = self.either()?;
                let Some(Kind::Close) = self.peek() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                tree
            }
            Some(Kind::Unary(letter)) => {
                self.at += 1;
                Tree::Unary(letter, self.data()?)
            }
            _ => {
                let left = self.data()?;
                match self.peek() {
                    Some(Kind::Binary(operator)) => {
                        self.at += 1;
                        Tree::Binary(operator, left, self.data()?)
                    }
                    _ => Tree::Text(left),
                }
            }
        };
        self.depth -= 1;
        Ok(tree)
    }

    fn data(&mut self) -> Result<&'a [u8]> {
        match self.peek() {
            Some(Kind::Data(data)) => {
                self.at += 1;
                Ok(data)
            }
            _ => Err(self.unexpected()),
        }
    }
}

impl Tree<'_> {
    fn is_true(&self, env: &Environment) -> Result<bool> {
        Ok(match self {
            Tree::Text(text) => !text.is_empty(),
            Tree::Unary(letter, operand) => unary(*letter, operand, env)?,
            Tree::Binary(operator, left, right) => binary(operator, left, right)?,
            Tree::Not(tree) => !tree.is_true(env)?,
            Tree::All(trees) => {
                for tree in trees {
                    if !tree.is_true(env)? {
                        return Ok(false);
                    }
                }
                true
            }
            Tree::Any(trees) => {
                for tree in trees {
                    if tree.is_true(env)? {
                        return Ok(true);
                    }
                }
                false
            }
        })
    }
}

fn path(word: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(word))
}

fn unary(letter: u8, operand: &[u8], env: &Environment) -> Result<bool> {
    let file = |property: fn(&Metadata) -> bool| {
        fs::metadata(path(operand)).is_ok_and(|data| property(&data))
    };
    Ok(match letter {
        b'n' => !operand.is_empty(),
        b'z' => operand.is_empty(),
        b'v' => env.get(operand).is_some(),
        b't' => {
            let fd = number::signed(operand).ok_or_else(|| not_a_number("-t", operand))?;
            i32::try_from(fd).is_ok_and(tty::is_terminal)
        }
        b'h' | b'L' => fs::symlink_metadata(path(operand)).is_ok_and(|data| data.is_symlink()),
        b'r' => may(path(operand), Use::Read),
        b'w' => may(path(operand), Use::Write),
        b'x' => may(path(operand), Use::Execute),
        b'b' => file(|data| data.file_type().is_block_device()),
        b'c' => file(|data| data.file_type().is_char_device()),
        b'd' => file(Metadata::is_dir),
        b'f' => file(Metadata::is_file),
        b'p' => file(|data| data.file_type().is_fifo()),
        b'S' => file(|data| data.file_type().is_socket()),
        b's' => file(|data| data.len() > 0),
        b'g' => file(|data| data.mode() & 0o2000 != 0),
        b'k' => file(|data| data.mode() & 0o1000 != 0),
        b'u' => file(|data| data.mode() & 0o4000 != 0),
        b'O' | b'U' => file(|data| data.uid() == credentials::user()),
        b'G' => file(|data| data.gid() == credentials::group()),
        b'N' => file(|data| (data.mtime(), data.mtime_nsec()) > (data.atime(), data.atime_nsec())),
        _ => file(|_| true),
    })
}

fn binary(operator: &[u8], left: &[u8], right: &[u8]) -> Result<bool> {
    Ok(match operator {
        b"=" => left == right,
        b"!=" => left != right,
        b"<" => left < right,
        b">" => left > right,
        b"=~" => {
            let syntax = Syntax {
                extended: true,
                ignore_case: false,
            };
            let regex = Regex::new(right, syntax).map_err(|why| {
                Failure::Invalid(format!("{} is no regular expression: {why}", escape(right)))
            })?;
            regex.matches(left)
        }
        b"-nt" => modified(left) > modified(right),
        b"-ot" => modified(left) < modified(right),
        b"-ef" => matches!(
            (fs::metadata(path(left)), fs::metadata(path(right))),
            (Ok(left), Ok(right)) if (left.dev(), left.ino()) == (right.dev(), right.ino())
        ),
        operator => {
            let value =
                |word| number::signed(word).ok_or_else(|| not_a_number(&escape(operator), word));
            let order = value(left)?.cmp(&value(right)?);
            match operator {
                b"-eq" => order.is_eq(),
                b"-ne" => order.is_ne(),
                b"-gt" => order.is_gt(),
                b"-ge" => order.is_ge(),
                b"-lt" => order.is_lt(),
                _ => order.is_le(),
            }
        }
    })
}

/// When a file was changed; a file that is not there is older than any.
fn modified(word: &[u8]) -> Option<(i64, i64)> {
    let data = fs::metadata(path(word)).ok()?;
    Some((data.mtime(), data.mtime_nsec()))
}

fn not_a_number(operator: &str, word: &[u8]) -> Failure {
    Failure::Invalid(format!(
        "{operator} wants an integer and got {}",
        escape(word)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_words(words: &[&str]) -> Result<bool> {
        let words: Vec<Word> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let env = Environment::from_entries(vec![b"SET=".to_vec()]);
        evaluate(&words, &env)
    }

    fn truth(text: &str) -> bool {
        try_words(&text.split(' ').collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn precedence_and_groups() {
        assert!(truth("a = b -o c = c") && truth("( a = a )") && !truth("! a"));
        assert!(truth("! a -o b") && !truth("! ( a -o b )") && truth("! a = b"));
        assert!(!truth("a = b -a c -o d = e") && truth("a -o b -a x = y"));
        assert!(truth("! ! a") && truth("! -d /nonexistent"));
    }

    #[test]
    fn texts_numbers_and_variables() {
        assert!(truth("a") && !try_words(&[""]).unwrap() && !try_words(&[]).unwrap());
        assert!(truth("10 -eq 010") && truth("-5 -lt 3") && truth("+1 -ge 1"));
        assert!(truth("-v SET") && !truth("-v UNSET"));
        assert!(truth("abc =~ ^a.c$") && !truth("abc =~ ^b"));
        assert!(truth("\\-n = \\-n") && truth("a < b") && truth("b > a"));
    }

    #[test]
    fn files() {
        assert!(truth("-d /") && truth("/ -ef /.") && truth("-c /dev/null") && truth("-r /"));
        assert!(truth("/ -nt /nonexistent") && !truth("/nonexistent -nt /"));
        assert!(truth("/nonexistent -ot /") && !truth("-e /nonexistent"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for bad in [
            "!", "( a", "a )", "a b", "1 -eq", "-n", "= a", "a = -n", "a -a", "( )", "a == a",
        ] {
            let words: Vec<&str> = bad.split(' ').collect();
            assert_eq!(try_words(&words).unwrap_err().code(), 100, "{bad}");
        }
        assert_eq!(try_words(&["a", "-eq", "1"]).unwrap_err().code(), 100);
        assert_eq!(try_words(&["a", "=~", "("]).unwrap_err().code(), 100);
    }

    #[test]
    fn long_and_deep_ones_do_not_exhaust_the_stack() {
        let long: Vec<&str> = ["a"]
            .into_iter()
            .chain(["-a", "a"].repeat(100_000))
            .collect();
        assert!(try_words(&long).unwrap());
        let deep: Vec<&str> = ["!"].repeat(100_000).into_iter().chain(["a"]).collect();
        assert!(try_words(&deep).is_err());
    }
}
