//! Addresses: of interfaces (MAC) and of programs on hosts (IP address and port).

use std::fmt::{self, Write as _};
use std::net::IpAddr;

/// An IEEE 802 MAC address (EUI-48).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// `ff:ff:ff:ff:ff:ff`: everyone on the link.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// True when the lowest bit of the first octet is set: a group of receivers, not one.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// True when the second lowest bit of the first octet is set: not assigned by a vendor.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.0[0] & 2 == 2
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        push_hex(&self.0, &mut text);
        f.write_str(&text)
    }
}

/// Appends bytes as `aa:bb:cc`.
pub fn push_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    out.reserve(bytes.len() * 3);
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push(':');
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Appends an IP address as it is displayed; millions are, and `fmt` takes its time.
pub fn push_ip(ip: IpAddr, out: &mut String) {
    let IpAddr::V4(ip) = ip else {
        let _ = write!(out, "{ip}");
        return;
    };
    out.reserve(15);
    for (i, octet) in ip.octets().into_iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        if octet >= 100 {
            out.push(char::from(b'0' + octet / 100));
        }
        if octet >= 10 {
            out.push(char::from(b'0' + octet / 10 % 10));
        }
        out.push(char::from(b'0' + octet % 10));
    }
}

/// One end of a conversation; `port` is `None` where the transport has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The IP address.
    pub ip: IpAddr,
    /// The port.
    pub port: Option<u16>,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, self.port) {
            (ip, None) => write!(f, "{ip}"),
            (IpAddr::V4(ip), Some(port)) => write!(f, "{ip}:{port}"),
            (IpAddr::V6(ip), Some(port)) => write!(f, "[{ip}]:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_as_std_has_them() {
        for octet in 0..=255 {
            for ip in [
                IpAddr::from([octet, 0, 255, octet]),
                IpAddr::from([u16::from(octet), 0, 0, 0, 0, 0, 0, 0xabcd]),
            ] {
                let mut text = String::new();
                push_ip(ip, &mut text);
                assert_eq!(text, ip.to_string());
            }
            let mac = Mac([octet, 0, 0x9a, 0xf, 0xf0, octet]);
            assert_eq!(
                mac.to_string(),
                format!("{octet:02x}:00:9a:0f:f0:{octet:02x}")
            );
        }
    }
}
