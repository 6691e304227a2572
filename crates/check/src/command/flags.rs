//! Flags as goss takes them: one or two dashes, `=` or the next word, before and after the
//! command and its arguments; a variable stands in where a flag is missing.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::duration::GoDuration;

/// A flag.
#[derive(Debug)]
pub struct Flag {
    /// Its long name.
    pub name: &'static str,
    /// Its other names.
    pub other: &'static [&'static str],
    /// The variable that stands in for it.
    pub variable: Option<&'static str>,
    /// What it takes.
    pub takes: Takes,
    /// What counts where it is not given, in words.
    pub default: &'static str,
    /// What it is for.
    pub summary: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=true`, `=false`.
    Truth,
    /// A text.
    Text,
    /// Texts: given again, or with commas.
    Texts,
    /// A duration in Go's form.
    Duration,
    /// A whole number.
    Integer,
}

/// What a call gave.
#[derive(Clone, Debug, Default)]
pub struct Given {
    values: BTreeMap<&'static str, Vec<String>>,
    /// The words that are no flags.
    pub words: Vec<String>,
    /// The words behind the first that ends flags, as they are.
    pub rest: Vec<OsString>,
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A flag is wrong: what of it.
    Flag(String),
    /// A variable is wrong: what of it.
    Variable(String),
}

impl Given {
    /// The last text of a flag, or its default.
    pub fn text(&self, flag: &Flag) -> String {
        let last = self.values.get(flag.name).and_then(|values| values.last());
        last.map_or(flag.default, String::as_str).to_string()
    }

    /// The last text of a flag; none where neither it nor its variable was given.
    pub fn optional(&self, flag: &Flag) -> Option<String> {
        self.values
            .get(flag.name)
            .and_then(|values| values.last())
            .cloned()
    }

    /// All texts of a flag, as they were given.
    pub fn texts(&self, flag: &Flag) -> &[String] {
        self.values.get(flag.name).map_or(&[], Vec::as_slice)
    }

    /// All items of a list: commas part them.
    pub fn items(&self, flag: &Flag) -> Vec<String> {
        let texts = self.texts(flag).iter();
        texts
            .flat_map(|text| text.split(','))
            .map(|item| item.trim().to_string())
            .collect()
    }

    /// Whether a flag is set.
    pub fn is_set(&self, flag: &Flag) -> bool {
        truth(&self.text(flag)) == Some(true)
    }

    /// A duration.
    pub fn duration(&self, flag: &Flag) -> GoDuration {
        GoDuration::parse(&self.text(flag)).unwrap_or_default()
    }

    /// A whole number.
    pub fn integer(&self, flag: &Flag) -> i64 {
        self.text(flag).parse().unwrap_or_default()
    }
}

/// Go's `strconv.ParseBool`.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Why a value does not fit, in the words of Go's parsers.
fn unfit(flag: &Flag, value: &str) -> Option<String> {
    let quoted = format!("{value:?}");
    match flag.takes {
        Takes::Text | Takes::Texts => None,
        Takes::Truth if truth(value).is_some() => None,
        Takes::Truth => Some(format!(
            "strconv.ParseBool: parsing {quoted}: invalid syntax"
        )),
        Takes::Integer if value.parse::<i64>().is_ok() => None,
        Takes::Integer => Some(format!(
            "strconv.ParseInt: parsing {quoted}: invalid syntax"
        )),
        Takes::Duration if GoDuration::parse(value).is_some() => None,
        Takes::Duration => {
            let number = value.trim_start_matches(['-', '+']);
            let is_bare =
                !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
            match is_bare {
                true => Some(format!("time: missing unit in duration {quoted}")),
                false => Some(format!("time: invalid duration {quoted}")),
            }
        }
    }
}

/// The Go name of what a variable could not be read as.
fn type_name(takes: Takes) -> &'static str {
    match takes {
        Takes::Truth => "bool",
        Takes::Text => "string",
        Takes::Texts => "[]string",
        Takes::Duration => "time.Duration",
        Takes::Integer => "int",
    }
}

impl Given {
    /// Takes what follows a dash: the name, and the value behind `=` or in the next word.
    ///
    /// # Errors
    /// Where there is no such flag or the value does not fit.
    pub fn take(
        &mut self,
        flags: &[&'static Flag],
        dashed: &str,
        next: &mut dyn Iterator<Item = String>,
    ) -> Result<(), Refused> {
        let (word, value) = match dashed.split_once('=') {
            Some((word, value)) => (word, Some(value.to_string())),
            None => (dashed, None),
        };
        let flag = find(flags, word)
            .ok_or_else(|| Refused::Flag(format!("flag provided but not defined: -{word}")))?;
        let value = match value {
            Some(value) => value,
            None if flag.takes == Takes::Truth => "true".to_string(),
            None => next.next().ok_or_else(|| {
                Refused::Flag(format!("flag needs an argument: {}", as_typed(word)))
            })?,
        };
        if let Some(why) = unfit(flag, &value) {
            return Err(Refused::Flag(format!(
                "invalid value {value:?} for flag -{word}: {why}"
            )));
        }
        self.values.entry(flag.name).or_default().push(value);
        Ok(())
    }

    /// Takes the variables of flags that were not given.
    ///
    /// # Errors
    /// Where one does not fit.
    pub fn take_variables(
        &mut self,
        flags: &[&'static Flag],
        get: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Refused> {
        for flag in flags {
            let Some(variable) = flag.variable else {
                continue;
            };
            if self.values.contains_key(flag.name) {
                continue;
            }
            let is_text = flag.takes == Takes::Text;
            let Some(value) = get(variable).filter(|value| is_text || !value.is_empty()) else {
                continue;
            };
            if let Some(why) = unfit(flag, &value) {
                return Err(Refused::Variable(format!(
                    "could not parse {value:?} as {} value from environment variable \
                     {variable:?} for flag {}: {why}",
                    type_name(flag.takes),
                    flag.name
                )));
            }
            self.values.insert(flag.name, vec![value]);
        }
        Ok(())
    }
}

/// A flag with its dashes, as most type it.
fn as_typed(word: &str) -> String {
    match word.len() {
        1 => format!("-{word}"),
        _ => format!("--{word}"),
    }
}

/// The flag of a name.
pub fn find(flags: &[&'static Flag], word: &str) -> Option<&'static Flag> {
    let named = |flag: &&&Flag| flag.name == word || flag.other.contains(&word);
    flags.iter().find(named).copied()
}
