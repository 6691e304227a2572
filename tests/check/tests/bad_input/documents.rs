//! YAML and JSON that are too deep, too large, or none.

use super::{validate, with};
use check_tests::watched::Call;

/// `[`, `{a: `, `- ` or `? ` ten thousand times.
#[test]
fn ten_thousand_levels_are_too_deep() {
    let many = 10_000;
    for (open, close) in [
        ("[", "]"),
        ("{a: ", "}"),
        ("- ", ""),
        ("? ", ""),
        ("[{a: ", "}]"),
        ("!a [", "]"),
        ("&a [", "]"),
    ] {
        let text = open.repeat(many) + "1" + &close.repeat(many);
        validate(&text).refused("goss.yaml:1:");
        // Never closed.
        validate(open.repeat(many)).refused("goss.yaml:");
        let seen = Call::new(&with(&text), "validate").as_goss().run();
        seen.refused("Error: yaml: ");
    }
}

#[test]
fn json_of_ten_thousand_levels_is_too_deep() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let dir = with("");
        let text = open.repeat(10_000) + "1" + &close.repeat(10_000);
        dir.write("goss.json", &text);
        Call::new(&dir, "-g goss.json validate")
            .run()
            .refused("goss.json:1:");
        dir.write("goss.json", open.repeat(10_000));
        Call::new(&dir, "-g goss.json validate")
            .run()
            .refused("goss.json:1:");
    }
}

#[test]
fn aliases_do_not_multiply() {
    let mut lists = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    let mut maps = "x-0: &a0 {a: 1, b: 2}\n".to_string();
    let mut merges = "x-0: &a0 {a: 1, b: 2}\n".to_string();
    for level in 1..60 {
        let before = format!("*a{}", level - 1);
        let ten = [before.as_str(); 10].join(", ");
        lists += &format!("x-{level}: &a{level} [{ten}]\n");
        maps += &format!("x-{level}: &a{level} {{a: {before}, b: {before}, c: {before}}}\n");
        merges += &format!("x-{level}: &a{level} {{<<: [{ten}], k{level}: {before}}}\n");
    }
    for text in [lists, maps, merges] {
        let end = "file:\n  /etc/passwd: {exists: true, meta: *a59}\n";
        validate(text + end).refused("goss.yaml:");
    }
}

#[test]
fn an_alias_within_itself_is_refused() {
    for text in [
        "x-a: &a [*a]",
        "x-a: &a {b: *a}",
        "x-a: &a {<<: *a}",
        "&a {? *a : 1}",
    ] {
        validate(text).refused("goss.yaml:1:");
    }
    validate("x-a: *nowhere").refused("goss.yaml:1:");
}

#[test]
fn what_is_no_yaml_has_a_line() {
    for text in [
        "file:\n\t/a: {}\n",
        "file: [\n",
        "file: {\n",
        "file:\n  'a\n",
        "file:\n  \"a\n",
        "file:\n  \"\\q\": 1\n",
        "a: b: c\n",
        "file:\n  - a\n b\n",
        "%YAML 9.9\n---\na: 1\n",
        "%TAG ! x\n%TAG ! y\n---\na: 1\n",
        "file: !!int x\n",
        "file: !<tag:yaml.org,2002:int> x\n",
        "file: @a\n",
        "file: `a\n",
        "file: |9x\n  a\n",
        "file:\n  ? [a]\n  : b\n",
        "file:\n  {a: 1}: b\n",
        "- file\n",
        "just words\n",
        "3\n",
    ] {
        let seen = validate(text);
        seen.refused("goss.yaml:");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let dir = with("");
    for bytes in [
        &b"file:\n  /a\xff: {}\n"[..],
        b"\xff\xfef\0i\0l\0e\0",
        b"\xfe\xff\0f\0i\0l\0e",
        b"\x80",
        b"file:\n  \"\xc3\x28\": {}\n",
        b"file:\n  \xed\xa0\x80: {}\n",
        b"file:\n  /a\0b: {exists: true}\n",
        b"file:\n  /a\x07b: {exists: true}\n",
    ] {
        dir.write("goss.yaml", bytes);
        Call::new(&dir, "validate").run().refused("goss.yaml:");
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_by_its_size() {
    let dir = with("");
    let line = "file: {/etc/passwd: {exists: true}} # and a comment that makes it long\n";
    dir.write("goss.yaml", line.repeat((100 << 20) / line.len()));
    let seen = Call::new(&dir, "validate").run();
    seen.refused("goss.yaml");
    seen.refused("larger than");
}

/// As large as may be: whatever it is made of, it is read or refused in time.
#[test]
fn files_of_the_largest_size_are_read_or_refused() {
    let size = 8 << 20;
    let of = |piece: &str| piece.repeat(size / piece.len());
    let mut keys = "x-a:\n".to_string();
    for number in 0..300_000 {
        keys += &format!("  k{number}: {number}\n");
    }
    for (what, text) in [
        ("comments", of("# x\n")),
        ("empty lines", of("\n")),
        ("one comment", format!("#{}", of("x"))),
        ("one scalar", format!("x-a: {}\n", of("x"))),
        ("one quoted scalar", format!("x-a: \"{}\"\n", of("\\n"))),
        ("one block", format!("x-a: |\n{}", of("  xxxxxxx\n"))),
        ("folded lines", format!("x-a:\n{}", of("  xxxxxxx\n"))),
        ("items", format!("x-a: [{}]", of("1,"))),
        ("block items", format!("x-a:\n{}", of("- 1\n"))),
        ("keys", keys),
        ("documents", of("---\na\n")),
        ("braces", of("{")),
        ("anchors", format!("x-a: [{}]", of("&a x,"))),
        ("aliases", format!("x-a: [&a x, {}]", of("*a,"))),
        ("questions", of("?\n")),
        ("dashes", of("-\n")),
        ("colons", of(": ")),
        ("directives", of("%A b\n")),
        ("blanks", of(" ")),
        ("tags", format!("x-a: {}", of("!a "))),
    ] {
        let seen = Call::new(&with(text), "validate").run();
        assert_eq!(seen.exit, 78, "{what}: {}", seen.stdout);
    }
}

#[test]
fn a_hundred_thousand_mistakes_are_told_in_bounds() {
    let mut text = "file:\n".to_string();
    for number in 0..100_000 {
        text += &format!("  /a{number}: {{exsits: true}}\n");
    }
    let seen = validate(text);
    seen.refused("goss.yaml:2:");
    assert!(seen.stdout.lines().count() <= 1001, "all of them are told");
}

#[test]
fn matchers_that_contain_each_other_are_bounded() {
    for (open, close) in [
        ("{not: ", "}"),
        ("{and: [", "]}"),
        ("{contain-element: ", "}"),
    ] {
        let text = format!(
            "matching:\n  a: {{content: 1, matches: {}1{}}}\n  b: {{content: 1, matches: 1}}\n",
            open.repeat(90),
            close.repeat(90)
        );
        let seen = validate(text);
        assert!(matches!(seen.exit, 0 | 1), "{seen:?}");
        seen.says("Count: 2");
    }
}
