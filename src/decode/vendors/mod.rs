//! Whose a MAC address is: the vendor that the IEEE gave its block to, or what kind of address it is where no vendor is
//! meant by it. Nothing is read before the first address is looked up.

use crate::model::Mac;

/// The blocks and their owners as `pack.py` packs them; it says where they come from and how they stand here.
static REGISTRY: &[u8] = include_bytes!("registry.bin");

/// Bytes of the three counts that it begins with.
const HEAD: usize = 12;
/// Bytes of a block's prefix, by kind: of 24, of 28 and of 36 bits.
const PREFIXES: [usize; 3] = [3, 4, 5];
/// Bytes that say where a name begins.
const PLACE: usize = 3;

/// Whose a MAC address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A vendor's, by the IEEE's registry.
    Vendor(&'static str),
    /// No vendor's: what it is instead.
    Kind(&'static str),
}

/// Whose an address is; `None` where the registry has no name for its block. The bits are believed before the registry: a
/// locally administered address has no vendor, and neither has a group.
#[must_use]
pub fn owner(mac: Mac) -> Option<Owner> {
    if let Some(kind) = well_known(mac) {
        return Some(Owner::Kind(kind));
    }
    if mac.is_group() {
        return Some(Owner::Kind("a group"));
    }
    if mac.is_local() {
        return Some(Owner::Kind("locally administered, perhaps randomised"));
    }
    registered(mac).map(Owner::Vendor)
}

/// Addresses that mean something by themselves.
const fn well_known(mac: Mac) -> Option<&'static str> {
    let kind = match mac.0 {
        [0, 0, 0, 0, 0, 0] => "no address",
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => "broadcast",
        // RFC 1112 section 6.4, RFC 2464 section 7.
        [0x01, 0x00, 0x5e, 0..=0x7f, _, _] => "group: IPv4 multicast",
        [0x33, 0x33, ..] => "group: IPv6 multicast",
        // RFC 9568 section 7.3, RFC 2281 section 5.1.
        [0, 0, 0x5e, 0, 1, _] => "virtual router (VRRP for IPv4)",
        [0, 0, 0x5e, 0, 2, _] => "virtual router (VRRP for IPv6)",
        [0, 0, 0x0c, 0x07, 0xac, _] => "virtual router (HSRP)",
        // IEEE 802.1Q tables 8-1 to 8-3.
        [0x01, 0x80, 0xc2, 0, 0, last] => match last {
            0x00 => "group: bridges (STP)",
            0x01 => "group: pause frames (IEEE 802.3)",
            0x02 => "group: slow protocols (LACP)",
            0x03 => "group: IEEE 802.1X",
            0x08 => "group: provider bridges (STP)",
            0x0d => "group: provider bridges (MVRP)",
            0x0e => "group: nearest bridge (LLDP)",
            0x14 => "group: IS-IS routers of level 1",
            0x15 => "group: IS-IS routers of level 2",
            0x20 => "group: MMRP",
            0x21 => "group: MVRP",
            0x04..=0x07 | 0x09..=0x0c | 0x0f => "group: reserved for bridges (IEEE 802.1)",
            _ => return None,
        },
        [0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc] => "group: Cisco CDP, VTP, DTP, PAgP, UDLD",
        [0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcd] => "group: Cisco PVST+",
        [0x01, 0x1b, 0x19, 0, 0, 0] => "group: PTP (IEEE 1588)",
        _ => return None,
    };
    Some(kind)
}

/// The owner of the smallest registered block that holds the address.
fn registered(mac: Mac) -> Option<&'static str> {
    let (mut medium, mut small) = (mac.0, mac.0);
    medium[3] &= 0xf0;
    small[4] &= 0xf0;
    let prefixes = [&mac.0[..3], &medium[..4], &small[..5]];
    let mut found = None;
    let mut at = HEAD;
    for (kind, prefix) in prefixes.into_iter().enumerate() {
        let row = PREFIXES.get(kind)? + PLACE;
        let end = at + row * number(REGISTRY.get(kind * 4..kind * 4 + 4)?);
        found = find(REGISTRY.get(at..end)?, row, prefix).or(found);
        at = end;
    }
    let names = REGISTRY.get(at..)?;
    let (length, name) = names.get(found?..)?.split_first()?;
    std::str::from_utf8(name.get(..usize::from(*length))?).ok()
}

/// Where the name of a prefix begins, among rows of this many bytes in order.
fn find(rows: &[u8], row: usize, prefix: &[u8]) -> Option<usize> {
    let (mut low, mut high) = (0, rows.len() / row);
    while low < high {
        let middle = low.midpoint(high);
        let (known, place) = rows
            .get(middle * row..(middle + 1) * row)?
            .split_at_checked(prefix.len())?;
        match known.cmp(prefix) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(number(place)),
        }
    }
    None
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Owner> {
        let bytes: Vec<u8> = text
            .split(':')
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        owner(Mac(bytes.try_into().unwrap()))
    }

    #[test]
    fn the_smallest_block_says_whose_an_address_is() {
        for (mac, vendor) in [
            ("00:00:0c:11:22:33", "Cisco Systems, Inc"),
            ("00:1b:21:aa:bb:cc", "Intel Corporate"),
            ("b8:27:eb:00:00:01", "Raspberry Pi Foundation"),
            // Two blocks of 28 bits and one of 36 in what the IEEE divided (MA-M, MA-S), and one of its old way to do so (IAB).
            ("c8:5c:e2:70:00:01", "SYNERGY SYSTEMS AND SOLUTIONS"),
            ("8c:1f:64:af:a1:23", "DATA ELECTRONIC DEVICES, INC"),
            ("00:50:c2:f7:1f:ff", "RF Code"),
        ] {
            assert_eq!(of(mac), Some(Owner::Vendor(vendor)), "{mac}");
        }
        assert_eq!(
            of("8c:1f:64:ff:f1:23"),
            None,
            "nobody's part of a divided block"
        );
    }

    #[test]
    fn the_bits_are_believed_before_the_registry() {
        for (mac, kind) in [
            (
                "02:60:8c:00:00:01",
                "locally administered, perhaps randomised",
            ),
            (
                "da:a1:19:00:00:01",
                "locally administered, perhaps randomised",
            ),
            ("01:00:5e:00:00:fb", "group: IPv4 multicast"),
            ("01:00:5e:80:00:01", "a group"),
            ("33:33:00:00:00:01", "group: IPv6 multicast"),
            ("01:80:c2:00:00:00", "group: bridges (STP)"),
            ("01:80:c2:00:00:0e", "group: nearest bridge (LLDP)"),
            ("01:00:0c:cc:cc:cd", "group: Cisco PVST+"),
            ("09:00:2b:00:00:01", "a group"),
            ("ff:ff:ff:ff:ff:ff", "broadcast"),
            ("00:00:00:00:00:00", "no address"),
            ("00:00:5e:00:01:05", "virtual router (VRRP for IPv4)"),
        ] {
            assert_eq!(of(mac), Some(Owner::Kind(kind)), "{mac}");
        }
    }

    #[test]
    fn the_registry_is_whole() {
        let mut at = HEAD;
        let mut places = Vec::new();
        for (kind, prefix) in PREFIXES.into_iter().enumerate() {
            let count = number(&REGISTRY[kind * 4..kind * 4 + 4]);
            let rows = &REGISTRY[at..at + count * (prefix + PLACE)];
            at += rows.len();
            let rows: Vec<&[u8]> = rows.chunks_exact(prefix + PLACE).collect();
            assert!(count > 5000 && rows.is_sorted_by(|a, b| a[..prefix] < b[..prefix]));
            places.extend(rows.iter().map(|row| number(&row[prefix..])));
        }
        let names = &REGISTRY[at..];
        for place in places {
            let length = usize::from(names[place]);
            let name = std::str::from_utf8(&names[place + 1..place + 1 + length]).unwrap();
            assert!(
                !name.is_empty() && !name.contains(char::is_control),
                "{name:?}"
            );
        }
        assert!(REGISTRY.len() < 1_300_000, "it is part of the program");
    }
}
