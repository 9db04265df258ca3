//! Record data, type by type (RFC 1035 section 3.3 and the RFCs of the younger types).

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::{RData, RecordType};
use hickory_proto::serialize::binary::{BinDecoder, Restrict};

use crate::decode::{Cursor, Fault, FieldDef, Value};

use super::fields as f;
use super::{security, services, values};

/// How many characters of record data a heading or summary shows.
const TEXT_MAX: usize = 120;

/// Reads the data of a record of this type to its end; returns it as one short text.
pub(super) fn read(c: &mut Cursor<'_, '_>, base: usize, kind: u16) -> Result<String, Fault> {
    if let Some(def) = single_name(kind) {
        return values::name(c, base, def);
    }
    let rdata = c.peek();
    let text = match kind {
        1 => {
            let address = Ipv4Addr::from(c.ip4(&f::A)?);
            told(c, || address.to_string())
        }
        6 => return soa(c, base),
        10 => return c.bytes(&f::NULL, c.left()).map(|_| String::new()),
        11 => return wks(c),
        13 => {
            values::string(c, &f::HINFO_CPU_LENGTH, &f::HINFO_CPU)?;
            values::string(c, &f::HINFO_OS_LENGTH, &f::HINFO_OS)?;
            zone_text(kind, rdata)
        }
        14 => pair(c, base, &f::MINFO_RESPONSIBLE, &f::MINFO_ERRORS)?,
        15 => preferred(c, base, &f::MX_PREFERENCE, &f::MX)?,
        16 => strings(c, &f::TXT_LENGTH, &f::TXT)?,
        17 => pair(c, base, &f::RP_MAILBOX, &f::RP_TEXT)?,
        18 => preferred(c, base, &f::AFSDB_SUBTYPE, &f::AFSDB_HOST)?,
        19 => values::string(c, &f::X25_LENGTH, &f::X25_ADDRESS)?,
        20 => {
            let number = values::string(c, &f::ISDN_LENGTH, &f::ISDN_ADDRESS)?;
            if !c.is_empty() {
                values::string(c, &f::ISDN_SUB_LENGTH, &f::ISDN_SUB)?;
            }
            number
        }
        21 => preferred(c, base, &f::RT_PREFERENCE, &f::RT_HOST)?,
        22 => return c.bytes(&f::NSAP, c.left()).map(|_| String::new()),
        24 | 46 => security::rrsig(c, base)?,
        25 => security::key(c)?,
        26 => {
            let preference = c.u16(&f::PX_PREFERENCE)?;
            format!("{preference} {}", pair(c, base, &f::PX_822, &f::PX_400)?)
        }
        27 => {
            let longitude = values::string(c, &f::GPOS_LONGITUDE_LENGTH, &f::GPOS_LONGITUDE)?;
            let latitude = values::string(c, &f::GPOS_LATITUDE_LENGTH, &f::GPOS_LATITUDE)?;
            let altitude = values::string(c, &f::GPOS_ALTITUDE_LENGTH, &f::GPOS_ALTITUDE)?;
            format!("{longitude} {latitude} {altitude}")
        }
        28 => {
            let address = Ipv6Addr::from(c.ip6(&f::AAAA)?);
            told(c, || address.to_string())
        }
        29 => return location(c),
        30 => security::nxt(c, base)?,
        33 => {
            c.u16(&f::SRV_PRIORITY)?;
            c.u16(&f::SRV_WEIGHT)?;
            let port = c.u16(&f::SRV_PORT)?;
            format!("{} port {port}", values::name(c, base, &f::SRV_TARGET)?)
        }
        35 => naptr(c, base)?,
        36 => preferred(c, base, &f::KX_PREFERENCE, &f::KX)?,
        37 => {
            security::cert(c)?;
            zone_text(kind, rdata)
        }
        38 => a6(c, base)?,
        42 => return prefixes(c),
        43 | 59 | 32_769 => security::ds(c)?,
        44 => {
            security::sshfp(c)?;
            zone_text(kind, rdata)
        }
        45 => security::ipseckey(c, base)?,
        47 => security::nsec(c, base)?,
        48 | 60 => security::dnskey(c)?,
        49 => return c.bytes(&f::DHCID, c.left()).map(|_| String::new()),
        50 => security::nsec3(c, false)?,
        51 => security::nsec3(c, true)?,
        52 => {
            security::association(c, security::TLSA)?;
            zone_text(kind, rdata)
        }
        53 => {
            c.put(&f::DATA, c.rest_span(), Value::Bytes);
            c.nest(|c| security::association(c, security::SMIMEA))?;
            zone_text(kind, rdata)
        }
        55 => security::hip(c, base)?,
        61 => {
            values::text(c, &f::OPENPGPKEY, c.left())?;
            zone_text(kind, rdata)
        }
        62 => {
            security::csync(c)?;
            zone_text(kind, rdata)
        }
        63 => security::zonemd(c)?,
        64 | 65 => services::read(c, base)?,
        99 => strings(c, &f::SPF_LENGTH, &f::SPF)?,
        104 => {
            c.u16(&f::NID_PREFERENCE)?;
            c.bytes(&f::NID, 8).map(|_| String::new())?
        }
        105 => {
            c.u16(&f::L32_PREFERENCE)?;
            Ipv4Addr::from(c.ip4(&f::L32)?).to_string()
        }
        106 => {
            c.u16(&f::L64_PREFERENCE)?;
            c.bytes(&f::L64, 8).map(|_| String::new())?
        }
        107 => preferred(c, base, &f::LP_PREFERENCE, &f::LP)?,
        108 => return c.mac(&f::EUI48).map(|_| String::new()),
        109 => return c.bytes(&f::EUI64, 8).map(|_| String::new()),
        249 => security::tkey(c, base)?,
        250 => security::tsig(c, base)?,
        256 => uri(c)?,
        257 => {
            authorization(c)?;
            zone_text(kind, rdata)
        }
        65_281 => return wins(c),
        65_282 => return wins_reverse(c, base),
        65_305 => {
            c.put(&f::DATA, c.rest_span(), Value::Bytes);
            c.nest(|c| values::name(c, base, &f::ANAME))?
        }
        65_422 => return forwarded(c),
        _ => return c.bytes(&f::DATA, c.left()).map(|_| String::new()),
    };
    Ok(shorten(text))
}

/// The field of the types whose data is one name.
fn single_name(kind: u16) -> Option<&'static FieldDef> {
    let def = match kind {
        2 => &f::NS,
        3 => &f::MD,
        4 => &f::MF,
        5 => &f::CNAME,
        7 => &f::MB,
        8 => &f::MG,
        9 => &f::MR,
        12 => &f::PTR,
        23 => &f::NSAP_POINTER,
        39 => &f::DNAME,
        _ => return None,
    };
    Some(def)
}

/// Record data as a zone file writes it. Only for types without names: the library writes their escapes in octal.
fn zone_text(kind: u16, rdata: &[u8]) -> String {
    let length = Restrict::new(rdata.len() as u16);
    let kind = RecordType::from(kind);
    RData::read(&mut BinDecoder::new(rdata), kind, length)
        .map(|data| data.to_string())
        .unwrap_or_default()
}

/// Record data as a heading or summary shows it; made only where those are.
fn told(c: &Cursor<'_, '_>, text: impl FnOnce() -> String) -> String {
    if c.detail() { text() } else { String::new() }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn pair(
    c: &mut Cursor<'_, '_>,
    base: usize,
    first: &'static FieldDef,
    second: &'static FieldDef,
) -> Result<String, Fault> {
    let first = values::name(c, base, first)?;
    let second = values::name(c, base, second)?;
    Ok(told(c, || format!("{first} {second}")))
}

/// A preference and a name.
fn preferred(
    c: &mut Cursor<'_, '_>,
    base: usize,
    preference: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<String, Fault> {
    let preference = c.u16(preference)?;
    Ok(format!("{preference} {}", values::name(c, base, def)?))
}

fn strings(
    c: &mut Cursor<'_, '_>,
    length: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<String, Fault> {
    let mut parts = Vec::new();
    while !c.is_empty() {
        parts.push(format!("\"{}\"", values::string(c, length, def)?));
    }
    Ok(parts.join(" "))
}

fn soa(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let text = pair(c, base, &f::SOA_MNAME, &f::SOA_RNAME)?;
    let serial = c.u32(&f::SOA_SERIAL)?;
    c.u32(&f::SOA_REFRESH)?;
    c.u32(&f::SOA_RETRY)?;
    c.u32(&f::SOA_EXPIRE)?;
    c.u32(&f::SOA_MINIMUM)?;
    Ok(told(c, || format!("{text} {serial}")))
}

/// Well-known services: a bit for each port.
fn wks(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    c.ip4(&f::WKS_ADDRESS)?;
    c.u8(&f::WKS_PROTOCOL)?;
    while !c.is_empty() {
        if c.peek_number(0, 1) == Some(0) {
            c.skip(1);
        } else {
            c.u8(&f::WKS_BITS)?;
        }
    }
    Ok(String::new())
}

/// A place on Earth (RFC 1876).
fn location(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    if c.peek_number(0, 1) != Some(0) {
        let version = c.ahead(1);
        let number = c.peek_number(0, 1).unwrap_or_default();
        c.put(&f::LOC_VERSION, version, Value::Num(number));
        c.bytes(&f::LOC_UNKNOWN, c.left())?;
        return Ok(String::new());
    }
    c.u8(&f::LOC_VERSION)?;
    c.u8(&f::LOC_SIZE)?;
    c.u8(&f::LOC_HORIZONTAL)?;
    c.u8(&f::LOC_VERTICAL)?;
    c.u32(&f::LOC_LATITUDE)?;
    c.u32(&f::LOC_LONGITUDE)?;
    c.u32(&f::LOC_ALTITUDE)?;
    Ok(String::new())
}

/// A naming authority pointer (RFC 3403).
fn naptr(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    c.u16(&f::NAPTR_ORDER)?;
    c.u16(&f::NAPTR_PREFERENCE)?;
    values::string(c, &f::NAPTR_FLAGS_LENGTH, &f::NAPTR_FLAGS)?;
    let service = values::string(c, &f::NAPTR_SERVICE_LENGTH, &f::NAPTR_SERVICE)?;
    let regex = values::string(c, &f::NAPTR_REGEX_LENGTH, &f::NAPTR_REGEX)?;
    let replacement = values::name(c, base, &f::NAPTR_REPLACEMENT)?;
    let result = if regex.is_empty() { replacement } else { regex };
    Ok(format!("{service} {result}"))
}

/// The obsolete address record that could be spread over several names (RFC 2874).
fn a6(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let prefix = c.u8(&f::A6_PREFIX_LENGTH)?;
    if prefix > 128 {
        let fault = c.bad_length(&f::A6_PREFIX_LENGTH, u64::from(prefix), "at most 128");
        return Err(fault);
    }
    let len = 128_usize.saturating_sub(usize::from(prefix)).div_ceil(8);
    if len > 0 {
        let (span, bytes) = (c.ahead(len), c.take(len)?);
        let mut octets = [0; 16];
        for (to, from) in octets.iter_mut().rev().zip(bytes.iter().rev()) {
            *to = *from;
        }
        c.put(&f::A6_SUFFIX, span, Value::Ip6(octets));
    }
    if prefix > 0 {
        return values::name(c, base, &f::A6_PREFIX_NAME);
    }
    Ok(String::new())
}

/// A list of address prefixes (RFC 3123).
fn prefixes(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    while !c.is_empty() {
        let family = c.u16(&f::APL_FAMILY)?;
        c.u8(&f::APL_PREFIX)?;
        c.flag(&f::APL_NEGATION, 1, 0)?;
        let len = c.bits(&f::APL_LENGTH, 1, 1, 7)? as usize;
        c.skip(1);
        let (span, bytes) = (c.ahead(len), c.take(len)?);
        if len == 0 {
            continue;
        }
        let (def, value) = match family {
            1 if len <= 4 => (&f::APL_IP4, Value::Ip4(values::padded(bytes))),
            2 if len <= 16 => (&f::APL_IP6, Value::Ip6(values::padded(bytes))),
            _ => (&f::APL_OTHER, Value::Bytes),
        };
        c.put(def, span, value);
    }
    Ok(String::new())
}

/// A service as a URI (RFC 7553).
fn uri(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    c.put(&f::DATA, c.rest_span(), Value::Bytes);
    c.nest(|c| {
        c.u16(&f::URI_PRIORITY)?;
        c.u16(&f::URI_WEIGHT)?;
        values::text(c, &f::URI_TARGET, c.left())
    })
}

/// Which authorities may issue certificates (RFC 8659).
fn authorization(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let flags = c.open(&f::CAA_FLAGS);
    c.flag(&f::CAA_CRITICAL, 1, 0)?;
    values::entitle_number(c, flags, 1)?;
    let tag_length = c.peek_number(0, 1).map_or(0, |n| n as usize);
    let property = c.peek();
    let tag = property.get(1..tag_length.saturating_add(1));
    let def = match tag.map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(b"issue") => &f::CAA_ISSUE,
        Some(b"issuewild") => &f::CAA_ISSUE_WILD,
        Some(b"iodef") => &f::CAA_IODEF,
        _ => &f::CAA_OTHER,
    };
    let heading = c.open(def);
    let result = property_of(c, tag_length);
    match &result {
        Ok(value) if values::is_text(value.as_bytes()) => c.entitle_text(heading, value),
        _ => c.entitle(heading, Value::Bytes),
    }
    c.close(heading);
    result.map(drop)
}

fn property_of(c: &mut Cursor<'_, '_>, tag_length: usize) -> Result<String, Fault> {
    c.u8(&f::CAA_TAG_LENGTH)?;
    values::text(c, &f::CAA_TAG, tag_length)?;
    values::text(c, &f::CAA_VALUE, c.left())
}

/// Where Windows host names are looked up.
fn wins(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    c.flag(&f::WINS_LOCAL, 4, 31)?;
    c.take(4)?;
    c.u32(&f::WINS_LOOKUP)?;
    c.u32(&f::WINS_CACHE)?;
    c.u32(&f::WINS_COUNT)?;
    while !c.is_empty() {
        c.ip4(&f::WINS_SERVER)?;
    }
    Ok(String::new())
}

fn wins_reverse(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    c.flag(&f::WINSR_LOCAL, 4, 31)?;
    c.take(4)?;
    c.u32(&f::WINSR_LOOKUP)?;
    c.u32(&f::WINSR_CACHE)?;
    values::name(c, base, &f::WINSR_DOMAIN)
}

/// The addresses of the client that a proxy speaks for.
fn forwarded(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    let version = c.u8(&f::XPF_VERSION)?;
    c.u8(&f::XPF_PROTOCOL)?;
    if version == 6 {
        c.ip6(&f::XPF_SOURCE6)?;
        c.ip6(&f::XPF_DESTINATION6)?;
    } else {
        c.ip4(&f::XPF_SOURCE4)?;
        c.ip4(&f::XPF_DESTINATION4)?;
    }
    c.u16(&f::XPF_SOURCE_PORT)?;
    c.u16(&f::XPF_DESTINATION_PORT)?;
    Ok(String::new())
}
