//! What is wrong with a file.

use std::fmt;

use crate::place::Place;

/// What is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; none where it is about a whole file.
    pub place: Option<Place>,
    /// What, in goss's words where it has some.
    pub what: String,
    /// What to do about it; empty where that goes without saying.
    pub remedy: String,
}

impl Problem {
    /// Of a place.
    pub fn at(place: &Place, what: impl Into<String>) -> Problem {
        Problem {
            place: Some(place.clone()),
            what: what.into(),
            remedy: String::new(),
        }
    }

    /// Of no place.
    pub fn nowhere(what: impl Into<String>) -> Problem {
        Problem {
            place: None,
            what: what.into(),
            remedy: String::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.what)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}
