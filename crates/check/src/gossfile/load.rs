//! Files that include files, to one list of resources.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use bstr::ByteSlice;

use super::file;
use super::glob;
use super::quick_hash::QuickMap;
use super::section::{self, OTHERS, wrong_type};
use super::suspicion::{self, Told};
use super::syntax::Syntax;
use super::template::{Rendered, Templates};
use super::vars;
use super::yaml::Text;
use super::{Gossfile, Source, depends};
use crate::node::Body;
use crate::place::Place;
use crate::problem::{Class, MOST_TOLD, Problem};
use crate::resource::{self, INCLUDE, Resource};

/// How many levels of files may include each other, the first one counted.
const DEEPEST: usize = 50;

/// How many files may be read in all.
const MOST: usize = 10_000;

/// What goss calls the standard input.
const STDIN: &str = "STDIN";

/// Reads a gossfile and what it includes.
///
/// # Errors
/// All that is wrong.
pub(super) fn load(source: &Source, show: &mut dyn FnMut(&str)) -> Result<Gossfile, Vec<Problem>> {
    let vars = vars::load(&source.vars, source.vars_inline.as_deref()).map_err(|p| vec![p])?;
    let mut loader = Loader {
        strict: source.strict,
        templates: Templates::new(vars),
        show,
        read: Gossfile::default(),
        named: QuickMap::default(),
        problems: Vec::new(),
        open: Vec::new(),
        files: 0,
    };
    let first = match source.gossfile.as_str() {
        "-" => loader.stdin(),
        path => loader.named(Path::new(path)),
    };
    let (syntax, text) = first.map_err(|problem| vec![problem])?;
    let dir = match source.gossfile.as_str() {
        "-" => PathBuf::new(),
        path => Path::new(path).parent().unwrap_or(Path::new("")).into(),
    };
    let document = Document {
        file: Arc::from(shown(source)),
        dir,
        text,
        context: String::new(),
        around: String::new(),
    };
    loader.document(document, syntax);
    depends::resolve(&mut loader.read.resources, &mut loader.problems);
    if source.strict {
        in_order(&mut loader.problems);
    }
    if let Some(more) = loader
        .problems
        .len()
        .checked_sub(MOST_TOLD)
        .filter(|more| *more > 0)
    {
        loader.problems.truncate(MOST_TOLD);
        let what = format!("and {more} more");
        // Of the class that goss lists: any other would be all that it says.
        loader
            .problems
            .push(Problem::nowhere(what).class(Class::Type));
    }
    match loader.problems.is_empty() {
        true => Ok(loader.read),
        false => Err(loader.problems),
    }
}

/// Sorts what is wrong in each file by its place; the files stay in the order of their reading.
fn in_order(problems: &mut [Problem]) {
    let mut files: HashMap<Arc<str>, usize> = HashMap::new();
    for place in problems.iter().filter_map(|problem| problem.place.as_ref()) {
        let next = files.len();
        files.entry(place.file.clone()).or_insert(next);
    }
    problems.sort_by_cached_key(|problem| {
        let place = problem.place.as_ref();
        place.map(|place| {
            let file = files.get(&place.file).copied();
            (file, place.line, place.column)
        })
    });
}

/// Reads one file as it stands: its templates are text, and its includes are resources too.
///
/// # Errors
/// All that is wrong.
pub(super) fn load_alone(path: &str, strict: bool) -> Result<Gossfile, Vec<Problem>> {
    let one = |problem| vec![problem];
    let syntax = Syntax::of(Path::new(path)).map_err(one)?;
    let text = read(Path::new(path), syntax).map_err(one)?;
    read_text(path, text, syntax, strict)
}

/// Reads a text as [`load_alone`] does a file.
///
/// # Errors
/// All that is wrong.
pub(super) fn read_text(
    file: &str,
    text: String,
    syntax: Syntax,
    strict: bool,
) -> Result<Gossfile, Vec<Problem>> {
    let mut loader = Loader {
        strict,
        templates: Templates::none(),
        show: &mut |_| (),
        read: Gossfile::default(),
        named: QuickMap::default(),
        problems: Vec::new(),
        open: Vec::new(),
        files: 0,
    };
    let document = Document {
        file: Arc::from(file),
        dir: PathBuf::new(),
        text,
        context: String::new(),
        around: String::new(),
    };
    match loader.sections(&document, syntax) {
        Ok(mut includes) => loader.read.resources.append(&mut includes),
        Err(problem) => loader.problems.push(problem),
    }
    if strict {
        in_order(&mut loader.problems);
    }
    match loader.problems.is_empty() {
        true => Ok(loader.read),
        false => Err(loader.problems),
    }
}

/// The file as it is named.
pub(super) fn shown(source: &Source) -> &str {
    match source.gossfile.as_str() {
        "-" => STDIN,
        path => path,
    }
}

/// A file that was read and not looked at yet.
struct Document {
    /// As it is named in places.
    file: Arc<str>,
    /// Where its includes are looked for.
    dir: PathBuf,
    text: String,
    /// What goss says ahead of what is wrong in it.
    context: String,
    /// What goss says ahead of what is wrong with its includes.
    around: String,
}

struct Loader<'a> {
    strict: bool,
    templates: Templates,
    show: &'a mut dyn FnMut(&str),
    read: Gossfile,
    /// Where a resource stands in the list, by its section and key.
    named: QuickMap<(&'static str, String), usize>,
    problems: Vec<Problem>,
    /// The files that are being read, each included by the one before it.
    open: Vec<PathBuf>,
    files: usize,
}

impl Loader<'_> {
    fn stdin(&mut self) -> Result<(Syntax, String), Problem> {
        let bytes = file::stdin().map_err(Problem::nowhere)?;
        let file: Arc<str> = Arc::from(STDIN);
        let text = text(&file, bytes, None)?;
        if !self.strict {
            // goss asks before and after, so that a template must look like YAML too.
            Syntax::sniff(&file, &text)?;
        }
        let rendered = self.templates.render(&file, &text)?;
        Ok((Syntax::sniff(&file, &rendered.text)?, text))
    }

    fn named(&mut self, path: &Path) -> Result<(Syntax, String), Problem> {
        let syntax = Syntax::of(path)?;
        self.open.push(real(path));
        Ok((syntax, read(path, syntax)?))
    }

    /// Reads a document and what it includes.
    fn document(&mut self, document: Document, syntax: Syntax) {
        let before = self.problems.len();
        let warned = self.read.warnings.len();
        let includes = match self.sections(&document, syntax) {
            Ok(includes) => includes,
            Err(problem) => {
                self.problems.push(problem);
                Vec::new()
            }
        };
        let own = self.problems.iter_mut().skip(before);
        let warnings = self.read.warnings.iter_mut().skip(warned);
        for problem in own.chain(warnings) {
            problem.context.insert_str(0, &document.context);
        }
        // goss stops at the first file that is wrong, which `render --debug` shows.
        let stops = !self.strict && self.problems.len() > before;
        for include in includes.iter().filter(|_| !stops) {
            self.include(include, &document, syntax);
        }
    }

    /// Puts the resources of a document into the list, and says what it includes.
    fn sections(&mut self, document: &Document, syntax: Syntax) -> Result<Vec<Resource>, Problem> {
        let file = &document.file;
        let Rendered { text, lines } = self.templates.render(file, &document.text)?;
        (self.show)(&text);
        let counts = match self.strict {
            true => is_for_us,
            false => is_known,
        };
        let text = Text {
            file,
            text: &text,
            lines: &lines,
            counts,
        };
        let mut parsed = syntax.parse(text)?;
        self.problems.append(&mut parsed.problems);
        let json = syntax == Syntax::Json;
        let Some(root) = parsed.root.filter(|root| !root.is_null()) else {
            return Ok(Vec::new());
        };
        if root.entries().is_none() {
            return Err(wrong_type(&root, "goss.GossConfig", "Go value", json)
                .remedy("a gossfile begins with the name of a section, such as `file:`"));
        }
        let Body::Map(sections) = root.body else {
            return Ok(Vec::new());
        };
        let mut includes = Vec::new();
        for (key, body) in sections {
            let Ok(name) = key.to_text() else {
                self.problems
                    .push(wrong_type(&key, "string", "Go value", json));
                continue;
            };
            let name = match json {
                // encoding/json does not look at the case of these.
                true => name.to_ascii_lowercase(),
                false => name,
            };
            if OTHERS.contains(&name.as_str()) {
                if self.strict {
                    self.problems
                        .append(&mut crate::lifecycle::scenario::problems(&body));
                }
                self.read.others.push((name, body));
                continue;
            }
            let Some(kind) = kind(&name) else {
                let hinted =
                    self.problems.len() < MOST_TOLD && self.read.warnings.len() < MOST_TOLD;
                let told = suspicion::section(&key, &name, hinted);
                self.doubt(told);
                continue;
            };
            let mut told = Told::default();
            suspicion::names(kind, &body, &mut told);
            let resources = section::read(kind, body, json, &mut self.problems);
            suspicion::resources(kind, &resources, &mut told);
            self.doubt(told);
            if kind.section == INCLUDE.section {
                includes = resources;
            } else {
                resources.into_iter().for_each(|one| self.put(one));
            }
        }
        // By their keys, whatever files they name.
        includes.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(includes)
    }

    /// What is a mistake as far as we know, and what may be one.
    fn doubt(&mut self, told: suspicion::Told) {
        let mut told = told;
        self.read.warnings.append(&mut told.warnings);
        self.read.doubts.append(&mut told.doubts);
        match self.strict {
            true => self.problems.append(&mut told.mistakes),
            false => self.read.warnings.append(&mut told.mistakes),
        }
    }

    /// Puts a resource into the list, in the place of one with the same type and key.
    fn put(&mut self, resource: Resource) {
        let name = (resource.kind.section, resource.key.clone());
        let known = self.named.get(&name);
        match known.and_then(|at| self.read.resources.get_mut(*at)) {
            None => {
                self.named.insert(name, self.read.resources.len());
                self.read.resources.push(resource);
            }
            Some(earlier) => {
                let what = format!(
                    "Duplicate key detected: '{}: {}'. The value from a later-loaded goss file \
                     has overwritten the previous value.",
                    name.0, name.1
                );
                self.read.warnings.push(Problem::nowhere(what));
                *earlier = resource;
            }
        }
    }

    fn include(&mut self, include: &Resource, from: &Document, syntax: Syntax) {
        if include.skip {
            return;
        }
        let mut say = |problem: Problem| self.problems.push(problem.below(&from.around));
        let pattern = clean(&from.dir.join(include.subject()));
        let shown = pattern.display();
        let found = glob::glob(&pattern.to_string_lossy());
        let paths = match found {
            Ok(paths) if paths.is_empty() => {
                let what = format!("no matched files were found: \"{shown}\"");
                let plain = format!("there is no file `{shown}` to include");
                return say(Problem::at(&include.place, what).plain(plain));
            }
            Ok(paths) => paths,
            Err(glob::BadPattern) => {
                let what = "error in expanding glob pattern: syntax error in pattern";
                let plain = format!("`{shown}` is no pattern of file names");
                return say(Problem::at(&include.place, what).plain(plain));
            }
        };
        for path in paths {
            self.included(&path, &include.place, from, syntax);
        }
    }

    fn included(&mut self, path: &Path, place: &Place, from: &Document, syntax: Syntax) {
        let own = real(path);
        if self.open.contains(&own) || self.open.len() >= DEEPEST {
            let plain = "files include each other in a circle, or too deep";
            let what = format!(
                "max depth of {DEEPEST} reached, possibly due to dependency loop in goss file"
            );
            let mut names: Vec<String> = self.open.iter().map(|path| file_name(path)).collect();
            names.push(file_name(&own));
            let remedy = format!("each includes the next: {}", names.join(" -> "));
            let problem = Problem::at(place, what).plain(plain).remedy(remedy);
            let context = "could not write json data: ".repeat(DEEPEST - 1);
            return self.problems.push(problem.below(&context));
        }
        self.files += 1;
        if self.files > MOST {
            if self.files == MOST + 1 {
                let what = format!("more than {MOST} files are included");
                self.problems.push(Problem::at(place, what));
            }
            return;
        }
        let shown = path.display();
        let context = format!("{}could not read json data in {shown}: ", from.around);
        let text = match read(path, syntax) {
            Ok(text) => text,
            Err(problem) => {
                let place = problem.place.clone().or_else(|| Some(place.clone()));
                let problem = Problem { place, ..problem };
                return self.problems.push(problem.below(&context));
            }
        };
        self.open.push(own);
        let document = Document {
            file: Arc::from(&*path.to_string_lossy()),
            dir: path.parent().unwrap_or(Path::new("")).into(),
            text,
            context,
            around: format!("could not write json data: {}", from.around),
        };
        self.document(document, syntax);
        self.open.pop();
    }
}

/// The type of a section, that of includes among them.
fn kind(section: &str) -> Option<&'static resource::Kind> {
    match section == INCLUDE.section {
        true => Some(INCLUDE),
        false => resource::kind(section),
    }
}

/// What goss looks into.
fn is_known(section: &str) -> bool {
    kind(section).is_some() || OTHERS.contains(&section)
}

/// All but what an author keeps for anchors.
fn is_for_us(section: &str) -> bool {
    !section.starts_with("x-")
}

/// The text of a file.
fn read(path: &Path, syntax: Syntax) -> Result<String, Problem> {
    let bytes = file::read(path).map_err(|why| {
        let plain = crate::plain::file(&why);
        Problem::nowhere(format!("file error: {why}")).plain(plain)
    })?;
    text(&Arc::from(&*path.to_string_lossy()), bytes, Some(syntax))
}

/// The bytes of a file as text; the mark at the beginning of some is not part of it.
fn text(file: &Arc<str>, bytes: Vec<u8>, syntax: Option<Syntax>) -> Result<String, Problem> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // encoding/json puts another character for what is none.
        Err(error) if syntax == Some(Syntax::Json) => {
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..valid).unwrap_or_default();
            let line = before.find_iter("\n").count() + 1;
            let column = before
                .rsplit_once_str("\n")
                .map_or(before, |(_, last)| last);
            let place = Place {
                file: file.clone(),
                line: u32::try_from(line).unwrap_or(u32::MAX),
                column: u32::try_from(column.chars().count() + 1).unwrap_or(u32::MAX),
            };
            let problem = Problem::at(&place, "invalid leading UTF-8 octet");
            return Err(problem.class(Class::Yaml).remedy("write the file as UTF-8"));
        }
    };
    Ok(text)
}

/// What tells a file from every other.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.into())
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A path without `.`, and without `..` where something stands ahead of it: Go's filepath.Join.
fn clean(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    match parts.is_empty() {
        true => PathBuf::from("."),
        false => parts.into_iter().collect(),
    }
}
