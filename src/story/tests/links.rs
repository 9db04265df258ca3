//! Which journey a conversation belongs to, and how that journey ended.

use super::super::journey::Journey;
use super::steps::titles;
use super::*;

#[test]
fn the_look_up_that_found_the_address_belongs_to_the_first_connection_to_it() {
    let mut stage = Stage::new();
    stage.look_up("www.example.test", Some(SERVER));
    stage.look_up("other.example.test", Some("198.51.100.99"));
    let first = stage.open("tcp", "http", SERVER, 80);
    let second = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(first);
    stage.shake_hands(second);
    stage.get(second, "www.example.test", 200, None);
    stage.get(first, "www.example.test", 200, None);
    stage.end(second, Ended::Closed);
    stage.end(first, Ended::Closed);
    let told = stage.finish();
    let stories: Vec<_> = told
        .iter()
        .map(|j| {
            (
                j.story,
                j.conversations.iter().map(|c| c.id).collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        stories,
        [
            ("curl-http", vec![3, 1]),
            ("dns", vec![2]),
            ("curl-http", vec![4])
        ]
    );
    assert_eq!(
        told[0].actor(Role::Resolver).unwrap().ip,
        Some(RESOLVER.parse().unwrap())
    );
}

#[test]
fn of_two_names_for_an_address_the_one_that_is_used_counts() {
    let mut stage = Stage::new();
    stage.look_up("a.test", Some(SERVER));
    stage.look_up("b.test", Some(SERVER));
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    stage.get(flow, "a.test", 200, None);
    stage.end(flow, Ended::Closed);
    let told = stage.finish();
    let web = told.iter().find(|j| j.story == "curl-http").unwrap();
    assert_eq!(
        web.conversations.iter().map(|c| c.id).collect::<Vec<_>>(),
        [3, 1]
    );
    let names = told.iter().find(|j| j.story == "dns").unwrap();
    assert_eq!(names.name.as_deref(), Some("b.test"));
}

#[test]
fn a_name_that_does_not_exist_is_a_journey_that_failed() {
    let mut stage = Stage::new();
    let flow = stage.look_up("no-such.test", None);
    stage.end(flow, Ended::Open);
    let told = stage.finish();
    assert_eq!((told[0].story, told[0].outcome), ("dns", Outcome::Failed));
    assert_eq!(told.len(), 1);
}

#[test]
fn who_asked_for_the_next_hop_needs_its_answer() {
    let mut stage = Stage::new();
    let arp = stage.open("arp", "arp", "192.0.2.254", 0);
    let ends = |from: u8, src, dst| {
        [
            ("arp.src.hw_mac", Made::Mac(from)),
            ("arp.src.proto_ipv4", Made::Ip(src)),
            ("arp.dst.proto_ipv4", Made::Ip(dst)),
        ]
    };
    stage.say(
        arp,
        Side::Client,
        "arp.request",
        &ends(1, CLIENT, "192.0.2.254"),
    );
    stage.say(
        arp,
        Side::Server,
        "arp.reply",
        &ends(2, "192.0.2.254", CLIENT),
    );
    // Somebody else's question.
    let other = stage.open("arp", "arp", "192.0.2.77", 0);
    stage.say(
        other,
        Side::Client,
        "arp.request",
        &ends(9, "192.0.2.9", "192.0.2.77"),
    );
    stage.look_up("www.example.test", Some(SERVER));
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    // The router asks for the client in the middle of it.
    let back = stage.open("arp", "arp", CLIENT, 0);
    stage.say(
        back,
        Side::Client,
        "arp.request",
        &ends(2, "192.0.2.254", CLIENT),
    );
    stage.get(flow, "www.example.test", 200, None);
    stage.end(flow, Ended::Closed);
    let told = stage.finish();
    assert_eq!(told.len(), 2);
    let mut ids: Vec<_> = told[0].conversations.iter().map(|c| c.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [arp, 3, flow, back]);
    assert_eq!(
        told[0].actor(Role::Router).unwrap().ip,
        Some("192.0.2.254".parse().unwrap())
    );
    assert_eq!(told[1].story, "arp");
}

#[test]
fn a_redirect_to_another_port_is_another_leg_of_the_same_journey() {
    let mut stage = Stage::new();
    stage.look_up("www.example.test", Some(SERVER));
    let first = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(first);
    stage.get(
        first,
        "www.example.test",
        301,
        Some("https://www.example.test/"),
    );
    stage.end(first, Ended::Closed);
    assert!(
        stage.told().is_empty(),
        "it waits for where the answer leads"
    );
    let second = stage.open("tcp", "http", SERVER, 443);
    stage.shake_hands(second);
    stage.get(second, "www.example.test", 200, None);
    stage.end(second, Ended::Closed);
    let told = stage.told();
    assert_eq!(told.len(), 1);
    let legs: Vec<_> = told[0]
        .steps
        .iter()
        .filter(|told| told.event() == Some("tcp.syn"))
        .map(|told| told.leg)
        .collect();
    assert_eq!(legs, [1, 2]);
    let facts = titles(&told[0]);
    assert!(facts.contains(&"talk:Redirect".to_owned()), "{facts:?}");
}

#[test]
fn a_redirect_that_nobody_follows_is_told_when_its_time_is_over() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    stage.get(flow, "a.test", 302, Some("https://b.test/"));
    stage.end(flow, Ended::Closed);
    stage.now += 60_000 * MILLISECOND;
    let other = stage.open("tcp", "http", "198.51.100.99", 443);
    stage.say(other, Side::Client, "tcp.syn", &[]);
    assert_eq!(stage.told().len(), 1);
    assert_eq!(stage.finish().len(), 1);
}

#[test]
fn a_second_address_after_the_first_failed_is_the_next_leg_and_decides() {
    let mut stage = Stage::new();
    let lookup = stage.open("udp", "dns", RESOLVER, 53);
    let answer = [
        ("dns.qry.name", Made::Text("www.example.test")),
        ("dns.flags.rcode", Made::Number(0)),
        ("dns.count.answers", Made::Number(2)),
        ("dns.a", Made::Ip(SERVER)),
        ("dns.a", Made::Ip("198.51.100.81")),
    ];
    stage.say(lookup, Side::Server, "dns.response", &answer);
    let first = stage.open("tcp", "tcp", SERVER, 80);
    stage.say(first, Side::Client, "tcp.syn", &[]);
    stage.end(first, Ended::Refused);
    let second = stage.open("tcp", "http", "198.51.100.81", 80);
    stage.shake_hands(second);
    stage.get(second, "www.example.test", 200, None);
    stage.end(second, Ended::Closed);
    let told = stage.finish();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].outcome, Outcome::Ok);
    assert_eq!(told[0].steps.last().unwrap().leg, 2);
}

#[test]
fn silence_is_told_behind_the_frames_that_show_it() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "tcp", SERVER, 80);
    stage.conversations[0].bytes = [0, 0];
    let frames = [1, 2, 3].map(|_| PacketId(stage.say(flow, Side::Client, "tcp.syn", &[])));
    let mut conversation = stage.conversations[0].clone();
    conversation.ending = Ended::Unanswered;
    let ending = Ending {
        event: def("tcp.unanswered"),
        frames: frames.into(),
        time: Timestamp(stage.now),
    };
    stage.narrator.end(conversation, &[ending]);
    let told = stage.finish();
    assert_eq!(told[0].story, "curl-http", "the port tells what was wanted");
    assert_eq!(told[0].outcome, Outcome::Failed);
    let last = told[0].moments().last().unwrap();
    assert_eq!(
        (last.def.id, &last.packets[..]),
        ("tcp.unanswered", &frames[..])
    );
}

#[test]
fn what_was_not_recognised_is_counted_as_stray() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "tcp", SERVER, 9);
    stage.conversations[0].frames = 7;
    stage.end(flow, Ended::Open);
    assert!(stage.finish().is_empty());
    assert_eq!(stage.narrator.stray().conversations, [flow]);
    assert_eq!(stage.narrator.stray().frames, 7);
}

#[test]
fn a_scan_is_told_as_a_few_journeys_and_one_with_a_count() {
    let mut stage = Stage::new();
    for port in 0..100 {
        let flow = stage.open("tcp", "tcp", SERVER, 2000 + port);
        stage.say(flow, Side::Client, "tcp.syn", &[]);
        stage.end(flow, Ended::Refused);
    }
    let told = stage.finish();
    assert_eq!(told.len(), 17);
    let crowd = told.last().unwrap();
    assert_eq!(crowd.conversations.len(), 84);
    assert_eq!(crowd.outcome, Outcome::Failed);
    let syn = crowd.moments().next().unwrap();
    assert_eq!((syn.count, syn.packets.len()), (84, 84));
}

#[test]
fn a_crowd_of_failures_in_one_conversation_lists_it_once() {
    let mut stage = Stage::new();
    let flow = stage.open("arp", "arp", SERVER, 0);
    for _ in 0..40 {
        stage.now += 20_000 * MILLISECOND;
        let values = [
            ("arp.src.proto_ipv4", Made::Ip(CLIENT)),
            ("arp.dst.proto_ipv4", Made::Ip(SERVER)),
        ];
        stage.say(flow, Side::Client, "arp.request", &values);
    }
    stage.end(flow, Ended::Unanswered);
    let told = stage.finish();
    let crowd = told
        .iter()
        .max_by_key(|j| j.moments().map(|m| m.count).sum::<u32>());
    let ids: Vec<u32> = crowd.unwrap().conversation_ids().collect();
    assert_eq!(ids, [flow]);
    assert!(told.len() <= 17, "{}", told.len());
}

#[test]
fn names_that_were_answered_are_no_crowd_of_failures() {
    let mut stage = Stage::new();
    for number in 0..40 {
        let flow = stage.open("udp", "dns", RESOLVER, 53);
        // So it is while the question is all there is.
        stage.conversations[flow as usize - 1].ending = Ended::Unanswered;
        let name = format!("host-{number}.test");
        let values = || {
            [
                ("dns.qry.name", Made::Text(&name)),
                ("dns.qry.type", Made::Number(1)),
                ("dns.id", Made::Number(u64::from(flow))),
            ]
        };
        stage.say(flow, Side::Client, "dns.query", &values());
        stage.say(flow, Side::Server, "dns.response", &values());
        stage.now += 1_000 * MILLISECOND;
    }
    stage.now += 60_000 * MILLISECOND;
    let other = stage.open("tcp", "http", SERVER, 80);
    stage.say(other, Side::Client, "tcp.syn", &[]);
    let told = stage.told();
    assert_eq!(told.len(), 40);
    assert!(told.iter().all(|journey| journey.conversations.len() == 1));
}

#[test]
fn a_flood_of_tries_again_is_told_together() {
    let mut stage = Stage::new();
    for _ in 0..3000 {
        let flow = stage.open("tcp", "tcp", SERVER, 80);
        stage.say(flow, Side::Client, "tcp.syn", &[]);
        stage.end(flow, Ended::Unanswered);
        assert!(stage.narrator.strands.iter().count() < 1200);
    }
    let told = stage.finish();
    assert!(told.len() <= 18, "{}", told.len());
    let ids: Vec<u32> = told.iter().flat_map(Journey::conversation_ids).collect();
    assert_eq!(ids.len(), 3000);
    let frames: u32 = told
        .iter()
        .flat_map(Journey::moments)
        .map(|m| m.count)
        .sum();
    assert_eq!(frames, 3000);
    assert!(told.iter().all(|j| j.conversations.len() <= 1024));
}

#[test]
fn a_closed_connection_is_told_soon_although_its_conversation_is_kept_for_stragglers() {
    let mut stage = Stage::new();
    let flow = stage.open("tcp", "http", SERVER, 80);
    stage.shake_hands(flow);
    stage.get(flow, "a.test", 200, None);
    stage.say(flow, Side::Server, "tcp.closed", &[]);
    let other = stage.open("tcp", "http", "198.51.100.99", 80);
    stage.say(other, Side::Client, "tcp.syn", &[]);
    assert!(stage.told().is_empty());
    stage.now += 60_000 * MILLISECOND;
    stage.say(other, Side::Server, "tcp.syn_ack", &[]);
    assert_eq!(stage.told().len(), 1);
    stage.end(flow, Ended::Closed);
    assert!(stage.told().is_empty(), "it is not told twice");
    assert!(stage.narrator.stray().conversations.is_empty());
}

#[test]
fn a_client_of_dhcpv6_and_its_server_have_one_journey() {
    let mut stage = Stage::new();
    let asks = stage.open("udp", "dhcpv6", "ff02::1:2", 547);
    let answers = stage.open("udp", "dhcpv6", "fe80::2", 547);
    let other = stage.open("udp", "dhcpv6", "ff02::1:2", 547);
    let client = || ("wirewalk.dhcpv6.client", Made::Text("0004a2"));
    let neighbour = [("wirewalk.dhcpv6.client", Made::Text("0004a3"))];
    // Each question has a transaction of its own, and the answers come from another address.
    stage.say(asks, Side::Client, "dhcpv6.solicit", &[client()]);
    stage.say(other, Side::Client, "dhcpv6.solicit", &neighbour);
    stage.say(answers, Side::Server, "dhcpv6.advertise", &[client()]);
    stage.say(asks, Side::Client, "dhcpv6.request", &[client()]);
    let address = ("dhcpv6.iaaddr.ip", Made::Ip("2001:db8::5"));
    stage.say(answers, Side::Server, "dhcpv6.reply", &[client(), address]);
    let told = stage.finish();
    let found: Vec<_> = told
        .iter()
        .map(|j| (j.story, j.outcome, j.moments().count()))
        .collect();
    assert_eq!(
        found,
        [
            ("dhcpv6", Outcome::Ok, 4),
            ("dhcpv6", Outcome::Incomplete, 1)
        ]
    );
    let server = told[0].actor(Role::Server).unwrap();
    assert_eq!(server.ip, Some("fe80::2".parse().unwrap()));
}

#[test]
fn a_neighbour_that_answers_belongs_to_the_question() {
    let mut stage = Stage::new();
    let group = stage.open("udp", "llmnr", "224.0.0.252", 5355);
    let neighbour = stage.open("udp", "llmnr", "192.0.2.9", 5355);
    let other = stage.open("udp", "llmnr", "192.0.2.9", 5355);
    let name = |name| [("dns.qry.name", Made::Text(name))];
    stage.say(group, Side::Client, "llmnr.query", &name("printer"));
    stage.say(neighbour, Side::Server, "llmnr.response", &name("Printer"));
    stage.say(other, Side::Server, "llmnr.response", &name("scanner"));
    let told = stage.finish();
    let found: Vec<_> = told
        .iter()
        .map(|j| (j.story, j.moments().count()))
        .collect();
    assert_eq!(found, [("llmnr", 2), ("llmnr", 1)]);
}
