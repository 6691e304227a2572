//! Which descriptors a service has: what a program that goes on after a crash takes over.

use std::os::fd::RawFd;

use plan::bytes::{Malformed, Reader, Writer};

/// A service's descriptors; all of them stay open across execve(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Descriptors {
    pub(crate) control: Option<RawFd>,
    pub(crate) notification: Option<RawFd>,
    /// A logger's input: the end that it reads, and ours.
    pub(crate) input: Option<(RawFd, Option<RawFd>)>,
}

impl Descriptors {
    pub(crate) fn write(self, out: &mut Writer) {
        let (read, write) = self
            .input
            .map_or((None, None), |(read, write)| (Some(read), write));
        for number in [self.control, self.notification, read, write] {
            out.i32(number.unwrap_or(-1));
        }
    }

    pub(crate) fn read(from: &mut Reader) -> Result<Descriptors, Malformed> {
        let mut number = || Ok(Some(from.i32()?).filter(|number| *number > 2));
        let (control, notification) = (number()?, number()?);
        let (read, write) = (number()?, number()?);
        Ok(Descriptors {
            control,
            notification,
            input: read.map(|read| (read, write)),
        })
    }

    pub(crate) fn numbers(self) -> impl Iterator<Item = RawFd> {
        let (read, write) = self
            .input
            .map_or((None, None), |(read, write)| (Some(read), write));
        [self.control, self.notification, read, write]
            .into_iter()
            .flatten()
    }
}
