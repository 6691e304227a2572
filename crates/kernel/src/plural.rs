//! Counts in lines for people.

/// `1 service`, `2 services`. `noun`: the word for one, whose plural takes an s.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let words = [0usize, 1, 2, 11].map(|number| count(number, "line"));
        assert_eq!(words, ["0 lines", "1 line", "2 lines", "11 lines"]);
    }
}
