//! "Did you mean": the known word that a mistyped one is closest to.

/// Longest word that is compared.
const LONGEST: usize = 64;

/// The word of `known` that `typed` was meant to be, if one is close enough: a letter in
/// three may be wrong, missing, too many or exchanged with its neighbour.
pub fn nearest<'a>(typed: &[u8], known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.is_empty() || typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_ascii_lowercase();
    let most = (typed.len() / 3).max(1);
    known
        .into_iter()
        .filter(|word| word.len() <= LONGEST)
        .map(|word| {
            (
                distance(&typed, &word.to_ascii_lowercase().into_bytes()),
                word,
            )
        })
        .filter(|(steps, word)| *steps <= most && *steps < word.len())
        .min()
        .map(|(_, word)| word)
}

/// The end of a sentence: `; did you mean X?`, or nothing.
pub fn hint<'a>(typed: &[u8], known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or(String::new(), |word| format!("; did you mean {word}?"))
}

/// The same in the middle of a sentence: what follows begins with a blank.
pub fn or_on<'a>(typed: &[u8], known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or(";".to_string(), |word| format!("; did you mean {word}?"))
}

/// How many steps lead from one word to the other, by the optimal string alignment of
/// Damerau and Levenshtein.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_is_found_and_a_strange_one_is_not() {
        let known = ["start", "stop", "status", "restart", "lint"];
        for (typed, meant) in [
            ("sart", Some("start")),
            ("statsu", Some("status")),
            ("STOP", Some("stop")),
            ("lnit", Some("lint")),
            ("tart", Some("start")),
            ("frobnicate", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed.as_bytes(), known), meant, "{typed}");
        }
        assert_eq!(hint(b"stp", known), "; did you mean stop?");
        assert_eq!(hint(&[b'x'; 100], known), "");
        assert_eq!(or_on(b"stp", known), "; did you mean stop?");
        assert_eq!(or_on(b"xxxx", known), ";");
    }
}
