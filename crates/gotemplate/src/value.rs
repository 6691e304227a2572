//! A value that a template works with: Go's `any`, as far as templates meet it.

use crate::time::Time;
use crate::types::{IntType, ListType, MapType, UintType};
use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A value. Cloning is cheap; clones of a map are the same map, as in Go.
#[derive(Debug, Clone)]
pub enum Value {
    /// nil
    Nil,
    /// bool
    Bool(bool),
    /// A signed integer of the type.
    Int(i64, IntType),
    /// An unsigned integer of the type.
    Uint(u64, UintType),
    /// float64
    Float(f64),
    /// complex128: its real and imaginary part.
    Complex(f64, f64),
    /// string
    String(Rc<str>),
    /// A slice.
    List(Rc<List>),
    /// A map.
    Map(Rc<Map>),
    /// time.Time
    Time(Rc<Time>),
    /// *semver.Version
    Version(Rc<crate::functions::Version>),
}

/// A slice: its type and elements.
#[derive(Debug)]
pub struct List {
    kind: ListType,
    items: Vec<Value>,
}

/// A map: its type and entries. Sprig's `set` and `unset` change it in place.
#[derive(Debug)]
pub struct Map {
    kind: MapType,
    entries: RefCell<BTreeMap<Key, Value>>,
}

/// A key of a map, in the order in which Go prints and ranges over keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// nil
    Nil,
    /// A whole number.
    Int(i64),
    /// A number above the signed ones.
    Uint(u64),
    /// A float64, by [`Key::float`]'s order-keeping bits.
    Float(u64),
    /// bool
    Bool(bool),
    /// string
    String(Rc<str>),
}

impl Key {
    /// A float as a key: bits whose order as integers is the order of the floats.
    pub fn float(number: f64) -> Key {
        let bits = number.to_bits();
        let negative = bits >> 63 == 1;
        Key::Float(if negative { !bits } else { bits | 1 << 63 })
    }

    /// The key as a value.
    pub fn value(&self) -> Value {
        match self {
            Key::Nil => Value::Nil,
            Key::Int(number) => Value::Int(*number, IntType::Int),
            Key::Uint(number) => Value::Uint(*number, UintType::Uint64),
            Key::Float(bits) => {
                let positive = bits >> 63 == 1;
                let bits = if positive { bits & !(1 << 63) } else { !bits };
                Value::Float(f64::from_bits(bits))
            }
            Key::Bool(truth) => Value::Bool(*truth),
            Key::String(text) => Value::String(text.clone()),
        }
    }

    /// The key that a value is, if it can be one.
    pub fn of(value: &Value) -> Option<Key> {
        Some(match value {
            Value::Nil => Key::Nil,
            Value::Int(number, _) => Key::Int(*number),
            Value::Uint(number, _) => Key::Uint(*number),
            Value::Float(number) => Key::float(*number),
            Value::Bool(truth) => Key::Bool(*truth),
            Value::String(text) => Key::String(text.clone()),
            _ => return None,
        })
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key::String(text.into())
    }
}

impl List {
    /// The list's type.
    pub fn kind(&self) -> ListType {
        self.kind
    }

    /// The elements.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

impl Map {
    /// The map's type.
    pub fn kind(&self) -> MapType {
        self.kind
    }

    /// The entries. Hold the borrow no longer than it takes to look.
    pub fn entries(&self) -> Ref<'_, BTreeMap<Key, Value>> {
        self.entries.borrow()
    }

    /// The value of a key.
    pub fn get(&self, key: &Key) -> Option<Value> {
        self.entries.borrow().get(key).cloned()
    }

    /// The value of a key that is text.
    pub fn get_str(&self, key: &str) -> Option<Value> {
        self.get(&Key::from(key))
    }

    /// Sets a key. False when somebody looks at the map, which no function does while it sets.
    pub(crate) fn set(&self, key: Key, value: Value) -> bool {
        match self.entries.try_borrow_mut() {
            Ok(mut entries) => {
                let old = entries.insert(key, value);
                drop(entries);
                drop(old);
                true
            }
            Err(_) => false,
        }
    }

    /// Takes a key out.
    pub(crate) fn unset(&self, key: &Key) {
        let old = match self.entries.try_borrow_mut() {
            Ok(mut entries) => entries.remove(key),
            Err(_) => None,
        };
        drop(old);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

thread_local! {
    /// What waits to be dropped, see `drop_later`.
    static DROPPING: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Drops values one after the other instead of one inside the other: a template can
/// nest lists as deep as it has steps, and a drop that recurses would overflow the stack.
fn drop_later(values: Vec<Value>) {
    let first = DROPPING.try_with(|waiting| match waiting.try_borrow_mut() {
        Ok(mut waiting) => match waiting.as_mut() {
            Some(queue) => {
                queue.extend(values);
                false
            }
            None => {
                *waiting = Some(values);
                true
            }
        },
        Err(_) => false,
    });
    if !matches!(first, Ok(true)) {
        return;
    }
    loop {
        let next = DROPPING.with(|waiting| waiting.borrow_mut().as_mut().and_then(Vec::pop));
        match next {
            Some(value) => drop(value),
            None => break,
        }
    }
    DROPPING.with(|waiting| waiting.borrow_mut().take());
}

impl Drop for List {
    fn drop(&mut self) {
        if self.items.iter().any(Value::is_container) {
            drop_later(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let entries = std::mem::take(self.entries.get_mut());
        if entries.values().any(Value::is_container) {
            drop_later(entries.into_values().collect());
        }
    }
}

impl Value {
    /// A list of the type.
    pub fn typed_list(kind: ListType, items: Vec<Value>) -> Value {
        Value::List(Rc::new(List { kind, items }))
    }

    /// A []interface {}.
    pub fn list(items: Vec<Value>) -> Value {
        Value::typed_list(ListType::Any, items)
    }

    /// A []string.
    pub fn strings<I: IntoIterator<Item = S>, S: Into<Rc<str>>>(items: I) -> Value {
        let items = items.into_iter().map(|s| Value::String(s.into())).collect();
        Value::typed_list(ListType::Strings, items)
    }

    /// A map of the type.
    pub fn typed_map(kind: MapType, entries: BTreeMap<Key, Value>) -> Value {
        Value::Map(Rc::new(Map {
            kind,
            entries: RefCell::new(entries),
        }))
    }

    /// A map[string]interface {}.
    pub fn map<K: Into<Key>, I: IntoIterator<Item = (K, Value)>>(entries: I) -> Value {
        let entries = entries.into_iter().map(|(k, v)| (k.into(), v)).collect();
        Value::typed_map(MapType::StringAny, entries)
    }

    /// A map[string]string.
    pub fn string_map<'a, I: IntoIterator<Item = (&'a str, &'a str)>>(entries: I) -> Value {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (Key::from(key), Value::from(value)))
            .collect();
        Value::typed_map(MapType::StringString, entries)
    }

    /// The dot of a gossfile (a key that ends in `()` is a method: called, not printed): a struct whose `.Vars` are the variables (nil for none) and whose
    /// `.Env` is the environment.
    pub fn goss(vars: Value, environment: &BTreeMap<String, String>) -> Value {
        let env = Value::string_map(environment.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        let vars = match vars {
            Value::Nil => Value::map::<Key, _>([]),
            vars => vars,
        };
        let fields = [(Key::from("Vars"), vars), (Key::from("Env()"), env)];
        Value::typed_map(MapType::Struct("*goss.TmplVars"), fields.into())
    }

    /// An int.
    pub fn int(number: i64) -> Value {
        Value::Int(number, IntType::Int)
    }

    /// An int64.
    pub fn int64(number: i64) -> Value {
        Value::Int(number, IntType::Int64)
    }

    /// Whether the value holds others.
    fn is_container(&self) -> bool {
        matches!(self, Value::List(_) | Value::Map(_))
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Go's name of the value's type, as `typeOf` prints it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_, kind) => kind.name(),
            Value::Uint(_, kind) => kind.name(),
            Value::Float(_) => "float64",
            Value::Complex(..) => "complex128",
            Value::String(_) => "string",
            Value::List(list) => list.kind.name(),
            Value::Map(map) => map.kind.name(),
            Value::Time(_) => "time.Time",
            Value::Version(_) => "*semver.Version",
        }
    }

    /// Go's name of the value's kind, as `kindOf` prints it.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Nil => "invalid",
            Value::Int(_, kind) => kind.kind(),
            Value::List(_) => "slice",
            Value::Map(map) => match map.kind {
                MapType::Struct(_) => "ptr",
                _ => "map",
            },
            Value::Time(_) => "struct",
            Value::Version(_) => "ptr",
            other => other.type_name(),
        }
    }

    /// Go's truth: not the zero value; of what has a length, whether it is not empty.
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(truth) => *truth,
            Value::Int(number, _) => *number != 0,
            Value::Uint(number, _) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::List(list) => !list.items.is_empty(),
            Value::Map(map) => matches!(map.kind, MapType::Struct(_)) || !map.is_empty(),
            Value::Time(_) | Value::Version(_) => true,
        }
    }

    /// About how many bytes the value itself takes, without what its elements hold.
    pub(crate) fn weight(&self) -> u64 {
        let size = size_of::<Value>();
        let bytes = match self {
            Value::String(text) => text.len(),
            Value::List(list) => list.items.len().saturating_mul(size),
            Value::Map(map) => map.len().saturating_mul(4 * size),
            _ => 0,
        };
        bytes as u64 + 32
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::int(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Uint(number, UintType::Uint64)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::list(items)
    }
}

impl From<BTreeMap<String, Value>> for Value {
    fn from(entries: BTreeMap<String, Value>) -> Value {
        Value::map(entries.into_iter().map(|(k, v)| (Key::from(k.as_str()), v)))
    }
}
