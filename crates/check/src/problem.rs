//! What is wrong with a file.

use std::fmt;
use std::fmt::Write as _;

use crate::place::Place;

/// How many characters are said of what is wrong: it may quote what somebody has written.
const LONGEST: usize = 2000;

/// How many problems are told.
pub(crate) const MOST_TOLD: usize = 1000;

/// What is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; none where it is about a whole file.
    pub place: Option<Place>,
    /// What, in goss's words where it has some.
    pub what: String,
    /// The same in plain English; empty where goss's words are plain, or there are none.
    pub plain: Box<str>,
    /// What to do about it; empty where that goes without saying.
    pub remedy: Box<str>,
    /// Which words goss puts around it.
    pub class: Class,
    /// What goss says ahead of it: which included file, which file of variables.
    pub context: String,
}

/// Which words goss puts around a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// None.
    Plain,
    /// It is no YAML: `yaml: line N: ` stands ahead.
    Syntax {
        /// The line as yaml.v3 counts it; it leaves 0 out.
        line: u32,
    },
    /// YAML that means nothing: `yaml: ` stands ahead.
    Yaml,
    /// A template that fails: `template: test:LINE:COLUMN: ` stands ahead, with the column as Go
    /// counts it; without one where it is no template at all.
    Template {
        /// The column.
        column: Option<u32>,
    },
    /// A value of a wrong type; goss lists all of a file below `yaml: unmarshal errors:`.
    Type,
}

impl Problem {
    /// Of a place.
    pub fn at(place: &Place, what: impl Into<String>) -> Problem {
        Problem::of(Some(place.clone()), Class::Plain, what.into())
    }

    /// Of no place.
    pub fn nowhere(what: impl Into<String>) -> Problem {
        Problem::of(None, Class::Plain, what.into())
    }

    fn of(place: Option<Place>, class: Class, what: String) -> Problem {
        Problem {
            place,
            what,
            plain: Box::default(),
            remedy: Box::default(),
            class,
            context: String::new(),
        }
    }

    /// The same in another class.
    #[must_use]
    pub fn class(mut self, class: Class) -> Problem {
        self.class = class;
        self
    }

    /// With words that ask for no knowledge of Go or of YAML's grammar.
    #[must_use]
    pub fn plain(mut self, plain: impl Into<Box<str>>) -> Problem {
        self.plain = plain.into();
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Box<str>>) -> Problem {
        self.remedy = remedy.into();
        self
    }

    /// Below words that goss says ahead of it.
    #[must_use]
    pub fn below(mut self, context: &str) -> Problem {
        self.context.insert_str(0, context);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: ")?,
            // What goss says ahead is no help to who reads plain words.
            None if self.plain.is_empty() => f.write_str(&self.context)?,
            None => {}
        }
        let what = match &*self.plain {
            "" => self.what.as_str(),
            plain => plain,
        };
        match what.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{}…", what.get(..end).unwrap_or_default())?,
            None => f.write_str(what)?,
        }
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

/// The problems as goss would say them, on lines that belong behind `Error: `. It stops at the
/// first file that has some, and within it at the first that is no matter of types.
pub fn goss_words(problems: &[Problem]) -> String {
    let Some(first) = problems.first() else {
        return String::new();
    };
    let mut file = problems.iter().filter(|p| p.context == first.context);
    let mut words = first.context.clone();
    let line = |problem: &Problem| problem.place.as_ref().map_or(0, |place| place.line);
    if let Some(stop) = file.clone().find(|p| p.class != Class::Type) {
        match stop.class {
            Class::Syntax { line: 0 } => words.push_str("yaml: "),
            Class::Syntax { line } => {
                let _ = write!(words, "yaml: line {line}: ");
            }
            Class::Yaml => words.push_str("yaml: "),
            Class::Template { column } => {
                let _ = write!(words, "template: test:{}:", line(stop));
                if let Some(column) = column {
                    let _ = write!(words, "{column}:");
                }
                words.push(' ');
            }
            Class::Plain | Class::Type => {}
        }
        words.push_str(&stop.what);
        return words;
    }
    words.push_str("yaml: unmarshal errors:");
    file.try_for_each(|p| match line(p) {
        // How many more there are.
        0 => write!(words, "\n  {}", p.what),
        line => write!(words, "\n  line {line}: {}", p.what),
    })
    .unwrap_or_default();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32) -> Place {
        Place {
            file: "f".into(),
            line,
            column: 1,
        }
    }

    #[test]
    fn types_are_listed_and_anything_else_stops() {
        let type_of = |line| Problem::at(&place(line), "no").class(Class::Type);
        let both = [type_of(2), type_of(3)];
        assert_eq!(
            goss_words(&both),
            "yaml: unmarshal errors:\n  line 2: no\n  line 3: no"
        );
        let stopped = [
            type_of(2),
            Problem::at(&place(3), "stop").class(Class::Yaml),
        ];
        assert_eq!(goss_words(&stopped), "yaml: stop");
        let included = Problem::at(&place(4), "bad")
            .class(Class::Syntax { line: 4 })
            .below("in x: ");
        assert_eq!(
            goss_words(&[included.clone(), type_of(2)]),
            "in x: yaml: line 4: bad"
        );
        assert_eq!(included.to_string(), "f:4:1: bad");
    }
}
