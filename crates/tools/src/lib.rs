//! The programs that scripts call: one file a program, one line in its family's
//! table. Links, `--list` and the table tests follow from that line.
#![forbid(unsafe_code)]

#[macro_use]
mod table;

pub mod execline;
mod expression;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod for_fuzzing;
pub mod overlay;
pub mod portable;
pub mod s6;

use chain::Program;

/// Every program, family by family.
pub fn programs() -> impl Iterator<Item = &'static Program> {
    [
        execline::PROGRAMS,
        overlay::PROGRAMS,
        portable::PROGRAMS,
        s6::PROGRAMS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unique_and_every_program_says_what_it_does() {
        let mut names: Vec<&str> = super::programs().map(|p| p.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name stands twice in the table");
        for program in super::programs() {
            assert!(
                !program.summary.is_empty(),
                "{} has no summary",
                program.name
            );
            assert!(
                !program.summary.ends_with('.') && !program.summary.contains('\n'),
                "{}: a summary is one line without a full stop",
                program.name
            );
        }
    }
}
