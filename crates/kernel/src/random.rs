//! Bytes that nobody can foresee (getrandom(2)).

use std::io;

use crate::errno;

/// Fills `buffer`.
///
/// # Errors
/// ENOSYS where the kernel or a sandbox has no such call.
pub fn fill(buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        let rest = &mut buffer[filled..];
        filled += errno::retry(|| {
            // SAFETY: the buffer has the length that is given and outlives the call.
            let got = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
            usize::try_from(got).map_err(|_| io::Error::last_os_error())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_are_the_same() {
        let (mut one, mut other) = ([0; 16], [0; 16]);
        super::fill(&mut one).expect("bytes");
        super::fill(&mut other).expect("bytes");
        assert_ne!(one, other);
    }
}
