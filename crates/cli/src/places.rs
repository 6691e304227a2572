//! `mainstay path NAME`: where things are in this container, for hooks of any user.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use places::Paths;

use crate::words::{self, wrong};
use crate::{help, similar};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay path",
    usage: "[NAME]",
    summary: "print where services, the environment and other state are in this container",
    run,
};

/// Something that has a place.
struct Place {
    name: &'static str,
    what: &'static str,
    path: fn(&Paths) -> PathBuf,
    /// Whether it exists where nothing can be written too.
    always: bool,
}

const PLACES: &[Place] = &[
    Place {
        name: "services",
        what: "the scan directory: one directory a service, for s6-svc and its like",
        path: |paths| paths.services.clone(),
        always: false,
    },
    Place {
        name: "environment",
        what: "the container's variables, one file each; `mainstay setenv` writes there",
        path: |paths| paths.environment.clone(),
        always: false,
    },
    Place {
        name: "hooks",
        what: "the image's own cont-init.d, services.d and so on: what a hook adds there \
               before the services start takes part, also with S6_READ_ONLY_ROOT",
        path: |paths| paths.user_files.clone(),
        always: true,
    },
    Place {
        name: "state",
        what: "what these are in",
        path: |paths| paths.state.clone(),
        always: false,
    },
    Place {
        name: "socket",
        what: "the socket for mainstay status and its like",
        path: |paths| {
            let [first, second] = paths.sockets();
            let there = |path: &PathBuf| path.symlink_metadata().is_ok();
            if !there(&first) && there(&second) {
                second
            } else {
                first
            }
        },
        always: false,
    },
];

const HELP_END: &str = "
Without a NAME all are printed, each with its name and a tab before it. Where `/run` cannot
be written they are in a private folder: ask this command rather than write /var/run/s6.
Exit code: 0, 100 wrong words, 111 there is no such place here, since nothing can be written.
";

fn run(call: &mut Call) -> Result<Outcome> {
    let verb = help::verb(&COMMAND);
    let words = words::read(verb, &[], call.rest())?;
    if words.help {
        let list: Vec<String> = PLACES
            .iter()
            .map(|place| format!("  {:18} {}\n", place.name, place.what))
            .collect();
        help::print(&COMMAND, &format!("{}{HELP_END}", list.concat()));
        return Ok(Outcome::Exit(0));
    }
    let names = [words.operands, words.behind].concat();
    let paths = Paths::find(variable);
    let text = match names.as_slice() {
        [] => {
            let there = PLACES
                .iter()
                .filter(|place| place.always || !paths.is_nowhere());
            let mut text = Vec::new();
            for place in there {
                text.extend_from_slice(place.name.as_bytes());
                text.push(b'\t');
                text.extend_from_slice((place.path)(&paths).as_os_str().as_bytes());
                text.push(b'\n');
            }
            text
        }
        [name] => {
            let place = PLACES.iter().find(|place| place.name.as_bytes() == name);
            let place = place.ok_or_else(|| {
                let names = PLACES.iter().map(|place| place.name);
                let all: Vec<&str> = names.clone().collect();
                let text = format!(
                    "there is no place {}{} there are {}",
                    escape(name),
                    similar::or_on(name, names),
                    all.join(", ")
                );
                wrong(verb, &text)
            })?;
            if paths.is_nowhere() && !place.always {
                return Err(nowhere());
            }
            let mut line = (place.path)(&paths).into_os_string().into_vec();
            line.push(b'\n');
            line
        }
        [_, more, ..] => {
            let text = format!("one place at a time: {} is a second one", escape(more));
            return Err(wrong(verb, &text));
        }
    };
    kernel::fd::write_all(1, &text).unable("write to", b"standard output")?;
    Ok(Outcome::Exit(0))
}

/// The failure where no state is.
pub(crate) fn nowhere() -> Failure {
    Failure::Other {
        code: chain::exit::SYSTEM,
        text: "no place of this container can be written, so there is no state; make /run \
               writable, as with docker run --tmpfs /run:exec"
            .to_string(),
    }
}

/// A variable of this program's environment.
pub(crate) fn variable(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(OsStringExt::into_vec)
}
