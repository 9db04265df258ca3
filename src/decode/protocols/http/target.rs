//! The request target and the full address that it makes with the Host header (RFC 9112 sections 3.2 and 3.3).

use crate::decode::{Cursor, Next};
use crate::model::Span;

use super::head::{Head, Start};
use super::{URI_PARAMETER, URI_PATH, URI_QUERY, part};

/// Path, query and its parameters, below the target; a target without a query is its path.
pub(super) fn parts(c: &mut Cursor<'_, '_>, target: &[u8], place: Span) {
    let mut halves = target.splitn(2, |&b| b == b'?');
    let path = halves.next().unwrap_or_default();
    let Some(query) = halves.next() else {
        return;
    };
    let text = |bytes| String::from_utf8_lossy(bytes);
    let _ = c.nest(|c| {
        c.put_text(&URI_PATH, part(place, 0, path.len()), &text(path));
        let mut at = path.len().saturating_add(1);
        c.put_text(&URI_QUERY, part(place, at, query.len()), &text(query));
        c.nest(|c| {
            for parameter in query.split(|&b| b == b'&') {
                if !parameter.is_empty() {
                    let span = part(place, at, parameter.len());
                    c.put_text(&URI_PARAMETER, span, &text(parameter));
                }
                at = at.saturating_add(parameter.len()).saturating_add(1);
            }
            Ok(())
        })
    });
}

/// The full address of a request; `None` where no Host header completes the target.
pub(super) fn full_uri(head: &Head<'_>, encrypted: bool) -> Option<String> {
    let Start::Request { target, .. } = head.start else {
        return None;
    };
    let uri = String::from_utf8_lossy(target);
    if !target.starts_with(b"/") && target != b"*" {
        return Some(uri.into_owned());
    }
    // `OPTIONS *` asks the server as a whole: its address has no path (RFC 9112 section 3.3).
    let path = if target == b"*" { "" } else { &uri };
    let host = String::from_utf8_lossy(head.value("host")?);
    let scheme = if encrypted { "https" } else { "http" };
    Some(format!("{scheme}://{host}{path}"))
}

/// What a tunnel to this authority (`host:port`) carries.
pub(super) fn tunnel(authority: &str) -> Next {
    let port = authority
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok());
    port.map_or(Next::Data, Next::TcpPort)
}
