//! Options of pcapng blocks: code, length, value, padded to four bytes. A list that is cut or overlong ends where it breaks.

use crate::capture::order::Order;

/// A comment, in any block.
pub(super) const COMMENT: u16 = 1;

/// Walks over the options at the end of a block's body.
pub(super) struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    /// The options from offset `at` of a block's body.
    pub(super) fn new(order: Order, body: &'a [u8], at: usize) -> Self {
        Self {
            order,
            rest: body.get(at..).unwrap_or_default(),
        }
    }

    /// The byte order of the numbers in their values.
    pub(super) const fn order(&self) -> Order {
        self.order
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16(self.rest, 0)?;
        let length = usize::from(self.order.u16(self.rest, 2)?);
        if code == 0 {
            return None;
        }
        let value = self.rest.get(4..4 + length)?;
        self.rest = self
            .rest
            .get(4 + length.next_multiple_of(4)..)
            .unwrap_or_default();
        Some((code, value))
    }
}

/// An option's text; some writers end it with zero bytes.
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value)
        .trim_end_matches('\0')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_at_its_end_mark_and_where_it_breaks() {
        let bytes = [
            1, 0, 3, 0, b'a', b'b', b'c', 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0,
        ];
        let found: Vec<_> = Options::new(Order::Little, &bytes, 0).collect();
        assert_eq!(found, [(1, &b"abc"[..]), (2, &b""[..])]);
        for end in 0..bytes.len() {
            Options::new(Order::Little, &bytes[..end], 0).for_each(drop);
        }
        let overlong = [1, 0, 200, 0, b'a'];
        assert_eq!(Options::new(Order::Little, &overlong, 0).count(), 0);
    }
}
