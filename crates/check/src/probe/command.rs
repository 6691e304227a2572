//! Runs a command: its exit code and what it prints.

use std::process::{Command, Stdio};
use std::sync::Arc;

use super::{Held, Probe, Reading, System};
use crate::resource::Resource;
use crate::value::Value;

struct Run {
    exec: String,
    ended: Option<Result<std::process::Output, String>>,
}

pub(crate) fn probe(resource: &Resource, _system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Run {
        exec: resource.subject(),
        ended: None,
    })
}

impl Probe for Run {
    fn read(&mut self, property: &str) -> Reading {
        let exec = &self.exec;
        let ended = self.ended.get_or_insert_with(|| {
            let mut command = Command::new("sh");
            command.arg("-c").arg(exec).stdin(Stdio::null());
            command.output().map_err(|error| error.to_string())
        });
        match (ended, property) {
            (Err(why), _) => Reading::Error(why.clone()),
            (Ok(output), "stdout") => Held::stream("object: *bytes.Reader", &output.stdout[..]),
            (Ok(output), "stderr") => Held::stream("object: *bytes.Reader", &output.stderr[..]),
            (Ok(output), _) => {
                Reading::Value(Value::Int(output.status.code().map_or(-1, i64::from)))
            }
        }
    }
}
