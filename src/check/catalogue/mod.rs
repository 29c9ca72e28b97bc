//! The catalogue: one declaration for each check, grouped as in the taxonomy.

mod attempts;
mod bodies;
mod caching;
mod framing;
mod hop_by_hop;
mod interim;
mod meaning;
mod methods;
mod path;
mod pools;
mod query;
mod request_fields;
mod responses;
mod smuggling;
mod timeouts;

use super::declaration::Check;

/// All checks, in the order of the taxonomy.
pub(crate) fn all() -> Vec<Check> {
    let mut all = [
        path::CHECKS,
        query::CHECKS,
        request_fields::CHECKS,
        hop_by_hop::CHECKS,
        framing::CHECKS,
        interim::CHECKS,
        methods::CHECKS,
        responses::CHECKS,
        bodies::CHECKS,
        attempts::CHECKS,
        pools::CHECKS,
        caching::CHECKS,
        meaning::CHECKS,
        smuggling::CHECKS,
        timeouts::CHECKS,
    ]
    .concat();
    all.sort_by_key(|check| place(check.id));
    all
}

/// Place of an id in the taxonomy.
fn place(id: &str) -> (u32, u32) {
    let mut parts = id.split('.').map(|part| part.parse().unwrap_or(u32::MAX));
    (parts.next().unwrap_or(u32::MAX), parts.next().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::{declaration::Run, taxonomy};

    #[test]
    fn each_check_is_of_the_taxonomy_once_and_has_probes() {
        let mut seen = BTreeSet::new();
        for check in all() {
            assert!(taxonomy::BEHAVIOURS.iter().any(|(id, _)| *id == check.id), "{} is no behaviour", check.id);
            assert!(seen.insert(check.id), "{} is declared twice", check.id);
            assert!(!check.section.is_empty() && !check.name.is_empty());
            if let Run::Probes(probes, _) = check.run {
                let probes = probes();
                assert!(!probes.is_empty(), "{} has no probe", check.id);
                assert!(probes.iter().all(|probe| !probe.script.attempts.is_empty()));
            }
        }
        assert!(seen.len() >= 120, "{} checks", seen.len());
    }
}
