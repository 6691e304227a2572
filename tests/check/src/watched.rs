//! A call whose time and memory are watched: neither may depend on how bad its input is.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use temp::Temp;

/// How long a call may take, in time of the processor: others may use the machine too.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How much memory a call may ever have held, in KiB.
pub const MEMORY: u64 = 256 << 10;

/// After so many times its patience a call is ended, so that a test fails rather than hangs.
const HOPELESS: u32 = 12;

/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(2);

/// What a call did.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The exit code, 128 and its number where a signal ended it.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
    /// How much of it the processor worked, for it and for what it has waited for.
    pub worked: Duration,
    /// The most memory that it held, in KiB.
    pub peak: u64,
}

/// A call.
#[derive(Debug)]
pub struct Call<'a> {
    dir: &'a Path,
    command: Command,
    patience: Duration,
}

impl<'a> Call<'a> {
    /// Of the program under test in a directory, with words parted by blanks.
    ///
    /// # Panics
    /// When there is no program.
    pub fn new(dir: &'a Temp, words: &str) -> Call<'a> {
        let mut command = Command::new(crate::program());
        command
            .arg0("mainstay-check")
            .args(words.split_ascii_whitespace())
            .current_dir(dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null());
        Call {
            dir: dir.path(),
            command,
            patience: PATIENCE,
        }
    }

    /// Under the name `goss`.
    pub fn as_goss(mut self) -> Self {
        self.command.arg0("goss");
        self
    }

    /// With a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With a file as its standard input.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn stdin(mut self, path: &str) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        self.command.stdin(file);
        self
    }

    /// With another limit of time.
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Calls it.
    ///
    /// # Panics
    /// When it takes more time or memory than it may, or when it panics.
    pub fn run(mut self) -> Seen {
        let patience = scaled(self.patience);
        let begun = Instant::now();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("it begins");
        let stdout = read(child.stdout.take().expect("a pipe"));
        let stderr = read(child.stderr.take().expect("a pipe"));
        let (exit, peak, worked) = watch(&mut child, begun + patience * HOPELESS);
        let took = begun.elapsed();
        let seen = Seen {
            exit,
            stdout: stdout.join().expect("it is read"),
            stderr: stderr.join().expect("it is read"),
            took,
            worked,
            peak,
        };
        let shown = seen.shown();
        assert!(worked <= patience, "{worked:?} in {:?}: {shown}", self.dir);
        assert!(
            took <= patience * HOPELESS,
            "{took:?} in {:?}: {shown}",
            self.dir
        );
        assert!(peak <= MEMORY, "{peak} KiB: {shown}");
        assert!(!seen.stderr.contains("panicked"), "{shown}");
        seen
    }
}

impl Seen {
    /// That nothing was tested, because of what is said in a line with `words`.
    ///
    /// # Panics
    /// When that is not so.
    pub fn refused(&self, words: &str) {
        assert_eq!(self.exit, 78, "{}", self.shown());
        self.says(words);
    }

    /// That something was not as expected, with a line that has `words`; and that the rest was
    /// tested all the same.
    ///
    /// # Panics
    /// When that is not so.
    pub fn failed(&self, words: &str, rest: &str) {
        assert_eq!(self.exit, 1, "{}", self.shown());
        self.says(words);
        self.says(rest);
    }

    /// That there is a line with `words`, and none that is longer than what is shown of a value.
    ///
    /// # Panics
    /// When that is not so.
    pub fn says(&self, words: &str) {
        let mut lines = self.stdout.lines().chain(self.stderr.lines());
        assert!(
            lines.any(|line| line.contains(words)),
            "{words}: {}",
            self.shown()
        );
        let lines = self.stdout.lines().chain(self.stderr.lines());
        let longest = lines.map(str::len).max().unwrap_or(0);
        assert!(longest <= 2 << 20, "a line of {longest} bytes");
    }

    /// What is of interest where a test fails.
    fn shown(&self) -> String {
        let begin = |text: &str| text.chars().take(2000).collect::<String>();
        format!(
            "exit {} after {:?} ({:?} of work) and with {} KiB; stdout:\n{}\nstderr:\n{}",
            self.exit,
            self.took,
            self.worked,
            self.peak,
            begin(&self.stdout),
            begin(&self.stderr)
        )
    }
}

/// `time` scaled by `MAINSTAY_TEST_PATIENCE`, for slow machines.
pub fn scaled(time: Duration) -> Duration {
    let factor = std::env::var("MAINSTAY_TEST_PATIENCE");
    let factor = factor.ok().and_then(|text| text.parse::<f64>().ok());
    time.mul_f64(factor.unwrap_or(1.0))
}

/// The most memory that a process has held so far, in KiB; none once it has ended.
pub fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn read(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// How much the processor has worked for a process and for those that it has waited for.
pub fn worked(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, which may hold anything, ends with the last `)`: see proc_pid_stat(5).
    let fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let ticks = fields.skip(11).take(4).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>().ok()?;
    Some(Duration::from_millis(ticks.saturating_mul(10)))
}

/// Its exit code, its peak of memory, and how much it has worked. What never ends, or takes the machine's memory, is ended.
fn watch(child: &mut Child, until: Instant) -> (i32, u64, Duration) {
    let (mut most, mut work) = (0, Duration::ZERO);
    loop {
        most = peak(child.id()).unwrap_or(0).max(most);
        work = worked(child.id()).unwrap_or(work);
        if let Some(status) = child.try_wait().expect("a child") {
            let signal = status.signal().map_or(-1, |signal| 128 + signal);
            return (status.code().unwrap_or(signal), most, work);
        }
        if Instant::now() > until || most > 8 * MEMORY {
            let _ = child.kill();
        }
        thread::sleep(PAUSE);
    }
}
