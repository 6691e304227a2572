//! A booted image: its scripts, its packages, and whether anything in it has changed.

use harness::{Command, Container, Exec, Output, Root};
use lint_tests::Json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Serves a directory of the image over HTTP on one port of its loopback.
const SERVE: &str = "/usr/local/lib/serve/busybox httpd -p 127.0.0.1:";

/// A container that does nothing, with the scripts in it and a server for repositories at hand.
/// Everything that happens in it is gone with it.
pub struct Image {
    container: Container,
    script: String,
}

/// One package of a list: `NAME OLD -> NEW (SOURCE, ADVISORIES)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The package.
    pub name: String,
    /// What was installed; nothing when it is new.
    pub old: Option<String>,
    /// What is to be; nothing when it is removed.
    pub new: Option<String>,
    /// The suite or repository; nothing for a removal.
    pub source: Option<String>,
    /// The advisories.
    pub advisories: Vec<String>,
}

/// How the script ended and what it said.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub list: String,
    /// Standard error.
    pub words: String,
}

impl Image {
    /// Puts into `root` what every image here has.
    pub fn prepare(root: &Root) {
        root.copy_to(crate::scripts(), "/scripts");
        root.copy_file("/bin/busybox", "/usr/local/lib/serve/busybox");
    }

    /// Runs a script in `root` and keeps what it has changed there.
    pub fn change(root: &Root, script: &str) {
        root.write_script("/prepare", script);
        let (status, log) = Container::new(root, ["/prepare"])
            .all_capabilities()
            .keep_changes()
            .run();
        assert!(status.success(), "{}", log.text());
    }

    /// Boots an image over a prepared root, whose `/security_updates.sh` is the family's.
    pub fn boot(root: &Root, family: &str) -> Self {
        Self::boot_as(root, family, |command| command)
    }

    /// The same with more to say about the container.
    pub fn boot_as(
        root: &Root,
        family: &str,
        with: impl for<'a> FnOnce(Command<'a>) -> Command<'a>,
    ) -> Self {
        let command = Container::new(root, ["sleep", "1000"]).all_capabilities();
        let container = with(command).boot();
        let image = Self {
            container,
            script: "/security_updates.sh".into(),
        };
        let target = format!("/scripts/security_updates_{family}.sh");
        image.shell(&format!(
            "ln -sf {target} /security_updates.sh && test -f {target}"
        ));
        image
    }

    /// The container.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// Serves `directory` at `http://127.0.0.1:PORT`.
    #[track_caller]
    pub fn serve(&self, directory: &str, port: u16) {
        self.shell(&format!("{SERVE}{port} -h {directory}"));
    }

    /// Runs a script that must end well, and says what it wrote.
    #[track_caller]
    pub fn shell(&self, script: &str) -> String {
        self.long(["/bin/sh", "-ec", script]).run().ok().text()
    }

    /// A program that may take a while.
    fn long<const N: usize>(&self, arguments: [&str; N]) -> Exec {
        self.container
            .prepare(arguments)
            .limit(Duration::from_secs(120))
    }

    /// `/bin/bash -e /security_updates.sh OPTIONS`, as a Dockerfile says it.
    #[track_caller]
    pub fn update(&self, options: &str) -> Said {
        self.update_by("/bin/bash -e", options)
    }

    /// The same by another shell.
    #[track_caller]
    pub fn update_by(&self, shell: &str, options: &str) -> Said {
        let line = format!("{shell} {} {options}", self.script);
        let line: Vec<&str> = line.split_whitespace().collect();
        let exec = self.container.prepare(&line);
        said(&exec.limit(Duration::from_secs(120)).run())
    }

    /// The same as a user who is not root.
    #[track_caller]
    pub fn update_as_nobody(&self, options: &str) -> Said {
        let line = format!("/bin/sh -e {} {options}", self.script);
        let line: Vec<&str> = line.split_whitespace().collect();
        said(&self.container.prepare(&line).user(65534, 65534).run())
    }

    /// Every file that an image consists of: name, kind, mode, owner, link, and what is in it.
    /// But for what any reader of SQLite's write-ahead log leaves beside it.
    pub fn snapshot(&self) -> BTreeMap<String, String> {
        // A changed file of /usr has another time; the rest is read: a lock or a database may be
        // written and be the same.
        const LOOK: &str = "cd / && set -- \\( -path ./proc -o -path ./dev -o -path ./sys \
             -o -path ./tmp -o -path ./srv \\) -prune -o
             find . -xdev \"$@\" -print0 >/dev/shm/names
             xargs -0 stat -c '%n|%F %a %u:%g %N' </dev/shm/names
             find ./usr -xdev -type f -print0 | xargs -0 stat -c '%n|%s %y'
             find . -xdev -path ./usr -prune -o \"$@\" -type f -print0 | xargs -0 sha256sum
             rm /dev/shm/names";
        let output = self.long(["/bin/sh", "-c", LOOK]).run().ok();
        let mut files = BTreeMap::new();
        for line in output.text().lines() {
            let (name, facts) = match line.split_once('|') {
                Some(both) => both,
                None => {
                    let (sum, name) = line.split_once("  ").expect("a sum and a name");
                    (name, sum)
                }
            };
            let known: &mut String = files.entry(name.to_owned()).or_default();
            *known = format!("{known} {facts}");
        }
        files.retain(|name, _| !name.ends_with(".sqlite-shm"));
        assert!(files.len() > 300, "only {} files were found", files.len());
        files
    }

    /// Fails unless the image is as it was, whatever the time stamps say.
    #[track_caller]
    pub fn assert_as_it_was(&self, before: &BTreeMap<String, String>, what: &str) {
        let after = self.snapshot();
        let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed: Vec<_> = names
            .into_iter()
            .filter(|name| before.get(*name) != after.get(*name))
            .collect();
        assert!(changed.is_empty(), "{what} has changed {changed:?}");
    }

    /// Runs the script, which must fail with `code` and one last line that has all of `parts`, and
    /// leave the image as it was.
    #[track_caller]
    pub fn refuses(&self, options: &str, code: i32, parts: &[&str]) -> Said {
        let before = self.snapshot();
        let said = self.update(options);
        assert_eq!(said.code, code, "{said:?}");
        assert_eq!(said.list, "", "a list of changes that did not happen");
        let line = said.words.lines().last().unwrap_or_default();
        for part in parts {
            assert!(line.contains(part), "no `{part}` in: {line}");
        }
        for line in said.words.lines() {
            assert!(
                line.starts_with("security_updates: "),
                "a stray line: {line}"
            );
        }
        self.assert_as_it_was(&before, options);
        said
    }
}

fn said(output: &Output) -> Said {
    Said {
        code: output.code(),
        list: output.text(),
        words: output.error_text(),
    }
}

impl Said {
    /// The list of changes, read from what people see.
    #[track_caller]
    pub fn changes(&self) -> Vec<Change> {
        self.list.lines().map(change).collect()
    }

    /// The list of changes, read from what programs see.
    #[track_caller]
    pub fn json(&self) -> Vec<Change> {
        let Json::List(list) = Json::parse(&self.list) else {
            panic!("no array: {}", self.list);
        };
        list.iter().map(json_change).collect()
    }

    /// Fails unless it ended with `code`.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Fails unless standard error has a line with all of `parts`.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) -> &Self {
        let found = self
            .words
            .lines()
            .any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "no line with {parts:?} in:\n{}", self.words);
        self
    }
}

#[track_caller]
fn change(line: &str) -> Change {
    let parse = || {
        let (name, rest) = line.split_once(' ')?;
        let (old, rest) = rest.split_once(" -> ")?;
        let (new, rest) = rest.split_once(" (")?;
        let (source, advisories) = match rest.strip_suffix(')')?.split_once(", ") {
            Some((source, list)) => (source, list.split(' ').map(Into::into).collect()),
            None => (rest.strip_suffix(')')?, Vec::new()),
        };
        let unless = |word: &str, text: &str| (text != word).then(|| text.to_owned());
        Some(Change {
            name: name.into(),
            old: unless("none", old),
            new: unless("removed", new),
            source: unless("not in a repository", source),
            advisories,
        })
    };
    parse().unwrap_or_else(|| panic!("no `NAME OLD -> NEW (SOURCE)`: {line}"))
}

#[track_caller]
fn json_change(value: &Json) -> Change {
    let Json::Object(members) = value else {
        panic!("no object: {value:?}");
    };
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(names, ["advisories", "name", "new", "old", "source"]);
    let text = |name: &str| match &members[name] {
        Json::Text(text) => Some(text.clone()),
        Json::Null => None,
        other => panic!("{name}: {other:?}"),
    };
    let Json::List(advisories) = &members["advisories"] else {
        panic!("advisories: no list");
    };
    Change {
        name: text("name").expect("a name"),
        old: text("old"),
        new: text("new"),
        source: text("source"),
        advisories: advisories
            .iter()
            .map(|one| match one {
                Json::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            })
            .collect(),
    }
}
