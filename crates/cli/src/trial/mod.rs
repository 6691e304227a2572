//! `mainstay try`: boots an overlay tree in throw-away namespaces over a root that
//! is only read, as an engine would boot the image made from it.
//!
//! The process that was called stays outside: it makes the namespaces, hands signals
//! in and waits. Its child is process 1 inside: it lays out the root, drops what an
//! engine drops and becomes the image's own process 1. All that it made lives in its
//! namespaces and on one tmpfs there, so nothing is left when it is gone.

pub(crate) mod arguments;
mod copy;
mod environment;
mod inside;
mod launch;
mod layers;
mod mapping;
mod obstacles;
mod read_only;
pub(crate) mod running;
mod streams;
mod surroundings;

use chain::{Call, Outcome, Program, Result};

use crate::help;

/// The command's line in the table.
pub(crate) const COMMAND: Program = Program {
    name: "mainstay try",
    usage: "[--root ROOTFS] [--env NAME=VALUE]... [--net host|none] [--read-only] OVERLAY [-- CMD...]",
    summary: "boot an overlay tree in throw-away namespaces on this machine",
    run,
};

const HELP: &str = "\
Boots OVERLAY, laid out as the root of an image built from docker-base, over a root
file system that is only read. What is written inside goes to memory and is gone
afterwards.

  OVERLAY           the tree that your Dockerfile copies to /
  --root ROOTFS     the system below it (default: /, this machine's own)
  --env NAME=VALUE  a variable, as for `docker run`; NAME alone takes the caller's
  --net host|none   this machine's network (default), or a loopback device alone
  --read-only       nothing but /run, /tmp and /dev/shm can be written
  -- CMD...         a command to run once services are up; the boot ends with it

Ctrl-C or TERM stops it in order, as `docker stop` does; a third one kills it. The exit
code is the container's. `mainstay status --tree OVERLAY` and its like reach it from
another terminal. It is no sandbox: run only what you would run anyway.
";

fn run(call: &mut Call) -> Result<Outcome> {
    match arguments::read(call.rest(), &call.env)? {
        arguments::Asked::Help => {
            help::print(&COMMAND, HELP);
            Ok(Outcome::Exit(0))
        }
        arguments::Asked::Boot(request) => launch::boot(&request, call).map(Outcome::Exit),
    }
}
