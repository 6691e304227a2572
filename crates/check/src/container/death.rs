//! A container that is not there any more: how it ended, what it said last, what to do.

use super::machine;
use super::runtime::{Broken, Call, Runtime};
use super::stage::Stage;
use crate::say::say;

/// How many of its last lines are shown.
const LINES: &str = "20";

/// How a container is, or ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) running: bool,
    pub(crate) code: Option<i32>,
    pub(crate) out_of_memory: bool,
    /// What the engine says of it; empty where nothing.
    pub(crate) words: String,
}

/// The fields of a state, one a line: both engines know them.
const FIELDS: &str =
    "{{.State.Running}}\n{{.State.ExitCode}}\n{{.State.OOMKilled}}\n{{.State.Error}}";

/// Asks the engine how a container is; none where it is not there.
///
/// # Errors
/// As [`Runtime::call`].
pub(crate) fn state(runtime: &Runtime, id: &str) -> Result<Option<State>, Broken> {
    let ended = runtime.call(Call::new(["inspect", "-f", FIELDS, id]))?;
    Ok(ended.ok().then(|| parse(&ended.text())))
}

fn parse(text: &str) -> State {
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default().trim();
    State {
        running: next() == "true",
        code: next().parse().ok(),
        out_of_memory: next() == "true",
        words: next().to_string(),
    }
}

/// Says on standard error how a container ended, its last lines, and what to do. `what` is
/// the first line's beginning.
pub(crate) fn tell(runtime: &Runtime, id: &str, stage: Option<&Stage>, what: &str) {
    let state = state(runtime, id).ok().flatten();
    let logs = runtime.call(Call::new(["logs", "--tail", LINES, id]));
    let logs = logs.map(|ended| [ended.out, ended.err].concat());
    let logs = logs.unwrap_or_default();
    let logs = String::from_utf8_lossy(&logs);
    let how = match &state {
        None => "it is gone, so its end is not known (--rm?)".to_string(),
        Some(state) if state.running => "it still runs".to_string(),
        Some(state) => how(state),
    };
    say!("ERROR: {what}: {how}");
    match logs.trim_end() {
        "" => say!("It wrote nothing."),
        text => say!("Its last lines:\n{text}"),
    }
    if let Some(state) = &state
        && let Some(remedy) = remedy(state, &logs, stage.and_then(|s| machine::of(&s.source)))
    {
        say!("{remedy}");
    }
}

/// How it ended, in words.
pub(crate) fn how(state: &State) -> String {
    let code = state
        .code
        .map_or("an unknown exit code".to_string(), |code| {
            format!("exit code {code}")
        });
    let memory = if state.out_of_memory {
        " (out of memory)"
    } else {
        ""
    };
    let words = match state.words.as_str() {
        "" => String::new(),
        words => format!(": {words}"),
    };
    format!("it ended with {code}{memory}{words}")
}

fn remedy(state: &State, logs: &str, machine: Option<&str>) -> Option<String> {
    if logs.contains("exec format error") || state.words.contains("exec format error") {
        let machine = machine.unwrap_or("this machine");
        return Some(format!(
            "Its program is for another machine than this engine's, or a script without #!: \
             take an image for {machine} (--platform linux/{machine})."
        ));
    }
    match state.code? {
        _ if state.out_of_memory => Some("Give it more memory (--memory).".to_string()),
        0 => Some(
            "Its command came to its end, and a test needs one that goes on: name one after the \
             image, such as `sleep infinity`, or keep its own in the foreground."
                .to_string(),
        ),
        125 => Some("The engine could not start it.".to_string()),
        126 => Some("Its command is there and cannot be executed: mode? interpreter?".to_string()),
        127 => Some("There is no such command in the image: look at its path.".to_string()),
        137 => Some("It was killed (SIGKILL), by hand or for its memory.".to_string()),
        139 => Some("It crashed (SIGSEGV).".to_string()),
        143 => Some("It was asked to end (SIGTERM).".to_string()),
        _ => None,
    }
}

/// What keeps our own program from running in a container that runs, from the exit code of
/// its call; none where the code is the program's own.
pub(crate) fn program_did_not_start(
    runtime: &Runtime,
    id: &str,
    stage: &Stage,
    code: u8,
) -> Option<String> {
    if !matches!(code, 126 | 127 | 255) {
        return None;
    }
    let program = &stage.program;
    let ask = |words: [&str; 4]| {
        let ended = runtime
            .call(Call::new(words).within(super::runtime::SMALL))
            .ok()?;
        ended.ok().then(|| ended.text())
    };
    let image = ask(["inspect", "-f", "{{.Image}}", id])?;
    let theirs = ask(["inspect", "-f", "{{.Architecture}}", &image])?;
    let ours = machine::of(&stage.source);
    match ours {
        Some(ours) if ours != theirs && !theirs.is_empty() => Some(format!(
            "{program} is for {ours} and the image for {theirs}: set GOSS_PATH to one for linux/{theirs}"
        )),
        None => Some(format!(
            "{program} is no program of this kind of machine: look at GOSS_PATH"
        )),
        Some(_) => Some(format!(
            "{program} could not be started in the container: is it static (GOSS_PATH)? is the \
             directory for temporary files mounted noexec (DGOSS_TEMP_DIR)?"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_with_what_to_do() {
        let ended = parse("false\n3\nfalse\n");
        assert_eq!(how(&ended), "it ended with exit code 3");
        assert_eq!(remedy(&ended, "", None), None);
        let memory = parse("false\n137\ntrue\n");
        assert_eq!(how(&memory), "it ended with exit code 137 (out of memory)");
        assert!(remedy(&memory, "", None).unwrap().contains("--memory"));
        let none = parse("false\n127\nfalse\nno such file\n");
        assert_eq!(how(&none), "it ended with exit code 127: no such file");
        assert!(remedy(&none, "", None).unwrap().contains("no such command"));
        let foreign = remedy(&ended, "exec /x: exec format error", Some("amd64")).unwrap();
        assert!(foreign.contains("linux/amd64"), "{foreign}");
        assert!(parse("true\n0\nfalse\n").running);
        assert_eq!(parse(""), State::default());
    }
}
