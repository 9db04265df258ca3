//! TCP in tunnels: nobody follows its conversations, but where frames are shown the analysis follows their numbers.

use rustc_hash::FxHashMap;

use crate::decode::skim::{Transport, from_tunnel};
use crate::decode::{Dissection, Layer};
use crate::model::Side;

use super::analysis::{Analysis, innermost};
use super::exchange;
use super::table::Key;

/// How many connections are followed, and how much memory what waits in them may take; then all are forgotten.
const CONNECTIONS_MAX: usize = 1 << 13;
const HELD_MAX: usize = 16 << 20;

/// The connections in tunnels.
#[derive(Debug, Default)]
pub(super) struct Tunneled {
    connections: FxHashMap<Key, Analysis>,
    held: usize,
}

impl Tunneled {
    /// Adds to the innermost segment in a tunnel, if there is one, what those before it say of it.
    pub(super) fn analyse(&mut self, d: &mut Dissection) {
        let Some(layer) = innermost(d, Layer::is_tunneled) else {
            return;
        };
        let Some(found) = from_tunnel(d) else { return };
        let Transport::Tcp(segment) = &found.transport else {
            return;
        };
        let ends = [(&found.src, segment.src), (&found.dst, segment.dst)];
        let (key, forth) = Key::new(exchange::TCP, ends[0], ends[1]);
        // Who asks does not matter, only which of the two sends.
        let from = if forth { Side::Client } else { Side::Server };
        if self.held > HELD_MAX || self.connections.len() >= CONNECTIONS_MAX {
            *self = Self::default();
        }
        let analysis = self.connections.entry(key).or_default();
        let before = analysis.held();
        analysis.analyse(from, segment, false, d, layer);
        self.held = (self.held + analysis.held()).saturating_sub(before);
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::Want;
    use crate::flow::testing::{ACK, SYN, Tape};
    use crate::model::Side::{self, Client, Server};

    /// A segment in a packet that GRE carries (RFC 2784); returns what is noticed of it.
    fn inside(tape: &mut Tape, from: Side, flags: u16, numbers: [u32; 2], data: &[u8]) -> String {
        let (src, dst) = match from {
            Client => (40_000u16, 22u16),
            Server => (22, 40_000),
        };
        let segment = [
            &src.to_be_bytes()[..],
            &dst.to_be_bytes(),
            &numbers[0].to_be_bytes(),
            &numbers[1].to_be_bytes(),
            &(0x5000 | flags).to_be_bytes(),
            &[3, 232, 0, 0, 0, 0],
            data,
        ];
        let packet = tape.ip(from, 6, &segment.concat());
        // All in one direction, as a mirror port sends them.
        let packet = tape.ip(Client, 47, &[&[0, 0, 8, 0], &packet[..]].concat());
        tape.frame(&packet);
        let keys = tape.d.fields.iter().map(|field| field.def.key);
        let found = keys.filter_map(|key| key.strip_prefix("tcp.analysis."));
        found.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn segments_in_a_tunnel_are_held_against_those_before_them() {
        let mut tape = Tape::new(Want::Fields);
        assert_eq!(inside(&mut tape, Client, SYN, [100, 0], b""), "");
        let rtt = "acks_frame ack_rtt";
        assert_eq!(inside(&mut tape, Server, SYN | ACK, [500, 101], b""), rtt);
        let rtt = "acks_frame ack_rtt initial_rtt";
        assert_eq!(inside(&mut tape, Client, ACK, [101, 501], b""), rtt);
        let flight = "initial_rtt bytes_in_flight push_bytes_sent";
        assert_eq!(inside(&mut tape, Client, ACK, [101, 501], b"abc"), flight);
        let lost = "initial_rtt flags lost_segment";
        assert_eq!(inside(&mut tape, Client, ACK, [204, 501], b"abc"), lost);
        // The conversation is the tunnel's.
        let flows = tape.finish();
        assert_eq!((flows.len(), flows[0].transport), (1, "gre"));
    }
}
