//! Rules of the HTTP surface of which the recorded vectors show but one side.

use crate::support::{Server, anonymous};

#[test]
fn cursors_may_be_wrapped_into_lines_and_hold_spare_bits() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for path in ["/v1/pagination/cursor", "/v1/page/mixed"] {
        // All of them are 12: `MTI` as it is given out, with line ends in it, and with an unused bit set.
        for cursor in ["MTI", "MTI%0D%0A", "M%0ATI", "MTJ"] {
            let response = connection.get(&format!("{path}?cursor={cursor}&limit=1"));
            assert_eq!(response.json()["items"][0]["id"], 12, "{cursor}: {}", response.text());
        }
        for cursor in ["%0A", "MTI=", "MTI%20", "M+", "M/", "MTI!", "M", "MS4w", "IDE", "LTE", "4oKs"] {
            let response = connection.get(&format!("{path}?cursor={cursor}"));
            assert_eq!(response.text(), "{\"error\":\"cursor is malformed\"}\n", "{cursor}");
        }
    }
}
