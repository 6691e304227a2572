//! A container is started, tested from within, and removed: `container run`, dgoss, dcgoss.
//!
//! What users' scripts depend on is as in dgoss 0.4.10: variables, INFO and ERROR lines on the
//! standard error, exit codes. It does without a shell in the image.

mod compose;
pub(crate) mod death;
mod includes;
pub(crate) mod label;
mod machine;
pub(crate) mod runtime;
mod session;
pub(crate) mod settings;
mod shelltext;
pub(crate) mod signals;
pub(crate) mod stage;

use std::ffi::OsString;
use std::fs;

use crate::say::say;
use compose::Service;
use runtime::{Call, Runtime};
use session::{Session, Stop, Target, info};
use settings::{Settings, Strategy};
use signals::Signals;
use stage::Stage;

/// Under which name it was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `mainstay-check container`.
    Ours,
    /// `dgoss`.
    Dgoss,
    /// `dcgoss`.
    Dcgoss,
}

/// What is done with the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Run,
    Edit,
}

/// What `mainstay-check container --help` says.
const HELP: &str = "\
Usage: mainstay-check container run|edit [OPTION...] IMAGE [CMD...]

  run     start a container, run the tests of ./goss.yaml inside, remove it
  edit    start a container, open a shell in /goss to write tests, bring the files back

Options, IMAGE and CMD are those of `docker run`. If ./goss_wait.yaml exists, its tests are
repeated until they pass, before the others begin. Included files are copied too.

Variables:
  GOSS_FILES_PATH (.)             where the files of tests are
  GOSS_FILE (goss.yaml)           the file of tests
  GOSS_VARS                       a file of variables beside it
  GOSS_OPTS                       options of `validate`
  GOSS_WAIT_OPTS (-r 30s -s 1s > /dev/null)   the same for goss_wait.yaml
  GOSS_SLEEP (0.2)                seconds to wait before the tests
  GOSS_FILES_STRATEGY (mount)     mount, or cp for an engine on another machine
  GOSS_ADDITIONAL_COPY_PATH       more files or directories, separated by colons
  GOSS_PATH                       the program to run inside; without it, this one
  CONTAINER_RUNTIME (docker)      docker or podman
  CONTAINER_LOG_OUTPUT            a file that gets the container's log
  DGOSS_TEMP_DIR (/tmp)           where files are put together
  DEBUG                           show every call of the engine, keep the files

Exit code: that of the tests; 1 where the container could not be tested; that of the engine
where the container could not be started; 128 + n after signal n.
";

/// Does what the words ask for: the exit code.
pub fn main(style: Style, words: Vec<OsString>) -> u8 {
    if style == Style::Ours && words.iter().any(|word| word == "--help" || word == "-h") {
        let before = words
            .iter()
            .take(2)
            .any(|word| word == "--help" || word == "-h");
        if before {
            let _ = std::io::Write::write_all(&mut std::io::stdout(), HELP.as_bytes());
            return 0;
        }
    }
    let signals = Signals::catch();
    match work(style, words, &signals) {
        Ok(code) | Err(Stop::Code(code)) => code,
        Err(Stop::Told(why)) => {
            say!("ERROR: {why}");
            1
        }
        Err(Stop::Interrupted(number)) => u8::try_from(128 + number).unwrap_or(1),
    }
}

fn usage(style: Style) -> Stop {
    Stop::Told(match style {
        Style::Dgoss => "USAGE: dgoss [run|edit] <docker_run_params>".to_string(),
        Style::Dcgoss => "USAGE: dcgoss [run|edit] <docker_run_params>".to_string(),
        Style::Ours => "usage: mainstay-check container run|edit [OPTION...] IMAGE [CMD...]; \
                        --help says more"
            .to_string(),
    })
}

fn work(style: Style, words: Vec<OsString>, signals: &Signals) -> Result<u8, Stop> {
    let mut words = words.into_iter();
    let verb = match words.next().as_deref().and_then(|word| word.to_str()) {
        Some("run") => Verb::Run,
        Some("edit") => Verb::Edit,
        _ => return Err(usage(style)),
    };
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
    let options = match (style, terminal) {
        (Style::Ours, false) => Some("--format documentation"),
        (Style::Ours | Style::Dgoss | Style::Dcgoss, _) => None,
    };
    let settings = Settings::read(|name| std::env::var_os(name), options).map_err(Stop::Told)?;
    let runtime = Runtime {
        program: vec![settings.runtime.into()],
        signals,
        shown: settings.debug,
    };
    let target = match style {
        Style::Dcgoss => {
            let name = words.next().and_then(|name| name.into_string().ok());
            let name = name.ok_or_else(|| usage(style))?;
            Target::Service(Service::find(&runtime, name, words.collect())?)
        }
        Style::Dgoss | Style::Ours => Target::Container(words.collect()),
    };
    let stage = staged(style, verb, &settings)?;
    let mut session = Session::new(&runtime, &settings, stage, target);
    let result = match verb {
        Verb::Run => run(&mut session),
        Verb::Edit => edit(&mut session),
    };
    if let Err(Stop::Told(why)) = &result {
        say!("ERROR: {why}");
    }
    session.end();
    match (result, signals.first()) {
        (_, Some(number)) => Err(Stop::Interrupted(number)),
        (Err(Stop::Told(_)), None) => Ok(1),
        (result, None) => result,
    }
}

fn staged(style: Style, verb: Verb, settings: &Settings) -> Result<Stage, Stop> {
    let name = match (style, &settings.program) {
        (Style::Ours, None) => "mainstay-check",
        _ => "goss",
    };
    let edits = verb == Verb::Edit;
    let mut stage = Stage::make(settings, name, edits).map_err(Stop::Told)?;
    stage.put_program().map_err(Stop::Told)?;
    stage.put_files(settings, !edits).map_err(Stop::Told)?;
    for words in &stage.warnings {
        say!("WARN: {words}");
    }
    if !edits && !stage.tests {
        let path = settings.files.join(&settings.gossfile);
        let words = "GOSS_FILES_PATH and GOSS_FILE say where the tests are";
        say!("ERROR: there is no {}: {words}", path.display());
        return Err(Stop::Code(78));
    }
    Ok(stage)
}

fn run(session: &mut Session) -> Result<u8, Stop> {
    session.start()?;
    if session.stage.waits {
        info("Found goss_wait.yaml, waiting for it to pass before running tests");
        let options = session.settings.wait_options.clone();
        let code = session.validate(stage::WAIT_FILE, "GOSS_WAIT_OPTS", &options)?;
        if code != 0 {
            if let Some(words) = session.not_started(code) {
                return Err(Stop::Told(words));
            }
            return Err(session.died("goss_wait.yaml never passed"));
        }
    }
    info(&format!("Sleeping for {}", session.settings.sleep_words));
    session.runtime.signals.sleep(session.settings.sleep);
    info("Container health");
    if !session.runs()? {
        return Err(session.died("the container failed to start"));
    }
    info("Running Tests");
    let options = session.settings.options.clone();
    let code = session.validate("goss.yaml", "GOSS_OPTS", &options)?;
    if code != 0 {
        if !session.runs()? {
            session.died("the container ended during its tests");
        } else if let Some(words) = session.not_started(code) {
            say!("ERROR: {words}");
        }
    }
    Ok(code)
}

/// The shell of `edit`, with the program along its PATH.
const SHELL: &str = "cd /goss; PATH=\"/goss:$PATH\" exec sh";

fn edit(session: &mut Session) -> Result<u8, Stop> {
    session.start()?;
    info("Opening a shell in /goss");
    let call = Call::new(["exec", "-it", session.id(), "sh", "-c", SHELL]).interactive();
    let code = session.runtime.call(call)?.code;
    if matches!(code, 126 | 127) {
        return Err(Stop::Told(
            "the image has no sh, and `edit` needs one: write the tests outside".to_string(),
        ));
    }
    bring_back(session)?;
    Ok(code)
}

/// Copies the goss files to where they came from; new ones too.
fn bring_back(session: &Session) -> Result<(), Stop> {
    let settings = session.settings;
    let mut pairs = vec![
        ("goss.yaml", settings.gossfile.as_str()),
        (stage::WAIT_FILE, stage::WAIT_FILE),
    ];
    if let Some(vars) = &settings.vars {
        pairs.push((stage::inside(vars), vars));
    }
    for (from, to) in pairs {
        let to = settings.files.join(to);
        let failed = |why: String| Stop::Told(format!("{}: {why}", to.display()));
        match settings.strategy {
            Strategy::Mount => {
                let from = session.stage.path().join(from);
                if from.is_file() {
                    info(&format!("Bringing {} back", to.display()));
                    fs::copy(&from, &to).map_err(|error| failed(error.to_string()))?;
                }
            }
            Strategy::Copy => {
                let from = format!("{}:{}/{from}", session.id(), stage::PLACE);
                let call = Call::new(["cp", &from]).words([&to]);
                let ended = session.runtime.call(call)?;
                let words = ended.words().to_lowercase();
                let absent = [
                    "could not be found",
                    "could not find",
                    "no such container:path",
                    "no such file",
                    "not exist",
                ];
                if !ended.ok() && !absent.iter().any(|known| words.contains(known)) {
                    return Err(failed(ended.words()));
                }
            }
        }
    }
    Ok(())
}
