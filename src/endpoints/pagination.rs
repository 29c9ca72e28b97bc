//! pagination: the same items in every style of pagination, to see which styles a gateway follows or breaks.

use std::fmt::Write as _;

use actix_web::http::header::{HeaderValue, LINK};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Answer, Call, Fault, Group, Int, Outcome, Route, Text};
use crate::wire::{Query, digest, number};

const PAGE: Int = Int::query("page", "Page number.").between(1, i64::MAX).or(1).example(2);
const PER_PAGE: Int = Int::query("per_page", "Items per page.").between(1, 1000).or(10).example(2);
const TOTAL: Int = Int::query("total", "Items in the dataset.").between(1, 10_000).or(100).example(5);
const TOP: Int = Int::query("$top", "Items per page.").between(1, 1000).or(10).example(2);
const SKIP: Int = Int::query("$skip", "Items to skip.").between(0, i64::MAX).example(2);
const LIMIT: Int = Int::query("limit", "Items per page.").between(1, 1000).or(10).example(2);
const CURSOR: Text = Text::query("cursor", "Cursor returned by the previous page.", "Mg").or("");

/// base64url without padding. Unused bits of the last character and line ends are ignored ([`offset`]).
const CURSORS: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Way in which a page refers to the next one.
#[derive(Clone, Copy)]
enum Signal {
    /// A field of the body.
    Field(&'static str),
    /// No sign that there are more items.
    None,
    /// A `Link` header and `next_cursor` with the same meaning.
    Mixed,
}

/// Declares the group.
pub(super) fn group() -> Group {
    let group = Group::new("pagination", "The same items in every pagination style.")
        .route(
            link_route("pagination_link", "/v1/pagination/link")
                .example("/v1/pagination/link?page=2&per_page=2&total=5"),
        )
        .route(
            odata_route("pagination_odata", "/v1/pagination/odata")
                .example("/v1/pagination/odata?$top=2&$skip=3&total=5"),
        )
        .route(cursor_route(
            "pagination_cursor",
            "/v1/pagination/cursor",
            "/v1/pagination/cursor?limit=2&total=5&cursor=Mg",
            Signal::Field("next_cursor"),
        ))
        .route(link_route("page_link", "/v1/page/link").example("/v1/page/link?page=2&per_page=2&total=5"))
        .route(odata_route("page_odata", "/v1/page/odata").example("/v1/page/odata?$top=2&$skip=3&total=5"));
    let cursors = [
        ("page_cursor", "/v1/page/cursor", "/v1/page/cursor?limit=2&total=5&cursor=Mg", Signal::Field("next_cursor")),
        (
            "page_cursor_camel",
            "/v1/page/cursor-camel",
            "/v1/page/cursor-camel?limit=2&total=5&cursor=Mg",
            Signal::Field("nextCursor"),
        ),
        (
            "page_google",
            "/v1/page/google",
            "/v1/page/google?limit=2&total=5&cursor=Mg",
            Signal::Field("next_page_token"),
        ),
        (
            "page_google_camel",
            "/v1/page/google-camel",
            "/v1/page/google-camel?limit=2&total=5&cursor=Mg",
            Signal::Field("nextPageToken"),
        ),
        ("page_generic", "/v1/page/generic", "/v1/page/generic?limit=2&total=5&cursor=Mg", Signal::Field("next")),
        ("page_none", "/v1/page/none", "/v1/page/none?limit=2&total=5&cursor=Mg", Signal::None),
        ("page_mixed", "/v1/page/mixed", "/v1/page/mixed?limit=2&total=5&cursor=Mg", Signal::Mixed),
    ];
    cursors
        .into_iter()
        .fold(group, |group, (name, path, example, signal)| group.route(cursor_route(name, path, example, signal)))
}

/// One item of the dataset.
#[derive(Serialize, ToSchema)]
struct Item {
    /// Number of the item, from 0.
    id: u64,
    /// First 16 hex digits of the SHA-256 of the number.
    #[schema(min_length = 16, max_length = 16)]
    value: String,
}

impl Item {
    /// Items from `from` up to, not including, `to`.
    fn range(from: u64, to: u64) -> Vec<Self> {
        (from..to)
            .map(|id| {
                let value = digest::item_value(itoa::Buffer::new().format(id).as_bytes());
                let value: &str = value.as_ref();
                Self { id, value: value.to_owned() }
            })
            .collect()
    }
}

fn example_items() -> Value {
    json!([{"id": 2, "value": "d4735e3a265e16ee"}, {"id": 3, "value": "4e07408562bedb8b"}])
}

fn link_route(name: &'static str, path: &'static str) -> Route {
    Route::get(name, path, link)
        .about("Pages by number, with links in the `Link` header (RFC 8288).")
        .takes(&PAGE)
        .takes(&PER_PAGE)
        .takes(&TOTAL)
        .answers::<LinkPage>(
            "200",
            "The page.",
            json!({"items": example_items(), "page": 2, "per_page": 2, "total": 5}),
        )
        .with_header("Link", "URLs of the first, last, previous and next page, in this order.")
}

#[derive(Serialize, ToSchema)]
struct LinkPage {
    /// Items of the page.
    items: Vec<Item>,
    /// Page number.
    page: u64,
    /// Items per page.
    per_page: u64,
    /// Items in the dataset.
    total: u64,
}

async fn link(call: Call) -> Outcome {
    let query = call.query();
    let (page, per_page, total) = (PAGE.count(&query)?, PER_PAGE.count(&query)?, TOTAL.count(&query)?);
    let last = total.div_ceil(per_page);
    if page > last {
        return Err(Fault::bad_request(format!(
            "page {page} is past end of dataset (total={total}, per_page={per_page}, last_page={last})"
        )));
    }
    let url = call.own_url();
    let mut links = String::with_capacity(4 * (url.len() + 64));
    let mut add = |rel: &str, page: u64| {
        let comma = if links.is_empty() { "" } else { ", " };
        // Writing into a String can't fail.
        let _ = write!(links, "{comma}<{url}?page={page}&per_page={per_page}&total={total}>; rel=\"{rel}\"");
    };
    add("first", 1);
    add("last", last);
    if page > 1 {
        add("prev", page - 1);
    }
    if page < last {
        add("next", page + 1);
    }
    let items = Item::range((page - 1) * per_page, (page * per_page).min(total));
    Ok(Answer::json(&LinkPage { items, page, per_page, total }).header(LINK, link_value(&links)?))
}

/// Returns a `Link` header. Its host comes from the client, but can only contain characters that a header allows.
fn link_value(links: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(links).map_err(|_| Fault::bad_request("Host is not allowed in a Link header"))
}

fn odata_route(name: &'static str, path: &'static str) -> Route {
    Route::get(name, path, odata)
        .about("OData paging: `$top`, `$skip`, `@odata.nextLink`.")
        .takes(&TOP)
        .takes(&SKIP)
        .takes(&TOTAL)
        .answers::<ODataPage>(
            "200",
            "The page; `@odata.nextLink` when another page follows.",
            json!({"value": [{"id": 3, "value": "4e07408562bedb8b"}, {"id": 4, "value": "4b227777d4dd1fc6"}],
                   "@odata.count": 5}),
        )
}

#[derive(Serialize, ToSchema)]
struct ODataPage {
    /// Items of the page.
    value: Vec<Item>,
    /// Items in the dataset.
    #[serde(rename = "@odata.count")]
    count: u64,
    /// URL of the next page.
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
}

async fn odata(call: Call) -> Outcome {
    let query = call.query();
    let (top, skip, count) = (TOP.count(&query)?, SKIP.count(&query)?, TOTAL.count(&query)?);
    if skip >= count {
        return Err(Fault::bad_request(format!("$skip {skip} is past end of dataset (total={count})")));
    }
    let end = (skip + top).min(count);
    let next_link = (end < count).then(|| format!("{}?$top={top}&$skip={end}&total={count}", call.own_url()));
    Ok(Answer::json(&ODataPage { value: Item::range(skip, end), count, next_link }))
}

fn cursor_route(name: &'static str, path: &'static str, example: &'static str, signal: Signal) -> Route {
    let mut body = json!({"items": example_items()});
    if let (Signal::Field(field), Some(body)) = (signal, body.as_object_mut()) {
        body.insert(field.into(), json!("NA"));
    }
    if let (Signal::Mixed, Some(body)) = (signal, body.as_object_mut()) {
        body.insert("next_cursor".into(), json!("NA"));
    }
    let about = match signal {
        Signal::Field("next_cursor") => "Pages by a cursor in `next_cursor`.",
        Signal::Field("nextCursor") => "Pages by a cursor in `nextCursor`.",
        Signal::Field("next_page_token") => "Pages by a cursor in `next_page_token`.",
        Signal::Field("nextPageToken") => "Pages by a cursor in `nextPageToken`.",
        Signal::Field(_) => "Pages by a cursor in `next`.",
        Signal::None => "Returns one page, without a sign that there are more.",
        Signal::Mixed => "Pages by a `Link` header and by `next_cursor`; both name the same next page.",
    };
    let route = Route::get(name, path, move |call| async move { cursor(&call, signal) })
        .about(about)
        .takes(&CURSOR)
        .takes(&LIMIT)
        .takes(&TOTAL)
        .example(example);
    let page = "The page, with the cursor of the next page when there is one.";
    match signal {
        Signal::Field("nextCursor") => route.answers::<CamelCursorPage>("200", page, body),
        Signal::Field("next_page_token") => route.answers::<TokenPage>("200", page, body),
        Signal::Field("nextPageToken") => route.answers::<CamelTokenPage>("200", page, body),
        Signal::Field("next") => route.answers::<NextPage>("200", page, body),
        Signal::Field(_) => route.answers::<CursorPage>("200", page, body),
        Signal::None => route.answers::<LonePage>("200", "The page.", body),
        Signal::Mixed => route
            .answers::<CursorPage>("200", page, body)
            .with_header("Link", "URL of the next page, when there is one."),
    }
}

/// Declares the schema of a page whose next one is named in a field. Only the document uses it.
macro_rules! page_shapes {
    ($($name:ident { $($field:ident)? })*) => {$(
        #[derive(ToSchema)]
        #[allow(dead_code, non_snake_case)]
        struct $name {
            /// Items of the page.
            items: Vec<Item>,
            $(/// Cursor of the next page.
            $field: Option<String>,)?
        }
    )*};
}

page_shapes! {
    CursorPage { next_cursor }
    CamelCursorPage { nextCursor }
    TokenPage { next_page_token }
    CamelTokenPage { nextPageToken }
    NextPage { next }
    LonePage {}
}

fn cursor(call: &Call, signal: Signal) -> Outcome {
    let query = call.query();
    let (limit, total) = (LIMIT.count(&query)?, TOTAL.count(&query)?);
    let offset = offset(&query)?;
    if offset >= total {
        return Err(Fault::bad_request(format!("cursor offset {offset} is past end of dataset (total={total})")));
    }
    let end = (offset + limit).min(total);
    let next = (end < total).then(|| CURSORS.encode(end.to_string()));
    let mut page = serde_json::Map::new();
    page.insert("items".into(), json!(Item::range(offset, end)));
    let field = match signal {
        Signal::Field(field) => Some(field),
        Signal::Mixed => Some("next_cursor"),
        Signal::None => None,
    };
    if let (Some(field), Some(next)) = (field, &next) {
        page.insert(field.into(), json!(next));
    }
    let answer = Answer::json(&page);
    Ok(match (signal, next) {
        (Signal::Mixed, Some(next)) => {
            let link = format!("<{}?cursor={next}&limit={limit}&total={total}>; rel=\"next\"", call.own_url());
            answer.header(LINK, link_value(&link)?)
        }
        _ => answer,
    })
}

/// Returns the offset in the cursor, 0 without one.
fn offset(query: &Query<'_>) -> Result<u64, Fault> {
    let Some(mut cursor) = CURSOR.read(query) else { return Ok(0) };
    if memchr::memchr2(b'\r', b'\n', &cursor).is_some() {
        // Base64 is often wrapped into lines (RFC 2045, section 6.8).
        cursor.to_mut().retain(|byte| !matches!(byte, b'\r' | b'\n'));
    }
    let text = CURSORS.decode(&*cursor).ok();
    text.and_then(|text| number::integer(&text))
        .and_then(|offset| u64::try_from(offset).ok())
        .ok_or_else(|| Fault::bad_request("cursor is malformed"))
}
