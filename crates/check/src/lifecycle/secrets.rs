//! Secrets that a container is given: their values must not be in its log nor in its image.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::archive::{self, Findings, Needle};
use super::scenario::Scenario;
use crate::container::runtime::{Broken, Call, Runtime};
use crate::container::stage;

/// Shortest value that is looked for: shorter ones stand everywhere by chance.
const SHORTEST: usize = 6;

/// How long an image may take to be read.
const IMAGE: Duration = Duration::from_secs(1800);

/// A secret of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it was made here, so that no image can hold it.
    made: bool,
    /// Whether the container must be told its value.
    told: bool,
}

/// The values of the secrets that a scenario names: what it sets itself, what the call sets,
/// what our own environment has; else one is made.
pub(super) fn values(scenario: &Scenario, words: &[OsString]) -> Vec<Secret> {
    let names = scenario.secrets.iter().map(|(name, _)| name);
    names
        .map(|name| {
            let own = scenario.env.iter().find(|(other, _)| other == name);
            let set = own.map(|(_, value)| value.clone());
            let given = set
                .or_else(|| in_words(&scenario.options, name))
                .or_else(|| {
                    let words: Vec<String> = words
                        .iter()
                        .map(|word| word.to_string_lossy().into_owned())
                        .collect();
                    in_words(&words, name)
                });
            let inherited = std::env::var(name).ok().filter(|value| !value.is_empty());
            let told = given.is_none();
            let known = given.or(inherited);
            Secret {
                name: name.clone(),
                made: known.is_none(),
                value: known.unwrap_or_else(|| format!("canary-{}", stage::token())),
                told,
            }
        })
        .collect()
}

/// The value that `-e NAME=VALUE` gives.
fn in_words(words: &[String], name: &str) -> Option<String> {
    let prefix = format!("{name}=");
    let mut previous = "";
    for word in words {
        let setting = match previous {
            "-e" | "--env" => Some(word.as_str()),
            _ => word
                .strip_prefix("--env=")
                .or_else(|| word.strip_prefix("-e=")),
        };
        if let Some(value) = setting.and_then(|setting| setting.strip_prefix(&prefix)) {
            return Some(value.to_string());
        }
        previous = word;
    }
    None
}

impl Secret {
    /// The options by which the container learns it. The value is no word of a call that
    /// others on this machine see, unless it means nothing.
    pub(super) fn options(&self) -> Vec<String> {
        match (self.told, self.made) {
            (false, _) => Vec::new(),
            (true, true) => vec!["-e".into(), format!("{}={}", self.name, self.value)],
            (true, false) => vec!["-e".into(), self.name.clone()],
        }
    }
}

/// A text without the values of secrets.
pub(super) fn masked(text: &str, secrets: &[Secret]) -> String {
    secrets.iter().fold(text.to_string(), |text, secret| {
        match secret.value.is_empty() {
            true => text,
            false => text.replace(&secret.value, "***"),
        }
    })
}

fn needles(secrets: &[Secret]) -> Vec<Needle> {
    let mut needles = Vec::new();
    for secret in secrets {
        needles.push(Needle::new(&secret.name, secret.value.as_bytes()));
        // As JSON writes it.
        let quoted = secret.value.replace('\\', "\\\\").replace('"', "\\\"");
        if quoted != secret.value {
            needles.push(Needle::new(&secret.name, quoted.as_bytes()));
        }
    }
    needles
}

/// What is wrong with one: too short to be looked for.
pub(super) fn unfit(secret: &Secret) -> Option<String> {
    (secret.value.len() < SHORTEST).then(|| {
        format!(
            "the value of {} is shorter than {SHORTEST} bytes: it cannot be looked for",
            secret.name
        )
    })
}

/// Where the secrets stand in a log.
pub(super) fn in_log(log: &Path, secrets: &[Secret]) -> io::Result<Findings> {
    let mut findings = Findings::default();
    archive::search(
        &mut File::open(log)?,
        "the log",
        &needles(secrets),
        &mut findings,
    )?;
    Ok(findings)
}

/// Where the secrets stand in an image: its history, its settings, the files of its layers.
///
/// # Errors
/// The engine does not give it.
pub(super) fn in_image(
    runtime: &Runtime,
    image: &str,
    secrets: &[Secret],
) -> Result<Findings, Broken> {
    let mut findings = Findings::default();
    let real: Vec<Secret> = secrets
        .iter()
        .filter(|secret| !secret.made)
        .cloned()
        .collect();
    if real.is_empty() {
        return Ok(findings);
    }
    let told = needles(&real);
    for (words, place) in [
        (
            vec!["history", "--no-trunc", "--format", "{{.CreatedBy}}", image],
            "the image's history",
        ),
        (vec!["inspect", image], "the image's settings"),
    ] {
        let ended = runtime.call(Call::new(words))?;
        if !ended.ok() {
            return Err(Broken::Failed(ended.words()));
        }
        let _ = archive::search(&mut &*ended.out, place, &told, &mut findings);
    }
    let (mut from, to) = io::pipe().map_err(|error| Broken::Failed(error.to_string()))?;
    let reader = std::thread::spawn(move || {
        let mut found = Findings::default();
        let walked = archive::walk_image(&mut from, &told, &mut found);
        walked.map(|()| found)
    });
    let ended = runtime.call(Call::new(["save", image]).out(to).within(IMAGE))?;
    if !ended.ok() {
        return Err(Broken::Failed(ended.words()));
    }
    match reader.join() {
        Ok(Ok(found)) => {
            findings.hits.extend(found.hits);
            findings.unread.extend(found.unread);
            Ok(findings)
        }
        Ok(Err(error)) => Err(Broken::Failed(format!("save {image}: {error}"))),
        Err(_) => Err(Broken::Failed(format!("save {image}: not read"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_call_are_seen_and_masked() {
        let words: Vec<String> = ["-e", "A=1", "--env=B=two words", "--env", "C=3=4", "image"]
            .map(str::to_string)
            .to_vec();
        assert_eq!(in_words(&words, "A").as_deref(), Some("1"));
        assert_eq!(in_words(&words, "B").as_deref(), Some("two words"));
        assert_eq!(in_words(&words, "C").as_deref(), Some("3=4"));
        assert_eq!(in_words(&words, "D"), None);
        let secret = Secret {
            name: "S".into(),
            value: "hunter22".into(),
            made: false,
            told: true,
        };
        assert_eq!(secret.options(), ["-e", "S"]);
        assert_eq!(masked("a hunter22 b", &[secret]), "a *** b");
    }
}
