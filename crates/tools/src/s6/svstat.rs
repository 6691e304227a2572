//! s6-svstat: prints the state of a service.

use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use kernel::{clock, fd, signal};
use s6wire::{Ending, Status, Tai64n};

use super::supervisor;

pub(super) const PROGRAM: Program = Program {
    name: "s6-svstat",
    usage: "[ -uwNrpgest | -o up,wantedup,normallyup,ready,paused,pid,pgid,exitcode,signal,signum,updownsince,readysince,updownfor,readyfor ] [ -n ] servicedir",
    summary: "print the state of a service",
    run,
};

/// What is printed about.
struct View {
    status: Status,
    /// The service starts with its supervisor: it has no file `down`.
    normally_up: bool,
    now: Tai64n,
}

/// A field of the output that programs read.
struct Field {
    name: &'static str,
    /// Its option, where it has one.
    letter: Option<u8>,
    value: fn(&View) -> String,
}

const fn field(name: &'static str, letter: Option<u8>, value: fn(&View) -> String) -> Field {
    Field {
        name,
        letter,
        value,
    }
}

const FIELDS: &[Field] = &[
    field("up", Some(b'u'), |v| v.status.is_up().to_string()),
    field("wantedup", Some(b'w'), |v| v.status.want_up.to_string()),
    field("normallyup", Some(b'N'), |v| v.normally_up.to_string()),
    field("ready", Some(b'r'), |v| v.ready().to_string()),
    field("paused", None, |v| v.status.paused.to_string()),
    field("pid", Some(b'p'), |v| v.pid().to_string()),
    // Every service leads a group of its own.
    field("pgid", Some(b'g'), |v| v.pid().to_string()),
    field("exitcode", Some(b'e'), |v| match v.ending() {
        Some(Ending::Exited(code)) => code.to_string(),
        _ => "-1".to_string(),
    }),
    field("signal", Some(b's'), |v| match v.ending() {
        Some(Ending::Killed(number)) => signal_name(number),
        _ => "NA".to_string(),
    }),
    field("signum", None, |v| match v.ending() {
        Some(Ending::Killed(number)) => number.to_string(),
        _ => "-1".to_string(),
    }),
    field("updownsince", None, |v| v.status.stamp.to_string()),
    field("readysince", None, |v| v.status.ready_stamp.to_string()),
    field("updownfor", Some(b't'), |v| v.for_seconds(v.status.stamp).to_string()),
    field("readyfor", None, |v| v.for_seconds(v.status.ready_stamp).to_string()),
];

impl View {
    fn pid(&self) -> i32 {
        if self.status.is_up() {
            self.status.pid
        } else {
            -1
        }
    }

    /// How `run` ended; nothing while it runs.
    fn ending(&self) -> Option<Ending> {
        (!self.status.is_up()).then(|| self.status.ending())
    }

    /// Ready to serve. A service that is down may be ready to be started, which only
    /// the line for people says.
    fn ready(&self) -> bool {
        self.status.pid != 0 && self.status.ready
    }

    fn for_seconds(&self, stamp: Tai64n) -> u64 {
        let passed: Duration = self.now.since(stamp);
        passed.as_secs()
    }

    /// The line for people. Scripts cut words out of it, so it is the original's.
    fn line(&self, signal_numbers: bool) -> String {
        let up = self.status.is_up();
        let mut line = match self.ending() {
            None => format!("up (pid {})", self.status.pid),
            Some(Ending::Exited(code)) => format!("down (exitcode {code})"),
            Some(Ending::Killed(number)) if signal_numbers => format!("down (signal {number})"),
            Some(Ending::Killed(number)) => format!("down (signal {})", signal_name(number)),
        };
        line.push_str(&format!(" {} seconds", self.for_seconds(self.status.stamp)));
        if up != self.normally_up {
            line.push_str(if up { ", normally down" } else { ", normally up" });
        }
        if up && self.status.paused {
            line.push_str(", paused");
        }
        if up != self.status.want_up {
            line.push_str(if up { ", want down" } else { ", want up" });
        }
        if self.status.ready {
            let seconds = self.for_seconds(self.status.ready_stamp);
            line.push_str(&format!(", ready {seconds} seconds"));
        }
        line
    }
}

fn signal_name(number: u8) -> String {
    format!("SIG{}", signal::name(number.into()))
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut fields: Vec<&Field> = Vec::new();
    let mut signal_numbers = false;
    for option in call.options("uwNrpgestno:")? {
        match option.letter {
            b'n' => signal_numbers = true,
            b'o' => {
                // No name at all asks for the line; a comma at the end is no name.
                let list = option.value.strip_suffix(b",").unwrap_or(&option.value);
                if !list.is_empty() || option.value.len() > list.len() {
                    for name in list.split(|b| *b == b',') {
                        fields.push(named(name)?);
                    }
                }
            }
            letter => fields.extend(FIELDS.iter().find(|f| f.letter == Some(letter))),
        }
    }
    let dir = call.operand()?;
    let listens = supervisor::listens(&supervisor::below(&dir, "supervise/control"))
        .unable("read status of", &dir)?;
    if !listens {
        return Err(Failure::Other {
            code: 1,
            text: format!("unable to read status of {}: supervisor not running", escape(&dir)),
        });
    }
    let now = Tai64n::from_wall(clock::wall());
    let mut status = supervisor::status(&dir)?;
    // The wall clock may have been set back since.
    status.stamp = status.stamp.min(now);
    status.ready_stamp = status.ready_stamp.min(now);
    let view = View {
        status,
        normally_up: !supervisor::below(&dir, "down").exists(),
        now,
    };
    let mut line = if fields.is_empty() {
        view.line(signal_numbers)
    } else {
        let values: Vec<String> = fields.iter().map(|field| (field.value)(&view)).collect();
        values.join(" ")
    };
    line.push('\n');
    fd::write_all(1, line.as_bytes()).unable("write to stdout", b"")?;
    Ok(Outcome::Exit(0))
}

fn named(name: &[u8]) -> Result<&'static Field> {
    FIELDS
        .iter()
        .find(|field| field.name.as_bytes() == name)
        .ok_or_else(|| Failure::Invalid(format!("there is no field {:?}", escape(name))))
}
