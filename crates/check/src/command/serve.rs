//! `serve`: the tests behind an HTTP endpoint.

use std::io::Write;
use std::net::{TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Instant;

use kernel::signal;

use super::flags::{Flag, Takes};
use super::log::{self, Level};
use super::validate::{self, FORMAT, FORMAT_OPTIONS, MAX_CONCURRENT};
use super::{Call, Command, exit};
use crate::gossfile;
use crate::run::{self, Plan};
use crate::serve::{self, Service};

static CACHE: Flag = Flag {
    name: "cache",
    other: &["c"],
    variable: Some("GOSS_CACHE"),
    takes: Takes::Duration,
    default: "5s",
    summary: "for how long results count; 0 for ever",
};

static LISTEN: Flag = Flag {
    name: "listen-addr",
    other: &["l"],
    variable: Some("GOSS_LISTEN"),
    takes: Takes::Text,
    default: ":8080",
    summary: "where to listen: [HOST]:PORT",
};

static ENDPOINT: Flag = Flag {
    name: "endpoint",
    other: &["e"],
    variable: Some("GOSS_ENDPOINT"),
    takes: Takes::Text,
    default: "/healthz",
    summary: "the path at which results are served",
};

pub(super) const COMMAND: Command = Command {
    name: "serve",
    alias: Some("s"),
    words: "",
    summary: "answer health checks over HTTP",
    flags: &[
        &FORMAT,
        &FORMAT_OPTIONS,
        &CACHE,
        &LISTEN,
        &ENDPOINT,
        &MAX_CONCURRENT,
    ],
    takes_all: false,
    run: run_server,
};

fn run_server(call: &Call, _out: &mut dyn Write) -> u8 {
    match begin(call) {
        Ok(()) => exit::DONE,
        Err(why) => {
            log::fatal(why);
            exit::REFUSED
        }
    }
}

fn begin(call: &Call) -> Result<(), String> {
    let gossfile = gossfile::load(&call.source()).map_err(|problems| call.words(&problems))?;
    for warning in &gossfile.warnings {
        call.warn(warning);
    }
    let name = call.given.text(&FORMAT);
    let format =
        validate::format(call, &name).ok_or_else(|| validate::unknown_format(call, &name))?;
    let endpoint = call.given.text(&ENDPOINT);
    if !endpoint.starts_with('/') || endpoint == "/metrics" {
        return Err(format!(
            "endpoint {endpoint:?}: a path that begins with / and is not /metrics"
        ));
    }
    let address = call.given.text(&LISTEN);
    let listener = listen(&address)?;
    end_on_signals();
    let log = call.log;
    let shown = shown(&address, &listener);
    log.line(Level::Info, format!("Starting to listen on: {shown}"));
    let most = usize::try_from(call.given.integer(&MAX_CONCURRENT)).unwrap_or(0);
    let system = validate::system(call);
    let mut look = validate::options(&call.given.items(&FORMAT_OPTIONS));
    look.places = call.is_strict();
    let service = Service {
        endpoint,
        format,
        look,
        keep: call.given.duration(&CACHE).to_std(),
        run: Box::new(move || {
            let begun = Instant::now();
            let mut groups = Vec::new();
            let system = Arc::new(system.anew());
            run::run(
                &gossfile.resources,
                &system,
                Plan { most, tally: None },
                |group| groups.push(group),
            );
            (groups, begun.elapsed())
        }),
        say: Box::new(move |line| log.line(Level::Info, line)),
    };
    serve::serve(&listener, service).map_err(|error| format!("listen {address}: {error}"))
}

/// The address as it was given; with port 0, which leaves the choice to the kernel, the one that
/// was chosen.
fn shown(address: &str, listener: &TcpListener) -> String {
    match (address.rsplit_once(':'), listener.local_addr()) {
        (Some((host, "0")), Ok(chosen)) => format!("{host}:{}", chosen.port()),
        _ => address.to_string(),
    }
}

/// Listens; without a host on all addresses, as Go does.
fn listen(address: &str) -> Result<TcpListener, String> {
    let with_host = match address.strip_prefix(':') {
        Some(port) => format!("[::]:{port}"),
        None => address.to_string(),
    };
    let bound = TcpListener::bind(&with_host).or_else(|error| match address.strip_prefix(':') {
        // A kernel without IPv6.
        Some(port) => TcpListener::bind(format!("0.0.0.0:{port}")),
        None => Err(error),
    });
    bound.map_err(|error| {
        let hint = match with_host.to_socket_addrs() {
            Err(_) => "; an address is [HOST]:PORT, such as :8080 or 127.0.0.1:8080",
            Ok(_) => "",
        };
        // Without the number of the C library.
        let why = error.to_string();
        let why = why.split(" (os error").next().unwrap_or_default();
        format!("listen tcp {address}: {why}{hint}")
    })
}

/// Ends the process on TERM, INT and HUP. As the first process of a container it would not hear
/// them otherwise (pid_namespaces(7)).
fn end_on_signals() {
    let ends = [signal::SIGHUP, signal::SIGINT, signal::SIGTERM];
    let set = ends
        .into_iter()
        .fold(signal::Set::empty(), signal::Set::with);
    signal::block(&set);
    std::thread::spawn(move || {
        if let Some(number) = signal::wait(&set, None) {
            std::process::exit(128 + number);
        }
    });
}
