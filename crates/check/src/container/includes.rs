//! Which other files a goss file needs: what it includes, and what its templates read. Found
//! by looking, since only the container can render it: its variables are there.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::gossfile;

/// Most files that are copied for one run.
const MOST: usize = 1000;

/// What a goss file needs, all the way down.
#[derive(Debug, Default)]
pub(crate) struct Needed {
    /// Files by their path relative to the directory of the first file (it may begin with `..`),
    /// and where they are.
    pub(crate) files: BTreeMap<PathBuf, PathBuf>,
    /// What cannot be copied, in words.
    pub(crate) missing: Vec<String>,
}

/// What a text names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    includes: Vec<String>,
    read: Vec<String>,
    /// Names that are known only when the template has run.
    unknown: Vec<String>,
}

/// Everything that `first`, a file of `dir`, needs; `vars` is its file of variables.
pub(crate) fn of(dir: &Path, first: &str, vars: Option<&Path>, needed: &mut Needed) {
    let mut queue = VecDeque::from([PathBuf::from(first)]);
    let mut seen = vec![PathBuf::from(first)];
    while let Some(file) = queue.pop_front() {
        let Ok(bytes) = fs::read(dir.join(&file)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let beside = file.parent().unwrap_or(Path::new("")).to_path_buf();
        let named = named(&text, || rendered(&dir.join(&file), vars));
        for name in named.unknown {
            needed.missing.push(format!(
                "{}: the name of the included file {name} is known only inside the container: \
                 list its directory in GOSS_ADDITIONAL_COPY_PATH",
                file.display()
            ));
        }
        for name in &named.includes {
            // What begins with a slash is the image's own.
            let found = if name.starts_with('/') {
                continue;
            } else {
                matches(dir, &normal(&beside.join(name)))
            };
            if found.is_empty() {
                needed.missing.push(format!(
                    "{} includes {name}, and there is no {}",
                    file.display(),
                    dir.join(&beside).join(name).display()
                ));
            }
            for path in found {
                if needed.files.len() >= MOST || seen.contains(&path) {
                    continue;
                }
                needed.files.insert(path.clone(), dir.join(&path));
                seen.push(path.clone());
                queue.push_back(path);
            }
        }
        for name in named.read.iter().filter(|name| !name.starts_with('/')) {
            // It may as well be a file of the image's working directory: no word if it is not here.
            let path = normal(Path::new(name));
            if dir.join(&path).is_file() && needed.files.len() < MOST {
                needed.files.insert(path.clone(), dir.join(&path));
            }
        }
    }
}

fn named(text: &str, rendered: impl Fn() -> Option<String>) -> Named {
    let is_template = text.contains("{{");
    let whole = match is_template {
        true => rendered(),
        false => Some(text.to_string()),
    };
    let tree = whole.as_deref().and_then(by_tree);
    let mut named = tree.unwrap_or_else(|| by_lines(text));
    static READ: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let quoted = r#"(?:"([^"\n]*)"|`([^`]*)`)"#;
        Regex::new(&format!(r"readFile\s+{quoted}|{quoted}\s*\|\s*readFile\b")).ok()
    });
    if let Some(regex) = &*READ {
        for found in regex.captures_iter(text) {
            let name = (1..=4).find_map(|group| found.get(group));
            named
                .read
                .extend(name.map(|name| name.as_str().to_string()));
        }
    }
    named
}

/// A file when its templates are done with what is known here; none where that is not enough:
/// the container has other variables.
fn rendered(path: &Path, vars: Option<&Path>) -> Option<String> {
    let source = gossfile::Source {
        gossfile: path.to_string_lossy().into_owned(),
        vars: vars
            .map(|vars| vars.to_string_lossy().into_owned())
            .into_iter()
            .collect(),
        ..gossfile::Source::default()
    };
    let mut first = None;
    // What is wrong in it is told where it counts: in the container.
    let _ = gossfile::load_any(&source, &mut |text| {
        first.get_or_insert_with(|| text.to_string());
    });
    first
}

/// Of a file without templates.
fn by_tree(text: &str) -> Option<Named> {
    let root = gossfile::parse(&Arc::from(""), text).ok()?;
    let mut named = Named::default();
    for (section, body) in root.entries().unwrap_or_default() {
        if section.to_text().as_deref() != Ok("gossfile") {
            continue;
        }
        for (key, include) in body.entries().unwrap_or_default() {
            let attribute = |wanted: &str| {
                let mut all = include.entries().unwrap_or_default().iter();
                all.find(|(name, _)| name.to_text().as_deref() == Ok(wanted))
                    .map(|(_, value)| value)
            };
            if attribute("skip").is_some_and(|skip| skip.to_bool() == Ok(true)) {
                continue;
            }
            let file = attribute("file").and_then(|file| file.to_text().ok());
            let file = file.filter(|file| !file.is_empty());
            named.includes.extend(file.or_else(|| key.to_text().ok()));
        }
    }
    Some(named)
}

/// Of a file with templates, which is no YAML yet: the keys below `gossfile:`.
fn by_lines(text: &str) -> Named {
    let mut named = Named::default();
    let mut within = false;
    for line in text.lines() {
        // An action at the beginning of a line stands for no key, as long as blanks follow.
        let behind = line
            .strip_prefix("{{")
            .and_then(|rest| rest.split_once("}}"));
        let line = match behind {
            Some((_, rest)) if rest.starts_with(' ') => rest,
            _ => line,
        };
        let words = line.trim();
        if words.is_empty() || words.starts_with('#') || is_action(words) {
            continue;
        }
        let indented = line.starts_with([' ', '\t']);
        if !indented {
            within = words.trim_end_matches(':').trim_matches(['"', '\'']) == "gossfile";
            continue;
        }
        if !within {
            continue;
        }
        let entry = words.split_once(": ").or_else(|| {
            let key = words.strip_suffix(':')?;
            Some((key, ""))
        });
        let Some((key, value)) = entry else { continue };
        let name = match unquoted(key) {
            "file" => {
                // It stands for the key above.
                named.includes.pop();
                unquoted(value)
            }
            "skip" => {
                if value.trim() == "true" {
                    named.includes.pop();
                }
                continue;
            }
            "title" | "meta" => continue,
            key => key,
        };
        let list = match name.contains("{{") {
            true => &mut named.unknown,
            false => &mut named.includes,
        };
        list.push(name.to_string());
    }
    named
}

fn is_action(words: &str) -> bool {
    words.starts_with("{{") && words.ends_with("}}") && words.matches("{{").count() == 1
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// A path without `.` and, where that can be known, `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) =>
            {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// The files of `dir` that a pattern of Go's filepath.Glob means, by their paths.
fn matches(dir: &Path, pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let text = part.as_os_str().to_string_lossy();
        let Some(regex) = glob(&text) else {
            found = found.into_iter().map(|path| path.join(part)).collect();
            continue;
        };
        let mut next = Vec::new();
        for path in found {
            let entries = fs::read_dir(dir.join(&path))
                .into_iter()
                .flatten()
                .flatten();
            for entry in entries.take(10 * MOST) {
                let name = entry.file_name();
                if regex.is_match(&name.to_string_lossy()) {
                    next.push(path.join(name));
                }
            }
        }
        next.sort();
        next.truncate(MOST);
        found = next;
    }
    found.retain(|path| dir.join(path).is_file());
    found
}

/// One part of a pattern; none where it is a name as it stands.
fn glob(part: &str) -> Option<Regex> {
    if !part.contains(['*', '?', '[', '\\']) {
        return None;
    }
    let mut source = String::from("^(?s)");
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => source.push_str(".*"),
            '?' => source.push('.'),
            '[' | ']' | '^' | '-' => source.push(c),
            '\\' => source.push_str(&regex::escape(&chars.next()?.to_string())),
            c => source.push_str(&regex::escape(&c.to_string())),
        }
    }
    source.push('$');
    Regex::new(&source).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    #[test]
    fn includes_are_found_with_and_without_templates() {
        let plain =
            "gossfile:\n  a.yaml: {}\n  label:\n    file: dir/b.yaml\n  no.yaml:\n    skip: true\n";
        assert_eq!(named(plain, || None).includes, ["a.yaml", "dir/b.yaml"]);
        let template = "{{ if true }}\ngossfile:\n  a.yaml: {}\n  label:\n    file: \"b.yaml\"\n  {{ .Env.X }}.yaml: {}\n\
                        {{ end }}\nfile:\n  /x:\n    contents: {{ readFile \"data/x.txt\" }}\n    title: '{{ `y` | readFile }}'\n";
        let named = named(template, || None);
        assert_eq!(named.includes, ["a.yaml", "b.yaml"]);
        assert_eq!(named.unknown, ["{{ .Env.X }}.yaml"]);
        assert_eq!(named.read, ["data/x.txt", "y"]);
    }

    #[test]
    fn names_that_templates_make_are_found() {
        let dir = Temp::new();
        let text = "gossfile:\n{{ range .Vars.parts }}  {{ . }}.yaml: {}\n{{ end }}";
        dir.write("goss.yaml", text);
        dir.write("vars.yaml", "parts: [a, b]\n");
        dir.write("a.yaml", "file: {}\n");
        dir.write("b.yaml", "file: {}\n");
        let mut needed = Needed::default();
        let vars = dir.at("vars.yaml");
        of(dir.path(), "goss.yaml", Some(&vars), &mut needed);
        assert_eq!(needed.files.len(), 2, "{needed:?}");
        // Without the variables nobody knows.
        let mut needed = Needed::default();
        of(dir.path(), "goss.yaml", None, &mut needed);
        assert_eq!((needed.files.len(), needed.missing.len()), (0, 1));
    }

    #[test]
    fn they_are_followed_all_the_way_and_cycles_end() {
        let dir = Temp::new();
        dir.write(
            "goss.yaml",
            "gossfile:\n  parts/*.yaml: {}\n  /image.yaml: {}\n  none.yaml: {}\n",
        );
        dir.write(
            "parts/a.yaml",
            "gossfile:\n  ../goss.yaml: {}\n  deep/c.yaml: {}\n",
        );
        dir.write("parts/b.yaml", "file: {}\n");
        dir.write("parts/b.yml", "file: {}\n");
        dir.write("parts/deep/c.yaml", "gossfile:\n  ../../../x.yaml: {}\n");
        let mut needed = Needed::default();
        of(dir.path(), "goss.yaml", None, &mut needed);
        let files: Vec<_> = needed
            .files
            .keys()
            .map(|path| path.to_str().unwrap())
            .collect();
        assert_eq!(files, ["parts/a.yaml", "parts/b.yaml", "parts/deep/c.yaml"]);
        assert_eq!(needed.missing.len(), 2, "{:?}", needed.missing);
        assert!(needed.missing[0].starts_with("goss.yaml includes none.yaml, and there is no "));
    }
}
