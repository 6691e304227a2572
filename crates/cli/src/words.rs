//! The words of a command for people: long options, operands, `--`. Every command reads
//! them in the same way and says in the same form what does not fit.

use chain::{Failure, Result, Word, escape};

use crate::similar;

/// An option of a command.
pub struct Opt {
    /// Its long name, with the dashes: what [`Words::options`] calls it.
    pub name: &'static str,
    /// Its short name, as `-r`; empty for none.
    pub short: &'static str,
    /// What its value is, as "a directory"; empty for one that takes none.
    pub value: &'static str,
}

/// An option without a value.
pub const fn flag(name: &'static str) -> Opt {
    Opt {
        name,
        short: "",
        value: "",
    }
}

/// An option with a value.
pub const fn valued(name: &'static str, short: &'static str, value: &'static str) -> Opt {
    Opt { name, short, value }
}

/// What the words of a call are.
#[derive(Debug, Default)]
pub struct Words {
    /// `--help` was among them: nothing else counts.
    pub help: bool,
    /// The options by their long names, in order; with an empty value where they take
    /// none.
    pub options: Vec<(&'static str, Word)>,
    /// The words before `--` that are no options.
    pub operands: Vec<Word>,
    /// The words behind `--`.
    pub behind: Vec<Word>,
}

impl Words {
    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| *option == name)
    }

    /// The value of the option, the last one where it was given twice.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let mut options = self.options.iter().rev();
        let (_, value) = options.find(|(option, _)| *option == name)?;
        Some(value)
    }
}

/// Reads the words of `mainstay COMMAND`, which has these options beside `--help`.
///
/// # Errors
/// An option that there is not, one without its value, one with a value too many.
pub fn read(command: &str, options: &[Opt], words: Vec<Word>) -> Result<Words> {
    let mut found = Words::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (name, glued) = match word.iter().position(|b| *b == b'=') {
            Some(at) if word.starts_with(b"--") => (&word[..at], Some(word[at + 1..].to_vec())),
            _ => (&word[..], None),
        };
        let known = options.iter().find(|option| {
            name == option.name.as_bytes()
                || (!option.short.is_empty() && name == option.short.as_bytes())
        });
        match (name, known) {
            (b"--", _) => {
                found.behind = words.collect();
                return Ok(found);
            }
            (b"--help" | b"-h", _) => {
                found.help = true;
                return Ok(found);
            }
            (_, Some(option)) if option.value.is_empty() => match glued {
                None => found.options.push((option.name, Word::new())),
                Some(_) => {
                    let text = format!("{} takes no value", option.name);
                    return Err(wrong(command, &text));
                }
            },
            (_, Some(option)) => {
                let value = glued.or_else(|| words.next());
                match value.filter(|value| !value.is_empty()) {
                    Some(value) => found.options.push((option.name, value)),
                    None => {
                        let text = format!("{} needs {}", option.name, option.value);
                        return Err(wrong(command, &text));
                    }
                }
            }
            (_, None) if word.len() > 1 && word.starts_with(b"-") => {
                let names = options.iter().map(|option| option.name).chain(["--help"]);
                let text = format!(
                    "there is no option {}{}",
                    escape(name),
                    similar::hint(name, names)
                );
                return Err(wrong(command, &text));
            }
            (_, None) => found.operands.push(word),
        }
    }
    Ok(found)
}

/// The failure of a call whose words do not fit, in the one form that all commands have.
pub fn wrong(command: &str, text: &str) -> Failure {
    let end = if text.ends_with('?') { "" } else { ";" };
    Failure::Invalid(format!("{text}{end} see `mainstay {command} --help`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &[Opt] = &[valued("--root", "-r", "a directory"), flag("--all")];

    fn words(text: &[&str]) -> std::result::Result<Words, String> {
        let words = text.iter().map(|word| word.as_bytes().to_vec()).collect();
        read("x", OPTIONS, words).map_err(|failure| failure.line("mainstay x"))
    }

    #[test]
    fn options_stand_anywhere_and_two_dashes_end_them() {
        let found = words(&["a", "--root", "/x", "--all", "b", "--", "-c"]).expect("they fit");
        assert_eq!(found.value("--root"), Some(&b"/x"[..]));
        assert!(found.has("--all") && !found.has("--root=") && !found.help);
        assert_eq!(found.operands, [b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(found.behind, [b"-c".to_vec()]);
        for glued in [&["--root=/y"][..], &["-r", "/y"], &["-r", "/x", "-r", "/y"]] {
            assert_eq!(
                words(glued).expect("fits").value("--root"),
                Some(&b"/y"[..])
            );
        }
        assert!(words(&["-h", "--nonsense"]).expect("help").help);
    }

    #[test]
    fn what_does_not_fit_is_said_in_one_form() {
        for (text, expected) in [
            (
                &["--rot"][..],
                "there is no option --rot; did you mean --root?",
            ),
            (&["--frobnicate=1"], "there is no option --frobnicate;"),
            (&["-z"], "there is no option -z;"),
            (&["--root"], "--root needs a directory;"),
            (&["--root="], "--root needs a directory;"),
            (&["--all=1"], "--all takes no value;"),
        ] {
            let line = words(text).expect_err("it does not fit");
            let whole = format!("mainstay x: fatal: {expected} see `mainstay x --help`");
            assert_eq!(line, whole, "{text:?}");
        }
    }
}
