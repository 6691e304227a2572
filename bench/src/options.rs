//! What is asked for on the command line.

use std::path::PathBuf;

pub(crate) const USAGE: &str =
    "usage: bench --programs DIR --peers DIR --mainstay FILE [--page FILE]
             [--quick] [--rounds N] [--only NAME,...] [--measure NAME,...] [--services N,...]
measures: boot restart crash-loop orphans idle size validator; and alone: image";

/// The request.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) programs: PathBuf,
    pub(crate) peers: PathBuf,
    pub(crate) mainstay: PathBuf,
    /// Where the page is written; nowhere else than to standard output without.
    pub(crate) page: Option<PathBuf>,
    pub(crate) quick: bool,
    pub(crate) rounds: Option<usize>,
    pub(crate) only: Vec<String>,
    pub(crate) measures: Vec<String>,
    pub(crate) services: Vec<usize>,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => options.quick = true,
                "--programs" => options.programs = value()?.into(),
                "--peers" => options.peers = value()?.into(),
                "--mainstay" => options.mainstay = value()?.into(),
                "--page" => options.page = Some(value()?.into()),
                "--rounds" => options.rounds = Some(number(&value()?)?),
                "--only" => options.only = list(&value()?),
                "--measure" => options.measures = list(&value()?),
                "--services" => {
                    let numbers = list(&value()?);
                    options.services = numbers
                        .iter()
                        .map(|n| number(n))
                        .collect::<Result<_, _>>()?;
                }
                _ => return Err(format!("{word} is not understood")),
            }
        }
        if options.measures.len() > 1 && options.measures.iter().any(|name| name == "image") {
            return Err("image has a page of its own: measure it alone".into());
        }
        Ok(options)
    }

    /// Whether this is to be measured.
    pub(crate) fn wants(&self, measure: &str) -> bool {
        self.measures.is_empty() || self.measures.iter().any(|name| name == measure)
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_string).collect()
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number"))
}
