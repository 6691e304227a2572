//! Structure out of a fuzzer's bytes.

/// Bytes that are taken from the front. At the end there are zeros and empty pieces.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Input<'a> {
        Input(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number below 65,536.
    pub(crate) fn number(&mut self) -> u64 {
        u64::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// A byte that says how long, and so many bytes; fewer at the end.
    pub(crate) fn piece(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (piece, rest) = self.0.split_at(length);
        self.0 = rest;
        piece
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// The rest as words, which NULs separate; none for no bytes.
    pub(crate) fn words(self) -> Vec<Vec<u8>> {
        match self.0 {
            [] => Vec::new(),
            bytes => bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect(),
        }
    }
}
