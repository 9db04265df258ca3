//! Conversations in HTTP/1.x: what is asked and answered, where bodies end, what is secret, however TCP cuts them.

use proptest::prelude::*;

use crate::decode::testing::{Said, Talked, converse, cut};
use crate::decode::{Extent, Next};
use crate::model::Side::{Client, Server};

use super::PROTOCOL;

fn play(client: &[u8], server: &[u8], detail: bool) -> Talked {
    converse(&PROTOCOL, &[(Client, client), (Server, server)], detail)
}

fn said(client: &[u8], server: &[u8]) -> Vec<Said> {
    play(client, server, true).said
}

/// As curl 7.88.1 asks, and an answer as nginx gives it.
const ASK: &[u8] = b"GET /?a=1&b=two%20words HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\nStrict-Transport-Security: max-age=31536000\r\n\r\nhello\n";

#[test]
fn a_request_and_its_response() {
    let said = said(ASK, ANSWER);
    let [request, response] = &said[..] else {
        panic!("{said:#?}");
    };
    assert_eq!(request.summary, "GET /?a=1&b=two%20words HTTP/1.1");
    assert_eq!(request.events, [("http.request", ASK.len())]);
    assert_eq!(request.field("http.host"), Some("www.example.test"));
    assert_eq!(
        request.all("http.request.uri.query.parameter"),
        ["a=1", "b=two%20words"]
    );
    let uri = "http://www.example.test/?a=1&b=two%20words";
    assert_eq!(request.field("http.request.full_uri"), Some(uri));
    assert_eq!(response.summary, "200 OK, text/html, 6 bytes");
    // The event is the head; the body belongs to the layer.
    assert_eq!(response.events, [("http.response", ANSWER.len() - 6)]);
    assert_eq!(response.field("http.response.code"), Some("200"));
    assert_eq!(response.field("http.content_length"), Some("6"));
    assert_eq!(response.field("http.response_for.uri"), Some(uri));
    assert_eq!(response.field("http.file_data"), Some("hello\n"));
    assert_eq!(
        response.field("http.response.line"),
        Some("Strict-Transport-Security: max-age=31536000")
    );
    assert_eq!(
        response.field("wirewalk.http.strict_transport_security"),
        Some("max-age=31536000")
    );
    assert_eq!((request.fault, response.fault), (None, None));
}

#[test]
fn secrets_are_marked_and_nothing_else() {
    let ask = b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dXNlcjpwYXNz\r\nProxy-Authorization: opaque\r\nCookie: a=1; session=s3cret\r\n\r\n";
    let answer = b"HTTP/1.1 204 No Content\r\nSet-Cookie: session=abc=; Path=/; HttpOnly\r\n\r\n";
    let said = said(ask, answer);
    let secrets: Vec<_> = said.iter().flat_map(|s| &s.secrets).collect();
    assert_eq!(
        secrets,
        [&b"dXNlcjpwYXNz"[..], b"opaque", b"1", b"s3cret", b"abc="]
    );
    assert_eq!(said[0].field("http.authbasic"), Some("user:pass"));
    assert_eq!(said[0].all("http.cookie_pair"), ["a=1", "session=s3cret"]);
}

#[test]
fn chunks_make_one_body() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let ask = [ASK, ASK].concat();
    let said = said(&ask, answer);
    assert_eq!(said.len(), 4);
    assert_eq!(said[2].all("http.chunk_size"), ["5", "1", "0"]);
    assert_eq!(said[2].field("http.file_data"), Some("hello!"));
    assert_eq!(said[2].field("http.chunked_trailer_part"), Some("X-Sum: 7"));
    assert_eq!(said[2].fault, None);
    // The same, with bodies only counted.
    let said = play(&ask, answer, false).said;
    assert_eq!(said[2].body, answer.len() - 47 - 38);
    assert_eq!(said[3].events[0].0, "http.response");
}

#[test]
fn bodies_that_are_not_there() {
    let head = ASK.iter().copied().skip(3);
    let head: Vec<u8> = b"HEAD".iter().copied().chain(head).collect();
    let answers = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    let said = said(&[&head, ASK, ASK].concat(), answers);
    assert_eq!(said.len(), 7);
    assert!(said.iter().all(|s| s.fault.is_none()));
}

#[test]
fn a_body_that_ends_with_the_connection() {
    let answer = b"HTTP/1.0 200 OK\r\n\r\nsome text";
    let whole = said(ASK, answer);
    assert_eq!(whole[1].field("http.file_data"), Some("some text"));
    let counted = play(ASK, answer, false).said;
    assert_eq!(counted[1].body, 9);
    assert_eq!(counted[1].events, [("http.response", 19)]);
}

#[test]
fn a_body_that_is_cut_short() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsome";
    let said = said(ASK, answer);
    assert_eq!(said[1].fault, Some("truncated"));
    assert_eq!(said[1].field("http.file_data"), Some("some"));
}

#[test]
fn other_protocols_take_over() {
    let ask = b"CONNECT mail.example.test:993 HTTP/1.1\r\nHost: mail.example.test:993\r\n\r\n";
    let answer = b"HTTP/1.1 200 Connection established\r\n\r\n* OK IMAP4\r\n";
    let talked = play(ask, answer, true);
    assert_eq!(talked.end[1], Some(Extent::Becomes(Next::TcpPort(993))));
    assert_eq!(talked.end[0], Some(Extent::Becomes(Next::TcpPort(993))));
    assert_eq!(talked.left[1], b"* OK IMAP4\r\n");
    let ask = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n";
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\0\0\0\x04";
    let talked = play(ask, answer, false);
    assert_eq!(talked.end[1], Some(Extent::Becomes(Next::Alpn("h2c"))));
    // A refused tunnel is an exchange like any other.
    let ask = [b"CONNECT a:1 HTTP/1.1\r\n\r\n".as_slice(), ASK].concat();
    let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let talked = converse(
        &PROTOCOL,
        &[(Client, &ask), (Server, answer), (Client, b"")],
        true,
    );
    assert_eq!(talked.said.len(), 4);
}

#[test]
fn what_is_not_http() {
    let talked = play(b"\x16\x03\x01\x02\x00\x01", b"", true);
    assert!(talked.said.is_empty());
    assert_eq!(talked.end[0], Some(Extent::Done));
    // Old browsers sent a line end behind a form.
    let ask = b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na=1\r\nGET / HTTP/1.0\r\n\r\n";
    assert_eq!(said(ask, b"").len(), 2);
}

#[test]
fn broken_heads_are_shown_as_far_as_they_go() {
    let said = said(
        b"GET / HTTP/1.1\r\nHost a\r\nX y: z\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServer: x",
    );
    assert_eq!(said[0].fault, Some("bad-value"));
    assert_eq!(said[0].all("http.request.line"), ["Host a", "X y: z"]);
    assert_eq!(said[1].fault, Some("truncated"));
    assert_eq!(said[1].field("http.server"), Some("x"));
}

#[test]
fn compressed_bodies_are_opened() {
    let packed = b"x\x9c\xcbH\xcd\xc9\xc9W\xc8@\x90\x00:.\x06}";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let answer = [head.as_bytes(), packed].concat();
    let said = said(ASK, &answer);
    assert_eq!(said[1].field("http.file_data"), Some("hello hello hello"));
    assert_eq!(said[1].fault, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However TCP cuts the two streams, the same messages are found.
    #[test]
    fn segmentation_does_not_matter(places in prop::collection::vec(0usize..10_000, 0..30), detail: bool) {
        let ask = [ASK, b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n", ASK].concat();
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        let answer = [ANSWER, chunked, b"HTTP/1.0 404 Not Found\r\n\r\nnothing\r\n\r\nhere"].concat();
        let asks = cut(&ask, &places);
        let answers = cut(&answer, &places);
        let segments: Vec<_> = asks.iter().map(|s| (Client, s.as_slice()))
            .chain(answers.iter().map(|s| (Server, s.as_slice())))
            .collect();
        let whole = play(&ask, &answer, detail).said;
        prop_assert_eq!(whole.len(), 6);
        prop_assert_eq!(converse(&PROTOCOL, &segments, detail).said, whole);
        for side in [Client, Server] {
            let events = |detail| -> Vec<_> {
                let said = converse(&PROTOCOL, &segments, detail).said;
                said.into_iter().filter(|s| s.side == side).flat_map(|s| s.events).collect()
            };
            prop_assert_eq!(events(true), events(false));
        }
    }

    /// Any bytes behind a start line: no panic, no endless loop.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' '), Just(b'0'), any::<u8>()], 0..200), te: bool, detail: bool) {
        let start: &[u8] = if te { b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" } else { b"HTTP/1.1 200 OK\r\n" };
        play(&[b"GET ".as_slice(), &bytes].concat(), &[start, &bytes].concat(), detail);
    }
}
