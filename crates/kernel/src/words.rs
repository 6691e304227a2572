//! Counts and times in lines for people.

use std::time::Duration;

/// `1 service`, `2 services`. `noun`: the word for one, whose plural takes an s.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// A time as people say it, two units at most.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86400, seconds % 86400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let words = [0usize, 1, 2, 11].map(|number| count(number, "line"));
        assert_eq!(words, ["0 lines", "1 line", "2 lines", "11 lines"]);
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let times = [0, 999, 2500, 61_000, 7_260_000, 90_000_000];
        let said = times.map(|ms| time(Duration::from_millis(ms))).join(", ");
        assert_eq!(said, "0 ms, 999 ms, 2 s, 1 min 1 s, 2 h 1 min, 1 d 1 h");
    }
}
