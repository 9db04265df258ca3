//! Names that journeys claim, and that those after them know.

use super::*;
use crate::flow::Names;

/// Names, claimants and frames of everyone but the client.
fn names(journey: &mut Journey, known: &mut Names) -> Vec<String> {
    journey.introduce(known);
    let others = journey.actors.iter().filter(|a| a.role != Role::Client);
    let claims = others.flat_map(|actor| &actor.names);
    claims
        .map(|c| format!("{} {} {}", c.name, c.by.word(), c.frame.unwrap().0))
        .collect()
}

/// A look-up whose answer has these counts and values besides.
fn look_up(stage: &mut Stage, counts: [u64; 3], values: &[(&'static str, Made)]) {
    let lookup = stage.open("udp", "dns", RESOLVER, 53);
    let [rcode, answers, additional] = counts;
    let head = [
        ("dns.id", Made::Number(7)),
        ("dns.qry.name", Made::Text("WWW.Example.test")),
        ("dns.qry.type", Made::Number(1)),
        ("dns.flags.rcode", Made::Number(rcode)),
        ("dns.count.answers", Made::Number(answers)),
        ("dns.count.add_rr", Made::Number(additional)),
    ];
    stage.say(lookup, Side::Client, "dns.query", &head[..3]);
    let answer = [&head[..], values].concat();
    stage.say(lookup, Side::Server, "dns.response", &answer);
}

/// An answer of two: the server's address, after an alias.
const FOUND: &[(&str, Made)] = &[
    ("dns.cname", Made::Text("edge.cdn.test")),
    ("dns.a", Made::Ip(SERVER)),
];

/// A connection without a word on whom it wants.
fn connect(stage: &mut Stage) {
    let connection = stage.open("tcp", "tcp", SERVER, 2222);
    stage.shake_hands(connection);
    stage.end(connection, Ended::Closed);
}

#[test]
fn an_answer_names_the_server_of_its_journey_and_of_those_that_follow() {
    let mut stage = Stage::new();
    look_up(&mut stage, [0, 2, 1], FOUND);
    connect(&mut stage);
    stage.now += 60_000 * MILLISECOND;
    connect(&mut stage);
    let mut known = Names::default();
    let mut told = stage.finish();
    assert_eq!(told.len(), 2);
    for journey in &mut told {
        assert_eq!(names(journey, &mut known), ["www.example.test dns 2"]);
    }
}

#[test]
fn what_may_be_the_address_of_a_name_server_is_not_named() {
    for (counts, values) in [([3, 2, 1], FOUND), ([0, 1, 1], FOUND), ([0, 2, 2], FOUND)] {
        let mut stage = Stage::new();
        look_up(&mut stage, counts, values);
        connect(&mut stage);
        let mut known = Names::default();
        for mut journey in stage.finish() {
            assert!(names(&mut journey, &mut known).is_empty(), "{counts:?}");
        }
    }
}

#[test]
fn a_request_names_its_server_but_no_proxy() {
    for (target, expected) in [
        ("/", &["www.example.test http-host 4"][..]),
        ("http://www.example.test/", &[]),
    ] {
        let mut stage = Stage::new();
        let connection = stage.open("tcp", "http", SERVER, 80);
        stage.shake_hands(connection);
        let request = [
            ("http.request.method", Made::Text("GET")),
            ("http.request.uri", Made::Text(target)),
            ("http.host", Made::Text("WWW.Example.test:80")),
        ];
        stage.say(connection, Side::Client, "http.request", &request);
        stage.end(connection, Ended::Closed);
        let mut told = stage.finish();
        assert_eq!(names(&mut told[0], &mut Names::default()), expected);
    }
}
