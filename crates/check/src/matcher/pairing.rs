//! As many pairs as possible between elements and expectations that fit each other: the
//! algorithm of Hopcroft and Karp. Where several pairings are as large, reports show which one
//! was found, so nodes are tried in the order in which goss tries them: paths are sought from
//! the right end, each level in the order in which it was reached.

use std::collections::HashSet;

/// Which elements fit which expectations.
pub(super) struct Graph {
    /// By element.
    right_of: Vec<Vec<usize>>,
    /// By expectation.
    left_of: Vec<Vec<usize>>,
}

/// What was paired.
pub(super) struct Pairing {
    left: Vec<Option<usize>>,
    right: Vec<Option<usize>>,
}

impl Pairing {
    /// Elements without an expectation.
    pub(super) fn free_left(&self) -> impl Iterator<Item = usize> {
        free(&self.left)
    }

    /// Expectations without an element.
    pub(super) fn free_right(&self) -> impl Iterator<Item = usize> {
        free(&self.right)
    }

    fn partner(&self, side: Side, at: usize) -> Option<usize> {
        let side = match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        };
        side.get(at).copied().flatten()
    }
}

fn free(side: &[Option<usize>]) -> impl Iterator<Item = usize> {
    let free = side.iter().enumerate();
    free.filter(|(_, partner)| partner.is_none())
        .map(|(at, _)| at)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Graph {
    pub(super) fn new(left: usize, right: usize) -> Graph {
        Graph {
            right_of: vec![Vec::new(); left],
            left_of: vec![Vec::new(); right],
        }
    }

    /// The two fit. Pairs are joined in the order of the elements, then of the expectations.
    pub(super) fn join(&mut self, left: usize, right: usize) {
        if let (Some(rights), Some(lefts)) =
            (self.right_of.get_mut(left), self.left_of.get_mut(right))
        {
            rights.push(right);
            lefts.push(left);
        }
    }

    fn neighbours(&self, side: Side, at: usize) -> &[usize] {
        let side = match side {
            Side::Left => &self.right_of,
            Side::Right => &self.left_of,
        };
        side.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn pair(&self) -> Pairing {
        let mut pairing = Pairing {
            left: vec![None; self.right_of.len()],
            right: vec![None; self.left_of.len()],
        };
        loop {
            let paths = self.shortest_paths(&pairing);
            if paths.is_empty() {
                return pairing;
            }
            // A path alternates between the sides, from the right to the left.
            for path in paths {
                for step in path.chunks_exact(2) {
                    if let [right, left] = *step {
                        if let Some(partner) = pairing.left.get_mut(left) {
                            *partner = Some(right);
                        }
                        if let Some(partner) = pairing.right.get_mut(right) {
                            *partner = Some(left);
                        }
                    }
                }
            }
        }
    }

    /// Levels from the free elements to the first level with a free expectation: even ones hold
    /// elements, odd ones expectations.
    fn levels(&self, pairing: &Pairing) -> Vec<Vec<usize>> {
        let mut seen = [HashSet::new(), HashSet::new()];
        let free: Vec<usize> = pairing.free_left().collect();
        seen[0].extend(free.iter().copied());
        let mut levels = vec![free];
        loop {
            let side = side(levels.len() - 1);
            let Some(last) = levels.last().filter(|last| !last.is_empty()) else {
                return Vec::new();
            };
            let mut level = Vec::new();
            for &at in last {
                match side {
                    Side::Left => {
                        for &to in self.neighbours(Side::Left, at) {
                            if pairing.partner(Side::Left, at) != Some(to) && seen[1].insert(to) {
                                level.push(to);
                            }
                        }
                    }
                    Side::Right => {
                        if let Some(to) = pairing.partner(Side::Right, at)
                            && seen[0].insert(to)
                        {
                            level.push(to);
                        }
                    }
                }
            }
            let is_free = |at: &usize| pairing.partner(Side::Right, *at).is_none();
            if side == Side::Left && level.iter().any(is_free) {
                level.retain(is_free);
                levels.push(level);
                return levels;
            }
            levels.push(level);
        }
    }

    /// Paths along the levels that share no node, each from a free expectation to a free element.
    fn shortest_paths(&self, pairing: &Pairing) -> Vec<Vec<usize>> {
        let levels = self.levels(pairing);
        let Some((ends, lower)) = levels.split_last() else {
            return Vec::new();
        };
        let mut used = [HashSet::new(), HashSet::new()];
        let mut paths = Vec::new();
        for &end in ends {
            if let Some(path) = self.path(end, lower, pairing, &mut used) {
                paths.push(path);
            }
        }
        paths
    }

    /// Depth first, with a stack of its own: a path may be as long as the lists.
    fn path(
        &self,
        end: usize,
        lower: &[Vec<usize>],
        pairing: &Pairing,
        used: &mut [HashSet<usize>; 2],
    ) -> Option<Vec<usize>> {
        // Each node of the path, and how far its level below has been tried.
        let mut path = vec![(end, 0)];
        used[1].insert(end);
        while let Some(&(at, tried)) = path.last() {
            let Some(height) = lower.len().checked_sub(path.len()) else {
                return Some(path.into_iter().map(|(at, _)| at).collect());
            };
            let here = side(height + 1);
            let below = lower.get(height).map(Vec::as_slice).unwrap_or_default();
            let next = below.iter().enumerate().skip(tried).find(|(_, to)| {
                let to = **to;
                let is_partner = pairing.partner(here, at) == Some(to);
                match here {
                    Side::Right => {
                        !used[0].contains(&to)
                            && !is_partner
                            && self.neighbours(Side::Right, at).binary_search(&to).is_ok()
                    }
                    Side::Left => !used[1].contains(&to) && is_partner,
                }
            });
            match next {
                Some((index, &to)) => {
                    if let Some(last) = path.last_mut() {
                        last.1 = index + 1;
                    }
                    used[usize::from(here == Side::Left)].insert(to);
                    path.push((to, 0));
                }
                None => {
                    used[usize::from(here == Side::Right)].remove(&at);
                    path.pop();
                }
            }
        }
        None
    }
}

fn side(level: usize) -> Side {
    match level % 2 {
        0 => Side::Left,
        _ => Side::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(left: usize, right: usize, joined: &[(usize, usize)]) -> Pairing {
        let mut graph = Graph::new(left, right);
        for (a, b) in joined {
            graph.join(*a, *b);
        }
        graph.pair()
    }

    #[test]
    fn a_choice_is_taken_back_where_another_needs_it() {
        let pairing = pairs(2, 2, &[(0, 0), (0, 1), (1, 0)]);
        assert_eq!(pairing.free_left().count(), 0);
        assert_eq!(pairing.free_right().count(), 0);
        assert_eq!(pairing.left, [Some(1), Some(0)]);
    }

    #[test]
    fn what_is_left_over_is_known() {
        let pairing = pairs(3, 3, &[(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]);
        assert_eq!(pairing.free_left().count(), 1);
        assert_eq!(pairing.free_right().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_long_chain_is_turned_around() {
        let size = 3000;
        let mut joined = Vec::new();
        for at in 0..size {
            joined.push((at, at));
            if at + 1 < size {
                joined.push((at, at + 1));
            }
        }
        assert_eq!(pairs(size, size, &joined).free_left().count(), 0);
    }
}
