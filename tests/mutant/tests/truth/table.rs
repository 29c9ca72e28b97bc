//! The table itself.

use std::collections::HashSet;

use mutant::{fault, faults};

#[test]
fn ids_are_unique_and_found() {
    let mut ids = HashSet::new();
    for one in faults() {
        assert!(ids.insert(one.id), "{} is declared twice", one.id);
        assert_eq!(fault(one.id).map(|found| found.says), Some(one.says));
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(one.id.bytes().all(plain), "{}", one.id);
    }
    assert!(fault("no-such-fault").is_none());
}

#[test]
fn there_are_at_least_150_faults_in_both_directions() {
    assert!(faults().count() >= 150, "{}", faults().count());
    for direction in ["request", "response", "both"] {
        assert!(faults().any(|fault| fault.direction.word() == direction), "{direction}");
    }
}

#[test]
fn each_fault_has_a_sentence_and_behaviours_of_the_taxonomy() {
    for fault in faults() {
        assert!(fault.says.ends_with('.') && fault.says.len() > 12, "{}: {}", fault.id, fault.says);
        assert!(!fault.behaviours.is_empty(), "{}", fault.id);
        for number in fault.behaviours.iter().chain(fault.also) {
            let (group, place) = number.split_once('.').expect("GROUP.NUMBER");
            let (group, place): (u32, u32) = (group.parse().unwrap(), place.parse().unwrap());
            assert!((1..=30).contains(&group) && (1..=26).contains(&place), "{}: {number}", fault.id);
        }
        let twice = fault.also.iter().find(|number| fault.behaviours.contains(number));
        assert!(twice.is_none(), "{}: {twice:?} is named twice", fault.id);
    }
}

#[test]
fn groups_are_covered() {
    let groups: HashSet<&str> =
        faults().flat_map(|fault| fault.behaviours).map(|n| n.split('.').next().unwrap()).collect();
    for group in 1..=30 {
        assert!(groups.contains(group.to_string().as_str()), "no fault of group {group}");
    }
}

/// The text of the tests, in which each fault is named where it is tested.
const TESTS: &[&str] = &[
    include_str!("connections.rs"),
    include_str!("http2.rs"),
    include_str!("retries.rs"),
    include_str!("stored.rs"),
    include_str!("streams.rs"),
    include_str!("trials.rs"),
    include_str!("trials/answers.rs"),
    include_str!("trials/requests.rs"),
    include_str!("trials/responses.rs"),
];

#[test]
fn each_fault_is_tested() {
    let tested = |id: &str| TESTS.iter().any(|text| text.contains(&format!("\"{id}\"")));
    let missing: Vec<&str> = faults().map(|fault| fault.id).filter(|id| !tested(id)).collect();
    assert!(missing.is_empty(), "no test of {missing:?}");
}
