//! Who has said that it could not execute its program.
//!
//! A child says so in a pipe, and ends with 126 or 127, as a program may too. So what it
//! has said is kept until it is reaped, and no longer: its number may be the next child's.

use kernel::process::WaitStatus;

/// Children that have said so and have not been reaped.
#[derive(Debug, Default)]
pub(crate) struct Refused(Vec<i32>);

impl Refused {
    /// A child has said so.
    pub(crate) fn heard(&mut self, pid: i32) {
        if !self.0.contains(&pid) {
            self.0.push(pid);
        }
    }

    /// This child has ended, and all that it has said has been heard. Gives whether its
    /// program was never executed; one that was killed on the way has just ended.
    pub(crate) fn ended(&mut self, pid: i32, status: WaitStatus) -> bool {
        let before = self.0.len();
        self.0.retain(|other| *other != pid);
        self.0.len() < before && matches!(status, WaitStatus::Exited(126 | 127))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_has_said_is_about_that_child_alone() {
        let mut refused = Refused::default();
        refused.heard(7);
        // Killed between its word and its end.
        assert!(!refused.ended(7, WaitStatus::Killed(9)));
        // Another program that got the number, and ends with 127 itself.
        assert!(!refused.ended(7, WaitStatus::Exited(127)));
        refused.heard(8);
        refused.heard(8);
        assert!(refused.ended(8, WaitStatus::Exited(126)));
        assert!(!refused.ended(8, WaitStatus::Exited(126)));
    }
}
