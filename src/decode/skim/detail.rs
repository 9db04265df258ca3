//! The same as skimming finds, of a frame that was decoded in detail.

use std::net::IpAddr;

use crate::decode::{Dissection, Field, Layer, Value};
use crate::model::{Mac, Span};

use super::{Skim, TcpSkim, Transport, UdpSkim};

/// What the flow room needs of a frame that was decoded in detail: its innermost IP packet that is not merely quoted. `None`
/// also where an ARP message lies deeper.
#[must_use]
pub fn from_detail(d: &Dissection) -> Option<Skim> {
    let mut addresses = None;
    let (mut link, mut mac) = (None, None);
    let mut transport = None;
    for layer in d.layers.iter().filter(|l| d.is_around(l)) {
        let read = Read { d, layer };
        match layer.protocol.key {
            "eth" => link = read.macs().or(link),
            "arp" if read.address("arp.dst.proto_ipv4").is_some() => addresses = None,
            "ip" => {
                if let Some(found) = read.ip4() {
                    mac = link;
                    transport = read.carried("ip.proto");
                    addresses = Some(found);
                }
            }
            "ipv6" => {
                if let Some(found) = read.ip6() {
                    mac = link;
                    transport = read.carried("ipv6.nxt");
                    addresses = Some(found);
                }
            }
            "ipv6.hopopts" => transport = read.carried("ipv6.hopopts.nxt").or(transport),
            "ipv6.routing" => transport = read.carried("ipv6.routing.nxt").or(transport),
            "ipv6.fraghdr" => transport = read.carried("ipv6.fraghdr.nxt").or(transport),
            "ipv6.dstopts" => transport = read.carried("ipv6.dstopts.nxt").or(transport),
            "ah" => transport = read.carried("ah.next_header").or(transport),
            "tcp" => transport = read.tcp().map(Transport::Tcp).or(transport),
            "udp" => transport = read.udp().map(Transport::Udp).or(transport),
            _ => {}
        }
    }
    let (src, dst, ttl, id) = addresses?;
    Some(Skim {
        src,
        dst,
        ttl,
        id,
        mac,
        transport: transport?,
    })
}

/// Reads fields of one layer back.
struct Read<'a> {
    d: &'a Dissection,
    layer: &'a Layer,
}

impl Read<'_> {
    fn field(&self, key: &str) -> Option<&Field> {
        let fields = self.d.fields_of(self.layer);
        fields.iter().find(|f| f.def.key == key)
    }

    fn number(&self, key: &str) -> Option<u64> {
        match self.field(key)?.value {
            Value::Num(number) => Some(number),
            _ => None,
        }
    }

    fn carried(&self, key: &str) -> Option<Transport> {
        Some(Transport::Other(self.number(key)? as u8))
    }

    fn macs(&self) -> Option<(Mac, Mac)> {
        Some((self.mac("eth.src")?, self.mac("eth.dst")?))
    }

    fn mac(&self, key: &str) -> Option<Mac> {
        match self.field(key)?.value {
            Value::Mac(octets) => Some(Mac(octets)),
            _ => None,
        }
    }

    fn address(&self, key: &str) -> Option<IpAddr> {
        match self.field(key)?.value {
            Value::Ip4(octets) => Some(octets.into()),
            Value::Ip6(octets) => Some(octets.into()),
            _ => None,
        }
    }

    fn ip4(&self) -> Option<(IpAddr, IpAddr, u8, u16)> {
        let ttl = self.number("ip.ttl")? as u8;
        let id = self.number("ip.id")? as u16;
        Some((self.address("ip.src")?, self.address("ip.dst")?, ttl, id))
    }

    fn ip6(&self) -> Option<(IpAddr, IpAddr, u8, u16)> {
        let ttl = self.number("ipv6.hlim")? as u8;
        Some((self.address("ipv6.src")?, self.address("ipv6.dst")?, ttl, 0))
    }

    fn payload(&self, key: &str) -> Span {
        let behind = Span::bytes(self.layer.span.buf, self.layer.span.end(), 0);
        self.field(key).map_or(behind, |f| f.span)
    }

    fn udp(&self) -> Option<UdpSkim> {
        let payload = self.payload("udp.payload");
        let said = (self.number("udp.length")? as u32).checked_sub(8);
        Some(UdpSkim {
            src: self.number("udp.srcport")? as u16,
            dst: self.number("udp.dstport")? as u16,
            payload,
            payload_len: said.unwrap_or(payload.len),
        })
    }

    fn tcp(&self) -> Option<TcpSkim> {
        let payload = self.payload("tcp.payload");
        let flags = self.number("tcp.flags")? as u16;
        let scale = self.number("tcp.options.wscale.shift");
        Some(TcpSkim {
            src: self.number("tcp.srcport")? as u16,
            dst: self.number("tcp.dstport")? as u16,
            seq: self.number("tcp.seq")? as u32,
            ack: self.number("tcp.ack")? as u32,
            flags,
            window: self.number("tcp.window_size_value")? as u16,
            window_scale: scale.filter(|_| flags & TcpSkim::SYN != 0).map(|n| n as u8),
            payload,
            payload_len: self.number("tcp.len").map_or(payload.len, |n| n as u32),
        })
    }
}
