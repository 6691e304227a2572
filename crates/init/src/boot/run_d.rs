//! docker-base's /run.d: scripts that run ahead of everything.

use std::path::Path;

use kernel::process::ExecVector;
use layouts::run_d::INTERPRETER;
use layouts::view::View;
use places::{Paths, RUN_D};

use super::run_script;
use crate::messages;

/// Runs every `*.sh` of /run.d in name order under `bash -e`, with the container's
/// environment, in the process group `group`. Gives 0, or the exit code of the first
/// script that failed, or that asked for the container's end by `build_stop`
/// (`SIGNAL_BUILD_STOP`); nothing after it is run.
pub fn run_d(env: &ExecVector, group: i32, build_stop: Option<u8>) -> u8 {
    messages::speak_beside_hooks();
    for script in layouts::run_d::list(&View::live(), Path::new(RUN_D)) {
        messages::say(&format!(
            "[init] executing {}",
            kernel::escape_path(&script)
        ));
        let bash = Path::new(INTERPRETER);
        let argv = [bash, Path::new("-e"), script.as_path()];
        let code = if bash.exists() {
            run_script(&Paths::standard(), &argv, env, group)
        } else {
            messages::report(&format!(
                "{}: it runs under {INTERPRETER}, which does not exist in this image; install bash",
                kernel::escape_path(&script)
            ));
            127
        };
        let script = kernel::escape_path(&script);
        if Some(code) == build_stop && code != 0 {
            // In the output of a build a failure would be looked for.
            messages::say(&format!(
                "[init] {script}: the container ends here, as SIGNAL_BUILD_STOP={code} says"
            ));
            return code;
        }
        if code != 0 {
            messages::say(&format!(
                "[init] failed executing - {script} (exit code {code})"
            ));
            return code;
        }
    }
    0
}
