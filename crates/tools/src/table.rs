//! The macro that makes a family's table from its list of modules.

/// Declares the modules and the family's `PROGRAMS`; each module has a `PROGRAM`.
macro_rules! programs {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// The programs of this family, in alphabetical order of their files.
        pub const PROGRAMS: &[&chain::Program] = &[$(&$module::PROGRAM),*];
    };
}
