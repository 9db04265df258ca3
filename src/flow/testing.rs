//! For the tests of this room: frames made by hand, fed in order, and what was found in them.

use crate::decode::skim::TcpSkim;
use crate::decode::{Dissection, Opener, Sealed, Unopened};
use crate::model::{LinkType, PacketId, Side, Timestamp};

use super::{Flow, Flows, Want};

pub(super) const SYN: u16 = TcpSkim::SYN;
pub(super) const ACK: u16 = TcpSkim::ACK;
pub(super) const FIN: u16 = TcpSkim::FIN;
pub(super) const RST: u16 = TcpSkim::RST;

/// A millisecond in nanoseconds.
pub(super) const MS: i64 = 1_000_000;

/// Opens nothing.
pub(super) struct Closed;

impl Opener for Closed {
    fn open(&mut self, _: &Sealed<'_>, _: &mut Vec<u8>) -> Result<u8, Unopened> {
        Err(Unopened::NoKey)
    }
}

/// A capture in the making, of frames a millisecond apart, between a client and a server.
pub(super) struct Tape {
    pub flows: Flows,
    pub d: Dissection,
    pub frames: u64,
    pub time: i64,
    /// The client's port, and the server's.
    pub ports: [u16; 2],
    pub window: u16,
    /// The IPv4 identification of the next frame.
    pub id: u16,
    pub ttl: u8,
    /// What is made of each packet before it becomes a frame.
    pub wrap: fn(&[u8]) -> Vec<u8>,
    /// `number event` of every event.
    pub events: Vec<String>,
}

impl Tape {
    pub(super) fn new(want: Want) -> Self {
        Self {
            flows: Flows::new(want),
            d: Dissection::default(),
            frames: 0,
            time: 0,
            ports: [40_000, 22],
            window: 1000,
            id: 1,
            ttl: 64,
            wrap: <[u8]>::to_vec,
            events: Vec::new(),
        }
    }

    /// A TCP segment; returns the events of its frame.
    pub(super) fn tcp(
        &mut self,
        from: Side,
        flags: u16,
        seq: u32,
        ack: u32,
        data: &[u8],
    ) -> String {
        let [client, server] = self.ports;
        let (src, dst) = match from {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let segment = [
            &src.to_be_bytes()[..],
            &dst.to_be_bytes(),
            &seq.to_be_bytes(),
            &ack.to_be_bytes(),
            &(0x5000 | flags).to_be_bytes(),
            &self.window.to_be_bytes(),
            &[0, 0, 0, 0],
            data,
        ]
        .concat();
        let packet = self.ip(from, 6, &segment);
        self.frame(&packet)
    }

    /// A UDP datagram; returns the events of its frame.
    pub(super) fn udp(&mut self, from: Side, data: &[u8]) -> String {
        let [client, server] = self.ports;
        let (src, dst) = match from {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let length = 8 + data.len() as u16;
        let datagram = [
            &src.to_be_bytes()[..],
            &dst.to_be_bytes(),
            &length.to_be_bytes(),
            &[0, 0],
            data,
        ]
        .concat();
        let packet = self.ip(from, 17, &datagram);
        self.frame(&packet)
    }

    /// An IPv4 packet.
    pub(super) fn ip(&mut self, from: Side, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let (src, dst) = match from {
            Side::Client => ([10, 0, 0, 1], [10, 0, 0, 2]),
            Side::Server => ([10, 0, 0, 2], [10, 0, 0, 1]),
        };
        let length = 20 + payload.len() as u16;
        self.id = self.id.wrapping_add(1);
        [
            &[0x45, 0][..],
            &length.to_be_bytes(),
            &self.id.wrapping_sub(1).to_be_bytes(),
            &[0, 0, self.ttl, protocol, 0, 0],
            &src,
            &dst,
            payload,
        ]
        .concat()
    }

    /// A frame with an IPv4 packet; returns its events.
    pub(super) fn frame(&mut self, packet: &[u8]) -> String {
        let packet = (self.wrap)(packet);
        let frame = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0][..], &packet].concat();
        self.frames += 1;
        self.time += MS;
        let len = frame.len() as u32;
        let (number, time) = (PacketId(self.frames), Timestamp(self.time));
        self.d.begin(number, time, LinkType::ETHERNET, len, len);
        self.flows.feed(&frame, &mut self.d, &mut Closed);
        let ids: Vec<&str> = self.d.events.iter().map(|e| e.def.id).collect();
        let number = self.frames;
        self.events
            .extend(ids.iter().map(|id| format!("{number} {id}")));
        ids.join(" ")
    }

    /// SYN, SYN-ACK, ACK; the client's bytes begin at 101, the server's at 501.
    pub(super) fn handshake(&mut self) {
        self.tcp(Side::Client, SYN, 100, 0, b"");
        self.tcp(Side::Server, SYN | ACK, 500, 101, b"");
        self.tcp(Side::Client, ACK, 101, 501, b"");
    }

    /// All conversations, over.
    pub(super) fn finish(&mut self) -> Vec<Flow> {
        self.flows.finish();
        self.flows.ended().map(|flow| *flow).collect()
    }
}
