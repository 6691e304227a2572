//! Scripts that call what this release does not have.

use std::path::Path;

use kernel::escape;

use super::Script;
use super::originals::package_of;
use crate::view::View;
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&NOT_HERE, &V3_PATH, &COMMAND_MISSING];

const NOT_HERE: Rule = Rule::error(
    "program-not-here",
    "The script calls a program of s6-overlay or of the packages that it brings (s6, s6-rc, s6-linux-init, s6-portable-utils, s6-linux-utils, s6-networking, s6-dns) that this release does not have, and that the image has not either. The script then ends there with 127, or waits for what never comes.",
    "Write what the program did in another way, or install the original beside this one.",
)
.with_the_image();
const V3_PATH: Rule = Rule::error(
    "v3-path",
    "The script uses a path that only s6-overlay 3 has (`/command/…`, `/run/s6/basedir/…`, `/package/admin/…`).",
    "Call the program by its name. The container is stopped by `mainstay stop-container` or `s6-svscanctl -t /var/run/s6/services`.",
)
.with_the_image();

const COMMAND_MISSING: Rule = Rule::warning(
    "command-missing",
    "A hook, `run` or `finish` ends by becoming a program (`exec NAME`) that is not on its PATH, or not at its path. Unless something installs it later, the script ends with 127, and a service is started again and again. Told of words that stand as they are, not inside of a branch, and not where the script sets PATH.",
    "Correct the name, install the program, or write its whole path: hooks and services start with `/usr/bin:/usr/sbin:/bin:/sbin`, and with the container's PATH behind `with-contenv`.",
)
.with_the_image();

/// Where the release has a link for each of its programs.
const PRIVATE_LINKS: &str = places::LIBEXEC;

/// What is wrong with the script; programs are looked up along `path`.
pub fn check(view: &View, script: &Script, path: &[u8]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (command, at) in script.programs() {
        let word = &command.words[at];
        if !word.literal {
            continue;
        }
        let here = Path::new(std::ffi::OsStr::from_bytes(&word.text));
        let tell = |rule, cause: String, remedy: &str| {
            Problem::at(&script.path, word.line, cause, remedy).of(rule)
        };
        let of_v3 = places::OF_V3
            .iter()
            .any(|place| word.text.starts_with(place.as_bytes()));
        if of_v3 && !view.exists(here) {
            let cause = format!("{} is s6-overlay 3's", escape(&word.text));
            let remedy = match word.name() {
                b"halt" | b"poweroff" | b"reboot" => "use mainstay stop-container".to_string(),
                name => format!("call {} by its name", escape(name)),
            };
            problems.push(tell(&V3_PATH, cause, &remedy));
            continue;
        }
        let known = std::str::from_utf8(word.name()).ok();
        let Some((name, package)) = known.and_then(|name| Some((name, package_of(name)?))) else {
            continue;
        };
        // One that an image has moved is here all the same.
        if view.exists(&Path::new(PRIVATE_LINKS).join(name)) {
            continue;
        }
        let there = match word.text.contains(&b'/') {
            true => view.exists(here),
            false => view.program(&word.text, path).is_some(),
        };
        if !there {
            let cause = format!("{name} of {package} is not in this release, and not in the image");
            problems.push(tell(&NOT_HERE, cause, remedy(name)));
        }
    }
    problems
}

/// What is wrong with what a script becomes in the end, by the PATH that it has.
pub fn check_last(view: &View, script: &Script) -> Vec<Problem> {
    let mut problems = Vec::new();
    let sets_path = |line: &[u8]| line.windows(5).any(|part| part == b"PATH=");
    if script.lines().any(|(_, line)| sets_path(line)) {
        return problems;
    }
    let caller = if script.has_contenv() {
        "with-contenv"
    } else {
        "env"
    };
    let path = view.search_path(caller);
    let told = view.searches(caller).unwrap_or(&path);
    for word in script.becomes() {
        let text = &word.text;
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_./+-".contains(b);
        if !word.literal || !text.iter().all(plain) || text.iter().all(u8::is_ascii_digit) {
            continue;
        }
        let (there, place) = match text.first() {
            Some(b'/') => {
                let there = view.exists(Path::new(std::ffi::OsStr::from_bytes(text)));
                (there, "in the image".to_string())
            }
            Some(_) if !text.contains(&b'/') => (
                view.program(text, path.as_bytes()).is_some(),
                format!("on its PATH ({})", escape(told.as_bytes())),
            ),
            // By the directory that it runs in.
            _ => continue,
        };
        let known = std::str::from_utf8(word.name()).unwrap_or_default();
        let of_v3 = places::OF_V3
            .iter()
            .any(|place| text.starts_with(place.as_bytes()));
        if !there && !of_v3 && package_of(known).is_none() {
            let cause = format!("there is no {} {place}", escape(text));
            let remedy = "correct the name, or install it";
            let problem = Problem::at(&script.path, word.line, cause, remedy);
            problems.push(problem.of(&COMMAND_MISSING));
        }
    }
    problems
}

fn remedy(name: &str) -> &'static str {
    match name {
        "s6-log" | "logutil-service" | "logutil-service-main" | "logutil-newfifo" => {
            "let the service write to the container's output, or install another logger"
        }
        "s6-supervise" | "s6-svscan" => "PID 1 supervises; put the directory into services.d",
        _ => "do it in another way, or install the original",
    }
}

use std::os::unix::ffi::OsStrExt;
