//! Which step tells an event, where it stands, and with which values.

use super::*;

/// The steps of a journey by the titles of their words, with the chapter before a colon.
pub(super) fn titles(journey: &Journey) -> Vec<String> {
    journey
        .steps
        .iter()
        .map(|told| {
            let title = journey.step(told).map_or_else(String::new, |step| {
                let variant = journey.variant(told).and_then(|v| v.title.as_ref());
                format!("{:?}", variant.unwrap_or(&step.title).sentences[0].parts[0])
            });
            let title = title
                .trim_start_matches("Text(\"")
                .trim_end_matches("\")")
                .to_owned();
            let chapter = journey.chapter(told.chapter).map_or("", |c| c.id.as_str());
            format!("{chapter}:{title}")
        })
        .collect()
}

#[test]
fn steps_stand_in_the_chapters_of_the_script_and_unseen_ones_at_their_place() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    stage.get(flow, "www.example.test", 404, None);
    stage.end(flow, Ended::Closed);
    let journey = &stage.told()[0];
    assert_eq!(
        titles(journey),
        [
            "before:Exec",
            "name:Query",
            "connect:SYN",
            "connect:SYN-ACK",
            // The third segment of the handshake has no words here: it stands behind what it followed.
            "connect:",
            "connect:Accept",
            "talk:Request",
            "talk:Not found",
        ]
    );
    let kinds: Vec<_> = journey.steps.iter().map(|told| told.evidence).collect();
    assert_eq!(kinds[..2], [Evidence::Hidden, Evidence::Absent]);
    // Of the reasons for the missing question, the first whose facts hold.
    assert_eq!(journey.steps[1].reason, Some(2));
    assert_eq!(journey.steps[4].words, Words::Nowhere);
    assert_eq!(journey.outcome, Outcome::Ok);
    assert_eq!(journey.name.as_deref(), Some("www.example.test"));
    assert_eq!(journey.url.as_deref(), Some("http://www.example.test/"));
    assert_eq!(journey.steps[6].from, Some(Who::Role(Role::Client)));
    assert_eq!(journey.steps[7].from, Some(Who::Role(Role::Server)));
}

#[test]
fn of_a_proxy_only_the_address_is_known() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 8080);
    stage.shake_hands(flow);
    let connect = [
        ("http.request.method", Made::Text("CONNECT")),
        ("http.request.uri", Made::Text("www.example.test:443")),
        ("http.host", Made::Text("www.example.test:443")),
    ];
    stage.say(flow, Side::Client, "http.request", &connect);
    let open = [
        ("http.response.code", Made::Number(200)),
        ("wirewalk.http.tunnel", Made::Number(1)),
    ];
    stage.say(flow, Side::Server, "http.response", &open);
    stage.end(flow, Ended::Reset);
    let flow = stage.open("tcp", "http", SERVER, 8080);
    stage.shake_hands(flow);
    let get = [
        ("http.request.method", Made::Text("GET")),
        ("http.request.uri", Made::Text("http://www.example.test/a")),
        ("http.host", Made::Text("www.example.test")),
    ];
    stage.say(flow, Side::Client, "http.request", &get);
    let answer = [("http.response.code", Made::Number(200))];
    stage.say(flow, Side::Server, "http.response", &answer);
    stage.end(flow, Ended::Closed);
    let told = stage.finish();
    let urls: Vec<_> = told.iter().map(|j| j.url.as_deref().unwrap()).collect();
    assert_eq!(
        urls,
        ["https://www.example.test/", "http://www.example.test/a"]
    );
    // The tunnel is no answer of the site.
    assert_ne!(told[0].outcome, Outcome::Ok);
    assert_eq!(told[1].outcome, Outcome::Ok);
    for journey in &told {
        let server = journey.actors.iter().find(|a| a.role == Role::Server);
        let server = server.unwrap();
        assert_eq!((server.ip, &server.name), (SERVER.parse().ok(), &None));
        assert_eq!(journey.name.as_deref(), Some("www.example.test"));
    }
}

#[test]
fn an_answer_without_the_time_is_no_end_of_the_capture() {
    let mut stage = Stage::new();
    let flow = stage.open("udp", "ntp", SERVER, 123);
    let unset = [("ntp.stratum", Made::Number(0))];
    stage.say(flow, Side::Server, "ntp.response", &unset);
    assert_eq!(stage.finish()[0].outcome, Outcome::Failed);
}

#[test]
fn another_protocol_is_an_answer() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    stage.get(flow, "www.example.test", 101, None);
    stage.end(flow, Ended::Closed);
    assert_eq!(stage.told()[0].outcome, Outcome::Ok);
}

#[test]
fn a_connection_of_which_only_the_end_is_seen_did_not_fail() {
    for (begins, outcome) in [(false, Outcome::Incomplete), (true, Outcome::Failed)] {
        let mut stage = Stage::new();
        let flow = stage.open("tcp", "http", SERVER, 80);
        if begins {
            stage.shake_hands(flow);
        }
        stage.say(flow, Side::Server, "tcp.reset", &[]);
        stage.end(flow, Ended::Reset);
        assert_eq!(stage.finish()[0].outcome, outcome);
    }
}

#[test]
fn a_step_that_is_told_once_leaves_later_events_to_the_next_that_fits() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.say(flow, Side::Client, "tcp.syn", &[]);
    stage.say(flow, Side::Client, "tcp.syn", &[]);
    stage.say(flow, Side::Server, "tcp.syn_ack", &[]);
    stage.get(flow, "192.0.2.9", 200, None);
    stage.end(flow, Ended::Closed);
    let journey = &stage.told()[0];
    assert_eq!(
        titles(journey)[2..5],
        ["connect:SYN", "connect:SYN again", "connect:SYN-ACK"]
    );
    // Two milliseconds from the first SYN to the SYN-ACK.
    assert_eq!(journey.steps[2].duration_ns, Some(2 * MILLISECOND));
    // The reason for the missing look-up is another one now.
    assert_eq!(journey.steps[1].reason, Some(1));
}

#[test]
fn accidents_are_folded_into_one_step_that_lists_their_frames() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    let frames: Vec<_> = (0..500)
        .map(|_| stage.say(flow, Side::Server, "tcp.retransmission", &[]))
        .collect();
    stage.get(flow, "a.test", 200, None);
    stage.end(flow, Ended::Closed);
    let journey = &stage.told()[0];
    let again: Vec<_> = journey
        .steps
        .iter()
        .filter(|told| told.event() == Some("tcp.retransmission"))
        .collect();
    let [again] = again.as_slice() else {
        panic!("{} steps", again.len());
    };
    let moment = again.moment.as_ref().unwrap();
    assert_eq!(moment.count, 500);
    assert_eq!(
        moment.packets.iter().map(|p| p.0).collect::<Vec<_>>(),
        frames
    );
    // An aside without a chapter stands in that of the step before it.
    assert_eq!(journey.chapter(again.chapter).unwrap().id, "connect");
}

#[test]
fn rounds_are_counted_and_each_question_has_its_own_answer() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    for _ in 0..3 {
        stage.get(flow, "a.test", 200, None);
        stage.now += 5 * MILLISECOND;
    }
    stage.end(flow, Ended::Closed);
    let journey = &stage.told()[0];
    let talk: Vec<_> = journey
        .steps
        .iter()
        .filter(|told| told.event().is_some_and(|id| id.starts_with("http.")))
        .map(|told| (told.round, told.duration_ns))
        .collect();
    let one = Some(MILLISECOND);
    assert_eq!(
        talk,
        [
            (1, one),
            (1, None),
            (2, one),
            (2, None),
            (3, one),
            (3, None)
        ]
    );
}

#[test]
fn a_body_is_counted_not_listed() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    stage.get(flow, "a.test", 200, None);
    for _ in 0..4 {
        stage.frame += 1;
        let mut d = Dissection::default();
        let time = Timestamp(stage.now);
        d.begin(PacketId(stage.frame), time, LinkType::ETHERNET, 100, 100);
        d.bodies.push(BodyPart {
            event: def("http.response"),
            from: Side::Server,
            bytes: 1000,
        });
        d.flow = Some(FlowRef {
            id: flow,
            from: Side::Server,
        });
        stage.feed(&d);
    }
    stage.end(flow, Ended::Closed);
    let journey = &stage.told()[0];
    let response = journey.moments().last().unwrap();
    assert_eq!(response.packets.len(), 1);
    let body = response.body.as_deref().unwrap();
    assert_eq!((body.first.0, body.last.0), (6, 9));
    assert_eq!((body.count, body.bytes), (4, 4000));
}
