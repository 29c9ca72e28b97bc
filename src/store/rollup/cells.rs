//! Cells of a minute or an hour, and their encoding: a version, then for each cell its key, count, sum and histogram.
//! Numbers are of variable length (LEB128), texts are preceded by their length.

use std::collections::HashMap;

use actors::audit::{Event, Text};

use super::histogram::{Sparse, bucket};

const VERSION: u8 = 1;

/// Key of a cell: everything that a filter or a breakdown can refer to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) struct Key {
    pub(super) route_name: Option<Text>,
    pub(super) endpoint_group: Option<Text>,
    pub(super) auth_type: Option<Text>,
    pub(super) source: Text,
    pub(super) status: i32,
    pub(super) success: bool,
}

impl Key {
    fn of(event: &Event) -> Self {
        Self {
            route_name: event.route_name.clone(),
            endpoint_group: event.endpoint_group.clone(),
            auth_type: event.auth_type.clone(),
            source: event.source.as_str().into(),
            status: event.status.into(),
            success: event.success,
        }
    }
}

/// Counts of the events with one key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) count: u64,
    /// Sum of the durations in milliseconds.
    pub(super) duration_ms: f64,
    histogram: Sparse,
}

/// Cells by their key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Cells(HashMap<Key, Cell>);

impl Cells {
    /// Counts an event.
    pub(in crate::store) fn add(&mut self, event: &Event) {
        self.add_one(Key::of(event), event.duration_ms);
    }

    /// Counts an event of that key.
    pub(super) fn add_one(&mut self, key: Key, duration_ms: f64) {
        let cell = self.0.entry(key).or_default();
        cell.count += 1;
        cell.duration_ms += duration_ms;
        cell.histogram.add(bucket(duration_ms), 1);
    }

    /// Adds encoded cells.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are not in our encoding.
    pub(in crate::store) fn add_all(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        read(bytes, |coded| {
            let cell = self.0.entry(coded.key).or_default();
            cell.count += coded.count;
            cell.duration_ms += coded.duration_ms;
            let histogram = &mut cell.histogram;
            coded.buckets.each(|bucket, count| histogram.add(bucket, count))
        })
    }

    /// Events counted.
    pub(in crate::store) fn events(&self) -> u64 {
        self.0.values().map(|cell| cell.count).sum()
    }

    pub(in crate::store) fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for (key, cell) in &self.0 {
            for text in [&key.route_name, &key.endpoint_group, &key.auth_type, &Some(key.source.clone())] {
                // 0 means none.
                number(&mut out, text.as_ref().map_or(0, |text| text.len() as u64 + 1));
                out.extend_from_slice(text.as_deref().unwrap_or_default().as_bytes());
            }
            out.extend_from_slice(&key.status.to_le_bytes());
            out.push(key.success.into());
            number(&mut out, cell.count);
            out.extend_from_slice(&cell.duration_ms.to_le_bytes());
            number(&mut out, cell.histogram.len() as u64);
            let mut last = 0;
            for (bucket, count) in cell.histogram.iter() {
                number(&mut out, (bucket - last).into());
                number(&mut out, count);
                last = bucket;
            }
        }
        out
    }
}

/// Error for rollups that can't be decoded.
#[derive(Debug, thiserror::Error)]
#[error("rollups are malformed")]
pub(in crate::store) struct Malformed;

/// Cell while it is being decoded.
pub(super) struct Coded<'b, 'c> {
    pub(super) key: Key,
    pub(super) count: u64,
    pub(super) duration_ms: f64,
    pub(super) buckets: Buckets<'b, 'c>,
}

/// Encoded histogram of a cell. It can be skipped.
pub(super) struct Buckets<'b, 'c> {
    left: u64,
    bytes: &'c mut Bytes<'b>,
}

impl Buckets<'_, '_> {
    pub(super) fn each(mut self, mut take: impl FnMut(u32, u64)) -> Result<(), Malformed> {
        let mut bucket = 0_u32;
        while self.left > 0 {
            let step = u32::try_from(self.bytes.number()?).map_err(|_| Malformed)?;
            bucket = bucket.checked_add(step).ok_or(Malformed)?;
            take(bucket, self.bytes.number()?);
            self.left -= 1;
        }
        Ok(())
    }

    pub(super) fn pass(self) -> Result<(), Malformed> {
        self.each(|_, _| {})
    }
}

/// Decodes cell by cell. `take` reads or skips the histogram of each.
///
/// # Errors
/// [`Malformed`] when the bytes are not in our encoding.
pub(super) fn read(
    bytes: &[u8],
    mut take: impl FnMut(Coded<'_, '_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let (version, rest) = bytes.split_first().ok_or(Malformed)?;
    if *version != VERSION {
        return Err(Malformed);
    }
    let mut bytes = Bytes(rest);
    while !bytes.0.is_empty() {
        let key = Key {
            route_name: bytes.text()?,
            endpoint_group: bytes.text()?,
            auth_type: bytes.text()?,
            source: bytes.text()?.ok_or(Malformed)?,
            status: i32::from_le_bytes(bytes.array()?),
            success: bytes.array::<1>()? == [1],
        };
        let count = bytes.number()?;
        let duration_ms = f64::from_le_bytes(bytes.array()?);
        let left = bytes.number()?;
        take(Coded { key, count, duration_ms, buckets: Buckets { left, bytes: &mut bytes } })?;
    }
    Ok(())
}

/// Bytes still to decode.
pub(super) struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    fn text(&mut self) -> Result<Option<Text>, Malformed> {
        let Some(length) = usize::try_from(self.number()?).map_err(|_| Malformed)?.checked_sub(1) else {
            return Ok(None);
        };
        let (text, rest): (&'b [u8], _) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(Some(std::str::from_utf8(text).map_err(|_| Malformed)?.to_owned().into()))
    }
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn key() -> impl Strategy<Value = Key> {
        let text = proptest::option::of(".{0,8}".prop_map(Text::from));
        (text.clone(), text.clone(), text, ".{0,3}", any::<i32>(), any::<bool>()).prop_map(
            |(route_name, endpoint_group, auth_type, source, status, success)| Key {
                route_name,
                endpoint_group,
                auth_type,
                source: source.into(),
                status,
                success,
            },
        )
    }

    proptest! {
        #[test]
        fn cells_come_back_from_their_bytes(events in prop::collection::vec((key(), 0.0..1e7), 0..40)) {
            let mut cells = Cells::default();
            events.iter().for_each(|(key, duration_ms)| cells.add_one(key.clone(), *duration_ms));
            let bytes = cells.to_bytes();
            let mut read = Cells::default();
            read.add_all(&bytes).unwrap();
            prop_assert_eq!(&read, &cells);
            prop_assert_eq!(read.events(), events.len() as u64);
            for cut in 0..bytes.len() {
                let _ = Cells::default().add_all(&bytes[..cut]);
            }
        }

        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Cells::default().add_all(&bytes);
        }
    }
}
