//! The cursor's checksums: verified where every field is recorded, against the bytes of the layer and, for what IP carries,
//! the addresses of the packet around it.

use std::net::IpAddr;

use crate::model::{LinkType, Span};

use super::Cursor;
use crate::decode::checksum::{Checksum, Envelope, Status, Sum};
use crate::decode::{Fault, FaultKind, Value};

impl Cursor<'_, '_> {
    /// Says what the IP packet of this layer tells those that it carries.
    pub fn carry(&mut self, envelope: Envelope) {
        if self.d.detail {
            self.d.envelope = Some(envelope);
        }
    }

    /// What the IP packet around this layer says of itself; known only while every field is recorded.
    #[must_use]
    pub const fn envelope(&self) -> Option<Envelope> {
        self.d.envelope
    }

    /// Corrects the sender of the packet around this layer; `None` when it cannot be told.
    pub fn sent_from(&mut self, src: Option<IpAddr>) {
        if let Some(envelope) = &mut self.d.envelope {
            envelope.src = src;
        }
    }

    /// Corrects the final destination of the packet around this layer; `None` when it cannot be told.
    pub fn bound_for(&mut self, dst: Option<IpAddr>) {
        if let Some(envelope) = &mut self.d.envelope {
            envelope.dst = dst;
        }
    }

    /// Says that the packet around this layer is only a part of one.
    pub fn in_pieces(&mut self) {
        if let Some(envelope) = &mut self.d.envelope {
            envelope.piece = true;
        }
    }

    /// The link is Ethernet.
    #[must_use]
    pub fn on_ethernet(&self) -> bool {
        self.d.link == LinkType::ETHERNET
    }

    /// This layer is part of a packet that another one quotes.
    #[must_use]
    pub const fn quoted(&self) -> bool {
        self.quoted
    }

    /// Reads a checksum over so many bytes of this layer, as a length in it says, or over all that the packet carries; and
    /// verifies it where every field is recorded.
    ///
    /// # Errors
    /// A [`Fault`] past the end.
    pub fn checksum(&mut self, sum: &Checksum, len: Option<usize>) -> Result<(), Fault> {
        let here = self.d.envelope.is_some_and(|envelope| {
            let judged = sum.in_quotes || !self.quoted;
            judged && !envelope.piece && (envelope.whole || len.is_some())
        });
        let len = len.unwrap_or_else(|| self.layer_bytes().len());
        self.verify(sum, len, here)
    }

    /// Reads the checksum of a header of so many bytes, which needs nothing but itself.
    ///
    /// # Errors
    /// A [`Fault`] past the end.
    pub fn header_checksum(&mut self, sum: &Checksum, len: usize) -> Result<(), Fault> {
        self.verify(sum, len, true)
    }

    fn verify(&mut self, sum: &Checksum, len: usize, here: bool) -> Result<(), Fault> {
        let at = self.at;
        let found = self.u16(sum.value)?;
        if !self.d.detail || self.d.mute {
            return Ok(());
        }
        let envelope = self.d.envelope;
        let place = Span::bytes(self.buf, at as u32, 0);
        let told = |c: &mut Self, status: Status| {
            c.put(sum.status, place, Value::Num(status as u64));
        };
        if sum.optional && found == 0 {
            self.without(sum, at, told);
            return Ok(());
        }
        let covered = self.layer_bytes().get(..len).filter(|_| here);
        let pseudo = |len| match (sum.pseudo, &envelope) {
            (None, _) => Some(Sum::default()),
            (Some(protocol), Some(envelope)) => Sum::default().pseudo(envelope, protocol, len),
            (Some(_), None) => None,
        };
        let begun = pseudo(len);
        let offset = at - self.start;
        let halves =
            covered.and_then(|bytes| Some((bytes.get(..offset)?, bytes.get(offset + 2..)?)));
        let (Some((before, behind)), Some(begun)) = (halves, begun) else {
            told(self, Status::Unverified);
            return Ok(());
        };
        // The field lies at an even offset, so that the bytes behind it begin a word too.
        let rest = begun.add(before).add(behind);
        let good = rest.add(&found.to_be_bytes()).folded() == 0xffff;
        let mut right = if good { found } else { !rest.folded() };
        if sum.optional && right == 0 {
            right = 0xffff;
        }
        if let Some(calculated) = sum.calculated {
            self.nest(|c| {
                c.put(calculated, place, Value::Num(right.into()));
                Ok(())
            })?;
        }
        told(self, if good { Status::Good } else { Status::Bad });
        // Routers and translators change what is quoted later, and need not mend its sums.
        if !good && !self.quoted {
            // Windows leaves the length out where the card shall cut the segment too.
            let partial = [Some(begun), pseudo(0)].map(|sum| sum.map(Sum::folded));
            let offloaded = sum.pseudo.is_some() && partial.contains(&Some(found));
            let field = sum.value.key;
            let kind = if offloaded {
                FaultKind::PartialSum { field, found }
            } else if found == 0 && sum.pseudo.is_none() {
                FaultKind::NoSum { field }
            } else {
                FaultKind::BadSum {
                    field,
                    found,
                    right,
                }
            };
            self.doubt(at, kind);
        }
        Ok(())
    }

    /// A checksum of 0, which says that there is none.
    fn without(&mut self, sum: &Checksum, at: usize, told: impl FnOnce(&mut Self, Status)) {
        let src = self.d.envelope.and_then(|envelope| envelope.src);
        // What is only quoted is not judged.
        if self.quoted || src.is_some_and(|ip| ip.is_ipv4()) {
            return told(self, Status::NotPresent);
        }
        told(self, Status::Illegal);
        let kind = FaultKind::BadValue {
            field: sum.value.key,
            rule: "other than 0 over IPv6, whose header has no checksum; only tunnels may agree on 0",
        };
        self.doubt(at, kind);
    }

    /// A fault that counts only when the layer has no other: its bytes could be read.
    fn doubt(&mut self, at: usize, kind: FaultKind) {
        let at = at as u32;
        self.doubt.get_or_insert(Fault { kind, at });
    }

    /// The layer was read: notes what is doubtful about it.
    pub(in crate::decode) fn settle(&mut self) {
        if let Some(doubt) = self.doubt.take() {
            self.note(doubt);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::decode::{BufferKind, Dissection, Next, decode_frame, decode_span};
    use crate::model::{LinkType, PacketId, Span, Timestamp};

    /// The first segment of the sample capture `curl-https`.
    const SYN: &str = "4500003c59ee40004006e2b6c0a80164cb00710a\
                       bff001bb5827fd6700000000a002faf093c80000020405b40402080a2e66758b000000000103030a";
    /// The first query of the sample capture `dns-lookup`.
    const QUERY: &str = "4500005a7e360000401178a7c0a80164c0a80101\
                         a48200350046a7fe06f801200001000000000001037777770473686f70076578616d706c65\
                         0474657374000001000100002904d000000000000c000a0008a347fc96b85ceb80";
    /// An echo request on its way to 2200::210:2:0:0:4, of the corpus of tcpdump (ipv6-routing-header.pcap, frame 1).
    const ROUTED: &str = "6000000000202b04220000000000024402123ffffeae22f7220000000000024000020000000000043a0200010000000022\
                          0000000000021000020000000000048000d3ab00000000";

    /// The statuses in wire order, and what is said of them.
    fn sums(seen: &Seen) -> (Vec<String>, Vec<(&'static str, &'static str)>) {
        let keys = ["ip", "tcp", "udp", "icmpv6"].map(|p| format!("{p}.checksum.status"));
        let found = keys.iter().flat_map(|key| seen.all(key)).collect();
        (found, seen.all_faults())
    }

    fn after(hex: &str, from: &str, to: &str) -> (Vec<String>, Vec<(&'static str, &'static str)>) {
        assert!(hex.contains(from), "{from}");
        let link = if hex.starts_with('4') {
            LinkType::IPV4
        } else {
            LinkType::IPV6
        };
        sums(&see(link, &hex.replacen(from, to, 1)))
    }

    #[test]
    fn sums_that_the_bytes_give() {
        let seen = see(LinkType::IPV4, SYN);
        assert_eq!(sums(&seen), (vec!["1 (good)".to_owned(); 2], vec![]));
        assert_eq!(seen.first("ip.checksum_calculated"), "0xe2b6");
        assert_eq!(seen.first("tcp.checksum_calculated"), "0x93c8");
        assert_eq!(seen.place("tcp.checksum.status"), Some((36, 0)));
        let (found, faults) = after(QUERY, "a7fe", "a7fe");
        assert_eq!((found.len(), faults.len()), (2, 0));
    }

    #[test]
    fn one_bit_more_is_bad_and_hides_nothing() {
        let seen = see(LinkType::IPV4, &SYN.replacen("faf0", "faf1", 1));
        let (found, faults) = sums(&seen);
        assert_eq!(found, ["1 (good)", "0 (bad)"]);
        assert_eq!(faults, [("tcp", "bad-checksum")]);
        assert_eq!(seen.first("tcp.checksum_calculated"), "0x93c7");
        assert_eq!(seen.all("tcp.option_kind").len(), 5);
        let fault = seen.d.layers[1].fault.as_ref().map(ToString::to_string);
        assert!(fault.is_some_and(|text| {
            text.contains("`tcp.checksum` is 0x93c8, but the bytes give 0x93c7")
        }));
        // What cannot be read is said first.
        let (_, faults) = after(SYN, "03030a", "03040a");
        assert_eq!(faults, [("tcp", "bad-length")]);
    }

    #[test]
    fn what_the_network_card_fills_in() {
        // The sum of the pseudo-header, not complemented, as Linux leaves it.
        let (found, faults) = after(SYN, "93c8", "fe45");
        assert_eq!(found, ["1 (good)", "0 (bad)"]);
        assert_eq!(faults, [("tcp", "checksum-offload")]);
        let (_, faults) = after(SYN, "93c8", "fe46");
        assert_eq!(faults, [("tcp", "bad-checksum")]);
        // Windows leaves the lengths and the header's checksum too (corpus of tcpdump, ipv4_tcp_http_xml_tso.pcap, shortened).
        let large = "4500000042c94000800600001e07b579c72b44a39a841f9070bb89c82b5b50d750180100df550000504f5354";
        let (_, faults) = after(large, "4500", "4500");
        assert_eq!(
            faults,
            [("ip", "checksum-offload"), ("tcp", "checksum-offload")]
        );
    }

    #[test]
    fn no_checksum_is_for_ipv4_only() {
        let (found, faults) = after(QUERY, "a7fe", "0000");
        assert_eq!(found, ["1 (good)", "3 (not present)"]);
        assert!(faults.is_empty());
        let query = &QUERY[40..].replacen("a7fe", "0000", 1);
        let head =
            "60000000 0046 1140 fe800000000000000000000000000001 fe800000000000000000000000000002";
        let (found, faults) = after(&format!("{head}{query}"), "6000", "6000");
        assert_eq!(found, ["4 (illegal)"]);
        assert_eq!(faults, [("udp", "bad-value")]);
    }

    #[test]
    fn the_final_destination_counts_while_it_is_ahead() {
        let (found, faults) = after(ROUTED, "3a020001", "3a020001");
        assert_eq!((found, faults.len()), (vec!["1 (good)".to_owned()], 0));
        // Without a segment left, the packet would have arrived at the address in the header.
        let (found, faults) = after(ROUTED, "3a020001", "3a020000");
        assert_eq!(found, ["0 (bad)"]);
        assert_eq!(faults, [("icmpv6", "bad-checksum")]);
    }

    #[test]
    fn what_is_not_all_here_is_not_judged() {
        let bytes = |hex: &str| -> Vec<u8> {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (0..hex.len()).step_by(2).map(byte).collect()
        };
        let status = |d: &Dissection, key: &str| d.number(&format!("{key}.checksum.status"));
        let mut d = Dissection::default();
        d.begin(PacketId(1), Timestamp(0), LinkType::IPV4, 60, 40);
        decode_frame(&bytes(&SYN[..80]), &mut d);
        assert_eq!((status(&d, "ip"), status(&d, "tcp")), (Some(1), Some(2)));

        // A fragment waits; put together, the datagram is judged.
        let mut first = bytes(QUERY);
        first[6] = 0x20;
        d.begin(PacketId(2), Timestamp(0), LinkType::IPV4, 90, 90);
        decode_frame(&first, &mut d);
        assert!(d.fragment.take().is_some());
        assert_eq!(status(&d, "udp"), None);
        let whole = &first[20..];
        let buf = d.add_buffer(BufferKind::Reassembled, whole, &[]).unwrap();
        decode_span(&first, &mut d, Next::IpProto(17), Span::bytes(buf, 0, 70));
        assert_eq!(status(&d, "udp"), Some(1));
    }
}
