//! The words of `/worker.sh N CMD…`: N copies of one service, and its `run` script.

use kernel::escape;

use crate::settings::Settings;

/// Most workers of one container. Each is a process or more; a number beyond this is
/// a slip.
pub const MOST: u32 = 10_000;

/// How many workers a word asks for.
///
/// # Errors
/// A sentence that says what is wrong with it and what to type.
pub fn count(word: &[u8]) -> Result<u32, String> {
    let number = std::str::from_utf8(word)
        .ok()
        .filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse::<u64>().ok());
    match number {
        Some(number) if (1..=u64::from(MOST)).contains(&number) => Ok(number as u32),
        _ => Err(format!(
            "the number of workers is `{}`, not a number from 1 to {MOST}; call it as /worker.sh 3 COMMAND...",
            escape(word)
        )),
    }
}

/// A number as it is written in the name of a worker, and nothing else: `worker-07` is
/// somebody else's.
pub fn number(name: &[u8]) -> Option<u32> {
    let digits = name.strip_prefix(b"worker-")?;
    let number: u32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number > 0 && number.to_string().as_bytes() == digits).then_some(number)
}

/// What a keeper does beside the workers of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// It counts jobs and looks at memory (WORKER_MAX_JOBS, WORKER_MAX_MEMORY).
    pub limits: bool,
    /// It puts a prefix before each line (WORKER_PREFIX).
    pub prefix: bool,
}

impl Kept {
    /// What the container's variables ask for.
    pub fn by(settings: &Settings) -> Kept {
        Kept {
            limits: settings.worker_max_jobs.is_some() || settings.worker_max_memory.is_some(),
            prefix: settings.worker_prefix.is_some(),
        }
    }

    /// Whether there is anything for it to do.
    pub fn any(self) -> bool {
        self.limits || self.prefix
    }
}

/// The `run` script of a worker: the container's environment, then its own number and the
/// count of all (s6-envdir), the keeper's fifos where there is a keeper, then the user
/// where one is given, then exactly the words of `argv`.
pub fn run_script(argv: &[Vec<u8>], user: Option<&[u8]>, kept: Kept) -> Vec<u8> {
    let mut script =
        format!("#!/usr/bin/execlineb -P\nwith-contenv\ns6-envdir {VARIABLES}\n").into_bytes();
    if kept.any() {
        script.extend_from_slice(places::OUR_BINARY.as_bytes());
        script.extend_from_slice(b" workers attach\n");
    }
    if let Some(user) = user.filter(|user| !user.is_empty()) {
        script.extend_from_slice(b"s6-setuidgid ");
        quote(user, &mut script);
        script.push(b'\n');
    }
    for (index, word) in argv.iter().enumerate() {
        if index > 0 {
            script.push(b' ');
        }
        quote(word, &mut script);
    }
    script.push(b'\n');
    script
}

/// The `run` script of the keeper.
pub fn keeper_script() -> Vec<u8> {
    [
        "#!/usr/bin/execlineb -P\nwith-contenv\n",
        places::OUR_BINARY,
        " workers keep\n",
    ]
    .concat()
    .into_bytes()
}

/// The directory in a worker's own with the variables that are only its own.
pub const VARIABLES: &str = "env";

/// Its number, from 1.
pub const ID: &str = "WORKER_ID";

/// How many there are.
pub const COUNT: &str = "WORKER_COUNT";

/// The number of the descriptor to which it writes a line for each job that it has done.
pub const JOBS_FD: &str = "WORKER_JOBS_FD";

/// Writes a word so that execlineb reads back exactly its bytes: in double quotes,
/// where only `"` and `\` mean something (execlineb(1)).
fn quote(word: &[u8], script: &mut Vec<u8>) {
    script.push(b'"');
    for byte in word {
        if matches!(byte, b'"' | b'\\') {
            script.push(b'\\');
        }
        script.push(*byte);
    }
    script.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(all: &[&str]) -> Vec<Vec<u8>> {
        all.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn the_count_is_checked() {
        assert_eq!(count(b"1"), Ok(1));
        assert_eq!(count(b"010"), Ok(10));
        assert_eq!(count(b"10000"), Ok(MOST));
        for bad in [
            &b"0"[..],
            b"",
            b"x",
            b"-1",
            b"+1",
            b"3.5",
            b" 3",
            b"10001",
            b"99999999999999999999999",
            b"\xff\n",
        ] {
            let line = count(bad).expect_err("no number of workers");
            assert!(
                line.contains("from 1 to 10000") && !line.contains('\n'),
                "{line}"
            );
        }
    }

    #[test]
    fn every_word_is_kept_as_it_is() {
        let argv = words(&[
            "/bin/x", "a b", "", "q\"q", "b\\n", "$x ${y}", "l1\nl2", "{", "}", "#",
        ]);
        let script = run_script(&argv, Some(b"www data"), Kept::default());
        let expected = "#!/usr/bin/execlineb -P\nwith-contenv\ns6-envdir env\ns6-setuidgid \"www data\"\n\"/bin/x\" \"a b\" \"\" \"q\\\"q\" \"b\\\\n\" \"$x ${y}\" \"l1\nl2\" \"{\" \"}\" \"#\"\n";
        assert_eq!(String::from_utf8(script).unwrap(), expected);
    }

    #[test]
    fn without_a_user_its_line_is_left_out() {
        let expected = b"#!/usr/bin/execlineb -P\nwith-contenv\ns6-envdir env\n\"x\"\n";
        assert_eq!(run_script(&words(&["x"]), None, Kept::default()), expected);
        assert_eq!(
            run_script(&words(&["x"]), Some(b""), Kept::default()),
            expected
        );
    }

    #[test]
    fn a_keeper_s_fifos_are_opened_ahead_of_the_user() {
        let kept = Kept {
            limits: true,
            prefix: false,
        };
        let script = String::from_utf8(run_script(&words(&["x"]), Some(b"app"), kept)).unwrap();
        let lines: Vec<&str> = script.lines().collect();
        assert_eq!(lines[3], "/usr/libexec/mainstay/mainstay workers attach");
        assert_eq!(lines[4], "s6-setuidgid \"app\"");
    }

    #[test]
    fn a_name_is_a_worker_s_only_as_it_is_written() {
        assert_eq!(number(b"worker-1"), Some(1));
        assert_eq!(number(b"worker-10000"), Some(10_000));
        for other in [
            "worker-",
            "worker-0",
            "worker-01",
            "worker-+1",
            "worker-x",
            "web",
        ] {
            assert_eq!(number(other.as_bytes()), None, "{other}");
        }
    }
}
