//! Reading a service directory, as s6-supervise has it, into the plan's unit and what
//! its performer needs besides.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::{errno, escape, signal};
use plan::{Entry, Program, Readiness, Unit};

use crate::view::View;
use crate::{Loss, Problem, Rule, script};

/// What can be wrong with a service directory, beside what [`script::RULES`] say of its
/// scripts.
pub const RULES: &[&Rule] = &[&NO_RUN, &SERVICE_NAME, &LOGGER_NO_RUN, &SERVICE_VALUE];

const NO_RUN: Rule = Rule::error(
    "no-run",
    "A service directory has no `run`. Nothing is started for it.",
    "Write `run`, or remove the directory. A misspelt name (`Run`, `run.sh`) is no `run`.",
);
const SERVICE_NAME: Rule = Rule::error(
    "service-name",
    "A service's name is longer than 251 bytes or not UTF-8. It is not started.",
    "Rename the directory.",
);
const LOGGER_NO_RUN: Rule = Rule::error(
    "logger-no-run",
    "A service has a `log` directory without a `run`. Its output goes to the container's.",
    "Write `log/run`, or remove `log`.",
);
const SERVICE_VALUE: Rule = Rule::error(
    "service-value",
    "`notification-fd`, `lock-fd`, `timeout-kill`, `timeout-finish`, `max-death-tally` or `down-signal` holds something else than a number or signal that fits. The default is used instead.",
    "Write what the message says, and nothing else: a number in decimal digits, a signal by name or number.",
);

/// Longest name of a service that s6-svscan takes (s6-svscan(8)).
const LONGEST_NAME: usize = 251;

/// Most deaths that s6-supervise keeps in its tally (servicedir, `max-death-tally`).
const MOST_DEATHS: u32 = 4096;

/// What a service directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The service.
    pub service: Entry,
    /// Its logger, where `log/` has a `run`.
    pub logger: Option<Entry>,
    /// What is wrong with single files; the service is as good as it can be without.
    pub problems: Vec<Problem>,
}

impl Found {
    /// The service, and its logger behind it.
    pub fn into_entries(self) -> Vec<Entry> {
        std::iter::once(self.service).chain(self.logger).collect()
    }
}

/// Reads every service directory (or link to one) of a scan directory, in the order of
/// their names. What begins with a dot or is no directory is no service.
///
/// A scan directory that cannot be listed is one problem and no services.
pub fn read_scan_dir(scan: &Path) -> (Vec<Entry>, Vec<Problem>) {
    read_scan_dir_in(&View::live(), scan)
}

/// As above, for what `view` sees.
pub fn read_scan_dir_in(view: &View, scan: &Path) -> (Vec<Entry>, Vec<Problem>) {
    let (mut services, mut problems) = (Vec::new(), Vec::new());
    let names = match view.names(scan) {
        Ok(names) => names,
        Err(error) => {
            let remedy = "no services are started";
            let problem = Problem::refused(scan, "list it", &error, remedy).that_loses(Loss::Whole);
            return (services, vec![problem.of(&script::UNREADABLE)]);
        }
    };
    for name in names {
        if !name.starts_with(b".") {
            let (found, wrong) = read_entry(view, scan, &name);
            services.extend(found);
            problems.extend(wrong);
        }
    }
    (services, problems)
}

/// Reads the entry `name` of a scan directory: the service and its logger, if it is one.
pub fn read_scan_entry(scan: &Path, name: &[u8]) -> (Vec<Entry>, Vec<Problem>) {
    read_entry(&View::live(), scan, name)
}

fn read_entry(view: &View, scan: &Path, name: &[u8]) -> (Vec<Entry>, Vec<Problem>) {
    let dir = scan.join(OsStr::from_bytes(name));
    match view.stat(&dir) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Default::default(),
        Err(error) if errno::is(&error, errno::ENOENT) => return Default::default(),
        Err(error) => {
            let remedy = "this service is not started";
            let problem =
                Problem::refused(&dir, "look at it", &error, remedy).that_loses(Loss::Whole);
            return (Vec::new(), vec![problem.of(&script::UNREADABLE)]);
        }
    }
    let mut found = match read_service_in(view, &dir) {
        Ok(found) => found,
        Err(problem) => return (Vec::new(), vec![problem]),
    };
    let mut problems = Vec::new();
    if may_hang(scan, &dir) {
        found.service.program.may_hang = true;
        found
            .logger
            .iter_mut()
            .for_each(|log| log.program.may_hang = true);
        problems.push(Problem::new(
            &dir,
            "linked from a file system that may hang (FUSE, NFS and their like)",
            "it runs, but s6-svc, s6-svstat and s6-svwait do not know it; copy it here \
             instead, or use `mainstay restart` and its like",
        ));
    }
    problems.append(&mut found.problems);
    (found.into_entries(), problems)
}

/// Whether a service's directory is on a file system that may hang, and the scan
/// directory is not on the same one.
fn may_hang(scan: &Path, dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| std::fs::metadata(path).map(|found| found.dev()).ok();
    device(scan) != device(dir) && kernel::fs::may_hang(dir).unwrap_or(false)
}

/// Reads one service directory; its last component is the service's name.
///
/// # Errors
/// A problem without which there is no service: no `run`, or a name that none can
/// have.
pub fn read_service(dir: &Path) -> Result<Found, Problem> {
    read_service_in(&View::live(), dir)
}

/// As above, for what `view` sees.
///
/// # Errors
/// As [`read_service`].
pub fn read_service_in(view: &View, dir: &Path) -> Result<Found, Problem> {
    // Ahead of all that is read of it.
    name_of(dir)?;
    let log = dir.join("log");
    let files = Seen::list(view, dir)?;
    let logger = view.is_dir(&log).then(|| Seen::list(view, &log));
    read_directory(dir, files, logger)
}

/// What a service directory holds, for whoever reads it: by its paths, or as it was copied.
pub trait Directory {
    /// Whether it has an entry of this name.
    fn has(&self, file: &str) -> bool;

    /// The beginning of the file of this name, [`LONGEST_VALUE`] bytes at most.
    ///
    /// # Errors
    /// As open(2); EINVAL for what is no regular file.
    fn start(&mut self, file: &str) -> io::Result<Vec<u8>>;

    /// Why the script of this name cannot be run; none where nothing speaks against it.
    fn diagnose(&mut self, file: &str) -> Option<Problem>;
}

/// Reads the service directory at `dir`, which holds `files`, and its logger's, where it has
/// one, or why that could not be listed.
///
/// # Errors
/// As [`read_service`].
pub fn read_directory<D: Directory>(
    dir: &Path,
    files: D,
    logger: Option<Result<D, Problem>>,
) -> Result<Found, Problem> {
    let name = name_of(dir)?;
    let mut problems = Vec::new();
    let mut service = read_one(files, dir, name, &mut problems)?;
    let log = dir.join("log");
    let read = logger.map(|files| read_one(files?, &log, &format!("{name}/log"), &mut problems));
    let logger = match read {
        None => None,
        Some(Ok(mut found)) => {
            service.unit.logger = Some(found.unit.name.clone());
            found.unit.reads_from = vec![service.unit.name.clone()];
            Some(found)
        }
        Some(Err(problem)) => {
            let remedy =
                "write it, or remove log/; the service's output goes to the container's".into();
            problems.push(Problem { remedy, ..problem }.of(&LOGGER_NO_RUN));
            None
        }
    };
    Ok(Found {
        service,
        logger,
        problems,
    })
}

/// The name of the service whose directory this is.
fn name_of(dir: &Path) -> Result<&str, Problem> {
    let name = dir.file_name().unwrap_or_default();
    let Some(name) = name.to_str() else {
        return Err(Problem::new(
            dir,
            "the name of this service is not UTF-8",
            "rename it; it is not started",
        )
        .of(&SERVICE_NAME));
    };
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(Problem::new(
            dir,
            format!("a service's name has 1 to {LONGEST_NAME} bytes"),
            "rename it; it is not started",
        )
        .of(&SERVICE_NAME));
    }
    Ok(name)
}

/// Reads one directory, without its logger.
fn read_one(
    files: impl Directory,
    dir: &Path,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Result<Entry, Problem> {
    let mut reader = Reader {
        files,
        dir,
        problems,
    };
    if !reader.files.has("run") {
        return Err(Problem::new(
            &dir.join("run"),
            "this service has no run script",
            "write one; the service is not started",
        )
        .of(&NO_RUN));
    }
    let mut unit = Unit::service(name);
    unit.has_finish = reader.files.has("finish");
    let scripts = [Some("run"), unit.has_finish.then_some("finish")];
    for script in scripts.into_iter().flatten() {
        let problem = reader.files.diagnose(script);
        reader.problems.extend(problem);
    }
    unit.wanted = !reader.files.has("down");
    let notification_fd = reader.descriptor("notification-fd");
    if notification_fd.is_some() {
        unit.readiness = Readiness::Notified;
    }
    unit.down_signal = reader.signal("down-signal").unwrap_or(unit.down_signal);
    unit.kill_after = match reader.number("timeout-kill", "a number of milliseconds", "0") {
        None | Some(0) => None,
        Some(milliseconds) => Some(Duration::from_millis(u64::from(milliseconds))),
    };
    unit.finish_within = match reader.number("timeout-finish", "a number of milliseconds", "5000") {
        None => unit.finish_within,
        Some(0) => None,
        Some(milliseconds) => Some(Duration::from_millis(u64::from(milliseconds))),
    };
    let program = Program {
        notification_fd,
        max_death_tally: reader.deaths(),
        own_session: !reader.files.has("nosetsid"),
        lock_fd: reader.descriptor("lock-fd"),
        own_pid_namespace: reader.files.has("flag-newpidns"),
        ..Program::of_directory(dir.to_path_buf())
    };
    Ok(Entry { unit, program })
}

/// A directory by its path, as a view sees it.
struct Seen<'a> {
    view: &'a View,
    dir: PathBuf,
    /// The names in the directory, sorted.
    files: Vec<Vec<u8>>,
}

impl Seen<'_> {
    fn list<'a>(view: &'a View, dir: &Path) -> Result<Seen<'a>, Problem> {
        let files = view.names(dir).map_err(|error| {
            Problem::refused(dir, "list it", &error, "this service is not started")
                .that_loses(Loss::Whole)
                .of(&script::UNREADABLE)
        })?;
        let dir = dir.to_path_buf();
        Ok(Seen { view, dir, files })
    }
}

impl Directory for Seen<'_> {
    fn has(&self, file: &str) -> bool {
        let found = self
            .files
            .binary_search_by(|name| name.as_slice().cmp(file.as_bytes()));
        found.is_ok()
    }

    fn start(&mut self, file: &str) -> io::Result<Vec<u8>> {
        self.view.read_start(&self.dir.join(file), LONGEST_VALUE)
    }

    fn diagnose(&mut self, file: &str) -> Option<Problem> {
        script::diagnose_in(self.view, &self.dir.join(file))
    }
}

struct Reader<'a, D> {
    files: D,
    dir: &'a Path,
    problems: &'a mut Vec<Problem>,
}

impl<D: Directory> Reader<'_, D> {
    /// The file's text without the blanks and newlines around it; none where there is
    /// no such file.
    fn text(&mut self, file: &str) -> Option<Vec<u8>> {
        if !self.files.has(file) {
            return None;
        }
        match self.files.start(file).and_then(whole) {
            Ok(text) => Some(text.trim_ascii().to_vec()),
            Err(error) => {
                let path = self.dir.join(file);
                let remedy = "it counts as not there";
                self.problems
                    .push(Problem::refused(&path, "read it", &error, remedy).of(&SERVICE_VALUE));
                None
            }
        }
    }

    fn number(&mut self, file: &str, wanted: &str, default: &str) -> Option<u32> {
        let text = self.text(file)?;
        let number = std::str::from_utf8(&text)
            .ok()
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse().ok());
        if number.is_none() {
            self.bad(file, &text, wanted, &format!("using {default}"));
        }
        number
    }

    /// A descriptor that a service may have: every one but 0, as with s6-supervise (servicedir:
    /// `notification-fd` is 1 for s6-ipcserverd run with -1).
    fn descriptor(&mut self, file: &str) -> Option<u32> {
        let wanted = "a descriptor number from 1 on";
        let number = self.number(file, wanted, "none")?;
        // As many as a process can ever have open (fs.nr_open's ceiling, sysctl(8)).
        if (1..1 << 30).contains(&number) {
            return Some(number);
        }
        self.bad(file, number.to_string().as_bytes(), wanted, "using none");
        None
    }

    fn signal(&mut self, file: &str) -> Option<u8> {
        let text = self.text(file)?;
        let number = signal::parse(&text).filter(|number| (1..=signal::MAX).contains(number));
        if number.is_none() {
            self.bad(file, &text, "the name or number of a signal", "using TERM");
        }
        number.map(|number| number as u8)
    }

    fn deaths(&mut self) -> u32 {
        const DEFAULT: u32 = 100;
        let wanted = "a number from 0 to 4096";
        match self.number("max-death-tally", wanted, "100") {
            None => DEFAULT,
            Some(number) if number <= MOST_DEATHS => number,
            Some(number) => {
                let text = number.to_string();
                self.bad("max-death-tally", text.as_bytes(), wanted, "using 4096");
                MOST_DEATHS
            }
        }
    }

    fn bad(&mut self, file: &str, text: &[u8], wanted: &str, remedy: &str) {
        let shown: Vec<u8> = text.iter().copied().take(40).collect();
        let cause = format!("`{}` is not {wanted}", escape(&shown));
        let problem = Problem::at(&self.dir.join(file), 1, cause, remedy);
        self.problems.push(problem.of(&SERVICE_VALUE));
    }
}

/// How much is read of a value's file: no value is as long.
pub const LONGEST_VALUE: usize = 4096;

/// The text of a value, unless there may be more of it.
fn whole(text: Vec<u8>) -> io::Result<Vec<u8>> {
    match text.len() < LONGEST_VALUE {
        true => Ok(text),
        false => Err(errno::from(errno::EINVAL)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    const RUN: &str = "#!/bin/sh\n";

    fn lines(problems: &[Problem], temp: &Temp) -> Vec<String> {
        let prefix = temp.at("").to_string_lossy().into_owned();
        problems
            .iter()
            .map(|problem| problem.to_string().replace(&prefix, ""))
            .collect()
    }

    #[test]
    fn a_bare_service_has_s6_supervises_defaults() {
        let temp = Temp::new();
        temp.script("web/run", RUN);
        let found = read_service(&temp.at("web")).unwrap();
        assert_eq!(found.service.unit, Unit::service("web"));
        assert_eq!(found.service.program.max_death_tally, 100);
        assert_eq!(found.service.program.notification_fd, None);
        assert!(found.service.program.own_session && !found.service.program.own_pid_namespace);
        assert_eq!((found.logger, found.problems), (None, vec![]));
    }

    #[test]
    fn every_file_has_its_effect() {
        let temp = Temp::new();
        temp.script("s/run", RUN);
        temp.script("s/finish", RUN);
        temp.script("s/log/run", RUN);
        temp.write("s/log/notification-fd", "3");
        temp.script("s/data/check", RUN);
        for (file, text) in [
            ("down", ""),
            ("notification-fd", "736"),
            ("timeout-kill", "2500\n"),
            ("timeout-finish", "0\n"),
            ("down-signal", "SIGQUIT\n"),
            ("max-death-tally", "7"),
            ("nosetsid", ""),
            ("lock-fd", "9"),
            ("flag-newpidns", ""),
        ] {
            temp.write(&format!("s/{file}"), text);
        }
        let found = read_service(&temp.at("s")).unwrap();
        assert_eq!(found.problems, []);
        let service = found.service;
        assert!(!service.unit.wanted && service.unit.has_finish);
        assert_eq!(service.program.notification_fd, Some(736));
        assert_eq!(service.unit.readiness, Readiness::Notified);
        assert_eq!(service.unit.kill_after, Some(Duration::from_millis(2500)));
        assert_eq!(service.unit.finish_within, None);
        assert_eq!(i32::from(service.unit.down_signal), signal::SIGQUIT);
        assert_eq!(service.program.max_death_tally, 7);
        assert!(!service.program.own_session && service.program.own_pid_namespace);
        assert_eq!(service.program.lock_fd, Some(9));
        let logger = found.logger.unwrap();
        assert_eq!(service.unit.logger.as_deref(), Some("s/log"));
        assert_eq!(logger.unit.reads_from, ["s"]);
        assert_eq!(logger.unit.name, "s/log");
        assert_eq!(logger.program.directory, temp.at("s/log"));
        assert_eq!(logger.program.notification_fd, Some(3));
    }

    #[test]
    fn bad_values_are_told_and_the_rest_holds() {
        let temp = Temp::new();
        temp.script("s/run", RUN);
        for (file, text) in [
            ("timeout-kill", "abc"),
            ("timeout-finish", "-1"),
            ("notification-fd", "0\n"),
            ("down-signal", "SIGNOTHING"),
            ("max-death-tally", "5000"),
            ("lock-fd", ""),
        ] {
            temp.write(&format!("s/{file}"), text);
        }
        temp.dir("s/log");
        let found = read_service(&temp.at("s")).unwrap();
        assert_eq!(
            lines(&found.problems, &temp),
            [
                "s/notification-fd:1: `0` is not a descriptor number from 1 on; using none",
                "s/down-signal:1: `SIGNOTHING` is not the name or number of a signal; using TERM",
                "s/timeout-kill:1: `abc` is not a number of milliseconds; using 0",
                "s/timeout-finish:1: `-1` is not a number of milliseconds; using 5000",
                "s/max-death-tally:1: `5000` is not a number from 0 to 4096; using 4096",
                "s/lock-fd:1: `` is not a descriptor number from 1 on; using none",
                "s/log/run: this service has no run script; write it, or remove log/; the service's output goes to the container's",
            ]
        );
        let mut expected = Unit::service("s");
        expected.logger = None;
        assert_eq!(found.service.unit, expected);
    }

    #[test]
    fn a_fifo_where_a_value_should_be_is_told_and_not_waited_for() {
        let temp = Temp::new();
        temp.script("s/run", RUN);
        kernel::fs::make_fifo(&temp.at("s/timeout-kill"), 0o600).unwrap();
        temp.write("s/notification-fd", vec![b'3'; 10_000]);
        let found = read_service(&temp.at("s")).unwrap();
        assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
    }

    #[test]
    fn a_scan_directory_gives_its_services_in_order() {
        let temp = Temp::new();
        temp.script("scan/b/run", RUN);
        temp.script("scan/a/run", RUN);
        temp.script("scan/a/log/run", RUN);
        temp.dir("scan/norun");
        temp.dir("scan/.s6-svscan");
        temp.write("scan/file", "");
        temp.script("elsewhere/run", "no shebang\n");
        temp.link("../elsewhere", "scan/linked");
        std::fs::create_dir(temp.at("scan").join(OsStr::from_bytes(b"bad\xff"))).unwrap();
        let (services, problems) = read_scan_dir(&temp.at("scan"));
        let names: Vec<_> = services.iter().map(|s| s.unit.name.as_str()).collect();
        assert_eq!(names, ["a", "a/log", "b", "linked"]);
        assert_eq!(
            lines(&problems, &temp),
            [
                "scan/bad\\xff: the name of this service is not UTF-8; rename it; it is not started",
                "scan/linked/run:1: no #! in the first line, so the kernel does not know how to run it; begin it with #!/bin/sh or the interpreter that it needs",
                "scan/norun/run: this service has no run script; write one; the service is not started",
            ]
        );
        let (none, problems) = read_scan_dir(&temp.at("none"));
        assert_eq!((none.len(), problems.len()), (0, 1));
    }
}
