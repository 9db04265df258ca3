//! A few segments for each rule; the client's bytes begin at 101, the server's at 501.

use super::*;
use crate::decode::Dissection;
use crate::model::Span;
use Side::{Client, Server};

const FIN: u16 = TcpSkim::FIN;
const SYN: u16 = TcpSkim::SYN;
const RST: u16 = TcpSkim::RST;
const PSH: u16 = TcpSkim::PSH;
const ACK: u16 = TcpSkim::ACK;
const MS: i64 = 1_000_000;

/// A connection in the making, of frames a millisecond apart.
struct Tape {
    analysis: Analysis,
    d: Dissection,
    around: Around,
    window: u16,
    scale: Option<u8>,
}

impl Tape {
    fn new() -> Self {
        Self {
            analysis: Analysis::default(),
            d: Dissection::default(),
            around: Around {
                frame: PacketId(0),
                time: Timestamp(0),
                sacked: 0,
                reused: false,
            },
            window: 1000,
            scale: None,
        }
    }

    /// SYN, SYN-ACK, ACK in frames 1 to 3.
    fn connected() -> Self {
        let mut tape = Self::new();
        tape.send(Client, SYN, 100, 0, 0);
        tape.send(Server, SYN | ACK, 500, 101, 0);
        tape.send(Client, ACK, 101, 501, 0);
        tape
    }

    fn wait(&mut self, milliseconds: i64) {
        self.around.time.0 += milliseconds * MS;
    }

    /// A segment; returns what was found, as `key=value` without the fields that only head others.
    fn found(&mut self, from: Side, flags: u16, seq: u32, ack: u32, len: u32) -> Vec<String> {
        self.around.frame.0 += 1;
        self.wait(1);
        let skim = TcpSkim {
            src: 1,
            dst: 2,
            seq,
            ack,
            flags,
            window: self.window,
            window_scale: self.scale.filter(|_| flags & SYN != 0),
            payload: Span::default(),
            payload_len: len,
        };
        let found = self.analysis.take(from, &skim, &self.around);
        let fields = found.fields(&mut self.d).into_iter();
        let fields = fields.map(|(key, value, _)| {
            let key = key.trim_start_matches("tcp.analysis.");
            match value {
                crate::decode::Value::Num(n) => format!("{key}={n}"),
                crate::decode::Value::Text(..) => format!("{key}={}", self.d.text(value)),
                _ => key.to_owned(),
            }
        });
        let heads = ["tcp.analysis", "flags"];
        fields.filter(|f| !heads.contains(&f.as_str())).collect()
    }

    /// A segment; returns its signs.
    fn send(&mut self, from: Side, flags: u16, seq: u32, ack: u32, len: u32) -> String {
        let mut found = self.found(from, flags, seq, ack, len);
        found.retain(|field| !field.contains('='));
        found.join(" ")
    }
}

#[test]
fn acknowledgments_name_their_frame() {
    let mut tape = Tape::new();
    assert_eq!(tape.found(Client, SYN, 100, 0, 0), [""; 0]);
    let expected = ["acks_frame=1", "ack_rtt=0.001000000"];
    assert_eq!(tape.found(Server, SYN | ACK, 500, 101, 0), expected);
    let expected = [
        "acks_frame=2",
        "ack_rtt=0.001000000",
        "initial_rtt=0.002000000",
    ];
    assert_eq!(tape.found(Client, ACK, 101, 501, 0), expected);
    // Of two segments that one ACK confirms, the last counts.
    tape.send(Client, ACK, 101, 501, 100);
    tape.send(Client, ACK, 201, 501, 100);
    tape.wait(9);
    let found = tape.found(Server, ACK, 501, 301, 0);
    assert_eq!(found[..2], ["acks_frame=5", "ack_rtt=0.010000000"]);
    // An ACK within a segment confirms no frame.
    tape.send(Client, ACK, 301, 501, 100);
    assert_eq!(tape.found(Server, ACK, 501, 351, 0), [""; 0]);
    assert_eq!(tape.analysis.directions[0].unacked.len(), 1);
}

#[test]
fn bytes_in_flight() {
    let mut tape = Tape::connected();
    let rtt = "initial_rtt=0.002000000";
    let flight = |bytes, push| {
        [
            rtt.to_owned(),
            format!("bytes_in_flight={bytes}"),
            format!("push_bytes_sent={push}"),
        ]
    };
    assert_eq!(tape.found(Client, ACK, 101, 501, 100), flight(100, 100));
    let pushed = tape.found(Client, ACK | PSH, 201, 501, 50);
    assert_eq!(pushed, flight(150, 150));
    assert_eq!(tape.found(Client, ACK, 251, 501, 10), flight(160, 10));
    tape.send(Server, ACK, 501, 201, 0);
    assert_eq!(tape.found(Client, ACK, 261, 501, 10), flight(70, 20));
    // What was acknowledged selectively is not in flight.
    tape.around.sacked = 20;
    tape.window = 999;
    tape.send(Server, ACK, 501, 201, 0);
    tape.around.sacked = 0;
    assert_eq!(tape.found(Client, ACK, 271, 501, 10), flight(60, 30));
    // After a gap nobody knows, until the other side acknowledges something.
    let found = tape.found(Client, ACK, 381, 501, 10);
    assert_eq!(found, [rtt, "lost_segment"]);
    tape.send(Server, ACK, 501, 281, 0);
    assert_eq!(tape.found(Client, ACK, 391, 501, 10), flight(20, 40));
}

#[test]
fn retransmissions() {
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 100);
    tape.send(Client, ACK, 201, 501, 100);
    tape.wait(200);
    let found = tape.found(Client, ACK, 201, 501, 100).join(" ");
    assert!(
        found.ends_with("retransmission rto=0.202000000 rto_frame=4"),
        "{found}"
    );
    // All of it was acknowledged before.
    tape.send(Server, ACK, 501, 301, 0);
    let again = tape.send(Client, ACK, 201, 501, 100);
    assert_eq!(again, "retransmission spurious_retransmission");
    assert_eq!(tape.send(Client, ACK, 301, 501, 100), "");
}

#[test]
fn a_fast_retransmission_follows_two_duplicates_soon() {
    for (duplicates, wait, expected) in [
        (2, 0, "retransmission fast_retransmission"),
        (2, 18, "retransmission fast_retransmission"),
        (2, 19, "retransmission"),
        (1, 0, "out_of_order"),
        (1, 18, "retransmission"),
    ] {
        let mut tape = Tape::connected();
        tape.send(Client, ACK, 101, 501, 100);
        tape.send(Server, ACK, 501, 201, 0);
        assert_eq!(tape.send(Client, ACK, 301, 501, 100), "lost_segment");
        for _ in 0..duplicates {
            assert_eq!(tape.send(Server, ACK, 501, 201, 0), "duplicate_ack");
        }
        tape.around.time.0 -= MS * i64::from(duplicates);
        tape.analysis.directions[1].ack_time = tape.around.time;
        tape.wait(wait);
        assert_eq!(tape.send(Client, ACK, 201, 501, 100), expected);
    }
}

#[test]
fn what_comes_late_but_soon_was_overtaken() {
    // Within the round trip of the handshake, which took 2 ms here.
    for (wait, expected) in [(0, "out_of_order"), (1, "retransmission")] {
        let mut tape = Tape::connected();
        tape.send(Client, ACK, 201, 501, 100);
        tape.wait(wait);
        assert_eq!(tape.send(Client, ACK, 101, 501, 100), expected);
    }
    // Within 3 ms where no handshake was seen.
    for (wait, expected) in [(1, "out_of_order"), (2, "retransmission")] {
        let mut tape = Tape::new();
        tape.send(Client, ACK, 201, 501, 100);
        tape.wait(wait);
        assert_eq!(tape.send(Client, ACK, 101, 501, 100), expected);
    }
    // The very same bytes again were not overtaken; time that runs backwards is never soon.
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 100);
    assert_eq!(tape.send(Client, ACK, 101, 501, 100), "retransmission");
    tape.wait(-10);
    assert_eq!(tape.send(Client, ACK, 101, 501, 50), "retransmission");
}

#[test]
fn gaps() {
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 100);
    assert_eq!(tape.send(Client, ACK, 301, 501, 100), "lost_segment");
    assert_eq!(tape.send(Client, ACK, 401, 501, 100), "");
    assert_eq!(tape.send(Client, RST, 901, 0, 0), "");
    // The other side has what was not captured.
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 100);
    assert_eq!(tape.send(Server, ACK, 501, 301, 0), "ack_lost_segment");
    assert_eq!(tape.send(Server, RST, 501, 900, 0), "");
    // Where the other side is not captured at all, this is said once, until that side acknowledges something else.
    let mut tape = Tape::connected();
    assert_eq!(tape.send(Server, ACK, 501, 201, 0), "ack_lost_segment");
    assert_eq!(tape.send(Server, ACK, 501, 301, 0), "");
    tape.send(Server, ACK, 501, 301, 50);
    tape.send(Client, ACK, 301, 551, 0);
    assert_eq!(tape.send(Server, ACK, 551, 401, 0), "ack_lost_segment");
}

#[test]
fn duplicate_acknowledgments_are_counted() {
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 100);
    tape.send(Server, ACK, 501, 201, 0);
    for number in 1..4 {
        let found = tape.found(Server, ACK, 501, 201, 0);
        let number = format!("duplicate_ack_num={number}");
        let frame = "duplicate_ack_frame=5".to_owned();
        assert_eq!(found[1..], ["duplicate_ack".to_owned(), number, frame]);
    }
    // Bytes, another window, another number, or a FIN: not the same.
    let plain = tape.send(Server, ACK, 501, 201, 10);
    assert_eq!(plain, "");
    tape.window += 1;
    assert_eq!(tape.send(Server, ACK, 511, 201, 0), "window_update");
    assert_eq!(tape.send(Server, ACK, 512, 201, 0), "lost_segment");
    assert_eq!(tape.send(Server, FIN | ACK, 512, 201, 0), "");
    // A new number begins anew.
    tape.send(Client, ACK, 201, 513, 10);
    tape.send(Server, ACK, 513, 211, 0);
    let found = tape.found(Server, ACK, 513, 211, 0);
    assert!(
        found.contains(&"duplicate_ack_num=1".to_owned()),
        "{found:?}"
    );
}

#[test]
fn keep_alives() {
    for len in [0, 1] {
        let mut tape = Tape::connected();
        tape.send(Client, ACK, 101, 501, 100);
        tape.send(Server, ACK, 501, 201, 0);
        tape.wait(10_000);
        assert_eq!(tape.send(Client, ACK, 200, 501, len), "keep_alive");
        assert_eq!(tape.send(Server, ACK, 501, 201, 0), "keep_alive_ack");
        // Nobody asked.
        tape.send(Client, ACK, 201, 501, 0);
        assert_eq!(tape.send(Server, ACK, 501, 201, 0), "duplicate_ack");
        let again = tape.send(Client, ACK, 199, 501, 2);
        assert_eq!(again, "retransmission spurious_retransmission");
    }
}

#[test]
fn windows() {
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 500);
    // The server's window is 1000, from 101 on.
    assert_eq!(tape.send(Client, ACK, 601, 501, 500), "window_full");
    tape.window = 0;
    assert_eq!(tape.send(Server, ACK, 501, 1101, 0), "zero_window");
    tape.window = 1000;
    assert_eq!(tape.send(Client, ACK, 1101, 501, 1), "zero_window_probe");
    tape.window = 0;
    let answer = tape.send(Server, ACK, 501, 1101, 0);
    assert_eq!(answer, "zero_window zero_window_probe_ack");
    tape.window = 500;
    assert_eq!(tape.send(Server, ACK, 501, 1101, 0), "window_update");
    // The byte of the probe comes again with those behind it.
    tape.window = 1000;
    assert_eq!(tape.send(Client, ACK, 1101, 501, 400), "");
}

#[test]
fn a_probe_may_be_taken() {
    let mut tape = Tape::connected();
    tape.send(Client, ACK, 101, 501, 100);
    tape.window = 0;
    tape.send(Server, ACK, 501, 201, 0);
    tape.window = 1000;
    assert_eq!(tape.send(Client, ACK, 201, 501, 1), "zero_window_probe");
    tape.window = 0;
    let answer = tape.send(Server, ACK, 501, 202, 0);
    assert_eq!(answer, "zero_window zero_window_probe_ack");
    tape.window = 1000;
    assert_eq!(tape.send(Client, ACK, 202, 501, 1), "zero_window_probe");
}

#[test]
fn windows_are_scaled_when_both_sides_do() {
    for (server, full) in [(Some(1), 2000), (None, 1000)] {
        let mut tape = Tape::new();
        tape.scale = Some(3);
        tape.send(Client, SYN, 100, 0, 0);
        tape.scale = server;
        tape.send(Server, SYN | ACK, 500, 101, 0);
        tape.send(Client, ACK, 101, 501, 0);
        // The window of a SYN is never scaled.
        assert_eq!(tape.send(Client, ACK, 101, 501, 1000), "window_full");
        tape.send(Server, ACK, 501, 1101, 0);
        assert_eq!(tape.send(Client, ACK, 1101, 501, full), "window_full");
    }
    // Nobody knows without a SYN.
    let mut tape = Tape::new();
    tape.send(Server, ACK, 501, 101, 10);
    assert_eq!(tape.send(Client, ACK, 101, 511, 1000), "");
}

#[test]
fn ports_that_are_used_again() {
    let mut tape = Tape::connected();
    let again = tape.send(Client, SYN, 100, 0, 0);
    assert_eq!(again, "retransmission");
    assert_eq!(tape.send(Client, SYN, 9000, 0, 0), "reused_ports");
    // A RST without a number, and then the port opens: Wireshark calls that used again too.
    tape.send(Server, RST | ACK, 0, 9001, 0);
    let open = tape.send(Server, SYN | ACK, 700, 9001, 0);
    assert_eq!(open, "reused_ports");
    // Another one came before; of one whose SYN is missing, the SYN-ACK tells.
    let mut tape = Tape::new();
    tape.around.reused = true;
    assert_eq!(tape.send(Client, SYN, 100, 0, 0), "reused_ports");
    assert_eq!(tape.send(Server, SYN | ACK, 500, 101, 0), "");
    let mut tape = Tape::new();
    tape.around.reused = true;
    assert_eq!(tape.send(Server, SYN | ACK, 500, 101, 0), "reused_ports");
    assert_eq!(tape.send(Client, ACK, 101, 501, 0), "");
}

#[test]
fn numbers_wrap_around() {
    let mut tape = Tape::new();
    tape.send(Client, SYN, u32::MAX - 100, 0, 0);
    tape.send(Server, SYN | ACK, 500, u32::MAX - 99, 0);
    tape.send(Client, ACK, u32::MAX - 99, 501, 0);
    let found = tape.found(Client, ACK, u32::MAX - 99, 501, 200);
    assert_eq!(found[1], "bytes_in_flight=200");
    assert_eq!(
        tape.found(Client, ACK, 100, 501, 50)[1],
        "bytes_in_flight=250"
    );
    assert_eq!(tape.send(Client, ACK, 160, 501, 50), "lost_segment");
    tape.wait(100);
    let again = tape.send(Client, ACK, u32::MAX - 99, 501, 200);
    assert_eq!(again, "retransmission");
    tape.send(Server, ACK, 501, 100, 0);
    let again = tape.send(Client, ACK, u32::MAX - 99, 501, 200);
    assert_eq!(again, "retransmission spurious_retransmission");
    // The last number before they wrap around: a keep-alive, a probe, a full window.
    let mut tape = Tape::new();
    tape.send(Server, ACK, 501, u32::MAX, 0);
    tape.send(Client, ACK, u32::MAX - 10, 501, 11);
    tape.send(Client, ACK, 0, 501, 10);
    assert_eq!(tape.send(Client, ACK, 9, 501, 0), "keep_alive");
    tape.window = 0;
    tape.send(Server, ACK, 501, 10, 0);
    tape.window = 1000;
    assert_eq!(tape.send(Client, ACK, 10, 501, 1), "zero_window_probe");
    let mut tape = Tape::new();
    tape.send(Client, SYN, u32::MAX - 1, 0, 0);
    tape.send(Server, SYN | ACK, 500, u32::MAX, 0);
    tape.send(Client, ACK, u32::MAX, 501, 0);
    let full = tape.send(Client, ACK, u32::MAX, 501, 1000);
    assert_eq!(full, "window_full");
}

#[test]
fn a_side_that_asks_with_duplicates_is_not_said_to_be_uncaptured() {
    let mut tape = Tape::connected();
    assert_eq!(tape.send(Client, ACK, 101, 501, 0), "duplicate_ack");
    assert_eq!(tape.send(Server, ACK, 501, 201, 0), "");
    assert_eq!(tape.send(Server, ACK, 501, 301, 0), "");
    // Asked again.
    assert_eq!(tape.send(Client, ACK, 101, 501, 0), "duplicate_ack");
    assert_eq!(tape.send(Server, ACK, 501, 401, 0), "");
    // Another number: asked no more.
    tape.send(Server, ACK, 501, 401, 10);
    tape.send(Client, ACK, 101, 511, 0);
    assert_eq!(tape.send(Server, ACK, 511, 501, 0), "ack_lost_segment");
}

#[test]
fn the_round_trip_of_the_handshake_counts_from_the_next_segment_on() {
    let mut tape = Tape::new();
    tape.send(Client, SYN, 100, 0, 0);
    tape.wait(50);
    tape.send(Server, SYN | ACK, 500, 101, 0);
    tape.wait(9);
    // Within 60 ms, but that the handshake took so long is known only now.
    assert_eq!(tape.send(Server, ACK, 400, 101, 50), "retransmission");
    assert_eq!(tape.send(Server, ACK, 400, 101, 50), "out_of_order");
}

#[test]
fn bytes_sent_again_with_new_ones_behind_them() {
    for (wait, expected) in [(0, "out_of_order"), (100, "retransmission")] {
        let mut tape = Tape::connected();
        tape.send(Client, ACK, 101, 501, 100);
        tape.wait(wait);
        assert_eq!(tape.send(Client, ACK, 151, 501, 100), expected);
        // The new ones count: what follows is in order.
        let found = tape.found(Client, ACK, 251, 501, 10);
        assert_eq!(found[1..2], ["bytes_in_flight=160"]);
        // Half of it is acknowledged: that is not spurious yet; then all of it.
        tape.send(Server, ACK, 501, 151, 0);
        tape.wait(100);
        assert_eq!(tape.send(Client, ACK, 101, 501, 100), "retransmission");
        tape.send(Server, ACK, 501, 201, 0);
        let again = tape.send(Client, ACK, 101, 501, 100);
        assert_eq!(again, "retransmission spurious_retransmission");
    }
}

#[test]
fn syn_and_fin_are_sent_again_too() {
    let mut tape = Tape::connected();
    tape.wait(100);
    assert_eq!(tape.send(Server, SYN | ACK, 500, 101, 0), "retransmission");
    tape.send(Client, FIN | ACK, 101, 501, 0);
    tape.wait(100);
    assert_eq!(tape.send(Client, FIN | ACK, 101, 501, 0), "retransmission");
    // Without bytes it is never spurious, though it was acknowledged.
    tape.send(Server, ACK, 501, 102, 0);
    tape.wait(100);
    assert_eq!(tape.send(Client, FIN | ACK, 101, 501, 0), "retransmission");
    // A reset is nothing of the kind.
    assert_eq!(tape.send(Client, RST, 101, 0, 0), "");
}

#[test]
fn what_is_no_probe_of_a_closed_window() {
    let mut tape = Tape::connected();
    tape.window = 0;
    tape.send(Server, ACK, 501, 101, 0);
    // No segment with FIN or RST says that the window is closed.
    assert_eq!(tape.send(Server, FIN | ACK, 501, 101, 0), "");
    tape.window = 1000;
    assert_eq!(tape.send(Client, ACK, 101, 502, 2), "");
    assert_eq!(tape.send(Client, ACK, 104, 502, 1), "lost_segment");
    // The window of a side that was not captured is not known.
    let mut tape = Tape::new();
    assert_eq!(tape.send(Client, ACK, 101, 501, 1), "");
    // A closed window that opens with bytes is no update.
    let mut tape = Tape::connected();
    tape.window = 0;
    assert_eq!(tape.send(Server, ACK, 501, 101, 5), "zero_window");
    tape.window = 1000;
    assert_eq!(tape.send(Server, ACK, 506, 101, 5), "");
}

#[test]
fn memory_is_bounded() {
    let mut tape = Tape::connected();
    for n in 0..10_010 {
        tape.send(Client, FIN | ACK, 101 + n, 501, 0);
    }
    assert_eq!(tape.analysis.directions[0].unacked.len(), 10_000);
    assert!(tape.send(Server, ACK, 501, 10_111, 0).is_empty());
    assert_eq!(tape.analysis.directions[0].unacked.len(), 0);
    assert_eq!(tape.analysis.held(), 0);
    tape.send(Client, ACK, 10_111, 501, 1);
    tape.analysis.give_up();
    assert_eq!(tape.analysis.held(), 0);
}

#[test]
fn fields_stand_behind_those_of_their_layer() {
    let mut tape = super::super::testing::Tape::new(crate::flow::Want::Fields);
    tape.handshake();
    // The same ACK once more, in a frame with a trailer.
    let ack = [
        &40_000u16.to_be_bytes()[..],
        &[0, 22, 0, 0, 0, 101, 0, 0, 1, 245, 0x50, 0x10, 3, 232],
        &[0, 0, 0, 0],
    ];
    let mut packet = tape.ip(Client, 6, &ack.concat());
    packet.extend([0xaa; 6]);
    assert_eq!(tape.frame(&packet), "tcp.duplicate_ack");
    let keys = |key| {
        let mut layers = tape.d.layers.iter().rev();
        let layer = layers.find(|layer| layer.protocol.key == key);
        let fields = layer.map_or(&[][..], |layer| tape.d.fields_of(layer));
        fields.iter().map(|f| f.def.key).collect::<Vec<_>>()
    };
    let tcp = keys("tcp");
    assert_eq!(tcp.first(), Some(&"tcp.srcport"));
    let last = ["duplicate_ack", "duplicate_ack_num", "duplicate_ack_frame"];
    let last = last.map(|key| format!("tcp.analysis.{key}"));
    assert_eq!(tcp[tcp.len() - 3..], last);
    assert_eq!(keys("eth"), ["eth.trailer"]);
}

#[test]
fn a_header_that_its_packet_has_no_room_for_has_no_numbers() {
    let mut tape = super::super::testing::Tape::new(crate::flow::Want::Fields);
    tape.handshake();
    let analysed = |tape: &super::super::testing::Tape| {
        let keys = tape.d.fields.iter().map(|f| f.def.key);
        keys.filter(|key| key.starts_with("tcp.analysis")).count()
    };
    // A SYN with another number, of 20 bytes that are said to be 40 or none; then bytes where the old connection stands.
    for length in [0xa0, 0x00] {
        let syn = [
            &40_000u16.to_be_bytes()[..],
            &[0, 22, 9, 9, 9, 9, 0, 0, 0, 0, length, 2, 3, 232],
            &[0, 0, 0, 0],
        ];
        let packet = tape.ip(Client, 6, &syn.concat());
        tape.frame(&packet);
        assert_eq!(analysed(&tape), 0);
    }
}
