//! Decoders for tests only, written from the specification's text and not from the encoders.

/// Integer run length encoding, version 2, without *patched base*.
pub(super) fn integers(mut bytes: &[u8], signed: bool) -> Vec<i64> {
    let mut values = Vec::new();
    let sign = |raw: u64| if signed { unzigzag(raw) } else { raw as i64 };
    while let [header, rest @ ..] = bytes {
        bytes = rest;
        if header >> 6 == 0 {
            let width = (header >> 3 & 7) as usize + 1;
            let raw = bytes[..width].iter().fold(0_u64, |raw, byte| raw << 8 | u64::from(*byte));
            bytes = &bytes[width..];
            values.extend(std::iter::repeat_n(sign(raw), (header & 7) as usize + 3));
            continue;
        }
        let code = header >> 1 & 31;
        let count = (usize::from(header & 1) << 8 | usize::from(bytes[0])) + 1;
        bytes = &bytes[1..];
        let width = match code {
            0..=23 => u32::from(code) + 1,
            24 => 26,
            25 => 28,
            26 => 30,
            _ => 32 + 8 * (u32::from(code) - 27),
        };
        if header >> 6 == 1 {
            values.extend(unpack(&mut bytes, width, count).into_iter().map(sign));
            continue;
        }
        assert_eq!(header >> 6, 3);
        let mut value = sign(varint(&mut bytes));
        let first = unzigzag(varint(&mut bytes));
        values.push(value);
        value += first;
        values.push(value);
        let steps = if code == 0 {
            vec![first.unsigned_abs(); count - 2]
        } else {
            unpack(&mut bytes, width, count - 2)
        };
        for step in steps {
            value += if first < 0 { -(step as i64) } else { step as i64 };
            values.push(value);
        }
    }
    values
}

/// Boolean run length encoding, up to the padding of the last byte.
pub(super) fn booleans(mut bytes: &[u8]) -> Vec<bool> {
    let mut plain = Vec::new();
    while let [header, rest @ ..] = bytes {
        if *header < 128 {
            plain.extend(std::iter::repeat_n(rest[0], *header as usize + 3));
            bytes = &rest[1..];
        } else {
            let count = 256 - *header as usize;
            plain.extend_from_slice(&rest[..count]);
            bytes = &rest[count..];
        }
    }
    plain.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1)).collect()
}

pub(super) fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    value
}

fn unzigzag(raw: u64) -> i64 {
    (raw >> 1) as i64 ^ -((raw & 1) as i64)
}

fn unpack(bytes: &mut &[u8], width: u32, count: usize) -> Vec<u64> {
    let used = (count * width as usize).div_ceil(8);
    let bit = |index: usize| u64::from(bytes[index / 8] >> (7 - index % 8) & 1);
    let value = |number: usize| {
        (0..width as usize)
            .fold(0, |value, place| value << 1 | bit(number * width as usize + place))
    };
    let values = (0..count).map(value).collect();
    *bytes = &bytes[used..];
    values
}
