//! Who may do what.

use parlor::engine::permission::{Actor, Missing, Object, Part, Verb, may};
use parlor::engine::{ContactEdit, ContactsRequest, EngineError};
use parlor::model::{Agent, Role};

use crate::world::{World, agent, name, page};

/// What a verb is done to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum To {
    /// The workspace, or oneself.
    Workspace,
    /// An interaction.
    Interaction,
    /// A contact; whoever is offered or takes part in an interaction with them has work with them.
    Contact,
}

/// Who may: an agent without a part in it, one whose queue it waits in, one who is offered it or asked, one who stands
/// beside it, one who takes part; a supervisor and an administrator without a part; the operator. `y` may, `-` may not,
/// `e` only after its end.
const TABLE: &[(Verb, To, &str)] = &[
    (Verb::ActAsOneself, To::Workspace, "yyyyy yy-"),
    (Verb::AnswerOffer, To::Interaction, "--y-y ---"),
    (Verb::ReadInteraction, To::Interaction, "eyyyy y--"),
    (Verb::WriteInInteraction, To::Interaction, "eeeey e--"),
    (Verb::FinishInteraction, To::Interaction, "----y ---"),
    (Verb::WriteNote, To::Interaction, "---yy y--"),
    (Verb::HandOver, To::Interaction, "----y ---"),
    (Verb::AnswerRequest, To::Interaction, "--yyy ---"),
    (Verb::Consult, To::Interaction, "----y ---"),
    (Verb::WriteInternally, To::Interaction, "---yy ---"),
    (Verb::Supervise, To::Interaction, "----- y--"),
    (Verb::Pull, To::Interaction, "----- y--"),
    (Verb::ConsultColleague, To::Workspace, "yyyyy y--"),
    (Verb::LaunchOutside, To::Contact, "yyyyy y--"),
    (Verb::ExplainRouting, To::Interaction, "eyyyy y--"),
    (Verb::AskWhatIf, To::Workspace, "----- y--"),
    (Verb::ReadContacts, To::Contact, "yyyyy y--"),
    (Verb::EditContact, To::Contact, "yyyyy y--"),
    (Verb::ReadConversation, To::Contact, "yyyyy y--"),
    (Verb::ReadCommunication, To::Contact, "yyyyy y--"),
    (Verb::WriteWithoutInteraction, To::Contact, "yyyyy y--"),
    (Verb::OpenInteraction, To::Contact, "yyyyy y--"),
    (Verb::ReadOwnFigures, To::Workspace, "yyyyy y--"),
    (Verb::ReadFigures, To::Workspace, "----- y--"),
    (Verb::PushUrl, To::Interaction, "eeeey e--"),
    (Verb::SendEmoji, To::Workspace, "yyyyy y--"),
    (Verb::PickEmoji, To::Workspace, "yyyyy y--"),
    (Verb::SaveAttachment, To::Workspace, "yyyyy y--"),
    (Verb::Export, To::Workspace, "----- --y"),
    (Verb::EraseContact, To::Contact, "----- -yy"),
];

/// The table must have a line for each verb: a new one does not compile here until it is added.
fn place(verb: Verb) -> usize {
    match verb {
        Verb::ActAsOneself => 0,
        Verb::AnswerOffer => 1,
        Verb::ReadInteraction => 2,
        Verb::WriteInInteraction => 3,
        Verb::FinishInteraction => 4,
        Verb::WriteNote => 5,
        Verb::HandOver => 6,
        Verb::AnswerRequest => 7,
        Verb::Consult => 8,
        Verb::WriteInternally => 9,
        Verb::Supervise => 10,
        Verb::Pull => 11,
        Verb::ConsultColleague => 12,
        Verb::LaunchOutside => 13,
        Verb::ExplainRouting => 14,
        Verb::AskWhatIf => 15,
        Verb::ReadContacts => 16,
        Verb::EditContact => 17,
        Verb::ReadConversation => 18,
        Verb::ReadCommunication => 19,
        Verb::WriteWithoutInteraction => 20,
        Verb::OpenInteraction => 21,
        Verb::ReadOwnFigures => 22,
        Verb::ReadFigures => 23,
        Verb::PushUrl => 24,
        Verb::SendEmoji => 25,
        Verb::PickEmoji => 26,
        Verb::SaveAttachment => 27,
        Verb::Export => 28,
        Verb::EraseContact => 29,
    }
}

fn with_role(role: Role) -> Agent {
    Agent { role, ..Agent::new(name("alice")) }
}

#[test]
fn every_verb_is_allowed_to_whom_the_table_says_and_nobody_else() {
    let verbs: Vec<_> = TABLE.iter().map(|(verb, ..)| *verb).collect();
    assert_eq!(verbs, Verb::ALL, "the table has a line for each verb");
    let (plain, supervisor, admin) =
        (with_role(Role::Agent), with_role(Role::Supervisor), with_role(Role::Admin));
    let columns = [
        (Actor::Agent(&plain), Part::None),
        (Actor::Agent(&plain), Part::Serves),
        (Actor::Agent(&plain), Part::Offered),
        (Actor::Agent(&plain), Part::Beside),
        (Actor::Agent(&plain), Part::Takes),
        (Actor::Agent(&supervisor), Part::None),
        (Actor::Agent(&admin), Part::None),
        (Actor::Operator, Part::None),
    ];
    for (line, (verb, to, expected)) in TABLE.iter().enumerate() {
        assert_eq!(place(*verb), line);
        let expected: Vec<char> = expected.chars().filter(|c| *c != ' ').collect();
        assert_eq!(expected.len(), columns.len());
        for ((actor, part), expected) in columns.iter().zip(expected) {
            for ended in [false, true] {
                let object = match to {
                    To::Workspace => Object::Workspace,
                    To::Interaction => Object::Interaction { part: *part, ended },
                    To::Contact => Object::Contact,
                };
                let allowed = expected == 'y' || expected == 'e' && ended;
                let answer = may(*actor, *verb, object);
                assert_eq!(answer.is_ok(), allowed, "{verb:?} to {object:?} by {actor:?}");
                if let Err(denial) = answer {
                    assert_eq!(denial.verb, *verb);
                }
            }
        }
    }
}

fn missing(result: Result<impl std::fmt::Debug, EngineError>) -> Missing {
    match result {
        Err(EngineError::Denied(denial)) => denial.missing,
        other => panic!("expected a denial: {other:?}"),
    }
}

/// What somebody may not know of does not exist for them.
fn is_unknown(result: Result<impl std::fmt::Debug, EngineError>) {
    assert!(matches!(result, Err(EngineError::NotFound { what: "interaction" })), "{result:?}");
}

#[tokio::test]
async fn the_engine_asks_the_table() {
    let world = World::with(|config| {
        agent(config, "bob").role = Role::Supervisor;
        config.agents.push(Agent { role: Role::Admin, ..Agent::new(name("adam")) });
    })
    .await;
    let engine = &world.engine;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let (alice, bob, carol, adam) = (name("alice"), name("bob"), name("carol"), name("adam"));

    for stranger in [&carol, &adam] {
        is_unknown(engine.interaction(stranger, work.id).await);
        is_unknown(engine.explain(stranger, work.id).await);
        is_unknown(world.answers(stranger.as_str(), work.id, "me too").await);
        is_unknown(world.ends(stranger.as_str(), work.id).await);
        is_unknown(engine.agent_typing(stranger, work.id, true).await);
        is_unknown(engine.set_disposition(stranger, work.id, "resolved", world.once()).await);
    }
    assert_eq!(missing(world.answers("bob", work.id, "me too").await), Missing::Part);
    assert_eq!(missing(world.ends("bob", work.id).await), Missing::Part);
    assert_eq!(missing(engine.agent_typing(&bob, work.id, true).await), Missing::Part);
    engine.interaction(&bob, work.id).await.unwrap();
    world.note("bob", work.id, "ask for the order number").await;
    let note = engine.note(&carol, work.id, world.client_id(), crate::world::text("x")).await;
    is_unknown(note);

    let role = Missing::Role(Role::Agent);
    assert_eq!(missing(engine.contacts(&adam, &ContactsRequest::default()).await), role);
    assert_eq!(missing(engine.contact(&adam, ann.contact).await), role);
    assert_eq!(missing(engine.conversation(&adam, ann.contact, &page(9)).await), role);
    assert_eq!(missing(world.writes("adam", &ann, "hello").await), role);
    assert_eq!(missing(engine.watch(&adam, Some(ann.contact))), role);
    assert_eq!(missing(engine.mark_read(&adam, ann.contact, None).await), role);
    assert_eq!(missing(engine.set_assigned(&adam, ann.contact, true).await), role);
    let edit = ContactEdit::new(ann.contact, 1);
    assert_eq!(missing(engine.edit_contact(&adam, edit).await), role);
    assert_eq!(missing(world.opens("adam", &ann).await), role);

    world.ends("alice", work.id).await.unwrap();
    engine.interaction(&carol, work.id).await.unwrap();
    is_unknown(engine.interaction(&adam, work.id).await);
    is_unknown(world.answers("adam", work.id, "hello").await);
    assert_eq!(missing(world.done("carol", work.id).await), Missing::Part);

    let configured = engine.agent(&alice).unwrap();
    assert_eq!(engine.exports(Actor::Agent(configured)).unwrap_err().missing, Missing::Operator);
    engine.exports(Actor::Operator).unwrap();
}

#[tokio::test]
async fn nobody_who_is_not_configured_can_do_anything() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let nobody = name("nobody");
    let engine = &world.engine;
    let refused = [
        engine.sign_in(&nobody).await.err(),
        engine.me(&nobody).await.err(),
        engine.my_work(&nobody).await.err(),
        engine.interaction(&nobody, work.id).await.err(),
        engine.contacts(&nobody, &ContactsRequest::default()).await.err(),
        engine.feed(&nobody, None).await.err(),
        world.answers("nobody", work.id, "hello").await.err(),
        world.writes("nobody", &ann, "hello").await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(EngineError::NotFound { what: "agent" })), "{error:?}");
    }
}
