//! The defaults that `docs/manual-decisions.md` names are the defaults of the code.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::support::{assert_caught, assert_none, text_files};

/// Where the decisions stand.
const DOCUMENT: &str = "docs/manual-decisions.md";

/// The columns of its tables.
const COLUMNS: usize = 5;

/// The behaviours whose contradiction or gap must be decided.
const MUST_BE_DECIDED: &[u16] =
    &[3, 20, 26, 36, 42, 44, 69, 73, 82, 85, 89, 90, 101, 102, 109, 113, 114, 115, 170];

/// The last behaviour that the manuals give.
const LAST_ROW: u16 = 172;

/// Settings by their full name, such as `timing.offer_ttl`.
type Settings = BTreeMap<String, Value>;

/// What the document says.
#[derive(Debug, Default)]
struct Decisions {
    rows: Vec<u16>,
    settings: Settings,
}

/// Reads every table of the document; what cannot be read is a finding.
fn read(text: &str) -> (Decisions, Vec<String>) {
    let mut decisions = Decisions::default();
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(cells) = cells(line) else {
            continue;
        };
        if let Err(what) = read_row(&cells, &mut decisions) {
            findings.push(format!("{DOCUMENT}:{number}: {what}"));
        }
    }
    (decisions, findings)
}

/// The cells of a line of a table; `None` for text, headings of tables and the lines below them.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix('|')?.trim_end().strip_suffix('|')?;
    let cells: Vec<_> = inner.split('|').map(str::trim).collect();
    let is_data = cells.first().is_some_and(|first| *first != "Rows" && !first.starts_with("---"));
    is_data.then_some(cells)
}

fn read_row(cells: &[&str], decisions: &mut Decisions) -> Result<(), String> {
    let &[rows, open, chosen, why, settings] = cells else {
        return Err(format!("{} cells instead of {COLUMNS}", cells.len()));
    };
    if [open, chosen, why].iter().any(|cell| cell.is_empty()) {
        return Err("a cell is empty".to_owned());
    }
    for row in rows.split(',').map(str::trim) {
        let row = row
            .strip_prefix('r')
            .and_then(|digits| digits.parse().ok())
            .filter(|row| (1..=LAST_ROW).contains(row))
            .ok_or_else(|| format!("{row:?} is not a row of the manuals"))?;
        decisions.rows.push(row);
    }
    if settings == "–" {
        return Ok(());
    }
    // Between the spans of code stands nothing but space.
    for (at, part) in settings.split('`').enumerate() {
        let is_code = at % 2 == 1;
        if is_code {
            read_setting(part, &mut decisions.settings)?;
        } else if !part.trim().is_empty() {
            return Err(format!("{part:?} is not a setting"));
        }
    }
    Ok(())
}

fn read_setting(text: &str, settings: &mut Settings) -> Result<(), String> {
    let table: Table = text.parse().map_err(|_| format!("{text:?} is not TOML"))?;
    let mut found = Settings::new();
    flatten("", &table, &mut found);
    if found.len() != 1 {
        return Err(format!("{text:?} is not one setting"));
    }
    for (name, value) in found {
        if settings.insert(name.clone(), value).is_some() {
            return Err(format!("{name} is decided twice"));
        }
    }
    Ok(())
}

/// Gives every value in nested tables its full name.
fn flatten(prefix: &str, table: &Table, settings: &mut Settings) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(&name, inner, settings),
            other => {
                settings.insert(name, other.clone());
            }
        }
    }
}

/// Where the document and the code differ. Each setting of the code must be documented; a documented one that the
/// code lacks must be among those that are `awaited`.
fn differences(documented: &Settings, code: &Settings, awaited: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, value) in code {
        match documented.get(name) {
            Some(said) if said == value => {}
            Some(said) => findings.push(format!("{name}: documented {said}, in the code {value}")),
            None => findings.push(format!("{name}: in the code {value}, not documented")),
        }
        if awaited.contains(&name.as_str()) {
            findings.push(format!("{name}: in the code now, and still awaited"));
        }
    }
    let missing =
        documented.keys().filter(|name| !code.contains_key(*name) && !awaited.contains(&name.as_str()));
    findings.extend(missing.map(|name| format!("{name}: documented, not in the code")));
    findings
}

/// The defaults of the code.
mod code {
    use std::time::Duration;

    use parlor_channel::ChannelProfile;
    use parlor_engine::{MissedOffer, ReplyGoes, Rules, Timing};
    use parlor_model::{CapacityRule, ChannelKind, FlagName, Flags, MediaClass};
    use toml::{Table, Value};

    use super::Settings;

    /// Every default that the code exports.
    pub(super) fn settings() -> Settings {
        let mut settings = Settings::new();
        flags(&mut settings);
        capacity(&mut settings);
        channels(&mut settings);
        policy(&mut settings);
        timing(&mut settings);
        settings
    }

    fn names(kinds: &[ChannelKind]) -> Value {
        kinds.iter().map(|kind| Value::from(kind.as_str())).collect::<Vec<_>>().into()
    }

    fn policy(settings: &mut Settings) {
        let rules = Rules::default();
        let interaction = rules.interaction;
        let missed_offer = match rules.missed_offer {
            MissedOffer::StayReady => "stay_ready",
            MissedOffer::NotReady => "not_ready",
        };
        let reply = match rules.reply {
            ReplyGoes::ToAgent => "to_agent",
            ReplyGoes::ToQueue => "to_queue",
        };
        settings.extend(
            [
                ("auto_done", milliseconds(interaction.auto_done.unwrap_or_default())),
                ("auto_done_abandoned", interaction.auto_done_abandoned.into()),
                ("case_editable", interaction.case_editable.into()),
                ("disposition_mandatory", interaction.disposition_mandatory.into()),
                ("ended_sets_not_ready", rules.ended_sets_not_ready.into()),
                ("idle_end", milliseconds(interaction.idle_end.unwrap_or_default())),
                ("idle_notice", milliseconds(interaction.idle_notice.unwrap_or_default())),
                ("ended_holds", Value::try_from(interaction.ended_holds).unwrap()),
                ("invitation", rules.invitation.into()),
                ("missed_offer", missed_offer.into()),
                ("contact_channels", names(&rules.channels.listed)),
                ("default_channels", names(&rules.channels.preferred)),
                ("recent_emojis", i64::try_from(rules.recent_emoji).unwrap().into()),
                ("reply", reply.into()),
            ]
            .map(|(key, value)| (format!("policy.{key}"), value)),
        );
    }

    fn timing(settings: &mut Settings) {
        let timing = Timing::default();
        settings.extend(
            [
                ("offer_ttl", timing.offer_ttl),
                ("pending_overdue", timing.pending.overdue()),
                ("pending_warning", timing.pending.warning()),
                ("presence_lease", timing.presence_lease),
                ("priority_step", timing.priority_step),
                ("routing_lease", timing.routing_lease),
                ("transfer_ttl", timing.transfer_ttl),
                ("typing_ttl", timing.typing_ttl),
            ]
            .map(|(key, duration)| (format!("timing.{key}"), milliseconds(duration))),
        );
    }

    fn milliseconds(duration: Duration) -> Value {
        i64::try_from(duration.as_millis()).unwrap().into()
    }

    /// What the configuration of a channel may override.
    const OF_A_CHANNEL: &[&str] = &["readiness", "media_class", "on_show", "outbound_image"];

    fn channels(settings: &mut Settings) {
        for kind in ChannelKind::KNOWN {
            if matches!(kind, ChannelKind::Email | ChannelKind::Voice) {
                // Things that an agent launches, not channels that work comes from.
                continue;
            }
            let profile = Table::try_from(ChannelProfile::of(kind)).unwrap();
            for key in OF_A_CHANNEL {
                settings.insert(format!("channel.{kind}.{key}"), profile[*key].clone());
            }
        }
    }

    fn flags(settings: &mut Settings) {
        let flags = Flags::default();
        for flag in FlagName::ALL {
            settings.insert(format!("flags.{}", flag.as_str()), flags.is_on(*flag).into());
        }
        settings.insert("flags.deployment".to_owned(), Value::try_from(flags.deployment).unwrap());
    }

    fn capacity(settings: &mut Settings) {
        let rule = CapacityRule::default();
        for class in MediaClass::ALL {
            let limit = i64::from(rule.limit(class));
            settings.insert(format!("agent.capacity.{class}"), limit.into());
        }
    }
}

/// Settings that are decided, and that the code does not have yet because what they set is not built.
const AWAITED: &[&str] = &["policy.post_countdown_at"];

/// The document of this repository.
fn document() -> String {
    text_files(DOCUMENT).pop().unwrap().text
}

#[test]
fn every_decision_can_be_read() {
    let (decisions, findings) = read(&document());
    assert_none("A decision cannot be read:", &findings);
    let undecided: Vec<_> = MUST_BE_DECIDED
        .iter()
        .filter(|row| !decisions.rows.contains(row))
        .map(|row| format!("r{row}"))
        .collect();
    assert_none("A contradiction or gap of the manuals is not decided:", &undecided);
}

#[test]
fn documented_defaults_are_those_of_the_code() {
    let (decisions, _) = read(&document());
    assert_none(
        "The documented defaults differ from the code:",
        &differences(&decisions.settings, &code::settings(), AWAITED),
    );
}

/// The settings that the document says to have no effect yet.
fn without_effect(text: &str) -> Vec<&str> {
    let told = text.split_once("have no effect yet:").map_or("", |(_, after)| after);
    let told = told.split("\n\n").next().unwrap_or_default();
    told.split('`').skip(1).step_by(2).collect()
}

#[test]
fn what_has_no_effect_yet_is_told() {
    assert_eq!(without_effect(&document()), AWAITED);
}

#[test]
fn an_unreadable_decision_is_caught() {
    let text = "| Rows | a | b | c | Setting |\n| --- | --- | --- | --- | --- |\n\
        | r1 | a | b | c | `x.y = 1` `x.z = [\"p\"]` |\n\
        | r2 | a | b | c |\n\
        | r173 | a | b | c | – |\n\
        | r3 | a |  | c | – |\n\
        | r4 | a | b | c | `x.y = 2` |\n\
        | r5 | a | b | c | `x y` |\n\
        | r6 | a | b | c | about 5 |\n";
    let (decisions, findings) = read(text);
    assert_caught(
        &findings,
        &[
            ":4: 4 cells",
            ":5: \"r173\"",
            ":6: a cell is empty",
            ":7: x.y is decided twice",
            ":8: \"x y\" is not TOML",
            ":9: \"about 5\"",
        ],
    );
    assert_eq!(decisions.settings.len(), 2);
}

#[test]
fn a_difference_between_document_and_code_is_caught() {
    let settings = |text: &str| {
        let mut settings = Settings::new();
        flatten("", &text.parse().unwrap(), &mut settings);
        settings
    };
    let documented = settings("a.same = 1\na.other = 2\na.later = 3\na.gone = 4");
    let code = settings("a.same = 1\na.other = 5\na.secret = 6");
    assert_caught(
        &differences(&documented, &code, &["a.later", "a.same"]),
        &[
            "a.other: documented 2, in the code 5",
            "a.same: in the code now",
            "a.secret: in the code 6, not documented",
            "a.gone: documented, not in the code",
        ],
    );
}
