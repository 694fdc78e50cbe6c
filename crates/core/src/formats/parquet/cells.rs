//! Rows of a block, and the plain forms of values that are more than their own bytes.

/// Days before 1970 in the Julian count.
const JULIAN_1970: i128 = 2_440_588;

/// Nanoseconds.
const DAY: i128 = 86_400_000_000_000;

/// Rows of a block, and which of them have a value.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) validity: Option<&'a [bool]>,
    pub(super) first: usize,
    pub(super) end: usize,
}

impl Run<'_> {
    #[inline]
    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.validity.is_none_or(|validity| validity[row])
    }

    /// The values of these rows that are not null, in order.
    #[inline]
    pub(super) fn each<T: Copy>(&self, values: &[T], mut take: impl FnMut(T)) {
        let values = &values[self.first..self.end];
        match self.validity {
            None => values.iter().for_each(|value| take(*value)),
            Some(validity) => {
                let valid = validity[self.first..self.end].iter().zip(values);
                valid.filter(|(valid, _)| **valid).for_each(|(_, value)| take(*value));
            }
        }
    }
}

/// Nanoseconds since 1970 as nanoseconds of a day and its Julian number; [`in_int96`] says which it has.
pub(super) fn int96(nanoseconds: i128) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&(nanoseconds.rem_euclid(DAY) as i64).to_le_bytes());
    let day = nanoseconds.div_euclid(DAY) + JULIAN_1970;
    bytes[8..].copy_from_slice(&(day as i32).to_le_bytes());
    bytes
}

/// Whether the day of so many nanoseconds since 1970 has a number there.
pub(super) fn in_int96(nanoseconds: i128) -> bool {
    i32::try_from(nanoseconds.div_euclid(DAY) + JULIAN_1970).is_ok()
}

/// A length and the bytes: the plain form.
#[inline]
pub(super) fn push_bytes(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int96_counts_from_noon_of_the_julian_calendar_at_midnight() {
        let parts = |nanoseconds| {
            let bytes = int96(nanoseconds);
            let (time, day) = bytes.split_first_chunk::<8>().unwrap();
            (i64::from_le_bytes(*time), i32::from_le_bytes(day.try_into().unwrap()))
        };
        assert_eq!(parts(0), (0, 2_440_588));
        assert_eq!(parts(-1), (86_399_999_999_999, 2_440_587));
        // 2000-01-01T12:00:00Z is Julian day 2451545 exactly.
        assert_eq!(parts(946_728_000_000_000_000), (43_200_000_000_000, 2_451_545));
        assert!(in_int96(i128::from(i64::MAX) * 1_000));
        assert!(!in_int96(i128::from(i64::MAX) * 1_000_000));
    }
}
