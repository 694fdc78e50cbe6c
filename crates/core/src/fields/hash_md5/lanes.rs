//! MD5 (RFC 1321) of several texts of one length at a time, one per lane of a vector register.
//!
//! One digest is a chain of 64 steps that each wait for the one before; eight chains side by side cost
//! little more than one. Knows nothing of fields. The `md5` crate is its referee.

/// Texts that are digested at a time.
pub(super) const LANES: usize = 8;

/// Bytes of a block.
const BLOCK: usize = 64;

type Lanes = [u32; LANES];

/// The integer parts of 2^32 times the sines of 1 to 64 (RFC 1321, 3.4).
const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// Left rotations of the four steps that a round repeats.
const ROTATIONS: [[u32; 4]; 4] =
    [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The texts of all lanes, padded as the RFC says.
#[derive(Debug)]
pub(super) struct Texts {
    length: usize,
    /// One lane's blocks behind those of the lane before.
    blocks: Vec<u8>,
}

impl Texts {
    /// Texts of `length` bytes, all of them zero.
    pub(super) fn new(length: usize) -> Self {
        // A one bit and the length in bits stand behind the text.
        let lane = (length + 1 + 8).next_multiple_of(BLOCK);
        let mut blocks = vec![0; lane * LANES];
        for blocks in blocks.chunks_exact_mut(lane) {
            blocks[length] = 0x80;
            blocks[lane - 8..].copy_from_slice(&(length as u64 * 8).to_le_bytes());
        }
        Self { length, blocks }
    }

    /// The text of a lane.
    pub(super) fn text_mut(&mut self, lane: usize) -> &mut [u8] {
        let start = self.blocks.len() / LANES * lane;
        &mut self.blocks[start..start + self.length]
    }

    /// The digest of each lane's text.
    pub(super) fn digests(&self) -> [[u8; 16]; LANES] {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            #[expect(unsafe_code, reason = "a digest takes half of the instructions with AVX2")]
            // SAFETY: the processor was just asked for this feature.
            return unsafe { digests_avx2(&self.blocks) };
        }
        digests(&self.blocks)
    }
}

/// The same loop compiled for AVX2: integer arithmetic only, hence bit-equal.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn digests_avx2(blocks: &[u8]) -> [[u8; 16]; LANES] {
    digests(blocks)
}

#[inline(always)]
fn digests(blocks: &[u8]) -> [[u8; 16]; LANES] {
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476].map(|word| [word; LANES]);
    let lane = blocks.len() / LANES;
    for start in (0..lane).step_by(BLOCK) {
        let mut words = [[0; LANES]; 16];
        for index in 0..LANES {
            let block = &blocks[lane * index + start..][..BLOCK];
            for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
                word[index] = u32::from_le_bytes(*bytes);
            }
        }
        state = digest_block(state, &words);
    }
    let mut digests = [[0; 16]; LANES];
    for (part, lanes) in state.iter().enumerate() {
        for (digest, word) in digests.iter_mut().zip(lanes) {
            digest[part * 4..][..4].copy_from_slice(&word.to_le_bytes());
        }
    }
    digests
}

/// The state after one more block of every lane.
#[inline(always)]
fn digest_block(state: [Lanes; 4], words: &[Lanes; 16]) -> [Lanes; 4] {
    let mut next = round::<0>(state, words, |b, c, d| d ^ (b & (c ^ d)));
    next = round::<1>(next, words, |b, c, d| c ^ (d & (b ^ c)));
    next = round::<2>(next, words, |b, c, d| b ^ c ^ d);
    next = round::<3>(next, words, |b, c, d| c ^ (b | !d));
    for (next, state) in next.iter_mut().zip(state) {
        for (next, state) in next.iter_mut().zip(state) {
            *next = next.wrapping_add(state);
        }
    }
    next
}

/// Sixteen steps of round `ROUND` with its function.
#[inline(always)]
fn round<const ROUND: usize>(
    [mut a, mut b, mut c, mut d]: [Lanes; 4],
    words: &[Lanes; 16],
    mix: impl Fn(u32, u32, u32) -> u32,
) -> [Lanes; 4] {
    for quad in 0..4 {
        for (turn, rotation) in ROTATIONS[ROUND].into_iter().enumerate() {
            let step = quad * 4 + turn;
            let word = &words[[step, 5 * step + 1, 3 * step + 5, 7 * step][ROUND] % 16];
            let sine = SINES[ROUND * 16 + step];
            let mut next = [0; LANES];
            for lane in 0..LANES {
                let sum = a[lane]
                    .wrapping_add(mix(b[lane], c[lane], d[lane]))
                    .wrapping_add(word[lane])
                    .wrapping_add(sine);
                next[lane] = b[lane].wrapping_add(sum.rotate_left(rotation));
            }
            (a, b, c, d) = (d, next, b, c);
        }
    }
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use md5::{Digest, Md5};

    use super::*;

    /// For all lengths around the ends of blocks, lanes agree with the `md5` crate.
    #[test]
    fn every_lane_has_the_digest_of_its_text() {
        for length in (0..=130).chain([1_000, 4_096]) {
            let mut texts = Texts::new(length);
            for lane in 0..LANES {
                for (index, byte) in texts.text_mut(lane).iter_mut().enumerate() {
                    *byte = (index * 31 + lane * 7) as u8;
                }
            }
            let expected: Vec<[u8; 16]> =
                (0..LANES).map(|lane| Md5::digest(texts.text_mut(lane)).into()).collect();
            assert_eq!(texts.digests().as_slice(), expected, "length {length}");
            assert_eq!(digests(&texts.blocks).as_slice(), expected, "length {length}");
        }
    }
}
