//! The conversations of a capture, one line each.

use super::line::{Cells, Line, columns, cut};
use super::theme::Ink;
use super::{Look, MIN_WIDTH, units};
use crate::model::push_ip;
use crate::view::conversations::{Conversation, End, Facts};
use crate::view::frame::ValueView;

/// A column: its ink, whether it ends at its right edge, and its cells.
struct Column {
    ink: Ink,
    right: bool,
    cells: Cells,
    width: usize,
}

/// Columns for a name and who claims it.
const NAMES_WIDEST: usize = 48;

/// Writes what stands in a conversation's cell.
type Write = fn(&Conversation, &mut String);

/// Columns behind the outcome, the most telling first: ink, whether it ends at its right edge, columns of its widest cell
/// at most.
const MORE: [(Ink, bool, usize, Write); 8] = [
    (Ink::Plain, true, usize::MAX, |c, out| {
        units::push_count(c.frames.count, "frame", out);
    }),
    (Ink::Plain, true, usize::MAX, |c, out| {
        units::push_bytes(c.bytes.client, out);
        out.push_str(" ↑");
    }),
    (Ink::Plain, true, usize::MAX, |c, out| {
        units::push_bytes(c.bytes.server, out);
        out.push_str(" ↓");
    }),
    (Ink::Plain, true, usize::MAX, |c, out| {
        units::push_duration(c.duration_ns, out);
    }),
    (Ink::Value, false, NAMES_WIDEST, named),
    (Ink::Faint, true, usize::MAX, |c, out| {
        out.push_str("at ");
        units::push_duration(c.start_ns, out);
    }),
    (Ink::Plain, false, 32, |c, out| out.push_str(software(c))),
    (Ink::Faint, false, 24, |c, out| out.push_str(&c.history)),
];

/// One line a conversation. What does not fit into the width is left out from the right, least telling first.
pub fn lines(conversations: &[Conversation], look: &Look) -> impl Iterator<Item = Line> {
    let column = |ink, right, widest, write: Write| {
        let (mut cells, mut text) = (Cells::new(look.charset), String::new());
        for conversation in conversations {
            text.clear();
            write(conversation, &mut text);
            if text.len() > widest && columns(&text, look.charset) > widest {
                text = cut(&text, widest, look.charset);
            }
            cells.push(&text);
        }
        let width = cells.widest();
        Column {
            ink,
            right,
            cells,
            width,
        }
    };
    let number = column(Ink::Faint, true, usize::MAX, |c, out| {
        units::push_number(c.id.into(), out);
    });
    let what = column(Ink::Strong, false, 12, |c, out| out.push_str(what(c)));
    let mut client = column(Ink::Value, false, usize::MAX, |c, out| end(&c.client, out));
    let mut server = column(Ink::Value, false, usize::MAX, |c, out| end(&c.server, out));
    let outcome = column(Ink::Plain, false, usize::MAX, |c, out| {
        out.push_str(c.outcome);
    });
    let fixed = 1 + number.width + 2 + what.width + 2 + 3 + 2 + outcome.width;
    let room = look.columns().saturating_sub(fixed);
    shorten(&mut client, &mut server, room);
    let mut used = fixed + client.width + server.width;
    // Those that do not fit are not even made.
    let more: Vec<_> = MORE
        .iter()
        .map(|&(ink, right, widest, write)| column(ink, right, widest, write))
        .take_while(|column| {
            used += 2 + column.width;
            column.width == 0 || used <= look.width.max(MIN_WIDTH)
        })
        .collect();
    let look = *look;
    let mut arrow = Cells::new(look.charset);
    arrow.push(&format!(" {} ", look.charset.arrow()));
    conversations
        .iter()
        .enumerate()
        .map(move |(row, conversation)| {
            let mut line = look.line();
            line.space(1);
            number.draw(row, &mut line);
            line.space(2);
            what.draw(row, &mut line);
            line.space(2);
            client.draw(row, &mut line);
            line.cell(Ink::Faint, &arrow, 0);
            server.draw(row, &mut line);
            line.space(2);
            let start = line.width();
            line.cell(outcome_ink(conversation.outcome), &outcome.cells, row)
                .to(start + outcome.width);
            for column in &more {
                line.space(2);
                column.draw(row, &mut line);
            }
            line
        })
}

impl Column {
    fn draw(&self, row: usize, line: &mut Line) {
        let end = line.width() + self.width;
        if self.right {
            line.to(end.saturating_sub(self.cells.width(row)));
        }
        line.cell(self.ink, &self.cells, row).to(end);
    }
}

/// Cuts the longer addresses in their middle so that both ends fit.
fn shorten(client: &mut Column, server: &mut Column, room: usize) {
    let widest = [client.width, server.width];
    while client.width + server.width > room && client.width.max(server.width) > 12 {
        if client.width >= server.width {
            client.width -= 1;
        } else {
            server.width -= 1;
        }
    }
    for (column, widest) in [client, server].into_iter().zip(widest) {
        if column.width < widest {
            column.cells = column.cells.narrowed(column.width);
        }
    }
}

fn what(conversation: &Conversation) -> &'static str {
    if conversation.app.is_empty() {
        conversation.transport
    } else {
        conversation.app
    }
}

fn end(end: &End, out: &mut String) {
    match end.ip {
        Some(ip) if ip.is_ipv6() && end.port.is_some() => {
            out.push('[');
            push_ip(ip, out);
            out.push(']');
        }
        Some(ip) => push_ip(ip, out),
        None if end.port.is_none() => out.push('?'),
        None => {}
    }
    if let Some(port) = end.port {
        out.push(':');
        units::push_number(port.into(), out);
    }
}

/// The name that the client asked for, or that others claim for the server, and who claims it: of a long name the end gives
/// way. Which frames do so stands in JSON.
fn named(conversation: &Conversation, out: &mut String) {
    let claims = &conversation.server.names;
    let asked = text(conversation.tls.as_ref(), "sni");
    let asked = asked.or_else(|| text(conversation.quic.as_ref(), "sni"));
    let Some(name) = asked.or_else(|| claims.first().map(|claim| &*claim.name)) else {
        return;
    };
    let mut by: Vec<&str> = asked.map(|_| "SNI").into_iter().collect();
    for claim in claims.iter().filter(|c| c.name.eq_ignore_ascii_case(name)) {
        if !by.contains(&claim.label) {
            by.push(claim.label);
        }
    }
    let by = by.join(", ");
    let room = NAMES_WIDEST.saturating_sub(by.len() + 3).max(8);
    match name.char_indices().nth(room) {
        Some((end, _)) if name.chars().count() > room + 1 => out.extend([&name[..end], "…"]),
        _ => out.push_str(name),
    }
    out.extend([" (", &by, ")"]);
}

/// The software that answered.
fn software(conversation: &Conversation) -> &str {
    text(conversation.ssh.as_ref(), "server_version").unwrap_or_default()
}

fn text<'a>(facts: Option<&'a Facts>, name: &str) -> Option<&'a str> {
    match facts?.get(name)?.as_ref()? {
        ValueView::Text(text) => Some(text),
        _ => None,
    }
}

fn outcome_ink(outcome: &str) -> Ink {
    match outcome {
        "closed" => Ink::Good,
        "reset" | "refused" | "unanswered" => Ink::Bad,
        "half-closed" => Ink::Warn,
        _ => Ink::Plain,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::lines;
    use crate::render::Look;
    use crate::render::glyphs::Charset;
    use crate::render::theme::Theme;
    use crate::view::conversations::{Bytes, Conversation, End, Frames};
    use crate::view::frame::ValueView;
    use crate::view::names::NameView;

    fn conversation(
        id: u32,
        app: &'static str,
        ends: [(&str, Option<u16>); 2],
        outcome: &'static str,
    ) -> Conversation {
        let [client, server] = ends.map(|(ip, port)| End {
            ip: Some(ip.parse().unwrap()),
            port,
            names: Vec::new(),
        });
        let named = |name: &str| BTreeMap::from([("sni", Some(ValueView::Text(name.to_owned())))]);
        Conversation {
            id,
            transport: "tcp",
            stream: Some(id - 1),
            client,
            server,
            app,
            frames: Frames {
                first: u64::from(id),
                last: 29,
                count: u64::from(id),
            },
            bytes: Bytes {
                client: 900,
                server: 4_000_000,
            },
            start_ns: i64::from(id) * 31_000_000,
            duration_ns: 150_000_000,
            outcome,
            history: "ShADadFf".to_owned(),
            tcp: None,
            tls: (app == "tls").then(|| named("www.example.test\u{202e}")),
            ssh: None,
            quic: None,
        }
    }

    fn drawn(width: usize) -> String {
        let look = Look {
            width,
            charset: Charset::Unicode,
            theme: Theme::standard(),
            colour: false,
        };
        let claim = |name: &str, by, label, frame| NameView {
            name: name.into(),
            by,
            frame,
            label,
        };
        let mut conversations = [
            conversation(
                1,
                "arp",
                [("192.168.1.100", None), ("192.168.1.1", None)],
                "open",
            ),
            conversation(
                2,
                "tls",
                [("192.168.1.100", Some(41000)), ("203.0.113.10", Some(443))],
                "closed",
            ),
            conversation(
                10,
                "ssh",
                [
                    ("2001:db8:85a3:8d3:1319:8a2e:370:7348", Some(41000)),
                    ("2001:db8::1", Some(22)),
                ],
                "unanswered",
            ),
        ];
        conversations[0].server.names = vec![claim(
            "gate\u{1b}[2J.lan",
            "capture",
            "capture's name records",
            None,
        )];
        conversations[1].server.names = vec![
            claim("cdn.test", "dns", "DNS answer", Some(31)),
            claim("WWW.example.test\u{202e}", "dns", "DNS answer", Some(1)),
        ];
        conversations[2].server.names = vec![claim("six.test", "dns", "DNS answer", Some(4))];
        conversations[2].ssh = Some(BTreeMap::from([(
            "server_version",
            Some(ValueView::Text("SSH-2.0-OpenSSH_9.2p1".to_owned())),
        )]));
        let mut out = Vec::new();
        let lines: Vec<_> = lines(&conversations, &look).collect();
        assert!(lines.iter().all(|line| line.width() <= width));
        look.write(&mut out, &lines).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_line_each_at_every_width() {
        insta::assert_snapshot!([60, 80, 140, 200].map(drawn).join("\n"));
    }
}
