//! Starting a program without copying this process and without waiting for it.
//!
//! fork(2) copies page tables and the table of descriptors, which exec throws away at
//! once; the more services there are, the more there is to copy. vfork(2) copies nothing,
//! but holds its caller up until the program has been loaded, which on a file system that
//! hangs never ends. So the child shares this process's memory (clone(2) with CLONE_VM),
//! has a small stack of its own, and the caller goes on at once.
//!
//! Such a child may not allocate, may not use the C library (errno and its locks are the
//! parent's), and what it reads must stay until it has executed its program. Its words
//! are copied to a slot beside its stack; the kernel says when the slot is free again
//! (CLONE_CHILD_CLEARTID, on exec as on exit). Why a program could not be executed it can
//! only say by number. Of signals it resets the mask and those that this process has
//! handlers for ([`crate::crash`]); none may be ignored here ([`crate::signal::reset_dispositions`]).
//!
//! Where this cannot be done, callers are told to fork: another architecture than x86-64 and
//! arm64, an emulator that knows no such child (qemu-user), a kernel before 5.16 (there a core dump of the child would end everybody who shares its
//! memory), a sandbox without close_range(2), words that are too long, no free slot.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod child;

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::check;
use crate::limits::Limit;
use crate::process::ExecVector;

/// What is to be started, and how.
pub struct Start<'a> {
    /// Its directory.
    pub dir: &'a [u8],
    /// Its words; the first is also the path that is executed, as seen from `dir`.
    pub argv: &'a [&'a [u8]],
    /// A session of its own; else at least a process group.
    pub own_session: bool,
    /// What becomes its standard input; /dev/null without.
    pub input: Option<RawFd>,
    /// What becomes its standard output; the caller's without.
    pub output: Option<RawFd>,
    /// A descriptor that it gets under a number that it asks for.
    pub extra: Option<(RawFd, RawFd)>,
    /// Where a [`Report`] is written if it could not be executed.
    pub report: RawFd,
    /// The limit on open files that it gets.
    pub open_files: Option<Limit>,
    /// The limit on the size of files that it gets; the caller's without.
    pub file_size: Option<Limit>,
    /// The umask that it gets; the caller's without.
    pub umask: Option<u32>,
    /// Where the kernel notes its pid before this comes back.
    pub note: Option<&'a AtomicU64>,
}

/// What could not be done in a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Going to its directory.
    Directory,
    /// Executing its program.
    Program,
}

/// How a child says that its program could not be executed. One write, in one piece
/// (pipe(7), PIPE_BUF).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who.
    pub pid: i32,
    /// What it could not do.
    pub step: Step,
    /// Why.
    pub errno: u16,
}

impl Report {
    /// How many bytes it has.
    pub const SIZE: usize = 8;

    const DIRECTORY: u16 = 1;
    const PROGRAM: u16 = 2;

    /// What a child writes: pid, kind, errno.
    pub fn encode(&self) -> [u8; Report::SIZE] {
        let kind = match self.step {
            Step::Directory => Report::DIRECTORY,
            Step::Program => Report::PROGRAM,
        };
        let [a, b, c, d] = self.pid.to_ne_bytes();
        let ([e, f], [g, h]) = (kind.to_ne_bytes(), self.errno.to_ne_bytes());
        [a, b, c, d, e, f, g, h]
    }

    /// The inverse of [`Report::encode`]; none for another kind.
    pub fn decode(bytes: &[u8; Report::SIZE]) -> Option<Report> {
        let [a, b, c, d, kind @ .., e, f] = *bytes;
        Some(Report {
            pid: i32::from_ne_bytes([a, b, c, d]),
            step: match u16::from_ne_bytes(kind) {
                Report::DIRECTORY => Step::Directory,
                Report::PROGRAM => Step::Program,
                _ => return None,
            },
            errno: u16::from_ne_bytes([e, f]),
        })
    }
}

/// How many children can be on their way to their program at the same time.
const SLOTS: usize = 32;

/// The last page of the region: how often a child has said something, in its first word.
const COUNTER: usize = SLOTS;

/// A slot is a page: what the child reads at its beginning, its stack at its end.
const SLOT: usize = 4096;

/// What is left to the stack at least.
const STACK: usize = 2048;

/// How much memory all of them have.
const REGION: usize = (SLOTS + 1) * SLOT;

/// Most words.
const WORDS: usize = 8;

/// How long to wait for a slot when all are taken: a busy machine frees one by then, and
/// nothing in the loop is late.
const PATIENCE: Duration = Duration::from_millis(1);

/// How often the memory of slots is asked back, and how long after the first try: each later
/// one comes later by as much.
const RESTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(20);

/// What a child reads. Everything that its pointers lead to stays until the slot is free.
#[repr(C)]
struct Plan {
    /// Not 0 while a child uses the slot.
    taken: AtomicI32,
    report: RawFd,
    said: *const AtomicU32,
    dir: *const u8,
    argv: [*const u8; WORDS + 1],
    envp: *const *const libc::c_char,
    own_session: bool,
    /// From here on descriptors are the parent's alone; 0: the child has its own table.
    private_from: u32,
    input: RawFd,
    output: RawFd,
    extra: (RawFd, RawFd),
    /// Soft and hard limit on open files (rlimit64); all ones: as it is.
    open_files: [u64; 2],
    /// The same of the size of files.
    file_size: [u64; 2],
    /// The umask; all ones: as it is.
    umask: u32,
}

const ROOM: usize = SLOT - STACK - size_of::<Plan>();

/// Starts programs.
pub struct Spawner {
    env: ManuallyDrop<ExecVector>,
    null: ManuallyDrop<OwnedFd>,
    region: ptr::NonNull<u8>,
    /// When each slot was taken: the number of the start.
    taken_at: [u64; SLOTS],
    starts: u64,
    /// Slots whose child has not executed its program within [`PATIENCE`].
    stuck: u32,
    /// How many slots have been used since the last rest.
    used: usize,
    /// What every child shares; none once the kernel has said that it makes no such child.
    flags: Option<i32>,
    /// How often a rest has been tried in vain since the last start.
    tries: u32,
}

impl Spawner {
    /// Starts programs with this environment. None where this machine cannot.
    pub fn new(env: ExecVector) -> Option<Spawner> {
        if !child::IS_KNOWN || kernel_version()? < (5, 16) || !has_close_range() {
            return None;
        }
        // Something else in its place is not waited for.
        let open = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
        let null = crate::fs::open("/dev/null".as_ref(), open, 0).ok()?;
        crate::fd::set_nonblocking(null.as_raw_fd(), false).ok()?;
        // SAFETY: a new anonymous mapping; nothing is there that it could replace.
        let region = unsafe {
            libc::mmap(
                ptr::null_mut(),
                REGION,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if region == libc::MAP_FAILED {
            return None;
        }
        Some(Spawner {
            env: ManuallyDrop::new(env),
            null: ManuallyDrop::new(null),
            region: ptr::NonNull::new(region.cast())?,
            taken_at: [0; SLOTS],
            starts: 0,
            stuck: 0,
            used: 0,
            flags: Some(libc::CLONE_VM | libc::CLONE_CHILD_CLEARTID | libc::SIGCHLD),
            tries: 0,
        })
    }

    /// Starts a program and gives its pid. None: fork instead.
    ///
    /// # Errors
    /// As clone(2): EAGAIN at a limit on processes, ENOMEM.
    pub fn start(&mut self, start: &Start) -> io::Result<Option<i32>> {
        let words = start.argv.len();
        let bytes: usize = start.argv.iter().map(|word| word.len() + 1).sum();
        let room = start.dir.len() + 1 + bytes <= ROOM && (1..=WORDS).contains(&words);
        let nul = start.argv.iter().any(|word| word.contains(&0)) || start.dir.contains(&0);
        if !room || nul {
            return Ok(None);
        }
        let Some(mut flags) = self.flags else {
            return Ok(None);
        };
        let Some(slot) = self.free_slot() else {
            return Ok(None);
        };
        let plan = self.plan(slot);
        let pipes = start.input.is_some() || start.output.is_some() || start.extra.is_some();
        let null = self.null.as_raw_fd();
        // SAFETY: the slot is free, so nobody else reads or writes it; plan, words and
        // stack fit into it as computed above.
        unsafe {
            let mut at = plan.cast::<u8>().add(size_of::<Plan>());
            let mut copy = |word: &[u8]| {
                let begin = at;
                ptr::copy_nonoverlapping(word.as_ptr(), at, word.len());
                at = at.add(word.len());
                at.write(0);
                at = at.add(1);
                begin.cast_const()
            };
            let mut argv = [ptr::null(); WORDS + 1];
            for (to, word) in argv.iter_mut().zip(start.argv) {
                *to = copy(word);
            }
            plan.write(Plan {
                taken: AtomicI32::new(1),
                report: start.report,
                said: self.counter(),
                dir: copy(start.dir),
                argv,
                envp: self.env.as_ptr(),
                own_session: start.own_session,
                private_from: match pipes {
                    true => 0,
                    false => start.report.max(null) as u32 + 1,
                },
                input: start.input.unwrap_or(null),
                output: start.output.unwrap_or(-1),
                extra: start.extra.unwrap_or((-1, -1)),
                open_files: words_of(start.open_files),
                file_size: words_of(start.file_size),
                umask: start.umask.unwrap_or(u32::MAX),
            });
        }
        if !pipes {
            flags |= libc::CLONE_FILES;
        }
        if start.note.is_some() {
            flags |= libc::CLONE_PARENT_SETTID;
        }
        let note = start.note.map_or(ptr::null_mut(), |place| {
            place.store(0, Ordering::Relaxed);
            place.as_ptr().cast()
        });
        // SAFETY: the plan and the stack above it belong to the child until it has
        // executed its program or ended; `note` is null or has room for a pid.
        let pid = unsafe { child::clone(flags, plan, note) };
        if pid < 0 {
            // SAFETY: the slot is still ours: there is no child.
            unsafe { (*plan).taken.store(0, Ordering::Relaxed) };
            // qemu-user: a child shares its memory as a thread does or not at all.
            if pid == -libc::EINVAL {
                self.flags = None;
                return Ok(None);
            }
            return Err(io::Error::from_raw_os_error(-pid));
        }
        self.starts += 1;
        self.taken_at[slot] = self.starts;
        self.used = self.used.max(slot + 1);
        self.tries = 0;
        Ok(Some(pid))
    }

    /// Gives the memory of slots back that the last burst of starts has left. To be called
    /// before waiting. Gives when it is to be called again: children that are still on their
    /// way need theirs. Who hangs there is not waited for, after some tries.
    pub fn rest(&mut self) -> Option<Duration> {
        if self.used <= 1 {
            return None;
        }
        if (0..self.used).any(|slot| self.is_taken(slot)) {
            self.tries += 1;
            return (self.tries <= RESTS).then_some(PAUSE * self.tries);
        }
        self.tries = 0;
        // SAFETY: the pages are ours and nobody uses them; they read as zero from now on:
        // free slots.
        unsafe {
            libc::madvise(
                self.region.as_ptr().cast(),
                self.used * SLOT,
                libc::MADV_DONTNEED,
            )
        };
        self.used = 0;
        None
    }

    fn plan(&self, slot: usize) -> *mut Plan {
        debug_assert!(slot < SLOTS);
        // SAFETY: within the region, which is aligned to pages.
        unsafe { self.region.as_ptr().add(slot * SLOT).cast() }
    }

    fn counter(&self) -> &AtomicU32 {
        // SAFETY: within the region, which begins as zero; this word is only ever accessed
        // atomically.
        unsafe { &*self.region.as_ptr().add(COUNTER * SLOT).cast::<AtomicU32>() }
    }

    /// A number that has changed when a child that has ended had written a [`Report`]: who
    /// wants to know what one has said need not read where it is still the same.
    pub fn said(&self) -> u32 {
        self.counter().load(Ordering::Acquire)
    }

    fn taken(&self, slot: usize) -> &AtomicI32 {
        // SAFETY: the region is initialised (zero, or a plan), and this word is only ever
        // accessed atomically while a child may use the slot.
        unsafe { &(*self.plan(slot)).taken }
    }

    fn is_taken(&self, slot: usize) -> bool {
        self.taken(slot).load(Ordering::Acquire) != 0
    }

    fn free_slot(&mut self) -> Option<usize> {
        if let Some(free) = (0..SLOTS).find(|slot| !self.is_taken(*slot)) {
            self.stuck &= !(1 << free);
            return Some(free);
        }
        // The one that has been on its way for longest, of those that move at all.
        let moves = |slot: &usize| self.stuck & (1 << slot) == 0;
        let oldest = (0..SLOTS)
            .filter(moves)
            .min_by_key(|slot| self.taken_at[*slot])?;
        let word = self.taken(oldest);
        let time = libc::timespec {
            tv_sec: 0,
            tv_nsec: PATIENCE.subsec_nanos().into(),
        };
        // SAFETY: the word and the time live on; the kernel wakes who waits for the word
        // when it clears it (clone(2), CLONE_CHILD_CLEARTID).
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT,
                1,
                &raw const time,
            )
        };
        let free = (0..SLOTS).find(|slot| !self.is_taken(*slot));
        match free {
            Some(free) => self.stuck &= !(1 << free),
            None => self.stuck |= 1 << oldest,
        }
        free
    }
}

/// A child that is still on its way to its program reads the environment, its plan and the
/// descriptor, and the kernel writes to its slot when it is there: then all of it stays.
impl Drop for Spawner {
    fn drop(&mut self) {
        if (0..SLOTS).any(|slot| self.is_taken(slot)) {
            return;
        }
        // SAFETY: no child uses any of it, and nothing of it is used after this.
        unsafe {
            ManuallyDrop::drop(&mut self.env);
            ManuallyDrop::drop(&mut self.null);
            libc::munmap(self.region.as_ptr().cast(), REGION);
        }
    }
}

/// Soft and hard limit as the kernel has them; without one all ones: as it is.
fn words_of(limit: Option<Limit>) -> [u64; 2] {
    limit.map_or([u64::MAX; 2], |limit| [limit.soft, limit.hard])
}

/// Major and minor number of the kernel (uname(2)).
fn kernel_version() -> Option<(u32, u32)> {
    // SAFETY: all-zero bytes are a valid utsname to fill in; the kernel ends the text.
    let release = unsafe {
        let mut name: libc::utsname = std::mem::zeroed();
        check(libc::uname(&mut name)).ok()?;
        std::ffi::CStr::from_ptr(name.release.as_ptr())
            .to_bytes()
            .to_vec()
    };
    let text = String::from_utf8(release).ok()?;
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn has_close_range() -> bool {
    let none = libc::c_uint::MAX;
    // SAFETY: there is no descriptor of that number.
    unsafe { libc::syscall(libc::SYS_close_range, none, none, 0) == 0 }
}

/// Elsewhere there is no such child; [`Spawner::new`] has said so.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod child {
    pub(super) const IS_KNOWN: bool = false;

    /// Never called.
    pub(super) unsafe fn clone(_: i32, _: *mut super::Plan, _: *mut i32) -> i32 {
        -libc::ENOSYS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, WaitStatus};
    use crate::{errno, fd};

    fn start<'a>(argv: &'a [&'a [u8]], report: RawFd) -> Start<'a> {
        Start {
            dir: b"/",
            argv,
            own_session: true,
            input: None,
            output: None,
            extra: None,
            report,
            open_files: None,
            file_size: None,
            umask: None,
            note: None,
        }
    }

    /// None where callers are told to fork.
    fn spawner() -> Option<Spawner> {
        let mut spawner = any_spawner()?;
        let argv = [&b"/bin/true"[..]];
        let pid = spawner.start(&start(&argv, 2)).expect("starts")?;
        process::wait(pid).expect("ends");
        Some(spawner)
    }

    fn any_spawner() -> Option<Spawner> {
        Spawner::new(ExecVector::new([b"A=1"]).expect("an environment"))
    }

    fn output_of(start: &mut Start) -> Option<(String, WaitStatus)> {
        let mut spawner = spawner()?;
        let (read, write) = fd::pipe().expect("a pipe");
        start.output = Some(write.as_raw_fd());
        let pid = spawner.start(start).expect("starts").expect("without fork");
        drop(write);
        let mut text = String::new();
        io::Read::read_to_string(&mut std::fs::File::from(read), &mut text).expect("reads");
        Some((text, process::wait(pid).expect("ends")))
    }

    #[test]
    fn a_program_begins_as_it_is_told() {
        let (report, _kept) = fd::pipe().expect("a pipe");
        let script = b"echo $A $(pwd); read x && echo $x; ulimit -n; cat <&9";
        let argv = [&b"/bin/sh"[..], b"-c", script];
        let mut start = start(&argv, report.as_raw_fd());
        let (input, feed) = fd::pipe().expect("a pipe");
        fd::write_all(feed.as_raw_fd(), b"in\n").expect("writes");
        let (nine, feed) = fd::pipe().expect("a pipe");
        fd::write_all(feed.as_raw_fd(), b"nine").expect("writes");
        drop(feed);
        start.dir = b"/proc";
        start.input = Some(input.as_raw_fd());
        start.extra = Some((nine.as_raw_fd(), 9));
        start.open_files = Some(Limit { soft: 77, hard: 99 });
        let Some((text, status)) = output_of(&mut start) else {
            return;
        };
        assert_eq!(text, "1 /proc\nin\n77\nnine");
        assert_eq!(status, WaitStatus::Exited(0));
    }

    /// An emulator makes a copy for vfork(2), and so its children can be looked at too.
    #[test]
    fn a_program_begins_where_memory_is_a_copy_too() {
        let Some(mut spawner) = any_spawner() else {
            return;
        };
        spawner.flags = spawner.flags.map(|flags| flags | libc::CLONE_VFORK);
        let (report, _kept) = fd::pipe().expect("a pipe");
        let (read, write) = fd::pipe().expect("a pipe");
        let argv = [&b"/bin/sh"[..], b"-c", b"echo $A $(pwd)"];
        let mut start = start(&argv, report.as_raw_fd());
        start.dir = b"/proc";
        start.output = Some(write.as_raw_fd());
        let pid = spawner.start(&start).expect("starts").expect("a child");
        drop(write);
        let mut text = String::new();
        io::Read::read_to_string(&mut std::fs::File::from(read), &mut text).expect("reads");
        assert_eq!(text, "1 /proc\n");
        assert_eq!(process::wait(pid).expect("ends"), WaitStatus::Exited(0));
    }

    #[test]
    fn nothing_of_ours_is_inherited_and_nothing_of_ours_is_touched() {
        let Some(mut spawner) = spawner() else {
            return;
        };
        let (read, write) = fd::pipe().expect("a pipe");
        let (lower, higher) = (read.as_raw_fd(), write.as_raw_fd());
        let script = format!("cd /proc/$$/fd && ! test -e {lower} && ! test -e {higher}");
        let argv = [&b"/bin/sh"[..], b"-c", script.as_bytes()];
        let mut start = start(&argv, lower);
        let place = AtomicU64::new(u64::MAX);
        start.note = Some(&place);
        for _ in 0..100 {
            let pid = spawner.start(&start).expect("starts");
            let pid = pid.expect("without fork");
            assert_eq!(place.load(Ordering::Relaxed), pid as u64);
            assert_eq!(process::wait(pid).expect("ends"), WaitStatus::Exited(0));
        }
        spawner.rest();
        fd::write_all(higher, b"open").expect("writes");
        assert_eq!(fd::read(lower, &mut [0; 9]).expect("reads"), 4);
    }

    #[test]
    fn what_cannot_be_executed_is_reported_by_number() {
        let Some(mut spawner) = spawner() else {
            return;
        };
        let (read, write) = fd::pipe().expect("a pipe");
        for (dir, program, step, number, code) in [
            (
                &b"/"[..],
                &b"./nowhere"[..],
                Step::Program,
                errno::ENOENT,
                127,
            ),
            (b"/", b"/etc/passwd", Step::Program, errno::EACCES, 126),
            (
                b"/nowhere",
                b"/bin/true",
                Step::Directory,
                errno::ENOENT,
                127,
            ),
        ] {
            let argv = [program];
            let mut start = start(&argv, write.as_raw_fd());
            start.dir = dir;
            let pid = spawner
                .start(&start)
                .expect("starts")
                .expect("without fork");
            assert_eq!(process::wait(pid).expect("ends"), WaitStatus::Exited(code));
            let mut bytes = [0; Report::SIZE];
            assert_eq!(fd::read(read.as_raw_fd(), &mut bytes).expect("reads"), 8);
            let errno = number as u16;
            assert_eq!(Report::decode(&bytes), Some(Report { pid, step, errno }));
        }
    }

    #[test]
    fn children_that_hang_before_their_program_leave_the_others_their_slots() {
        let Some(mut spawner) = spawner() else {
            return;
        };
        let (_read, write) = fd::pipe().expect("a pipe");
        // A fifo that nobody writes to holds up who executes a script that is one... no
        // kernel does that; so slots are taken as such a child would.
        for slot in 0..SLOTS - 1 {
            spawner.taken(slot).store(1, Ordering::Relaxed);
        }
        let argv = [&b"/bin/true"[..]];
        for _ in 0..10 {
            let pid = spawner.start(&start(&argv, write.as_raw_fd()));
            let pid = pid.expect("starts").expect("without fork");
            process::wait(pid).expect("ends");
        }
        spawner.taken(SLOTS - 1).store(1, Ordering::Relaxed);
        for _ in 0..SLOTS + 1 {
            assert_eq!(
                spawner
                    .start(&start(&argv, write.as_raw_fd()))
                    .expect("asks"),
                None
            );
        }
        assert_eq!(spawner.stuck, u32::MAX, "nobody is waited for any more");
    }

    #[test]
    fn what_a_child_on_its_way_still_reads_outlives_the_spawner() {
        for on_its_way in [true, false] {
            let Some(spawner) = spawner() else {
                return;
            };
            let null = spawner.null.as_raw_fd();
            // A number that no other test of this program takes meanwhile.
            let kept = fd::copy_above(null, 700).expect("a copy");
            let identity = crate::fs::stat(&kept).expect("stat").identity;
            spawner
                .taken(SLOTS - 1)
                .store(i32::from(on_its_way), Ordering::Relaxed);
            let word = spawner.taken(SLOTS - 1).as_ptr() as usize;
            drop(spawner);
            // msync(2) answers ENOMEM where nothing is mapped.
            let page = (word & !(SLOT - 1)) as *mut libc::c_void;
            // SAFETY: an address that is only asked about.
            let mapped = unsafe { libc::msync(page, SLOT, libc::MS_ASYNC) } == 0;
            if on_its_way {
                assert!(mapped, "the child's slot and stack");
                assert_eq!(crate::fs::stat(&null).expect("open").identity, identity);
                // What is left of this one is the test's to take away.
                crate::fd::close(null);
            }
        }
    }

    #[test]
    fn words_that_do_not_fit_are_for_fork() {
        let Some(mut spawner) = spawner() else {
            return;
        };
        let long = vec![b'x'; SLOT];
        for argv in [
            vec![&long[..]],
            vec![&b"a"[..]; WORDS + 1],
            vec![b"a\0b"],
            vec![],
        ] {
            assert_eq!(spawner.start(&start(&argv, 0)).expect("asks"), None);
        }
    }
}
