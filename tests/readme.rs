//! Holds every `console` block of the README against what the program prints. `README_UPDATE=1` writes them anew.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "it reads the README, and fails when it cannot"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

fn output(line: &str) -> String {
    let arguments = line
        .strip_prefix("$ wirewalk")
        .unwrap_or_else(|| panic!("not a command: {line}"));
    let run = Command::new(env!("CARGO_BIN_EXE_wirewalk"))
        .args(arguments.split_whitespace())
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let text = String::from_utf8(run.stdout).unwrap();
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join(
        "
",
    ) + "
"
}

#[test]
fn blocks_are_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let old = fs::read_to_string(&path).unwrap();
    let mut new = String::new();
    let mut rest = old.as_str();
    let mut blocks = 0;
    while let Some((before, block)) = rest.split_once("```console\n") {
        let (body, after) = block.split_once("```\n").unwrap();
        let command = body.lines().next().unwrap();
        let printed = output(command);
        for part in [
            before,
            "```console
",
            command,
            "
",
            &printed,
            "```
",
        ] {
            new.push_str(part);
        }
        rest = after;
        blocks += 1;
    }
    new.push_str(rest);
    assert!(blocks >= 2, "the README shows what the program prints");
    if std::env::var_os("README_UPDATE").is_some() {
        fs::write(path, new).unwrap();
    } else {
        assert_eq!(
            old, new,
            "the README shows something else than the program prints"
        );
    }
}
