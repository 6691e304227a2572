//! A server that answers one kind of question over and over, and what ours says of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use check_tests::program;
use temp::Temp;

/// What a run of ours came to.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) exit: Option<i32>,
    pub(crate) text: String,
}

/// Validates a gossfile under the name of goss.
pub(crate) fn validate(gossfile: &str) -> Done {
    under("goss", gossfile, &[])
}

/// The same under another name, with variables.
pub(crate) fn under(name: &str, gossfile: &str, env: &[(&str, &str)]) -> Done {
    use std::os::unix::process::CommandExt;
    let dir = Temp::new();
    dir.write("goss.yaml", gossfile);
    let output = Command::new(program())
        .arg0(name)
        .args([
            "-g",
            "goss.yaml",
            "validate",
            "--format",
            "documentation",
            "--no-color",
        ])
        .current_dir(dir.path())
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    Done {
        exit: output.status.code(),
        text: String::from_utf8_lossy(&output.stdout).into_owned(),
    }
}

impl Done {
    /// All was as expected.
    #[track_caller]
    pub(crate) fn passes(&self) {
        assert_eq!(self.exit, Some(0), "{}", self.text);
    }

    /// Something was not, and this is said of it.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert_eq!(self.exit, Some(1), "{}", self.text);
        assert!(self.text.contains(words), "{words}\n{}", self.text);
    }
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) raw: Vec<u8>,
}

/// Reads a request.
pub(crate) fn read(stream: &mut impl Read) -> Request {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut request = Request::default();
    let mut length = 0;
    loop {
        let begin = request.raw.len();
        if reader.read_until(b'\n', &mut request.raw).unwrap_or(0) == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&request.raw[begin..]).into_owned();
        let line = line.trim_end();
        if begin == 0 {
            let mut words = line.splitn(2, ' ');
            request.method = words.next().unwrap_or_default().to_string();
            let rest = words.next().unwrap_or_default();
            request.target = rest.rsplit_once(' ').unwrap_or((rest, "")).0.to_string();
        }
        if let Some(number) = line.to_lowercase().strip_prefix("content-length: ") {
            length = number.parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    request.raw.extend(body);
    request
}

/// Serves on a port of its own, for as long as the test runs.
pub(crate) fn serve(answer: impl Fn(TcpStream) + Send + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    port
}

/// An HTTP server: what it writes for a request.
pub(crate) fn http(answer: impl Fn(&Request) -> Vec<u8> + Send + Clone + 'static) -> u16 {
    serve(move |mut stream| {
        let request = read(&mut stream);
        let _ = stream.write_all(&answer(&request));
    })
}

/// An answer with headers and a body.
pub(crate) fn response(status: u16, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} words\r\n").into_bytes();
    for header in headers {
        text.extend(header.as_bytes());
        text.extend(b"\r\n");
    }
    text.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    text.extend(body);
    text
}
