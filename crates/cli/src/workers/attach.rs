//! `mainstay workers attach PROG…`: in a worker's `run`, ahead of what the worker is: opens
//! the fifos of this life, tells the keeper, and becomes the program. So the worker stays
//! PID 1's own child: its pid, its signals and its exit code are what they are without a
//! keeper.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use chain::{Call, Outcome, Result};
use kernel::fs::{self, flags};
use kernel::{clock, errno, fd, process};
use layouts::settings::Settings;
use layouts::workers::{ID, JOBS_FD, Kept};

use super::lives::{self, Kind, Life};

/// Where jobs are told: a descriptor of one digit, since some shells know no others, and not
/// the ones that scripts and `notification-fd` like best. The first that is free.
const NUMBERS: [i32; 7] = [7, 8, 9, 6, 5, 4, 3];

pub(super) fn run(call: &mut Call) -> Result<Outcome> {
    call.args.remove(0);
    let next = call.program()?;
    let id = call.env.get(ID.as_bytes()).and_then(|id| {
        let text = std::str::from_utf8(id).ok()?;
        text.parse().ok()
    });
    let (settings, _) = Settings::read(|name| call.env.get(name.as_bytes()).map(<[u8]>::to_vec));
    call.env.unset(JOBS_FD.as_bytes());
    if let Some(worker) = id
        && let Err(error) = attach(call, worker, Kept::by(&settings))
    {
        let line = format!(
            "mainstay: worker-{worker}: no fifo to its keeper: {}; it runs without \
             WORKER_MAX_JOBS, WORKER_MAX_MEMORY and WORKER_PREFIX\n",
            errno::text(&error)
        );
        let _ = fd::write_all(2, line.as_bytes());
    }
    Ok(Outcome::exec(call, next))
}

fn attach(call: &mut Call, worker: u32, kept: Kept) -> std::io::Result<()> {
    let directory = lives::from_worker();
    let life = Life {
        worker,
        pid: process::id().unsigned_abs(),
        start: u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX),
    };
    let jobs_fd = NUMBERS.into_iter().find(|number| !fd::is_open(*number));
    let mut opened = Vec::new();
    if kept.limits
        && let Some(number) = jobs_fd
    {
        opened.push((Kind::Jobs, number));
    }
    if kept.prefix {
        // Where there is a logger, it reads the output, and may want it as it is.
        if !Path::new("log/run").exists() {
            opened.push((Kind::Output, 1));
        }
        opened.push((Kind::Errors, 2));
    }
    let made: std::io::Result<Vec<(OwnedFd, i32)>> = opened
        .iter()
        .map(|(kind, number)| Ok((make(&directory, life, *kind)?, *number)))
        .collect();
    let made = made.inspect_err(|_| {
        for (kind, _) in &opened {
            let _ = std::fs::remove_file(directory.join(life.fifo(*kind)));
        }
    })?;
    for (fifo, number) in made {
        if fifo.as_raw_fd() == number {
            fd::set_close_on_exec(number, false)?;
            std::mem::forget(fifo);
        } else {
            fd::copy(fifo.as_raw_fd(), number)?;
        }
    }
    if let (true, Some(number)) = (kept.limits, jobs_fd) {
        call.env
            .set(JOBS_FD.as_bytes(), number.to_string().as_bytes());
    }
    // Without one that listens now: it looks at all that is there when it begins.
    if let Ok(news) = fs::open_fifo_writer(&lives::news(&directory)) {
        let _ = fd::write(news.as_raw_fd(), b"\n");
    }
    Ok(())
}

/// Makes and opens a fifo. Under its name it is there only once it is open: the keeper takes
/// one that nobody has open for the end of a life.
fn make(directory: &Path, life: Life, kind: Kind) -> std::io::Result<OwnedFd> {
    let name = life.fifo(kind);
    let half = directory.join(format!(".{name}"));
    fs::make_fifo(&half, 0o600)?;
    let opened = fs::open(&half, flags::O_RDWR | flags::O_NOFOLLOW, 0).and_then(|fifo| {
        // As /dev/stdout and /dev/fd/7 it is opened anew, by the worker's user; by its path
        // nobody else comes here.
        fs::set_mode(&fifo, 0o666)?;
        std::fs::rename(&half, directory.join(&name))?;
        Ok(fifo)
    });
    opened.inspect_err(|_| {
        let _ = std::fs::remove_file(&half);
    })
}
