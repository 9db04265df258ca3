//! What frames look like, on one made by hand: bit fields, a fault, a comment, a decrypted buffer with a secret.

use super::{Options, Rows, draw};
use crate::render::Look;
use crate::render::glyphs::Charset;
use crate::render::line::Line;
use crate::render::text::Clock;
use crate::render::theme::Theme;
use crate::view::frame::{
    BufferView, FaultView, FieldView, FrameView, LayerView, PieceView, ValueView,
};
use crate::view::names::NameView;
use crate::view::timeline::Depth;

fn look(width: usize) -> Look {
    Look {
        width,
        charset: Charset::Unicode,
        theme: Theme::standard(),
        colour: false,
    }
}

/// The lines of the frame.
fn lines(look: &Look, options: &Options) -> Vec<Line> {
    let mut lines = Vec::new();
    let drawn: Result<(), ()> = draw(&frame(), look, options, |some| {
        lines.extend_from_slice(some);
        Ok(())
    });
    assert_eq!(drawn, Ok(()));
    lines
}

fn drawn(lines: &[Line], look: &Look) -> String {
    let mut out = Vec::new();
    for line in lines {
        assert!(line.width() <= look.width, "{}", line.text());
    }
    look.write(&mut out, lines).unwrap();
    String::from_utf8(out).unwrap()
}

/// Key, label, display, buffer, offset, length, bits, depth.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    u16,
    u32,
    u32,
    Option<(u8, u8)>,
    u8,
);

fn fields(rows: &[Row]) -> Vec<FieldView> {
    rows.iter()
        .map(
            |&(key, label, display, buffer, offset, length, bits, depth)| FieldView {
                key,
                label,
                value: ValueView::Text(display.to_owned()),
                display: display.to_owned(),
                buffer,
                offset,
                length,
                bits,
                depth,
                help: "What this field is for, in one sentence that a student understands at once.",
                names: Vec::new(),
                vendor: None,
                mac_kind: None,
            },
        )
        .collect()
}

fn layer(
    (protocol, name, osi): (&'static str, &'static str, u8),
    (buffer, offset, length): (u16, u32, u32),
    summary: &str,
    rows: &[Row],
) -> LayerView {
    LayerView {
        protocol,
        name,
        osi,
        buffer,
        offset,
        length,
        summary: summary.to_owned(),
        quoted: false,
        fault: None,
        fields: fields(rows),
    }
}

#[rustfmt::skip]
fn frame() -> FrameView {
    let frame = "02000000000202000000000108004500003c1c4640004006b1e6c0a80164cb00710aa0280050000000010000000250180040fe0a0000\
        17030300100102030405060708090a0b0c0d0e0f10";
    let clear = "474554202f20485454502f312e310d0a436f6f6b69653a20000000000000000d0a0d0a";
    let mut tls = layer(("tls", "Transport Layer Security", 6), (0, 54, 21), "Application Data", &[
        ("tls.record", "Record layer", "", 0, 54, 21, None, 0),
        ("tls.record.length", "Length", "16 bytes", 0, 57, 2, None, 1),
        ("tls.app_data", "Encrypted application data", "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14", 0, 59, 16, None, 1),
    ]);
    tls.fault = Some(FaultView { code: "truncated", text: "16 bytes are needed and 12 are there".to_owned(), offset: 59 });
    let mut eth = layer(("eth", "Ethernet", 2), (0, 0, 14), "02:00:00:00:00:01 → 02:00:00:00:00:02, IPv4", &[
        ("eth.dst", "Destination", "00:1b:21:00:00:02", 0, 0, 6, None, 0),
        ("eth.dst.lg", "Locally administered", "set", 0, 0, 3, Some((6, 1)), 1),
        ("eth.src", "Source", "02:00:00:00:00:01", 0, 6, 6, None, 0),
        ("eth.type", "Type", "0x0800 (IPv4)", 0, 12, 2, None, 0),
    ]);
    eth.fields[0].vendor = Some("Intel Corporate");
    eth.fields[2].mac_kind = Some("locally administered, perhaps randomised");
    let mut ip = layer(("ip", "Internet Protocol Version 4", 3), (0, 14, 20), "192.168.1.100 → 203.0.113.10, TCP, ttl 64", &[
        ("ip.version", "Version", "4", 0, 14, 1, Some((0, 4)), 0),
        ("ip.flags", "Flags", "0x2", 0, 20, 1, Some((0, 3)), 0),
        ("ip.flags.df", "Don't fragment", "set", 0, 20, 1, Some((1, 1)), 1),
        ("ip.ttl", "Time to live", "64", 0, 22, 1, None, 0),
        ("ip.src", "Source address", "192.168.1.100", 0, 26, 4, None, 0),
        ("ip.dst", "Destination address", "203.0.113.10", 0, 30, 4, None, 0),
    ]);
    let claim = |name: &str, by, label, frame| NameView { name: name.into(), by, frame, label };
    ip.fields[4].names = vec![claim("laptop\u{1b}[2J\u{202e}.lan", "capture", "capture's name records", None)];
    ip.fields[5].names = vec![
        claim("www.example.test", "sni", "SNI", Some(9)),
        claim("www.example.test", "dns", "DNS answer", Some(4)),
        claim("edge.cdn.test", "dns", "DNS answer", Some(2)),
        claim("third.test", "dns", "DNS answer", Some(1)),
    ];
    FrameView {
        number: 15,
        time: "1763622840.123456789".to_owned(),
        since_start: 106_544_000,
        wire_len: 80,
        captured_len: 75,
        comments: vec!["seen by \u{1b}[31mtwo\u{202e} people\nand twice".to_owned()],
        file: Some(1),
        file_number: Some(3),
        buffers: vec![
            BufferView { id: 0, kind: "frame", length: frame.len() / 2, hex: frame.to_owned(), masked: Vec::new(), pieces: Vec::new() },
            BufferView {
                id: 1, kind: "decrypted", length: clear.len() / 2, hex: clear.to_owned(), masked: vec![(24, 7)],
                pieces: vec![PieceView { at: 0, len: 20, frame: 12, offset: 59 }, PieceView { at: 20, len: 15, frame: 15, offset: 59 }],
            },
        ],
        layers: vec![
            eth,
            ip,
            layer(("tcp", "Transmission Control Protocol", 4), (0, 34, 20), "41000 → 80 [PSH ACK]", &[
                ("tcp.flags", "Flags", "0x018", 0, 46, 2, Some((4, 12)), 0),
                ("tcp.len", "Segment length", "21 bytes", 0, 54, 0, None, 0),
            ]),
            tls,
            layer(("http", "Hypertext Transfer Protocol", 7), (1, 0, 35), "GET / HTTP/1.1", &[
                ("http.request.method", "Method", "GET", 1, 0, 3, None, 0),
                ("http.cookie", "Cookie", "****", 1, 16, 17, None, 0),
            ]),
        ],
    }
}

#[test]
fn layer_by_layer() {
    let marked = Options {
        depth: Depth::Normal,
        mark: vec![
            "ip.ttl".to_owned(),
            "http.request.method".to_owned(),
            "ip.dst".to_owned(),
        ],
    };
    for width in [60, 80, 140] {
        let look = look(width);
        insta::assert_snapshot!(
            format!("stack-{width}"),
            drawn(&lines(&look, &marked), &look)
        );
    }
}

#[test]
fn in_depth_and_in_brief() {
    for (name, depth) in [("stack-brief", Depth::Brief), ("stack-deep", Depth::Deep)] {
        let options = Options {
            depth,
            ..Options::default()
        };
        insta::assert_snapshot!(name, drawn(&lines(&look(80), &options), &look(80)));
    }
}

#[test]
fn in_one_line() {
    let mut text = String::new();
    for width in [60, 80, 140] {
        for clock in [Clock::Relative, Clock::Delta, Clock::Utc] {
            let look = look(width);
            let mut rows = Rows::new(&look, clock);
            let mut next = frame();
            next.number = 1016;
            next.since_start += 1_500_000;
            next.layers.pop();
            let rows = [rows.line(&frame()), rows.line(&next)];
            text += &drawn(&rows, &look);
        }
    }
    insta::assert_snapshot!(text);
}
