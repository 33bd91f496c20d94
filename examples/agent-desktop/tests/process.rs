//! The process as a harness sees it: its first line, its exit, and what it says of a wrong configuration.

#![expect(clippy::unwrap_used, reason = "in a test a failure is the result")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn desktop(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-desktop"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn first_line(child: &mut Child) -> serde_json::Value {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

fn terminate(child: &Child) {
    let killed = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
}

/// Writes a configuration and gives what the process says of it.
fn refusal(config: &str) -> (Option<i32>, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("desk.toml");
    std::fs::write(&path, config).unwrap();
    let config = path.to_str().unwrap();
    let output =
        desktop(&["--listen", "127.0.0.1:0", "--store", "memory", "--config", config]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    assert!(output.stdout.is_empty());
    (output.status.code(), serde_json::from_str(&said).unwrap())
}

#[test]
fn it_says_where_it_serves_and_ends_in_order() {
    let mut child = desktop(&["--listen", "127.0.0.1:0", "--store", "memory"]).spawn().unwrap();
    let ready = first_line(&mut child);
    assert!(ready["ready"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{ready}");
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_wrong_configuration_names_its_line_and_reason() {
    let (code, said) = refusal("[timing]\nofer_ttl = 5\n");
    assert_eq!(code, Some(2));
    assert_eq!(said["line"], 2, "{said}");
    let (code, said) = refusal("[[agents]]\nname = \"alice\"\ntoken = \"\"\nqueues = [\"support\"]\n");
    assert_eq!((code, &said["line"]), (Some(2), &serde_json::json!(3)), "{said}");
}

#[test]
fn a_store_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not-a-database.db");
    std::fs::write(&path, "this is a letter, not a database".repeat(200)).unwrap();
    let store = format!("sqlite:{}", path.display());
    let output = desktop(&["--listen", "127.0.0.1:0", "--store", &store]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(said["error"].as_str().unwrap().contains("not-a-database.db"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap().len(), 32 * 200, "and it is left as it was");
}

#[test]
fn a_second_process_does_not_get_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("desk.db").display());
    let mut first = desktop(&["--listen", "127.0.0.1:0", "--store", &store]).spawn().unwrap();
    first_line(&mut first);
    let second = desktop(&["--listen", "127.0.0.1:0", "--store", &store]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    terminate(&first);
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert!(Path::new(&store["sqlite:".len()..]).exists());
}
