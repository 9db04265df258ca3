//! The program from outside: exit statuses, what is said where, and what the faces look like on the built-in samples.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![expect(
    clippy::disallowed_methods,
    reason = "what the program read and wrote is compared with the files"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirewalk"));
    command
        .args(args)
        .env_remove("NO_COLOR")
        .env_remove("LC_ALL")
        .env_remove("LC_CTYPE")
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "100")
        .stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn told(args: &[&str]) -> String {
    let output = run(args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit status and standard error; nothing may stand on standard output.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = run(args);
    assert!(output.stdout.is_empty(), "{args:?}");
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn help_of_every_command_teaches() {
    for name in ["walk", "list", "show", "samples", "completions", "man"] {
        insta::assert_snapshot!(format!("help-{name}"), told(&[name, "--help"]));
        assert!(told(&[name, "-h"]).lines().count() > 3);
    }
    insta::assert_snapshot!("help", told(&["--help"]));
}

#[test]
fn the_first_walk_needs_no_file() {
    let walked = told(&[]);
    assert!(walked.contains("https://www.example.test/"));
    // The last line names the capture, as it was given.
    let story = |text: &str| text.trim_end().rsplit_once('\n').unwrap().0.to_owned();
    for same in [
        &["curl-https"][..],
        &["walk"],
        &["walk", "captures/curl-https.pcapng"],
        &["captures/curl-https.pcapng"],
    ] {
        assert_eq!(story(&told(same)), story(&walked), "{same:?}");
    }
}

#[test]
fn stories_fit_into_their_width() {
    for name in [
        "curl-https",
        "ssh-login",
        "dhcp-join",
        "traceroute",
        "lossy-download",
        "nxdomain",
    ] {
        for width in [60, 100] {
            for depth in ["brief", "deep"] {
                let text = told(&[name, "--width", &width.to_string(), "--depth", depth]);
                for line in text.lines() {
                    assert!(line.chars().count() <= width, "{name}: {line}");
                }
            }
        }
    }
}

#[test]
fn stories_for_programs() {
    let parse = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    let one = parse(&told(&["curl-https", "--format", "json"]));
    assert_eq!(one["schema"], 1);
    assert_eq!(one["journeys"][0]["story"], "curl-https");
    assert!(one["journeys"][0]["steps"].as_array().unwrap().len() > 20);
    let lines = told(&["curl-https", "--format", "ndjson"]);
    let records: Vec<_> = lines
        .lines()
        .map(|line| parse(line)["record"].clone())
        .collect();
    assert_eq!(records.last().unwrap(), "stray");
    assert!(records.iter().any(|record| record == "journey"));
    let part = parse(&told(&["curl-https", "--format", "json", "--steps", "3-5"]));
    assert_eq!(part["journeys"][0]["steps"].as_array().unwrap().len(), 3);
    assert_eq!(
        part["journeys"][0]["steps"][0],
        one["journeys"][0]["steps"][2]
    );
}

#[test]
fn parts_of_a_story() {
    let part = told(&["curl-https", "--steps", "2-3"]);
    assert!(part.contains("\n  2 ") && part.contains("\n  3 ") && !part.contains("\n  4 "));
    let (status, said) = refused(&["curl-https", "--journey", "9"]);
    assert_eq!((status, said.contains("no such journey")), (Some(1), true));
    let utc = told(&["curl-https", "--time", "utc"]);
    assert!(
        utc.lines()
            .any(|line| line.contains(" ● ") && line.matches(':').count() >= 2),
        "{utc}"
    );
}

#[test]
fn stories_in_front_of_people() {
    let replayed = told(&["curl-https", "--replay", "1000"]);
    let walked = told(&["curl-https"]);
    let arrows = |text: &str| text.matches(['►', '◄']).count();
    assert_eq!(arrows(&replayed), arrows(&walked));
    let (status, said) = refused(&["curl-https", "--step"]);
    assert_eq!(status, Some(2));
    assert!(said.contains("try:"), "{said}");
    assert_eq!(
        refused(&["curl-https", "--replay", "--format", "json"]).0,
        Some(2)
    );
}

#[test]
fn conversations_one_line_each() {
    for width in ["60", "100", "200"] {
        let text = told(&["list", "curl-https", "--width", width]);
        let json = told(&["list", "curl-https", "--format", "json"]);
        assert_eq!(text.lines().count(), json.lines().count());
    }
}

#[test]
fn frames_in_lines() {
    for width in ["60", "80", "140"] {
        let text = told(&["show", "curl-https", "--width", width]);
        assert_eq!(text.lines().count(), 23);
    }
    let delta = told(&["show", "ping", "-c", "6", "--time", "delta"]);
    assert!(delta.lines().all(|line| line.contains('+')), "{delta}");
    let utc = told(&["show", "ping", "-c", "1", "--time", "utc"]);
    assert!(
        utc.split_whitespace()
            .nth(1)
            .is_some_and(|time| time.len() == 15),
        "{utc}"
    );
}

#[test]
fn frames_layer_by_layer() {
    let text = told(&["show", "curl-https", "--frames", "3,15"]);
    for key in [
        "eth.dst",
        "ip.ttl",
        "udp.dstport",
        "dns.qry.name",
        "http.host",
    ] {
        assert!(text.contains(key), "{key}");
    }
    assert!(text.contains("decrypted") && !text.contains("[40]"));
    let marked = told(&["show", "curl-https", "--frames", "3", "--mark", "ip.ttl"]);
    assert!(marked.contains("[40]"));
    let deep = told(&["show", "curl-https", "--frames", "3", "--depth", "deep"]);
    assert!(deep.lines().count() > marked.lines().count() + 30);
    let brief = told(&["show", "curl-https", "--frames", "3", "--depth", "brief"]);
    assert!(!brief.contains("ip.ttl") && brief.contains("Internet Protocol Version 4"));
}

#[test]
fn every_frame_of_every_sample_fits_into_its_width() {
    let samples = told(&["samples"]);
    let names = samples
        .lines()
        .filter(|line| line.starts_with(' ') && !line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next());
    for name in names {
        let all = ["--frames", "all", "--depth", "deep", "--width", "60"];
        let text = told(&[&["show", name], &all[..]].concat());
        for line in text.lines() {
            assert!(line.chars().count() <= 60, "{name}: {line}");
        }
    }
}

#[test]
fn frames_as_json_are_one_object_a_line() {
    for format in ["json", "ndjson"] {
        let text = told(&[
            "show",
            "curl-https",
            "--frames",
            "3,7-8",
            "--format",
            format,
        ]);
        let numbers: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].clone())
            .collect();
        assert_eq!(numbers, [3, 7, 8]);
    }
}

#[test]
fn pipes_get_plain_text_and_colour_is_a_choice() {
    let plain = told(&["show", "curl-https", "--frames", "3"]);
    assert!(!plain.contains('\u{1b}'));
    assert!(told(&["show", "curl-https", "--color", "always"]).contains('\u{1b}'));
    let mono = told(&[
        "show",
        "curl-https",
        "--frames",
        "1",
        "--color",
        "always",
        "--theme",
        "mono",
    ]);
    for colour in 30..38 {
        assert!(
            !mono.contains(&format!("\u{1b}[{colour}m")) && !mono.contains(&format!(";{colour}m"))
        );
    }
    let output = command(&["show", "curl-https"])
        .env("LANG", "C")
        .output()
        .unwrap();
    assert!(output.stdout.is_ascii());
}

#[test]
fn what_cannot_run_says_what_because_and_try() {
    for (args, words) in [
        (
            &["show", "no-such-file"][..],
            &["no-such-file", "because:", "try:"][..],
        ),
        (
            &["show", "Cargo.toml"],
            &["Cargo.toml", "because: it is text", "try:"],
        ),
        (&["show", "."], &["because:", "try:"]),
        (
            &["samples", "nothing", "-o", "-"],
            &["nothing", "curl-https", "try:"],
        ),
        (&["man", "nothing"], &["nothing", "try:"]),
        (&["show", "--frames", "3-1"], &["runs backwards"]),
        (&["show", "--width", "59"], &["60"]),
        (&["show", "--theme", "pink"], &["contrast"]),
        (&["show", "-c", "0"], &["0"]),
        (&["show", "--no-such-option"], &["--no-such-option"]),
    ] {
        let (status, said) = refused(args);
        assert_eq!(status, Some(2), "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?}: {said}");
        }
    }
}

#[test]
fn names_of_files_cannot_speak_to_the_terminal() {
    let (status, said) = refused(&["show", "a\u{1b}]0;owned\u{7}\u{202e}b"]);
    assert_eq!(status, Some(2));
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said}");
}

#[test]
fn nothing_to_tell_is_status_1() {
    let (status, said) = refused(&["show", "ping", "--frames", "999"]);
    assert_eq!((status, said.contains("no such frame")), (Some(1), true));
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pcap");
    let header = [
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
    ];
    fs::write(&empty, header).unwrap();
    for command in ["walk", "list", "show"] {
        let (status, said) = refused(&[command, empty.to_str().unwrap()]);
        assert_eq!((status, said.is_empty()), (Some(1), false), "{command}");
    }
}

#[test]
fn a_capture_that_is_cut_is_told_up_to_there_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcapng");
    let whole = fs::read("captures/ping.pcapng").unwrap();
    fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    let output = run(&["show", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("note:"));
}

#[test]
fn output_never_overwrites_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    let link = folder.path().join("b.pcapng");
    let whole = fs::read("captures/ping.pcapng").unwrap();
    fs::write(&path, &whole).unwrap();
    fs::hard_link(&path, &link).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    for output in [&path, &link] {
        let (status, said) = refused(&["show", &text(&path), "-o", &text(output)]);
        assert_eq!(status, Some(2), "{said}");
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    let other = folder.path().join("frames.txt");
    told(&["show", &text(&path), "-o", &text(&other)]);
    assert_eq!(
        fs::read_to_string(&other).unwrap(),
        told(&["show", &text(&path)])
    );
}

#[test]
fn standard_input_is_a_file_too() {
    let mut child = command(&["show", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = fs::read("captures/ping.pcapng").unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        told(&["show", "ping"])
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for args in [
        &["show", "lossy-download", "--frames", "all"][..],
        &["completions", "bash"],
    ] {
        let mut child = command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_while_input_may_still_come() {
    let mut child = command(&["show", "--format", "ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    let capture = fs::read("captures/lossy-download.pcapng").unwrap();
    input.write_all(&capture).unwrap();
    // If it waited for more input it would never end.
    let ended = (0..300).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        child.try_wait().unwrap()
    });
    drop(input);
    child.wait().unwrap();
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

#[test]
fn samples_are_listed_and_written() {
    assert!(told(&["samples"]).contains("curl https://www.example.test/"));
    let written = run(&["samples", "ping", "-o", "-"]).stdout;
    assert_eq!(written, fs::read("captures/ping.pcapng").unwrap());
    assert_eq!(
        refused(&["samples", "ping"]).0,
        Some(2),
        "a capture is no text for a terminal"
    );
}

#[test]
fn shells_get_completions_and_a_manual() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(told(&["completions", shell]).contains("reveal-secrets"));
    }
    assert!(told(&["man"]).starts_with(".ie"));
    assert!(told(&["man", "show"]).contains("\\-\\-frames"));
}

/// A sample with other bytes in place of some.
fn altered(sample: &str, changes: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = fs::read(format!("captures/{sample}.pcapng")).unwrap();
    for (from, to) in changes {
        let places: Vec<_> = (0..bytes.len() - from.len())
            .filter(|&at| bytes[at..].starts_with(from))
            .collect();
        assert!(!places.is_empty(), "{from:?}");
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

#[test]
fn what_no_port_tells_is_said_by_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("altered.pcapng");
    let file = path.to_str().unwrap();
    // A DNS server on port 5300 instead of 53; the client's port is a482 in the sample. The bytes show what is spoken.
    let ports: [(&[u8], &[u8]); 2] = [
        (&[0xa4, 0x82, 0, 53, 0, 70], &[0xa4, 0x82, 0x14, 0xb4]),
        (&[0, 53, 0xa4, 0x82], &[0x14, 0xb4, 0xa4, 0x82]),
    ];
    fs::write(&path, altered("dns-lookup", &ports)).unwrap();
    assert!(told(&["list", file]).contains(" dns "));
    let rule = ["--decode-as", "udp.port=5300:data"];
    assert!(!told(&["list", file, rule[0], rule[1]]).contains(" dns "));

    // With a flag set that nobody uses they do not.
    let flags: [(&[u8], &[u8]); 2] = [
        (&[0x06, 0xf8, 0x01, 0x20], &[0x06, 0xf8, 0x01, 0x60]),
        (&[0x06, 0xf8, 0x81, 0x80], &[0x06, 0xf8, 0x81, 0xc0]),
    ];
    let changes = [ports, flags].concat();
    fs::write(&path, altered("dns-lookup", &changes)).unwrap();
    assert!(!told(&["list", file]).contains(" dns "));
    let rule = ["--decode-as", "udp.port=5300:dns"];
    assert!(told(&["list", file, rule[0], rule[1]]).contains(" dns "));
    assert!(told(&["walk", file, rule[0], rule[1]]).contains("www.shop.example.test"));
    let shown = told(&["show", file, "--frames", "all", rule[0], rule[1]]);
    assert!(shown.contains("dns.qry.name"));

    // IPv4 under an EtherType for experiments.
    let changes: [(&[u8], &[u8]); 1] = [(&[0x08, 0x00, 0x45, 0x00], &[0x88, 0xb5])];
    fs::write(&path, altered("ping", &changes)).unwrap();
    assert!(!told(&["list", file]).contains(" icmp "));
    let rule = "eth.type=0x88b5:ip";
    assert!(told(&["list", file, "--decode-as", rule]).contains(" icmp "));
    assert!(told(&["walk", file, "--decode-as", rule]).contains("ping "));

    // Nothing is decoded where the user says so.
    let listed = told(&["list", "ssh-login", "--decode-as", "tcp.port=22:data"]);
    assert!(!listed.contains(" ssh ") && listed.contains(" tcp "));
    let shown = told(&[
        "show",
        "ssh-login",
        "--frames",
        "all",
        "--decode-as",
        "tcp.port=22:data",
    ]);
    assert!(!shown.contains("ssh.protocol"));
    assert!(
        shown.contains("53:53:48:2d:32:2e:30"),
        "the bytes of the banner are shown"
    );
}

#[test]
fn rules_that_cannot_be_followed_say_which_could() {
    let (status, said) = refused(&["list", "ping", "--decode-as", "tcp.port=8443:tsl"]);
    assert_eq!(status, Some(2));
    assert!(said.starts_with("wirewalk: no protocol that is read over TCP is called `tsl`\n"));
    assert!(said.contains("because: these are: `data`, `dns`"), "{said}");
    assert!(said.ends_with("try:     `--decode-as tcp.port=8443:tls`\n"));
    let (status, said) = refused(&["walk", "ping", "--decode-as", "port=8443:tls"]);
    assert_eq!(status, Some(2));
    assert!(
        said.contains("the selectors are `tcp.port`, `udp.port`, `eth.type`"),
        "{said}"
    );
}

/// A capture without its first frames.
fn begun_late(capture: &[u8], frames: usize) -> Vec<u8> {
    /// An enhanced packet block of pcapng.
    const PACKET: u32 = 6;
    let (mut kept, mut rest, mut left) = (Vec::new(), capture, frames);
    while !rest.is_empty() {
        let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (block, behind) = rest.split_at(number(4) as usize);
        if number(0) == PACKET && left > 0 {
            left -= 1;
        } else {
            kept.extend_from_slice(block);
        }
        rest = behind;
    }
    kept
}

#[test]
fn a_port_is_a_hint_and_the_bytes_decide() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("altered.pcapng");
    let file = path.to_str().unwrap();
    let words = |text: &str| {
        let words: Vec<_> = text.split_whitespace().collect();
        words.join(" ").to_lowercase()
    };
    let rows: [(&str, u16, u16, u16, &str, &str); 4] = [
        (
            "ssh-login",
            52232,
            22,
            443,
            "ssh",
            "port 443 usually carries TLS, but this is SSH",
        ),
        (
            "curl-http",
            48652,
            80,
            443,
            "http",
            "port 443 usually carries TLS, but this is HTTP",
        ),
        (
            "curl-http",
            48652,
            80,
            22,
            "http",
            "port 22 usually carries SSH, but this is HTTP",
        ),
        (
            "curl-https",
            49136,
            443,
            80,
            "tls",
            "port 80 usually carries HTTP, but this is TLS",
        ),
    ];
    for (sample, client, from, to, app, remark) in rows {
        let [client, from, to] = [client, from, to].map(u16::to_be_bytes);
        let (out, back) = ([client, from].concat(), [from, client].concat());
        let (new_out, new_back) = ([client, to].concat(), [to, client].concat());
        let changes: [(&[u8], &[u8]); 2] = [(&out, &new_out), (&back, &new_back)];
        fs::write(&path, altered(sample, &changes)).unwrap();
        assert!(
            told(&["list", file]).contains(&format!(" {app} ")),
            "{remark}"
        );
        let shown = told(&["show", file, "--frames", "all", "--width", "200"]);
        assert_eq!(shown.matches(remark).count(), 1, "{remark}");
        let walked = words(&told(&["walk", file]));
        let said = remark
            .replace("this is", "what is spoken here is")
            .to_lowercase();
        assert_eq!(walked.matches(&said).count(), 1, "{remark}");
        // The beginning of the connection is not there; that of what is said is.
        if app == "ssh" {
            let late = begun_late(&fs::read(&path).unwrap(), 9);
            fs::write(&path, late).unwrap();
            let walked = words(&told(&["walk", file]));
            assert_eq!(walked.matches(&said).count(), 1, "{remark}");
        }
    }
    for sample in ["ssh-login", "curl-http", "curl-https"] {
        assert!(!told(&["walk", sample]).contains("usually carries"));
    }
}
