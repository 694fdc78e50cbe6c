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

    /// The rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|index| self.row(index) as u32)
    }

    /// Places in this selection of those for which `keep` holds, and of the others.
    pub(super) fn split(&self, keep: &[bool]) -> (Vec<u32>, Vec<u32>) {
        let (mut kept, mut left) = (vec![0; keep.len()], vec![0; keep.len()]);
        let (mut yes, mut no) = (0, 0);
        // The loop writes to slices: a `Vec` would load the address of its items at every place.
        let (kept_places, left_places) = (&mut kept[..], &mut left[..]);
        for (place, keep) in keep.iter().enumerate() {
            // Both are written and one counts: no processor foresees flags that were drawn.
            kept_places[yes] = place as u32;
            left_places[no] = place as u32;
            yes += usize::from(*keep);
            no += usize::from(!*keep);
        }
        kept.truncate(yes);
        left.truncate(no);
        (kept, left)
    }

    /// The rows at these places, which ascend.
    pub(super) fn at(&self, mut places: Vec<u32>) -> Vec<u32> {
        if let Self::Some(rows) = self {
            for place in &mut places {
                *place = rows[*place as usize];
            }
        }
        places
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
        sorted(rows)
    }
}

/// Whether one of `keep` is false. All are looked at: that takes whole registers at a time.
pub(super) fn any_left(keep: &[bool]) -> bool {
    keep.iter().filter(|keep| !**keep).count() > 0
}

/// The selection of `rows`: a few ascending runs one behind the other.
#[expect(clippy::stable_sort_primitive, reason = "it merges runs, the other one starts afresh")]
pub(super) fn sorted(mut rows: Vec<u32>) -> Selection {
    rows.sort();
    Selection::Some(rows)
}

/// The selection of `rows`, which ascend, of `count` rows in all.
pub(super) fn whole(rows: Vec<u32>, count: usize) -> Selection {
    if rows.len() == count { Selection::All(count) } else { Selection::Some(rows) }
}
