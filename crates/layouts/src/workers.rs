//! The words of `/worker.sh N CMD…`: N copies of one service, and its `run` script.

use kernel::escape;

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

/// The `run` script of a worker: the container's environment, then the user where one
/// is given, then exactly the words of `argv`.
pub fn run_script(argv: &[Vec<u8>], user: Option<&[u8]>) -> Vec<u8> {
    let mut script = b"#!/usr/bin/execlineb -P\nwith-contenv\n".to_vec();
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
        let script = run_script(&argv, Some(b"www data"));
        let expected = "#!/usr/bin/execlineb -P\nwith-contenv\ns6-setuidgid \"www data\"\n\"/bin/x\" \"a b\" \"\" \"q\\\"q\" \"b\\\\n\" \"$x ${y}\" \"l1\nl2\" \"{\" \"}\" \"#\"\n";
        assert_eq!(String::from_utf8(script).unwrap(), expected);
    }

    #[test]
    fn without_a_user_its_line_is_left_out() {
        let expected = b"#!/usr/bin/execlineb -P\nwith-contenv\n\"x\"\n";
        assert_eq!(run_script(&words(&["x"]), None), expected);
        assert_eq!(run_script(&words(&["x"]), Some(b"")), expected);
    }
}
