//! What this room raises itself: the accidents of TCP, datagrams that nobody knows, questions that nobody answered.

use crate::decode::events;

events! {
    SYN: "tcp.syn", "A side asks for a connection and says with which number its bytes begin.";
    SYN_ACK: "tcp.syn_ack", "The other side agrees, acknowledges the SYN and says with which number its own bytes begin.";
    ESTABLISHED: "tcp.established", "The handshake's third segment: the SYN-ACK is acknowledged, and both sides may send.";
    FIN: "tcp.fin", "A side says that it will send no more; it can still receive.";
    CLOSED: "tcp.closed", "The second FIN is acknowledged too: the connection is over.";
    HALF_CLOSE: "tcp.half_close", "A side goes on sending after it has acknowledged the other's FIN.";
    RESET: "tcp.reset", "A side ends the connection at once: what is on its way is thrown away.";
    RESET_IGNORED: "tcp.reset_ignored", "A reset whose number is not the one that is expected: the other side drops it, and the connection goes on.";
    REFUSED: "tcp.refused", "A SYN was answered by a reset or by an ICMP error: nothing listens there, or it is forbidden.";
    RETRANSMISSION: "tcp.retransmission", "Bytes that were seen before are sent again: they, or their acknowledgment, did not arrive in time.";
    FAST_RETRANSMISSION: "tcp.fast_retransmission", "Bytes are sent again right after duplicate ACKs asked for them.";
    DUPLICATE_ACK: "tcp.duplicate_ack", "The receiver acknowledges the same byte again: something arrived, but not what comes next.";
    OUT_OF_ORDER: "tcp.out_of_order", "Bytes arrive after bytes that follow them: they were overtaken, or sent again after a loss before this point.";
    ZERO_WINDOW: "tcp.zero_window", "The receiver's buffer is full: the other side has to stop.";
    WINDOW_FULL: "tcp.window_full", "The sender has filled the window that it was given, and has to wait.";
    WINDOW_OPEN: "tcp.window_open", "The receiver has room again after a window of zero.";
    KEEP_ALIVE: "tcp.keep_alive", "An old byte, or none, is sent to see whether the other side is still there.";
    KEEP_ALIVE_ACK: "tcp.keep_alive_ack", "The other side answers a keep-alive: it is still there.";
    UNANSWERED: "tcp.unanswered", "A SYN was never answered: it or its answer was dropped on the way, or nobody is there.";
    DNS_TIMEOUT: "dns.timeout", "A name was asked for and no answer came: the question or the answer was dropped, or the resolver is silent.";
    ARP_UNANSWERED: "arp.unanswered", "Nobody on the link said that the address is theirs: its owner is off, or not on this link.";
    DATAGRAM: "udp.datagram", "A datagram whose contents no known protocol claims.";
    TUNNELED: "udp.tunnel", "A datagram of a tunnel in which no IP packet can be read.";
    TUNNEL: "ip.tunnel", "The conversation's packets travel inside others, through a tunnel.";
}
