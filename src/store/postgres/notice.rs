//! Notifications between replicas: ids of the events they wrote, by LISTEN and NOTIFY.
//!
//! A notification is the writer's token, then the 16 bytes of each id, in Base64 without padding.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use uuid::Uuid;

/// Channel of the notifications.
pub(super) const CHANNEL: &str = "api_test_audit";
/// Maximum number of ids in a notification. A payload must be shorter than 8000 bytes; 367 ids take 7856.
const IDS_MAX: usize = 367;
const ID_BYTES: usize = 16;

/// Identifies this process among the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token([u8; ID_BYTES]);

impl Token {
    /// Returns a random token.
    pub(super) fn random() -> Self {
        Self(*Uuid::new_v4().as_bytes())
    }

    /// Returns the payloads of the notifications for `ids`.
    pub(super) fn notices(self, ids: impl IntoIterator<Item = Uuid>) -> Vec<String> {
        let mut bytes = Vec::new();
        for id in ids {
            bytes.extend_from_slice(id.as_bytes());
        }
        let notice = |ids: &[u8]| STANDARD_NO_PAD.encode([&self.0, ids].concat());
        bytes.chunks(IDS_MAX * ID_BYTES).map(notice).collect()
    }

    /// Returns the ids in a notice of another process; `None` for our own notices and foreign text.
    pub(super) fn heard(self, notice: &str) -> Option<Vec<Uuid>> {
        let bytes = STANDARD_NO_PAD.decode(notice).ok()?;
        let (token, ids) = bytes.split_at_checked(ID_BYTES)?;
        if token == self.0 || ids.is_empty() || ids.len() % ID_BYTES != 0 {
            return None;
        }
        ids.chunks_exact(ID_BYTES).map(|id| Uuid::from_slice(id).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_full_batch_fits_into_notifications_and_is_heard_by_others_only() {
        let ids: Vec<Uuid> = (0..512).map(Uuid::from_u128).collect();
        let (writer, reader) = (Token::random(), Token::random());
        let notices = writer.notices(ids.iter().copied());
        assert!(notices.iter().all(|notice| notice.len() < 7900), "{:?}", notices.iter().map(String::len));
        assert!(notices.iter().all(|notice| writer.heard(notice).is_none()));
        let heard: Vec<Uuid> = notices.iter().flat_map(|notice| reader.heard(notice).unwrap()).collect();
        assert_eq!(heard, ids);
    }

    #[test]
    fn what_is_no_notice_of_ours_is_passed_over() {
        for notice in ["", "hello", "AAAA", &"A".repeat(22), &"A".repeat(40)] {
            assert_eq!(Token::random().heard(notice), None, "{notice:?}");
        }
    }
}
