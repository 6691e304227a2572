//! The letters that are written to a supervisor's control fifo: one byte a command.

/// A command to the supervisor of one service, `supervise/control`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Send the process a signal.
    Signal(Signal),
    /// Send the process group a signal (s6 2.12 and later).
    SignalGroup(GroupSignal),
    /// Start it once; do not start it again when it ends.
    Once,
    /// Do not start it again; if it is down, leave it down.
    OnceAtMost,
    /// The same, and make the file `down`.
    OnceAtMostForGood,
    /// End it and do not start it again.
    Down,
    /// The same, and make the file `down`.
    DownForGood,
    /// Start it, and again whenever it ends.
    Up,
    /// The same, and remove the file `down`.
    UpForGood,
    /// Send it its down signal, so that it is started again.
    Restart,
    /// Send it its reload signal (s6 2.14 and later).
    Reload,
    /// The supervisor leaves when the service is down next.
    Exit,
    /// The same, and the supervisor closes its descriptors at once (s6 before 2.10).
    CloseAndExit,
}

/// A signal that a letter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGALRM.
    Alrm,
    /// SIGABRT.
    Abrt,
    /// SIGQUIT.
    Quit,
    /// SIGHUP.
    Hup,
    /// SIGKILL.
    Kill,
    /// SIGTERM.
    Term,
    /// SIGINT.
    Int,
    /// SIGUSR1.
    Usr1,
    /// SIGUSR2.
    Usr2,
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Cont,
    /// SIGWINCH.
    Winch,
}

impl Signal {
    /// Its name without SIG.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Alrm => "ALRM",
            Signal::Abrt => "ABRT",
            Signal::Quit => "QUIT",
            Signal::Hup => "HUP",
            Signal::Kill => "KILL",
            Signal::Term => "TERM",
            Signal::Int => "INT",
            Signal::Usr1 => "USR1",
            Signal::Usr2 => "USR2",
            Signal::Stop => "STOP",
            Signal::Cont => "CONT",
            Signal::Winch => "WINCH",
        }
    }
}

/// A signal that a letter sends to the whole process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupSignal {
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Cont,
    /// SIGKILL.
    Kill,
}

/// Every letter of `supervise/control`. The options of `s6-svc` are the same letters.
pub const COMMANDS: &[(u8, Command)] = &[
    (b'a', Command::Signal(Signal::Alrm)),
    (b'b', Command::Signal(Signal::Abrt)),
    (b'q', Command::Signal(Signal::Quit)),
    (b'h', Command::Signal(Signal::Hup)),
    (b'k', Command::Signal(Signal::Kill)),
    (b't', Command::Signal(Signal::Term)),
    (b'i', Command::Signal(Signal::Int)),
    (b'1', Command::Signal(Signal::Usr1)),
    (b'2', Command::Signal(Signal::Usr2)),
    (b'p', Command::Signal(Signal::Stop)),
    (b'c', Command::Signal(Signal::Cont)),
    (b'y', Command::Signal(Signal::Winch)),
    (b'P', Command::SignalGroup(GroupSignal::Stop)),
    (b'C', Command::SignalGroup(GroupSignal::Cont)),
    (b'K', Command::SignalGroup(GroupSignal::Kill)),
    (b'r', Command::Restart),
    (b'l', Command::Reload),
    (b'o', Command::Once),
    (b'O', Command::OnceAtMost),
    (b'Q', Command::OnceAtMostForGood),
    (b'd', Command::Down),
    (b'D', Command::DownForGood),
    (b'u', Command::Up),
    (b'U', Command::UpForGood),
    (b'x', Command::Exit),
    (b'X', Command::CloseAndExit),
];

/// The command that a letter of `supervise/control` means; other bytes mean nothing.
pub fn command(letter: u8) -> Option<Command> {
    COMMANDS
        .iter()
        .find_map(|(known, command)| (*known == letter).then_some(*command))
}

/// The letter that sends `signal`, if there is one.
pub fn letter(command: Command) -> Option<u8> {
    COMMANDS
        .iter()
        .find_map(|(letter, known)| (*known == command).then_some(*letter))
}

/// A command to the supervisor of all services, `.s6-svscan/control`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanCommand {
    /// Look at the scan directory.
    Scan,
    /// Let go of services that are not in the scan directory any more; loggers end
    /// when their input does.
    Nuke,
    /// The same, but loggers are ended too.
    NukeAll,
    /// Scan and nuke.
    Reload,
    /// Stop: services are ended, loggers end when their input does.
    Terminate,
    /// Stop: services and loggers are ended.
    Quit,
    /// Leave without ending anything.
    Abort,
    /// Reap.
    Reap,
    /// A way to stop that is told to the finish procedure: s6 before 2.10 had modes
    /// (halt, reboot, poweroff) as letters of their own.
    Mode(StopMode),
    /// Stop in this mode.
    Stop(StopMode),
}

/// How the machine should end, for s6 before 2.10. In a container they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopMode {
    /// Halt.
    Halt,
    /// Power off.
    Poweroff,
    /// Reboot.
    Reboot,
    /// What the finish procedure calls "other".
    Other,
}

/// Every letter of `.s6-svscan/control`, those of releases before 2.10 included. The
/// options of `s6-svscanctl` are the same letters.
pub const SCAN_COMMANDS: &[(u8, ScanCommand)] = &[
    (b'a', ScanCommand::Scan),
    (b'n', ScanCommand::Nuke),
    (b'N', ScanCommand::NukeAll),
    (b'h', ScanCommand::Reload),
    (b't', ScanCommand::Terminate),
    (b'i', ScanCommand::Stop(StopMode::Reboot)),
    (b'q', ScanCommand::Quit),
    (b'b', ScanCommand::Abort),
    (b'z', ScanCommand::Reap),
    (b's', ScanCommand::Mode(StopMode::Halt)),
    (b'p', ScanCommand::Mode(StopMode::Poweroff)),
    (b'r', ScanCommand::Mode(StopMode::Reboot)),
    (b'0', ScanCommand::Stop(StopMode::Halt)),
    (b'6', ScanCommand::Stop(StopMode::Reboot)),
    (b'7', ScanCommand::Stop(StopMode::Poweroff)),
    (b'8', ScanCommand::Stop(StopMode::Other)),
    // "Now": some old scripts send it; no release documents it.
    (b'9', ScanCommand::Quit),
];

/// The command that a letter of `.s6-svscan/control` means; other bytes mean nothing.
pub fn scan_command(letter: u8) -> Option<ScanCommand> {
    SCAN_COMMANDS
        .iter()
        .find_map(|(known, command)| (*known == letter).then_some(*command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_letter_and_every_command_appears_once() {
        let letters: HashSet<u8> = COMMANDS.iter().map(|c| c.0).collect();
        let commands: HashSet<Command> = COMMANDS.iter().map(|c| c.1).collect();
        assert_eq!(letters.len(), COMMANDS.len());
        assert_eq!(commands.len(), COMMANDS.len());
        for (known, meant) in COMMANDS {
            assert_eq!(command(*known), Some(*meant));
            assert_eq!(letter(*meant), Some(*known));
        }
    }

    #[test]
    fn every_scan_letter_appears_once() {
        let letters: HashSet<u8> = SCAN_COMMANDS.iter().map(|c| c.0).collect();
        assert_eq!(letters.len(), SCAN_COMMANDS.len());
        for (letter, command) in SCAN_COMMANDS {
            assert_eq!(scan_command(*letter), Some(*command));
        }
    }

    #[test]
    fn the_letters_of_2_11_are_all_there() {
        for letter in b"abqhkti12pcyroduDUxOQ" {
            assert!(command(*letter).is_some(), "{}", *letter as char);
        }
        for letter in b"zabhitqnN" {
            assert!(scan_command(*letter).is_some(), "{}", *letter as char);
        }
    }

    #[test]
    fn no_byte_makes_it_panic() {
        let known = (0..=255).filter(|b| command(*b).is_some()).count();
        assert_eq!(known, COMMANDS.len());
        let known = (0..=255).filter(|b| scan_command(*b).is_some()).count();
        assert_eq!(known, SCAN_COMMANDS.len());
    }
}
