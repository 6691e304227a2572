//! A group: a name for several units.

/// A name under which units are asked for together, such as s6-rc's bundles
/// (s6-rc-compile(1)). The engine knows groups while it runs: what is asked of one is
/// asked of each unit in it. A group itself is neither up nor down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Unique name; no unit has it either.
    pub name: String,
    /// Names of units and of other groups.
    pub members: Vec<String>,
}
