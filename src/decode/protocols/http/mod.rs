//! HTTP/1.0 and HTTP/1.1: whole messages, with every header line, chunks and content codings (RFC 9110, RFC 9112, RFC 6265).

mod body;
mod coding;
mod framing;
mod head;
mod headers;
mod ssdp;
mod status;
mod talk;
mod target;
#[cfg(test)]
mod tests;

use crate::decode::{
    Base, Claim, Cursor, Fault, FaultKind, Protocol, Show, Talk, Value, events, fields,
};
use crate::model::{Osi, Span};

use framing::{Framing, framing};
use head::{Head, Start};
pub(super) use ssdp::PROTOCOL as SSDP;

use status::STATUS;
use talk::{Asked, Exchange};

fields! {
    START: "http.chat", "Start line", Show::Heading, "The first line says everything: what is asked for, or how it went.";
    METHOD: "http.request.method", "Method", Show::Plain, "What to do: GET fetches, HEAD fetches only the headers, POST hands something in.";
    URI: "http.request.uri", "Request target", Show::Plain, "What is asked for: usually the path and query of the address; the host stands in the Host header.";
    URI_PATH: "http.request.uri.path", "Path", Show::Plain, "The target up to the question mark.";
    URI_QUERY: "http.request.uri.query", "Query", Show::Plain, "The target behind the question mark.";
    URI_PARAMETER: "http.request.uri.query.parameter", "Query parameter", Show::Plain, "One name and value of the query.";
    REQUEST_VERSION: "http.request.version", "Version", Show::Plain, "The highest version of HTTP that the client can read.";
    RESPONSE_VERSION: "http.response.version", "Version", Show::Plain, "The highest version of HTTP that the server speaks.";
    CODE: "http.response.code", "Status code", Show::Names(Base::Dec, STATUS), "How it went: 2xx done, 3xx look elsewhere, 4xx the client's mistake, 5xx the server's.";
    CODE_DESC: "http.response.code.desc", "Meaning of the code", Show::Plain, "The registered name of the code; the phrase on the wire may say something else.";
    PHRASE: "http.response.phrase", "Reason phrase", Show::Plain, "The code in words, for people only: programs must ignore it.";
    FULL_URI: "http.request.full_uri", "Full address", Show::Plain, "Scheme, Host header and target put together: what stood in the address bar.";
    RESPONSE_FOR: "http.response_for.uri", "Answers the request for", Show::Plain, "Responses come in the order of the requests: this is the address of the one that is answered.";

    TUNNEL: "wirewalk.http.tunnel", "Opens a tunnel", Show::Plain, "The answer to CONNECT: from here on the proxy passes bytes on both ways, whatever is spoken in them.";

    REQUEST_LINE: "http.request.line", "Header", Show::Plain, "A header line of the request.";
    RESPONSE_LINE: "http.response.line", "Header", Show::Plain, "A header line of the response.";
    UNKNOWN_HEADER: "http.unknown_header", "Header", Show::Plain, "A header line of an announcement.";
    HOST: "http.host", "Host", Show::Plain, "Which site is meant: one address can serve thousands, so HTTP/1.1 requires it.";
    USER_AGENT: "http.user_agent", "User-Agent", Show::Plain, "The program that asks and its version, as it claims.";
    ACCEPT: "http.accept", "Accept", Show::Plain, "Media types that the client can use; q gives the preference.";
    ACCEPT_LANGUAGE: "http.accept_language", "Accept-Language", Show::Plain, "Languages that the user reads, best first.";
    ACCEPT_ENCODING: "http.accept_encoding", "Accept-Encoding", Show::Plain, "Compressions that the client can undo.";
    REFERER: "http.referer", "Referer", Show::Plain, "The page that led here; its misspelling became the standard.";
    CONNECTION: "http.connection", "Connection", Show::Plain, "What happens to this TCP connection afterwards: keep-alive, close or upgrade.";
    UPGRADE: "http.upgrade", "Upgrade", Show::Plain, "Another protocol that the sender would speak on this connection.";
    AUTHORIZATION: "http.authorization", "Authorization", Show::Plain, "Credentials for the server; Basic is only base64, not encryption.";
    PROXY_AUTHORIZATION: "http.proxy_authorization", "Proxy-Authorization", Show::Plain, "Credentials for the proxy on the way.";
    AUTH_BASIC: "http.authbasic", "Credentials", Show::Plain, "User and password of Basic authentication: anybody on the way can read them.";
    WWW_AUTHENTICATE: "http.www_authenticate", "WWW-Authenticate", Show::Plain, "How the server wants the client to prove who it is.";
    PROXY_AUTHENTICATE: "http.proxy_authenticate", "Proxy-Authenticate", Show::Plain, "How the proxy wants the client to prove who it is.";
    COOKIE: "http.cookie", "Cookie", Show::Plain, "What the server asked the client to hand back: whoever holds a session cookie is logged in.";
    COOKIE_PAIR: "http.cookie_pair", "Cookie pair", Show::Plain, "The name and value of one cookie.";
    SET_COOKIE: "http.set_cookie", "Set-Cookie", Show::Plain, "Asks the client to keep a value and send it with later requests.";
    CONTENT_TYPE: "http.content_type", "Content-Type", Show::Plain, "The media type of the body and its character set.";
    CONTENT_LENGTH_HEADER: "http.content_length_header", "Content-Length", Show::Plain, "How long the body is: that is how the receiver knows where it ends.";
    CONTENT_LENGTH: "http.content_length", "Content length", Show::Unit("bytes"), "The value as a number.";
    CONTENT_ENCODING: "http.content_encoding", "Content-Encoding", Show::Plain, "How the body is compressed.";
    TRANSFER_ENCODING: "http.transfer_encoding", "Transfer-Encoding", Show::Plain, "chunked: the body comes in pieces with their sizes, as its length was not known in advance.";
    DATE: "http.date", "Date", Show::Plain, "When the server made the response.";
    SERVER: "http.server", "Server", Show::Plain, "The server's program, as it claims.";
    LOCATION: "http.location", "Location", Show::Plain, "Where to look instead, or where the new thing is.";
    LAST_MODIFIED: "http.last_modified", "Last-Modified", Show::Plain, "When the thing changed last: a later request can ask only for something newer.";
    CACHE_CONTROL: "http.cache_control", "Cache-Control", Show::Plain, "Whether, where and how long a copy may be kept.";
    FORWARDED_FOR: "http.x_forwarded_for", "X-Forwarded-For", Show::Plain, "The client's address as a proxy on the way saw it.";
    WS_ACCEPT: "http.sec_websocket_accept", "Sec-WebSocket-Accept", Show::Plain, "A hash of the client's key: proves that the server understood the WebSocket handshake.";
    WS_EXTENSIONS: "http.sec_websocket_extensions", "Sec-WebSocket-Extensions", Show::Plain, "Extensions of WebSocket, such as compression.";
    WS_KEY: "http.sec_websocket_key", "Sec-WebSocket-Key", Show::Plain, "16 random bytes that the server must hash: no secret, only a check against confused caches.";
    WS_PROTOCOL: "http.sec_websocket_protocol", "Sec-WebSocket-Protocol", Show::Plain, "What is to be spoken inside WebSocket.";
    WS_VERSION: "http.sec_websocket_version", "Sec-WebSocket-Version", Show::Plain, "13 since RFC 6455.";
    HTTP2_SETTINGS: "http.http2_settings", "HTTP2-Settings", Show::Plain, "The settings of HTTP/2 in base64, for an upgrade from HTTP/1.1.";
    STRICT_TRANSPORT: "wirewalk.http.strict_transport_security", "Strict-Transport-Security", Show::Plain, "For this many seconds browsers use only https for this host, even if the user types http.";
    ALT_SVC: "wirewalk.http.alt_svc", "Alt-Svc", Show::Plain, "The same site is also offered here: how browsers learn of HTTP/3.";
    ETAG: "wirewalk.http.etag", "ETag", Show::Plain, "A name for exactly this version of the thing.";
    IF_NONE_MATCH: "wirewalk.http.if_none_match", "If-None-Match", Show::Plain, "Send it only if it is no longer this version; otherwise the answer is 304.";
    IF_MODIFIED_SINCE: "wirewalk.http.if_modified_since", "If-Modified-Since", Show::Plain, "Send it only if it changed after this time; otherwise the answer is 304.";
    EXPIRES: "wirewalk.http.expires", "Expires", Show::Plain, "Until when a copy counts as fresh; Cache-Control's max-age goes before it.";
    VARY: "wirewalk.http.vary", "Vary", Show::Plain, "Request headers on which the answer depends: caches keep one copy for each value.";
    VIA: "wirewalk.http.via", "Via", Show::Plain, "Proxies that the message came through.";
    AGE: "wirewalk.http.age", "Age", Show::Plain, "For how many seconds a cache has had this copy.";
    RANGE: "wirewalk.http.range", "Range", Show::Plain, "Asks for a part only, to resume a download or to jump in a video.";
    CONTENT_RANGE: "wirewalk.http.content_range", "Content-Range", Show::Plain, "Which part of the whole this body is.";
    EXPECT: "wirewalk.http.expect", "Expect", Show::Plain, "100-continue: the client waits for a go-ahead before it sends a large body.";
    RETRY_AFTER: "wirewalk.http.retry_after", "Retry-After", Show::Plain, "When to try again.";
    ORIGIN: "wirewalk.http.origin", "Origin", Show::Plain, "The site whose script makes this request.";
    DISPOSITION: "wirewalk.http.content_disposition", "Content-Disposition", Show::Plain, "Whether to show the body or to save it, and under which file name.";

    CHUNK_SIZE: "http.chunk_size", "Chunk size", Show::Unit("bytes"), "Length of the next piece, in hexadecimal on the wire; 0 ends the body.";
    CHUNK_DATA: "http.chunk_data", "Chunk data", Show::Plain, "One piece of the body.";
    CHUNK_BOUNDARY: "http.chunk_boundary", "Chunk boundary", Show::Plain, "The line end behind each piece.";
    TRAILER: "http.chunked_trailer_part", "Trailer", Show::Plain, "Header lines behind the last chunk: what was known only after the body was made.";
    FILE_DATA: "http.file_data", "Body", Show::Plain, "What is transferred, unchunked and decompressed.";
    ENCODED: "wirewalk.http.encoded_body", "Compressed body", Show::Plain, "The body as it was sent.";
}

events! {
    REQUEST: "http.request", "A client asks for something.";
    RESPONSE: "http.response", "A server answers a request.";
}

/// The row of HTTP/1.x.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "http",
    name: "Hypertext Transfer Protocol",
    osi: Osi::Application,
    spec: "RFC 9112",
    claims: &[
        Claim::TcpPort(80),
        Claim::TcpPort(3128),
        Claim::TcpPort(8000),
        Claim::TcpPort(8008),
        Claim::TcpPort(8080),
        Claim::TcpPort(8888),
        Claim::Alpn("http/1.1"),
        Claim::Alpn("http/1.0"),
    ],
    fields: FIELDS,
    events: EVENTS,
    decode,
    talk: Some(&TALK),
};

static TALK: Talk = Talk {
    begin: || Box::new(Exchange::default()),
    guess: talk::guess,
    extent: talk::extent,
    resumes: talk::resumes,
    pass: talk::pass,
    facts: |_| Vec::new(),
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let whole = c.rest_span();
    let head = Head::parse(c.peek());
    c.skip(head.leading);
    let uri = match head.start {
        // What a tunnel leads to is its target; the other addresses are only told.
        Start::Request { method, .. } if c.mute() && method != b"CONNECT" => None,
        Start::Request { .. } => target::full_uri(&head, c.encrypted()),
        Start::Response { .. } => None,
    };
    let asked = remember(c, &head, uri.as_deref());
    if c.mute() {
        return Ok(());
    }
    let mark = c.mark();
    if let Some(rule) = head.broken_rule(c.peek()) {
        c.note(c.bad_value(&START, rule));
    }
    if let Some((def, rule)) = framing::contradiction(&head) {
        c.note(c.bad_value(def, rule));
    }
    start_line(c, &head, whole);
    headers::read(c, &head, whole);
    c.skip(head.len.saturating_sub(head.leading));
    let event = match &head.start {
        Start::Request { .. } => {
            if let Some(uri) = uri {
                c.computed_text(&FULL_URI, &uri);
            }
            &REQUEST
        }
        Start::Response { .. } => {
            if !asked.uri.is_empty() {
                c.computed_text(&RESPONSE_FOR, &asked.uri);
            }
            if framing::is_tunnel(&head, asked.kind) {
                c.computed(&TUNNEL, Value::Bool(true));
            }
            &RESPONSE
        }
    };
    c.event_since(mark, event);
    summary(c, &head);
    if !head.complete && whole.len as usize >= talk::HEAD_MAX {
        return Err(c.bad(FaultKind::Limit("the head is longer than 64 KiB")));
    }
    if !head.complete {
        // What is missing is the empty line that ends the head.
        return c.take(c.left().saturating_add(2)).map(drop);
    }
    match framing(&head, asked.kind) {
        Framing::None => Ok(()),
        framing => body::read(c, &head, framing),
    }
}

/// Puts a request to those that wait for their response; returns it, or the one that this response answers.
fn remember(c: &mut Cursor<'_, '_>, head: &Head<'_>, uri: Option<&str>) -> Asked {
    let (again, detail) = (c.again(), c.detail());
    let exchange = c.memory::<Exchange>();
    match head.start {
        Start::Request { method, .. } => {
            let mut asked = Asked::new(method);
            asked.keep(uri.unwrap_or_default().to_owned());
            if let Some(exchange) = exchange.filter(|_| !again) {
                exchange.ask(asked.clone());
            }
            asked
        }
        Start::Response { code, .. } => {
            let Some(exchange) = exchange else {
                return Asked::default();
            };
            if again {
                exchange.answered()
            } else {
                exchange.answer(code, head, detail)
            }
        }
    }
}

fn summary(c: &mut Cursor<'_, '_>, head: &Head<'_>) {
    let lossy = String::from_utf8_lossy;
    match head.start {
        Start::Request { .. } => c.summary(format_args!("{}", lossy(head.line))),
        Start::Response { code, phrase, .. } => {
            let kind = head.value("content-type").unwrap_or_default();
            let kind = lossy(kind.split(|&b| b == b';').next().unwrap_or_default());
            let comma = if kind.is_empty() { "" } else { ", " };
            match head.number("content-length") {
                Some(len) => c.summary(format_args!(
                    "{code} {}{comma}{kind}, {len} bytes",
                    lossy(phrase)
                )),
                None => c.summary(format_args!("{code} {}{comma}{kind}", lossy(phrase))),
            }
        }
    }
}

/// The part of the message from `at` on, `len` bytes long.
fn part(whole: Span, at: usize, len: usize) -> Span {
    Span {
        at: whole.at.saturating_add(at as u32),
        len: len as u32,
        ..whole
    }
}

fn start_line(c: &mut Cursor<'_, '_>, head: &Head<'_>, whole: Span) {
    let text = |bytes| String::from_utf8_lossy(bytes);
    c.put(
        &START,
        part(whole, head.leading, head.line_len),
        Value::None,
    );
    let place = |bytes: &[u8]| part(whole, head.place(bytes), bytes.len());
    let _ = c.nest(|c| {
        match head.start {
            Start::Request {
                method,
                target,
                version,
            } => {
                c.put_text(&METHOD, place(method), &text(method));
                c.put_text(&URI, place(target), &text(target));
                target::parts(c, target, place(target));
                if !version.is_empty() {
                    c.put_text(&REQUEST_VERSION, place(version), &text(version));
                }
            }
            Start::Response {
                version,
                code,
                digits,
                phrase,
            } => {
                c.put_text(&RESPONSE_VERSION, place(version), &text(version));
                c.put(&CODE, place(digits), Value::Num(u64::from(code)));
                if let Some(name) = CODE.name_of(u64::from(code)) {
                    c.put_text(&CODE_DESC, place(digits), name);
                }
                if !phrase.is_empty() {
                    c.put_text(&PHRASE, place(phrase), &text(phrase));
                }
            }
        }
        Ok(())
    });
}
