//! The directory that becomes /goss in the container: the program, the goss files and what
//! they need. It goes when the run is over.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::includes::{self, Needed};
use super::settings::Settings;
use crate::say::say;

/// Where it is in the container.
pub(crate) const PLACE: &str = "/goss";

/// The file whose tests are waited for.
pub(crate) const WAIT_FILE: &str = "goss_wait.yaml";

/// Files that include others by `../` keep their distance below this.
const TREE: &str = "tree";

/// The directory, filled.
pub(crate) struct Stage {
    dir: PathBuf,
    kept: bool,
    /// Where the goss files are in the container: [`PLACE`], or deeper where they include
    /// what lies above their directory.
    pub(crate) home: String,
    /// The program in the container.
    pub(crate) program: String,
    /// The program on this machine.
    pub(crate) source: PathBuf,
    /// Whether there is something to wait for.
    pub(crate) waits: bool,
    /// Whether there is a file of tests.
    pub(crate) tests: bool,
    /// What is to be said: files that are named and not here.
    pub(crate) warnings: Vec<String>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.kept {
            say!("INFO: DEBUG is set: {} stays", self.dir.display());
        } else if let Err(error) = fs::remove_dir_all(&self.dir) {
            say!("ERROR: cannot remove {}: {error}", self.dir.display());
        }
    }
}

impl Stage {
    /// Makes an empty one. `shared`: whoever the container runs as may write in it, for `edit`.
    ///
    /// # Errors
    /// As the system has them, with the path.
    pub(crate) fn make(
        settings: &Settings,
        name: &'static str,
        shared: bool,
    ) -> Result<Stage, String> {
        let source = match &settings.program {
            Some(path) if path.is_file() => path.clone(),
            Some(path) => {
                return Err(format!(
                    "Couldn't find goss installation, please set GOSS_PATH to it: there is no {}",
                    path.display()
                ));
            }
            None => PathBuf::from("/proc/self/exe"),
        };
        let dir = directory(&settings.temp, if shared { 0o777 } else { 0o755 })?;
        Ok(Stage {
            dir,
            kept: settings.debug,
            home: PLACE.to_string(),
            program: format!("{PLACE}/{name}"),
            source,
            waits: false,
            tests: false,
            warnings: Vec::new(),
        })
    }

    /// Its path on this machine.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Copies the program.
    ///
    /// # Errors
    /// As the system has them, with the path.
    pub(crate) fn put_program(&self) -> Result<(), String> {
        let name = Path::new(&self.program).file_name().unwrap_or_default();
        put(&self.source, &self.dir.join(name), 0o755)
    }

    /// Copies the files that the variables name, and what these need. What is not there is
    /// left out, as dgoss does.
    ///
    /// # Errors
    /// As the system has them, with the path.
    pub(crate) fn put_files(&mut self, settings: &Settings, may_move: bool) -> Result<(), String> {
        let mut needed = Needed::default();
        let pairs = [
            (settings.gossfile.as_str(), "goss.yaml"),
            (WAIT_FILE, WAIT_FILE),
        ];
        let mut present = Vec::new();
        let vars = settings.vars.as_ref().map(|vars| settings.files.join(vars));
        let vars = vars.filter(|vars| vars.is_file());
        for (from, to) in pairs {
            let source = settings.files.join(from);
            if source.is_file() {
                put(&source, &self.dir.join(to), 0o644)?;
                let beside = source.parent().unwrap_or(&settings.files);
                let name = source.file_name().unwrap_or_default().to_string_lossy();
                includes::of(beside, &name, vars.as_deref(), &mut needed);
                present.push((source, to));
            }
        }
        self.tests = present.iter().any(|(_, to)| *to == "goss.yaml");
        self.waits = present.iter().any(|(_, to)| *to == WAIT_FILE);
        if let Some(vars) = &settings.vars {
            let source = settings.files.join(vars);
            if source.is_file() {
                put(&source, &self.dir.join(inside(vars)), 0o644)?;
            } else {
                let words = format!("GOSS_VARS={vars}: there is no {}", source.display());
                self.warnings.push(words);
            }
        }
        let above = needed.files.keys().map(|path| ups(path)).max().unwrap_or(0);
        let base = match above {
            0 => self.dir.clone(),
            _ if may_move => self.move_home(settings, above)?,
            _ => self.dir.clone(),
        };
        for (path, source) in &needed.files {
            if ups(path) > 0 && !may_move {
                let words = format!("{} lies above the goss file: not copied", path.display());
                self.warnings.push(words);
                continue;
            }
            let target = base.join(path);
            if !target.exists() {
                put(source, &target, 0o644)?;
            }
        }
        if base != self.dir {
            for (source, to) in &present {
                put(source, &base.join(to), 0o644)?;
            }
        }
        self.warnings.append(&mut needed.missing);
        for path in &settings.more {
            let name = path.file_name().ok_or_else(|| {
                format!("GOSS_ADDITIONAL_COPY_PATH: {} has no name", path.display())
            })?;
            copy(path, &self.dir.join(name), 0)?;
            let _ = fs::set_permissions(self.dir.join(name), Permissions::from_mode(0o755));
        }
        Ok(())
    }

    /// Copies a file of tests of `dir`, and what it needs, to the same places below this.
    ///
    /// # Errors
    /// As the system has them, with the path.
    pub(crate) fn put_tests(&self, dir: &Path, file: &str) -> Result<(), String> {
        let mut needed = Needed::default();
        put(&dir.join(file), &self.dir.join(inside(file)), 0o644)?;
        includes::of(dir, file, None, &mut needed);
        for (path, source) in &needed.files {
            if ups(path) == 0 && !self.dir.join(path).exists() {
                put(source, &self.dir.join(path), 0o644)?;
            }
        }
        Ok(())
    }

    /// Gives the goss files a home so deep that what lies above them has a place too; says
    /// where that is on this machine.
    fn move_home(&mut self, settings: &Settings, above: usize) -> Result<PathBuf, String> {
        let file = settings.files.join(&settings.gossfile);
        let files = file.parent().unwrap_or(&settings.files);
        let files = files.canonicalize().map_err(|error| told(files, &error))?;
        let mut parts: Vec<_> = files
            .iter()
            .rev()
            .take(above)
            .filter(|part| *part != "/")
            .collect();
        parts.reverse();
        let mut base = self.dir.join(TREE);
        let mut home = format!("{PLACE}/{TREE}");
        for part in parts {
            base.push(part);
            home = format!("{home}/{}", part.to_string_lossy());
        }
        fs::create_dir_all(&base).map_err(|error| told(&base, &error))?;
        self.home = home;
        Ok(base)
    }
}

/// The path below [`PLACE`] of a file that a variable names: its own, unless that leads out.
pub(crate) fn inside(name: &str) -> &str {
    let path = Path::new(name);
    let leads_out = path.is_absolute() || path.iter().any(|part| part == "..");
    match path.file_name().and_then(|name| name.to_str()) {
        Some(last) if leads_out => last,
        _ => name,
    }
}

/// How many directories up a relative path begins.
fn ups(path: &Path) -> usize {
    path.iter().take_while(|part| *part == "..").count()
}

/// A new directory of a name that nobody can foresee.
fn directory(parent: &Path, mode: u32) -> Result<PathBuf, String> {
    let name = format!("dgoss.{}", token());
    let path = parent.join(name);
    DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(mode)))
        .map_err(|error| told(&path, &error))?;
    path.canonicalize().map_err(|error| told(&path, &error))
}

/// Twelve hexadecimal digits.
pub(crate) fn token() -> String {
    let mut bytes = [0; 6];
    if kernel::random::fill(&mut bytes).is_err() {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos());
        let number = (now as u64) ^ (u64::from(std::process::id()) << 32);
        bytes.copy_from_slice(number.to_be_bytes().get(2..).unwrap_or(&[0; 6]));
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn put(source: &Path, target: &Path, mode: u32) -> Result<(), String> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(|error| told(parent, &error))?;
    }
    fs::copy(source, target).map_err(|error| told(source, &error))?;
    fs::set_permissions(target, Permissions::from_mode(mode)).map_err(|error| told(target, &error))
}

/// Deepest tree that is copied.
const DEPTH: usize = 64;

/// Copies a file or a tree; a link as what it leads to, anything else not at all.
fn copy(source: &Path, target: &Path, depth: usize) -> Result<(), String> {
    let meta = fs::metadata(source).map_err(|error| told(source, &error))?;
    if meta.is_file() {
        return put(source, target, meta.permissions().mode() & 0o777);
    }
    if !meta.is_dir() {
        return Ok(());
    }
    if depth > DEPTH {
        return Err(format!(
            "{}: more than {DEPTH} directories deep",
            source.display()
        ));
    }
    fs::create_dir_all(target).map_err(|error| told(target, &error))?;
    for entry in fs::read_dir(source).map_err(|error| told(source, &error))? {
        let name = entry.map_err(|error| told(source, &error))?.file_name();
        copy(&source.join(&name), &target.join(&name), depth + 1)?;
    }
    Ok(())
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
