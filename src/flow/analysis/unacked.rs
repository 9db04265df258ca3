//! The segments of a direction that wait for their acknowledgment: however many wait, an acknowledgment costs what it confirms.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::model::{PacketId, Timestamp};

/// How many segments of a direction are remembered until they are acknowledged; Wireshark remembers as many.
const UNACKED_MAX: usize = 10_000;
/// Bytes of memory that a segment takes in the three maps, about.
const WEIGHT: usize = 96;
/// Half of all sequence numbers: those so far before a number are behind it, the others before it (RFC 9293, section 3.4).
const HALF: u32 = 1 << 31;

/// Segments that wait for their acknowledgment.
#[derive(Debug, Default)]
pub(super) struct Unacked {
    /// The frames by the number behind their last byte, and by their arrival.
    ends: BTreeMap<(u32, u64), (PacketId, Timestamp)>,
    /// Those numbers, by arrival.
    arrivals: BTreeMap<u64, u32>,
    /// How many segments begin at a number; what was acknowledged of a segment is no part of it.
    starts: BTreeMap<u32, u32>,
    arrived: u64,
}

impl Unacked {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of memory.
    pub(super) fn held(&self) -> usize {
        self.len() * WEIGHT
    }

    /// Remembers a segment by its first number and the one behind its last, unless too many wait.
    pub(super) fn push(&mut self, seq: u32, next: u32, frame: PacketId, time: Timestamp) {
        if self.len() >= UNACKED_MAX {
            return;
        }
        self.arrived += 1;
        self.ends.insert((next, self.arrived), (frame, time));
        self.arrivals.insert(self.arrived, next);
        *self.starts.entry(seq).or_default() += 1;
    }

    /// The segment that has waited for longest.
    pub(super) fn oldest(&self) -> Option<(PacketId, Timestamp)> {
        let (&arrival, &next) = self.arrivals.first_key_value()?;
        self.ends.get(&(next, arrival)).copied()
    }

    /// Takes what is acknowledged from what waits. The first segment that ends there, if any, is the one that was meant.
    pub(super) fn acknowledge(&mut self, ack: u32) -> Option<(PacketId, Timestamp)> {
        let there = self.ends.range((ack, 0)..=(ack, u64::MAX)).next();
        let meant = there.map(|(_, &segment)| segment);
        let mut gone = 0;
        for part in ring(ack.wrapping_sub(HALF - 1), ack).into_iter().flatten() {
            let part = (*part.start(), 0)..=(*part.end(), u64::MAX);
            while let Some((&end, _)) = self.ends.range(part.clone()).next() {
                self.ends.remove(&end);
                self.arrivals.remove(&end.1);
                gone += 1;
            }
        }
        // Segments that began before it are gone, or begin with it now.
        let mut before: u32 = 0;
        for part in ring(ack.wrapping_sub(HALF), ack.wrapping_sub(1))
            .into_iter()
            .flatten()
        {
            while let Some((&seq, &count)) = self.starts.range(part.clone()).next() {
                self.starts.remove(&seq);
                before += count;
            }
        }
        if self.ends.is_empty() {
            self.starts.clear();
        } else if before > gone {
            *self.starts.entry(ack).or_default() += before - gone;
        }
        meant
    }

    /// From the first number to the one behind the last, counted from `base`.
    pub(super) fn extent(&self, base: u32) -> Option<u32> {
        let first = self.starts.range(base..).next();
        let (&first, _) = first.or_else(|| self.starts.first_key_value())?;
        let last = self.ends.range(..(base, 0)).next_back();
        let (&(last, _), _) = last.or_else(|| self.ends.last_key_value())?;
        Some(last.wrapping_sub(first))
    }
}

/// The numbers from one to another, which may lie behind the point where they wrap around.
fn ring(from: u32, to: u32) -> [Option<RangeInclusive<u32>>; 2] {
    if from <= to {
        [Some(from..=to), None]
    } else {
        [Some(from..=u32::MAX), Some(0..=to)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::direction::behind;
    use super::*;
    use proptest::prelude::*;

    /// The same, going through all segments each time.
    #[derive(Default)]
    struct Plain(Vec<(u32, u32, PacketId, Timestamp)>);

    impl Plain {
        fn acknowledge(&mut self, ack: u32) -> Option<(PacketId, Timestamp)> {
            let mut meant = None;
            self.0.retain_mut(|(seq, next, frame, time)| {
                if ack == *next {
                    meant.get_or_insert((*frame, *time));
                }
                if behind(ack, *seq) && behind(*next, ack) {
                    *seq = ack;
                }
                behind(*next, ack)
            });
            meant
        }

        fn extent(&self, base: u32) -> Option<u32> {
            let first = self.0.iter().map(|one| one.0.wrapping_sub(base)).min()?;
            let last = self.0.iter().map(|one| one.1.wrapping_sub(base)).max()?;
            Some(last.wrapping_sub(first))
        }
    }

    proptest! {
        #[test]
        fn every_answer_is_that_of_the_plain_way(
            base in prop_oneof![any::<u32>(), Just(0), Just(u32::MAX - 20)],
            steps in prop::collection::vec((any::<bool>(), -60..200i32, 1..40u32), 1..80),
        ) {
            let (mut plain, mut fast) = (Plain::default(), Unacked::default());
            for (n, (sends, at, len)) in (1..).zip(steps) {
                let at = base.wrapping_add_signed(at);
                if sends {
                    let (frame, time) = (PacketId(n), Timestamp(n as i64));
                    plain.0.push((at, at.wrapping_add(len), frame, time));
                    fast.push(at, at.wrapping_add(len), frame, time);
                } else {
                    prop_assert_eq!(plain.acknowledge(at), fast.acknowledge(at));
                }
                prop_assert_eq!(plain.extent(base), fast.extent(base));
                prop_assert_eq!(plain.0.len(), fast.len());
                let oldest = plain.0.first().map(|one| (one.2, one.3));
                prop_assert_eq!(oldest, fast.oldest());
            }
        }
    }

    #[test]
    fn what_lies_across_the_ring_is_behind_and_leaves_nothing() {
        let mut unacked = Unacked::default();
        unacked.push(5, 105, PacketId(1), Timestamp(1));
        assert_eq!(unacked.acknowledge(HALF + 105), None);
        assert_eq!(unacked.len(), 1);
        // Half of the numbers before its end, and more than half before its beginning.
        assert_eq!(unacked.acknowledge(HALF + 50), None);
        assert_eq!((unacked.len(), unacked.held()), (0, 0));
        assert_eq!((unacked.extent(0), unacked.oldest()), (None, None));
    }

    #[test]
    fn ten_thousand_segments_wait_at_most_and_each_is_found() {
        let mut unacked = Unacked::default();
        for n in 0..UNACKED_MAX as u32 + 10 {
            unacked.push(100, 20_000 + n, PacketId(u64::from(n)), Timestamp(0));
        }
        assert_eq!(unacked.len(), UNACKED_MAX);
        // Each of these takes a piece from the beginning of all.
        for ack in 101..20_000 {
            assert_eq!(unacked.acknowledge(ack), None);
            assert_eq!(unacked.extent(100), Some(30_000 - 1 - ack));
        }
        let meant = unacked.acknowledge(20_500);
        assert_eq!(meant, Some((PacketId(500), Timestamp(0))));
        assert_eq!(unacked.len(), UNACKED_MAX - 501);
        assert_eq!(unacked.acknowledge(40_000), None);
        assert_eq!(unacked.held(), 0);
    }
}
