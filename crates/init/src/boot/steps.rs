//! The steps of the boot, in order, each under the name by which a script calls it.

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use kernel::process::{self, ExecVector};
use kernel::{errno, signal};
use layouts::settings::{IfBootFails, Settings};
use layouts::view::View;
use layouts::{Layout, Loss, Problem, hooks};
use places::{FIXATTRS, IMAGE_SERVICES, Paths, name};
use stage::delivery::Delivery;
use stage::fix_attrs::Later;
use stage::insist;

use super::{BootPlan, Gate, LOST, run_script};
use crate::boot::{handover, scan};
use crate::child::environment::{current, value_in};
use crate::child::handed;
use crate::child::handler;
use crate::child::origin;
use crate::launch::Workers;
use crate::messages;
use crate::stop;

/// One step.
pub struct Step {
    /// The name by which `boot-step NAME` calls it.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    run: fn(&Context) -> u8,
}

/// Whether a step has lost something that the image brings.
type Lost = bool;

/// What a step works with.
struct Context<'a> {
    paths: &'a Paths,
    env: &'a ExecVector,
    settings: &'a Settings,
    /// The group into which hooks go.
    group: i32,
    /// Where PID 1 is waited for ahead of a program of the image's.
    gate: &'a Gate,
    /// Whether the services are copied in the same breath, so that some of the work can wait
    /// for that; and the work that waits.
    delivers: bool,
    later: Cell<Later>,
    /// Something that the image brings was lost.
    lost: Cell<Lost>,
}

impl Context<'_> {
    /// The exit code, if it is not a hook's.
    fn code(&self) -> u8 {
        if self.lost.get() { LOST } else { 0 }
    }
}

const SERVICES: &str = "services";

/// Every step, in the order of a boot.
pub const STEPS: &[Step] = &[
    Step {
        name: "begin",
        summary: "nothing; what an image puts before it runs ahead of every other step",
        run: |_| 0,
    },
    Step {
        name: "user-files",
        summary: "link or copy the image's hooks and services to /var/run/s6/etc",
        run: user_files,
    },
    Step {
        name: "fix-attrs",
        summary: "set owners and modes: of the user's files, then as /etc/fix-attrs.d says",
        run: fix_attrs,
    },
    Step {
        name: "cont-init",
        summary: "run the scripts of /etc/cont-init.d",
        run: cont_init,
    },
    Step {
        name: SERVICES,
        summary: "copy the directories of /etc/services.d to the scan directory",
        run: services,
    },
];

/// Runs all steps, then hands the services over. Gives the boot's exit code.
pub(super) fn run_all(plan: &BootPlan, group: i32, gate: &Gate, handover: &OwnedFd) -> u8 {
    let context = Context {
        paths: plan.paths,
        env: plan.env,
        settings: plan.settings,
        group,
        gate,
        delivers: true,
        later: Cell::default(),
        lost: Cell::new(false),
    };
    for step in STEPS {
        let code = match step.name {
            SERVICES => deliver(&context, handover),
            _ => (step.run)(&context),
        };
        if code != 0 {
            return code;
        }
    }
    context.code()
}

/// Says what in the image will not be run, ahead of the steps: also where they are a
/// script of the image's.
pub(super) fn say_what_is_left_out(plan: &BootPlan) {
    handler::check(plan.paths);
    stop::tell_cut_off(plan.paths, plan.settings);
    let own = Path::new(IMAGE_SERVICES);
    for problem in (Layout::current().left_out)(&View::live(), own) {
        messages::report(&problem.to_string());
    }
}

/// Writes the service directories of a worker pool into the scan directory, ahead of the
/// steps: also a boot by script finds them there.
pub(super) fn write_workers(plan: &BootPlan, workers: &Workers) {
    let written = workers.write(&plan.paths.services, plan.settings);
    if let Err((path, error)) = written {
        let _ = report(plan.paths, &path, Err(error));
    }
}

/// Runs one step by its name, as a script does, with this process's environment.
/// Gives its exit code, or none when there is no such step.
pub fn boot_step(name: &[u8], environment: &[Vec<u8>]) -> Option<u8> {
    let step = STEPS.iter().find(|step| step.name.as_bytes() == name)?;
    messages::speak_beside_hooks();
    // When PID 1 ends the script, the step that the script waits for must not go on to
    // the next hook.
    let _ = process::set_parent_death_signal(signal::SIGKILL);
    // The script was given the image's.
    handed::take();
    handed::survive_large_files();
    let paths = Paths::find(|name| value_in(environment, name.as_bytes()));
    let keep = value_in(environment, b"S6_KEEP_ENV")
        .is_some_and(|value| layouts::settings::keeps_env(&value));
    let (settings, _) = Settings::read(|name| current(&paths, environment, keep, name.as_bytes()));
    let env = crate::child::environment::vector(environment);
    let context = Context {
        paths: &paths,
        env: &env,
        settings: &settings,
        group: process::group_of(1).unwrap_or(0),
        gate: &Gate::open(),
        delivers: false,
        later: Cell::default(),
        lost: Cell::new(false),
    };
    let code = match (step.run)(&context) {
        0 => context.code(),
        code => code,
    };
    if step.name == SERVICES && code == 0 {
        ask_for_scan(&paths);
    }
    Some(code)
}

/// Asks PID 1 to take the services that are in the scan directory now.
pub(crate) fn ask_for_scan(paths: &Paths) {
    let fifo = paths.scan_control().join("control");
    let asked = kernel::fs::open_fifo_writer(&fifo)
        .and_then(|fifo| kernel::fd::write_all(kernel::fd::number(&fifo), b"a"));
    if let Err(error) = asked {
        messages::report(&format!(
            "{}: {}; the services are not started",
            fifo.display(),
            errno::text(&error)
        ));
    }
}

fn user_files(context: &Context) -> u8 {
    if context.paths.is_nowhere() {
        return 0;
    }
    let to = &context.paths.user_files;
    let provide = || {
        stage::user_files::provide(
            Path::new(places::ETC),
            to,
            context.settings.runtime_profile.as_deref(),
            context.settings.read_only_root,
        )
    };
    let outcome = insist(provide, is_refused);
    let code = if outcome.is_ok() { 0 } else { 111 };
    if report(context.paths, to, outcome) {
        context.lost.set(true);
    }
    messages::say(&format!(
        "[s6-init] making user provided files available at {}...exited {code}.",
        kernel::escape_path(to)
    ));
    0
}

fn fix_attrs(context: &Context) -> u8 {
    let hidden = context.settings.fix_attrs_hidden;
    let tell = |problems: Vec<Problem>| {
        for problem in problems {
            messages::report(&origin::problem(context.paths, problem).to_string());
        }
    };
    let apply = |file: &Path| tell(stage::fix_attrs::run_file(file, hidden));
    // The file that images edit to change who owns the user's files.
    let own = Path::new(FIXATTRS);
    if own.exists() {
        // Nobody looks at the services until they are copied, where nothing runs in between.
        let files = &context.paths.user_files;
        let is_empty = |name: &str| hooks::list(&files.join(name)).is_ok_and(|all| all.is_empty());
        if context.delivers && is_empty(name::FIX_ATTRS) && is_empty(name::CONT_INIT) {
            let services = files.join(name::SERVICES);
            let (problems, later) = stage::fix_attrs::begin_file(own, hidden, &services);
            tell(problems);
            context.later.set(later);
        } else {
            apply(own);
        }
    }
    messages::say("[s6-init] ensuring user provided files have correct perms...exited 0.");
    let dir = context.paths.user_files.join(name::FIX_ATTRS);
    if dir.is_dir() {
        messages::say("[fix-attrs.d] applying ownership & permissions fixes...");
        for file in listed(context, &dir) {
            let name = kernel::escape_path(file.file_name().unwrap_or_default());
            messages::say(&format!("[fix-attrs.d] {name}: applying... "));
            apply(&file);
            messages::say(&format!("[fix-attrs.d] {name}: exited 0."));
        }
        messages::say("[fix-attrs.d] done.");
    }
    // Ownership never fails a boot (s6-overlay v2: fix-attrs always exits 0).
    0
}

/// The scripts of a directory; one that cannot be listed is reported and holds none.
fn listed(context: &Context, dir: &Path) -> Vec<PathBuf> {
    let found = insist(|| hooks::list(dir), Result::is_err);
    found.unwrap_or_else(|error| {
        context.lost.set(true);
        messages::report(&format!(
            "{}: cannot list it: {}; its files are left out",
            kernel::escape_path(dir),
            errno::text(&error)
        ));
        Vec::new()
    })
}

/// Whether the kernel has refused some of it.
fn is_refused(outcome: &io::Result<Vec<Problem>>) -> bool {
    match outcome {
        Ok(problems) => problems.iter().any(|one| one.loses > Loss::Nothing),
        Err(_) => true,
    }
}

/// Reports every problem of a step, and what kept it from its work at all. Whether
/// something was lost.
fn report(paths: &Paths, path: &Path, outcome: io::Result<Vec<Problem>>) -> Lost {
    let lost = match &outcome {
        Ok(problems) => problems.iter().any(|one| one.loses == Loss::Whole),
        Err(_) => true,
    };
    match outcome {
        Ok(problems) => {
            for problem in problems {
                messages::report(&origin::problem(paths, problem).to_string());
            }
        }
        Err(error) => messages::report(&format!(
            "{}: {}; what belongs there is left out",
            kernel::escape_path(path),
            errno::text(&error)
        )),
    }
    lost
}

fn cont_init(context: &Context) -> u8 {
    let dir = context.paths.user_files.join(name::CONT_INIT);
    if stage::is_absent_dir(&dir) {
        return 0;
    }
    messages::say("[cont-init.d] executing container initialization scripts...");
    for script in listed(context, &dir) {
        let name = kernel::escape_path(script.file_name().unwrap_or_default());
        context.gate.wait();
        messages::say(&format!("[cont-init.d] {name}: executing... "));
        let code = run_script(context.paths, &[&script], context.env, context.group);
        messages::say(&format!("[cont-init.d] {name}: exited {code}."));
        if code == 0 {
            continue;
        }
        let written = origin::of(context.paths, &script);
        match context.settings.if_boot_fails {
            IfBootFails::GoOn => {}
            IfBootFails::Warn => messages::report(&format!(
                "{}: exited {code}; the boot goes on, since S6_BEHAVIOUR_IF_STAGE2_FAILS is 1",
                kernel::escape_path(&written)
            )),
            IfBootFails::Stop => {
                messages::report(&format!(
                    "{}: exited {code}; the container stops with that code, since \
                     S6_BEHAVIOUR_IF_STAGE2_FAILS is 2 (set 1 to go on with a warning)",
                    kernel::escape_path(&written)
                ));
                return code;
            }
        }
    }
    messages::say("[cont-init.d] done.");
    0
}

const BEGINS: &str = "[services.d] starting services";

/// The step by itself: copies the services. Who calls it asks PID 1 to read them.
fn services(context: &Context) -> u8 {
    let source = context.paths.user_files.join(name::SERVICES);
    messages::say(BEGINS);
    if context.paths.is_nowhere() {
        return 0;
    }
    let services = &context.paths.services;
    let copy = || stage::services::copy(&source, services);
    if report(context.paths, services, insist(copy, is_refused)) {
        context.lost.set(true);
    }
    0
}

/// The step at the end of a boot: each service is copied, read and handed over before the next
/// is begun.
fn deliver(context: &Context, to: &OwnedFd) -> u8 {
    let paths = context.paths;
    messages::say(BEGINS);
    if paths.is_nowhere() {
        report(
            paths,
            &paths.services,
            Ok(context.later.take().apply_to_all()),
        );
        return scan::hand_over(paths, to);
    }
    let from = paths.user_files.join(name::SERVICES);
    let later = context.later.take();
    let delivery = match insist(|| Delivery::open(&from, &paths.services), Result::is_err) {
        Ok(delivery) => delivery,
        Err(error) => {
            report(paths, &paths.services, Ok(later.apply_to_all()));
            report(paths, &paths.services, Err(error));
            context.lost.set(true);
            return scan::hand_over(paths, to);
        }
    };
    let delivered = delivery.run(&later, |delivered| {
        let reading = delivered.reading;
        let lost = reading.iter().any(|one| one.loses == Loss::Whole);
        if report(paths, &paths.services, Ok(delivered.copying)) || lost {
            context.lost.set(true);
        }
        let remarks = reading.into_iter().map(|one| scan::remark(paths, one));
        handover::give(to, &delivered.entries, remarks)
    });
    match delivered.and_then(|()| handover::end(to)) {
        Ok(()) => 0,
        Err(_) => LOST,
    }
}
