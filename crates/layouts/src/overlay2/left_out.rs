//! What an image brings for programs that are not here: the original's own stop, services
//! of another generation. It is not run, and that is said; but what an edit of the stop's
//! script asks of the last signals takes effect.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use places::{STAGE3, V3_SERVICES as V3, name};

use super::INIT_STAGE3;
use crate::view::View;
use crate::{Problem, Rule};

/// Parts of an image that are left out.
pub(super) const RULES: &[&Rule] = &[&V3_SERVICES, &OWN_STAGE3, &OWN_FINISH];

const V3_SERVICES: Rule = Rule::error(
    "v3-services",
    "The image has services of s6-overlay 3 in `/etc/s6-overlay/s6-rc.d`. This layout does not read them: none is started.",
    "Write them as directories of `/etc/services.d`, and their `up` scripts as hooks of `/etc/cont-init.d`.",
);
const OWN_STAGE3: Rule = Rule::warning(
    "own-stage3",
    "The image has a stop of its own in `/etc/s6/init/init-stage3`. The stop is PID 1's own work: the file is not run. One edit of it takes effect: where `s6-nuke -th` has lost its `h`, what is left at the end gets no HUP.",
    "Move what it does into a script of `/etc/cont-finish.d`. For the times that it waits there are variables: `S6_SERVICES_GRACETIME`, `S6_KILL_FINISH_MAXTIME`, `S6_KILL_GRACETIME`.",
);
const OWN_FINISH: Rule = Rule::warning(
    "own-svscan-finish",
    "The image has a `finish` or `crash` of its own in `/etc/s6/services/.s6-svscan`. s6-svscan would run them at its end; here nothing does.",
    "Move what `finish` does into a script of `/etc/cont-finish.d`. PID 1 goes on after a crash of its own, so nothing takes the place of `crash`.",
);

/// As much of a script is read.
const LONGEST: usize = 64 * 1024;

/// Parts of the image that are left out: `own_services` is the directory of the supervisor's own
/// services.
pub(super) fn check_in(view: &View, own_services: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(v3_services(view));
    problems.extend(stage3(view));
    for name in ["finish", "crash"] {
        problems.extend(svscan_file(
            view,
            &own_services.join(name::SCAN_CONTROL).join(name),
        ));
    }
    problems
}

/// How many services of s6-overlay 3 the image has.
pub(super) fn count_v3_services(view: &View) -> usize {
    let dir = Path::new(V3);
    let names = view.names(dir).unwrap_or_default();
    let has_type = |name: &&Vec<u8>| view.exists(&dir.join(OsStr::from_bytes(name)).join("type"));
    names.iter().filter(has_type).count()
}

fn v3_services(view: &View) -> Option<Problem> {
    let count = count_v3_services(view);
    if count == 0 {
        return None;
    }
    let services = kernel::words::count(count, "service");
    let cause = format!("{services} of s6-overlay 3, which this layout does not read");
    let remedy = "write them as directories of /etc/services.d";
    Some(Problem::new(Path::new(V3), cause, remedy).of(&V3_SERVICES))
}

fn stage3(view: &View) -> Option<Problem> {
    let path = Path::new(STAGE3);
    let text = view.read_start(path, LONGEST).ok()?;
    if is_ours(&text) {
        return None;
    }
    let cause = "it is not run: the stop is PID 1's own";
    let remedy = "move what it does into a script of /etc/cont-finish.d";
    Some(Problem::new(path, cause, remedy).of(&OWN_STAGE3))
}

/// Whether the script is the one that was installed, but for the letters of its `s6-nuke`.
fn is_ours(text: &[u8]) -> bool {
    let without_letters = |text: &[u8]| -> Vec<Vec<u8>> {
        text.split(|b| *b == b'\n')
            .map(|line| match nuke_letters(line) {
                Some(letters) => {
                    let end = line.len() - letters.len();
                    line[..end].to_vec()
                }
                None => line.to_vec(),
            })
            .collect()
    };
    without_letters(text) == without_letters(INIT_STAGE3.as_bytes())
}

/// The letters of a line that ends with `s6-nuke -LETTERS`.
fn nuke_letters(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii_end();
    let dash = line.iter().rposition(|b| *b == b'-')?;
    let letters = &line[dash + 1..];
    let before = line[..dash].trim_ascii_end();
    let is_word = letters.iter().all(u8::is_ascii_lowercase);
    (is_word && before.ends_with(b"s6-nuke")).then_some(letters)
}

/// Whether what is left at the end of a stop gets HUP beside TERM: images take that out by
/// `s/s6-nuke -th/s6-nuke -t/` over the stop's script.
pub(super) fn hangs_up_in(view: &View) -> bool {
    match view.read_start(Path::new(STAGE3), LONGEST) {
        Ok(text) => hangs_up(&text),
        Err(_) => true,
    }
}

fn hangs_up(text: &[u8]) -> bool {
    const NUKE: &[u8] = b"s6-nuke";
    let mut letters = Vec::new();
    let mut words = text
        .split(|b| b.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
        .peekable();
    while let Some(word) = words.next() {
        let is_nuke = word == NUKE || word.ends_with(b"/s6-nuke");
        if is_nuke && let Some(options) = words.peek().and_then(|next| next.strip_prefix(b"-")) {
            letters.push(options);
        }
    }
    let terminates = |options: &&&[u8]| options.contains(&b't');
    let gentle: Vec<_> = letters.iter().filter(terminates).collect();
    gentle.is_empty() || letters.iter().any(|options| options.contains(&b'h'))
}

/// A `finish` that only runs the stop's script is the original's, and says nothing new.
fn svscan_file(view: &View, path: &Path) -> Option<Problem> {
    let text = view.read_start(path, LONGEST).ok()?;
    let only_stage3 = text
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .all(|line| line.starts_with(STAGE3.as_bytes()) || line == b"exit 0");
    if only_stage3 {
        return None;
    }
    let is_crash = path.ends_with("crash");
    let remedy = match is_crash {
        true => "remove it",
        false => "move what it does into a script of /etc/cont-finish.d",
    };
    let cause = match is_crash {
        true => "it is not run: PID 1 goes on after a crash of its own",
        false => "it is not run: the stop is PID 1's own",
    };
    Some(Problem::new(path, cause, remedy).of(&OWN_FINISH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_of_the_last_signals_is_known_and_no_stop_of_the_image_s_own() {
        assert!(is_ours(INIT_STAGE3.as_bytes()));
        assert!(hangs_up(INIT_STAGE3.as_bytes()));
        // The command of public images.
        let edited = INIT_STAGE3.replace("s6-nuke -th", "s6-nuke -t");
        assert_ne!(edited, INIT_STAGE3);
        assert!(is_ours(edited.as_bytes()));
        assert!(!hangs_up(edited.as_bytes()));
        let other = format!("{INIT_STAGE3}s6-echo more\n");
        assert!(!is_ours(other.as_bytes()));
        assert!(hangs_up(other.as_bytes()));
    }

    #[test]
    fn a_stop_of_the_image_s_own_is_read_for_its_last_signals() {
        for (text, expected) in [
            (
                "foreground { s6-nuke -th }\nforeground { s6-nuke -k }",
                true,
            ),
            (
                "foreground { s6-nuke -t }\nforeground { s6-nuke -k }",
                false,
            ),
            ("foreground { /bin/s6-nuke -h }\ns6-nuke -t", true),
            ("s6-echo stopping", true),
            ("s6-nuke -k", true),
            ("", true),
        ] {
            assert_eq!(hangs_up(text.as_bytes()), expected, "{text}");
        }
    }
}
