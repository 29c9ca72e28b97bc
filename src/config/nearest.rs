//! Suggestions for mistyped keys.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::keys::KEYS;

/// Maximum length of a name. Longer names are not typing errors, and comparing them takes time.
const LONGEST: usize = 80;

/// Every key and every section around one, with `[]` for indexes.
static KNOWN: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let mut known = BTreeSet::new();
    for key in KEYS {
        known.insert(key.path);
        known.extend(key.path.match_indices(['.', '[']).map(|(at, _)| &key.path[..at]));
    }
    known.retain(|path| !path.ends_with("[]"));
    known
});

/// Returns the known path nearest to an unknown one (both with `[]` for indexes), if any is near enough.
///
/// A path that ends in the same word as a known one elsewhere is near, whatever the distance.
pub(super) fn nearest(unknown: &str) -> Option<&'static str> {
    if unknown.len() > LONGEST {
        return None;
    }
    let word = last_word(unknown);
    let reach = (word.chars().count() / 3).max(2);
    let by_distance = || KNOWN.iter().map(|known| (strsim::damerau_levenshtein(unknown, known), *known));
    let typed = by_distance().filter(|(distance, _)| *distance <= reach && *distance < word.len()).min();
    let misplaced = || by_distance().filter(|(_, known)| last_word(known) == word).min();
    typed.or_else(misplaced).map(|(_, known)| known)
}

fn last_word(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_its_key() {
        for (unknown, known) in [
            ("server.adress", "server.address"),
            ("sever", "server"),
            ("servr.address", "server.address"),
            ("server.adresss", "server.address"),
            ("auth.allow_anonymus", "auth.allow_anonymous"),
            ("audit.retention_day", "audit.retention_days"),
            ("api_keys.files", "api_keys.file"),
            ("api_keys.file[].nmae", "api_keys.file[].name"),
            ("endpoints.dta.enabled", "endpoints.data.enabled"),
            ("server.tls.key-file", "server.tls.key_file"),
            ("api-keys", "api_keys"),
        ] {
            assert_eq!(nearest(unknown), Some(known), "{unknown}");
        }
    }

    #[test]
    fn a_misplaced_key_finds_its_place() {
        assert_eq!(nearest("cookie_secret"), Some("portal.cookie_secret"));
        assert_eq!(nearest("server.retention_days"), Some("audit.retention_days"));
    }

    #[test]
    fn what_is_like_nothing_gets_no_hint() {
        for unknown in ["", "x", "kubernetes", "server.frobnicate", &"a".repeat(1_000_000)] {
            assert_eq!(nearest(unknown), None);
        }
    }
}
