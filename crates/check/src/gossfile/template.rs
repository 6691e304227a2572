//! Templates: a file's text is one before it is YAML or JSON.

use std::cell::OnceCell;
use std::sync::Arc;

use gotemplate::{Key, MapType, Time, World};

use super::vars::Vars;
use crate::place::Place;
use crate::problem::{Class, Problem};
use crate::value::Value;

/// What templates see, the same for every file of a run.
pub(super) struct Templates {
    vars: Vars,
    /// Whether a text is taken as it is.
    off: bool,
    /// The variables and the environment, once a template wants them: most files have none.
    seen: OnceCell<(gotemplate::Value, World)>,
}

/// A text after its templates.
pub(super) struct Rendered {
    /// The text.
    pub(super) text: String,
    /// For each line the line of the author's file; empty where they are the same.
    pub(super) lines: Vec<u32>,
}

impl Templates {
    /// Templates with these variables and the environment.
    pub(super) fn new(vars: Vars) -> Templates {
        Templates {
            vars,
            off: false,
            seen: OnceCell::new(),
        }
    }

    /// Texts are taken as they are.
    pub(super) fn none() -> Templates {
        Templates {
            off: true,
            ..Templates::new(Vars::default())
        }
    }

    /// Renders a text.
    ///
    /// # Errors
    /// In Go's words, with the place.
    pub(super) fn render(&self, file: &Arc<str>, text: &str) -> Result<Rendered, Problem> {
        if self.off || !text.contains("{{") {
            return Ok(Rendered {
                text: text.to_string(),
                lines: Vec::new(),
            });
        }
        let (data, world) = self.seen.get_or_init(|| {
            let world = World::system();
            let entries = self.vars.iter();
            let vars = entries.map(|(name, value)| (key(name.as_ref()), converted(value)));
            let vars = gotemplate::Value::map::<Key, _>(vars);
            (gotemplate::Value::goss(vars, &world.environment), world)
        });
        // The name that goss gives its template stands in every error.
        match gotemplate::render("test", text, data, world) {
            Ok(done) => Ok(Rendered {
                text: done.text,
                lines: done.lines,
            }),
            Err(error) => Err(problem(file, &error)),
        }
    }
}

fn problem(file: &Arc<str>, error: &gotemplate::Error) -> Problem {
    let (what, column) = match &error.executing {
        None => (error.message.clone(), None),
        Some((template, piece)) => (
            format!("executing {template:?} at <{piece}>: {}", error.message),
            Some(error.column),
        ),
    };
    // Go counts from 0, a place from 1.
    let place = Place {
        file: file.clone(),
        line: error.line,
        column: column.map_or(1, |column| column.saturating_add(1)),
    };
    let piece = error.executing.as_ref().map(|(_, piece)| piece.as_str());
    Problem::at(&place, what)
        .class(Class::Template { column })
        .plain(crate::plain::template(&error.message, piece))
}

fn key(text: &bstr::BStr) -> Key {
    Key::from(text.to_string().as_str())
}

/// A value as templates have them.
fn converted(value: &Value) -> gotemplate::Value {
    match value {
        Value::Null => gotemplate::Value::Nil,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.to_string().into(),
        Value::Time(time) => {
            let (seconds, nanoseconds) = (time.seconds, time.nanoseconds);
            let time = match time.offset {
                0 => Time::unix(seconds, nanoseconds),
                offset => Time::at_offset(seconds, nanoseconds, offset, ""),
            };
            gotemplate::Value::Time(time.into())
        }
        Value::List(items) => gotemplate::Value::list(items.iter().map(converted).collect()),
        Value::Texts(texts) => gotemplate::Value::strings(texts.iter().map(ToString::to_string)),
        Value::Map(entries) => gotemplate::Value::map::<Key, _>(
            entries
                .iter()
                .map(|(name, value)| (key(name.as_ref()), converted(value))),
        ),
        Value::OddMap(entries) => {
            let entries = entries.iter().map(|(name, value)| {
                let name = Key::of(&converted(name));
                (name.unwrap_or(Key::Nil), converted(value))
            });
            gotemplate::Value::typed_map(MapType::AnyAny, entries.collect())
        }
    }
}
