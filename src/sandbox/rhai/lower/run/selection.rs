//! The rows of a block that a branch or a round of a loop is for.

/// The rows that something is done to, in ascending order.
#[derive(Debug, Clone)]
pub(super) enum Selection {
    All(usize),
    Some(Vec<u32>),
}

impl Selection {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(rows) => rows.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(super) fn row(&self, index: usize) -> usize {
        match self {
            Self::All(_) => index,
            Self::Some(rows) => rows[index] as usize,
        }
    }

    /// Those for which `keep` holds, with their places in this selection, and the others with theirs.
    pub(super) fn split(&self, keep: &[bool]) -> (Part, Part) {
        let (mut yes, mut no) = (Part::default(), Part::default());
        for (index, keep) in keep.iter().enumerate() {
            let part = if *keep { &mut yes } else { &mut no };
            part.rows.push(self.row(index) as u32);
            part.places.push(index as u32);
        }
        (yes, no)
    }

    /// Both together; `count` is the number of all rows.
    pub(super) fn join(self, other: Self, count: usize) -> Self {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let (Self::Some(mut rows), Self::Some(more)) = (self, other) else {
            return Self::All(count);
        };
        rows.extend(more);
        if rows.len() == count {
            return Self::All(count);
        }
        rows.sort_unstable();
        Self::Some(rows)
    }
}

/// A part of a selection.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) rows: Vec<u32>,
    pub(super) places: Vec<u32>,
}

pub(super) fn sorted(mut rows: Vec<u32>) -> Selection {
    rows.sort_unstable();
    Selection::Some(rows)
}

pub(super) fn whole(rows: Vec<u32>, count: usize) -> Selection {
    if rows.len() == count { Selection::All(count) } else { Selection::Some(rows) }
}
