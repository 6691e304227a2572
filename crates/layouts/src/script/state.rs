//! Scripts that name the place of the state, in an image that may not have it there.

use std::path::Path;

use super::Script;
use crate::view::View;
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&VAR_RUN];

const VAR_RUN: Rule = Rule::warning(
    "var-run-not-linked",
    "A script names `/var/run/s6`, and `/var/run` of the image is no link to `/run`. With a read-only root and a writable `/run` (`docker run --read-only --tmpfs /run`, an emptyDir at /run) the state is in `/run/s6` alone, and the script finds nothing.",
    "`RUN rm -rf /var/run && ln -s /run /var/run` in the Dockerfile. Where the root is not read-only, the boot makes the link itself if nothing is there.",
)
.with_the_image();

/// Where the originals have the state, as scripts write it.
const STATE: &[u8] = places::STANDARD[0].as_bytes();

/// What is wrong with the script: its first line that names the state.
pub fn check(view: &View, script: &Script) -> Option<Problem> {
    let names = |line: &[u8]| line.windows(STATE.len()).any(|part| part == STATE);
    let (line, _) = script.lines().find(|(_, line)| names(line))?;
    if leads_to_run(view) {
        return None;
    }
    let cause = "/var/run is no link to /run in this image: with a read-only root and a writable \
                 /run the state is in /run/s6 alone";
    let remedy = "in the Dockerfile: RUN rm -rf /var/run && ln -s /run /var/run";
    Some(Problem::at(&script.path, line, cause, remedy).of(&VAR_RUN))
}

fn leads_to_run(view: &View) -> bool {
    let target = view
        .read_link(Path::new(places::VAR_RUN))
        .unwrap_or_default();
    let target = target.strip_prefix("..").unwrap_or(&target);
    target == Path::new(places::RUN) || target == Path::new("run")
}
