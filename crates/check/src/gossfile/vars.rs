//! Variables of templates: from files, each over those before it, and from the call itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::file;
use super::section::wrong_type;
use super::syntax::Syntax;
use super::yaml::Text;
use crate::problem::{Class, Problem, goss_words};
use crate::value::Value;

/// Variables by their names.
pub(super) type Vars = BTreeMap<BString, Value>;

/// Reads the variables of some files and of the call. Files are merged map by map, the later
/// ones winning; a variable of the call takes the place of the whole of another.
///
/// # Errors
/// Where one of them cannot be read, or is no map.
pub(super) fn load(files: &[String], inline: Option<&str>) -> Result<Vars, Problem> {
    let mut vars = Vars::new();
    for path in files.iter().filter(|path| !path.is_empty()) {
        let more = file::read(Path::new(path))
            .map_err(|why| {
                let plain = format!("variables: {}", crate::plain::file(&why));
                Problem::nowhere(why).plain(plain)
            })
            .and_then(|bytes| parse(path, &bytes))
            .map_err(|problem| {
                let doing = format!("loading vars file '{path}'\n");
                context(problem, files, &doing)
            })?;
        merge(&mut vars, more, 0);
    }
    if let Some(inline) = inline.filter(|inline| !inline.is_empty()) {
        let more = parse("--vars-inline", inline.as_bytes())
            .map_err(|problem| context(problem, files, "loading inline vars\n"))?;
        vars.extend(more);
    }
    Ok(vars)
}

/// goss says what failed on two lines.
fn context(problem: Problem, files: &[String], doing: &str) -> Problem {
    let files = files.join(",");
    problem.below(&format!(
        "failed while loading vars file \"{files}\": {doing}"
    ))
}

fn merge(into: &mut Vars, from: Vars, depth: usize) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            // As deep as a document can be.
            (Some(Value::Map(old)), Value::Map(new)) if depth < 1000 => merge(old, new, depth + 1),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

fn parse(name: &str, bytes: &[u8]) -> Result<Vars, Problem> {
    let file: Arc<str> = Arc::from(name);
    let text = bytes
        .to_str()
        .map_err(|_| Problem::nowhere("unable to determine format from content"))?;
    let syntax = Syntax::sniff(&file, text)?;
    let text = Text {
        file: &file,
        text,
        lines: &[],
        counts: |_| true,
    };
    let document = syntax.parse(text)?;
    let Some(root) = document.root else {
        return Ok(Vars::new());
    };
    if root.is_null() {
        return Ok(Vars::new());
    }
    let Some(entries) = root.entries() else {
        let into = "Go value";
        let go = "map[string]interface {}";
        let problem = wrong_type(&root, go, into, syntax == Syntax::Json);
        // goss's words for it stand alone, with no list of others.
        let words = goss_words(std::slice::from_ref(&problem));
        return Err(Problem {
            what: words,
            class: Class::Plain,
            ..problem
        }
        .remedy("variables are a map of names and values"));
    };
    let named = entries.iter().filter(|(key, _)| !key.is_null());
    Ok(named
        .map(|(key, value)| (key.to_text().unwrap_or_default().into(), value.any()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_wins_and_files_are_read_as_what_they_are() {
        let vars = load(&[], Some("{\"a\": 1, \"b\": [true]}")).expect("variables");
        assert_eq!(vars.get(&BString::from("a")), Some(&Value::Float(1.0)));
        let vars = load(&[], Some("a: 1\nb: 0644\n1: x\n")).expect("variables");
        assert_eq!(vars.get(&BString::from("b")), Some(&Value::Int(420)));
        assert_eq!(vars.get(&BString::from("1")), Some(&"x".into()));
        assert_eq!(load(&[], Some("# nothing")), Ok(Vars::new()));
    }

    #[test]
    fn maps_of_files_are_merged() {
        let map = |text| parse("f", text).expect("variables");
        let mut vars = map(b"a: {b: 1, c: 2}\nd: [1]");
        merge(&mut vars, map(b"a: {c: 3}\nd: [2]"), 0);
        assert_eq!(vars, map(b"a: {b: 1, c: 3}\nd: [2]"));
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for (text, why) in [
            (
                "[1]",
                "json: cannot unmarshal array into Go value of type map[string]interface {}",
            ),
            (
                "3",
                "json: cannot unmarshal number into Go value of type map[string]interface {}",
            ),
            ("{", "unable to determine format from content"),
            (
                "- a",
                "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}",
            ),
        ] {
            let problem = load(&[], Some(text)).expect_err("a problem");
            let words = format!("failed while loading vars file \"\": loading inline vars\n{why}");
            assert_eq!(goss_words(&[problem]), words);
        }
    }
}
