//! The binary form of `numeric`: groups of four decimal digits, with their weight, sign and the digits that are shown.
//!
//! Exact for every `i128`; as the server sends values itself, without groups of zeros at either end.

/// Digits of a group, and one more than the largest.
const GROUP: u32 = 4;
const BASE: u64 = 10_000;

/// Groups of 39 digits with a point anywhere among them.
const MOST_GROUPS: usize = 12;

/// Appends `digits` with `scale` of them behind the point.
pub(super) fn append(digits: i128, scale: u8, out: &mut Vec<u8>) {
    let magnitude = digits.unsigned_abs();
    let mut groups = [0_u16; MOST_GROUPS];
    // From the last group to the first.
    let count = match u64::try_from(magnitude) {
        Ok(magnitude) => split(magnitude, u32::from(scale), &mut groups),
        Err(_) => split_wide(magnitude, u32::from(scale), &mut groups),
    };
    let behind = u32::from(scale).div_ceil(GROUP) as usize;
    let first_zeros = groups[..count].iter().rev().take_while(|group| **group == 0).count();
    let count = count - first_zeros;
    let last_zeros = groups[..count].iter().take_while(|group| **group == 0).count();
    let shown = &groups[last_zeros..count];
    let weight = if shown.is_empty() { 0 } else { count as i16 - behind as i16 - 1 };
    let sign: u16 = if digits < 0 { 0x4000 } else { 0 };
    out.extend_from_slice(&(shown.len() as i16).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::from(scale).to_be_bytes());
    for group in shown.iter().rev() {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

/// The groups of `magnitude`, the last one first, so that the point stands between two of them.
fn split(mut magnitude: u64, scale: u32, groups: &mut [u16; MOST_GROUPS]) -> usize {
    let mut count = 0;
    let odd = scale % GROUP;
    if odd > 0 {
        // The last group behind the point has fewer digits, and zeros in their places.
        let unit = 10_u64.pow(odd);
        groups[0] = (magnitude % unit * 10_u64.pow(GROUP - odd)) as u16;
        magnitude /= unit;
        count = 1;
    }
    while magnitude > 0 {
        groups[count] = (magnitude % BASE) as u16;
        magnitude /= BASE;
        count += 1;
    }
    count
}

/// The same of a number that takes more than 64 bits.
fn split_wide(magnitude: u128, scale: u32, groups: &mut [u16; MOST_GROUPS]) -> usize {
    let odd = scale % GROUP;
    let mut rest = magnitude;
    let mut count = 0;
    if odd > 0 {
        let unit = 10_u128.pow(odd);
        groups[0] = (rest % unit) as u16 * 10_u16.pow(GROUP - odd);
        rest /= unit;
        count = 1;
    }
    while rest > 0 {
        groups[count] = (rest % u128::from(BASE)) as u16;
        rest /= u128::from(BASE);
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(digits: i128, scale: u8) -> Vec<i16> {
        let mut out = Vec::new();
        append(digits, scale, &mut out);
        out.chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    /// What the server sends for these (`numeric_send`).
    #[test]
    fn groups_stand_around_the_point() {
        assert_eq!(encoded(0, 2), [0, 0, 0, 2]);
        assert_eq!(encoded(1, 0), [1, 0, 0, 0, 1]);
        assert_eq!(encoded(-12_345, 2), [2, 0, 0x4000, 2, 123, 4500]);
        assert_eq!(encoded(10_000, 0), [1, 1, 0, 0, 1]);
        assert_eq!(encoded(5, 6), [1, -2, 0, 6, 500]);
        assert_eq!(encoded(123_456_789, 4), [3, 1, 0, 4, 1, 2345, 6789]);
        assert_eq!(encoded(10_i128.pow(38) - 1, 38), {
            let mut groups = vec![10, -1, 0, 38];
            groups.extend([9999; 9]);
            groups.push(9900);
            groups
        });
    }

    proptest! {
        /// For all numbers and scales: the groups are the number again, and none at an end is zero.
        #[test]
        fn nothing_is_lost(digits: i128, scale in 0_u8..=38, shift in 0_u32..127) {
            let digits = digits >> shift;
            let parts = encoded(digits, scale);
            let (count, weight) = (parts[0] as usize, i32::from(parts[1]));
            let groups = &parts[4..];
            prop_assert_eq!(groups.len(), count);
            if let (Some(first), Some(last)) = (groups.first(), groups.last()) {
                prop_assert!(*first != 0 && *last != 0);
            }
            let mut text: String = groups.iter().map(|group| format!("{group:04}")).collect();
            // Digits behind the point that the groups have.
            let behind = 4 * (count as i32 - weight - 1);
            if behind < i32::from(scale) {
                text.push_str(&"0".repeat((i32::from(scale) - behind) as usize));
            } else {
                let dropped = text.split_off(text.len() - (behind - i32::from(scale)) as usize);
                prop_assert!(dropped.bytes().all(|digit| digit == b'0'));
            }
            let read: u128 = if count == 0 { 0 } else { text.parse().unwrap() };
            prop_assert_eq!(read, digits.unsigned_abs());
            prop_assert_eq!(parts[2] == 0x4000, digits < 0);
        }
    }
}
