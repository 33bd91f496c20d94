//! Contacts: who they are, what was said, and writing to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::permission::{Actor, Object, Verb, may};
use parlor_engine::view::{ContactPage, ContactView, ConversationView, FoundView};
use parlor_engine::{ContactEdit, ContactsRequest, ConversationRequest, FindRequest, On, Once};
use parlor_model::{ChannelName, ClientId, ContactId, ContactPointId, Visibility};
use parlor_store::ContactScope;
use serde::Deserialize;

use super::interactions::{OneInteraction, OneMessage, said};
use super::{Api, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named, OptionalJson, Parameters};
use crate::openapi::{Operation, Parameter};
use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// How many contacts or messages a page has at the most, as the engine cuts it.
const LIMIT: Parameter =
    Parameter::new("limit", r#"{"type":"integer","minimum":0}"#, "At the most; 50, cut to 200");

const CONTACTS_PARAMETERS: &[Parameter] = &[
    Parameter::new("scope", r#"{"type":"string","enum":["all","assigned","unassigned"]}"#, "Which contacts"),
    Parameter::new(
        "search",
        r#"{"type":"string"}"#,
        "Only those whose name, fields or addresses contain every word of this",
    ),
    Parameter::new("after", r#"{"type":"string"}"#, "The `next` of the page before"),
    LIMIT,
];

const CONVERSATION_PARAMETERS: &[Parameter] = &[
    Parameter::new("before", r#"{"type":"string"}"#, "The `before` of a page: what is older"),
    Parameter::new("after", r#"{"type":"string"}"#, "The `after` of a page: what is newer"),
    LIMIT,
    Parameter::new("filter", r#"{"type":"string","enum":["private","public"]}"#, "Only these"),
    Parameter::new("search", r#"{"type":"string"}"#, "Only messages that contain every word of this"),
    Parameter::new(
        "view",
        r#"{"type":"string","enum":["communication","conversation"]}"#,
        "In which view it is shown: each can be switched off by itself. Without it both must be on",
    ),
];

const SEARCH_PARAMETERS: &[Parameter] = &[
    Parameter::new("q", r#"{"type":"string"}"#, "Only messages that contain every word of this"),
    Parameter::new("before", r#"{"type":"string"}"#, "The `before` of the page before: what is older"),
    LIMIT,
    Parameter::new("filter", r#"{"type":"string","enum":["private","public"]}"#, "Only these"),
];

pub(super) fn routes(api: Api) -> Api {
    let api = api
        .route(
            Operation::get(
                "/api/search",
                "search",
                "Messages of all contacts that contain words, whatever the case and the accents; newest first",
            )
            .parameters(SEARCH_PARAMETERS)
            .gives(200, "Found")
            .refuses(&[Code::CursorUnknown]),
            search,
        )
        .route(
            Operation::get("/api/contacts", "contacts", "Contacts, those with the newest message first")
                .parameters(CONTACTS_PARAMETERS)
                .gives(200, "ContactPage")
                .refuses(&[Code::CursorUnknown]),
            contacts,
        )
        .route(
            Operation::get(
                "/api/contacts/{contact}",
                "contact",
                "Everything about a contact but the conversation",
            )
            .gives(200, "Contact"),
            contact,
        )
        .route(
            Operation::patch(
                "/api/contacts/{contact}",
                "changeContact",
                "Changes what is known of a contact",
            )
            .takes("ChangeContact")
            .gives(200, "Contact")
            .refuses(&[Code::StaleVersion, Code::FieldTooLong]),
            change,
        );
    api.route(
        Operation::get(
            "/api/contacts/{contact}/conversation",
            "conversation",
            "What a contact wrote and was written, oldest first; without a cursor the newest page",
        )
        .parameters(CONVERSATION_PARAMETERS)
        .gives(200, "Conversation")
        .refuses(&[Code::CursorUnknown]),
        conversation,
    )
    .route(
        Operation::post(
            "/api/contacts/{contact}/messages",
            "writeToContact",
            "Writes to a contact without an interaction; it is delivered at once or when they come back",
        )
        .takes("WriteToContact")
        .gives(201, "OneMessage")
        .refuses(&[
            Code::MustOpenInteraction,
            Code::UnsupportedContent,
            Code::FileRejected,
            Code::EmojiNotAllowed,
            Code::NotOnChannel,
            Code::NotSmsCapable,
            Code::OptedOut,
            Code::TextEmpty,
            Code::TextTooLong,
            Code::OverLimit,
            Code::IdReused,
        ]),
        write,
    )
    .route(
        Operation::post(
            "/api/contacts/{contact}/interactions",
            "openInteraction",
            "Opens an interaction with a contact, or gives the one that is open",
        )
        .takes("OpenInteraction")
        .gives(200, "OneInteraction")
        .refuses(&[Code::NotOnChannel, Code::AtCapacity, Code::AlreadyTaken, Code::IdReused]),
        open,
    )
    .route(
        Operation::post(
            "/api/contacts/{contact}/read",
            "markRead",
            "Says that one has read a contact's messages up to a position, or all; never moves backwards",
        )
        .may_take("MarkRead")
        .gives_nothing(),
        mark_read,
    )
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    All,
    Assigned,
    Unassigned,
}

#[derive(Debug, Deserialize)]
struct ContactsQuery {
    scope: Option<Scope>,
    search: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

async fn contacts(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Parameters(query): Parameters<ContactsQuery>,
) -> Result<Answer<ContactPage>, Problem> {
    let mut request = ContactsRequest::default();
    request.scope = match query.scope {
        None | Some(Scope::All) => ContactScope::All,
        Some(Scope::Assigned) => ContactScope::Assigned,
        Some(Scope::Unassigned) => ContactScope::Unassigned,
    };
    request.search = query.search;
    request.after = query.after;
    request.limit = query.limit;
    Ok(Answer::ok(shared.engine.contacts(&caller.name, &request).await?))
}

async fn contact(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<ContactId>,
) -> Result<Answer<ContactView>, Problem> {
    Ok(Answer::ok(shared.engine.contact(&caller.name, id).await?))
}

#[derive(Debug, Deserialize)]
struct ChangeContact {
    version: u64,
    #[serde(default)]
    display_name: NameChange,
    fields: Option<BTreeMap<String, String>>,
}

/// What becomes of a contact's name.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Option<String>")]
enum NameChange {
    /// The field is absent.
    #[default]
    Stays,
    /// It is `null`.
    Goes,
    /// It has a text.
    Becomes(String),
}

impl From<Option<String>> for NameChange {
    fn from(name: Option<String>) -> Self {
        name.map_or(Self::Goes, Self::Becomes)
    }
}

async fn change(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<ContactId>,
    Json(body): Json<ChangeContact>,
) -> Result<Answer<ContactView>, Problem> {
    let mut edit = ContactEdit::new(id, body.version);
    edit.display_name = match body.display_name {
        NameChange::Stays => None,
        // To the engine a blank name is none.
        NameChange::Goes => Some(String::new()),
        NameChange::Becomes(name) => Some(name),
    };
    edit.fields = body.fields;
    Ok(Answer::ok(shared.engine.edit_contact(&caller.name, edit).await?))
}

#[derive(Debug, Deserialize)]
struct SearchQuery {
    q: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
    filter: Option<Filter>,
}

async fn search(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Parameters(query): Parameters<SearchQuery>,
) -> Result<Answer<FoundView>, Problem> {
    let mut request = FindRequest::default();
    request.words = query.q.unwrap_or_default();
    request.before = query.before;
    request.limit = query.limit;
    request.filter = query.filter.map(Visibility::from);
    Ok(Answer::ok(shared.engine.find(&caller.name, &request).await?))
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Filter {
    Private,
    Public,
}

impl From<Filter> for Visibility {
    fn from(filter: Filter) -> Self {
        match filter {
            Filter::Private => Self::Private,
            Filter::Public => Self::Public,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    Communication,
    Conversation,
}

#[derive(Debug, Deserialize)]
struct ConversationQuery {
    before: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
    filter: Option<Filter>,
    search: Option<String>,
    view: Option<View>,
}

async fn conversation(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<ContactId>,
    Parameters(query): Parameters<ConversationQuery>,
) -> Result<Answer<ConversationView>, Problem> {
    let mut request = ConversationRequest::default();
    request.before = query.before;
    request.after = query.after;
    request.limit = query.limit;
    request.filter = query.filter.map(Visibility::from);
    request.search = query.search;
    request.in_interaction = match (query.view, shared.engine.agent(&caller.name)) {
        (Some(view), _) => view == View::Conversation,
        // Who does not say where it is shown needs both.
        (None, Some(agent)) => {
            may(Actor::Agent(agent), Verb::ReadConversation, Object::Contact)?;
            false
        }
        (None, None) => false,
    };
    let page = shared.engine.conversation(&caller.name, id, &request).await?;
    Ok(Answer::ok(page))
}

#[derive(Debug, Deserialize)]
struct WriteToContact {
    id: ClientId,
    channel: String,
    /// At which of the contact's addresses; without it where the last exchange was.
    point: Option<ContactPointId>,
    text: Option<String>,
    #[serde(default)]
    attachments: Vec<ClientId>,
    /// A number that cannot receive texts is written to all the same (r130).
    #[serde(default)]
    force: bool,
}

/// Where a contact is written to.
fn on(channel_name: String, point: Option<ContactPointId>) -> Result<On, Problem> {
    let channel = channel(channel_name)?;
    Ok(match point {
        Some(point) => On::at(channel, point),
        None => On::from(&channel),
    })
}

/// A name that is not of the right form names no channel, and so none of this contact's.
fn channel(name: String) -> Result<ChannelName, Problem> {
    ChannelName::new(name)
        .map_err(|_| Problem::new(Code::NotOnChannel, "the contact has no thread on that channel"))
}

async fn write(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
    Json(body): Json<WriteToContact>,
) -> Result<Answer<OneMessage>, Problem> {
    let on = on(body.channel, body.point)?;
    let said = said(body.text, body.attachments, body.force)?;
    let message = shared.engine.write_to_contact(&caller.name, contact, on, body.id, said).await?;
    Ok(Answer::created(OneMessage { message }))
}

#[derive(Debug, Deserialize)]
struct OpenInteraction {
    id: Option<ClientId>,
    channel: String,
    /// At which of the contact's addresses; without it where the last exchange was.
    point: Option<ContactPointId>,
}

async fn open(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
    Json(body): Json<OpenInteraction>,
) -> Result<Answer<OneInteraction>, Problem> {
    let on = on(body.channel, body.point)?;
    let interaction = shared.engine.open_interaction(&caller.name, contact, on, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

#[derive(Debug, Default, Deserialize)]
struct MarkRead {
    upto: Option<u64>,
}

async fn mark_read(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(contact): Named<ContactId>,
    OptionalJson(body): OptionalJson<MarkRead>,
) -> Result<Response, Problem> {
    shared.engine.mark_read(&caller.name, contact, body.upto).await?;
    Ok(nothing())
}
