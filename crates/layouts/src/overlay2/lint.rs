//! What will not work in an image: every reader's rules over one tree, which is neither
//! run nor changed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::accounts::Accounts;
use places::name;

use super::picture::{Picture, Places, Role, mode_at_boot};
use super::{left_out, limits};
use crate::fix_attrs::Line;
use crate::script::identity::{self, Rights};
use crate::script::variables::{self, Given, Mentions};
use crate::script::{Script, programs, state, staying, supervisor, syntax};
use crate::service::{self, read_service_in};
use crate::settings::{self, Settings};
use crate::view::{Paths, View};
use crate::{Problem, Rule, fix_attrs, handlers, hooks, run_d, script, services, user_files};

/// What can be wrong with a tree as a whole.
const RULES: &[&Rule] = &[
    &NOTHING_TO_DO,
    &MISSPELT_DIRECTORY,
    &FIX_ATTRS_REFUSED,
    &NOT_LOOKED_AT,
];

const NOTHING_TO_DO: Rule = Rule::warning(
    "nothing-to-do",
    "The tree has none of the directories in which hooks and services are looked for.",
    "Name the directory that is copied to `/`, with `etc/services.d` in it: often `root` or `rootfs` beside the Dockerfile.",
);
const MISSPELT_DIRECTORY: Rule = Rule::warning(
    "misspelt-directory",
    "The tree has a directory whose name is nearly that of one in which hooks or services are looked for. Nothing in it is run, and the boot says nothing of it.",
    "Rename it, as the message says.",
);
const FIX_ATTRS_REFUSED: Rule = Rule::warning(
    "fix-attrs-refused",
    "A fix-attrs line changes the owner of files, which the kernel refuses the user or the capabilities that were given with `--user` and `--cap-drop`. Files that belong to that owner already stay as they are; for others a message is printed, and the boot goes on.",
    "Set owners while the image is built (`COPY --chown`), or start the container as root with CHOWN.",
);
const NOT_LOOKED_AT: Rule = Rule::warning(
    "not-looked-at",
    "A part of the tree was not looked at: it has more than 200,000 entries or 16 MiB of scripts, or directories more than 64 deep, or one that whoever calls this may not list.",
    "Name the directory that is copied to `/` rather than a whole image, with `--root` for what lies below; or call it as root.",
);

/// Every rule, reader by reader, each with the reader's name.
pub fn rules() -> Vec<(&'static str, &'static [&'static Rule])> {
    vec![
        ("The tree", RULES),
        ("The stop's limits", limits::RULES),
        ("What is left out", left_out::RULES),
        ("Scripts", script::RULES),
        ("Signal handlers", handlers::RULES),
        ("Languages", syntax::RULES),
        ("What a script says", programs::RULES),
        ("What stays and what ends", staying::RULES),
        ("Supervisors", supervisor::RULES),
        ("The state", state::RULES),
        ("Users", identity::RULES),
        ("Variables that are set", variables::RULES),
        ("Values of variables", settings::RULES),
        ("Services", service::RULES),
        ("Directories of services", services::RULES),
        ("Directories of hooks", user_files::RULES),
        ("fix-attrs", fix_attrs::RULES),
        ("/run.d", run_d::RULES),
    ]
}

/// As much of a tree as is looked at.
const MOST_ENTRIES: usize = 200_000;
const DEEPEST: usize = 64;

/// As much text of scripts is read, all in all.
const MOST_TEXT: usize = 16 << 20;

/// What is left of that.
struct Budget {
    left: usize,
    /// The first script that was not read.
    cut: Option<PathBuf>,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            left: MOST_TEXT,
            cut: None,
        }
    }
}

impl Budget {
    fn read(&mut self, view: &View, path: &Path) -> Option<Script> {
        if self.left == 0 {
            self.cut.get_or_insert_with(|| path.to_path_buf());
            return None;
        }
        let script = Script::read(view, path)?;
        self.left = self.left.saturating_sub(script.text.len());
        Some(script)
    }

    fn problem(self) -> Option<Problem> {
        let cause = format!("more than {} MiB of scripts up to here", MOST_TEXT >> 20);
        let remedy = "name the directory that is copied to /; the rest was not read";
        let problem = Problem::new(&self.cut?, cause, remedy);
        Some(problem.of(&NOT_LOOKED_AT))
    }
}

/// What is asked.
pub struct Question<'a> {
    /// The image: the tree over what lies below it.
    pub view: View,
    /// The tree alone.
    pub tree: &'a View,
    /// Whether the tree is a whole image, most of which is a distribution's.
    pub tree_is_image: bool,
    /// Whether what lies below the tree is known.
    pub whole: bool,
    /// Where the layout has its files.
    pub places: Places,
    /// Directories of services that are linked into services.d when they are wanted.
    pub available: &'a [PathBuf],
    /// Variables of the container.
    pub given: Vec<Given>,
    /// The user's id.
    pub uid: u32,
    /// What the container may do.
    pub rights: Rights,
    /// The PATH of hooks and services where the image does not say.
    pub small_path: &'a [u8],
    /// The PATH of the container where it is not given.
    pub container_path: &'a [u8],
    /// The file that says the PATH of hooks and services.
    pub path_file: &'a Path,
    /// The shells of this machine, which read scripts and run nothing of them.
    pub shells: &'a syntax::Shells<'a>,
}

/// What was found.
pub struct Answer {
    /// What the image does.
    pub picture: Picture,
    /// By the variables that were given.
    pub settings: Settings,
    /// Services that are off until they are linked into services.d.
    pub available: Vec<PathBuf>,
    /// What is wrong, by path and line.
    pub problems: Vec<Problem>,
    /// Shells that this machine does not have, and how many scripts were not checked for it.
    pub unchecked: BTreeMap<String, usize>,
}

/// Reads an image and applies every rule.
pub fn ask(question: Question) -> Answer {
    let Question {
        mut view,
        places,
        given,
        ..
    } = question;
    let (settings, mut problems) = variables::check_given(&given);
    let accounts = view.accounts().unwrap_or_else(|error| {
        let problem = Problem::refused(
            Path::new("/etc/passwd"),
            "read it",
            &error,
            "no user is known",
        );
        problems.push(problem.of(&script::UNREADABLE));
        Accounts::default()
    });
    let accounts = match !question.whole && accounts == Accounts::default() {
        // Every image below will have root at least.
        true => Accounts::parse(b"root:x:0:0::/root:/bin/sh\n", b"root:x:0:\n"),
        false => accounts,
    };
    let from = places::user_files(places.etc, settings.runtime_profile.as_deref());
    if question.uid == 0 || settings.read_only_root {
        let (own, found) = match view.exists(places.own_attrs) {
            true => fix_attrs::read_in(&view, places.own_attrs, &accounts),
            false => Default::default(),
        };
        problems.extend(found);
        let modes = Modes::of(&view, own, &accounts, &places, &from, question.available);
        view.set_modes(move |path| modes.at(path));
    }
    let container_path = value(&given, b"PATH")
        .unwrap_or(question.container_path)
        .to_vec();
    let small_path = match settings.keep_env {
        true => container_path.clone(),
        false => match view.read_start(question.path_file, 4096) {
            Ok(text) => text
                .split(|b| *b == b'\n')
                .next()
                .unwrap_or(b"")
                .trim_ascii_end()
                .to_vec(),
            Err(_) => question.small_path.to_vec(),
        },
    };
    let any_path = [&small_path[..], b":", &container_path].concat();

    let owned = |path: &[u8]| OsStr::from_bytes(path).to_owned();
    let perhaps = match value(&given, b"PATH") {
        Some(_) => Vec::new(),
        None => other_places(&view),
    };
    view.set_paths(Paths {
        small: owned(&small_path),
        container: owned(&container_path),
        perhaps: owned(&perhaps),
    });
    let mut picture = Picture::read(&view, &places, &settings, &accounts);
    problems.append(&mut picture.problems);
    let off = available(&view, question.available, &picture, &mut problems);
    problems.extend(limits::check(&view, &picture, &settings, &from));
    problems.extend(fix_attrs_refused(&picture, question.uid, question.rights));
    problems.extend(as_a_whole(
        &view,
        question.tree,
        &places,
        question.available,
    ));

    let run_by_init: BTreeSet<PathBuf> = picture.scripts().into_iter().collect();
    let walked = walk(question.tree, question.tree_is_image, |path, stat| {
        problems.extend(services::check_entry(path, stat));
    });
    let known: BTreeSet<PathBuf> = problems
        .iter()
        .map(|problem| problem.path.clone())
        .collect();
    let more = walked.problems.into_iter();
    problems.extend(more.filter(|problem| !known.contains(&problem.path)));
    let mut all: BTreeSet<PathBuf> = walked.files.into_iter().collect();
    all.extend(run_by_init.iter().cloned());
    let roles = picture.roles();
    let mut budget = Budget::default();
    for path in &run_by_init {
        if let Some(script) = budget.read(&view, path) {
            problems.extend(programs::check_last(&view, &script));
            problems.extend(match roles.get(path) {
                Some(Role::Run) => staying::check_run(&view, &script, question.whole),
                Some(Role::Hook) => staying::check_hook(&script),
                Some(Role::Finish) | None => None,
            });
        }
    }
    let mut unchecked: BTreeMap<String, usize> = BTreeMap::new();
    // Who runs the other files is not known, so neither is their PATH.
    view.set_paths(Paths {
        small: owned(&[&any_path[..], b":", &perhaps].concat()),
        container: owned(&any_path),
        perhaps: owned(&perhaps),
    });
    let mut budget = Budget::default();
    let mut mentions = Mentions::default();
    let mut makes_users = false;
    let replaced =
        is_script(&view, "/bin/s6-setuidgid") || is_script(&view, "/usr/bin/s6-setuidgid");
    for path in all {
        let is_run = run_by_init.contains(&path);
        // Files that nobody is known to run count where they are meant to be.
        let may_run = !is_run && !question.tree_is_image && view.is_executable(&path);
        let script = budget.read(&view, &path);
        if may_run && (script.is_some() || script::elf::is_one(&view, &path)) {
            problems.extend(script::diagnose_in(&view, &path));
        }
        let Some(script) = script else {
            continue;
        };
        if is_run || may_run {
            problems.extend(syntax::check(&script));
            match syntax::check_shell(&view, &script, question.shells) {
                Ok(problem) => problems.extend(problem),
                Err(shell) => *unchecked.entry(shell).or_default() += 1,
            }
        }
        problems.extend(programs::check(&view, &script, &any_path));
        problems.extend(supervisor::check(&script));
        problems.extend(state::check(&view, &script));
        if !replaced {
            problems.extend(identity::check(&script, &accounts, question.rights));
        }
        makes_users |= identity::makes_users(&script);
        mentions.add(&script);
    }
    problems.extend(budget.problem());
    problems.extend(mentions.check(&given, |path| run_by_init.contains(path)));
    if let Some(user) = settings.worker_user.as_deref() {
        problems.extend(identity::check_variable("NOT_ROOT_USER", user, &accounts));
    }
    if makes_users {
        problems.retain(|problem| problem.rule != Some(&identity::UNKNOWN_USER));
    }
    problems.retain(|problem| question.whole || problem.rule.is_none_or(|rule| !rule.needs_image));
    problems.sort_by(|a, b| (&a.path, a.line, &a.cause).cmp(&(&b.path, b.line, &b.cause)));
    problems.dedup();
    Answer {
        picture,
        settings,
        available: off,
        problems,
        unchecked,
    }
}

/// Directories that images put on their PATH by ENV: `/opt/NAME/bin` and its like.
fn other_places(view: &View) -> Vec<u8> {
    const ABOVE: [&str; 8] = [
        "/opt",
        "/usr/local",
        "/usr/lib",
        "/usr/lib/jvm",
        "/usr/lib/postgresql",
        "/srv",
        "/app",
        "/root",
    ];
    /// As many names of each are looked at.
    const MOST: usize = 500;
    let mut path = Vec::new();
    let mut take = |dir: PathBuf| {
        for bin in [dir.join("bin"), dir.join("sbin"), dir] {
            if view.is_dir(&bin) {
                path.extend_from_slice(bin.as_os_str().as_bytes());
                path.push(b':');
            }
        }
    };
    for above in ABOVE.map(Path::new) {
        take(above.to_path_buf());
        let names = view.names(above).unwrap_or_default();
        for name in names.iter().take(MOST) {
            let dir = above.join(OsStr::from_bytes(name));
            let below = view.names(&dir).unwrap_or_default();
            take(dir.clone());
            if above == Path::new("/opt") {
                for name in below.iter().take(MOST) {
                    take(dir.join(OsStr::from_bytes(name)));
                }
            }
        }
    }
    path
}

/// What the boot makes of the modes of files, before it runs them.
struct Modes {
    own: Vec<(u32, Line)>,
    lists: Vec<(PathBuf, Vec<(u32, Line)>)>,
    user_files: &'static Path,
    from: PathBuf,
    available: Vec<PathBuf>,
}

impl Modes {
    fn of(
        view: &View,
        own: Vec<(u32, Line)>,
        accounts: &Accounts,
        places: &Places,
        from: &Path,
        available: &[PathBuf],
    ) -> Modes {
        let files = hooks::list_in(view, &from.join(name::FIX_ATTRS)).unwrap_or_default();
        let lists = files.into_iter().map(|file| {
            let (lines, _) = fix_attrs::read_in(view, &file, accounts);
            (file, lines)
        });
        Modes {
            own,
            lists: lists.collect(),
            user_files: places.user_files,
            from: from.to_path_buf(),
            available: available.to_vec(),
        }
    }

    fn at(&self, path: &Path) -> Option<u32> {
        // A service that is off is linked into services.d before its modes are set.
        let linked = self
            .available
            .iter()
            .find_map(|dir| path.strip_prefix(dir).ok());
        let path = match linked {
            Some(rest) => self.from.join(name::SERVICES).join(rest),
            None => path.to_path_buf(),
        };
        mode_at_boot(&self.own, &self.lists, self.user_files, &self.from, &path)
    }
}

/// Services that are off, and what is wrong with them. What services.d links to is on,
/// and has been read.
fn available(
    view: &View,
    dirs: &[PathBuf],
    picture: &Picture,
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    let identity = |path: &Path| view.stat(path).ok().map(|found| found.identity);
    let on = picture
        .services
        .iter()
        .map(|service| identity(&service.program.directory));
    let on: BTreeSet<_> = on.collect();
    let mut found = Vec::new();
    for dir in dirs {
        for name in view.names(dir).unwrap_or_default() {
            let path = dir.join(OsStr::from_bytes(&name));
            if name.starts_with(b".") || !view.is_dir(&path) || on.contains(&identity(&path)) {
                continue;
            }
            match read_service_in(view, &path) {
                Ok(service) => problems.extend(service.problems),
                Err(problem) => problems.push(problem),
            }
            found.push(path);
        }
    }
    found
}

fn fix_attrs_refused(picture: &Picture, uid: u32, rights: Rights) -> Vec<Problem> {
    let mut problems = Vec::new();
    if rights.change_owner {
        return problems;
    }
    for (file, lines) in &picture.fix_attrs {
        for (number, line) in lines.iter().filter(|(_, line)| line.owner.uid != uid) {
            let cause = format!(
                "giving files to user {} needs root with CHOWN, which this container is started without",
                line.owner.uid
            );
            let remedy = "set owners while the image is built";
            problems.push(Problem::at(file, *number, cause, remedy).of(&FIX_ATTRS_REFUSED));
        }
    }
    problems
}

/// Names that people write, each with the one that they mean.
const MISSPELT: [(&str, &str); 10] = [
    ("/etc/service.d", "/etc/services.d"),
    ("/etc/services", "/etc/services.d"),
    ("/etc/cont-init", "/etc/cont-init.d"),
    ("/etc/cont.init.d", "/etc/cont-init.d"),
    ("/etc/cont_init.d", "/etc/cont-init.d"),
    ("/etc/cont-finish", "/etc/cont-finish.d"),
    ("/etc/cont.finish.d", "/etc/cont-finish.d"),
    ("/etc/cont_finish.d", "/etc/cont-finish.d"),
    ("/etc/fix-attr.d", "/etc/fix-attrs.d"),
    ("/etc/fix-attrs", "/etc/fix-attrs.d"),
];

fn misspelt(tree: &View) -> impl Iterator<Item = Problem> {
    MISSPELT
        .iter()
        .filter(|(wrong, _)| tree.is_dir(Path::new(wrong)))
        .map(|(wrong, right)| {
            let remedy = format!("rename it to {right}");
            Problem::new(Path::new(wrong), "nothing looks here", &remedy).of(&MISSPELT_DIRECTORY)
        })
}

fn as_a_whole(view: &View, tree: &View, places: &Places, available: &[PathBuf]) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(left_out::check_in(view, places.own_services));
    problems.extend(misspelt(tree));
    let count = left_out::count_v3_services(view);
    // Scripts of the tree may fill directories while they run.
    let mut known = vec![
        places::in_etc(name::PROFILES),
        places.own_services.to_path_buf(),
    ];
    known.extend(name::USER_DIRECTORIES.map(|name| places.etc.join(name)));
    known.extend(places.run_d.map(Path::to_path_buf));
    known.extend(available.iter().cloned());
    if count == 0 && !known.iter().any(|dir| tree.is_dir(dir)) {
        let cause = "there is no etc/services.d, no etc/cont-init.d, and none of their like";
        let remedy = "name the directory that is copied to /";
        problems.push(Problem::new(Path::new("/"), cause, remedy).of(&NOTHING_TO_DO));
    }
    problems
}

fn is_script(view: &View, path: &str) -> bool {
    view.read_start(Path::new(path), 2)
        .is_ok_and(|two| two == b"#!")
}

fn value<'a>(given: &'a [Given], name: &[u8]) -> Option<&'a [u8]> {
    let mut all = given.iter().rev();
    let found = all.find(|given| given.name == name)?;
    Some(&found.value)
}

/// What a walk over a tree has found.
struct Walked {
    /// Regular files.
    files: Vec<PathBuf>,
    problems: Vec<Problem>,
}

/// Directories of a whole image that are its distribution's, or no files of its own.
const OF_THE_SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/usr/games",
    "/usr/include",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var/cache",
    "/var/lib",
    "/var/tmp",
];

/// Every entry of the tree, links not followed.
fn walk(tree: &View, is_image: bool, mut visit: impl FnMut(&Path, &kernel::fs::Stat)) -> Walked {
    let mut walked = Walked {
        files: Vec::new(),
        problems: Vec::new(),
    };
    let mut waiting = vec![(PathBuf::from("/"), 0)];
    let mut entries = 0;
    while let Some((dir, depth)) = waiting.pop() {
        let names = match tree.names(&dir) {
            Ok(names) => names,
            Err(error) => {
                let problem =
                    Problem::refused(&dir, "list it", &error, "what is in it was not looked at");
                walked.problems.push(problem.of(&NOT_LOOKED_AT));
                continue;
            }
        };
        for name in names {
            entries += 1;
            if entries > MOST_ENTRIES || depth > DEEPEST {
                let cause = match depth > DEEPEST {
                    true => format!("more than {DEEPEST} directories deep"),
                    false => format!("more than {MOST_ENTRIES} entries up to here"),
                };
                let remedy = "name the directory that is copied to /; the rest was not looked at";
                walked
                    .problems
                    .push(Problem::new(&dir, cause, remedy).of(&NOT_LOOKED_AT));
                if depth > DEEPEST {
                    break;
                }
                return walked;
            }
            let path = dir.join(OsStr::from_bytes(&name));
            let Ok(stat) = tree.link_stat(&path) else {
                continue;
            };
            visit(&path, &stat);
            if stat.is_file() {
                walked.files.push(path);
            } else if stat.is_dir() {
                let system = OF_THE_SYSTEM.iter().any(|known| path == Path::new(known));
                if !(is_image && system) {
                    waiting.push((path, depth + 1));
                }
            }
        }
    }
    walked
}
