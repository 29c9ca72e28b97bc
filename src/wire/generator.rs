//! Generator for all seeded choices, and the rules that turn seeds into its state.

const MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;
const INCREMENT: u128 = 0x5851_F42D_4C95_7F2D_1405_7B7E_F767_814F;
const CHEAP_MULTIPLIER: u64 = 0xDA94_2042_E4DD_58B5;

/// PCG-DXSM with 128 bits of state. Not for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcg {
    state: u128,
}

impl Pcg {
    /// Creates a generator from the upper and lower half of a state.
    #[must_use]
    pub const fn new(hi: u64, lo: u64) -> Self {
        Self { state: (hi as u128) << 64 | lo as u128 }
    }

    /// Creates the generator of `lorem` for a seed.
    #[must_use]
    pub fn for_lorem(seed: &[u8]) -> Self {
        Self::new(fnv1a64(seed), Fnv1a::new().write(b"salt:").write(seed).finish())
    }

    /// Creates the generator of `flaky` for a seed and the number of the call.
    #[must_use]
    pub fn for_flaky(seed: &[u8], call_id: i64) -> Self {
        let mut buffer = itoa::Buffer::new();
        let call_id = buffer.format(call_id).as_bytes();
        let behind = |start: Fnv1a| start.write(seed).write(b"|").write(call_id).finish();
        Self::new(behind(Fnv1a::new()), behind(Fnv1a::new().write(b"salt|")))
    }

    /// Creates the generator of one streamed word, for a seed and the word's index from 0.
    #[must_use]
    pub fn for_streaming(seed: &[u8], index: u64) -> Self {
        let mut buffer = itoa::Buffer::new();
        let x = Fnv1a::new().write(seed).write(b":").write(buffer.format(index).as_bytes()).finish();
        Self::new(x, x >> 1)
    }

    /// Draws 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let (mut hi, lo) = ((self.state >> 64) as u64, self.state as u64);
        hi ^= hi >> 32;
        hi = hi.wrapping_mul(CHEAP_MULTIPLIER);
        hi ^= hi >> 48;
        hi.wrapping_mul(lo | 1)
    }

    /// Draws a number from [0, 1), a multiple of 2⁻⁵³.
    pub const fn float64(&mut self) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.next_u64() << 11 >> 11) as f64 / STEPS
    }

    /// Draws an integer from [0, n), each equally likely; 0 when `n` is 0.
    pub const fn int_n(&mut self, n: u64) -> u64 {
        if n & n.wrapping_sub(1) == 0 {
            return self.next_u64() & n.saturating_sub(1);
        }
        let mut product = self.next_u64() as u128 * n as u128;
        if (product as u64) < n {
            // 2⁶⁴ mod n: numbers below it would make some results too frequent.
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = self.next_u64() as u128 * n as u128;
            }
        }
        (product >> 64) as u64
    }
}

/// Hashes bytes with 64-bit FNV-1a.
#[must_use]
pub const fn fnv1a64(bytes: &[u8]) -> u64 {
    Fnv1a::new().write(bytes).finish()
}

/// 64-bit FNV-1a over bytes in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv1a(u64);

impl Fnv1a {
    /// Creates the hash of no bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    /// Adds bytes.
    #[must_use]
    pub const fn write(self, bytes: &[u8]) -> Self {
        let mut hash = self.0;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01B3);
            at += 1;
        }
        Self(hash)
    }

    /// Returns the hash of the bytes so far.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Fnv1a {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};

    use super::{super::json, *};

    #[test]
    fn published_fnv_values() {
        for (text, hash) in
            [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)]
        {
            assert_eq!(fnv1a64(text.as_bytes()), hash);
        }
    }

    #[test]
    fn recorded_rolls() {
        let rolls: &[(&[u8], i64, &str)] = &[
            (b"demo", 0, "0.11977505404055111"),
            (b"demo", 2, "0.7767471321436259"),
            (b"demo", 5, "0.32539656630530345"),
            (b"demo", 7, "0.5535537635416791"),
            (b"demo", 8, "0.5886920682173726"),
            (b"demo", 9, "0.743231147972895"),
            (b"demo", 11, "0.9433729093739258"),
            (b"demo", 1, "0.6491098908758416"),
            (b"demo", -99, "0.9968435063878597"),
            (b"demo", i64::MAX, "0.261131145019581"),
            (b"demo", i64::MIN, "0.1101018710721896"),
            (b"a", 5, "0.32424709191304724"),
            (b"a", 0, "0.9733276356145957"),
            ("é".as_bytes(), 3, "0.25097829693305373"),
            (b"\xff", -7, "0.6703936469191104"),
            (b"s74", 11_337, "0.21235790712286573"),
            (b"retry", 65_510, "0.693555822727146"),
            (b"s645", 75_414, "0.2753551832176607"),
            (b"s590", 50_993, "0.972788179599341"),
            (b"retry", 80_134, "0.8338128208392699"),
            (b"ci", 60_027, "0.833527786661741"),
            (b"ci", 31_561, "0.016291165346933423"),
            (b"ci", 44_020, "0.7414539047922812"),
            (b"s294", 8594, "0.5352682672391325"),
        ];
        for &(seed, call_id, roll) in rolls {
            assert_eq!(json::to_vec(&Pcg::for_flaky(seed, call_id).float64()), roll.as_bytes());
        }
    }

    /// The specification's algorithm again, with 64-bit arithmetic.
    struct Reference {
        hi: u64,
        lo: u64,
    }

    impl Reference {
        fn next(&mut self) -> u64 {
            let (factor_hi, factor_lo) = (0x2360_ED05_1FC6_5DA4_u64, 0x4385_DF64_9FCC_F645_u64);
            let (low, carry) = self.lo.carrying_mul(factor_lo, 0);
            let high =
                carry.wrapping_add(self.hi.wrapping_mul(factor_lo)).wrapping_add(self.lo.wrapping_mul(factor_hi));
            let (low, carried) = low.overflowing_add(0x1405_7B7E_F767_814F);
            (self.hi, self.lo) = (high.wrapping_add(0x5851_F42D_4C95_7F2D).wrapping_add(u64::from(carried)), low);
            let mixed = (self.hi ^ self.hi >> 32).wrapping_mul(0xDA94_2042_E4DD_58B5);
            (mixed ^ mixed >> 48).wrapping_mul(self.lo | 1)
        }

        /// A draw is accepted when its low half is at or above 2⁶⁴ mod n.
        fn int_n(&mut self, n: u64) -> u64 {
            if n.is_power_of_two() {
                return self.next() % n;
            }
            let unfair = (1_u128 << 64) % u128::from(n);
            loop {
                let product = u128::from(self.next()) * u128::from(n);
                if product % (1 << 64) >= unfair {
                    return u64::try_from(product / (1 << 64)).unwrap();
                }
            }
        }
    }

    proptest! {
        #[test]
        fn draws_agree_with_the_reference(hi in any::<u64>(), lo in any::<u64>(), shift in 0..64_u32, n in 1..u64::MAX) {
            // All magnitudes equally; rejection happens with large ones.
            let n = (n >> shift).max(1);
            let (mut pcg, mut reference) = (Pcg::new(hi, lo), Reference { hi, lo });
            for _ in 0..16 {
                let drawn = pcg.int_n(n);
                prop_assert!(drawn < n);
                prop_assert_eq!(drawn, reference.int_n(n));
            }
            prop_assert_eq!(pcg.next_u64(), reference.next());
        }

        #[test]
        fn floats_are_in_range(hi in any::<u64>(), lo in any::<u64>()) {
            let roll = Pcg::new(hi, lo).float64();
            prop_assert!((0.0..1.0).contains(&roll));
        }

        #[test]
        fn hashing_in_pieces_is_hashing_at_once(pieces in collection::vec(collection::vec(any::<u8>(), 0..5), 0..5)) {
            let hash = pieces.iter().fold(Fnv1a::new(), |hash, piece| hash.write(piece)).finish();
            prop_assert_eq!(hash, fnv1a64(&pieces.concat()));
        }
    }

    #[test]
    fn no_numbers_to_draw_from() {
        assert_eq!(Pcg::new(1, 2).int_n(0), 0);
        assert_eq!(Pcg::new(1, 2).int_n(1), 0);
    }
}
