//! The story is the one that is written down.

use std::process::Command;

#[test]
fn it_prints_the_committed_transcript() {
    let output = Command::new(env!("CARGO_BIN_EXE_skills-routing")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed, include_str!("transcript.txt"));
}
