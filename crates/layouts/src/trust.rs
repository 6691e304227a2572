//! Who could have put a file where it is. The superuser walks directories here that
//! others may write to; what others could have put there must not lead it.

use kernel::credentials;
use kernel::fs::Stat;

/// Whether `uid` is the superuser or this user.
pub fn is_ours(uid: u32) -> bool {
    uid == 0 || uid == credentials::user()
}

/// Whether only the superuser and this user can make, move and remove entries of the
/// directory `dir`.
pub fn only_we_write(dir: &Stat) -> bool {
    is_ours(dir.uid) && dir.mode & 0o022 == 0
}

/// Whether a link in the directory `dir` can only have been put there by the superuser
/// or this user.
pub fn is_our_link(dir: &Stat, link: &Stat) -> bool {
    // In a sticky directory others can make entries, but not move those of others.
    let sticky = is_ours(dir.uid) && dir.mode & 0o1000 != 0;
    is_ours(link.uid) && (only_we_write(dir) || sticky)
}
