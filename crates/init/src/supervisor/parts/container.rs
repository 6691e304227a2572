//! What the container was started with, and where things are in it. Nothing of it changes.

use std::os::fd::RawFd;

use kernel::process::ExecVector;
use layouts::Problem;
use layouts::settings::Settings;

use crate::child::environment::Base;
use crate::launch::Launch;
use crate::state::place::Place;
use places::Paths;

/// See the module's text.
pub(crate) struct Container<'a> {
    pub(crate) launch: &'a Launch,
    pub(crate) settings: Settings,
    pub(crate) paths: Paths,
    /// What holds the lock of the private folder with the state.
    pub(crate) place_lock: Option<RawFd>,
    /// The environment that hooks and services start with.
    pub(crate) base: Base,
    /// The same, for execve(2).
    pub(crate) env: ExecVector,
    /// The container's command, S6_CMD_ARG0 included; empty when there is none.
    pub(crate) argv: Vec<Vec<u8>>,
    /// Descriptors that the engine handed over for the command.
    pub(crate) passed: Vec<RawFd>,
}

impl<'a> Container<'a> {
    /// Reads the settings; what is wrong with them comes along.
    pub(crate) fn new(
        launch: &'a Launch,
        place: &Place,
        passed: Vec<RawFd>,
    ) -> (Container<'a>, Vec<Problem>) {
        let (settings, problems) =
            Settings::read(|name| launch.variable(name.as_bytes()).map(<[u8]>::to_vec));
        let told = place.paths.told();
        let base = Base::new(&launch.environment, settings.keep_env, told);
        // One word, however many it seems to be; without a command it is the command.
        let argv = settings.cmd_arg0.iter().chain(&launch.command);
        let container = Container {
            argv: argv.cloned().collect(),
            launch,
            paths: place.paths.clone(),
            place_lock: place.lock_descriptor(),
            env: base.vector(),
            base,
            settings,
            passed,
        };
        (container, problems)
    }
}
