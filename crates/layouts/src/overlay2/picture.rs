//! What an image will do, read without doing it: the same readers as the boot's, in the
//! boot's order. `lint` and `explain` both stand on this.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernel::accounts::Accounts;
use places::name;

use super::{INIT_STAGE2, left_out};
use crate::fix_attrs::Line;
use crate::service::read_scan_dir_in;
use crate::settings::Settings;
use crate::view::View;
use crate::{Problem, fix_attrs, handlers, hooks, run_d, script, services, user_files};

/// As much of the boot's own script is compared.
const LONGEST_STAGE2: usize = 64 * 1024;

/// Where an image keeps what is read here.
pub struct Places {
    /// docker-base's scripts; none in a layout that has none.
    pub run_d: Option<&'static Path>,
    /// The directory of hooks and services.
    pub etc: &'static Path,
    /// Owners and modes of those.
    pub own_attrs: &'static Path,
    /// Where the boot makes hooks and services available.
    pub user_files: &'static Path,
    /// The supervisor's own services.
    pub own_services: &'static Path,
    /// The boot as a script, which runs only where an image has edited it.
    pub stage2: &'static Path,
}

/// What a script is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The process of a service.
    Run,
    /// What follows its end.
    Finish,
    /// Something that the boot or the stop waits for.
    Hook,
}

/// An image's boot and stop.
#[derive(Debug, Default)]
pub struct Picture {
    /// The scripts of /run.d.
    pub run_d: Vec<PathBuf>,
    /// Each fix-attrs list with its lines.
    pub fix_attrs: Vec<(PathBuf, Vec<(u32, Line)>)>,
    /// The hooks of cont-init.d.
    pub init: Vec<PathBuf>,
    /// The programs in the place of what a signal means.
    pub handlers: Vec<PathBuf>,
    /// The services, loggers behind what they read from.
    pub services: Vec<plan::Entry>,
    /// The hooks of cont-finish.d.
    pub finish: Vec<PathBuf>,
    /// Whether the image has edited the boot's own script.
    pub edited: bool,
    /// Whether what is left at the end of the stop gets HUP beside TERM.
    pub hangs_up: bool,
    /// What the readers found wrong.
    pub problems: Vec<Problem>,
}

impl Picture {
    /// Reads an image.
    pub fn read(view: &View, places: &Places, settings: &Settings, accounts: &Accounts) -> Picture {
        let mut picture = Picture::default();
        if let Some(dir) = places.run_d {
            picture.problems.extend(run_d::check(view, dir));
            picture.run_d = run_d::list(view, dir);
        }
        let script = view.read_start(places.stage2, LONGEST_STAGE2);
        picture.edited = script.is_ok_and(|text| text != INIT_STAGE2.as_bytes());
        let profile = settings.runtime_profile.as_deref();
        let checked = user_files::check_in(view, places.etc, profile);
        picture.problems.extend(checked);
        let from = ::places::user_files(places.etc, profile);
        for file in picture.hooks(view, &from.join(name::FIX_ATTRS)) {
            picture.read_list(view, file, accounts);
        }
        picture.init = picture.hooks(view, &from.join(name::CONT_INIT));
        for dir in [places.own_services.to_path_buf(), from.join(name::SERVICES)] {
            if !view.is_dir(&dir) {
                continue;
            }
            let passed_over = services::passed_over_in(view, &dir);
            let (mut found, mut problems) = read_scan_dir_in(view, &dir);
            if dir == places.own_services {
                let logger = dir.join(name::CATCH_ALL_LOGGER);
                found.retain(|new| new.unit.name != name::CATCH_ALL_LOGGER);
                problems.retain(|problem| !problem.path.starts_with(&logger));
            }
            picture.problems.extend(passed_over);
            picture.problems.extend(problems);
            // What is copied later lies over what is there.
            let is_new = |old: &plan::Entry| found.iter().all(|new| new.unit.name != old.unit.name);
            picture.services.retain(is_new);
            picture.services.extend(found);
        }
        picture
            .services
            .sort_by(|a, b| a.unit.name.cmp(&b.unit.name));
        picture.finish = picture.hooks(view, &from.join(name::CONT_FINISH));
        picture.hangs_up = left_out::hangs_up_in(view);
        let (found, passed_over) =
            handlers::list_in(view, &places.own_services.join(name::SCAN_CONTROL));
        let broken = found
            .iter()
            .filter_map(|path| handlers::diagnose_in(view, path));
        picture
            .problems
            .extend(passed_over.into_iter().chain(broken));
        picture.handlers = found;
        for script in picture.init.iter().chain(&picture.finish) {
            let problem = script::diagnose_in(view, script);
            picture.problems.extend(problem);
        }
        for script in &picture.run_d {
            // bash reads them: neither a first line nor a run bit is needed.
            let unread = view.read_start(script, 1).err();
            picture.problems.extend(unread.map(|error| {
                Problem::refused(script, "read it", &error, "correct its mode or owner")
                    .of(&script::UNREADABLE)
            }));
        }
        picture
    }

    /// The hooks of a directory.
    fn hooks(&mut self, view: &View, dir: &Path) -> Vec<PathBuf> {
        if !view.is_dir(dir) {
            return Vec::new();
        }
        self.problems.extend(hooks::passed_over_in(view, dir));
        hooks::list_in(view, dir).unwrap_or_else(|error| {
            let problem = Problem::refused(dir, "list it", &error, "none of it is run");
            self.problems.push(problem.of(&script::UNREADABLE));
            Vec::new()
        })
    }

    fn read_list(&mut self, view: &View, file: PathBuf, accounts: &Accounts) {
        let (lines, problems) = fix_attrs::read_in(view, &file, accounts);
        self.problems.extend(problems);
        self.fix_attrs.push((file, lines));
    }

    /// What each script is there for.
    pub fn roles(&self) -> BTreeMap<PathBuf, Role> {
        let hooks = self.run_d.iter().chain(&self.init).chain(&self.finish);
        let mut roles: BTreeMap<PathBuf, Role> =
            hooks.map(|hook| (hook.clone(), Role::Hook)).collect();
        for service in &self.services {
            roles.insert(service.program.directory.join("run"), Role::Run);
            roles.insert(service.program.directory.join("finish"), Role::Finish);
        }
        roles
    }

    /// Every script that PID 1 or a supervisor runs.
    pub fn scripts(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = self.run_d.clone();
        all.extend(self.init.iter().cloned());
        for service in &self.services {
            all.push(service.program.directory.join("run"));
            if service.unit.has_finish {
                all.push(service.program.directory.join("finish"));
            }
        }
        all.extend(self.finish.iter().cloned());
        all.extend(self.handlers.iter().cloned());
        all
    }
}

/// The mode that the boot gives to the file at `path` of the image, if it does: by the
/// list of its own for the user's files, and by the user's lists.
pub fn mode_at_boot(
    own: &[(u32, Line)],
    lists: &[(PathBuf, Vec<(u32, Line)>)],
    user_files: &Path,
    from: &Path,
    path: &Path,
) -> Option<u32> {
    use std::os::unix::ffi::OsStrExt;
    let inside = path.strip_prefix(from).ok();
    let linked = inside.map(|rest| user_files.join(rest));
    let lines = own.iter().chain(lists.iter().flat_map(|(_, lines)| lines));
    let mut mode = None;
    for (_, line) in lines {
        let about = |path: &Path| line.is_about(path.as_os_str().as_bytes());
        if about(path) || linked.as_deref().is_some_and(about) {
            mode = line.file_mode.or(mode);
        }
    }
    mode
}
