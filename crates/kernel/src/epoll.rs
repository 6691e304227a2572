//! Waiting for many descriptors at once: epoll(7). What it refuses, and everything where a
//! sandbox has none or where it fails, is waited for by poll(2) over a list: a descriptor
//! that was asked for is heard, whatever the kernel says.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use crate::{check, errno, signal};

/// An epoll instance whose entries carry a number of the caller's.
pub struct Epoll {
    /// None where there is no epoll(7).
    epoll: Option<OwnedFd>,
    /// It has failed: everything is polled.
    broken: Cell<bool>,
    /// All that is to be watched, by its number, and how many of it epoll has refused.
    watched: RefCell<Vec<Option<Watched>>>,
    refused: Cell<usize>,
    /// The signal mask while it waits, where that is not the process's.
    mask: Cell<Option<signal::Set>>,
}

/// Room for how many more is made at a time.
const SOME: usize = 64;

/// What is watched of a descriptor.
#[derive(Clone, Copy)]
struct Watched {
    events: i32,
    token: u64,
    /// Whether epoll has refused it.
    refused: bool,
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
    /// A new instance, closed on exec. Where none can be had (ENOSYS, EMFILE, ENFILE, ENOMEM)
    /// it is poll(2), which needs nothing.
    pub fn create() -> Epoll {
        // SAFETY: takes a number; the new descriptor is owned here.
        let made = |answer: i32| unsafe { Ok(OwnedFd::from_raw_fd(check(answer)?)) };
        // SAFETY: takes a number.
        let newer = made(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) });
        let epoll = newer.or_else(|_: io::Error| {
            made(older_create()).and_then(|epoll| {
                crate::fd::set_close_on_exec(epoll.as_raw_fd(), true)?;
                Ok(epoll)
            })
        });
        Epoll::by(epoll.ok())
    }

    fn by(epoll: Option<OwnedFd>) -> Epoll {
        Epoll {
            epoll,
            broken: Cell::new(false),
            watched: RefCell::new(Vec::new()),
            refused: Cell::new(0),
            mask: Cell::new(None),
        }
    }

    /// From now on `mask` holds while this waits, and the process's own again after it.
    pub fn deliver_while_waiting(&self, mask: Option<signal::Set>) {
        self.mask.set(mask);
    }

    /// What does the waiting, as long as it has not failed.
    fn instance(&self) -> Option<RawFd> {
        let whole = !self.broken.get();
        self.epoll
            .as_ref()
            .filter(|_| whole)
            .map(AsRawFd::as_raw_fd)
    }

    fn watch(&self, fd: RawFd, events: i32, token: u64) -> io::Result<()> {
        let accepted = match self.instance() {
            None => false,
            Some(epoll) => match control(epoll, libc::EPOLL_CTL_ADD, fd, events, token) {
                // A descriptor that was closed without a word may come again under its number.
                Err(error) if errno::is(&error, libc::EEXIST) => {
                    control(epoll, libc::EPOLL_CTL_MOD, fd, events, token).is_ok()
                }
                Err(error) if !can_be_polled(fd, &error) => return Err(error),
                other => other.is_ok(),
            },
        };
        self.forget(fd);
        self.refused
            .set(self.refused.get() + usize::from(!accepted));
        let watched = Watched {
            events,
            token,
            refused: !accepted,
        };
        let mut all = self.watched.borrow_mut();
        let slot = usize::try_from(fd).map_err(|_| errno::from(libc::EBADF))?;
        if all.len() <= slot {
            // Not twice as many as there are: it may be for thousands.
            let more = slot + 1 - all.len();
            all.reserve_exact(more.max(SOME));
            all.resize(slot + 1, None);
        }
        all[slot] = Some(watched);
        Ok(())
    }

    /// Takes a descriptor out of the list alone.
    fn forget(&self, fd: RawFd) -> Option<Watched> {
        let slot = usize::try_from(fd).ok()?;
        let old = self.watched.borrow_mut().get_mut(slot)?.take()?;
        self.refused
            .set(self.refused.get() - usize::from(old.refused));
        Some(old)
    }

    /// Watches `fd` for input, level-triggered.
    ///
    /// # Errors
    /// EBADF when it is not open, EPERM for a file or directory, which is always ready.
    pub fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.watch(fd, libc::EPOLLIN, token)
    }

    /// Watches `fd` for room to write and no longer for input: input that nobody takes, or
    /// its end, would be news in every turn.
    ///
    /// # Errors
    /// As [`Epoll::add`].
    pub fn turn_to_output(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.watch(fd, libc::EPOLLOUT, token)
    }

    /// Stops watching `fd`. To be called ahead of closing it: a child may have a copy, and as
    /// long as there is one, what is watched goes on being news (epoll(7)), under a number
    /// that nothing can be done about.
    pub fn remove(&self, fd: RawFd) {
        let refused = self.forget(fd).is_some_and(|old| old.refused);
        if let Some(epoll) = self.instance()
            && !refused
            && control(epoll, libc::EPOLL_CTL_DEL, fd, 0, 0)
                .is_err_and(|error| crate::fd::is_open(fd) && !errno::is(&error, libc::ENOENT))
        {
            // It would speak for a descriptor that nobody listens to any more, for ever.
            self.break_off();
        }
    }

    /// From now on everything is polled.
    fn break_off(&self) {
        self.broken.set(true);
        let mut watched = self.watched.borrow_mut();
        let all = watched.iter_mut().flatten();
        self.refused.set(all.map(|one| one.refused = true).count());
    }

    /// Waits for news, at most `timeout` (none: for ever), and appends it to `news`.
    ///
    /// # Errors
    /// As ppoll(2), but for EINTR, which counts as no news.
    pub fn wait(&self, timeout: Option<Duration>, news: &mut Vec<Readiness>) -> io::Result<()> {
        let milliseconds = match timeout {
            None => -1,
            // Rounded up: a wait must not end before its time and spin.
            Some(time) => time.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32,
        };
        let outcome = match self.instance() {
            Some(epoll) if self.refused.get() == 0 => {
                match epoll_wait(epoll, milliseconds, self.mask.get().as_ref(), news) {
                    Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                        self.break_off();
                        self.poll(milliseconds, news)
                    }
                    other => other,
                }
            }
            Some(_) | None => self.poll(milliseconds, news),
        };
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }

    /// Waits by ppoll(2): for what epoll has refused, and for epoll itself, which can be
    /// polled like any other descriptor.
    fn poll(&self, milliseconds: i32, news: &mut Vec<Readiness>) -> io::Result<()> {
        let epoll = self.instance();
        let mut tokens = Vec::new();
        let mut polled: Vec<libc::pollfd> = Vec::new();
        let mut ask = |fd: RawFd, events: i32| {
            polled.push(libc::pollfd {
                fd,
                // The bits of poll(2) and of epoll(7) are the same numbers for what is used.
                events: events as libc::c_short,
                revents: 0,
            });
        };
        for (fd, watched) in self.watched.borrow().iter().enumerate() {
            if let Some(watched) = watched
                && watched.refused
            {
                tokens.push(watched.token);
                ask(fd as RawFd, watched.events);
            }
        }
        if let Some(epoll) = epoll {
            ask(epoll, libc::EPOLLIN);
        }
        ppoll(&mut polled, milliseconds, self.mask.get().as_ref())?;
        for (token, polled) in tokens.iter().zip(&polled) {
            if polled.revents & libc::POLLNVAL != 0 {
                // Closed meanwhile: epoll would have forgotten it by itself.
                self.forget(polled.fd);
            } else if polled.revents != 0 {
                news.push(readiness(*token, i32::from(polled.revents)));
            }
        }
        match epoll {
            Some(epoll) if polled.last().is_some_and(|last| last.revents != 0) => {
                if let Err(error) = epoll_wait(epoll, 0, None, news)
                    && error.kind() != io::ErrorKind::Interrupted
                {
                    self.break_off();
                }
            }
            Some(_) | None => {}
        }
        Ok(())
    }
}

/// Whether poll(2) can watch what epoll has refused for this reason. A file or directory
/// is always ready, and would be news for ever.
fn can_be_polled(fd: RawFd, error: &io::Error) -> bool {
    if errno::is(error, libc::EBADF) {
        return crate::fd::is_open(fd);
    }
    let kind = crate::fs::stat(&fd).map(|stat| stat.is_file() || stat.is_dir());
    !errno::is(error, libc::EPERM) || !kind.unwrap_or(false)
}

fn control(epoll: RawFd, operation: i32, fd: RawFd, events: i32, token: u64) -> io::Result<()> {
    let mut event = libc::epoll_event {
        events: events as u32,
        u64: token,
    };
    // SAFETY: `event` is valid for the call.
    check(unsafe { libc::epoll_ctl(epoll, operation, fd, &mut event) }).map(drop)
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
    epoll: RawFd,
    milliseconds: i32,
    mask: Option<&signal::Set>,
    news: &mut Vec<Readiness>,
) -> io::Result<()> {
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
    let room = events.len() as i32;
    let place = events.as_mut_ptr();
    // SAFETY: the array has the length that is given; the mask is initialised.
    let count = unsafe {
        match mask {
            None => libc::epoll_wait(epoll, place, room, milliseconds),
            Some(mask) => libc::epoll_pwait(epoll, place, room, milliseconds, &mask.0),
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

fn ppoll(
    polled: &mut [libc::pollfd],
    milliseconds: i32,
    mask: Option<&signal::Set>,
) -> io::Result<()> {
    let time = libc::timespec {
        tv_sec: (milliseconds / 1000).into(),
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
    })
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fd;

    #[test]
    fn a_list_for_poll_does_what_epoll_does() {
        let broken = Epoll::create();
        broken.break_off();
        for epoll in [Epoll::create(), Epoll::by(None), broken] {
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

    /// A device of whose kind epoll refuses some is watched all the same, and what has been
    /// refused is heard beside what has not.
    #[test]
    fn what_epoll_refuses_is_polled_beside_it() {
        let epoll = Epoll::create();
        let (read, write) = fd::pipe().unwrap();
        let (other, more) = fd::pipe().unwrap();
        epoll.add(read.as_raw_fd(), 7).unwrap();
        epoll.add(other.as_raw_fd(), 8).unwrap();
        // As if the kernel had refused the second.
        control(
            epoll.instance().unwrap(),
            libc::EPOLL_CTL_DEL,
            other.as_raw_fd(),
            0,
            0,
        )
        .unwrap();
        epoll
            .watched
            .borrow_mut()
            .get_mut(other.as_raw_fd() as usize)
            .and_then(Option::as_mut)
            .unwrap()
            .refused = true;
        epoll.refused.set(1);
        let news = || {
            let mut news = Vec::new();
            epoll
                .wait(Some(Duration::from_millis(20)), &mut news)
                .unwrap();
            let mut tokens: Vec<u64> = news.iter().map(|one| one.token).collect();
            tokens.sort_unstable();
            tokens
        };
        assert_eq!(news(), []);
        fd::write_all(write.as_raw_fd(), b"x").unwrap();
        assert_eq!(news(), [7]);
        fd::write_all(more.as_raw_fd(), b"x").unwrap();
        assert_eq!(news(), [7, 8]);
        epoll.remove(other.as_raw_fd());
        assert_eq!(news(), [7]);
        assert_eq!(epoll.refused.get(), 0);
    }

    #[test]
    fn a_file_is_no_news() {
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert!(Epoll::create().add(file.as_raw_fd(), 1).is_err());
        assert!(Epoll::create().add(1 << 20, 1).is_err());
    }
}
