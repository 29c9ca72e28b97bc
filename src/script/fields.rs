//! Fields of a head with the values of a request put in.

use bytes::Bytes;

use super::{
    act::{FieldBytes, PlannedHead, Refusal},
    bounds::MAX_EXPANDED_FIELDS,
    program::FieldOp,
    template::{TooLong, Values},
};

/// Replaces the templates of fields.
pub(super) fn fields(fields: &[FieldOp], values: &Values<'_>) -> Result<Vec<FieldBytes>, Refusal> {
    let mut left = MAX_EXPANDED_FIELDS;
    let mut list = Vec::with_capacity(fields.len() + 2);
    for field in fields {
        let value = field.value.expand_in_head(values).map_err(|TooLong| too_long("a field"))?;
        // A field that the script itself tells may be as long as the script.
        if field.value.plain().is_none() {
            left = left.checked_sub(value.len()).ok_or_else(|| too_long("the fields"))?;
        }
        list.push((field.name.clone(), value));
    }
    Ok(list)
}

pub(super) fn too_long(what: &str) -> Refusal {
    Refusal(format!("values of the request make {what} of the script too long"))
}

/// Returns true when a head has a field of this name.
pub(super) fn has(head: &PlannedHead, field: &str) -> bool {
    head.fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(field.as_bytes()))
}

/// Adds a field unless the script has one of this name.
pub(super) fn set_default(head: &mut PlannedHead, field: &'static str, value: &'static str) {
    if !has(head, field) {
        head.fields.push((name(field), name(value)));
    }
}

/// Returns a value that is the same for all requests as bytes of a field.
pub(super) fn name(name: &'static str) -> Bytes {
    Bytes::from_static(name.as_bytes())
}
