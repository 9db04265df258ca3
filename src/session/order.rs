//! Things that end in any order, handed out in the order in which they began.

use std::collections::BTreeMap;

/// Keeps things until those that come before them are there, or until more wait than may.
pub(super) struct InOrder<K, T> {
    waiting: BTreeMap<K, T>,
    waiting_max: usize,
}

impl<K: Ord, T> InOrder<K, T> {
    pub(super) const fn new(waiting_max: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            waiting_max,
        }
    }

    pub(super) fn add(&mut self, place: K, thing: T) {
        self.waiting.insert(place, thing);
    }

    /// The first of them, if it `is_next` or too many wait; what it left behind comes when it ends.
    pub(super) fn next(&mut self, is_next: impl FnOnce(&K) -> bool) -> Option<T> {
        let first = self.waiting.first_entry()?;
        if !is_next(first.key()) && self.waiting.len() <= self.waiting_max {
            return None;
        }
        self.waiting.pop_first().map(|(_, thing)| thing)
    }

    /// All that wait, in order.
    pub(super) fn rest(self) -> impl Iterator<Item = T> {
        self.waiting.into_values()
    }
}
