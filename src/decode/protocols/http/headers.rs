//! The header lines that have a field of their own, and which of their bytes are secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::decode::{Cursor, FieldDef, Value, credentials};
use crate::model::Span;

use super::head::{Head, Header, Start, digits};
use super::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AGE, ALT_SVC, AUTH_BASIC, AUTHORIZATION,
    CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LENGTH_HEADER,
    CONTENT_RANGE, CONTENT_TYPE, COOKIE, COOKIE_PAIR, DATE, DISPOSITION, ETAG, EXPECT, EXPIRES,
    FORWARDED_FOR, HOST, HTTP2_SETTINGS, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    ORIGIN, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, RANGE, REFERER, REQUEST_LINE, RESPONSE_LINE,
    RETRY_AFTER, SERVER, SET_COOKIE, STRICT_TRANSPORT, TRANSFER_ENCODING, UNKNOWN_HEADER, UPGRADE,
    USER_AGENT, VARY, VIA, WS_ACCEPT, WS_EXTENSIONS, WS_KEY, WS_PROTOCOL, WS_VERSION,
    WWW_AUTHENTICATE, part,
};

/// Headers with a field of their own, by their names in lower case.
static NAMED: &[(&str, &FieldDef)] = &[
    ("accept", &ACCEPT),
    ("accept-encoding", &ACCEPT_ENCODING),
    ("accept-language", &ACCEPT_LANGUAGE),
    ("authorization", &AUTHORIZATION),
    ("cache-control", &CACHE_CONTROL),
    ("connection", &CONNECTION),
    ("content-encoding", &CONTENT_ENCODING),
    ("content-length", &CONTENT_LENGTH_HEADER),
    ("content-type", &CONTENT_TYPE),
    ("cookie", &COOKIE),
    ("date", &DATE),
    ("host", &HOST),
    ("http2-settings", &HTTP2_SETTINGS),
    ("last-modified", &LAST_MODIFIED),
    ("location", &LOCATION),
    ("proxy-authenticate", &PROXY_AUTHENTICATE),
    ("proxy-authorization", &PROXY_AUTHORIZATION),
    ("referer", &REFERER),
    ("sec-websocket-accept", &WS_ACCEPT),
    ("sec-websocket-extensions", &WS_EXTENSIONS),
    ("sec-websocket-key", &WS_KEY),
    ("sec-websocket-protocol", &WS_PROTOCOL),
    ("sec-websocket-version", &WS_VERSION),
    ("server", &SERVER),
    ("set-cookie", &SET_COOKIE),
    ("transfer-encoding", &TRANSFER_ENCODING),
    ("upgrade", &UPGRADE),
    ("user-agent", &USER_AGENT),
    ("www-authenticate", &WWW_AUTHENTICATE),
    ("x-forwarded-for", &FORWARDED_FOR),
];

/// Headers that Wireshark shows as lines only: their field stands below the line.
static BELOW: &[(&str, &FieldDef)] = &[
    ("age", &AGE),
    ("alt-svc", &ALT_SVC),
    ("content-disposition", &DISPOSITION),
    ("content-range", &CONTENT_RANGE),
    ("etag", &ETAG),
    ("expect", &EXPECT),
    ("expires", &EXPIRES),
    ("if-modified-since", &IF_MODIFIED_SINCE),
    ("if-none-match", &IF_NONE_MATCH),
    ("origin", &ORIGIN),
    ("range", &RANGE),
    ("retry-after", &RETRY_AFTER),
    ("strict-transport-security", &STRICT_TRANSPORT),
    ("vary", &VARY),
    ("via", &VIA),
];

fn field(table: &[(&str, &'static FieldDef)], name: &[u8]) -> Option<&'static FieldDef> {
    let named = |row: &&(&str, &'static FieldDef)| name.eq_ignore_ascii_case(row.0.as_bytes());
    table.iter().find(named).map(|row| row.1)
}

/// Records every header line of the head.
pub(super) fn read(c: &mut Cursor<'_, '_>, head: &Head<'_>, whole: Span) {
    let (line_field, announces) = match head.start {
        Start::Request { method, .. } => (&REQUEST_LINE, method == b"NOTIFY"),
        Start::Response { .. } => (&RESPONSE_LINE, false),
    };
    for header in &head.headers {
        let line = part(whole, head.place(header.line), header.line_len);
        let value = header.value();
        let value = String::from_utf8_lossy(&value);
        if let Some(def) = field(NAMED, header.name) {
            c.put_text(def, line, &value);
            below(c, def, head, header, line, whole);
            continue;
        }
        let text = super::head::unfold(header.line);
        let text = String::from_utf8_lossy(&text);
        // Wireshark takes an announcement for neither a request nor a response, and shows its lines with their ends.
        if announces {
            c.put_text(&UNKNOWN_HEADER, line, &format!("{text}\\r\\n"));
        } else {
            c.put_text(line_field, line, &text);
        }
        if let Some(def) = field(BELOW, header.name) {
            let _ = c.nest(|c| {
                c.put_text(def, line, &value);
                Ok(())
            });
        }
    }
}

/// What stands below a header: its number, its parts, its secrets.
fn below(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    head: &Head<'_>,
    header: &Header<'_>,
    line: Span,
    whole: Span,
) {
    let place = |bytes: &[u8]| part(whole, head.place(bytes), bytes.len());
    match def.key {
        "http.content_length_header" => {
            if let Some(length) = digits(header.raw) {
                let _ = c.nest(|c| {
                    c.put(&CONTENT_LENGTH, line, Value::Num(length));
                    Ok(())
                });
            }
        }
        "http.authorization" | "http.proxy_authorization" => {
            hide(c, header, place(header.raw));
            let (scheme, credentials) = words(header.raw);
            if scheme.eq_ignore_ascii_case(b"basic")
                && let Ok(clear) = STANDARD.decode(credentials)
            {
                let _ = c.nest(|c| {
                    let clear = String::from_utf8_lossy(&clear);
                    c.put_text(&AUTH_BASIC, place(credentials), &clear);
                    Ok(())
                });
            }
        }
        "http.cookie" => {
            let _ = c.nest(|c| {
                for pair in header.raw.split(|&b| b == b';').map(<[u8]>::trim_ascii) {
                    if pair.is_empty() {
                        continue;
                    }
                    c.put_text(&COOKIE_PAIR, place(pair), &String::from_utf8_lossy(pair));
                }
                Ok(())
            });
            hide(c, header, place(header.raw));
        }
        "http.set_cookie" => hide(c, header, place(header.raw)),
        _ => {}
    }
}

/// Marks the secret parts of a header's value, which lies in `whole`.
fn hide(c: &mut Cursor<'_, '_>, header: &Header<'_>, whole: Span) {
    credentials::in_value(header.name, header.raw, |secret| {
        c.secret(part(whole, secret.start, secret.len()));
    });
}

/// Splits `scheme credentials`; a single word is all credentials.
fn words(value: &[u8]) -> (&[u8], &[u8]) {
    let mut words = value.splitn(2, |&b| b == b' ');
    match (words.next(), words.next()) {
        (Some(scheme), Some(rest)) => (scheme, rest.trim_ascii()),
        _ => (b"", value),
    }
}
