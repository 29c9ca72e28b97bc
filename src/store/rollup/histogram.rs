//! Histogram of durations with the buckets of HDR histograms: 64 per power of two. So a bucket is at most 1.6 % wide,
//! and its middle is within 0.8 % of every value in it.

/// Bits of a double that don't affect the bucket: all except the exponent and the first six bits of the fraction.
const DROPPED: u32 = 46;
/// Number of buckets for non-negative values.
const BUCKETS: usize = 1 << (63 - DROPPED);

/// Returns the bucket of a duration in milliseconds. Negative values and NaN go into the first.
pub(super) fn bucket(duration_ms: f64) -> u32 {
    if duration_ms > 0.0 { (duration_ms.to_bits() >> DROPPED) as u32 } else { 0 }
}

/// Returns the middle of a bucket.
fn middle(bucket: usize) -> f64 {
    let edge = |bucket: usize| f64::from_bits((bucket as u64) << DROPPED);
    match bucket {
        0 => 0.0,
        _ if edge(bucket + 1).is_finite() => edge(bucket).midpoint(edge(bucket + 1)),
        _ => edge(bucket).min(f64::MAX),
    }
}

/// Counts by bucket, when few buckets are used.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sparse(Vec<(u32, u64)>);

impl Sparse {
    pub(super) fn add(&mut self, bucket: u32, count: u64) {
        match self.0.binary_search_by_key(&bucket, |(of, _)| *of) {
            Ok(at) => self.0[at].1 += count,
            Err(at) => self.0.insert(at, (bucket, count)),
        }
    }

    /// Returns the used buckets in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Counts by bucket, for summing many histograms.
pub(super) struct Dense(Vec<u64>);

impl Default for Dense {
    fn default() -> Self {
        Self(vec![0; BUCKETS])
    }
}

impl Dense {
    pub(super) fn add(&mut self, bucket: u32, count: u64) {
        if let Some(counted) = self.0.get_mut(bucket as usize) {
            *counted += count;
        }
    }

    /// Returns percentiles, interpolated between neighbours as in the stores. 0 for an empty histogram.
    pub(super) fn percentiles<const N: usize>(&self, parts: [f64; N]) -> [f64; N] {
        let total: u64 = self.0.iter().sum();
        parts.map(|part| {
            let Some(last) = total.checked_sub(1) else { return 0.0 };
            let place = part * last as f64;
            let (low, high) = (self.at(place as u64), self.at((place as u64 + 1).min(last)));
            low + (high - low) * place.fract()
        })
    }

    /// Returns the value at a position in sorted order.
    fn at(&self, place: u64) -> f64 {
        let mut behind = 0;
        let found = self.0.iter().position(|count| {
            behind += count;
            behind > place
        });
        found.map_or(0.0, middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_bucket_is_within_one_percent_of_what_is_in_it() {
        let mut value = 1e-6;
        while value < 1e9 {
            let told = middle(bucket(value) as usize);
            assert!((told - value).abs() <= value * 0.008, "{value}: {told}");
            value *= 1.000_7;
        }
        for odd in [f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, f64::NAN, -1.0, 0.0, 5e-324] {
            assert!(middle(bucket(odd) as usize).is_finite(), "{odd}");
            assert!((bucket(odd) as usize) < BUCKETS, "{odd}");
        }
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut dense = Dense::default();
        let mut values: Vec<f64> =
            (0..5000_u32).map(|n| f64::from(n.wrapping_mul(2_654_435_761) >> 8) / 1000.0).collect();
        values.iter().for_each(|value| dense.add(bucket(*value), 1));
        values.sort_by(f64::total_cmp);
        let exact = [0.5, 0.95, 0.99].map(|part: f64| values[(part * 4999.0) as usize]);
        for (told, exact) in dense.percentiles([0.5, 0.95, 0.99]).into_iter().zip(exact) {
            assert!((told - exact).abs() <= exact * 0.01, "{told} for {exact}");
        }
        assert_eq!(Dense::default().percentiles([0.5]), [0.0]);
    }
}
