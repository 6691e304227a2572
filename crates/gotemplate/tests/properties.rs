//! Whatever a template says, rendering ends with a text within its limits or with an error.

use gotemplate::{Limits, Time, Value, World, from_json, render};
use proptest::prelude::*;

/// Templates that use much of the language, to be cut and mixed.
const SEEDS: &[&str] = &[
    "{{ range $i, $e := .Vars.l }}{{ if $i }}, {{ end }}{{ $e | printf \"%5.2v|%q\" }}{{ else }}none{{ end }}",
    "{{- with $x := .Vars.m }}{{ $x.a }}{{ .b.c | upper | trunc -2 }}{{ end -}}",
    "{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" (dict \"a\" (list 1 2.5 \"x\" nil true)) }}",
    "{{ block \"b\" .Vars.s }}{{ substr 1 3 . }}{{ wrap 3 . }}{{ abbrevboth 2 8 . }}{{ end }}",
    "{{ $d := dict \"a\" 1 }}{{ $_ := set $d \"b\" $d }}{{ $d }}{{ merge $d $d | toPrettyJson }}",
    "{{ if and .Vars.t (or .Vars.z (eq .Vars.n 1.0 2.0)) }}{{ 0x1p-2 }}{{ 'a' }}{{ `raw` }}{{ else if not 1 }}b{{ end }}",
    "{{ regexReplaceAll \"(a)(?P<n>b*)\" \"abba é\" \"${1}$n\" }}{{ regexSplit \"\\\\b\" .Vars.s -1 }}{{ semverCompare \"^1.2 || ~3\" \"1.9\" }}",
    "{{ seq 1 3 10 }}{{ untilStep 10 0 -3 }}{{ divf 1 3 }}{{ round 1.005 2 }}{{ slice .Vars.l 1 2 }}{{ chunk 2 .Vars.l }}",
    "{{ date \"Mon Jan _2 15:04:05.000 MST 2006\" 5 }}{{ toDate \"2006-01-02\" \"2020-02-30\" }}{{ durationRound \"99h\" }}{{ now.Year }}",
    "{{ urlParse \"http://u:p@h:1/a%20b?q#f\" | urlJoin }}{{ b32dec (b32enc \"x\") }}{{ fromJson \"[1,{\\\"a\\\":null}]\" }}{{ printf \"%[2]*.[1]*f %#v %+q\" 2 8 .Vars.f \"é\" }}",
];

fn check(template: &str) -> Result<(), TestCaseError> {
    let mut world = World::fixed(Time::unix(1_000_000_000, 1));
    world.limits = Limits {
        steps: 20_000,
        memory: 1 << 20,
        output: 1 << 16,
        ..Limits::default()
    };
    let vars = from_json(
        r#"{"n":1,"f":1.5,"s":"abc é","l":[1,2,3],"m":{"a":1,"b":{"c":"x"}},"z":null,"t":true}"#,
    );
    let data = Value::goss(vars.expect("JSON"), &world.environment);
    match render("test", template, &data, &world) {
        Ok(rendered) => {
            prop_assert!(rendered.text.len() <= 1 << 16);
            let lines = rendered.text.split_inclusive('\n').count();
            prop_assert_eq!(rendered.lines.len(), lines);
            let last = template.matches('\n').count() + 1;
            prop_assert!(
                rendered
                    .lines
                    .iter()
                    .all(|line| (1..=last).contains(&(*line as usize)))
            );
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

/// A piece of a seed, cut anywhere that characters allow.
fn piece() -> impl Strategy<Value = String> {
    (0..SEEDS.len(), 0.0..1.0f64, 0.0..1.0f64).prop_map(|(seed, from, length)| {
        let letters: Vec<char> = SEEDS[seed].chars().collect();
        let start = (letters.len() as f64 * from) as usize;
        let end = (start + (letters.len() as f64 * length) as usize).min(letters.len());
        letters[start..end].iter().collect()
    })
}

/// A call of any function with arguments of any kind.
fn call() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = gotemplate::functions().collect();
    let argument = prop::sample::select(vec![
        "1",
        "-1",
        "0",
        "2.5",
        "1e300",
        "\"\"",
        "\"a b\"",
        "\"é\"",
        "\"%d%[9]s\"",
        "nil",
        "true",
        "list",
        "(list 1 \"a\" nil)",
        "dict",
        "(dict \"a\" 1)",
        "now",
        "(until 3)",
        "(semver \"1.2\")",
        ".",
        ".Vars",
        ".Env",
        "9223372036854775807",
        "-9223372036854775808",
        "\"1h\"",
        "\"2006-01-02\"",
        "\"(\"",
        "\"[\"",
        "\"{\"",
        "\"^1.x\"",
        "1i",
        "\"a(b)*\"",
    ]);
    let arguments = prop::collection::vec(argument, 0..5);
    (prop::sample::select(names), arguments)
        .prop_map(|(name, arguments)| format!("{{{{ {name} {} }}}}", arguments.join(" ")))
}

#[test]
fn the_seeds_render_or_fail_by_themselves() {
    for seed in SEEDS {
        check(seed).expect("within its limits");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_renders_or_fails(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_action_renders_or_fails(text in "[ -~é\\n]{0,40}") {
        check(&format!("a\n{{{{ {text} }}}}\nb"))?;
    }

    #[test]
    fn mixed_templates_render_or_fail(pieces in prop::collection::vec(piece(), 1..6)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn any_call_renders_or_fails(call in call()) {
        check(&call)?;
    }

    #[test]
    fn any_format_prints(format in "[%#+\\- 0-9.*\\[\\]a-zA-Zé]{0,30}") {
        check(&format!("{{{{ printf {} 1 \"a\" 2.5 nil (list 1) .Vars.m }}}}", quoted(&format)))?;
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}
