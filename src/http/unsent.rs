//! Executes the steps of a delivery without a socket, for requests that the server sends itself.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::Poll,
};

use actix_web::http::{
    StatusCode, Version,
    header::{HeaderName, HeaderValue},
};
use bytes::{Bytes, BytesMut};
use tokio::time::sleep;

use super::{progress::Progress, tracked::Tracked};
use crate::endpoints::{
    Fault,
    delivery::{End, Head, Step},
};

/// What a client would have received.
pub(super) struct Unsent {
    /// Status of the head; `None` without one.
    pub(super) status: Option<StatusCode>,
    pub(super) fields: Vec<(HeaderName, HeaderValue)>,
    /// The first bytes of the body.
    pub(super) body: Bytes,
    /// Whether the body was longer, or was cut off.
    pub(super) truncated: bool,
}

/// Executes the steps of `answer`, and keeps the first `keep` bytes of the body. Pauses are kept.
///
/// # Errors
/// The answer to be sent instead, when the steps were replaced by an error.
pub(super) async fn execute(mut answer: Tracked, keep: usize) -> Result<Unsent, Box<Tracked>> {
    let mut progress = Progress::new(Version::HTTP_11, answer.is_for_head());
    let mut unsent = Unsent { status: None, fields: Vec::new(), body: Bytes::new(), truncated: false };
    let mut body = BytesMut::new();
    let refused = loop {
        let step = match poll_fn(|cx| answer.poll_step(cx)).await {
            Some(Ok(step)) => step,
            None => Step::End(End::Default),
            Some(Err(error)) if progress.is_open_to_faults() => {
                answer.replace(error.fault(), error.category());
                return Err(Box::new(answer));
            }
            Some(Err(error)) => {
                answer.fail(&error);
                unsent.truncated = true;
                break None;
            }
        };
        if let Some(fault) = progress.refuse(&step) {
            break Some(fault);
        }
        match step {
            Step::Head(head) => {
                let framing = progress.head(&head);
                unsent.status = StatusCode::from_u16(head.status).ok();
                unsent.fields = fields(&answer, &head);
                answer.headed(&head, framing);
            }
            Step::Piece { data, .. } if progress.has_body() => {
                progress.piece(data.len());
                answer.taken(&data);
                let size = data.len().min(keep - body.len());
                body.extend_from_slice(&data[..size]);
                unsent.truncated |= size < data.len();
            }
            Step::Finish | Step::Trailers(_) => progress.finish(),
            Step::Pause(time) => {
                let mut pause = pin!(sleep(time));
                // The next step tells that the server stops.
                poll_fn(
                    |cx| if answer.poll_stopped(cx).is_ready() { Poll::Ready(()) } else { pause.as_mut().poll(cx) },
                )
                .await;
            }
            Step::Raw(_) => {
                break Some(Fault::bad_request("this answer can't be sent: raw bytes without a connection"));
            }
            Step::Fault(fault) => break Some(*fault),
            Step::End(end) => {
                if matches!(end, End::Default | End::Keep) && unsent.status.is_some() {
                    progress.finish();
                }
                unsent.truncated |= !progress.is_complete();
                read_rest(&answer).await;
                answer.sent();
                break None;
            }
            Step::Continue | Step::WithholdContinue | Step::Interim(_) | Step::Piece { .. } | Step::Note(_) => {}
        }
    };
    unsent.body = body.freeze();
    match refused {
        Some(fault) if progress.is_open_to_faults() => {
            read_rest(&answer).await;
            answer.replace(fault, None);
            Err(Box::new(answer))
        }
        Some(fault) => {
            answer.cut_off(fault);
            unsent.truncated = true;
            Ok(unsent)
        }
        None => Ok(unsent),
    }
}

/// Reads the rest of the request's body for the audit trail. It is complete in memory.
async fn read_rest(answer: &Tracked) {
    let body = answer.request_body();
    let _ = body.read(0).await;
}

fn fields(answer: &Tracked, head: &Head) -> Vec<(HeaderName, HeaderValue)> {
    let told = head.fields.iter().filter_map(|field| {
        Some((HeaderName::from_bytes(field.name()).ok()?, HeaderValue::from_bytes(field.value()).ok()?))
    });
    let own = answer.head().own_beside(head).map(|(name, value)| (name.clone(), value.clone()));
    told.chain(own).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{rc::Rc, time::Duration};

    use actix_http::Request;
    use actix_service::Service as _;

    use super::*;
    use crate::{
        endpoints::delivery::{Delivery, Framing},
        http::h1::tests::{
            driver::in_paused_time,
            scripted::{Script, bare, field, script, scripted, steps},
        },
    };

    /// Executes the steps of a script, and returns the outcome: status, body and whether it was truncated.
    fn executed(script: Script) -> (u16, String, bool) {
        in_paused_time(async {
            let worker = scripted(script, Rc::default()).await;
            let answer = Tracked::of(worker.app.call(Request::new()).await).unwrap();
            match execute(answer, 8).await {
                Ok(Unsent { status, body, truncated, .. }) => {
                    let status = status.map_or(0, |status| status.as_u16());
                    (status, String::from_utf8_lossy(&body).into_owned(), truncated)
                }
                Err(mut instead) => {
                    let piece = poll_fn(|cx| instead.poll_piece(cx)).await.unwrap().unwrap();
                    (instead.head().status.as_u16(), String::from_utf8_lossy(&piece).into_owned(), false)
                }
            }
        })
    }

    #[test]
    fn steps_are_executed_as_on_a_connection() {
        let told = |end: End| {
            steps(move || {
                let head = Head { fields: vec![field("X-A", b"1")], ..Head::new(299) };
                let pause = Step::Pause(Duration::from_secs(1));
                vec![Step::Continue, Step::Head(head), Step::piece("one"), pause, Step::piece("two"), Step::End(end)]
            })
        };
        assert_eq!(executed(told(End::Default)), (299, "onetwo".to_owned(), false));
        for end in [End::Close, End::Reset, End::HalfClose] {
            assert_eq!(executed(told(end)), (299, "onetwo".to_owned(), true), "{end:?}");
        }
        let long = steps(|| vec![bare(200, Framing::Length(12)), Step::piece("twelve bytes")]);
        assert_eq!(executed(long), (200, "twelve b".to_owned(), true));
        assert_eq!(executed(steps(Vec::new)), (0, String::new(), true));
    }

    #[test]
    fn errors_replace_the_answer_or_cut_it_off() {
        let raw = "{\"error\":\"this answer can't be sent: raw bytes without a connection\"}\n";
        assert_eq!(executed(steps(|| vec![Step::Raw("a".into())])), (400, raw.to_owned(), false));
        let fails = |heads: bool| {
            script(move |_| {
                Delivery::run(async move |way| {
                    if heads {
                        way.send(bare(200, Framing::Chunked)).await;
                        way.send(Step::piece("part")).await;
                    }
                    Err(Fault::bad_request("no"))
                })
            })
        };
        assert_eq!(executed(fails(false)), (400, "{\"error\":\"no\"}\n".to_owned(), false));
        assert_eq!(executed(fails(true)), (200, "part".to_owned(), true));
    }
}
