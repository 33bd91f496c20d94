//! What of a transcript a contact sees, and in which order.

use parlor_model::{
    AgentName, Author, Content, Id, InteractionId, Label, LifecycleNotice, Message, MessageId, MessageText,
    ProviderMessageId, SystemNotice, Timestamp, Visibility,
};
use parlor_webchat::{Cursor, ServerFrame, Taken, visible};
use proptest::prelude::*;

const INTERACTION: &str = "018bcfe5-687b-7000-8000-00000000000a";

fn agent(name: &str) -> AgentName {
    AgentName::new(name).expect("a name")
}

/// What contacts call our agents.
fn known_as(agent: &AgentName) -> String {
    format!("Dr {agent}")
}

fn text(text: &str) -> MessageText {
    MessageText::new(text).expect("a text")
}

fn change(change: LifecycleNotice) -> Content {
    Content::System {
        notice: SystemNotice::Lifecycle { interaction: INTERACTION.parse().expect("an id"), change },
    }
}

fn entry(sequence: u64, author: Author, visibility: Visibility, content: Content) -> Message {
    let id: MessageId = format!("018bcfe5-687b-7000-8000-{sequence:012}").parse().expect("an id");
    Message {
        id,
        thread: "018bcfe5-687b-7000-8000-00000000000b".parse().expect("an id"),
        interaction: INTERACTION.parse::<InteractionId>().ok(),
        segment: 1,
        sequence,
        position: 1_000 + sequence,
        author,
        parent: None,
        visibility,
        content,
        at: Timestamp::from_millis(1_000),
        provider_time: None,
        provider_id: None,
    }
}

fn by_alice(sequence: u64, visibility: Visibility) -> Message {
    let content = Content::Text { text: text("hello") };
    entry(sequence, Author::Agent(agent("alice")), visibility, content)
}

fn json(message: &Message) -> Option<String> {
    visible(message, known_as).map(|frame| frame.to_json())
}

#[test]
fn a_contact_sees_an_agent_under_the_name_for_contacts() {
    assert_eq!(
        json(&by_alice(13, Visibility::Private)).as_deref(),
        Some(
            r#"{"type":"message","sequence":13,"id":"018bcfe5-687b-7000-8000-000000000013","author":{"kind":"agent","name":"Dr alice"},"content":{"type":"text","text":"hello"},"at":"1970-01-01T00:00:01.000000Z"}"#
        )
    );
}

#[test]
fn a_contact_sees_their_own_messages_and_those_of_bots() {
    let point = Id::from_uuid(by_alice(1, Visibility::Private).id.as_uuid());
    let content = Content::Text { text: text("hi") };
    let mine = entry(1, Author::Contact(point), Visibility::Private, content.clone());
    assert!(json(&mine).is_some_and(|json| json.contains(r#""author":{"kind":"me"}"#)));
    let bot = Author::Bot(Label::new("greeter").expect("a label"));
    let bots = entry(2, bot, Visibility::Public, content);
    assert!(json(&bots).is_some_and(|json| json.contains(r#""author":{"kind":"bot","name":"greeter"}"#)));
}

#[test]
fn a_contact_knows_their_own_message_by_the_id_that_their_browser_made() {
    let made = "0190b0a0-0000-4000-8000-00000000abcd";
    let content = Content::Text { text: text("hi") };
    let point = Id::from_uuid(by_alice(1, Visibility::Private).id.as_uuid());
    let mut mine = entry(1, Author::Contact(point), Visibility::Private, content);
    mine.provider_id = Some(ProviderMessageId::new(made));
    assert!(json(&mine).is_some_and(|json| json.contains(&format!(r#""id":"{made}""#))));
    let mut theirs = by_alice(2, Visibility::Private);
    theirs.provider_id = Some(ProviderMessageId::new(made));
    assert!(json(&theirs).is_some_and(|json| !json.contains(made)), "an agent's message has our id");
}

#[test]
fn r31_a_note_is_never_shown_whatever_its_visibility() {
    for visibility in [Visibility::Private, Visibility::Public, Visibility::Internal] {
        let note = Content::Note { text: text("difficult") };
        assert_eq!(json(&entry(1, Author::Agent(agent("alice")), visibility, note)), None);
    }
}

#[test]
fn r53_what_is_internal_is_never_shown() {
    assert_eq!(json(&by_alice(1, Visibility::Internal)), None);
}

#[test]
fn a_contact_is_told_of_the_course_of_things_but_not_of_the_closing_of_work() {
    let alice = || agent("alice");
    for (notice, shown) in [
        (LifecycleNotice::Joined { agent: alice() }, Some(r#""notice":"joined","agent":"Dr alice""#)),
        (LifecycleNotice::Left { agent: alice() }, Some(r#""notice":"left","agent":"Dr alice""#)),
        (LifecycleNotice::EndedByAgent { agent: alice() }, Some(r#""notice":"ended","by":"agent""#)),
        (LifecycleNotice::EndedByContact, Some(r#""notice":"ended","by":"me""#)),
        (LifecycleNotice::EndedBySystem, Some(r#""notice":"ended","by":"system""#)),
        (LifecycleNotice::Reactivated, Some(r#""notice":"reactivated""#)),
        (LifecycleNotice::Done, None),
    ] {
        let json = json(&entry(1, Author::System, Visibility::Private, change(notice.clone())));
        let content = shown.map(|shown| format!(r#""content":{{"type":"system",{shown}}}"#));
        assert_eq!(json.is_some(), content.is_some(), "{notice:?}");
        if let (Some(json), Some(content)) = (json, content) {
            assert!(json.contains(&content), "{json}");
            assert!(!json.contains(INTERACTION), "our ids of work are ours: {json}");
        }
    }
}

#[test]
fn r154_what_has_no_form_is_shown_as_such_without_its_raw_text() {
    let sticker = Content::Unsupported { kind: "sticker".into(), raw: text("<raw>") };
    let json = json(&entry(1, Author::System, Visibility::Private, sticker)).expect("it is shown");
    assert!(json.contains(r#"{"type":"unsupported","kind":"sticker"}"#), "{json}");
    assert!(!json.contains("<raw>"), "{json}");
}

/// The sequences that a connection shows of some entries; on a gap it reads on from the transcript.
fn shown(transcript: &[Message], after: u64, feed: &[&Message]) -> Vec<u64> {
    let latest = u64::try_from(transcript.len()).expect("a small number");
    let mut cursor = Cursor::new(after, latest);
    let mut shown = Vec::new();
    let mut show = |taken| match taken {
        Taken::Show(ServerFrame::Message { sequence, .. }) => shown.push(sequence),
        Taken::Show(other) => panic!("{other:?}"),
        Taken::Hidden | Taken::Repeated => {}
        Taken::Gap => panic!("a gap in what was read in order"),
    };
    for message in feed {
        match cursor.take(message, known_as) {
            Taken::Gap => {
                for missed in transcript {
                    if missed.sequence > cursor.after() {
                        show(cursor.take(missed, known_as));
                    }
                }
            }
            taken => show(taken),
        }
    }
    shown
}

#[test]
fn r98_a_contact_who_comes_back_sees_each_message_once() {
    let transcript: Vec<Message> = (1..=5).map(|n| by_alice(n, Visibility::Private)).collect();
    let all: Vec<&Message> = transcript.iter().collect();
    // Connected for two, away for three, back twice: once as if nothing had come, once with everything.
    assert_eq!(shown(&transcript, 0, &all[..2]), [1, 2]);
    assert_eq!(shown(&transcript, 2, &all), [3, 4, 5]);
    assert_eq!(shown(&transcript, 5, &all), [] as [u64; 0]);
    assert_eq!(shown(&transcript, 0, &all), [1, 2, 3, 4, 5], "a new browser sees all of it");
}

#[test]
fn a_gap_is_found_and_filled() {
    let transcript: Vec<Message> = (1..=4).map(|n| by_alice(n, Visibility::Private)).collect();
    let mut cursor = Cursor::new(1, 4);
    assert_eq!(cursor.take(&transcript[3], known_as), Taken::Gap);
    assert_eq!(cursor.after(), 1, "nothing was let through");
    assert_eq!(cursor.take(&transcript[0], known_as), Taken::Repeated);
    assert!(matches!(cursor.take(&transcript[1], known_as), Taken::Show(_)));
    assert_eq!(shown(&transcript, 1, &[&transcript[3]]), [2, 3, 4]);
}

#[test]
fn hidden_entries_leave_no_gap() {
    let transcript = [
        by_alice(1, Visibility::Private),
        by_alice(2, Visibility::Internal),
        by_alice(3, Visibility::Private),
    ];
    let all: Vec<&Message> = transcript.iter().collect();
    assert_eq!(shown(&transcript, 0, &all), [1, 3]);
}

#[test]
fn a_browser_that_claims_to_have_more_than_there_is_still_gets_what_comes() {
    let mut cursor = Cursor::new(u64::MAX, 4);
    assert!(matches!(cursor.take(&by_alice(5, Visibility::Private), known_as), Taken::Show(_)));
}

const SECRET: &str = "hushhush";

/// Entries of every kind; those that are not for the contact say the secret wherever they can.
fn entries() -> impl Strategy<Value = Message> {
    let author = prop_oneof![
        Just(Author::Contact(Id::from_uuid(by_alice(1, Visibility::Private).id.as_uuid()))),
        Just(Author::Agent(agent("alice"))),
        Just(Author::Bot(Label::new("greeter").expect("a label"))),
        Just(Author::System),
    ];
    let visibility =
        prop_oneof![Just(Visibility::Private), Just(Visibility::Public), Just(Visibility::Internal)];
    (author, visibility, 0..6_u8).prop_map(|(author, visibility, kind)| {
        let internal = !visibility.reaches_contact();
        let says = if internal || kind == 1 { SECRET } else { "hello" };
        let content = match kind {
            0 => Content::Text { text: text(says) },
            1 => Content::Note { text: text(says) },
            2 => Content::Unsupported { kind: says.into(), raw: text(SECRET) },
            3 => change(LifecycleNotice::Joined { agent: agent(says) }),
            4 => change(LifecycleNotice::EndedBySystem),
            _ => change(LifecycleNotice::Done),
        };
        entry(1, author, visibility, content)
    })
}

proptest! {
    #[test]
    fn nothing_internal_ever_reaches_the_contact(message in entries()) {
        let json = json(&message);
        if message.visibility == Visibility::Internal || matches!(message.content, Content::Note { .. }) {
            prop_assert_eq!(&json, &None);
        }
        if let Some(json) = json {
            prop_assert!(!json.contains(SECRET), "{}", json);
        }
    }

    #[test]
    fn a_connection_shows_every_visible_entry_once_and_in_order(
        hidden in proptest::collection::vec(any::<bool>(), 1..20),
        after in 0_u64..25,
        feed in proptest::collection::vec(any::<proptest::sample::Index>(), 0..60),
    ) {
        let transcript: Vec<Message> = (1..).zip(hidden).map(|(sequence, hidden)| {
            by_alice(sequence, if hidden { Visibility::Internal } else { Visibility::Private })
        }).collect();
        // In whatever order and however often entries come: at last the newest one does.
        let mut feed: Vec<&Message> = feed.iter().map(|index| index.get(&transcript)).collect();
        feed.extend(transcript.last());
        let expected: Vec<u64> = transcript
            .iter()
            .filter(|entry| entry.sequence > after && entry.visibility == Visibility::Private)
            .map(|entry| entry.sequence)
            .collect();
        prop_assert_eq!(shown(&transcript, after, &feed), expected);
    }
}
