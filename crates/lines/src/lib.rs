//! Cuts what a process writes into lines and puts in front of each who wrote it.
//!
//! Pure: bytes in, bytes out. Who reads and writes them is a relay's business.
#![forbid(unsafe_code)]

/// The longest line that is kept whole; a longer one is cut there and goes on in the next
/// line, with the prefix again. A pipe takes as much in one piece (pipe(7): PIPE_BUF is
/// 4096), so that two writers do not mix below it; beyond it nothing is promised.
pub const LONGEST: usize = 64 * 1024;

/// Lines of one stream of one process, each of which gets the same prefix.
#[derive(Debug)]
pub struct Lines {
    prefix: Vec<u8>,
    partial: Vec<u8>,
}

impl Lines {
    /// Lines that begin with `prefix`, as it is (`[worker-1] `, say).
    pub fn new(prefix: &[u8]) -> Lines {
        Lines {
            prefix: prefix.to_vec(),
            partial: Vec::new(),
        }
    }

    /// Takes what was read and puts every line that is whole by now behind `out`.
    pub fn push(&mut self, read: &[u8], out: &mut Vec<u8>) {
        for piece in read.split_inclusive(|byte| *byte == b'\n') {
            let (mut text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            while self.partial.len() + text.len() > LONGEST {
                let (head, tail) = text.split_at(LONGEST - self.partial.len());
                self.partial.extend_from_slice(head);
                self.line(out);
                text = tail;
            }
            self.partial.extend_from_slice(text);
            if ended {
                self.line(out);
            }
        }
    }

    /// Gives what is there without a line end, as a line: the stream has ended.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if !self.partial.is_empty() {
            self.line(out);
        }
    }

    fn line(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.prefix);
        out.append(&mut self.partial);
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(prefix: &str, pieces: &[&[u8]]) -> Vec<u8> {
        let mut lines = Lines::new(prefix.as_bytes());
        let mut out = Vec::new();
        for piece in pieces {
            lines.push(piece, &mut out);
        }
        lines.flush(&mut out);
        out
    }

    #[test]
    fn every_line_has_the_prefix_however_it_was_cut() {
        let expected = b"[a] one\n[a] \n[a] two\n".to_vec();
        assert_eq!(lines("[a] ", &[b"one\n\ntwo"]), expected);
        assert_eq!(lines("[a] ", &[b"o", b"ne", b"\n\nt", b"wo\n"]), expected);
        assert_eq!(lines("[a] ", &[]), b"");
    }

    #[test]
    fn bytes_that_are_no_text_stay_as_they_are() {
        assert_eq!(lines("", &[b"\xff\0\r\n"]), b"\xff\0\r\n");
    }

    #[test]
    fn a_line_that_never_ends_is_cut_and_takes_no_more_memory() {
        let all = vec![b'x'; 2 * LONGEST + 1];
        let out = lines("p", &[&all]);
        let lengths: Vec<usize> = out.split(|byte| *byte == b'\n').map(<[u8]>::len).collect();
        assert_eq!(lengths, [LONGEST + 1, LONGEST + 1, 2, 0]);
        let exact = vec![b'x'; LONGEST];
        assert_eq!(lines("", &[&exact, b"\n"]).len(), LONGEST + 1);
    }
}
