//! `serve`: the tests behind an HTTP endpoint, for health checks.

mod cache;
mod http;
mod negotiation;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cache::Cache;
use http::{Request, Response};

use crate::output::prometheus::Counters;
use crate::output::{Format, Look};
use crate::run::Group;

/// Most clients at a time; those past it are answered 503 at once.
const CLIENTS: usize = 512;

/// How long a client may take to ask, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a thread for a client needs, and the run of tests in it.
const STACK: usize = 512 * 1024;

/// What is served.
pub struct Service {
    /// The path, such as `/healthz`.
    pub endpoint: String,
    /// The format where a client wants none.
    pub format: &'static Format,
    /// How reports look.
    pub look: Look,
    /// For how long results count; zero: for ever.
    pub keep: Duration,
    /// Runs all tests.
    pub run: Box<dyn Fn() -> (Vec<Group>, Duration) + Send + Sync>,
    /// Says what is done.
    pub say: Box<dyn Fn(&str) + Send + Sync>,
}

/// Serves until the process ends.
///
/// # Errors
/// Where no connection can be taken any more.
pub fn serve(listener: &TcpListener, service: Service) -> io::Result<()> {
    let server = Arc::new(Server::new(service));
    loop {
        let client = match listener.accept() {
            Ok((client, _)) => client,
            Err(error) if is_passing(&error) => {
                // Descriptors or memory are short: some come back.
                std::thread::sleep(Duration::from_millis(50));
                continue;
            }
            Err(error) => return Err(error),
        };
        let many = server.clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS;
        let for_thread = Arc::clone(&server);
        let spawned = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || {
                // A client that goes away has had its answer.
                let _ = for_thread.attend(&client, many);
                for_thread.clients.fetch_sub(1, Ordering::SeqCst);
            });
        if spawned.is_err() {
            server.clients.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Whether accept(2) may work again.
fn is_passing(error: &io::Error) -> bool {
    use kernel::errno::{EMFILE, ENFILE, ENOBUFS, ENOMEM};
    matches!(
        error.raw_os_error(),
        Some(EMFILE | ENFILE | ENOBUFS | ENOMEM)
    ) || matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
    )
}

struct Server {
    service: Service,
    cache: Cache,
    /// Of all runs since the process began, as counters are to be.
    counters: Mutex<Counters>,
    clients: AtomicUsize,
}

impl Server {
    fn new(service: Service) -> Server {
        Server {
            cache: Cache::new(service.keep),
            counters: Mutex::new(Counters::new(&service.look)),
            service,
            clients: AtomicUsize::new(0),
        }
    }

    fn attend(&self, client: &TcpStream, many: bool) -> io::Result<()> {
        client.set_read_timeout(Some(PATIENCE))?;
        client.set_write_timeout(Some(PATIENCE))?;
        let request = match Request::read(client, PATIENCE)? {
            Some(request) => request,
            None => return Response::text(400, "400 Bad Request\n").send(client, false),
        };
        let bare = request.method == "HEAD";
        let response = if many {
            Response::text(503, "too many clients\n")
        } else if self.is_endpoint(&request.path) {
            self.health(&request)?
        } else if request.path == "/metrics" {
            self.metrics()?
        } else {
            Response::text(404, "404 page not found\n")
        };
        response.send(client, bare)
    }

    /// A path that ends with `/` stands for all below it, as in Go's ServeMux.
    fn is_endpoint(&self, path: &str) -> bool {
        let endpoint = self.service.endpoint.as_str();
        path == endpoint || endpoint.ends_with('/') && path.starts_with(endpoint)
    }

    fn results(&self) -> Arc<(Vec<Group>, Duration)> {
        self.cache.get(|| {
            (self.service.say)("Stale cache[res], running tests");
            let (groups, took) = (self.service.run)();
            if self.service.look.places {
                self.count(&groups, took);
            }
            (groups, took)
        })
    }

    fn count(&self, groups: &[Group], took: Duration) {
        let mut counters = self.counters();
        groups.iter().for_each(|group| counters.count(group));
        counters.end(took);
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn health(&self, request: &Request) -> io::Result<Response> {
        let (format, content) = negotiation::choose(&request.accept, self.service.format);
        if format.name == "prometheus" {
            // 200 also where something failed: who scrapes counters throws away any other answer.
            return self.metrics();
        }
        let (code, body) = self.render(format)?;
        let status = if code == 0 { 200 } else { 503 };
        Ok(Response {
            status,
            content,
            body,
        })
    }

    /// The counters. A run counts once; for goss it counts as often as somebody looks at it.
    fn metrics(&self) -> io::Result<Response> {
        let results = self.results();
        if !self.service.look.places {
            let (groups, took) = &*results;
            self.count(groups, *took);
        }
        let mut body = Vec::new();
        self.counters().write(&mut body)?;
        Ok(Response {
            status: 200,
            content: "text/plain; version=0.0.4".to_string(),
            body,
        })
    }

    fn render(&self, format: &Format) -> io::Result<(u8, Vec<u8>)> {
        let results = self.results();
        let (groups, took) = &*results;
        let mut body = Vec::new();
        let mut report = (format.report)(&self.service.look);
        for group in groups {
            report.take(group, &mut body)?;
        }
        let code = report.finish(*took, &mut body)?;
        Ok((code, body))
    }
}

#[cfg(test)]
mod tests;
