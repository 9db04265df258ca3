//! The conversations of a capture, one line each.

use super::Look;
use super::line::{Line, columns, cut, cut_middle};
use super::theme::Ink;
use super::units;
use crate::view::conversations::{Conversation, End, Facts};
use crate::view::frame::ValueView;

/// A column: its ink, whether it ends at its right edge, and its cells.
struct Column {
    ink: Ink,
    right: bool,
    cells: Vec<String>,
    width: usize,
}

/// One line a conversation. What does not fit into the width is left out from the right, least telling first.
#[must_use]
pub fn lines(conversations: &[Conversation], look: &Look) -> Vec<Line> {
    let column = |ink, right, cell: &dyn Fn(&Conversation) -> String| {
        let cells: Vec<_> = conversations.iter().map(cell).collect();
        let width = cells
            .iter()
            .map(|c| columns(c, look.charset))
            .max()
            .unwrap_or(0);
        Column {
            ink,
            right,
            cells,
            width,
        }
    };
    let outcome = column(Ink::Plain, false, &|c| c.outcome.clone());
    let number = column(Ink::Faint, true, &|c| c.id.to_string());
    let what = column(Ink::Strong, false, &|c| cut(what(c), 12, look.charset));
    let (mut client, mut server) = (
        column(Ink::Value, false, &|c| end(&c.client)),
        column(Ink::Value, false, &|c| end(&c.server)),
    );
    let fixed = 1 + number.width + 2 + what.width + 2 + 3 + 2 + outcome.width;
    let room = look.columns().saturating_sub(fixed);
    shorten(&mut client, &mut server, room, look);
    let more = [
        column(Ink::Plain, true, &|c| units::count(c.frames.count, "frame")),
        column(Ink::Plain, true, &|c| {
            format!("{} ↑", units::bytes(c.bytes.client))
        }),
        column(Ink::Plain, true, &|c| {
            format!("{} ↓", units::bytes(c.bytes.server))
        }),
        column(Ink::Plain, true, &|c| units::duration(c.duration_ns)),
        column(Ink::Faint, true, &|c| {
            format!("at {}", units::duration(c.start_ns))
        }),
        column(Ink::Value, false, &|c| cut(&named(c), 40, look.charset)),
        column(Ink::Faint, false, &|c| cut(&c.history, 24, look.charset)),
    ];
    let mut used = fixed + client.width + server.width;
    let more: Vec<_> = more
        .into_iter()
        .take_while(|column| {
            used += 2 + column.width;
            column.width == 0 || used <= look.width.max(super::MIN_WIDTH)
        })
        .collect();
    conversations
        .iter()
        .enumerate()
        .map(|(row, conversation)| {
            let mut line = look.line();
            line.push(Ink::Plain, " ");
            cell(&mut line, &number, row);
            line.push(Ink::Plain, "  ");
            cell(&mut line, &what, row);
            line.push(Ink::Plain, "  ");
            cell(&mut line, &client, row);
            line.push(Ink::Faint, &format!(" {} ", look.charset.arrow()));
            cell(&mut line, &server, row);
            line.push(Ink::Plain, "  ");
            let start = line.width();
            line.push(outcome_ink(&conversation.outcome), &conversation.outcome)
                .to(start + outcome.width);
            for column in &more {
                line.push(Ink::Plain, "  ");
                cell(&mut line, column, row);
            }
            line
        })
        .collect()
}

fn cell(line: &mut Line, column: &Column, row: usize) {
    let text = column.cells.get(row).map_or("", String::as_str);
    let end = line.width() + column.width;
    if column.right {
        line.right(end, column.ink, text);
    } else {
        line.push(column.ink, text).to(end);
    }
}

/// Cuts the longer addresses in their middle until both ends fit.
fn shorten(client: &mut Column, server: &mut Column, room: usize, look: &Look) {
    while client.width + server.width > room && client.width.max(server.width) > 12 {
        let wider = if client.width >= server.width {
            &mut *client
        } else {
            &mut *server
        };
        wider.width -= 1;
        let width = wider.width;
        for cell in &mut wider.cells {
            *cell = cut_middle(cell, width, look.charset);
        }
    }
}

fn what(conversation: &Conversation) -> &str {
    if conversation.app.is_empty() {
        &conversation.transport
    } else {
        &conversation.app
    }
}

fn end(end: &End) -> String {
    match (&end.ip, end.port) {
        (None, None) => "?".to_owned(),
        (None, Some(port)) => format!(":{port}"),
        (Some(ip), None) => ip.clone(),
        (Some(ip), Some(port)) if ip.contains(':') => format!("[{ip}]:{port}"),
        (Some(ip), Some(port)) => format!("{ip}:{port}"),
    }
}

/// The name that the client asked for, or the software that answered.
fn named(conversation: &Conversation) -> String {
    let text = |facts: &Option<Facts>, name| match facts.as_ref()?.get(name)?.as_ref()? {
        ValueView::Text(text) => Some(text.clone()),
        _ => None,
    };
    text(&conversation.tls, "sni")
        .or_else(|| text(&conversation.quic, "sni"))
        .or_else(|| text(&conversation.ssh, "server_version"))
        .unwrap_or_default()
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

    fn conversation(
        id: u32,
        app: &str,
        ends: [(&str, Option<u16>); 2],
        outcome: &str,
    ) -> Conversation {
        let [client, server] = ends.map(|(ip, port)| End {
            ip: Some(ip.to_owned()),
            port,
        });
        let named = |name: &str| BTreeMap::from([("sni", Some(ValueView::Text(name.to_owned())))]);
        Conversation {
            id,
            transport: "tcp".to_owned(),
            stream: Some(id - 1),
            client,
            server,
            app: app.to_owned(),
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
            outcome: outcome.to_owned(),
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
        let conversations = [
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
        let mut out = Vec::new();
        let lines = lines(&conversations, &look);
        assert!(lines.iter().all(|line| line.width() <= width));
        look.write(&mut out, &lines).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_line_each_at_every_width() {
        insta::assert_snapshot!([60, 80, 140, 200].map(drawn).join("\n"));
    }
}
