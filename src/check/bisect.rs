//! Search of a threshold.

use std::future::Future;

/// Result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Threshold {
    /// The largest size passes.
    Above(u64),
    /// The smallest size does not pass.
    Below(u64),
    /// The largest size that passed, confirmed, and how the next one failed.
    At {
        /// Largest size that passed.
        passed: u64,
        /// Smallest size that failed.
        failed: u64,
        /// How it failed.
        how: String,
    },
    /// A size passed once and failed once.
    Unsteady(u64),
}

/// Finds the largest size that passes. `try_size` returns `Err(how)` for one that fails.
///
/// Sizes double from `low`; between the last that passed and the first that failed, the search halves. Both sides of the
/// boundary are tried again. The number of calls is at most 2·log2(high) + 5.
pub(crate) async fn bisect<F, T>(low: u64, high: u64, mut try_size: F) -> Threshold
where
    F: FnMut(u64) -> T,
    T: Future<Output = Result<(), String>>,
{
    if try_size(low).await.is_err() {
        return Threshold::Below(low);
    }
    let (mut passed, mut failed) = (low, None);
    let mut size = low;
    while size < high {
        size = size.saturating_mul(2).min(high);
        match try_size(size).await {
            Ok(()) => passed = size,
            Err(how) => {
                failed = Some((size, how));
                break;
            }
        }
    }
    let Some((mut failed, mut how)) = failed else { return Threshold::Above(high) };
    while failed - passed > 1 {
        let middle = passed + (failed - passed) / 2;
        match try_size(middle).await {
            Ok(()) => passed = middle,
            Err(reason) => (failed, how) = (middle, reason),
        }
    }
    if try_size(passed).await.is_err() {
        return Threshold::Unsteady(passed);
    }
    if try_size(failed).await.is_ok() {
        return Threshold::Unsteady(failed);
    }
    Threshold::At { passed, failed, how }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn gateway(limit: u64, low: u64, high: u64) -> (Threshold, u32) {
        let calls = Cell::new(0);
        let found = bisect(low, high, |size| {
            calls.set(calls.get() + 1);
            async move { if size <= limit { Ok(()) } else { Err("414".to_owned()) } }
        })
        .await;
        (found, calls.get())
    }

    #[tokio::test]
    async fn the_exact_boundary_is_found_wherever_it_is() {
        for limit in [1, 2, 3, 255, 256, 257, 8_191, 8_192, 8_193, 100_000, 131_071] {
            let (found, calls) = gateway(limit, 1, 131_072).await;
            assert_eq!(found, Threshold::At { passed: limit, failed: limit + 1, how: "414".into() });
            assert!(calls <= 2 * 17 + 5, "{calls} calls for {limit}");
        }
    }

    #[tokio::test]
    async fn limits_outside_of_the_range_are_said() {
        assert_eq!(gateway(5, 10, 100).await.0, Threshold::Below(10));
        assert_eq!(gateway(100, 10, 100).await.0, Threshold::Above(100));
    }

    #[tokio::test]
    async fn a_boundary_that_moves_is_no_number() {
        let calls = Cell::new(0);
        let found = bisect(1, 64, |size| {
            calls.set(calls.get() + 1);
            let limit = if calls.get() > 8 { 10 } else { 20 };
            async move { if size <= limit { Ok(()) } else { Err(String::new()) } }
        })
        .await;
        assert!(matches!(found, Threshold::Unsteady(_)), "{found:?}");
    }
}
