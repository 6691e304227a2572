//! A mount point, and how full it is.

use std::sync::Arc;
use std::sync::mpsc;

use bstr::ByteSlice;

use super::system::errno::of_path;
use super::system::mounts::options;
use super::{Probe, Reading, System, patience};
use crate::duration::GoDuration;
use crate::resource::Resource;
use crate::value::Value;

struct Of {
    system: Arc<System>,
    point: String,
    patience: GoDuration,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        point: resource.subject(),
        patience: patience(resource),
    })
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        let found = self.system.mounts().iter();
        let Some(mount) = found
            .clone()
            .find(|mount| mount.point == self.point.as_str())
        else {
            return match (property, self.system.strict) {
                ("exists", true) => Reading::value(false),
                _ => Reading::Error("Mountpoint not found".to_string()),
            };
        };
        Reading::Value(match property {
            "exists" => Value::Bool(true),
            "opts" => Value::Texts(options(&mount.options)),
            "vfs-opts" => Value::Texts(options(&mount.super_options)),
            "source" => Value::Text(mount.source.clone()),
            "filesystem" => Value::Text(mount.kind.clone()),
            _ => match usage(&self.point, self.patience) {
                Ok(usage) => Value::Int(usage),
                Err(why) => return Reading::Error(why),
            },
        })
    }
}

/// How full it is, in percent. A server that has gone away may keep who asks for ever, so it is
/// asked by a thread that can be left behind.
fn usage(point: &str, patience: GoDuration) -> Result<i64, String> {
    let (send, receive) = mpsc::channel();
    let path = point.as_bytes().to_path_lossy().into_owned();
    let asked = std::thread::Builder::new().spawn(move || {
        let found =
            rustix::fs::statvfs(&path).map_err(|errno| of_path("statfs", &path, &errno.into()));
        let _ = send.send(found);
    });
    asked.map_err(|why| why.to_string())?;
    match receive.recv_timeout(patience.to_std()) {
        Ok(found) => found.map(|found| percent(found.f_bfree, found.f_blocks)),
        Err(_) => Err(format!(
            "getMount operation timed out after {patience} milliseconds"
        )),
    }
}

/// Where there are no blocks it is what Go makes of 0 / 0: the least number.
fn percent(free: u64, total: u64) -> i64 {
    match total {
        0 => i64::MIN,
        // Blocks beyond 2^53 are no concern of a whole percent.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        _ => ((1.0 - free as f64 / total as f64) * 100.0).round() as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_rounded() {
        let rows = [
            (100, 100, 0),
            (0, 100, 100),
            (59_340_510, 66_053_021, 10),
            (0, 0, i64::MIN),
        ];
        for (free, total, wanted) in rows {
            assert_eq!(percent(free, total), wanted);
        }
        assert_eq!(percent(995, 1000), 1);
    }
}
