//! A gossfile that is read, changed and written again, as `add` does it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::file::go_words;
use super::{Gossfile, Problem, Syntax, load_alone, save, write};
use crate::resource::{EXTENSIONS, Resource};

/// How many copies are kept of what is not written again; none takes the place of another.
const BACKUPS: u32 = 99;

/// A gossfile that is changed.
#[derive(Debug)]
pub struct Edited {
    path: String,
    syntax: Syntax,
    gossfile: Gossfile,
    /// Whether something in it is not written again.
    loses: bool,
}

impl Edited {
    /// Reads it; one that is not there is empty.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn open(path: &str, strict: bool) -> Result<Edited, Vec<Problem>> {
        let syntax = Syntax::of(Path::new(path)).map_err(|problem| vec![problem])?;
        let mut edited = Edited {
            path: path.to_string(),
            syntax,
            gossfile: Gossfile::default(),
            loses: false,
        };
        // A link to nothing is nothing yet.
        if let Err(why) = fs::metadata(path)
            && why.kind() == io::ErrorKind::NotFound
        {
            return Ok(edited);
        }
        edited.gossfile = load_alone(path, strict).map_err(|problems| with_hint(path, problems))?;
        let text = fs::read_to_string(path).unwrap_or_default();
        edited.loses = syntax == Syntax::Yaml && loses(&text);
        Ok(edited)
    }

    /// Puts a resource in the place of one with its type and key, and says so. Of what was there
    /// the author's own words stay: its title, its meta, when it is measured.
    pub fn put(&mut self, mut resource: Resource) -> String {
        let (section, key) = (resource.kind.section, resource.key.clone());
        let same = |one: &&mut Resource| one.kind.section == section && one.key == key;
        let earlier = self.gossfile.resources.iter_mut().find(same);
        if let Some(earlier) = &earlier {
            resource.title.clone_from(&earlier.title);
            resource.meta.clone_from(&earlier.meta);
            let is_kept = |name: &str| {
                matches!(name, "title" | "meta") || EXTENSIONS.iter().any(|row| row.name == name)
            };
            let kept = earlier.given.iter().filter(|(name, _)| is_kept(name));
            resource.given.extend(kept.cloned());
        }
        let fragment = write::shown(&resource, self.syntax);
        let said = format!(
            "Adding {} to '{}':\n\n{fragment}\n\n",
            resource.kind.shown, self.path
        );
        match earlier {
            Some(earlier) => *earlier = resource,
            None => self.gossfile.resources.push(resource),
        }
        said
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.gossfile.resources.is_empty() && self.gossfile.others.is_empty()
    }

    /// Copies the file beside itself where something in it is not written again, and says where.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn keep_backup(&self) -> Result<Option<String>, String> {
        if !self.loses {
            return Ok(None);
        }
        let names = (1..=BACKUPS).map(|number| match number {
            1 => format!("{}.bak", self.path),
            number => format!("{}.bak{number}", self.path),
        });
        let mut last = String::new();
        for backup in names {
            match copy_anew(&self.path, &backup) {
                Ok(()) => return Ok(Some(backup)),
                Err(why) => last = format!("{backup}: {}; nothing is written", go_words(&why)),
            }
        }
        Err(last)
    }

    /// Writes it.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub fn save(&self) -> Result<(), String> {
        save::save(&self.path, &write::file(&self.gossfile, self.syntax))
    }
}

/// Copies a file to where nothing is, with its mode.
fn copy_anew(from: &str, to: &str) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mode = source.metadata()?.permissions().mode();
    let mut options = OpenOptions::new();
    let mut copy = options.write(true).create_new(true).mode(mode).open(to)?;
    io::copy(&mut source, &mut copy).map(drop)
}

/// With what to do where a template is in the way.
fn with_hint(path: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let has_template = fs::read_to_string(path).is_ok_and(|text| text.contains("{{"));
    let hint = "templates stay as they are when a file is added to, so that it must be YAML \
                with them; keep them in a file that this one includes";
    let with_hint = |problem: Problem| match has_template && problem.remedy.is_empty() {
        true => problem.remedy(hint),
        false => problem,
    };
    problems.into_iter().map(with_hint).collect()
}

/// Whether a text of YAML may hold what is not written again: comments, anchors, a section that
/// its author keeps for them. Where it only looks like that a copy too many is made.
fn loses(text: &str) -> bool {
    let is_anchor = |word: &str| word.len() > 1 && word.starts_with(['&', '*']);
    text.lines().any(|line| {
        line.starts_with("x-")
            || line
                .split_whitespace()
                .any(|word| word.starts_with('#') || is_anchor(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_seen() {
        for text in [
            "# a\n",
            "a: 1 # b\n",
            "x-y:\n  z: 1\n",
            "a: &b\n  c: 1\n",
            "a: *b\n",
        ] {
            assert!(loses(text), "{text}");
        }
        for text in ["a: 1\n", "a: b#c\n", "a: 1 & 2\n", "- a * b\n", ""] {
            assert!(!loses(text), "{text}");
        }
    }

    #[test]
    fn a_file_is_written_with_all_that_it_had() {
        let dir = temp::Temp::new();
        let text = "file:\n  /x: {exists: true}\ngossfile:\n  a.yaml: {}\nlifecycle:\n  boots:\n    ready: {within: 3s}\n";
        let path = dir.write("goss.yaml", text).display().to_string();
        let edited = Edited::open(&path, true).expect("a file");
        edited.save().expect("written");
        assert_eq!(
            fs::read_to_string(&path).expect("text"),
            "file:\n    /x:\n        exists: true\n        contents: null\n\
             gossfile:\n    a.yaml: {}\nlifecycle:\n    boots:\n        ready:\n            within: 3s\n"
        );
        assert_eq!(edited.keep_backup(), Ok(None));
    }

    #[test]
    fn a_copy_takes_the_place_of_no_other() {
        let dir = temp::Temp::new();
        let path = dir
            .write("goss.yaml", "# a\nfile: {}\n")
            .display()
            .to_string();
        let edited = Edited::open(&path, false).expect("a file");
        for end in ["bak", "bak2", "bak3"] {
            let backup = edited.keep_backup().expect("a copy").expect("a copy");
            assert_eq!(backup, format!("{path}.{end}"));
            assert_eq!(fs::read_to_string(backup).expect("text"), "# a\nfile: {}\n");
        }
    }
}
