//! The variables by which a container is set up: s6-overlay v2's and docker-base's.
//! [`TABLE`] is the one list; the documentation is written from it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use kernel::escape;

use crate::{Problem, Rule};

/// What can be wrong with a variable.
pub const RULES: &[&Rule] = &[&VALUE, &NOT_IN_EFFECT];

const VALUE: Rule = Rule::error(
    "variable-value",
    "A variable has a value that does not fit. The default is used instead.",
    "Write what the message says; `docs/variables.md` has each variable with its unit.",
);
const NOT_IN_EFFECT: Rule = Rule::warning(
    "variable-not-in-effect",
    "The variable's value is understood, but this release does not do what it asks for.",
    "Unset it, or use what the message names.",
);

/// What kind of value a variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds; 0 is no time at all.
    Milliseconds,
    /// Milliseconds; 0 is no limit.
    MillisecondsOrNoLimit,
    /// 0 (off) or 1 (on).
    Switch,
    /// A number from 0 to this one.
    Level(u32),
    /// An exit code, 0 to 255.
    ExitCode,
    /// A number of jobs; 0 is no limit.
    Jobs,
    /// A size in bytes, with K, M or G behind it for units of 1024; 0 is no limit.
    Size,
    /// 0 (off), 1 (on), or a text with `%i` in it.
    Prefix,
    /// Any text; empty is as good as unset.
    Text,
}

impl Unit {
    /// What a value must be, in words.
    pub fn wanted(self) -> String {
        match self {
            Unit::Milliseconds | Unit::MillisecondsOrNoLimit => "a number of milliseconds".into(),
            Unit::Switch => "0 or 1".into(),
            Unit::Level(most) => format!("a number from 0 to {most}"),
            Unit::ExitCode => "an exit code (0 to 255)".into(),
            Unit::Jobs => "a number of jobs".into(),
            Unit::Size => "a number of bytes, or a size as 512M (K, M or G)".into(),
            Unit::Prefix => "0, 1 or a text with %i in it".into(),
            Unit::Text => "a text".into(),
        }
    }
}

/// One variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub unit: Unit,
    /// Its value when unset or empty; empty: none.
    pub default: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
}

const fn variable(
    name: &'static str,
    unit: Unit,
    default: &'static str,
    doc: &'static str,
) -> Variable {
    Variable {
        name,
        unit,
        default,
        doc,
    }
}

const KEEP_ENV: Variable = variable(
    "S6_KEEP_ENV",
    Unit::Switch,
    "0",
    "1: hooks and services get the container's environment as it is, and with-contenv changes nothing.",
);
const LOGGING: Variable = variable(
    "S6_LOGGING",
    Unit::Level(2),
    "0",
    "Where output goes. Only 0, everything to the container's output, is in effect; 1 and 2 are understood and treated as 0.",
);
const LOGGING_SCRIPT: Variable = variable(
    "S6_LOGGING_SCRIPT",
    Unit::Text,
    "n20 s1000000 T",
    "The s6-log script that logutil-service uses.",
);
const IF_STAGE2_FAILS: Variable = variable(
    "S6_BEHAVIOUR_IF_STAGE2_FAILS",
    Unit::Level(2),
    "0",
    "When a step of the boot fails: 0 goes on silently, 1 goes on with a warning, 2 stops the container with the step's exit code.",
);
const KILL_FINISH_MAXTIME: Variable = variable(
    "S6_KILL_FINISH_MAXTIME",
    Unit::MillisecondsOrNoLimit,
    "5000",
    "How long each script of cont-finish.d may take until it is killed.",
);
const KILL_GRACETIME: Variable = variable(
    "S6_KILL_GRACETIME",
    Unit::Milliseconds,
    "3000",
    "At the container's stop: how long processes have from the last SIGTERM until they are killed.",
);
const SERVICES_GRACETIME: Variable = variable(
    "S6_SERVICES_GRACETIME",
    Unit::MillisecondsOrNoLimit,
    "3000",
    "At the container's stop: how long services have to be down once cont-finish.d is done.",
);
const CMD_WAIT_FOR_SERVICES: Variable = variable(
    "S6_CMD_WAIT_FOR_SERVICES",
    Unit::Switch,
    "0",
    "1: the command starts when every service is up, or ready where it has notification-fd.",
);
const CMD_WAIT_FOR_SERVICES_MAXTIME: Variable = variable(
    "S6_CMD_WAIT_FOR_SERVICES_MAXTIME",
    Unit::MillisecondsOrNoLimit,
    "5000",
    "How long that may take; longer counts as a failed step of the boot.",
);
const CMD_ARG0: Variable = variable(
    "S6_CMD_ARG0",
    Unit::Text,
    "",
    "A word to put before the command; spaces do not split it.",
);
const READ_ONLY_ROOT: Variable = variable(
    "S6_READ_ONLY_ROOT",
    Unit::Switch,
    "0",
    "1: the image's hooks and services are copied to /var/run/s6/etc instead of linked.",
);
const SYNC_DISKS: Variable = variable(
    "S6_SYNC_DISKS",
    Unit::Switch,
    "0",
    "1: everything is written to the disks before and after the last signals of a stop.",
);
const FIX_ATTRS_HIDDEN: Variable = variable(
    "S6_FIX_ATTRS_HIDDEN",
    Unit::Switch,
    "0",
    "1: fix-attrs changes hidden files below a directory too.",
);
const RUNTIME_PROFILE: Variable = variable(
    "S6_RUNTIME_PROFILE",
    Unit::Text,
    "",
    "Hooks and services are taken from /etc/cont-profile.d/NAME instead of /etc.",
);
const SIGNAL_BUILD_STOP: Variable = variable(
    "SIGNAL_BUILD_STOP",
    Unit::ExitCode,
    "",
    "The exit code by which a script of /run.d stops the container cleanly, with exit code 0 (docker-base sets 99).",
);
const NOT_ROOT_USER: Variable = variable(
    "NOT_ROOT_USER",
    Unit::Text,
    "",
    "The user that runs the workers of worker.sh; unset: they run as the container's user.",
);
const WORKER_MAX_JOBS: Variable = variable(
    "WORKER_MAX_JOBS",
    Unit::Jobs,
    "",
    "A worker that has done so many jobs is ended in order and started again. 0: no limit. How jobs are counted: docs/workers.md.",
);
const WORKER_MAX_MEMORY: Variable = variable(
    "WORKER_MAX_MEMORY",
    Unit::Size,
    "",
    "A worker that holds so much memory, it and what it has started together, is ended in order and started again. 0: no limit.",
);
const WORKER_PREFIX: Variable = variable(
    "WORKER_PREFIX",
    Unit::Prefix,
    "0",
    "1: each line of a worker begins with `[worker-1] ` and so on. A text with %i: each line begins with that, its number in place of %i.",
);

const TELL_ENDS: Variable = variable(
    "MAINSTAY_TELL_ENDS",
    Unit::Switch,
    "1",
    "0: nothing is said when a service ends and nobody has asked for that. It counts as not ready all the same.",
);

/// Every variable, in the order of the documentation.
pub const TABLE: &[Variable] = &[
    KEEP_ENV,
    LOGGING,
    LOGGING_SCRIPT,
    IF_STAGE2_FAILS,
    KILL_FINISH_MAXTIME,
    KILL_GRACETIME,
    SERVICES_GRACETIME,
    CMD_WAIT_FOR_SERVICES,
    CMD_WAIT_FOR_SERVICES_MAXTIME,
    CMD_ARG0,
    READ_ONLY_ROOT,
    SYNC_DISKS,
    FIX_ATTRS_HIDDEN,
    RUNTIME_PROFILE,
    SIGNAL_BUILD_STOP,
    NOT_ROOT_USER,
    WORKER_MAX_JOBS,
    WORKER_MAX_MEMORY,
    WORKER_PREFIX,
    TELL_ENDS,
];

/// What happens when a step of the boot fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfBootFails {
    /// Go on, and say nothing.
    #[default]
    GoOn,
    /// Go on with a warning.
    Warn,
    /// Stop the container with the step's exit code.
    Stop,
}

/// The values of all variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `S6_KEEP_ENV`.
    pub keep_env: bool,
    /// `S6_LOGGING`, as given; only 0 is in effect.
    pub logging: u32,
    /// `S6_LOGGING_SCRIPT`.
    pub logging_script: Vec<u8>,
    /// `S6_BEHAVIOUR_IF_STAGE2_FAILS`.
    pub if_boot_fails: IfBootFails,
    /// `S6_KILL_FINISH_MAXTIME`; none: no limit.
    pub finish_maxtime: Option<Duration>,
    /// `S6_KILL_GRACETIME`.
    pub kill_gracetime: Duration,
    /// `S6_SERVICES_GRACETIME`; none: no limit.
    pub services_gracetime: Option<Duration>,
    /// `S6_CMD_WAIT_FOR_SERVICES`.
    pub cmd_waits: bool,
    /// `S6_CMD_WAIT_FOR_SERVICES_MAXTIME`; none: no limit.
    pub cmd_wait_maxtime: Option<Duration>,
    /// `S6_CMD_ARG0`.
    pub cmd_arg0: Option<Vec<u8>>,
    /// `S6_READ_ONLY_ROOT`.
    pub read_only_root: bool,
    /// `S6_SYNC_DISKS`.
    pub sync_disks: bool,
    /// `S6_FIX_ATTRS_HIDDEN`.
    pub fix_attrs_hidden: bool,
    /// `S6_RUNTIME_PROFILE`: one component of a path, never `.` or `..`.
    pub runtime_profile: Option<Vec<u8>>,
    /// `SIGNAL_BUILD_STOP`.
    pub build_stop: Option<u8>,
    /// `NOT_ROOT_USER`.
    pub worker_user: Option<Vec<u8>>,
    /// `WORKER_MAX_JOBS`; none: no limit.
    pub worker_max_jobs: Option<u64>,
    /// `WORKER_MAX_MEMORY`, in bytes; none: no limit.
    pub worker_max_memory: Option<u64>,
    /// `WORKER_PREFIX`: what each line begins with, `%i` for the number of the worker.
    pub worker_prefix: Option<Vec<u8>>,
    /// `MAINSTAY_TELL_ENDS`.
    pub tell_ends: bool,
}

/// How long an engine waits for a stop unless it is told otherwise, before it kills:
/// `docker stop`, `podman stop`, Compose and Swarm. A container cannot ask for it.
pub const ENGINE_PATIENCE: Duration = Duration::from_secs(10);

impl Settings {
    /// How long a stop with this many hooks may take as a whole; none: one of its limits is
    /// no limit.
    pub fn whole_stop(&self, hooks: usize) -> Option<Duration> {
        let count = u32::try_from(hooks).unwrap_or(u32::MAX);
        let hooks = match count {
            0 => Duration::ZERO,
            count => self.finish_maxtime?.saturating_mul(count),
        };
        let rest = self.services_gracetime?.saturating_add(self.kill_gracetime);
        Some(hooks.saturating_add(rest))
    }

    /// What to do about a stop that may take `whole`.
    pub fn more_time_for(whole: Duration) -> String {
        let seconds = whole.as_millis().div_ceil(1000) + 1;
        format!(
            "give it more time (docker run --stop-timeout {seconds}, Compose and Swarm \
             stop_grace_period: {seconds}s, Kubernetes terminationGracePeriodSeconds: {seconds}), \
             or lower S6_KILL_FINISH_MAXTIME, S6_SERVICES_GRACETIME or S6_KILL_GRACETIME"
        )
    }

    /// Reads every variable through `lookup`. A value that does not fit is a problem,
    /// and the default holds.
    pub fn read(lookup: impl Fn(&str) -> Option<Vec<u8>>) -> (Settings, Vec<Problem>) {
        let mut reader = Reader {
            lookup: &lookup,
            problems: Vec::new(),
        };
        let settings = Settings {
            keep_env: reader.switch(&KEEP_ENV),
            logging: reader.logging(),
            logging_script: reader.text(&LOGGING_SCRIPT).unwrap_or_default(),
            if_boot_fails: match reader.number(&IF_STAGE2_FAILS) {
                Some(1) => IfBootFails::Warn,
                Some(2) => IfBootFails::Stop,
                _ => IfBootFails::GoOn,
            },
            finish_maxtime: reader.limit(&KILL_FINISH_MAXTIME),
            kill_gracetime: Duration::from_millis(reader.number(&KILL_GRACETIME).unwrap_or(0)),
            services_gracetime: reader.limit(&SERVICES_GRACETIME),
            cmd_waits: reader.switch(&CMD_WAIT_FOR_SERVICES),
            cmd_wait_maxtime: reader.limit(&CMD_WAIT_FOR_SERVICES_MAXTIME),
            cmd_arg0: reader.text(&CMD_ARG0),
            read_only_root: reader.switch(&READ_ONLY_ROOT),
            sync_disks: reader.switch(&SYNC_DISKS),
            fix_attrs_hidden: reader.switch(&FIX_ATTRS_HIDDEN),
            runtime_profile: reader.profile(),
            build_stop: reader.number(&SIGNAL_BUILD_STOP).map(|code| code as u8),
            worker_user: reader.text(&NOT_ROOT_USER),
            worker_max_jobs: reader.number(&WORKER_MAX_JOBS).filter(|most| *most > 0),
            worker_max_memory: reader.memory(),
            worker_prefix: reader.prefix(),
            tell_ends: reader.switch(&TELL_ENDS),
        };
        (settings, reader.problems)
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings::read(|_| None).0
    }
}

/// Whether a value of `S6_KEEP_ENV` keeps the environment.
pub fn keeps_env(value: &[u8]) -> bool {
    parse(Unit::Switch, value.trim_ascii()) == Some(1)
}

/// Longest time that can be set, in milliseconds: 49 days. A longer one is cut to it.
const LONGEST: u64 = u32::MAX as u64;

/// A number, in the variable's unit.
fn parse(unit: Unit, text: &[u8]) -> Option<u64> {
    let most = match unit {
        Unit::Switch => match text.to_ascii_lowercase().as_slice() {
            b"true" | b"yes" | b"on" => return Some(1),
            b"false" | b"no" | b"off" => return Some(0),
            // "Non-zero" is on.
            _ => return digits(text).map(|number| u64::from(number != 0)),
        },
        Unit::Milliseconds | Unit::MillisecondsOrNoLimit => {
            return digits(text).map(|number| number.min(LONGEST));
        }
        Unit::Level(most) => u64::from(most),
        Unit::ExitCode => 255,
        Unit::Jobs => u64::MAX,
        Unit::Size => return size(text),
        Unit::Prefix => return parse(Unit::Switch, text),
        Unit::Text => return None,
    };
    digits(text).filter(|number| *number <= most)
}

/// The least limit of memory that is one: any program holds more.
const LEAST_MEMORY: u64 = 1 << 20;

/// A number of bytes: digits, then K, M or G where somebody likes, for units of 1024. What
/// other programs write behind those letters is taken too (`512MB`, Kubernetes' `512Mi`).
fn size(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|b| !b.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let shift = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 0,
        b"k" | b"kb" | b"ki" | b"kib" => 10,
        b"m" | b"mb" | b"mi" | b"mib" => 20,
        b"g" | b"gb" | b"gi" | b"gib" => 30,
        _ => return None,
    };
    Some(digits(number)?.saturating_mul(1 << shift))
}

/// A decimal number of any length; one that is too big for the type is the biggest.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0u64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    }))
}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The value that is set, if one is.
    fn given(&self, variable: &Variable) -> Option<Vec<u8>> {
        let value = (self.lookup)(variable.name)?;
        let value = match variable.unit {
            Unit::Text => &value[..],
            _ => value.trim_ascii(),
        };
        (!value.is_empty()).then(|| value.to_vec())
    }

    fn number(&mut self, variable: &Variable) -> Option<u64> {
        let default = parse(variable.unit, variable.default.as_bytes());
        let Some(text) = self.given(variable) else {
            return default;
        };
        let parsed = parse(variable.unit, &text);
        if parsed.is_none() {
            let cause = format!("not {}", variable.unit.wanted());
            self.tell(&VALUE, variable, &text, cause, fallback(variable));
        }
        parsed.or(default)
    }

    fn switch(&mut self, variable: &Variable) -> bool {
        self.number(variable) == Some(1)
    }

    fn limit(&mut self, variable: &Variable) -> Option<Duration> {
        let number = self.number(variable).filter(|number| *number != 0);
        number.map(Duration::from_millis)
    }

    fn text(&mut self, variable: &Variable) -> Option<Vec<u8>> {
        self.given(variable).or_else(|| {
            let default = variable.default.as_bytes();
            (!default.is_empty()).then(|| default.to_vec())
        })
    }

    /// A limit of memory; one that no program keeps would end each worker over and over.
    fn memory(&mut self) -> Option<u64> {
        let limit = self.number(&WORKER_MAX_MEMORY).filter(|most| *most > 0)?;
        if limit >= LEAST_MEMORY {
            return Some(limit);
        }
        let text = self.given(&WORKER_MAX_MEMORY).unwrap_or_default();
        let cause = "less than 1M, which every program holds (write M behind megabytes)";
        let remedy = fallback(&WORKER_MAX_MEMORY);
        self.tell(&VALUE, &WORKER_MAX_MEMORY, &text, cause.into(), remedy);
        None
    }

    fn prefix(&mut self) -> Option<Vec<u8>> {
        let text = (self.lookup)(WORKER_PREFIX.name)?;
        if text.windows(2).any(|pair| pair == b"%i") && !text.contains(&b'\n') {
            return Some(text);
        }
        self.switch(&WORKER_PREFIX)
            .then(|| b"[worker-%i] ".to_vec())
    }

    fn logging(&mut self) -> u32 {
        let level = self.number(&LOGGING).unwrap_or(0) as u32;
        if level != 0 {
            self.tell(
                &NOT_IN_EFFECT,
                &LOGGING,
                level.to_string().as_bytes(),
                "only 0 is in effect: everything goes to the container's output".into(),
                "unset it, or give a service a log/ directory of its own".into(),
            );
        }
        level
    }

    /// A profile is the name of a directory and nothing else: `..` or a slash in it
    /// would take hooks from anywhere.
    fn profile(&mut self) -> Option<Vec<u8>> {
        let name = self.text(&RUNTIME_PROFILE)?;
        if name.contains(&b'/') || name == b"." || name == b".." {
            self.tell(
                &VALUE,
                &RUNTIME_PROFILE,
                &name,
                "not the name of a directory in /etc/cont-profile.d".into(),
                "using /etc".into(),
            );
            return None;
        }
        Some(name)
    }

    fn tell(
        &mut self,
        rule: &'static Rule,
        variable: &Variable,
        value: &[u8],
        cause: String,
        remedy: String,
    ) {
        let place = [variable.name.as_bytes(), b"=", value].concat();
        let problem = Problem::new(Path::new(OsStr::from_bytes(&place)), cause, remedy);
        self.problems.push(problem.of(rule));
    }
}

fn fallback(variable: &Variable) -> String {
    match variable.default {
        "" => "it counts as unset".into(),
        default => format!("using {}", escape(default.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let (settings, problems) = Settings::read(|name| {
            let found = given.iter().find(|(other, _)| *other == name)?;
            Some(found.1.as_bytes().to_vec())
        });
        (settings, problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn defaults_are_s6_overlays() {
        let (settings, problems) = read(&[]);
        assert!(problems.is_empty());
        assert_eq!(settings.finish_maxtime, Some(Duration::from_millis(5000)));
        assert_eq!(settings.kill_gracetime, Duration::from_millis(3000));
        assert_eq!(
            settings.services_gracetime,
            Some(Duration::from_millis(3000))
        );
        assert_eq!(settings.cmd_wait_maxtime, Some(Duration::from_millis(5000)));
        assert_eq!(settings.if_boot_fails, IfBootFails::GoOn);
        assert_eq!(settings.logging_script, b"n20 s1000000 T");
        assert_eq!((settings.build_stop, settings.cmd_arg0), (None, None));
        assert!(!settings.keep_env && !settings.read_only_root && !settings.cmd_waits);
    }

    #[test]
    fn values_are_taken_in_their_unit() {
        let (settings, problems) = read(&[
            ("S6_KILL_GRACETIME", "0"),
            ("S6_SERVICES_GRACETIME", "0"),
            ("S6_KILL_FINISH_MAXTIME", "55000\n"),
            (
                "S6_CMD_WAIT_FOR_SERVICES_MAXTIME",
                "99999999999999999999999",
            ),
            ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2"),
            ("S6_KEEP_ENV", "true"),
            ("S6_READ_ONLY_ROOT", "7"),
            ("S6_SYNC_DISKS", ""),
            ("S6_CMD_ARG0", "/a b"),
            ("SIGNAL_BUILD_STOP", "99"),
            ("S6_RUNTIME_PROFILE", "test"),
        ]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(settings.kill_gracetime, Duration::ZERO);
        assert_eq!(settings.services_gracetime, None);
        assert_eq!(settings.finish_maxtime, Some(Duration::from_secs(55)));
        assert_eq!(
            settings.cmd_wait_maxtime,
            Some(Duration::from_millis(LONGEST))
        );
        assert_eq!(settings.if_boot_fails, IfBootFails::Stop);
        assert!(settings.keep_env && settings.read_only_root && !settings.sync_disks);
        assert_eq!(settings.cmd_arg0.as_deref(), Some(&b"/a b"[..]));
        assert_eq!(settings.build_stop, Some(99));
        assert_eq!(settings.runtime_profile.as_deref(), Some(&b"test"[..]));
    }

    #[test]
    fn a_value_that_does_not_fit_is_told_and_the_default_holds() {
        let (settings, problems) = read(&[
            ("S6_KILL_GRACETIME", "soon"),
            ("S6_SERVICES_GRACETIME", "-1"),
            ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "3"),
            ("S6_SYNC_DISKS", "maybe"),
            ("SIGNAL_BUILD_STOP", "256"),
            ("S6_RUNTIME_PROFILE", "../x"),
            ("S6_LOGGING", "1"),
            ("WORKER_MAX_JOBS", "many"),
            ("WORKER_MAX_MEMORY", "256"),
            ("WORKER_PREFIX", "[mail] "),
        ]);
        assert_eq!(
            problems,
            [
                "S6_LOGGING=1: only 0 is in effect: everything goes to the container's output; unset it, or give a service a log/ directory of its own",
                "S6_BEHAVIOUR_IF_STAGE2_FAILS=3: not a number from 0 to 2; using 0",
                "S6_KILL_GRACETIME=soon: not a number of milliseconds; using 3000",
                "S6_SERVICES_GRACETIME=-1: not a number of milliseconds; using 3000",
                "S6_SYNC_DISKS=maybe: not 0 or 1; using 0",
                "S6_RUNTIME_PROFILE=../x: not the name of a directory in /etc/cont-profile.d; using /etc",
                "SIGNAL_BUILD_STOP=256: not an exit code (0 to 255); it counts as unset",
                "WORKER_MAX_JOBS=many: not a number of jobs; it counts as unset",
                "WORKER_MAX_MEMORY=256: less than 1M, which every program holds (write M behind megabytes); it counts as unset",
                "WORKER_PREFIX=[mail]: not 0, 1 or a text with %i in it; using 0",
            ]
        );
        assert_eq!(
            settings,
            Settings {
                logging: 1,
                ..Settings::default()
            }
        );
    }

    #[test]
    fn limits_and_the_prefix_of_workers() {
        for (text, bytes) in [
            ("1048576", Some(1 << 20)),
            ("2048k", Some(2 << 20)),
            ("512M", Some(512 << 20)),
            ("512MB", Some(512 << 20)),
            ("512Mi", Some(512 << 20)),
            ("2GiB", Some(2 << 30)),
            ("99999999999999999999G", Some(u64::MAX)),
            ("0", None),
            ("", None),
        ] {
            let (settings, problems) = read(&[("WORKER_MAX_MEMORY", text)]);
            assert_eq!(settings.worker_max_memory, bytes, "{text}");
            assert_eq!(problems, Vec::<String>::new(), "{text}");
        }
        for text in ["M", "1.5G", "-1M", "512T", "512 M", "half"] {
            let (settings, problems) = read(&[("WORKER_MAX_MEMORY", text)]);
            assert_eq!(settings.worker_max_memory, None);
            assert!(problems[0].contains("a size as 512M"), "{problems:?}");
        }
        let prefix = |text| read(&[("WORKER_PREFIX", text)]).0.worker_prefix;
        assert_eq!(prefix("1").as_deref(), Some(&b"[worker-%i] "[..]));
        assert_eq!(prefix("mail %i: ").as_deref(), Some(&b"mail %i: "[..]));
        assert_eq!(prefix("off"), None);
        assert_eq!(
            read(&[("WORKER_MAX_JOBS", "500")]).0.worker_max_jobs,
            Some(500)
        );
        assert_eq!(read(&[("WORKER_MAX_JOBS", "0")]).0.worker_max_jobs, None);
    }

    #[test]
    fn the_table_names_each_once_with_a_default_that_fits() {
        let mut names: Vec<_> = TABLE.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        for variable in TABLE {
            let fits = variable.unit == Unit::Text
                || variable.default.is_empty()
                || parse(variable.unit, variable.default.as_bytes()).is_some();
            assert!(fits, "{}: its default does not fit", variable.name);
            assert!(
                variable.doc.ends_with('.'),
                "{} has no sentence",
                variable.name
            );
        }
        let asked = std::cell::RefCell::new(Vec::new());
        let _ = Settings::read(|name| {
            asked.borrow_mut().push(name.to_string());
            None
        });
        let mut asked = asked.into_inner();
        asked.sort_unstable();
        assert_eq!(asked, names, "what is read is what the table lists");
    }
}
