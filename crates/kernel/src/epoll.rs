//! Waiting for many descriptors at once: epoll(7), or, where a sandbox has none, poll(2)
//! over a list.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use crate::{check, errno, signal};

/// An epoll instance whose entries carry a number of the caller's.
pub struct Epoll {
    means: Means,
    /// The signal mask while it waits, where that is not the process's.
    mask: Cell<Option<signal::Set>>,
}

enum Means {
    Epoll(OwnedFd),
    Poll(RefCell<Vec<Watched>>),
}

/// What poll(2) is to watch.
#[derive(Clone, Copy)]
struct Watched {
    fd: RawFd,
    events: i32,
    token: u64,
}

/// News of one descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The number given to [`Epoll::add`].
    pub token: u64,
    /// There is something to read, or the end.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
    /// The other side is gone or the descriptor is broken.
    pub hangup: bool,
}

impl Epoll {
    /// A new instance, closed on exec.
    ///
    /// # Errors
    /// EMFILE, ENOMEM.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: takes a number; the new descriptor is owned here.
        let made = |answer: i32| unsafe { Ok(OwnedFd::from_raw_fd(check(answer)?)) };
        // SAFETY: takes a number.
        let newer = made(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) });
        let epoll = match newer {
            Err(error) if errno::is_missing_call(&error) => {
                made(older_create()).and_then(|epoll| {
                    crate::fd::set_close_on_exec(epoll.as_raw_fd(), true)?;
                    Ok(epoll)
                })
            }
            other => other,
        };
        match epoll {
            Ok(epoll) => Ok(Epoll::by(Means::Epoll(epoll))),
            Err(error) if errno::is_missing_call(&error) => Ok(Epoll::by_poll()),
            Err(error) => Err(error),
        }
    }

    fn by_poll() -> Epoll {
        Epoll::by(Means::Poll(RefCell::new(Vec::new())))
    }

    fn by(means: Means) -> Epoll {
        Epoll {
            means,
            mask: Cell::new(None),
        }
    }

    /// From now on `mask` holds while this waits, and the process's own again after it.
    pub fn deliver_while_waiting(&self, mask: Option<signal::Set>) {
        self.mask.set(mask);
    }

    fn control(&self, operation: i32, fd: RawFd, events: i32, token: u64) -> io::Result<()> {
        let list = match &self.means {
            Means::Poll(list) => list,
            Means::Epoll(epoll) => {
                let mut event = libc::epoll_event {
                    events: events as u32,
                    u64: token,
                };
                // SAFETY: `event` is valid for the call.
                return check(unsafe {
                    libc::epoll_ctl(epoll.as_raw_fd(), operation, fd, &mut event)
                })
                .map(drop);
            }
        };
        let mut list = list.borrow_mut();
        // A descriptor that was closed without a word may come again under its number.
        list.retain(|watched| watched.fd != fd);
        if operation != libc::EPOLL_CTL_DEL {
            list.push(Watched { fd, events, token });
        }
        Ok(())
    }

    /// Watches `fd` for input, level-triggered.
    ///
    /// # Errors
    /// EEXIST, EPERM for files that cannot be watched, ENOSPC.
    pub fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, libc::EPOLLIN, token)
    }

    /// Watches `fd` for room to write and no longer for input: input that nobody takes, or
    /// its end, would be news in every turn.
    ///
    /// # Errors
    /// ENOENT when it is not watched.
    pub fn turn_to_output(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, libc::EPOLLOUT, token)
    }

    /// Stops watching `fd`. To be called ahead of closing it: a child may have a copy, and as
    /// long as there is one, what is watched goes on being news (epoll(7)), under a number
    /// that nothing can be done about.
    pub fn remove(&self, fd: RawFd) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, 0, 0);
    }

    /// Waits for news, at most `timeout` (none: for ever), and appends it to `news`.
    ///
    /// # Errors
    /// As epoll_wait(2), but for EINTR, which counts as no news.
    pub fn wait(&self, timeout: Option<Duration>, news: &mut Vec<Readiness>) -> io::Result<()> {
        let milliseconds = match timeout {
            None => -1,
            // Rounded up: a wait must not end before its time and spin.
            Some(time) => time.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32,
        };
        let mask = self.mask.get();
        let mask = mask.as_ref();
        let outcome = match &self.means {
            Means::Epoll(epoll) => epoll_wait(epoll, milliseconds, mask, news),
            Means::Poll(list) => poll(&mut list.borrow_mut(), milliseconds, mask, news),
        };
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }
}

/// epoll_create(2) itself, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
fn older_create() -> i32 {
    // SAFETY: takes a number; the kernel only wants it above 0.
    unsafe { libc::syscall(libc::SYS_epoll_create, 1) as i32 }
}

#[cfg(not(target_arch = "x86_64"))]
fn older_create() -> i32 {
    // SAFETY: takes a number.
    unsafe { libc::epoll_create(1) }
}

fn readiness(token: u64, bits: i32) -> Readiness {
    Readiness {
        token,
        readable: bits & libc::EPOLLIN != 0,
        writable: bits & libc::EPOLLOUT != 0,
        hangup: bits & (libc::EPOLLHUP | libc::EPOLLERR) != 0,
    }
}

fn epoll_wait(
    epoll: &OwnedFd,
    milliseconds: i32,
    mask: Option<&signal::Set>,
    news: &mut Vec<Readiness>,
) -> io::Result<()> {
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
    let room = events.len() as i32;
    // SAFETY: the array has the length that is given; the mask is initialised.
    let count = unsafe {
        match mask {
            None => libc::epoll_wait(epoll.as_raw_fd(), events.as_mut_ptr(), room, milliseconds),
            Some(mask) => libc::epoll_pwait(
                epoll.as_raw_fd(),
                events.as_mut_ptr(),
                room,
                milliseconds,
                &mask.0,
            ),
        }
    };
    let count = check(count)? as usize;
    news.extend(
        events[..count]
            .iter()
            .map(|event| readiness(event.u64, event.events as i32)),
    );
    Ok(())
}

/// The bits of poll(2) and of epoll(7) are the same numbers for what is used here.
fn poll(
    list: &mut Vec<Watched>,
    milliseconds: i32,
    mask: Option<&signal::Set>,
    news: &mut Vec<Readiness>,
) -> io::Result<()> {
    let mut polled: Vec<libc::pollfd> = list
        .iter()
        .map(|watched| libc::pollfd {
            fd: watched.fd,
            events: watched.events as libc::c_short,
            revents: 0,
        })
        .collect();
    let time = libc::timespec {
        tv_sec: libc::time_t::from(milliseconds / 1000),
        tv_nsec: libc::c_long::from(milliseconds % 1000) * 1_000_000,
    };
    let time = match milliseconds {
        -1 => std::ptr::null(),
        _ => &raw const time,
    };
    let mask = mask.map_or(std::ptr::null(), |mask| &raw const mask.0);
    // SAFETY: the array has the length that is given; time and mask are null or live on.
    check(unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            polled.len() as libc::nfds_t,
            time,
            mask,
        )
    })?;
    for (watched, polled) in list.iter().zip(&polled) {
        if polled.revents & !libc::POLLNVAL != 0 {
            news.push(readiness(watched.token, i32::from(polled.revents)));
        }
    }
    // Closed meanwhile: epoll would have forgotten it by itself.
    let mut polled = polled.iter();
    list.retain(|_| {
        polled
            .next()
            .is_none_or(|polled| polled.revents & libc::POLLNVAL == 0)
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fd;

    #[test]
    fn a_list_for_poll_does_what_epoll_does() {
        for epoll in [Epoll::new().unwrap(), Epoll::by_poll()] {
            let (read, write) = fd::pipe().unwrap();
            let (other, _keep) = fd::pipe().unwrap();
            epoll.add(read.as_raw_fd(), 7).unwrap();
            epoll.add(other.as_raw_fd(), 8).unwrap();
            let news = |limit: Option<Duration>| {
                let mut news = Vec::new();
                epoll.wait(limit, &mut news).unwrap();
                news
            };
            assert_eq!(news(Some(Duration::from_micros(1))), []);
            fd::write_all(write.as_raw_fd(), b"x").unwrap();
            let told = news(None);
            assert_eq!((told.len(), told[0].token), (1, 7));
            assert!(told[0].readable && !told[0].hangup);
            epoll.remove(read.as_raw_fd());
            assert_eq!(news(Some(Duration::ZERO)), []);
            // Closed without a word: forgotten.
            epoll.add(read.as_raw_fd(), 9).unwrap();
            drop(read);
            assert_eq!(news(Some(Duration::ZERO)), []);
            epoll.add(write.as_raw_fd(), 10).unwrap();
            epoll.turn_to_output(write.as_raw_fd(), 11).unwrap();
            let told = news(None);
            assert_eq!((told.len(), told[0].token), (1, 11));
            assert!(told[0].hangup);
        }
    }
}
