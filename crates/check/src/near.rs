//! What somebody may have meant.

/// The longest word that is looked at, in bytes: the work grows with the square.
const LONGEST: usize = 100;

/// The name that is most like `word`, where one is like enough: at most a third of its letters
/// are others.
pub fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let limit = word.chars().count().div_ceil(3).max(1);
    let distances = names.iter().filter(|name| name.len() <= LONGEST);
    let distances = distances.map(|name| (distance(word, name), *name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= limit && distance > 0).then_some(name)
}

/// How many letters are to be put in, taken out or changed, or pairs turned round (the optimal
/// string alignment distance).
pub fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (row[j] + usize::from(a != b))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_like_is_found() {
        let names = ["file", "command", "package", "port"];
        assert_eq!(nearest("files", &names), Some("file"));
        assert_eq!(nearest("comand", &names), Some("command"));
        assert_eq!(nearest("prot", &names), Some("port"));
        assert_eq!(nearest("interface", &names), None);
        assert_eq!(nearest("file", &names), None);
        assert_eq!(nearest("", &names), None);
        assert_eq!(distance("", "abc"), 3);
    }
}
