//! Which positions of a block an evaluation is about.

use std::sync::Arc;

/// Positions in a block, rising. What is computed for a selection is compact: one value per position.
#[derive(Debug, Clone)]
pub(super) enum Selection {
    /// `0..n`.
    All(usize),
    /// These.
    Some(Arc<Vec<u32>>),
}

impl Selection {
    pub(super) fn some(positions: Vec<u32>) -> Self {
        Self::Some(Arc::new(positions))
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(positions) => positions.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position in the block of compact index `index`.
    #[inline]
    pub(super) fn position(&self, index: usize) -> usize {
        match self {
            Self::All(_) => index,
            Self::Some(positions) => positions[index] as usize,
        }
    }

    /// Values of all positions picked for this selection.
    pub(super) fn gather<T: Copy>(&self, values: &[T]) -> Vec<T> {
        match self {
            Self::All(count) => values[..*count].to_vec(),
            Self::Some(positions) => {
                positions.iter().map(|position| values[*position as usize]).collect()
            }
        }
    }

    /// Splits by one flag per compact index: positions where it is true, and where it is false.
    pub(super) fn split(&self, flags: &[bool]) -> (Self, Self) {
        let count = flags.iter().filter(|flag| **flag).count();
        if count == flags.len() {
            return (self.clone(), Self::All(0));
        }
        if count == 0 {
            return (Self::All(0), self.clone());
        }
        // Every position is written to both lists, and one of both ends advances: no branch to guess.
        let mut yes = vec![0; count + 1];
        let mut no = vec![0; flags.len() - count + 1];
        let (mut yes_end, mut no_end) = (0, 0);
        let mut place = |position: u32, flag: bool| {
            yes[yes_end] = position;
            no[no_end] = position;
            yes_end += usize::from(flag);
            no_end += usize::from(!flag);
        };
        match self {
            Self::All(_) => {
                for (position, flag) in flags.iter().enumerate() {
                    place(position as u32, *flag);
                }
            }
            Self::Some(positions) => {
                for (position, flag) in positions.iter().zip(flags) {
                    place(*position, *flag);
                }
            }
        }
        yes.truncate(yes_end);
        no.truncate(no_end);
        (Self::some(yes), Self::some(no))
    }

    /// The positions of either of two selections that have none in common.
    pub(super) fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        let mut all: Vec<u32> = (0..self.len()).map(|index| self.position(index) as u32).collect();
        all.extend((0..other.len()).map(|index| other.position(index) as u32));
        all.sort_unstable();
        Self::some(all)
    }
}
