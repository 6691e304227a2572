//! Runs a command in a shell: its exit code and what it prints.

use std::process::ExitStatus;
use std::sync::Arc;

use super::system::capture::Capture;
use super::system::child::{self, End};
use super::system::program::Program;
use super::{Probe, Reading, System, patience};
use crate::duration::GoDuration;
use crate::resource::Resource;
use crate::value::Value;

struct Run {
    exec: String,
    patience: GoDuration,
    ended: Option<Result<Ended, String>>,
}

struct Ended {
    status: ExitStatus,
    stdout: Option<Capture>,
    stderr: Option<Capture>,
}

pub(crate) fn probe(resource: &Resource, _system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Run {
        exec: resource.subject(),
        patience: patience(resource),
        ended: None,
    })
}

impl Probe for Run {
    fn read(&mut self, property: &str) -> Reading {
        let (exec, patience) = (&self.exec, self.patience);
        let ended = self.ended.get_or_insert_with(|| run(exec, patience));
        let stream = |capture: &mut Option<Capture>| capture.take().unwrap_or_default().stream();
        match (ended, property) {
            (Err(why), _) => Reading::Error(why.clone()),
            (Ok(ended), "stdout") => stream(&mut ended.stdout),
            (Ok(ended), "stderr") => stream(&mut ended.stderr),
            // A shell that a signal has ended has no code: Go calls it -1.
            (Ok(ended), _) => Reading::Value(Value::Int(ended.status.code().map_or(-1, i64::from))),
        }
    }
}

fn run(exec: &str, patience: GoDuration) -> Result<Ended, String> {
    let shell = Program::named("sh");
    let mut command = shell.command(&["-c", exec])?;
    match child::run(&mut command, patience.to_std()).map_err(|why| shell.refused(&why))? {
        End::Ended {
            status,
            stdout,
            stderr,
        } => Ok(Ended {
            status,
            stdout: Some(stdout),
            stderr: Some(stderr),
        }),
        End::Late => Err(format!("Command execution timed out ({patience})")),
        End::TooMuch => Err(
            "the command prints more than can be kept: 2 GiB, or 64 MiB where no temporary file \
             can be made"
                .to_string(),
        ),
    }
}
