//! A process of a name.

use std::sync::Arc;

use super::{Probe, Reading, System};
use crate::resource::Resource;

struct Of {
    system: Arc<System>,
    name: String,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        name: resource.subject(),
    })
}

impl Probe for Of {
    fn read(&mut self, _property: &str) -> Reading {
        Reading::value(is_running(&self.system, &self.name))
    }
}

/// Whether a process of that name runs. The system keeps 15 bytes of a name; where what is
/// surely a mistake is an error, a longer one is looked for among the words of the calls too.
pub(super) fn is_running(system: &System, name: &str) -> bool {
    let name = name.as_bytes();
    let kept = name
        .get(..KEPT)
        .filter(|_| system.strict && name.len() > KEPT);
    system.processes().iter().any(|process| {
        process.comm == name
            || kept.is_some_and(|kept| process.comm == kept && system.is_called(process.pid, name))
    })
}

/// As many bytes of a name are kept: `TASK_COMM_LEN` without its NUL.
const KEPT: usize = 15;
