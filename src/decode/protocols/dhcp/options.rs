//! DHCP options: the walk over them, and the form of each one's value (RFC 2132 and others).

use crate::decode::{Cursor, Fault, FieldDef, Value};

use super::fields as f;
use super::{relay, special, vendor};

const PAD: u8 = 0;
const END: u8 = 255;

/// What of the options must be known before they are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outlook {
    /// Bit 0: the boot file's field holds options; bit 1: the server name's.
    pub overload: u8,
    /// What the vendor class says about option 43.
    pub format: Format,
    /// How often the domain search list occurs: in pieces when more than once (RFC 3396).
    pub searches: u8,
}

/// How option 43 is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// For boot firmware.
    BootFirmware,
    /// In a format of the vendor's own, which is not read.
    Own,
}

/// Vendor classes, by how they begin, whose option 43 has a format of its own.
const OWN_FORMATS: [&[u8]; 5] = [b"AAPLBSDPC", b"Aruba", b"alcatel", b"docsis", b"pktc"];

/// What the message says about itself, gathered while reading.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// The message type.
    pub message: Option<u8>,
    /// The address that a client asks for.
    pub requested: Option<[u8; 4]>,
    /// The lease time in seconds.
    pub lease: Option<u32>,
}

/// How an option's value is read.
enum Form {
    Address(&'static FieldDef),
    Addresses(&'static FieldDef),
    Text(&'static FieldDef),
    Number(&'static FieldDef, usize),
    Numbers(&'static FieldDef, usize),
    Pairs(&'static FieldDef, &'static FieldDef),
    Signed(&'static FieldDef),
    Flag(&'static FieldDef),
    Special(fn(&mut Cursor<'_, '_>) -> Result<(), Fault>),
    Raw,
    Short,
}

/// Looks through options without recording them.
pub(super) fn scan(options: &[u8]) -> Outlook {
    let mut outlook = Outlook::default();
    let mut rest = options;
    while let Some((&code, behind)) = rest.split_first() {
        rest = match code {
            PAD => behind,
            END => break,
            _ => {
                let Some((&length, value)) = behind.split_first() else {
                    break;
                };
                let Some((value, next)) = value.split_at_checked(usize::from(length)) else {
                    break;
                };
                match (code, value) {
                    (52, &[overload @ 1..=3, ..]) => outlook.overload = overload,
                    (60, _) => outlook.format = format_of(value),
                    (119, _) => outlook.searches = outlook.searches.saturating_add(1),
                    _ => {}
                }
                next
            }
        };
    }
    outlook
}

fn format_of(vendor_class: &[u8]) -> Format {
    if vendor_class.starts_with(b"PXEClient") {
        Format::BootFirmware
    } else if OWN_FORMATS.iter().any(|own| vendor_class.starts_with(own)) {
        Format::Own
    } else {
        Format::Unknown
    }
}

/// Reads options up to the end option, or to the end of what may be read; true when the end option was there.
pub(super) fn read(
    c: &mut Cursor<'_, '_>,
    outlook: Outlook,
    told: &mut Told,
) -> Result<bool, Fault> {
    while let Some(code) = c.peek_number(0, 1) {
        let code = code as u8;
        match code {
            PAD => padding(c)?,
            END => {
                c.u8(&f::END)?;
                return Ok(true);
            }
            _ => option(c, code, outlook, told)?,
        }
    }
    Ok(false)
}

/// A run of pad options.
fn padding(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.put(&f::OPTION, c.ahead(1), Value::Num(u64::from(PAD)));
    let run = c.peek().iter().take_while(|&&b| b == PAD).count();
    c.nest(|c| c.bytes(&f::PADDING, run).map(drop))
}

fn option(
    c: &mut Cursor<'_, '_>,
    code: u8,
    outlook: Outlook,
    told: &mut Told,
) -> Result<(), Fault> {
    let heading = c.open(&f::OPTION);
    c.entitle(heading, Value::Num(u64::from(code)));
    let result = value(c, code, outlook, told);
    c.close(heading);
    result
}

/// Reads an option behind its code. Faults within its value are noted, because its length tells where the next one begins.
fn value(c: &mut Cursor<'_, '_>, code: u8, outlook: Outlook, told: &mut Told) -> Result<(), Fault> {
    c.take(1)?;
    let length = usize::from(c.u8(&f::LENGTH)?);
    let short = c.left() < length;
    note(c, code, told);
    let result = c.within(&f::LENGTH, length, |c| {
        match form(code, length, outlook) {
            Form::Text(def) => text(c, def, length)?,
            _ if c.is_empty() => {}
            Form::Address(def) if length == 4 => c.ip4(def).map(drop)?,
            Form::Addresses(def) if length % 4 == 0 => {
                while !c.is_empty() {
                    c.ip4(def)?;
                }
            }
            Form::Pairs(first, second) if length % 8 == 0 => {
                while !c.is_empty() {
                    c.ip4(first)?;
                    c.ip4(second)?;
                }
            }
            Form::Number(def, size) if size == length => c.number(def, size).map(drop)?,
            Form::Numbers(def, size) => {
                while c.left() >= size {
                    c.number(def, size)?;
                }
            }
            Form::Signed(def) if length == 4 => signed(c, def)?,
            Form::Flag(def) if length == 1 => c.bool(def).map(drop)?,
            Form::Special(read) => read(c)?,
            Form::Raw => c.bytes(&f::VALUE, length).map(drop)?,
            _ => {
                let fault = c.bad_length(&f::LENGTH, length as u64, "what this option needs");
                c.note(fault);
                c.bytes(&f::VALUE, length)?;
            }
        }
        if !c.is_empty() {
            let fault = c.bad_length(&f::LENGTH, length as u64, "what this option needs");
            c.note(fault);
        }
        Ok(())
    });
    match result {
        Err(fault) if !short => c.note(fault),
        other => other?,
    }
    Ok(())
}

/// Takes down what the summary and the event need.
fn note(c: &Cursor<'_, '_>, code: u8, told: &mut Told) {
    match code {
        50 => {
            told.requested = c.peek_number(0, 4).map(|n| (n as u32).to_be_bytes());
        }
        51 => told.lease = c.peek_number(0, 4).map(|n| n as u32),
        53 if told.message.is_none() => told.message = c.peek_number(0, 1).map(|n| n as u8),
        _ => {}
    }
}

/// The form of an option's value.
fn form(code: u8, length: usize, outlook: Outlook) -> Form {
    match code {
        1 => Form::Address(&f::SUBNET_MASK),
        2 => Form::Signed(&f::TIME_OFFSET),
        3 => Form::Addresses(&f::ROUTER),
        4 => Form::Addresses(&f::TIME_SERVER),
        5 => Form::Addresses(&f::NAME_SERVER),
        6 => Form::Addresses(&f::DNS_SERVER),
        7 => Form::Addresses(&f::LOG_SERVER),
        8 => Form::Addresses(&f::QUOTES_SERVER),
        9 => Form::Addresses(&f::LPR_SERVER),
        10 => Form::Addresses(&f::IMPRESS_SERVER),
        11 => Form::Addresses(&f::RESOURCE_SERVER),
        12 => Form::Text(&f::HOST_NAME),
        13 => Form::Number(&f::BOOT_FILE_SIZE, 2),
        14 => Form::Text(&f::MERIT_DUMP),
        15 => Form::Text(&f::DOMAIN_NAME),
        16 => Form::Address(&f::SWAP_SERVER),
        17 => Form::Text(&f::ROOT_PATH),
        18 => Form::Text(&f::EXTENSIONS_PATH),
        19 => Form::Flag(&f::IP_FORWARDING),
        20 => Form::Flag(&f::SOURCE_ROUTING),
        22 => Form::Number(&f::REASSEMBLY_SIZE, 2),
        23 => Form::Number(&f::IP_TTL, 1),
        24 => Form::Number(&f::MTU_AGING, 4),
        25 => Form::Numbers(&f::MTU_PLATEAU, 2),
        26 => Form::Number(&f::MTU, 2),
        27 => Form::Flag(&f::SUBNETS_LOCAL),
        28 => Form::Address(&f::BROADCAST),
        29 => Form::Flag(&f::MASK_DISCOVERY),
        30 => Form::Flag(&f::MASK_SUPPLIER),
        31 => Form::Flag(&f::ROUTER_DISCOVERY),
        32 => Form::Address(&f::ROUTER_SOLICITATION),
        34 => Form::Flag(&f::TRAILERS),
        35 => Form::Number(&f::ARP_TIMEOUT, 4),
        36 => Form::Flag(&f::ETHERNET_802_3),
        37 => Form::Number(&f::TCP_TTL, 1),
        38 => Form::Number(&f::TCP_KEEPALIVE, 4),
        39 => Form::Flag(&f::TCP_KEEPALIVE_GARBAGE),
        40 => Form::Text(&f::NIS_DOMAIN),
        41 => Form::Addresses(&f::NIS_SERVER),
        42 => Form::Addresses(&f::NTP_SERVER),
        44 => Form::Addresses(&f::NETBIOS_SERVER),
        45 => Form::Addresses(&f::NETBIOS_DATAGRAM),
        46 => Form::Number(&f::NETBIOS_NODE, 1),
        47 => Form::Text(&f::NETBIOS_SCOPE),
        48 => Form::Addresses(&f::X_FONT_SERVER),
        49 => Form::Addresses(&f::X_DISPLAY_MANAGER),
        50 => Form::Address(&f::REQUESTED_ADDRESS),
        51 => Form::Number(&f::LEASE_TIME, 4),
        54 => Form::Address(&f::SERVER_ID),
        56 => Form::Text(&f::MESSAGE),
        57 => Form::Number(&f::MAX_SIZE, 2),
        58 => Form::Number(&f::RENEWAL_TIME, 4),
        59 => Form::Number(&f::REBINDING_TIME, 4),
        60 => Form::Text(&f::VENDOR_CLASS),
        64 => Form::Text(&f::NIS_PLUS_DOMAIN),
        65 => Form::Addresses(&f::NIS_PLUS_SERVER),
        66 => Form::Text(&f::TFTP_NAME),
        67 => Form::Text(&f::BOOT_FILE),
        68 => Form::Addresses(&f::HOME_AGENT),
        69 => Form::Addresses(&f::SMTP_SERVER),
        70 => Form::Addresses(&f::POP3_SERVER),
        71 => Form::Addresses(&f::NNTP_SERVER),
        72 => Form::Addresses(&f::WWW_SERVER),
        73 => Form::Addresses(&f::FINGER_SERVER),
        74 => Form::Addresses(&f::IRC_SERVER),
        75 => Form::Addresses(&f::STREETTALK_SERVER),
        76 => Form::Addresses(&f::STREETTALK_DIRECTORY),
        86 => Form::Text(&f::NDS_TREE),
        87 => Form::Text(&f::NDS_CONTEXT),
        91 => Form::Number(&f::LAST_TRANSACTION, 4),
        92 => Form::Addresses(&f::ASSOCIATED_ADDRESS),
        93 => Form::Numbers(&f::ARCHITECTURE, 2),
        100 => Form::Text(&f::TIME_ZONE_POSIX),
        101 => Form::Text(&f::TIME_ZONE_NAME),
        112 => Form::Addresses(&f::NETINFO_SERVER),
        113 => Form::Text(&f::NETINFO_TAG),
        114 | 160 => Form::Text(&f::CAPTIVE_PORTAL),
        116 => Form::Number(&f::AUTO_CONFIGURE, 1),
        118 => Form::Addresses(&f::SUBNET_SELECTION),
        136 => Form::Addresses(&f::PANA_AGENT),
        137 => Form::Text(&f::LOST_SERVER),
        138 => Form::Addresses(&f::CAPWAP_CONTROLLER),
        142 => Form::Addresses(&f::ANDSF_SERVER),
        145 => Form::Numbers(&f::FORCERENEW_NONCE, 1),
        150 => Form::Addresses(&f::TFTP_SERVER),
        153 => Form::Number(&f::START_OF_STATE, 4),
        156 => Form::Number(&f::LEASE_STATE, 1),
        157 => Form::Flag(&f::DATA_SOURCE),
        161 => Form::Text(&f::MUD_URL),
        209 => Form::Text(&f::PXE_CONFIG),
        210 => Form::Text(&f::PXE_PREFIX),
        252 => Form::Text(&f::PROXY),
        21 => Form::Pairs(&f::POLICY_ADDRESS, &f::POLICY_MASK),
        33 => Form::Pairs(&f::ROUTE_ADDRESS, &f::ROUTE_ROUTER),
        43 if outlook.format == Format::BootFirmware => Form::Special(vendor::boot_firmware),
        43 if outlook.format == Format::Unknown => Form::Special(vendor::plain),
        52 => Form::Special(|c| first(c, &f::OVERLOAD)),
        53 => Form::Special(|c| first(c, &f::MESSAGE_TYPE)),
        55 => Form::Numbers(&f::REQUEST_ITEM, 1),
        61 => Form::Special(special::client_identifier),
        77 if length >= 2 => Form::Special(special::user_class),
        78 => Form::Special(special::directory_agents),
        79 => Form::Special(special::scopes),
        81 if length >= 3 => Form::Special(special::full_name),
        82 => Form::Special(relay::read),
        85 => Form::Addresses(&f::NDS_SERVER),
        90 if length >= 11 => Form::Special(special::authentication),
        94 => Form::Special(special::network_interface),
        97 => Form::Special(special::machine_identifier),
        108 => Form::Special(|c| special::seconds(c, &f::IPV6_ONLY)),
        117 => Form::Special(special::name_services),
        119 if outlook.searches <= 1 => Form::Special(special::search_list),
        120 => Form::Special(special::telephone_servers),
        121 | 249 => Form::Special(special::routes),
        124 if length >= 5 => Form::Special(vendor::class),
        125 if length >= 5 => Form::Special(vendor::options),
        151 => Form::Special(special::status),
        152 if length == 4 => Form::Special(|c| special::time(c, &f::BASE_TIME)),
        154 if length == 4 => Form::Special(|c| special::time(c, &f::QUERY_START)),
        155 if length == 4 => Form::Special(|c| special::time(c, &f::QUERY_END)),
        159 if length == 4 => Form::Special(special::port_set),
        211 => Form::Special(|c| special::seconds(c, &f::REBOOT_TIME)),
        212 if length >= 22 => Form::Special(special::rapid_deployment),
        77 | 81 | 90 | 124 | 125 | 152 | 154 | 155 | 159 | 212 => Form::Short,
        _ => Form::Raw,
    }
}

/// The first byte; what follows it means nothing.
fn first(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    c.u8(def).map(drop)
}

fn signed(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let span = c.ahead(4);
    let number = c.peek_number(0, 4).unwrap_or_default() as u32;
    c.take(4)?;
    c.put(def, span, Value::Int(i64::from(number.cast_signed())));
    Ok(())
}

/// Text of `len` bytes up to its first NUL; bytes where it is not printable ASCII.
pub(super) fn text(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    len: usize,
) -> Result<(), Fault> {
    let (span, bytes) = (c.ahead(len), c.take(len)?);
    let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
    match str::from_utf8(text) {
        Ok(text) if text.bytes().all(|b| (0x20..0x7f).contains(&b)) => c.put_text(def, span, text),
        _ => c.put(def, span, Value::Bytes),
    }
    Ok(())
}
