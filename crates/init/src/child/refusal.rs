//! How a child says that its program could not be executed: in a pipe that PID 1 reads.

use std::io;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use kernel::fd;
use kernel::spawn::{Report, Step};

use crate::child::origin;
use places::Paths;

/// News of a child that could not execute its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It could not; it has found no words for it (see `kernel::spawn`).
    Bare(Report),
    /// It could not, and this is why.
    Worded { pid: i32, cause: String },
    /// Why one of this unit's could not, found out by another child.
    Words { unit: u32, cause: String },
}

impl Refusal {
    /// One write of PIPE_BUF (4096) bytes at most, which no other child's can mix with
    /// (pipe(7)).
    const TEXT: usize = 4000;

    /// The kinds beside those of [`Report`].
    const WORDED: u16 = 16;
    const WORDS: u16 = 17;

    /// In a child that is made for it: says why the program at `path` of this unit could
    /// not be executed.
    pub(crate) fn explain(
        refusals: RawFd,
        unit: u32,
        paths: &Paths,
        path: &Path,
        error: &io::Error,
    ) -> u8 {
        let cause = origin::why_not(paths, path, error);
        let words = Refusal::Words { unit, cause };
        let _ = fd::write_all(refusals, &words.encode());
        0
    }

    /// The program that a bare report is about, in the service's directory `dir`, of a
    /// service that is `finishing` or not.
    pub(crate) fn path(report: &Report, dir: &Path, finishing: bool) -> PathBuf {
        match (report.step, finishing) {
            (Step::Directory, _) => dir.to_path_buf(),
            (Step::Program, false) => dir.join("run"),
            (Step::Program, true) => dir.join("finish"),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let (number, kind, cause) = match self {
            Refusal::Bare(report) => return report.encode().to_vec(),
            Refusal::Worded { pid, cause } => (pid.to_ne_bytes(), Refusal::WORDED, cause),
            Refusal::Words { unit, cause } => (unit.to_ne_bytes(), Refusal::WORDS, cause),
        };
        let text = cause.as_bytes();
        let text = &text[..text.len().min(Refusal::TEXT)];
        let mut bytes = number.to_vec();
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&(text.len() as u16).to_ne_bytes());
        bytes.extend_from_slice(text);
        bytes
    }

    /// The next one that waits in the pipe.
    pub(crate) fn read(refusals: RawFd) -> Option<Refusal> {
        let mut head = [0u8; Report::SIZE];
        if fd::read(refusals, &mut head).ok()? != head.len() {
            return None;
        }
        if let Some(report) = Report::decode(&head) {
            return Some(Refusal::Bare(report));
        }
        let [a, b, c, d, kind @ .., e, f] = head;
        let length = usize::from(u16::from_ne_bytes([e, f])).min(Refusal::TEXT);
        let mut text = vec![0u8; length];
        let count = fd::read(refusals, &mut text).ok()?;
        let cause = String::from_utf8_lossy(&text[..count]).into_owned();
        match u16::from_ne_bytes(kind) {
            Refusal::WORDED => Some(Refusal::Worded {
                pid: i32::from_ne_bytes([a, b, c, d]),
                cause,
            }),
            Refusal::WORDS => Some(Refusal::Words {
                unit: u32::from_ne_bytes([a, b, c, d]),
                cause,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_refusal_crosses_the_pipe_whole_and_cut() {
        let (read, write) = fd::pipe().expect("pipe");
        let bare = Refusal::Bare(Report {
            pid: 41,
            step: Step::Program,
            errno: 2,
        });
        for cause in ["no such file".to_string(), "x".repeat(9000)] {
            let cut = cause[..cause.len().min(4000)].to_string();
            let pid = 42;
            for (sent, expected) in [
                (
                    Refusal::Worded {
                        pid,
                        cause: cause.clone(),
                    },
                    Refusal::Worded {
                        pid,
                        cause: cut.clone(),
                    },
                ),
                (
                    Refusal::Words { unit: 7, cause },
                    Refusal::Words {
                        unit: 7,
                        cause: cut,
                    },
                ),
                (bare.clone(), bare.clone()),
            ] {
                fd::write_all(write.as_raw_fd(), &sent.encode()).expect("write");
                assert_eq!(Refusal::read(read.as_raw_fd()), Some(expected));
            }
        }
    }
}
