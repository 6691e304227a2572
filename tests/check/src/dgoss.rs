//! Calls of the program under the names that drive containers.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use temp::Temp;

/// A directory with files of tests, and a place for what is put together on the way.
pub struct Place {
    /// Where it is called.
    pub dir: Temp,
    temp: Temp,
}

/// How a call ended.
#[derive(Debug)]
pub struct Done {
    /// The exit code; 256 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Place {
    /// An empty one.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Place {
        Place {
            dir: Temp::new(),
            temp: Temp::new(),
        }
    }

    /// One with this file.
    pub fn with(name: &str, text: &str) -> Place {
        let place = Place::new();
        place.dir.write(name, text);
        place
    }

    /// A call under `name`, to be given variables.
    pub fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(crate::program());
        command
            .arg0(name)
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("DGOSS_TEMP_DIR", self.temp.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What lies in the directory for temporary files.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn left_in_temp(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.temp.path()).expect("the directory");
        entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into()
            })
            .collect()
    }

    /// The directory for temporary files.
    pub fn temp(&self) -> &Path {
        self.temp.path()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Done {
        Done {
            code: output.status.code().unwrap_or(256),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs a call to its end.
///
/// # Panics
/// When it cannot be started.
pub fn done(command: &mut Command) -> Done {
    command.output().expect("it can be started").into()
}

/// Waits for the end of a call that was started.
///
/// # Panics
/// When it cannot be waited for.
pub fn end_of(child: Child) -> Done {
    child.wait_with_output().expect("it ends").into()
}
