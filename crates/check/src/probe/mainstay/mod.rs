//! Measures a service of Mainstay, or the whole container: key `container`.

mod proc;
pub(crate) mod status;

use std::sync::Arc;
use std::time::Duration;

use super::{Probe, Reading, System};
use crate::resource::Resource;
use crate::value::Value;
use status::{Status, Unit};

/// The key that means the whole container, not a service.
const CONTAINER: &str = "container";

struct Mainstay {
    /// The service; none: the container.
    service: Option<String>,
    status: Option<Result<Status, String>>,
}

pub(crate) fn probe(resource: &Resource, _system: &Arc<System>) -> Box<dyn Probe> {
    // A service of that name is reached by `name: container`.
    let is_named = !resource.text("name").is_empty();
    let subject = resource.subject();
    Box::new(Mainstay {
        service: (is_named || subject != CONTAINER).then_some(subject),
        status: None,
    })
}

impl Probe for Mainstay {
    fn read(&mut self, property: &str) -> Reading {
        let status = self.status.get_or_insert_with(status::ask);
        let status = match status {
            Ok(status) => status,
            Err(why) => return Reading::Error(why.clone()),
        };
        let value = match &self.service {
            None => of_container(status, property),
            Some(name) => match status.unit(name) {
                Some(unit) => of_service(unit, property),
                None => absent(status, name, property),
            },
        };
        value.map_or_else(Reading::Error, Reading::Value)
    }
}

/// A service that is not there is not up; nothing else can be said of it.
fn absent(status: &Status, name: &str, property: &str) -> Result<Value, String> {
    match property {
        "up" | "ready" => Ok(Value::Bool(false)),
        _ => {
            let names: Vec<&str> = status.units.iter().map(|unit| unit.name.as_str()).collect();
            let near = crate::near::nearest(name, &names);
            let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
            Err(format!("there is no service {name}{near}"))
        }
    }
}

fn of_service(unit: &Unit, property: &str) -> Result<Value, String> {
    let running = || {
        unit.pid
            .ok_or_else(|| format!("{} has no process: it is {}", unit.name, unit.state))
    };
    Ok(match property {
        "up" => Value::Bool(unit.is_up()),
        "ready" => Value::Bool(unit.is_ready()),
        "restarts" => number(unit.restarts),
        "user" => Value::text(proc::user(running()?)?),
        "uptime" => {
            running()?;
            number(unit.since_ms / 1000)
        }
        _ => {
            return Err(format!(
                "{property} is the container's: write it below the key {CONTAINER}"
            ));
        }
    })
}

fn of_container(status: &Status, property: &str) -> Result<Value, String> {
    Ok(match property {
        "up" => Value::Bool(status.phase == "up"),
        "ready" => Value::Bool(status.ready),
        "restarts" => {
            let all = status.units.iter().map(|unit| unit.restarts);
            number(all.fold(0, u64::saturating_add))
        }
        "user" => Value::text(proc::user(1)?),
        "uptime" => number(proc::age(1)?.as_secs()),
        "zombies" => Value::Int(i64::try_from(proc::zombies()).unwrap_or(i64::MAX)),
        _ => number(boot_time(status, proc::age(1)?)?.as_millis() as u64),
    })
}

/// From PID 1's start until the last of what it started was up, in what has never been
/// started again since.
fn boot_time(status: &Status, age: Duration) -> Result<Duration, String> {
    if status.phase != "up" {
        return Err(format!("the container is not up: {}", status.phase));
    }
    let wanted = status.units.iter().filter(|unit| unit.wanted);
    let first = wanted.filter(|unit| unit.restarts == 0 && unit.is_up());
    let since = first.map(|unit| unit.ready_ms.unwrap_or(unit.since_ms));
    let since = since
        .min()
        .ok_or("boot-time cannot be told: no service runs that has not been started again since")?;
    Ok(age.saturating_sub(Duration::from_millis(since)))
}

fn number(value: u64) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        status::parse(
            "container\tup\tyes\n\
             unit\tweb\tservice\tready\t12\t61500\t61400\tup\t3\tsignal KILL\tsays-ready\t3\t-\n\
             unit\tapp\tservice\tup\t13\t9000\t-\tup\t0\t-\t-\t0\t-\n\
             unit\tlate\tservice\tup\t14\t500\t-\tup\t0\t-\tsays-ready\t0\tlate has not said it\n\
             unit\toff\tservice\tdown\t-\t5\t-\tdown\t0\t-\n",
        )
    }

    #[test]
    fn a_service_is_measured() {
        let status = status();
        let web = status.unit("web").unwrap();
        assert_eq!(of_service(web, "up"), Ok(Value::Bool(true)));
        assert_eq!(of_service(web, "ready"), Ok(Value::Bool(true)));
        assert_eq!(of_service(web, "restarts"), Ok(Value::Int(3)));
        assert_eq!(of_service(web, "uptime"), Ok(Value::Int(61)));
        assert!(
            of_service(web, "zombies")
                .unwrap_err()
                .contains("container")
        );
        let late = status.unit("late").unwrap();
        assert_eq!(of_service(late, "up"), Ok(Value::Bool(true)));
        assert_eq!(of_service(late, "ready"), Ok(Value::Bool(false)));
        let off = status.unit("off").unwrap();
        assert_eq!(of_service(off, "up"), Ok(Value::Bool(false)));
        let words = of_service(off, "user").unwrap_err();
        assert_eq!(words, "off has no process: it is down");
        assert_eq!(absent(&status, "wep", "up"), Ok(Value::Bool(false)));
        let words = absent(&status, "wep", "user").unwrap_err();
        assert_eq!(words, "there is no service wep; did you mean web?");
    }

    #[test]
    fn the_container_is_measured() {
        let mut status = status();
        assert_eq!(of_container(&status, "ready"), Ok(Value::Bool(true)));
        assert_eq!(of_container(&status, "up"), Ok(Value::Bool(true)));
        assert_eq!(of_container(&status, "restarts"), Ok(Value::Int(3)));
        let age = Duration::from_secs(10);
        // The youngest tells.
        assert_eq!(boot_time(&status, age), Ok(Duration::from_millis(9500)));
        status.phase = "booting".to_string();
        assert!(boot_time(&status, age).is_err());
        assert!(of_container(&status, "user").is_ok());
    }
}
