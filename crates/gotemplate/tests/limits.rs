//! What a hostile template meets: a clear error, in bounded time, memory and stack.

use gotemplate::{Limits, Time, Value, World, render};

fn world() -> World {
    let mut world = World::fixed(Time::unix(0, 0));
    world.limits = Limits {
        steps: 200_000,
        memory: 16 << 20,
        output: 1 << 20,
        ..Limits::default()
    };
    world
}

fn error(template: &str) -> String {
    let data = Value::goss(Value::Nil, &Default::default());
    match render("test", template, &data, &world()) {
        Ok(rendered) => panic!("{template}: rendered {} bytes", rendered.text.len()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_grows_without_bound_is_an_error() {
    for (template, words) in [
        (r#"{{ repeat 1000000000 "x" }}"#, "16777216 bytes"),
        ("{{ until 1000000000 }}", "bytes"),
        ("{{ untilStep 0 9223372036854775807 1 }}", "bytes"),
        ("{{ seq 1 1000000000 }}", "bytes"),
        ("{{ range 1000000000 }}{{ end }}", "steps is 200000"),
        (
            "{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}",
            "steps is 200000",
        ),
        (
            "{{ range 100000 }}0123456789012{{ end }}",
            "output exceeds 1048576 bytes",
        ),
        (
            r#"{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}"#,
            "depth",
        ),
        (
            r#"{{ printf "%999999d%[1]999999d" 1 | repeat 100 }}"#,
            "bytes",
        ),
        (
            r#"{{ $x := "xx" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}"#,
            "long",
        ),
        (
            r#"{{ $x := "xx" }}{{ range 100 }}{{ $x = replace "x" "xx" $x }}{{ end }}"#,
            "bytes",
        ),
        (
            r#"{{ $x := list 1 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }}"#,
            "bytes",
        ),
        (
            r#"{{ $x := repeat 1000000 "x" }}{{ regexReplaceAll "x" $x $x }}"#,
            "bytes",
        ),
        (
            r#"{{ $x := repeat 1000000 "x" }}{{ $x | splitList "" | join $x }}"#,
            "bytes",
        ),
        (
            r#"{{ $x := repeat 100000 "\n" }}{{ indent 1000000 $x }}"#,
            "bytes",
        ),
        (
            r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}"#,
            "holds itself",
        ),
        (
            r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ mustToJson $d }}"#,
            "holds itself",
        ),
        (
            r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ deepCopy $d }}"#,
            "holds itself",
        ),
        (
            r#"{{ regexMatch "(a{1000}){1000}" "a" }}"#,
            "invalid repeat count: `{1000}`",
        ),
        (
            r#"{{ regexMatch "\\pL{500}\\pL{500}\\pL{500}" "a" }}"#,
            "expression too large",
        ),
        ("{{ randAscii 1000000000 }}", "bytes"),
    ] {
        let error = error(template);
        assert!(error.contains(words), "{template}: {error}");
        assert!(
            error.starts_with("template: test:1:"),
            "{template}: {error}"
        );
    }
}

#[test]
fn what_nests_without_bound_is_an_error() {
    for (open, close) in [
        ("{{ if 1 }}", "{{ end }}"),
        ("{{ range 1 }}", "{{ end }}"),
        ("{{ if 0 }}{{ else if 1 }}", ""),
        ("{{ block \"a\" . }}", "{{ end }}"),
        ("{{ define \"a\" }}", "{{ end }}"),
    ] {
        error(&(open.repeat(100_000) + &close.repeat(100_000)));
    }
    error(&format!(
        "{{{{ {}1{} }}}}",
        "(".repeat(100_000),
        ")".repeat(100_000)
    ));
    error(&format!(
        "{{{{ fromJson `{}` | fail }}}}",
        "[".repeat(100_000)
    ));
    error(&format!(
        "{{{{ regexMatch `{}` \"\" }}}}",
        "(".repeat(100_000)
    ));
    error("{{ $x := list }}{{ range 50000 }}{{ $x = list $x }}{{ end }}{{ $x }}");
}

#[test]
fn deep_values_are_dropped_without_a_deep_stack() {
    let data = Value::goss(Value::Nil, &Default::default());
    for template in [
        "{{ $x := list }}{{ range 50000 }}{{ $x = list $x }}{{ end }}ok",
        "{{ $x := dict }}{{ range 20000 }}{{ $x = dict \"a\" $x }}{{ end }}ok",
    ] {
        let rendered = render("test", template, &data, &World::fixed(Time::unix(0, 0)));
        assert_eq!(rendered.expect("renders").text, "ok");
    }
}

#[test]
fn the_deepest_allowed_template_fits_the_stack_of_a_thread() {
    // 200 calls, each with parentheses as deep as they may be.
    let deep = format!("{}(add . 1){}", "(int ".repeat(90), ")".repeat(90));
    let template = format!(
        "{{{{ define \"a\" }}}}{{{{ if true }}}}{{{{ template \"a\" ({deep}) }}}}{{{{ end }}}}{{{{ end }}}}{{{{ template \"a\" 1 }}}}"
    );
    let error = error(&template);
    assert!(error.contains("maximum template depth"), "{error}");
}

#[test]
fn the_deepest_pattern_fits_what_the_deepest_template_leaves() {
    let pattern = format!("{}a{}", "(".repeat(240), ")*".repeat(240));
    let template = format!(
        "{{{{ define \"a\" }}}}{{{{ $_ := regexMatch `{pattern}` \"a\" }}}}{{{{ template \"a\" 1 }}}}{{{{ end }}}}{{{{ template \"a\" 1 }}}}"
    );
    let data = Value::goss(Value::Nil, &Default::default());
    let world = World::fixed(Time::unix(0, 0));
    let error = render("test", &template, &data, &world).map(|_| ());
    let error = error.expect_err("it calls itself").to_string();
    assert!(error.contains("maximum template depth"), "{error}");
}
