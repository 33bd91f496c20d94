//! Who may do what: one pure function, [`may`], that every route and every feed asks. What is not allowed here is
//! refused.

use parlor_model::{Agent, AgentName, Deployment, FlagName, Role};

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// An agent.
    Agent(&'a Agent),
    /// The operator, who holds the administration token: exports and counters, no conversation of their own.
    Operator,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Read one's own state, interactions and feed; say Ready or NotReady; log out.
    ActAsOneself,
    /// Accept or decline an offer.
    AnswerOffer,
    /// Read an interaction and its transcript.
    ReadInteraction,
    /// Write to the contact in an interaction, or say that one is typing.
    WriteInInteraction,
    /// End the session, close the work, give a disposition, write down what the case is, park it and take it up.
    FinishInteraction,
    /// Leave a note.
    WriteNote,
    /// Hand an interaction over, ask colleagues into it, and take that back.
    HandOver,
    /// Answer a colleague who asks one to take over, to join or to advise; end what one has joined.
    AnswerRequest,
    /// Ask for advice during an interaction.
    Consult,
    /// Write what only agents read: in a consult, or as a whisper.
    WriteInternally,
    /// Watch an interaction of others, and help in it.
    Supervise,
    /// Pick an interaction from its queue.
    Pull,
    /// Ask a colleague something without an interaction (r54).
    ConsultColleague,
    /// Call a contact or write them an e-mail, outside Parlor (r55).
    LaunchOutside,
    /// Ask why work is where it is.
    ExplainRouting,
    /// Ask what routing would have done under other rules.
    AskWhatIf,
    /// Read who a contact is. Without the Communication view: only of those with whom one has work.
    ReadContacts,
    /// Change who a contact is, or whether they stand in one's list; likewise.
    EditContact,
    /// Read everything a contact wrote and was written, in the Conversation view of an interaction: there is one only
    /// where a chat may be continued after its end (r76). Without the Communication view: only of those with whom one
    /// has work.
    ReadConversation,
    /// Read the same in the Communication view.
    ReadCommunication,
    /// Write to a contact without an interaction (r27, r97).
    WriteWithoutInteraction,
    /// Open an interaction with a contact (r103).
    OpenInteraction,
    /// Read one's own figures (r118).
    ReadOwnFigures,
    /// Read the figures of the desk and of everybody.
    ReadFigures,
    /// Invite the contact to open a web address (r58).
    PushUrl,
    /// Send emoji to a contact (r65).
    SendEmoji,
    /// Look for emoji in a picker (r66, r67); without it they can still be pasted.
    PickEmoji,
    /// Keep a file that came with a message, beyond looking at it (r126).
    SaveAttachment,
    /// Export transcripts, outbox, assignments, dead letters and counters; everything of one contact too.
    Export,
    /// Erase a contact, with everything that belongs to them. Whoever does it sees nothing of it.
    EraseContact,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 30] = [
        Self::ActAsOneself,
        Self::AnswerOffer,
        Self::ReadInteraction,
        Self::WriteInInteraction,
        Self::FinishInteraction,
        Self::WriteNote,
        Self::HandOver,
        Self::AnswerRequest,
        Self::Consult,
        Self::WriteInternally,
        Self::Supervise,
        Self::Pull,
        Self::ConsultColleague,
        Self::LaunchOutside,
        Self::ExplainRouting,
        Self::AskWhatIf,
        Self::ReadContacts,
        Self::EditContact,
        Self::ReadConversation,
        Self::ReadCommunication,
        Self::WriteWithoutInteraction,
        Self::OpenInteraction,
        Self::ReadOwnFigures,
        Self::ReadFigures,
        Self::PushUrl,
        Self::SendEmoji,
        Self::PickEmoji,
        Self::SaveAttachment,
        Self::Export,
        Self::EraseContact,
    ];
}

/// How the actor stands to the interaction in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// They own it, take part in it, or owned it last.
    Takes,
    /// They advise or watch, and do not write to the contact.
    Beside,
    /// It is offered to them, or a colleague asks them to take it over, to join or to advise.
    Offered,
    /// It waits in a queue they serve.
    Serves,
    /// None of these.
    None,
}

/// What it is to be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// The workspace, or the actor's own state.
    Workspace,
    /// An interaction.
    Interaction {
        /// How the actor stands to it.
        part: Part,
        /// Whether its session is over, so that any agent may continue it (r28).
        ended: bool,
    },
    /// A contact.
    Contact,
    /// A contact with whom the actor has work: an interaction in which they take part, or that is offered to them.
    ContactInWork,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A feature that is switched off for the agent.
    Flag(FlagName),
    /// A role.
    Role(Role),
    /// A part in the interaction.
    Part,
    /// The operator's token.
    Operator,
    /// An agent's identity: the operator is nobody's colleague.
    Agent,
}

/// Says no, and what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{verb:?} is not allowed: {missing:?} is missing")]
pub struct Denial {
    /// What was to be done.
    pub verb: Verb,
    /// What is missing.
    pub missing: Missing,
}

/// Whether the actor may do it.
pub fn may(actor: Actor<'_>, verb: Verb, object: Object) -> Result<(), Denial> {
    let agent = match actor {
        Actor::Operator => {
            return match verb {
                Verb::Export | Verb::EraseContact => Ok(()),
                Verb::ActAsOneself
                | Verb::AnswerOffer
                | Verb::ReadInteraction
                | Verb::WriteInInteraction
                | Verb::FinishInteraction
                | Verb::WriteNote
                | Verb::HandOver
                | Verb::AnswerRequest
                | Verb::Consult
                | Verb::WriteInternally
                | Verb::Supervise
                | Verb::Pull
                | Verb::ConsultColleague
                | Verb::LaunchOutside
                | Verb::ExplainRouting
                | Verb::AskWhatIf
                | Verb::ReadContacts
                | Verb::EditContact
                | Verb::ReadConversation
                | Verb::ReadCommunication
                | Verb::WriteWithoutInteraction
                | Verb::OpenInteraction
                | Verb::ReadOwnFigures
                | Verb::ReadFigures
                | Verb::PushUrl
                | Verb::SendEmoji
                | Verb::PickEmoji
                | Verb::SaveAttachment => Err(Denial { verb, missing: Missing::Agent }),
            };
        }
        Actor::Agent(agent) => agent,
    };
    let needs = |missing, allowed| {
        if allowed { Ok(()) } else { Err(Denial { verb, missing }) }
    };
    let flag = |flag| needs(Missing::Flag(flag), agent.flags.is_on(flag));
    let desk = || needs(Missing::Role(Role::Agent), agent.role != Role::Admin);
    // Whoever configures sees no content; on premises the two views do not exist.
    let view = |view| {
        desk()?;
        flag(view)?;
        needs(Missing::Flag(view), agent.flags.deployment == Deployment::Cloud)
    };
    let in_work_or_communication = || match object {
        Object::ContactInWork => Ok(()),
        Object::Workspace | Object::Interaction { .. } | Object::Contact => view(FlagName::CommunicationView),
    };
    match verb {
        Verb::ActAsOneself => Ok(()),
        Verb::AnswerOffer => needs(Missing::Part, takes_or_is_offered(object)),
        Verb::ReadInteraction | Verb::ExplainRouting => needs(Missing::Part, may_read(agent, object)),
        Verb::WriteInInteraction => needs(Missing::Part, may_write(agent, object)),
        Verb::PushUrl => {
            desk()?;
            flag(FlagName::PushUrl)?;
            // Looking at an address before it is sent, and at those that were, is nobody's interaction.
            needs(Missing::Part, object == Object::Workspace || may_write(agent, object))
        }
        Verb::SendEmoji => {
            desk()?;
            flag(FlagName::EmojiAllowed)
        }
        Verb::SaveAttachment => {
            desk()?;
            flag(FlagName::SaveAttachment)
        }
        Verb::PickEmoji => {
            desk()?;
            flag(FlagName::EmojiAllowed)?;
            flag(FlagName::EmojiPicker)
        }
        Verb::FinishInteraction | Verb::HandOver | Verb::Consult => needs(Missing::Part, takes(object)),
        Verb::WriteNote => needs(Missing::Part, takes_or_is_beside(object) || agent.role == Role::Supervisor),
        Verb::AnswerRequest => {
            needs(Missing::Part, takes_or_is_offered(object) || takes_or_is_beside(object))
        }
        Verb::WriteInternally => needs(Missing::Part, takes_or_is_beside(object)),
        Verb::Supervise | Verb::Pull | Verb::AskWhatIf | Verb::ReadFigures => {
            needs(Missing::Role(Role::Supervisor), agent.role == Role::Supervisor)
        }
        Verb::OpenInteraction | Verb::ConsultColleague | Verb::ReadOwnFigures => desk(),
        Verb::ReadContacts | Verb::EditContact | Verb::LaunchOutside => {
            desk()?;
            in_work_or_communication()
        }
        Verb::ReadConversation => {
            view(FlagName::ConversationView)?;
            flag(FlagName::AsyncEnabled)?;
            in_work_or_communication()
        }
        Verb::ReadCommunication => view(FlagName::CommunicationView),
        Verb::WriteWithoutInteraction => {
            view(FlagName::CommunicationView)?;
            flag(FlagName::ComposeFromCommunication)
        }
        Verb::Export => Err(Denial { verb, missing: Missing::Operator }),
        Verb::EraseContact => needs(Missing::Role(Role::Admin), agent.role == Role::Admin),
    }
}

fn takes(object: Object) -> bool {
    matches!(object, Object::Interaction { part: Part::Takes, .. })
}

fn takes_or_is_beside(object: Object) -> bool {
    matches!(object, Object::Interaction { part: Part::Takes | Part::Beside, .. })
}

fn takes_or_is_offered(object: Object) -> bool {
    matches!(object, Object::Interaction { part: Part::Takes | Part::Offered, .. })
}

fn may_write(agent: &Agent, object: Object) -> bool {
    takes(object) || agent.role != Role::Admin && matches!(object, Object::Interaction { ended: true, .. })
}

/// History is readable from the offer on (r12), and by whoever serves the queue; a session that is over, by every
/// agent (r28, r94).
fn may_read(agent: &Agent, object: Object) -> bool {
    match object {
        Object::Interaction { part, ended } => {
            agent.role == Role::Supervisor
                || (ended && agent.role != Role::Admin)
                || match part {
                    Part::Takes | Part::Beside | Part::Offered | Part::Serves => true,
                    Part::None => false,
                }
        }
        Object::Workspace | Object::Contact | Object::ContactInWork => false,
    }
}

/// The name of an agent, for those who act in somebody's name.
impl<'a> Actor<'a> {
    /// The agent, when it is one.
    pub fn agent_name(&self) -> Option<&'a AgentName> {
        match self {
            Self::Agent(agent) => Some(&agent.name),
            Self::Operator => None,
        }
    }
}
