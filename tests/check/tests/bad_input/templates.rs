//! Templates that never end, grow without bound, or are none.

use super::{validate, with};
use check_tests::watched::Call;

#[test]
fn what_grows_without_bound_is_stopped_at_its_place() {
    let doubled = "{{ $x = printf \"%s%s\" $x $x }}".repeat(64);
    let deep = "{{ range $r }}".repeat(12) + "x" + &"{{ end }}".repeat(12);
    let texts = [
        "{{ range until 2000000000 }}a: {{ . }}\n{{ end }}".to_string(),
        "x-a: {{ repeat 2000000000 \"x\" }}".to_string(),
        format!("{{{{ $x := \"x\" }}}}{doubled}"),
        format!("{{{{ $r := untilStep 0 100 1 }}}}{deep}"),
        "{{ range untilStep 0 2000000000 1 }}{{ end }}".to_string(),
        "x-a: {{ randAlphaNum 2000000000 }}".to_string(),
        "x-a: {{ indent 2000000000 \"x\" }}".to_string(),
    ];
    for text in texts {
        validate(&text).refused("goss.yaml:1:");
        Call::new(&with(text), "validate")
            .as_goss()
            .run()
            .refused("Error: template: test:1:");
    }
}

/// Go does not print so wide, and says so in the text.
#[test]
fn widths_without_bounds_are_not_printed() {
    for call in [
        "printf \"%2000000000d\" 1",
        "printf \"%.2000000000f\" 1.0",
        "printf \"%*d\" 2000000000 1",
    ] {
        let seen = validate(format!(
            "matching: {{a: {{content: '{{{{ {call} }}}}', matches: a}}}}"
        ));
        seen.failed("%!(BAD", "Count: 1");
    }
}

#[test]
fn a_template_that_calls_itself_ends() {
    for text in [
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "{{ define \"a\" }}{{ template \"b\" . }}{{ template \"b\" . }}{{ end }}\
         {{ define \"b\" }}{{ template \"a\" . }}{{ template \"a\" . }}{{ end }}\
         {{ template \"a\" . }}",
        "{{ block \"a\" . }}{{ template \"a\" . }}{{ end }}",
    ] {
        validate(text).refused("goss.yaml:1:");
    }
}

#[test]
fn ten_thousand_levels_are_too_deep() {
    let many = 10_000;
    let nested = |open: &str, close: &str| open.repeat(many) + "1" + &close.repeat(many);
    for text in [
        format!("{{{{ {} }}}}", nested("(", ")")),
        format!("{{{{ {} }}}}", nested("(print ", ")")),
        nested("{{ if true }}", "{{ end }}"),
        nested("{{ with 1 }}", "{{ end }}"),
        format!(
            "{{{{ if 1 }}}}{}{{{{ end }}}}",
            "{{ else if 1 }}".repeat(many)
        ),
        nested("{{ range $a := . }}", "{{ end }}"),
        nested("{{ block \"a\" . }}", "{{ end }}"),
    ] {
        validate(text).refused("goss.yaml:1:");
    }
}

#[test]
fn many_stages_and_fields_take_no_stack() {
    let many = 10_000;
    let pipe = format!("x-a: {{{{ 1 {} }}}}\n", "| print ".repeat(many));
    let fields = format!("x-b: {{{{ .{} }}}}\n", "a.".repeat(many) + "a");
    for text in [pipe, fields] {
        let seen = Call::new(&with(text), "validate").run();
        assert_eq!(seen.exit, 78, "{seen:?}");
    }
}

#[test]
fn what_is_no_template_is_refused_with_its_line() {
    for text in [
        "\n{{",
        "\n{{ \"",
        "\n{{ `",
        "\n{{/* ",
        "\n{{ if }}",
        "\n{{ end }}",
        "\n{{ nothing_of_this_name }}",
        "\n{{ $x }}",
        "\n{{ 1 2 }}",
        "\n{{ .a.b. }}",
        "\n{{ template }}",
        "\n{{ '' }}",
        "\n{{ 0x }}",
        "\n{{ 99999999999999999999999999 }}",
        "\n{{ index nil 1 }}",
        "\n{{ \u{0} }}",
        "\n{{ else }}",
        "\n{{ range $a, $b, $c := . }}{{ end }}",
    ] {
        let seen = validate(text);
        seen.refused("goss.yaml:");
    }
}

#[test]
fn functions_refuse_what_they_cannot_do() {
    let huge = "(".repeat(20_000);
    for text in [
        "{{ regexMatch \"(\" \"a\" }}".to_string(),
        "{{ mustRegexMatch \"(\" \"a\" }}".to_string(),
        format!("{{{{ regexMatch \"{huge}\" \"a\" }}}}"),
        "{{ regexMatch \"((a{1000}){1000}){1000}\" \"a\" }}".to_string(),
        "{{ index (list 1) 2 }}".to_string(),
        "{{ slice \"abc\" 2 1 }}".to_string(),
        "{{ slice \"abc\" -1 }}".to_string(),
        "{{ substr 5 1 \"abc\" }}{{ fail \"so\" }}".to_string(),
        "{{ div 1 0 }}".to_string(),
        "{{ mod 1 0 }}".to_string(),
        "{{ readFile \"/\" }}".to_string(),
        "{{ readFile \"/dev/zero\" }}".to_string(),
        "{{ readFile \"/nothing/here\" }}".to_string(),
        "{{ len 3 }}".to_string(),
        "{{ call 3 }}".to_string(),
        "{{ lt 1 \"a\" }}".to_string(),
    ] {
        validate(text).refused("goss.yaml:1:");
    }
}

#[test]
fn expressions_that_other_engines_stumble_over_are_quick() {
    let text = format!(
        "x-a: \"{{{{ regexMatch \"(x+x+)+y\" \"{}\" }}}}\"\n\
         matching:\n  a: {{content: 1, matches: 1}}\n",
        "x".repeat(200_000)
    );
    let seen = validate(text);
    assert!(seen.exit == 0 || seen.exit == 78, "{seen:?}");
}
