//! What a descriptor in the epoll set is for.

use engine::UnitId;

/// The source that a piece of news came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Signals to PID 1.
    Signals,
    /// `.s6-svscan/control`.
    ScanControl,
    /// Children that could not execute their program.
    Refusals,
    /// The services that the boot hands over.
    Boot,
    /// The services that a rescan hands over.
    Scan,
    /// The socket for people.
    Listener,
    /// One of its clients, by its slot.
    Client(u32),
    /// A service's control fifo.
    Control(UnitId),
    /// A service's notification pipe.
    Notification(UnitId),
}

impl Token {
    /// The number that epoll carries: the kind above, the detail below.
    pub(crate) fn number(self) -> u64 {
        let (kind, detail) = match self {
            Token::Signals => (1, 0),
            Token::ScanControl => (2, 0),
            Token::Refusals => (3, 0),
            Token::Boot => (4, 0),
            Token::Scan => (5, 0),
            Token::Listener => (6, 0),
            Token::Client(slot) => (7, slot),
            Token::Control(unit) => (8, unit.0),
            Token::Notification(unit) => (9, unit.0),
        };
        (kind << 32) | u64::from(detail)
    }

    /// The source with this number.
    pub(crate) fn from_number(number: u64) -> Option<Token> {
        let detail = number as u32;
        Some(match number >> 32 {
            1 => Token::Signals,
            2 => Token::ScanControl,
            3 => Token::Refusals,
            4 => Token::Boot,
            5 => Token::Scan,
            6 => Token::Listener,
            7 => Token::Client(detail),
            8 => Token::Control(UnitId(detail)),
            9 => Token::Notification(UnitId(detail)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_tokens_are_each_others_inverse() {
        let all = [
            Token::Signals,
            Token::ScanControl,
            Token::Refusals,
            Token::Boot,
            Token::Scan,
            Token::Listener,
            Token::Client(7),
            Token::Control(UnitId(u32::MAX)),
            Token::Notification(UnitId(3)),
        ];
        for token in all {
            assert_eq!(Token::from_number(token.number()), Some(token));
        }
        assert_eq!(Token::from_number(0), None);
    }
}
