//! Calls below a directory's descriptor for who walks thousands of entries: names as the
//! kernel gave them, in buffers that are used again. [`crate::dir`] has the same for those
//! who meet a name now and then.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::check;
use crate::errno;
use crate::fs::Stat;

/// openat(2) with these flags (O_CLOEXEC is added) and, where a file is made, `mode`. A link
/// is followed unless the flags say otherwise.
///
/// # Errors
/// As openat(2).
pub fn open(dir: &impl AsRawFd, name: &CStr, flags: i32, mode: u32) -> io::Result<OwnedFd> {
    errno::retry(|| {
        // SAFETY: the name is a C string; the descriptor is owned here.
        unsafe {
            let fd = check(libc::openat(
                dir.as_raw_fd(),
                name.as_ptr(),
                flags | libc::O_CLOEXEC,
                mode as libc::c_uint,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    })
}

/// Makes a directory (mkdirat(2)); the umask applies.
///
/// # Errors
/// EEXIST, EROFS, EACCES.
pub fn make_dir(dir: &impl AsRawFd, name: &CStr, mode: u32) -> io::Result<()> {
    // SAFETY: the name is a C string.
    check(unsafe { libc::mkdirat(dir.as_raw_fd(), name.as_ptr(), mode as libc::mode_t) }).map(drop)
}

/// Makes a symbolic link (symlinkat(2)).
///
/// # Errors
/// EEXIST, EROFS, EACCES.
pub fn make_link(target: &CStr, dir: &impl AsRawFd, name: &CStr) -> io::Result<()> {
    // SAFETY: both are C strings.
    check(unsafe { libc::symlinkat(target.as_ptr(), dir.as_raw_fd(), name.as_ptr()) }).map(drop)
}

/// Where the link `name` points (readlinkat(2)), as a C string in `buffer`.
///
/// # Errors
/// EINVAL when it is no link; ENAMETOOLONG for a target that `buffer` has no room for.
pub fn read_link<'a>(
    dir: &impl AsRawFd,
    name: &CStr,
    buffer: &'a mut [u8],
) -> io::Result<&'a CStr> {
    // SAFETY: the name is a C string, and the buffer has the length that is given.
    let length = unsafe {
        libc::readlinkat(
            dir.as_raw_fd(),
            name.as_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
        )
    };
    let length = check(libc::c_int::try_from(length).unwrap_or(-1))? as usize;
    let end = buffer
        .get_mut(length)
        .ok_or_else(|| errno::from(errno::ENAMETOOLONG))?;
    *end = 0;
    CStr::from_bytes_until_nul(buffer).map_err(|_| errno::from(errno::EINVAL))
}

/// What fstat(2) says of an open file, and how long it is.
///
/// # Errors
/// EBADF.
pub fn stat(fd: &impl AsRawFd) -> io::Result<(Stat, u64)> {
    // SAFETY: all-zero bytes are a valid stat buffer to fill in.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        check(libc::fstat(fd.as_raw_fd(), &mut stat))?;
        Ok((Stat::from(&stat), stat.st_size.unsigned_abs()))
    }
}

/// What an entry is, as far as its directory says it (`d_type`, readdir(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A fifo.
    Fifo,
    /// A socket or a device.
    Other,
    /// The file system does not say.
    Unknown,
}

/// The entries of one directory, sorted bytewise. Made once, it is filled again and again.
#[derive(Default)]
pub struct Listing {
    /// The names, each with its NUL.
    names: Vec<u8>,
    /// Where each begins, how long it is with its NUL, and what it is.
    entries: Vec<(u32, u32, Kind)>,
    /// What the kernel gives at a time.
    records: Vec<u8>,
}

/// How much the kernel is asked for at a time: some hundred entries.
const RECORDS: usize = 4096;

/// Where a record (struct linux_dirent64) has its length, its type and its name.
const LENGTH: usize = 16;
const KIND: usize = 18;
const NAME: usize = 19;

impl Listing {
    /// Reads the directory `dir`, which was opened for reading and from which nobody has
    /// read; `.` and `..` are left out.
    ///
    /// # Errors
    /// As getdents64(2); EFBIG for names of 4 GiB.
    pub fn fill(&mut self, dir: &impl AsRawFd) -> io::Result<()> {
        self.names.clear();
        self.entries.clear();
        self.records.resize(RECORDS, 0);
        loop {
            let got = errno::retry(|| {
                // SAFETY: the buffer has the length that is given.
                check(unsafe {
                    libc::syscall(
                        libc::SYS_getdents64,
                        dir.as_raw_fd(),
                        self.records.as_mut_ptr(),
                        self.records.len(),
                    ) as libc::c_int
                })
            })?;
            if got == 0 {
                break;
            }
            self.take(got as usize)?;
        }
        let names = &self.names;
        let name = |(at, length, _): &(u32, u32, Kind)| &names[*at as usize..][..*length as usize];
        self.entries.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        Ok(())
    }

    /// Takes the records in that the kernel gave.
    fn take(&mut self, got: usize) -> io::Result<()> {
        let mut rest = &self.records[..got];
        while !rest.is_empty() {
            let length = rest.get(LENGTH..KIND).and_then(|two| two.try_into().ok());
            let length = usize::from(u16::from_ne_bytes(length.unwrap_or_default()));
            let (Some(kind), Some(name)) = (rest.get(KIND), rest.get(NAME..length)) else {
                // Not what the kernel writes.
                return Err(errno::from(errno::EIO));
            };
            let name = CStr::from_bytes_until_nul(name).map_err(|_| errno::from(errno::EIO))?;
            if name != c"." && name != c".." {
                let bytes = name.to_bytes_with_nul();
                let at = u32::try_from(self.names.len());
                let at = at.map_err(|_| errno::from(errno::EFBIG))?;
                self.names.extend_from_slice(bytes);
                self.entries.push((at, bytes.len() as u32, kind_of(*kind)));
            }
            rest = &rest[length..];
        }
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at this place of the order.
    pub fn get(&self, index: usize) -> Option<(&CStr, Kind)> {
        let (at, length, kind) = *self.entries.get(index)?;
        let name = self.names.get(at as usize..)?.get(..length as usize)?;
        Some((CStr::from_bytes_with_nul(name).ok()?, kind))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&CStr, Kind)> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Whether there is an entry of this name.
    pub fn has(&self, name: &[u8]) -> bool {
        let bytes = |(at, length, _): &(u32, u32, Kind)| {
            &self.names[*at as usize..][..*length as usize - 1]
        };
        self.entries
            .binary_search_by(|entry| bytes(entry).cmp(name))
            .is_ok()
    }
}

fn kind_of(number: u8) -> Kind {
    match number {
        libc::DT_REG => Kind::File,
        libc::DT_DIR => Kind::Directory,
        libc::DT_LNK => Kind::Link,
        libc::DT_FIFO => Kind::Fifo,
        libc::DT_UNKNOWN => Kind::Unknown,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{self, flags};

    #[test]
    fn a_listing_is_sorted_whole_and_used_again() {
        let path = std::env::temp_dir().join(format!("at-{}", crate::process::id()));
        std::fs::create_dir(&path).expect("made");
        for number in 0..700 {
            std::fs::write(path.join(format!("file-{number:03}")), "").expect("written");
        }
        std::fs::create_dir(path.join("a")).expect("made");
        std::os::unix::fs::symlink("a", path.join("a-b")).expect("made");
        let open = |path: &std::path::Path| {
            fs::open(path, flags::O_RDONLY | flags::O_DIRECTORY, 0).expect("opens")
        };
        let mut listing = Listing::default();
        listing.fill(&open(&path)).expect("lists");
        assert_eq!(listing.len(), 702);
        assert_eq!(listing.get(0), Some((c"a", Kind::Directory)));
        assert_eq!(listing.get(1), Some((c"a-b", Kind::Link)));
        assert_eq!(listing.get(701), Some((c"file-699", Kind::File)));
        assert_eq!(listing.get(702), None);
        assert!(listing.has(b"a") && listing.has(b"file-000") && !listing.has(b"file"));
        listing.fill(&open(&path.join("a"))).expect("lists");
        assert!(listing.is_empty() && !listing.has(b"a"));

        let dir = open(&path);
        let mut short = [0u8; 2];
        assert_eq!(read_link(&dir, c"a-b", &mut short).expect("reads"), c"a");
        let error = read_link(&dir, c"a-b", &mut short[..1]).expect_err("no room");
        assert!(errno::is(&error, errno::ENAMETOOLONG));
        std::fs::remove_dir_all(&path).expect("removed");
    }
}
