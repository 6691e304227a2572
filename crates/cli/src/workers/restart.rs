//! `mainstay workers restart`: one batch after another.

use chain::{Result, escape};
use kernel::fd;

use super::pool::{Pool, names_of, unit_name};
use crate::service::{self, Asked, Patience, Verb};
use crate::target::Target;
use crate::words::{Words, wrong};

pub(super) fn run(at_once: Option<&[u8]>, patience: Patience) -> Result<u8> {
    let at_once = match at_once {
        None => 1,
        Some(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse::<usize>().ok())
            .filter(|number| *number > 0)
            .ok_or_else(|| {
                let text = format!("--at-once {} is no number from 1 on", escape(text));
                wrong("workers", &text)
            })?,
    };
    let (mut pool, _lock) = Pool::find_to_change()?;
    let (wanted, left): (Vec<u32>, Vec<u32>) = pool
        .numbers
        .iter()
        .partition(|number| pool.unit(**number).is_some_and(|unit| unit.is_wanted()));
    if !left.is_empty() {
        let line = format!("{}: stopped by hand, left as it is\n", names_of(&left));
        let _ = fd::write_all(1, line.as_bytes());
    }
    let asked = Asked {
        target: Target::Here,
        patience: Some(patience),
        words: Words::default(),
    };
    for (at, batch) in wanted.chunks(at_once).enumerate() {
        let units = batch.iter().filter_map(|number| {
            let name = unit_name(*number);
            pool.report.unit(&name).cloned()
        });
        let code = service::order(Verb::Restart, &asked, units.collect())?;
        let rest = &wanted[(at * at_once + batch.len()).min(wanted.len())..];
        if code != 0 {
            let untouched = match rest {
                [] => "there was none left to restart".to_string(),
                rest => format!("untouched: {}", names_of(rest)),
            };
            let line = format!(
                "mainstay workers: the restart ends here, since {} did not come up; {untouched}\n",
                match batch {
                    [one] => unit_name(*one),
                    more => format!("not all of {}", names_of(more)),
                }
            );
            let _ = fd::write_all(2, line.as_bytes());
            return Ok(code);
        }
        // Who waits for the next ones knows them as they are now.
        if !rest.is_empty() {
            pool = Pool::find()?;
        }
    }
    Ok(0)
}
