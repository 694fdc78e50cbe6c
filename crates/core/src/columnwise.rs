//! What evaluators of whole columns share: the rows that a branch is for, and how two values compare.
//!
//! Expressions and lowered scripts follow branches in the same way: a [`Selection`] is split by a condition, each side
//! computes values for its rows only, and these are scattered to their places. Knows nothing of values or languages.

use std::cmp::Ordering;
use std::sync::Arc;

/// Rows of a block, by their positions in it, rising. What is computed for a selection is compact: one value for each
/// of its rows.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// `0..n`.
    All(usize),
    /// These.
    Some(Arc<Vec<u32>>),
}

impl Selection {
    /// No rows.
    pub(crate) const NONE: Self = Self::All(0);

    /// The rows at `positions`, which rise.
    pub(crate) fn some(positions: Vec<u32>) -> Self {
        Self::Some(Arc::new(positions))
    }

    /// The rows at `positions`: a few rising runs one behind the other.
    #[expect(clippy::stable_sort_primitive, reason = "it merges runs, the other one starts afresh")]
    pub(crate) fn sorted(mut positions: Vec<u32>) -> Self {
        positions.sort();
        Self::some(positions)
    }

    /// How many rows there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(positions) => positions.len(),
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position in the block of compact index `index`.
    #[inline]
    pub(crate) fn position(&self, index: usize) -> usize {
        match self {
            Self::All(_) => index,
            Self::Some(positions) => positions[index] as usize,
        }
    }

    /// The positions.
    pub(crate) fn positions(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|index| self.position(index) as u32)
    }

    /// The selected ones of `values`, which has one for each row of the block.
    pub(crate) fn gather<T: Copy>(&self, values: &[T]) -> Vec<T> {
        match self {
            Self::All(count) => values[..*count].to_vec(),
            Self::Some(_) => self.map(values, |value| value),
        }
    }

    /// `change` of the selected ones of `values`, which has one for each row of the block.
    pub(crate) fn map<T: Copy, U>(&self, values: &[T], change: impl Fn(T) -> U) -> Vec<U> {
        match self {
            Self::All(count) => values[..*count].iter().map(|value| change(*value)).collect(),
            Self::Some(positions) => {
                positions.iter().map(|position| change(values[*position as usize])).collect()
            }
        }
    }

    /// Puts `values`, one for each selected row, to their places in `out`, which has one for each row of the block.
    pub(crate) fn scatter<T: Copy>(&self, values: &[T], out: &mut [T]) {
        match self {
            Self::All(count) => out[..*count].copy_from_slice(&values[..*count]),
            Self::Some(positions) => {
                for (position, value) in positions.iter().zip(values) {
                    out[*position as usize] = *value;
                }
            }
        }
    }

    /// [`scatter`](Self::scatter) of what `value` gives for each compact index.
    #[inline]
    pub(crate) fn fill<T>(&self, out: &mut [T], value: impl Fn(usize) -> T) {
        match self {
            Self::All(count) => {
                for (index, out) in out[..*count].iter_mut().enumerate() {
                    *out = value(index);
                }
            }
            Self::Some(positions) => {
                for (index, position) in positions.iter().enumerate() {
                    out[*position as usize] = value(index);
                }
            }
        }
    }

    /// Splits by one flag for each selected row: those where it is true, and those where it is false.
    pub(crate) fn split(&self, flags: &[bool]) -> (Self, Self) {
        let count = flags.iter().filter(|flag| **flag).count();
        if count == flags.len() {
            return (self.clone(), Self::NONE);
        }
        if count == 0 {
            return (Self::NONE, self.clone());
        }
        match self {
            Self::All(_) => partition(flags, count, 0..flags.len() as u32),
            Self::Some(positions) => partition(flags, count, positions.iter().copied()),
        }
    }

    /// The rows at compact indices of this selection.
    pub(crate) fn at(&self, indices: &Self) -> Self {
        match (self, indices) {
            (Self::All(_), _) => indices.clone(),
            (Self::Some(_), Self::All(count)) if *count == self.len() => self.clone(),
            (Self::Some(positions), _) => Self::some(indices.gather(positions)),
        }
    }

    /// The rows of both, which have none in common; `count` is the number of rows of the block.
    pub(crate) fn union(self, other: Self, count: usize) -> Self {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let (Self::Some(positions), Self::Some(more)) = (self, other) else {
            return Self::All(count);
        };
        let mut all = Arc::unwrap_or_clone(positions);
        all.extend_from_slice(&more);
        if all.len() == count { Self::All(count) } else { Self::sorted(all) }
    }
}

/// Those of `positions` whose flag is true, `count` of them, and the others.
fn partition(
    flags: &[bool],
    count: usize,
    positions: impl Iterator<Item = u32>,
) -> (Selection, Selection) {
    let mut yes = vec![0; count + 1];
    let mut no = vec![0; flags.len() - count + 1];
    let (mut yes_end, mut no_end) = (0, 0);
    {
        // The loop writes to slices: a `Vec` would load the address of its items at every place.
        let (yes, no) = (&mut yes[..], &mut no[..]);
        for (position, flag) in positions.zip(flags) {
            // Every position is written to both lists and one of both ends advances: no processor foresees flags
            // that were drawn.
            yes[yes_end] = position;
            no[no_end] = position;
            yes_end += usize::from(*flag);
            no_end += usize::from(!*flag);
        }
    }
    yes.truncate(yes_end);
    no.truncate(no_end);
    (Selection::some(yes), Selection::some(no))
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparator {
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

impl Comparator {
    /// Whether it holds for values that compare so; values that do not compare at all differ.
    #[inline]
    pub(crate) fn holds(self, ordering: Option<Ordering>) -> bool {
        match (self, ordering) {
            (Self::NotEqual, None) => true,
            (_, None) => false,
            (Self::Equal, Some(ordering)) => ordering.is_eq(),
            (Self::NotEqual, Some(ordering)) => ordering.is_ne(),
            (Self::Less, Some(ordering)) => ordering.is_lt(),
            (Self::LessOrEqual, Some(ordering)) => ordering.is_le(),
            (Self::Greater, Some(ordering)) => ordering.is_gt(),
            (Self::GreaterOrEqual, Some(ordering)) => ordering.is_ge(),
        }
    }

    /// Whether it asks for equality only.
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn positions(selection: &Selection) -> Vec<u32> {
        selection.positions().collect()
    }

    proptest! {
        /// For all selections and flags: a split keeps every row on one side, and union and scatter undo it.
        #[test]
        fn what_is_split_comes_together_again(rows: Vec<bool>, flags: Vec<bool>, is_all: bool) {
            let chosen: Vec<u32> = (0..rows.len() as u32).filter(|row| rows[*row as usize]).collect();
            let selection =
                if is_all { Selection::All(rows.len()) } else { Selection::some(chosen) };
            let flags: Vec<bool> =
                (0..selection.len()).map(|index| flags.get(index).copied().unwrap_or(index % 3 == 0)).collect();
            let (yes, no) = selection.split(&flags);
            let side = |wanted: bool| -> Vec<u32> {
                let all = selection.positions().zip(&flags);
                all.filter(|(_, flag)| **flag == wanted).map(|(position, _)| position).collect()
            };
            prop_assert_eq!(positions(&yes), side(true));
            prop_assert_eq!(positions(&no), side(false));
            // By compact indices, as a branch within a branch needs them.
            let (yes_indices, no_indices) = Selection::All(flags.len()).split(&flags);
            prop_assert_eq!(positions(&selection.at(&yes_indices)), side(true));
            let values: Vec<u64> = (0..rows.len() as u64).map(|row| row * 7 + 1).collect();
            let compact = selection.gather(&values);
            let mut again = vec![0; compact.len()];
            yes_indices.scatter(&yes.gather(&values), &mut again);
            no_indices.fill(&mut again, |index| values[no.position(index)]);
            prop_assert_eq!(again, compact);
            prop_assert_eq!(positions(&yes.union(no, rows.len())), positions(&selection));
        }
    }
}
