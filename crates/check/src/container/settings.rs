//! What is set by variables: dgoss's own, and dcgoss's.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How files come into the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// By a mount of the host's directory.
    Mount,
    /// By a copy: for engines on other machines.
    Copy,
}

/// The variables, read and checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// CONTAINER_RUNTIME.
    pub(crate) runtime: &'static str,
    /// GOSS_PATH; none: our own program.
    pub(crate) program: Option<PathBuf>,
    /// GOSS_FILES_PATH.
    pub(crate) files: PathBuf,
    /// GOSS_FILE.
    pub(crate) gossfile: String,
    /// GOSS_VARS; none where it is empty.
    pub(crate) vars: Option<String>,
    /// GOSS_OPTS.
    pub(crate) options: String,
    /// GOSS_WAIT_OPTS.
    pub(crate) wait_options: String,
    /// GOSS_SLEEP, as it was written.
    pub(crate) sleep_words: String,
    /// GOSS_SLEEP.
    pub(crate) sleep: Duration,
    /// GOSS_FILES_STRATEGY.
    pub(crate) strategy: Strategy,
    /// GOSS_ADDITIONAL_COPY_PATH.
    pub(crate) more: Vec<PathBuf>,
    /// CONTAINER_LOG_OUTPUT.
    pub(crate) log_copy: Option<PathBuf>,
    /// DGOSS_TEMP_DIR.
    pub(crate) temp: PathBuf,
    /// DEBUG: calls are shown, and the directory stays.
    pub(crate) debug: bool,
}

/// What GOSS_OPTS is where it is unset; an empty one is kept.
const OPTIONS: &str = "--color --format documentation";

/// What GOSS_WAIT_OPTS is where it is unset.
const WAIT_OPTIONS: &str = "-r 30s -s 1s > /dev/null";

/// What GOSS_SLEEP is where it is unset or empty.
const SLEEP: &str = "0.2";

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// One that cannot be meant: in words, with what to write.
    pub(crate) fn read(
        variable: impl Fn(&str) -> Option<OsString>,
        default_options: Option<&str>,
    ) -> Result<Settings, String> {
        let text = |name: &str| -> Result<Option<String>, String> {
            variable(name)
                .map(|value| {
                    value
                        .into_string()
                        .map_err(|_| format!("{name} is no UTF-8"))
                })
                .transpose()
        };
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let filled_text = |name: &str| -> Result<Option<String>, String> {
            Ok(text(name)?.filter(|value| !value.is_empty()))
        };
        let runtime = match filled_text("CONTAINER_RUNTIME")?.as_deref() {
            None | Some("docker") => "docker",
            Some("podman") => "podman",
            Some(other) => {
                return Err(format!(
                    "CONTAINER_RUNTIME={other}: must be docker or podman"
                ));
            }
        };
        let strategy = match filled_text("GOSS_FILES_STRATEGY")?.as_deref() {
            None | Some("mount") => Strategy::Mount,
            Some("cp") => Strategy::Copy,
            Some(other) => {
                return Err(format!("GOSS_FILES_STRATEGY={other}: must be mount or cp"));
            }
        };
        let sleep_words = filled_text("GOSS_SLEEP")?.unwrap_or_else(|| SLEEP.to_string());
        let sleep = span(&sleep_words).ok_or_else(|| {
            format!("GOSS_SLEEP={sleep_words}: must be a number of seconds, such as 0.2 or 5")
        })?;
        let more = filled_text("GOSS_ADDITIONAL_COPY_PATH")?.unwrap_or_default();
        Ok(Settings {
            runtime,
            program: filled("GOSS_PATH").map(PathBuf::from),
            files: filled("GOSS_FILES_PATH").map_or_else(|| PathBuf::from("."), PathBuf::from),
            gossfile: filled_text("GOSS_FILE")?.unwrap_or_else(|| "goss.yaml".to_string()),
            vars: filled_text("GOSS_VARS")?,
            options: text("GOSS_OPTS")?
                .unwrap_or_else(|| default_options.unwrap_or(OPTIONS).to_string()),
            wait_options: text("GOSS_WAIT_OPTS")?.unwrap_or_else(|| WAIT_OPTIONS.to_string()),
            sleep_words,
            sleep,
            strategy,
            more: more
                .split(':')
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
                .collect(),
            log_copy: filled("CONTAINER_LOG_OUTPUT").map(PathBuf::from),
            temp: filled("DGOSS_TEMP_DIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
            debug: filled("DEBUG").is_some(),
        })
    }
}

/// A span as sleep(1) takes it: seconds, or with s, m, h, d behind. A day at most.
fn span(text: &str) -> Option<Duration> {
    let (number, unit) = match text.chars().last()? {
        's' => (text.strip_suffix('s')?, 1.0),
        'm' => (text.strip_suffix('m')?, 60.0),
        'h' => (text.strip_suffix('h')?, 3600.0),
        'd' => (text.strip_suffix('d')?, 86400.0),
        _ => (text, 1.0),
    };
    let number: f64 = number.parse().ok()?;
    let seconds = number * unit;
    (seconds.is_finite() && (0.0..=86400.0).contains(&seconds))
        .then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| {
            let found = set.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Settings::read(variable, None)
    }

    #[test]
    fn what_is_unset_and_what_is_empty() {
        let unset = read(&[]).unwrap();
        assert_eq!(unset.options, OPTIONS);
        assert_eq!(unset.wait_options, WAIT_OPTIONS);
        assert_eq!(unset.sleep, Duration::from_millis(200));
        assert_eq!((unset.runtime, unset.strategy), ("docker", Strategy::Mount));
        assert_eq!(unset.gossfile, "goss.yaml");
        let empty = [
            "GOSS_OPTS",
            "GOSS_WAIT_OPTS",
            "GOSS_SLEEP",
            "GOSS_FILES_STRATEGY",
        ];
        let empty: Vec<_> = empty.iter().map(|name| (*name, "")).collect();
        let empty = read(&empty).unwrap();
        assert_eq!(
            (empty.options.as_str(), empty.wait_options.as_str()),
            ("", "")
        );
        assert_eq!(empty.sleep_words, "0.2");
        assert_eq!(empty.strategy, Strategy::Mount);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (name, value) in [
            ("CONTAINER_RUNTIME", "lxc"),
            ("GOSS_FILES_STRATEGY", "copy"),
            ("GOSS_SLEEP", "soon"),
            ("GOSS_SLEEP", "-1"),
            ("GOSS_SLEEP", "inf"),
        ] {
            let words = read(&[(name, value)]).unwrap_err();
            assert!(words.contains(&format!("{name}={value}")), "{words}");
        }
        assert_eq!(span("1m"), Some(Duration::from_secs(60)));
        let several = read(&[("GOSS_ADDITIONAL_COPY_PATH", "/a b:/c::")]).unwrap();
        assert_eq!(several.more, [PathBuf::from("/a b"), PathBuf::from("/c")]);
    }
}
