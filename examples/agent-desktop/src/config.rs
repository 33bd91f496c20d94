//! What the configuration means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parlor::channel::ChannelProfile;
use parlor::engine::{ChannelRules, Config, ConfigError, Disposition, MissedOffer, ReplyGoes};
use parlor::interaction::DispositionCode;
use parlor::model::{
    Agent, AgentName, CapacityLimits, CapacityRule, Channel, ChannelKind, ChannelName, QueueName, SkillName,
};
use parlor::routing::{KeywordClassifier, QueueRule, Ring, Sticky};
use parlor::server::{Limits, Origin};
use parlor::transcript::Thresholds;
use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;
use url::Url;

use crate::accounts::Account;
use crate::fatal::Fatal;
use crate::file::{
    AccountTable, AgentTable, ChannelTable, ChatTable, File, LimitsTable, Lines, Mistake, PolicyTable,
    QueueTable, RingTable, TimingTable, read,
};

/// The configuration of the demo.
const DEMO: &str = include_str!("../demo.toml");

/// The queue there is when none is configured; everybody serves it.
const DEFAULT_QUEUE: &str = "support";

/// The hours of a queue that never closes.
const ALWAYS_OPEN: &str = "24x7";

/// What people write where a token goes until they have one (threat T25).
const PLACEHOLDERS: &[&str] = &[
    "…",
    "...",
    "changeme",
    "change-me",
    "change_me",
    "replaceme",
    "replace-me",
    "placeholder",
    "your-token",
    "your-token-here",
    "todo",
    "xxx",
];

/// The configuration, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) engine: Config,
    pub(crate) web_chat: ChannelProfile,
    pub(crate) public_base_url: Option<Url>,
    pub(crate) admin_token: Option<SecretString>,
    pub(crate) agent_tokens: BTreeMap<AgentName, SecretString>,
    pub(crate) chat_origins: BTreeMap<ChannelName, Vec<Origin>>,
    pub(crate) chat_limits: parlor::webchat::Limits,
    pub(crate) limits: ChosenLimits,
    pub(crate) accounts: Vec<Account>,
    /// From which channels of accounts agents may send files (r85).
    pub(crate) sends_files: BTreeSet<ChannelName>,
}

/// The limits that the configuration names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChosenLimits {
    sockets: Option<u32>,
    sockets_per_address: Option<u32>,
    new_chats_per_minute: Option<u32>,
    sign_in_failures: Option<u32>,
    agent_requests_per_second: Option<u32>,
}

impl ChosenLimits {
    fn read(lines: Lines<'_>, table: &LimitsTable) -> Result<Self, Mistake> {
        Ok(Self {
            sockets: above_zero(lines, table.sockets.as_ref())?,
            sockets_per_address: above_zero(lines, table.sockets_per_address.as_ref())?,
            new_chats_per_minute: above_zero(lines, table.new_chats_per_minute.as_ref())?,
            sign_in_failures: above_zero(lines, table.sign_in_failures.as_ref())?,
            agent_requests_per_second: above_zero(lines, table.agent_requests_per_second.as_ref())?,
        })
    }

    /// Puts what was named in the place of what is usual.
    pub(crate) fn apply(&self, limits: &mut Limits) {
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        limits.sockets = self.sockets.map_or(limits.sockets, size);
        limits.sockets_per_address = self.sockets_per_address.map_or(limits.sockets_per_address, size);
        if let Some(chats) = self.new_chats_per_minute {
            (limits.sessions_per_address, limits.sessions_within) = (chats, Duration::from_mins(1));
        }
        limits.sign_in_failures = self.sign_in_failures.unwrap_or(limits.sign_in_failures);
        if let Some(requests) = self.agent_requests_per_second {
            limits.agent_requests_per_second = requests;
            limits.agent_request_burst = limits.agent_request_burst.max(requests);
        }
    }
}

impl Settings {
    /// Reads a file, or the demo's configuration.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Fatal> {
        let (path, text) = match path {
            None => (PathBuf::from("demo.toml"), DEMO.to_owned()),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| Fatal::Unreadable { path: path.to_owned(), source })?;
                (path.to_owned(), text)
            }
        };
        Self::parse(&text).map_err(|mistake| Fatal::Config { path, mistake })
    }

    fn parse(text: &str) -> Result<Self, Mistake> {
        let lines = Lines(text);
        let file = read(text)?;
        refuse_what_is_not_here(lines, &file)?;
        let mut settings = Self {
            engine: Config::default(),
            web_chat: ChannelProfile::of(&ChannelKind::WebChat),
            public_base_url: file.public_base_url.as_ref().map(|base| base_url(lines, base)).transpose()?,
            admin_token: file.admin_token.as_ref().map(|token| secret(lines, token)).transpose()?,
            agent_tokens: BTreeMap::new(),
            chat_origins: BTreeMap::new(),
            chat_limits: parlor::webchat::Limits::default(),
            limits: ChosenLimits::read(lines, &file.limits)?,
            accounts: Vec::new(),
            sends_files: BTreeSet::new(),
        };
        settings.chat(lines, &file.chat)?;
        timing(lines, &file.timing, &mut settings.engine)?;
        policy(lines, &file.policy, &file, &mut settings.engine)?;
        for queue in &file.queues {
            settings.queue(lines, queue.get_ref())?;
        }
        if !file.classifier.keywords.is_empty() {
            let rules = file.classifier.keywords.clone();
            settings.engine.classifier = Some(Arc::new(KeywordClassifier { rules }));
        }
        if file.queues.is_empty() {
            let default = QueueName::new(DEFAULT_QUEUE);
            settings.engine.queues.extend(default.map(QueueRule::new));
        }
        for disposition in &file.dispositions {
            let code = named(lines, &disposition.code, DispositionCode::new)?;
            if settings.engine.dispositions.iter().any(|known| known.code == code) {
                return Err(lines.mistake(&disposition.code, "this disposition is configured twice"));
            }
            settings.engine.dispositions.push(Disposition { code, name: disposition.name.clone() });
        }
        for agent in &file.agents {
            settings.agent(lines, agent.get_ref(), &file)?;
        }
        for account in &file.accounts {
            settings.account(lines, account.get_ref())?;
        }
        for channel in &file.channels {
            settings.channel(lines, channel.get_ref(), &file.chat)?;
        }
        settings.engine.check().map_err(|error| {
            let queue = match &error {
                ConfigError::Routing(wrong) => wrong.queue(),
                _ => None,
            };
            let mut tables = file.queues.iter().map(Spanned::get_ref);
            let table = queue.and_then(|queue| tables.find(|table| table.name.get_ref() == queue.as_str()));
            let line = table.map(|table| lines.at(table.name.span().start));
            Mistake { line, reason: error.to_string() }
        })?;
        Ok(settings)
    }

    fn chat(&mut self, lines: Lines<'_>, table: &ChatTable) -> Result<(), Mistake> {
        let messages = &mut self.chat_limits.messages;
        let rate = above_zero(lines, table.messages_per_second.as_ref())?;
        messages.per_second = rate.unwrap_or(messages.per_second);
        let burst = above_zero(lines, table.message_burst.as_ref())?;
        messages.burst = burst.unwrap_or(messages.burst);
        Ok(())
    }

    fn queue(&mut self, lines: Lines<'_>, table: &QueueTable) -> Result<(), Mistake> {
        let name = named(lines, &table.name, QueueName::new)?;
        if self.has_queue(&name) {
            return Err(lines.mistake(&table.name, "this queue is configured twice"));
        }
        let mut rule = QueueRule {
            skills: skills(lines, &table.name, &table.skills)?,
            priority: table.priority.unwrap_or_default(),
            sticky: Sticky {
                expires_after: table.sticky.expires_after.map(Duration::from_millis),
                hold: Duration::from_millis(table.sticky.hold),
            },
            ..QueueRule::new(name)
        };
        if let Some(hours) = table.hours.as_ref().filter(|hours| hours.get_ref() != ALWAYS_OPEN) {
            rule.hours = Some(hours.get_ref().parse().map_err(|error| lines.mistake(hours, error))?);
        }
        for ring in &table.rings {
            rule.rings.push(self::ring(lines, ring.get_ref())?);
        }
        if let Some(overflow) = &table.overflow {
            let overflow = named(lines, overflow, QueueName::new)?;
            rule.overflow = Some(overflow.clone());
            if let Some(after) = &table.overflow_after {
                overflow_after(&mut rule, overflow, Duration::from_millis(*after.get_ref()));
            }
        } else if let Some(after) = &table.overflow_after {
            return Err(lines.mistake(after, "there is no overflow"));
        }
        self.engine.queues.push(rule);
        Ok(())
    }

    fn has_queue(&self, name: &QueueName) -> bool {
        self.engine.queues.iter().any(|queue| queue.name == *name)
    }

    fn known_queue(&self, lines: Lines<'_>, name: &Spanned<String>) -> Result<QueueName, Mistake> {
        let queue = named(lines, name, QueueName::new)?;
        if self.has_queue(&queue) {
            return Ok(queue);
        }
        Err(lines.mistake(name, format!("there is no queue {queue}")))
    }

    fn agent(&mut self, lines: Lines<'_>, table: &AgentTable, file: &File) -> Result<(), Mistake> {
        let name = named(lines, &table.name, AgentName::new)?;
        let token = secret(lines, &table.token)?;
        if self.agent_tokens.values().any(|known| known.expose_secret() == token.expose_secret()) {
            return Err(lines.mistake(&table.token, "two agents have the same token"));
        }
        if self.agent_tokens.insert(name.clone(), token).is_some() {
            return Err(lines.mistake(&table.name, "this agent is configured twice"));
        }
        let queues: BTreeSet<QueueName> = match &table.queues {
            None => self.engine.queues.iter().map(|queue| queue.name.clone()).collect(),
            Some(queues) => {
                queues.iter().map(|queue| self.known_queue(lines, queue)).collect::<Result<_, _>>()?
            }
        };
        let skills = skills(lines, &table.name, &table.skills)?;
        let capacity = match &table.capacity {
            None => CapacityRule::default(),
            Some(limits) => {
                if limits.get_ref().values().any(|limit| *limit > CapacityLimits::MAX) {
                    let reason = format!("a capacity is above {}", CapacityLimits::MAX);
                    return Err(lines.mistake(limits, reason));
                }
                CapacityRule::new(limits.get_ref().clone())
            }
        };
        self.engine.agents.push(Agent {
            role: table.role,
            skills,
            queues,
            capacity,
            auto_ready: table.auto_ready.iter().cloned().collect(),
            flags: file.flags.clone().with(&table.flags),
            ..Agent::new(name)
        });
        Ok(())
    }

    fn account(&mut self, lines: Lines<'_>, table: &AccountTable) -> Result<(), Mistake> {
        let account = Account::read(lines, table)?;
        if self.accounts.iter().any(|known| known.name == account.name) {
            return Err(lines.mistake(&table.name, "this account is configured twice"));
        }
        self.accounts.push(account);
        Ok(())
    }

    fn known_account(&self, lines: Lines<'_>, name: &Spanned<String>) -> Result<&Account, Mistake> {
        let known = self.accounts.iter().find(|account| account.name.as_str() == name.get_ref());
        known.ok_or_else(|| lines.mistake(name, format!("there is no account {}", name.get_ref())))
    }

    fn channel(&mut self, lines: Lines<'_>, table: &ChannelTable, chat: &ChatTable) -> Result<(), Mistake> {
        let name = named(lines, &table.name, ChannelName::new)?;
        if self.engine.channels.iter().any(|known| known.name == name) {
            return Err(lines.mistake(&table.name, "this channel is configured twice"));
        }
        let kind: ChannelKind =
            table.kind.get_ref().parse().map_err(|error| lines.mistake(&table.kind, error))?;
        let account = match (&table.account, &kind) {
            (None, ChannelKind::WebChat) => None,
            (Some(account), ChannelKind::WebChat) => {
                return Err(lines.mistake(account, "web chat has no account"));
            }
            (Some(account), ChannelKind::Sms) => Some(self.known_account(lines, account)?),
            (None, ChannelKind::Sms) => {
                return Err(lines.mistake(&table.kind, "text messages need an account"));
            }
            _ => {
                let reason = format!("there is no transport for kind {kind} in this build");
                return Err(lines.mistake(&table.kind, reason));
            }
        };
        if account.is_some() && !Account::sends_from(table.address.as_deref()) {
            return Err(lines.mistake(&table.kind, "it needs the address that it sends from"));
        }
        if let Some(followers) = &table.followers_only {
            return Err(lines.mistake(followers, format!("{kind} has no followers")));
        }
        let account = account.map(|account| account.name.clone());
        let sms = ChannelProfile::of(&ChannelKind::Sms);
        let profile = if kind == ChannelKind::WebChat { &self.web_chat } else { &sms };
        if let Some(image) = &table.outbound_image {
            if account.is_some() {
                self.sends_files.extend(image.get_ref().then(|| name.clone()));
            } else if *image.get_ref() != profile.outbound_image {
                return Err(
                    lines.mistake(image, "sending files in web chat is not to be switched in this build")
                );
            }
        }
        let mut rules = ChannelRules::default();
        rules.on_show = table.on_show.as_ref().map(|on_show| *on_show.get_ref());
        rules.pending = pending(
            lines,
            table.pending_warning.as_ref(),
            table.pending_overdue.as_ref(),
            self.engine.timing.pending,
        )?;
        self.engine.channel_rules.insert(name.clone(), rules);
        let readiness = match &table.readiness {
            None => profile.readiness.clone(),
            Some(media) if media.get_ref().is_empty() => {
                return Err(lines.mistake(media, "a channel needs at least one medium to be Ready on"));
            }
            Some(media) => media.get_ref().iter().cloned().collect(),
        };
        let media_class = table.media_class.unwrap_or(profile.media_class);
        let queue = self.known_queue(lines, &table.queue)?;
        let origins = chat.origins.iter().chain(&table.origins);
        let origins = origins.map(|text| origin(lines, text)).collect::<Result<Vec<_>, _>>()?;
        if kind == ChannelKind::WebChat {
            self.chat_origins.insert(name.clone(), origins);
        }
        self.engine.channels.push(Channel {
            name,
            kind,
            account,
            address: table.address.clone().unwrap_or_else(|| "*".to_owned()),
            queue,
            readiness,
            media_class,
            offer: table.offer.unwrap_or_default(),
        });
        Ok(())
    }
}

/// What would be silently missing is refused: networks, responses, rules that this build does not have. Values without an
/// effect yet (such as how many emoji are remembered) are checked and kept.
fn refuse_what_is_not_here(lines: Lines<'_>, file: &File) -> Result<(), Mistake> {
    if let Some(response) = file.standard_responses.first() {
        return Err(lines.mistake(response, "standard responses are not in this build"));
    }
    Ok(())
}

/// Skills with grades; a name that is none is a mistake in the line of whoever has them.
fn skills<T>(
    lines: Lines<'_>,
    of: &Spanned<T>,
    table: &BTreeMap<String, u8>,
) -> Result<BTreeMap<SkillName, u8>, Mistake> {
    let skill = |(name, &grade): (&String, &u8)| Ok((skill(lines, of, name)?, grade));
    table.iter().map(skill).collect()
}

fn skill<T>(lines: Lines<'_>, of: &Spanned<T>, name: &str) -> Result<SkillName, Mistake> {
    SkillName::new(name).map_err(|error| lines.mistake(of, error))
}

fn ring(lines: Lines<'_>, table: &RingTable) -> Result<Ring, Mistake> {
    let drops = table.drops.iter().map(|name| skill(lines, &table.after, name)).collect::<Result<_, _>>()?;
    let also = table.also.iter().map(|queue| named(lines, queue, QueueName::new));
    Ok(Ring {
        after: Duration::from_millis(*table.after.get_ref()),
        drops,
        lowers: skills(lines, &table.after, &table.lowers)?,
        also: also.collect::<Result<_, _>>()?,
    })
}

/// Overflow after a time is a ring of its own, between the others or in the ring that begins just then.
fn overflow_after(rule: &mut QueueRule, overflow: QueueName, after: Duration) {
    let mut before = Duration::ZERO;
    let mut at = rule.rings.len();
    for (number, ring) in rule.rings.iter_mut().enumerate() {
        if before + ring.after == after {
            ring.also.insert(overflow);
            return;
        }
        if before + ring.after > after {
            ring.after = (before + ring.after).saturating_sub(after);
            at = number;
            break;
        }
        before += ring.after;
    }
    let stay = after.saturating_sub(before);
    rule.rings.insert(at, Ring { after: stay, also: [overflow].into(), ..Ring::default() });
}

fn timing(lines: Lines<'_>, table: &TimingTable, config: &mut Config) -> Result<(), Mistake> {
    let set = |duration: &mut Duration, value: &Option<Spanned<u64>>| match value {
        None => Ok(()),
        Some(zero) if *zero.get_ref() == 0 => Err(lines.mistake(zero, "it must be longer than zero")),
        Some(value) => {
            *duration = Duration::from_millis(*value.get_ref());
            Ok(())
        }
    };
    let timing = &mut config.timing;
    set(&mut timing.offer_ttl, &table.offer_ttl)?;
    set(&mut timing.transfer_ttl, &table.transfer_ttl)?;
    set(&mut timing.routing_lease, &table.routing_lease)?;
    set(&mut timing.presence_lease, &table.presence_lease)?;
    set(&mut timing.priority_step, &table.priority_step)?;
    set(&mut timing.typing_ttl, &table.typing_ttl)?;
    // Nothing is sent through a provider in this build; the value is checked all the same.
    if table.outbox_uncertain.is_some() {
        let mut wait = Duration::ZERO;
        set(&mut wait, &table.outbox_uncertain)?;
        config.rules.sending.uncertain_wait = Some(wait);
    }
    let (warning, overdue) = (table.pending_warning.as_ref(), table.pending_overdue.as_ref());
    timing.pending = pending(lines, warning, overdue, timing.pending)?.unwrap_or(timing.pending);
    Ok(())
}

/// When a pending response turns yellow and red; `None` when neither is given.
fn pending(
    lines: Lines<'_>,
    warning: Option<&Spanned<u64>>,
    overdue: Option<&Spanned<u64>>,
    otherwise: Thresholds,
) -> Result<Option<Thresholds>, Mistake> {
    let Some(given) = overdue.or(warning) else {
        return Ok(None);
    };
    if let Some(zero) = [warning, overdue].into_iter().flatten().find(|value| *value.get_ref() == 0) {
        return Err(lines.mistake(zero, "it must be longer than zero"));
    }
    let chosen = |value: Option<&Spanned<u64>>, otherwise| {
        value.map_or(otherwise, |value| Duration::from_millis(*value.get_ref()))
    };
    Thresholds::new(chosen(warning, otherwise.warning()), chosen(overdue, otherwise.overdue()))
        .map(Some)
        .map_err(|error| lines.mistake(given, error))
}

fn policy(lines: Lines<'_>, table: &PolicyTable, file: &File, config: &mut Config) -> Result<(), Mistake> {
    let rules = &mut config.rules;
    rules.interaction.async_enabled = file.flags.async_enabled;
    rules.interaction.ended_holds = table.ended_holds.unwrap_or_default();
    rules.interaction.auto_done_abandoned =
        table.auto_done_abandoned.unwrap_or(rules.interaction.auto_done_abandoned);
    rules.interaction.disposition_mandatory = table.disposition_mandatory;
    let duration = |milliseconds: u64| (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
    rules.interaction.idle_notice = duration(table.idle_notice);
    rules.interaction.idle_end = duration(table.idle_end);
    rules.ended_sets_not_ready = table.ended_sets_not_ready;
    rules.interaction.case_editable = table.case_editable.unwrap_or(rules.interaction.case_editable);
    rules.interaction.auto_done = duration(table.auto_done);
    rules.recent_emoji = table.recent_emojis.map_or(rules.recent_emoji, usize::from);
    if let Some(words) = &table.invitation {
        rules.invitation.clone_from(words);
    }
    if let Some(kinds) = &table.default_channels {
        rules.channels.preferred = kinds_in(lines, kinds)?;
    }
    if let Some(kinds) = &table.contact_channels {
        rules.channels.listed = kinds_in(lines, kinds)?;
    }
    if let Some(missed) = &table.missed_offer {
        rules.missed_offer = match missed.get_ref().as_str() {
            "stay_ready" => MissedOffer::StayReady,
            "not_ready" => MissedOffer::NotReady,
            _ => return Err(lines.mistake(missed, "give stay_ready or not_ready")),
        };
    }
    if let Some(reply) = &table.reply {
        rules.reply = match reply.get_ref().as_str() {
            "to_agent" => ReplyGoes::ToAgent,
            "to_queue" => ReplyGoes::ToQueue,
            _ => return Err(lines.mistake(reply, "give to_agent or to_queue")),
        };
    }
    Ok(())
}

/// Networks in an order, each once.
fn kinds_in(lines: Lines<'_>, names: &[Spanned<String>]) -> Result<Vec<ChannelKind>, Mistake> {
    let mut kinds = Vec::with_capacity(names.len());
    for name in names {
        let kind = named(lines, name, |name| name.parse::<ChannelKind>())?;
        if kinds.contains(&kind) {
            return Err(lines.mistake(name, "it stands there twice"));
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

pub(crate) fn named<T, E: std::fmt::Display>(
    lines: Lines<'_>,
    text: &Spanned<String>,
    check: impl FnOnce(String) -> Result<T, E>,
) -> Result<T, Mistake> {
    check(text.get_ref().clone()).map_err(|error| lines.mistake(text, error))
}

/// A limit that lets at least something through.
fn above_zero(lines: Lines<'_>, value: Option<&Spanned<u32>>) -> Result<Option<u32>, Mistake> {
    match value {
        Some(zero) if *zero.get_ref() == 0 => Err(lines.mistake(zero, "it must be above zero")),
        value => Ok(value.map(|value| *value.get_ref())),
    }
}

pub(crate) fn secret(lines: Lines<'_>, token: &Spanned<SecretString>) -> Result<SecretString, Mistake> {
    let text = token.get_ref().expose_secret().trim();
    let placeholder = PLACEHOLDERS.iter().any(|known| text.eq_ignore_ascii_case(known))
        || (text.starts_with('<') && text.ends_with('>'));
    if text.is_empty() || placeholder {
        return Err(lines.mistake(token, "a token must not be empty or a placeholder"));
    }
    Ok(token.get_ref().clone())
}

fn base_url(lines: Lines<'_>, text: &Spanned<String>) -> Result<Url, Mistake> {
    // The pages and routes begin at the root, so an address with a path would lead nowhere.
    Origin::parse(text.get_ref()).map_err(|error| lines.mistake(text, error))?;
    Url::parse(text.get_ref()).map_err(|error| lines.mistake(text, error))
}

fn origin(lines: Lines<'_>, text: &Spanned<String>) -> Result<Origin, Mistake> {
    Origin::parse(text.get_ref()).map_err(|error| lines.mistake(text, error))
}

#[cfg(test)]
mod tests {
    use parlor::model::{AccountName, Deployment, FlagName};

    use super::*;

    fn mistake(text: &str) -> (Option<usize>, String) {
        let mistake = Settings::parse(text).unwrap_err();
        (mistake.line, mistake.reason)
    }

    #[test]
    fn the_demo_is_a_configuration() {
        let settings = Settings::parse(DEMO).unwrap();
        assert_eq!(settings.engine.agents.len(), 3);
        assert_eq!(settings.engine.channels.len(), 1);
    }

    #[test]
    fn a_mistake_names_its_line_and_reason() {
        assert_eq!(mistake("[timing]\noffer_ttl = 0\n"), (Some(2), "it must be longer than zero".to_owned()));
        assert_eq!(mistake("\n[timing]\nofer_ttl = 5\n").0, Some(3));
        assert_eq!(mistake("[[agents]]\nname = \"alice\"\ntoken = \"\"\n").0, Some(3));
        assert_eq!(mistake("[[agents]]\nname = \"A!\"\ntoken = \"t\"\n").0, Some(2));
        for capacity in ["-1", "0.5", "1001", "\"many\""] {
            let agent = format!(
                "[[agents]]\nname = \"a\"\ntoken = \"a-secret\"\ncapacity = {{ live = {capacity} }}\n"
            );
            assert_eq!(mistake(&agent).0, Some(4), "{capacity}");
        }
        let unknown_queue = "[[channels]]\nname = \"website\"\nkind = \"web_chat\"\nqueue = \"sales\"\n";
        assert_eq!(mistake(unknown_queue), (Some(4), "there is no queue sales".to_owned()));
        let order = "[timing]\npending_warning = 5000\npending_overdue = 1000\n";
        assert_eq!(mistake(order).0, Some(3));
    }

    #[test]
    fn tokens_and_addresses_must_be_real() {
        for token in ["…", "ChangeMe", "<token>", " "] {
            assert_eq!(mistake(&format!("\nadmin_token = \"{token}\"\n")).0, Some(2), "{token}");
        }
        let (line, reason) = mistake("admin_token = 4711\n");
        assert_eq!(line, Some(1));
        assert!(!reason.contains("4711"), "{reason}");
        for base in ["desk.example", "ftp://desk.example", "https://desk.example/path"] {
            assert_eq!(mistake(&format!("public_base_url = \"{base}\"\n")).0, Some(1), "{base}");
        }
        let channel = "[[channels]]\nname = \"website\"\nkind = \"web_chat\"\nqueue = \"support\"\n";
        assert_eq!(mistake(&format!("{channel}origins = [\"shop.example\"]\n")).0, Some(5));
    }

    #[test]
    fn limits_are_chosen_where_they_are_named() {
        let text = "[limits]\nsockets_per_address = 7\n[chat]\nmessages_per_second = 50\n";
        let settings = Settings::parse(text).unwrap();
        let mut limits = Limits::default();
        settings.limits.apply(&mut limits);
        assert_eq!(limits.sockets_per_address, 7);
        assert_eq!(limits.sockets, Limits::default().sockets);
        assert_eq!(settings.chat_limits.messages.per_second, 50);
        assert_eq!(mistake("[limits]\nsockets = 0\n").0, Some(2));
    }

    #[test]
    fn what_this_build_does_not_have_is_refused_and_not_ignored() {
        let fax = "[[channels]]\nname = \"fax\"\nkind = \"whatsapp\"\nqueue = \"support\"\n";
        assert_eq!(
            mistake(fax),
            (Some(3), "there is no transport for kind whatsapp in this build".to_owned())
        );
        let meta = "[[accounts]]\nname = \"meta\"\nprovider = \"meta\"\n";
        assert_eq!(mistake(meta), (Some(3), "accounts at meta are not in this build".to_owned()));
    }

    #[test]
    fn an_account_is_whole_or_refused_in_its_line() {
        let sid = format!("AC{}", "0".repeat(32));
        let account = |more: &str| format!("[[accounts]]\nname = \"main\"\nprovider = \"twilio\"\n{more}");
        let whole = account(&format!("account_sid = \"{sid}\"\nauth_token = \"a-token\"\n"));
        let channel = |more: &str| {
            format!("{whole}[[channels]]\nname = \"sms\"\nkind = \"sms\"\nqueue = \"support\"\n{more}")
        };
        let settings = Settings::parse(&channel("account = \"main\"\naddress = \"+15550001111\"\n")).unwrap();
        assert_eq!(settings.engine.channels[0].account.as_ref().map(AccountName::as_str), Some("main"));
        assert!(!format!("{settings:?}").contains("a-token"));
        for (text, line) in [
            (account("auth_token = \"a-token\"\n"), 2),
            (account(&format!("account_sid = \"{sid}\"\n")), 2),
            (account("account_sid = \"AC1\"\nauth_token = \"a-token\"\n"), 4),
            (account(&format!("account_sid = \"{sid}\"\nauth_token = \"…\"\n")), 5),
            (account(&format!("account_sid = \"{sid}\"\nauth_token = \"t\"\nbase_url = \"ftp://a\"\n")), 6),
            (channel("account = \"other\"\naddress = \"+15550001111\"\n"), 10),
            (channel("account = \"main\"\n"), 8),
            (channel("address = \"+15550001111\"\n"), 8),
            (format!("{whole}{whole}"), 7),
        ] {
            assert_eq!(mistake(&text).0, Some(line), "{text}: {}", mistake(&text).1);
        }
    }

    #[test]
    fn what_becomes_of_ended_and_silent_work_can_be_chosen() {
        let text = "[policy]\ninvitation = \"Bitte ansehen:\"\nrecent_emojis = 7\nended_sets_not_ready = true\nidle_notice = 255000\nidle_end = 45000\ncase_editable = false\n";
        let rules = Settings::parse(text).unwrap().engine.rules;
        assert_eq!(rules.recent_emoji, 7);
        assert_eq!(rules.invitation, "Bitte ansehen:");
        assert!(rules.ended_sets_not_ready);
        assert_eq!(rules.interaction.idle_notice, Some(Duration::from_secs(255)));
        assert_eq!(rules.interaction.idle_end, Some(Duration::from_secs(45)));
        assert!(!rules.interaction.case_editable);
        assert_eq!(mistake("[policy]\nidle_end = 45000\n").1, "idle_end needs idle_notice");
    }

    #[test]
    fn outcome_codes_are_a_tree() {
        let text = "[[dispositions]]\ncode = \"sales\"\nname = \"Sales\"\n[[dispositions]]\ncode = \"sales/won\"\nname = \"Won\"\n";
        assert_eq!(Settings::parse(text).unwrap().engine.dispositions.len(), 2);
        let (_, reason) = mistake("[[dispositions]]\ncode = \"sales/won\"\nname = \"Won\"\n");
        assert!(reason.contains("\"sales\", which is not configured"), "{reason}");
    }

    #[test]
    fn every_flag_is_switched_for_the_workspace_and_for_one_agent() {
        let agents = |flags: &str, own: &str| {
            let agent = |name: &str, flags: &str| {
                format!("[[agents]]\nname = \"{name}\"\ntoken = \"{name}-secret\"\nflags = {{ {flags} }}\n")
            };
            let text = format!("[flags]\n{flags}\n{}{}", agent("alice", own), agent("bob", ""));
            Settings::parse(&text).unwrap().engine.agents
        };
        for flag in FlagName::ALL {
            for on in [true, false] {
                let (name, other) = (flag.as_str(), !on);
                let [alice, bob] = &agents(&format!("{name} = {on}"), &format!("{name} = {other}"))[..]
                else {
                    panic!("there are two agents");
                };
                assert_eq!((alice.flags.is_on(*flag), bob.flags.is_on(*flag)), (other, on), "{name}");
            }
        }
        let bob = &agents("deployment = \"on_premises\"", "")[1];
        assert_eq!(bob.flags.deployment, Deployment::OnPremises);
        assert_eq!(mistake("[flags]\nclickable = true\n").0, Some(2));
    }

    #[test]
    fn queues_have_rules() {
        let settings = Settings::parse(
            r#"
            [classifier]
            keywords = [{ words = ["refund"], skills = { billing = 1 }, priority = 2 }]
            [[queues]]
            name = "support"
            skills = { spanish = 2 }
            priority = 1
            hours = "Europe/Berlin; mon-fri 09:00-17:00; closed 2026-12-25"
            overflow = "others"
            overflow_after = 30000
            rings = [{ after = 60000, lowers = { spanish = 1 } }]
            sticky = { expires_after = 86400000, hold = 15000 }
            [[queues]]
            name = "others"
            hours = "24x7"
            "#,
        )
        .unwrap();
        assert!(settings.engine.classifier.is_some());
        let [support, others] = &settings.engine.queues[..] else { panic!("two queues") };
        assert_eq!(support.hours.as_ref().map(ToString::to_string).unwrap_or_default().split(';').count(), 7);
        let rings: Vec<_> =
            support.rings.iter().map(|ring| (ring.after.as_secs(), ring.also.len())).collect();
        assert_eq!(rings, [(30, 1), (30, 0)], "overflow after a time is a ring of its own");
        assert_eq!((support.priority, support.skills.len(), support.sticky.hold.as_secs()), (1, 1, 15));
        assert_eq!(*others, QueueRule::new(QueueName::new("others").unwrap()));
    }

    #[test]
    fn queues_that_make_no_sense_are_refused_in_their_line() {
        let queue = |more: &str| format!("[[queues]]\nname = \"support\"\n{more}\n");
        for (more, line) in [
            ("hours = \"whenever\"", 3),
            ("overflow = \"nowhere\"", 2),
            ("overflow = \"support\"", 2),
            ("overflow_after = 5", 3),
            ("rings = [{ after = 0, drops = [\"x\"] }]", 2),
            ("rings = [{ after = 5 }]", 2),
            ("skills = { \"No Name\" = 1 }", 2),
            ("skills = { spanish = -1 }", 3),
        ] {
            assert_eq!(mistake(&queue(more)).0, Some(line), "{more}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = Settings::parse("admin_token = \"very-secret\"\n").unwrap();
        assert!(!format!("{settings:?}").contains("very-secret"));
    }
}
