//! What is said to a whole link: one journey for each who says it, and for each tree.

use super::*;

const HOST: u8 = 7;

/// A message of a bridge about a tree, and who it takes for the root.
fn bpdu(stage: &mut Stage, bridge: u8, tree: u64, root: u8, cost: u64) -> u64 {
    let values = [
        ("stp.type", Made::Number(0)),
        ("stp.root.hw", Made::Mac(root)),
        ("stp.root.cost", Made::Number(cost)),
        ("stp.bridge.ext", Made::Number(tree)),
        ("stp.bridge.hw", Made::Mac(bridge)),
        ("stp.port", Made::Number(0x8001)),
    ];
    stage.show(None, "stp.bpdu", &values)
}

fn frames(journey: &Journey) -> Vec<Vec<u64>> {
    let moments = journey.moments();
    moments
        .map(|m| m.packets.iter().map(|p| p.0).collect())
        .collect()
}

#[test]
fn each_bridge_and_tree_is_one_journey_and_each_root_one_step() {
    let mut stage = Stage::of(Library::built_in().unwrap());
    for _ in 0..2 {
        bpdu(&mut stage, 1, 10, 1, 0);
        bpdu(&mut stage, 1, 20, 9, 4);
    }
    // A better root is heard of, and then the network changes.
    bpdu(&mut stage, 1, 10, 5, 4);
    stage.show(None, "stp.bpdu", &[("stp.type", Made::Number(128))]);
    let told = stage.finish();
    let [first, second] = told.as_slice() else {
        panic!("{} journeys", told.len());
    };
    assert_eq!(first.story, "stp");
    assert_eq!(frames(first), [vec![1, 3], vec![5], vec![6]]);
    assert_eq!(first.frames(), 4);
    assert_eq!(frames(second), [[2, 4]]);
}

#[test]
fn very_many_messages_keep_what_they_say_apart() {
    let mut stage = Stage::of(Library::built_in().unwrap());
    for _ in 0..400 {
        bpdu(&mut stage, 1, 1, 9, 4);
    }
    bpdu(&mut stage, 1, 1, 5, 8);
    bpdu(&mut stage, 1, 1, 9, 4);
    let told = stage.finish();
    let counts: Vec<u32> = told[0].moments().map(|m| m.count).collect();
    assert_eq!(counts, [401, 1]);
}

#[test]
fn a_host_that_joins_is_one_journey_however_many_groups_it_speaks_to() {
    let mut stage = Stage::of(Library::built_in().unwrap());
    let own = "fe80::7";
    let link = || ("eth.src", Made::Mac(HOST));
    let target = |ip| ("icmpv6.nd.ns.target_address", Made::Ip(ip));
    let flows: Vec<u32> = ["fe80::7", "ff02::16", "ff02::2"]
        .iter()
        .map(|to| stage.open("icmpv6", "icmpv6", to, 0))
        .collect();
    let from = |ip| ("ipv6.src", Made::Ip(ip));
    let probe = [link(), from("::"), target(own)];
    stage.say(
        flows[0],
        Side::Client,
        "ndp.duplicate_address_probe",
        &probe,
    );
    stage.say(flows[1], Side::Client, "mld.report", &[link()]);
    let asks = [link(), from(own)];
    stage.say(flows[2], Side::Client, "ndp.router_solicitation", &asks);
    // Later it answers a question of a router, and again much later it joins anew.
    stage.now += 60_000 * MILLISECOND;
    stage.say(flows[1], Side::Client, "mld.report", &[link()]);
    stage.say(
        flows[0],
        Side::Client,
        "ndp.duplicate_address_probe",
        &probe,
    );
    let told = stage.finish();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|journey| journey.story == "ipv6-join"));
    assert_eq!(told[0].frames(), 4);
    let client = told[0].actor(Role::Client).unwrap();
    assert_eq!(client.ip, Some(CLIENT.parse().unwrap()));
    // Who has no address yet is the client all the same.
    let first = told[0].steps[0].from;
    assert_eq!(first, Some(Who::Role(Role::Client)));
}
