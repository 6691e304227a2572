use super::*;

fn check(patterns: &[&str], text: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let list = patterns.iter().map(|words| Value::from(*words)).collect();
    let patterns = Patterns::new(Value::List(list));
    let words = |values: Vec<Value>| {
        let words = values.iter().map(|value| match value {
            Value::Text(words) => words.to_string(),
            _ => String::new(),
        });
        words.collect()
    };
    // Bytes that come one by one are the same text.
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let most = to.len().min(7);
            self.0.read(&mut to[..most])
        }
    }
    let slow = patterns.scan(&mut Slow(text));
    let fast = patterns.scan(&mut &*text);
    assert_eq!(slow.is_ok(), fast.is_ok());
    if let (Ok(slow), Ok(fast)) = (slow, &fast) {
        assert_eq!(&slow, fast);
    }
    fast.map(|(missing, found)| (words(missing), words(found)))
}

#[track_caller]
fn met(patterns: &[&str], text: &str) {
    assert_eq!(check(patterns, text.as_bytes()).unwrap().0, [""; 0]);
}

#[track_caller]
fn missing(patterns: &[&str], text: &str) {
    assert_eq!(check(patterns, text.as_bytes()).unwrap().0, patterns);
}

#[test]
fn a_line_satisfies_a_pattern() {
    met(
        &["b", "a", "/^a b$/", "!c", "!/^b/", ""],
        "a b\nc2\n".replace('c', "d").as_str(),
    );
    met(&["/a", "\\!a", "//a", "/\\!a", "!/zz"], "a\nb\n");
    met(&["/^$/", "!a"], "\n");
    met(&["/a$/", "/b$/"], "a\r\nb\r");
    met(&["/a\\r$/"], "a\r\r\n");
    met(&["", "!", "!x"], "");
    met(&["/b/", "//", "\\"], "abc");
    missing(&["/^$/", "/.*/", "\\"], "");
    missing(&["!", "!//", "!a"], "a\n");
    missing(
        &["a\nb", "/a\\nb/", "/a[^x]b/", "/(?s)a.b/", "\n", "/a\\sb/"],
        "a\nb\n",
    );
    missing(&["a\r", "/\\r/"], "a\r\n");
    missing(&["/^b/"], "ab");
}

#[test]
fn what_was_found_is_in_the_order_of_finding() {
    let (missing, found) = check(&["!q", "x", "b", "", "/a/", "!a"], b"a\nb\n").unwrap();
    assert_eq!(missing, ["x", "!a"]);
    assert_eq!(found, ["", "/a/", "b", "!q"]);
}

#[test]
fn lines_have_a_longest() {
    let line = |length: usize| [&b"c".repeat(length)[..], b"\nb\n"].concat();
    assert!(check(&["b"], &line(1_048_575)).unwrap().0.is_empty());
    let too_long = Err("bufio.Scanner: token too long".to_string());
    assert_eq!(check(&["b"], &line(1_048_576)), too_long);
    assert_eq!(
        check(&["b"], &[b"a\n", &line(1_048_576)[..]].concat()),
        too_long
    );
    assert_eq!(
        check(&["a", "!z"], &[b"a\n", &line(1_048_576)[..]].concat()),
        too_long
    );
    assert!(check(&["a"], &[b"a\n", &line(1_048_576)[..]].concat()).is_ok());
    assert!(check(&["!a"], &[b"a\n", &line(1_048_576)[..]].concat()).is_ok());
    assert_eq!(check(&["c"], &b"c".repeat(3_000_000)), too_long);
}

#[test]
fn bytes_that_are_no_text_are_one_character_each() {
    let text = b"a\n\xff\xfe\xc3x\r\n";
    assert!(
        check(&["/^...x$/", "/^\u{fffd}{3}x$/", "a"], text)
            .unwrap()
            .0
            .is_empty()
    );
    assert_eq!(check(&["/^..x$/"], text).unwrap().0, ["/^..x$/"]);
}

#[test]
fn a_hint_names_a_line() {
    let hint = |pattern: &str, text: &str| {
        let patterns = Patterns::new(Value::List(vec![pattern.into()]));
        let verdict = patterns.compare_stream("", &mut text.as_bytes());
        patterns.hint(&verdict, &mut text.as_bytes())
    };
    let text = "user www;\n  Listen  8081;\nworker 5;\n";
    for (pattern, text, wanted) in [
        (
            "listen 8080;",
            text,
            Some("the line most like it: Listen  8081;"),
        ),
        ("listen 8080;", "user www;\n", None),
        ("listen 8080;", "", Some("the text is empty")),
        ("!/worker/", text, Some("line 3: worker 5;")),
        ("/listen/", text, None),
        ("user", text, None),
    ] {
        assert_eq!(hint(pattern, text).as_deref(), wanted, "{pattern}");
    }
}

/// Many patterns are sought another way than few: with the same findings.
#[test]
fn many_patterns_are_found_as_few_are() {
    let mut state = 7_u64;
    let mut letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        b"aab\n"[(state >> 62) as usize]
    };
    for length in [0, 1, 50, 5_000, 600_000] {
        let text: Vec<u8> = (0..length).map(|_| letter()).collect();
        let words: Vec<String> = (0..500)
            .map(|number| {
                let word: Vec<u8> = (0..1 + number % 30).map(|_| letter()).collect();
                let word = String::from_utf8_lossy(&word).replace('\n', "b");
                format!("{}{word}", if number % 3 == 0 { "!" } else { "" })
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (missing, found) = check(&words, &text).unwrap();
        for word in words {
            let (one, _) = check(&[word], &text).unwrap();
            let said = [&missing, &found].map(|list| list.contains(&word.to_string()));
            assert_eq!(
                said,
                [!one.is_empty(), one.is_empty()],
                "{word} in {length}"
            );
        }
    }
}

#[test]
fn patterns_within_each_other_are_found_in_time() {
    let words: Vec<String> = (1..1_400).map(|length| "a".repeat(length)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = "a".repeat(1_000) + "\n";
    let begun = std::time::Instant::now();
    let (missing, found) = check(&words, line.repeat(2_000).as_bytes()).unwrap();
    assert_eq!((missing.len(), found.len()), (399, 1_000));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}
