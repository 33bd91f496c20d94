//! The generated page about states and commands, read back.

use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{CommandName, StateName};

const PAGE: &str = include_str!("../../../../docs/interaction-states.md");

/// The lines of every cell.
pub(crate) fn read() -> BTreeMap<(CommandName, StateName), BTreeSet<String>> {
    let mut table = BTreeMap::new();
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0].trim_matches('`');
        let Some(command) = CommandName::ALL.iter().find(|command| command.as_str() == name) else {
            continue;
        };
        if cells.len() != StateName::ALL.len() + 1 {
            continue;
        }
        for (state, cell) in StateName::ALL.iter().zip(&cells[1..]) {
            table.insert((*command, *state), cell.split("<br>").map(str::to_owned).collect());
        }
    }
    table
}
