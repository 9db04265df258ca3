//! Builds captures byte by byte, in either byte order.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

pub(crate) const ORDERS: [Order; 2] = [Order::Big, Order::Little];

impl Order {
    pub(crate) fn u16(self, number: u16) -> Vec<u8> {
        match self {
            Self::Big => number.to_be_bytes().to_vec(),
            Self::Little => number.to_le_bytes().to_vec(),
        }
    }

    pub(crate) fn u32(self, number: u32) -> Vec<u8> {
        match self {
            Self::Big => number.to_be_bytes().to_vec(),
            Self::Little => number.to_le_bytes().to_vec(),
        }
    }

    pub(crate) fn u64(self, number: u64) -> Vec<u8> {
        match self {
            Self::Big => number.to_be_bytes().to_vec(),
            Self::Little => number.to_le_bytes().to_vec(),
        }
    }

    pub(crate) fn u32s(self, numbers: &[u32]) -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|&number| self.u32(number))
            .collect()
    }
}

pub(crate) const MICRO: u32 = 0xa1b2_c3d4;
pub(crate) const NANO: u32 = 0xa1b2_3c4d;

pub(crate) fn pcap_header(order: Order, magic: u32, version: (u16, u16), link: u32) -> Vec<u8> {
    [
        order.u32(magic),
        order.u16(version.0),
        order.u16(version.1),
        order.u32s(&[0, 0, 65_535, link]),
    ]
    .concat()
}

pub(crate) fn record(
    order: Order,
    seconds: u32,
    fraction: u32,
    bytes: &[u8],
    wire_len: u32,
) -> Vec<u8> {
    let head = order.u32s(&[seconds, fraction, bytes.len() as u32, wire_len]);
    [head, bytes.to_vec()].concat()
}

/// Frames of growing length, one a second.
pub(crate) fn pcap(order: Order, count: u32) -> Vec<u8> {
    let mut file = pcap_header(order, MICRO, (2, 4), 1);
    for number in 1..=count {
        file.extend(record(
            order,
            number,
            5,
            &vec![number as u8; 10 + number as usize],
            100,
        ));
    }
    file
}

pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = order.u32(body.len() as u32 + 12);
    [order.u32(kind), length.clone(), body, length].concat()
}

pub(crate) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = [
        order.u16(code),
        order.u16(value.len() as u16),
        value.to_vec(),
    ]
    .concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

pub(crate) fn section(order: Order, options: &[Vec<u8>]) -> Vec<u8> {
    section_of_version(order, (1, 0), options)
}

pub(crate) fn section_of_version(
    order: Order,
    version: (u16, u16),
    options: &[Vec<u8>],
) -> Vec<u8> {
    let head = [
        order.u32(0x1a2b_3c4d),
        order.u16(version.0),
        order.u16(version.1),
        order.u64(u64::MAX),
    ];
    block(
        order,
        0x0a0d_0d0a,
        &[head.concat(), options.concat()].concat(),
    )
}

pub(crate) fn interface(order: Order, link: u16, snaplen: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let head = [order.u16(link), order.u16(0), order.u32(snaplen)].concat();
    block(order, 1, &[head, options.concat()].concat())
}

pub(crate) fn enhanced(
    order: Order,
    interface: u32,
    ticks: u64,
    bytes: &[u8],
    options: &[Vec<u8>],
) -> Vec<u8> {
    let length = bytes.len() as u32;
    let mut body = order.u32s(&[
        interface,
        (ticks >> 32) as u32,
        ticks as u32,
        length,
        length + 7,
    ]);
    body.extend(bytes);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(options.concat());
    block(order, 6, &body)
}

/// A pcapng file with one block of every kind that is read.
pub(crate) fn pcapng(order: Order) -> Vec<u8> {
    let text = |code, text: &str| option(order, code, text.as_bytes());
    [
        section(
            order,
            &[
                text(1, "about the file"),
                text(2, "x86"),
                text(3, "Linux"),
                text(4, "dumpcap"),
                option(order, 0, &[]),
            ],
        ),
        interface(
            order,
            1,
            0,
            &[
                text(2, "eth0"),
                option(order, 9, &[9]),
                option(order, 0, &[]),
            ],
        ),
        interface(
            order,
            113,
            8,
            &[text(3, "all of them"), option(order, 14, &order.u64(100))],
        ),
        block(
            order,
            10,
            &[order.u32s(&[0x544c_534b, 5]), b"KEYS\n".to_vec()].concat(),
        ),
        enhanced(
            order,
            0,
            1_000_000_001,
            b"first",
            &[
                text(1, "look"),
                text(2988, "custom"),
                text(1, "again"),
                option(order, 0, &[]),
            ],
        ),
        block(
            order,
            0x0bad,
            &[order.u32(32_473), b"custom".to_vec()].concat(),
        ),
        enhanced(order, 1, 2_000_000, b"second!", &[]),
        block(order, 3, &[order.u32(6), b"simple".to_vec()].concat()),
        block(
            order,
            4,
            &[
                order.u16(1),
                order.u16(12),
                vec![192, 0, 2, 1],
                b"a.test\0\0".to_vec(),
                order.u16(2),
                order.u16(28),
                vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                b"b.test\0c.te\0".to_vec(),
                order.u32(0),
            ]
            .concat(),
        ),
        block(
            order,
            2,
            &[
                order.u16(0),
                order.u16(3),
                order.u32s(&[0, 3_000, 3, 9]),
                b"old".to_vec(),
            ]
            .concat(),
        ),
        block(order, 5, &order.u32s(&[0, 0, 0])),
    ]
    .concat()
}
