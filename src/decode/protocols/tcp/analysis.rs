//! What Wireshark's TCP analysis says of a segment, as fields: nothing of it is on the wire.
//!
//! The flow room finds it, as it knows the segments before; here are only the names.

use crate::decode::{Show, fields};

fields! {
    ANALYSIS: "tcp.analysis", "Analysis", Show::Heading, "What the segments before this one say about it, by Wireshark's rules: computed here, not on the wire.";
    ACKS_FRAME: "tcp.analysis.acks_frame", "Acknowledges frame", Show::Plain, "The frame whose last byte this acknowledgment confirms.";
    ACK_RTT: "tcp.analysis.ack_rtt", "Acknowledged after", Show::Unit("s"), "From that frame to this one: near the receiver only how long it waited, near the sender a whole round trip.";
    INITIAL_RTT: "tcp.analysis.initial_rtt", "Round trip of the handshake", Show::Unit("s"), "From the SYN to the first acknowledgment behind it: one round trip, wherever on the way it was captured.";
    IN_FLIGHT: "tcp.analysis.bytes_in_flight", "Bytes in flight", Show::Unit("bytes"), "Bytes of this sender, with these, that the capture has not yet seen acknowledged.";
    PUSH_BYTES: "tcp.analysis.push_bytes_sent", "Bytes since the last push", Show::Unit("bytes"), "Bytes of this sender, with these, since it last set the push flag: often the size of one write of its program.";
    FLAGS: "tcp.analysis.flags", "Noticed", Show::Heading, "Signs of loss, reordering, waiting or a full receiver; each is a guess from the order of the numbers.";
    RETRANSMISSION: "tcp.analysis.retransmission", "Retransmission", Show::Heading, "It begins before the end of what its sender has sent: probably sent again because no acknowledgment came.";
    RTO: "tcp.analysis.rto", "Sent again after", Show::Unit("s"), "How long the sender waited before it sent again; its timer (RTO) is seldom shorter than 0.2 s.";
    RTO_FRAME: "tcp.analysis.rto_frame", "Counted from frame", Show::Plain, "The frame from which that wait is counted.";
    FAST: "tcp.analysis.fast_retransmission", "Fast retransmission", Show::Heading, "Sent within 20 ms of the second or a later duplicate acknowledgment that asks for these bytes: the sender did not wait for its timer.";
    SPURIOUS: "tcp.analysis.spurious_retransmission", "Spurious retransmission", Show::Heading, "The receiver had acknowledged all of these bytes before: they were sent again for nothing.";
    OUT_OF_ORDER: "tcp.analysis.out_of_order", "Out of order", Show::Heading, "It begins before the end of what its sender has sent, but comes so soon after that it was probably overtaken on the way.";
    REUSED_PORTS: "tcp.analysis.reused_ports", "Ports used again", Show::Heading, "A new connection between the same two ports as an earlier one in this capture.";
    LOST: "tcp.analysis.lost_segment", "A segment before it is missing", Show::Heading, "It begins behind the end of what its sender has sent here: bytes between were lost, are late, or were not captured.";
    ACK_LOST: "tcp.analysis.ack_lost_segment", "Acknowledges what was not captured", Show::Heading, "It confirms bytes that this capture does not have: the receiver got them, so the capture missed them.";
    WINDOW_UPDATE: "tcp.analysis.window_update", "Window update", Show::Heading, "It acknowledges nothing new and carries no bytes: it only tells how much room the receiver has now.";
    WINDOW_FULL: "tcp.analysis.window_full", "Window full", Show::Heading, "Its last byte takes the last room that the receiver advertised: the sender must wait now.";
    KEEP_ALIVE: "tcp.analysis.keep_alive", "Keep-alive", Show::Heading, "It repeats at most the last byte sent before, only to be answered: it asks whether the other side is still there.";
    KEEP_ALIVE_ACK: "tcp.analysis.keep_alive_ack", "Answer to a keep-alive", Show::Heading, "It repeats the last acknowledgment after a keep-alive: the other side is still there.";
    DUPLICATE_ACK: "tcp.analysis.duplicate_ack", "Duplicate acknowledgment", Show::Heading, "The same acknowledgment, window and sequence number again without bytes: probably something arrived behind a gap.";
    DUPLICATE_NUM: "tcp.analysis.duplicate_ack_num", "Which duplicate", Show::Plain, "How often it has been said again by now; after the third, senders send the missing segment at once.";
    DUPLICATE_FRAME: "tcp.analysis.duplicate_ack_frame", "Repeats frame", Show::Plain, "The frame that said it first.";
    PROBE: "tcp.analysis.zero_window_probe", "Probe of a zero window", Show::Heading, "One byte sent although the receiver has no room: its answer tells whether there is room again.";
    ZERO_WINDOW: "tcp.analysis.zero_window", "Zero window", Show::Heading, "The sender of this segment has no room left: the other side may send nothing until it says otherwise.";
    PROBE_ACK: "tcp.analysis.zero_window_probe_ack", "Answer to a probe", Show::Heading, "It answers a probe of the zero window: there is still no room.";
}
