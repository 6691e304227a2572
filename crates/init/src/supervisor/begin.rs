//! Becoming PID 1: what is set up before anything is waited for.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use kernel::epoll::Epoll;
use kernel::process;
use kernel::signal;
use kernel::signal_source::SignalSource;
use kernel::spawn::Spawner;
use kernel::{errno, fd, limits};

use crate::boot::prepare;
use crate::child::{Inheritance, handed};
use crate::launch::Launch;
use crate::messages::Messages;
use crate::signals;
use crate::state::nested::{self, Other};
use crate::state::place::Place;
use crate::stop::StopRules;
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{
    Children, Container, Ending, Handlers, Mind, Progress, Scanning, Services,
};
use crate::supervisor::saved::{Fault, Saved};
use crate::survival::{self, Beginning, Journal};

/// Is PID 1 (or, where it is not, a subreaper) until the container ends; gives its exit
/// code.
pub fn run(launch: &Launch) -> u8 {
    let launch = &launch.with_path();
    // First of all: until then the kernel drops what is sent to PID 1.
    let received = signals::received();
    signal::set_mask(&received);
    signal::reset_dispositions();
    kernel::process::disarm_inherited_timers();
    handed::take();
    kernel::memory::be_frugal();
    fd::fill_standard_streams();
    let open = prepare::keep_open_descriptors();
    let (mut journal, beginning) = survival::begin(launch);
    if let Some(handed) = handed::settle(journal.handed(), launch.resume.is_none()) {
        journal.note_handed(handed);
    }
    let saved = match beginning {
        Beginning::Fresh => None,
        Beginning::Again(cause) => match Saved::read(&journal, cause.is_first()) {
            Ok(saved) => {
                journal.void_in_hand();
                Some((saved, cause))
            }
            // A crash ahead of the first snapshot: nothing was begun that could not be begun
            // again.
            Err(Fault::Nothing) => None,
            Err(fault) => {
                let why = format!("its saved state is of no use: {fault}");
                return survival::last_resort(launch, &journal, &why);
            }
        },
        Beginning::LastResort(why) => return survival::last_resort(launch, &journal, &why),
    };
    let (mut shared, mut silent) = (false, false);
    if saved.is_none() {
        silent = Place::is_silent(launch);
        match nested::look(launch, silent) {
            Other::Ours(supervisor) => return nested::run(launch, supervisor),
            other => shared = other == Other::Neighbour,
        }
        prepare::open_output_to_everybody();
    }
    let group = process::group_of(0).unwrap_or(0);
    let second = (process::id() != 1).then(be_second).flatten();
    let place = match &saved {
        None => Place::choose(launch, shared, silent),
        Some((saved, _)) => Place::resumed(launch, saved.rest.place_lock),
    };
    let launch = &place.launch(launch);
    let loss = survival::prepare(launch, &journal);
    // Said once in a life.
    let second = second.filter(|_| saved.is_none());
    survival::abandon_unbegun(&journal, saved.is_some());
    let epoll = Epoll::create();
    let signals = match SignalSource::new(&received) {
        Ok(signals) => signals,
        Err(error) => {
            crate::messages::report(&format!(
                "cannot wait for events: {}; nothing was started",
                errno::text(&error)
            ));
            return 111;
        }
    };
    let supervisor = match saved {
        Some((saved, cause)) => Supervisor::resume(
            launch,
            &place,
            journal,
            (epoll, signals),
            group,
            open,
            saved,
            cause,
        ),
        None => fd::pipe().map(|refusals| {
            let open_files = raise_open_files();
            journal.note_open_files(open_files);
            let inheritance = Inheritance {
                open_files,
                group,
                noted: journal.latest_child(),
            };
            let mut supervisor = Supervisor::new(
                launch,
                &place,
                journal,
                (epoll, signals, refusals),
                inheritance,
                open,
            );
            supervisor.begin();
            supervisor
        }),
    };
    let mut supervisor = match supervisor {
        Ok(supervisor) => supervisor,
        Err(error) => {
            crate::messages::report(&format!(
                "cannot make a pipe: {}; the container ends",
                errno::text(&error)
            ));
            return 111;
        }
    };
    for loss in [second, loss].into_iter().flatten() {
        supervisor.messages.warn(&loss);
    }
    let code = supervisor.serve();
    // What it has open the kernel closes.
    std::mem::forget(supervisor);
    place.leave();
    code
}

/// Not being PID 1: adopts the orphans below this process all the same, so that nothing
/// is lost. Gives the line that says what is, where that cannot be.
fn be_second() -> Option<String> {
    let error = process::become_subreaper().err()?;
    let first = std::fs::read("/proc/1/comm").unwrap_or_default();
    let first = match first.trim_ascii() {
        b"" => "another program".to_string(),
        name => kernel::escape(name),
    };
    Some(format!(
        "process 1 is {first}, and orphans cannot be adopted: {}; those of services are \
         left to it",
        errno::text(&error)
    ))
}

/// Raises the soft limit to the hard one: a service takes a descriptor or two. Gives
/// what children get back.
fn raise_open_files() -> Option<limits::Limit> {
    let limit = limits::open_files().ok()?;
    let raised = limits::Limit {
        soft: limit.hard,
        hard: limit.hard,
    };
    limits::set_open_files(raised).ok()?;
    Some(limit)
}

impl<'a> Supervisor<'a> {
    pub(crate) fn new(
        launch: &'a Launch,
        place: &Place,
        journal: Journal,
        (epoll, signals, refusals): (Epoll, SignalSource, (OwnedFd, OwnedFd)),
        inheritance: Inheritance,
        passed: Vec<RawFd>,
    ) -> Supervisor<'a> {
        for number in passed.iter().chain([&refusals.1.as_raw_fd()]) {
            kernel::crash::note_descriptor(*number);
        }
        let (container, problems) = Container::new(launch, place, passed);
        let mut messages = Messages::new();
        for problem in problems {
            messages.warn(&problem.to_string());
        }
        if let Some(loss) = &place.loss {
            messages.warn(loss);
        }
        if !journal.keeps() {
            messages.warn(
                "a crash of PID 1 would cost its state: the kernel has no memory for it that \
                 outlives the program (a hard limit on the size of files below 128 MiB, or a \
                 sandbox without memfd_create); it would then only reap and stop",
            );
        }
        // A handler must not run on the stack of a child that shares our memory.
        let shares = !signals.has_handlers() && !kernel::mount::is_noexec(&place.paths.state);
        let spawner = shares.then(|| Spawner::new(container.base.vector()));
        Supervisor {
            mind: Mind::new(journal),
            children: Children::new(inheritance, spawner.flatten(), refusals),
            services: Services::new(),
            progress: Progress::new(),
            scanning: Scanning::default(),
            ending: Ending::new(StopRules::from_settings(&container.settings)),
            handlers: Handlers::default(),
            server: None,
            container,
            messages,
            epoll,
            signals,
        }
    }
}
