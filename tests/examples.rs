//! Runs the programs of `examples/` on their built-in samples, and looks at what they print.

#![expect(clippy::expect_used, reason = "helpers of tests may fail as tests do")]

use std::process::Command;

fn run(example: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", example])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn names_asked_prints_frames_and_bytes() {
    assert!(run("names_asked").contains("frame 3: www.shop.example.test (bytes 54 to 77)"));
}

#[test]
fn who_talks_prints_conversations() {
    let printed = run("who_talks");
    assert!(
        printed.contains("TLS_AES_256_GCM_SHA384") && printed.contains("closed"),
        "{printed}"
    );
}

#[test]
fn one_sentence_prints_the_verdict() {
    assert!(run("one_sentence").contains("certificate was no longer valid"));
}
