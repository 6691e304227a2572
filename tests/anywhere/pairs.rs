//! Choosing cells: every pair of values of every two axes comes together in one of them.

use std::collections::BTreeSet;

/// Rows of value numbers, one a column of `sizes`, in which every pair of values of two
/// columns stands in at least one row. The same sizes give the same rows.
pub fn pairwise(sizes: &[usize]) -> Vec<Vec<usize>> {
    let mut open: BTreeSet<(usize, usize, usize, usize)> = BTreeSet::new();
    for a in 0..sizes.len() {
        for b in a + 1..sizes.len() {
            for x in 0..sizes[a] {
                open.extend((0..sizes[b]).map(|y| (a, x, b, y)));
            }
        }
    }
    let mut rows = Vec::new();
    while let Some(&(a, x, b, y)) = open.first() {
        let mut row: Vec<Option<usize>> = vec![None; sizes.len()];
        (row[a], row[b]) = (Some(x), Some(y));
        for column in 0..sizes.len() {
            if row[column].is_some() {
                continue;
            }
            let worth = |value: usize| {
                let pairs = (0..sizes.len()).filter_map(|other| {
                    let known = row[other]?;
                    Some(match other < column {
                        true => (other, known, column, value),
                        false => (column, value, other, known),
                    })
                });
                pairs.filter(|pair| open.contains(pair)).count()
            };
            // The later of equals, so that the first value, the plain one, is not in every row.
            row[column] = (0..sizes[column]).max_by_key(|value| worth(*value));
        }
        let row: Vec<usize> = row.into_iter().flatten().collect();
        open.retain(|(a, x, b, y)| row[*a] != *x || row[*b] != *y);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_in_a_row_and_rows_are_few() {
        let sizes = [2, 3, 9, 2, 7, 2, 4];
        let rows = pairwise(&sizes);
        for a in 0..sizes.len() {
            for b in 0..sizes.len() {
                for x in 0..sizes[a] {
                    for y in 0..sizes[b] {
                        assert!(
                            a == b || rows.iter().any(|row| row[a] == x && row[b] == y),
                            "{a}={x} {b}={y}"
                        );
                    }
                }
            }
        }
        assert!(rows.len() < 9 * 7 * 2, "{}", rows.len());
        assert_eq!(pairwise(&sizes), rows);
    }
}
