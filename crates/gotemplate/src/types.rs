//! The Go types that a value can have, by the names that `typeOf` and errors print.

/// A signed integer type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntType {
    /// int
    Int,
    /// int32, which is also rune.
    Int32,
    /// int64
    Int64,
    /// time.Duration, in nanoseconds.
    Duration,
    /// time.Month
    Month,
    /// time.Weekday
    Weekday,
}

/// An unsigned integer type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UintType {
    /// uint
    Uint,
    /// uint8, which is also byte.
    Uint8,
    /// uint32
    Uint32,
    /// uint64
    Uint64,
}

/// The type of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// []interface {}
    Any,
    /// []string
    Strings,
    /// []int
    Ints,
    /// []uint8
    Bytes,
    /// [][]interface {}, what `chunk` makes.
    Lists,
}

/// The type of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapType {
    /// map[string]interface {}
    StringAny,
    /// map[string]string
    StringString,
    /// map[interface {}]interface {}
    AnyAny,
    /// A struct that goss hands over: printed in braces, with fields but no keys.
    Struct(&'static str),
}

impl IntType {
    /// Go's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            IntType::Int => "int",
            IntType::Int32 => "int32",
            IntType::Int64 => "int64",
            IntType::Duration => "time.Duration",
            IntType::Month => "time.Month",
            IntType::Weekday => "time.Weekday",
        }
    }

    /// Go's name of the kind beneath the type.
    pub fn kind(self) -> &'static str {
        match self {
            IntType::Int | IntType::Month | IntType::Weekday => "int",
            IntType::Int32 => "int32",
            IntType::Int64 | IntType::Duration => "int64",
        }
    }
}

impl UintType {
    /// Go's name of the type, which is that of its kind.
    pub fn name(self) -> &'static str {
        match self {
            UintType::Uint => "uint",
            UintType::Uint8 => "uint8",
            UintType::Uint32 => "uint32",
            UintType::Uint64 => "uint64",
        }
    }
}

impl ListType {
    /// Go's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            ListType::Any => "[]interface {}",
            ListType::Strings => "[]string",
            ListType::Ints => "[]int",
            ListType::Bytes => "[]uint8",
            ListType::Lists => "[][]interface {}",
        }
    }
}

impl MapType {
    /// Go's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            MapType::StringAny => "map[string]interface {}",
            MapType::StringString => "map[string]string",
            MapType::AnyAny => "map[interface {}]interface {}",
            MapType::Struct(name) => name,
        }
    }

    /// Whether its elements are interfaces, which errors about their fields name.
    pub(crate) fn holds_interfaces(self) -> bool {
        matches!(self, MapType::StringAny | MapType::AnyAny)
    }
}
