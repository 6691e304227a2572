//! The words of a request over the socket.

use kernel::signal;

/// What people may ask of PID 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order<'a> {
    /// What runs.
    Status,
    /// Start this service.
    Start(&'a [u8]),
    /// Stop it.
    Stop(&'a [u8]),
    /// Stop it and start it anew, or start it where it is down.
    Restart(&'a [u8]),
    /// Send it this signal.
    Signal(&'a [u8], u8),
    /// Send it to its whole process group.
    SignalGroup(&'a [u8], u8),
    /// Stop the container.
    StopContainer,
    /// The same, and where it stops already go on to the next step at once.
    StopContainerNow,
    /// A hook runs: the file that its author wrote, and for how long, in milliseconds.
    HookRuns(&'a [u8], u64),
    /// It is over.
    HookOver,
    /// Whether a line about this service, of a program that it runs, is said for the first
    /// time.
    FirstTime(&'a [u8], &'a [u8]),
}

impl Order<'_> {
    /// Reads the words.
    ///
    /// # Errors
    /// A sentence for the client.
    pub(crate) fn read(words: &[Vec<u8>]) -> Result<Order<'_>, String> {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        Ok(match words[..] {
            [b"status"] => Order::Status,
            [b"start", name] => Order::Start(name),
            [b"stop", name] => Order::Stop(name),
            [b"restart", name] => Order::Restart(name),
            [verb @ (b"signal" | b"signal-group"), name, word] => {
                let number = signal::parse(word).and_then(|number| u8::try_from(number).ok());
                let none = || {
                    format!(
                        "there is no signal {}; name one as TERM, HUP or USR1, or give its number",
                        kernel::escape(word)
                    )
                };
                let number = number.ok_or_else(none)?;
                match verb {
                    b"signal" => Order::Signal(name, number),
                    _ => Order::SignalGroup(name, number),
                }
            }
            [b"stop-container"] => Order::StopContainer,
            [b"stop-container", b"now"] => Order::StopContainerNow,
            [b"hook-runs", path, age] => {
                let age = std::str::from_utf8(age).ok();
                let age = age.and_then(|age| age.parse().ok());
                Order::HookRuns(path, age.unwrap_or(0))
            }
            [b"hook-over"] => Order::HookOver,
            [b"first-time", name, line] => Order::FirstTime(name, line),
            _ => {
                return Err(
                    "this is no request that PID 1 knows; are both of one release?".to_string(),
                );
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<u8>> {
        text.split(' ')
            .map(|word| word.as_bytes().to_vec())
            .collect()
    }

    #[test]
    fn every_request_is_read() {
        for (text, order) in [
            ("status", Order::Status),
            ("start web", Order::Start(b"web")),
            ("stop web", Order::Stop(b"web")),
            ("restart web", Order::Restart(b"web")),
            ("signal web HUP", Order::Signal(b"web", 1)),
            ("signal-group web KILL", Order::SignalGroup(b"web", 9)),
            ("stop-container", Order::StopContainer),
            ("stop-container now", Order::StopContainerNow),
            ("hook-runs /etc/1 250", Order::HookRuns(b"/etc/1", 250)),
            ("hook-over", Order::HookOver),
            ("first-time web line", Order::FirstTime(b"web", b"line")),
        ] {
            assert_eq!(Order::read(&words(text)), Ok(order));
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [
            "",
            "status now",
            "start",
            "start a b",
            "signal web",
            "signal-group web",
            "STATUS",
        ] {
            let fault = Order::read(&words(text)).expect_err(text);
            assert!(fault.contains("no request"), "{fault}");
        }
        let fault = Order::read(&words("signal web RTMIN2147483647")).expect_err("no signal");
        assert!(
            fault.starts_with("there is no signal RTMIN2147483647; name one"),
            "{fault}"
        );
    }
}
