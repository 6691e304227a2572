//! What a service takes of PID 1's memory. Alone in its program: it measures the whole
//! process.

use engine::*;
use plan::Unit;

/// Anonymous memory of this process, in bytes.
fn anonymous_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let words: Vec<&str> = line.expect("RssAnon").split_whitespace().collect();
    words[1].parse::<u64>().expect("a number") * 1024
}

#[test]
fn a_service_takes_less_than_a_kilobyte() {
    let services = |count: u32| -> Engine {
        let mut engine = Engine::new(Time(0));
        let mut actions = Vec::new();
        for number in 0..count {
            actions.clear();
            let unit = Unit::service(format!("service-{number}"));
            engine.add(vec![unit], Time(0), &mut actions);
            assert_eq!(actions, [Action::Execute(UnitId(number), Role::Run)]);
            let started = Event::Started(UnitId(number), Pid(100 + number as i32));
            engine.handle(started, Time(0), &mut actions);
        }
        engine
    };
    let count = 50_000;
    let before = anonymous_memory();
    let engine = services(count);
    let each = anonymous_memory().saturating_sub(before) / u64::from(count);
    assert_eq!(engine.units().count(), 50_000);
    assert!(each < 1024, "{each} bytes a service");
    println!("{each} bytes a service");
}
