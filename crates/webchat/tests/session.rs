//! One connection, from the hello to its end.

use std::time::Duration;

use parlor_model::Timestamp;
use parlor_webchat::{
    Acknowledged, Action, CloseReason, ErrorCode, FrameRefusal, Limits, ServerFrame, Session, SessionToken,
};
use proptest::prelude::*;

const TOKEN: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const HELLO: &str = r#"{"type":"hello"}"#;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn new() -> Session {
    Session::new(Limits::default())
}

/// A session whose hello was said.
fn begun() -> Session {
    let mut session = new();
    assert!(matches!(session.on_frame(HELLO, NOW)[..], [Action::Begin { token: None, .. }]));
    session
}

fn message(number: u32) -> String {
    format!(r#"{{"type":"message","id":"018bcfe5-687b-7000-8000-{number:012}","text":"hi"}}"#)
}

/// The codes of the error frames among some actions.
fn errors(actions: &[Action]) -> Vec<ErrorCode> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Reply(ServerFrame::Error { code, .. }) => Some(*code),
            _ => None,
        })
        .collect()
}

/// Asserts that a frame is refused for good.
fn assert_closes(session: &mut Session, actions: &[Action], code: ErrorCode, reason: CloseReason) {
    assert_eq!(errors(actions), [code]);
    assert_eq!(actions.last(), Some(&Action::Close(reason)));
    assert!(session.is_closed());
    assert_eq!(session.on_frame(HELLO, NOW), [], "nothing comes after the end");
    assert_eq!(session.on_ping_timer(), []);
    assert_eq!(session.refuse(FrameRefusal::new(ErrorCode::Busy, "busy")), []);
}

#[test]
fn a_session_goes_on_by_its_token() {
    let mut session = new();
    let actions = session.on_frame(&format!(r#"{{"type":"hello","token":"{TOKEN}","after":12}}"#), NOW);
    assert_eq!(actions, [Action::Begin { token: SessionToken::parse(TOKEN).ok(), after: 12, name: None }]);
}

#[test]
fn every_frame_after_the_hello_is_something_to_do() {
    let mut session = begun();
    assert!(matches!(session.on_frame(&message(1), NOW)[..], [Action::Write { .. }]));
    assert_eq!(session.on_frame(r#"{"type":"typing","on":true}"#, NOW), [Action::Typing { on: true }]);
    assert_eq!(
        session.on_frame(r#"{"type":"seen","delivered":14,"read":12}"#, NOW),
        [Action::Seen { seen: Acknowledged::new(14, 12) }]
    );
    assert_eq!(session.on_frame(r#"{"type":"end"}"#, NOW), [Action::End]);
    assert!(!session.is_closed(), "ending the session is not closing the connection");
}

#[test]
fn a_message_may_be_repeated() {
    let mut session = begun();
    let first = session.on_frame(&message(1), NOW);
    assert_eq!(session.on_frame(&message(1), NOW), first);
}

#[test]
fn the_hello_comes_first() {
    for frame in [
        &message(1),
        r#"{"type":"typing","on":true}"#,
        r#"{"type":"seen","delivered":1,"read":1}"#,
        r#"{"type":"end"}"#,
    ] {
        let mut session = new();
        let actions = session.on_frame(frame, NOW);
        assert_closes(&mut session, &actions, ErrorCode::HelloFirst, CloseReason::Refused);
    }
}

#[test]
fn the_hello_comes_once() {
    let mut session = begun();
    assert_eq!(errors(&session.on_frame(HELLO, NOW)), [ErrorCode::BadFrame]);
    assert_eq!(session.on_frame(r#"{"type":"end"}"#, NOW), [Action::End]);
}

#[test]
fn the_hello_comes_in_time() {
    let mut session = new();
    let actions = session.on_hello_timeout();
    assert_closes(&mut session, &actions, ErrorCode::HelloFirst, CloseReason::Refused);
    assert_eq!(begun().on_hello_timeout(), [], "it came");
}

#[test]
fn a_bad_frame_changes_nothing() {
    let mut session = new();
    assert_eq!(errors(&session.on_frame("{}", NOW)), [ErrorCode::BadFrame]);
    assert_eq!(errors(&session.on_binary(NOW)), [ErrorCode::BadFrame]);
    assert!(matches!(session.on_frame(HELLO, NOW)[..], [Action::Begin { .. }]));
    assert_eq!(errors(&session.on_frame(r#"{"type":"shout"}"#, NOW)), [ErrorCode::BadFrame]);
    assert!(!session.is_closed());
}

#[test]
fn a_frame_that_is_too_large_closes() {
    let mut session = begun();
    let actions = session.on_frame(&" ".repeat(131_073), NOW);
    assert_closes(&mut session, &actions, ErrorCode::FrameTooLarge, CloseReason::TooLarge);
}

#[test]
fn an_unknown_token_closes_whoever_finds_it_out() {
    let mut broken = new();
    let actions = broken.on_frame(r#"{"type":"hello","token":"x"}"#, NOW);
    assert_closes(&mut broken, &actions, ErrorCode::UnknownToken, CloseReason::Refused);
    let mut unknown = begun();
    let actions =
        unknown.refuse(FrameRefusal::new(ErrorCode::UnknownToken, "nobody has a session of this token"));
    assert_closes(&mut unknown, &actions, ErrorCode::UnknownToken, CloseReason::Refused);
}

#[test]
fn a_busy_server_does_not_close() {
    let mut session = begun();
    let actions = session.refuse(FrameRefusal::new(ErrorCode::Busy, "later"));
    assert_eq!(errors(&actions), [ErrorCode::Busy]);
    assert_eq!(actions.len(), 1);
    assert!(!session.is_closed());
}

#[test]
fn twenty_messages_pass_at_once_and_five_a_second_after_that() {
    let mut session = begun();
    let mut number = 0;
    let mut write = |session: &mut Session, now| {
        number += 1;
        session.on_frame(&message(number), now)
    };
    for _ in 0..20 {
        assert!(matches!(write(&mut session, NOW)[..], [Action::Write { .. }]));
    }
    let refused = write(&mut session, NOW);
    let [
        Action::Reply(ServerFrame::Error {
            code: ErrorCode::TooManyMessages,
            id: Some(id),
            retry_after_ms: Some(200),
            ..
        }),
    ] = &refused[..]
    else {
        panic!("{refused:?}");
    };
    assert!(id.to_string().ends_with("000000000021"), "{id}");
    let later = NOW + Duration::from_millis(200);
    assert!(matches!(write(&mut session, later)[..], [Action::Write { .. }]));
    assert_eq!(errors(&write(&mut session, later)), [ErrorCode::TooManyMessages]);
    let much_later = later + Duration::from_secs(1);
    let passed = (0..10).filter(|_| errors(&write(&mut session, much_later)).is_empty()).count();
    assert_eq!(passed, 5);
}

#[test]
fn messages_and_other_frames_do_not_use_up_each_others_rate() {
    let typing = r#"{"type":"typing","on":true}"#;
    let mut session = begun();
    while errors(&session.on_frame(&message(1), NOW)).is_empty() {}
    // The hello was one of the hundred.
    for _ in 1..100 {
        assert_eq!(session.on_frame(typing, NOW), [Action::Typing { on: true }]);
    }
    assert_eq!(errors(&session.on_frame(typing, NOW)), [ErrorCode::TooManyMessages]);
    assert_eq!(
        errors(&session.on_frame("{}", NOW)),
        [ErrorCode::TooManyMessages],
        "what is refused counts too"
    );
    let later = NOW + Duration::from_millis(200);
    assert!(matches!(session.on_frame(&message(1), later)[..], [Action::Write { .. }]));
}

#[test]
fn a_flood_does_not_hide_what_closes() {
    let mut session = begun();
    while errors(&session.on_frame("{}", NOW)) == [ErrorCode::BadFrame] {}
    let actions = session.on_frame(&" ".repeat(131_073), NOW);
    assert_closes(&mut session, &actions, ErrorCode::FrameTooLarge, CloseReason::TooLarge);
}

#[test]
fn r35_two_unanswered_pings_close_the_connection_and_end_nothing() {
    let mut session = begun();
    assert_eq!(session.on_ping_timer(), [Action::Ping]);
    assert_eq!(session.on_ping_timer(), [Action::Ping]);
    assert_eq!(session.on_ping_timer(), [Action::Close(CloseReason::Unresponsive)], "no Action::End");
    assert!(session.is_closed());
}

#[test]
fn any_sign_of_life_answers_the_pings() {
    let mut session = begun();
    for round in 0..10 {
        assert_eq!(session.on_ping_timer(), [Action::Ping], "round {round}");
        assert_eq!(session.on_ping_timer(), [Action::Ping], "round {round}");
        if round % 2 == 0 {
            session.on_pong();
        } else {
            session.on_frame("{}", NOW);
        }
    }
}

#[test]
fn reasons_have_the_codes_of_the_protocol() {
    use CloseReason::{Refused, Stopping, TooLarge, TooSlow, Unresponsive};
    let codes = [Unresponsive, Refused, TooLarge, Stopping, TooSlow].map(CloseReason::code);
    assert_eq!(codes, [1001, 1008, 1009, 1012, 1013]);
}

/// What a browser might say, sensible or not.
fn frames() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(HELLO.to_owned()),
        Just(format!(r#"{{"type":"hello","token":"{TOKEN}"}}"#)),
        Just(r#"{"type":"hello","token":"x"}"#.to_owned()),
        (0_u32..9).prop_map(message),
        Just(r#"{"type":"typing","on":false}"#.to_owned()),
        Just(r#"{"type":"seen","delivered":3,"read":9}"#.to_owned()),
        Just(r#"{"type":"end"}"#.to_owned()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_one_session_begins_at_most_and_first(
        frames in proptest::collection::vec((frames(), 0_u64..300), 0..80),
    ) {
        let mut session = new();
        let mut now = NOW;
        let mut begun = 0;
        let mut closed = false;
        for (frame, millis) in frames {
            now = now + Duration::from_millis(millis);
            let actions = session.on_frame(&frame, now);
            prop_assert_eq!(closed, actions.is_empty(), "every frame is answered until the end, and none after");
            for action in actions {
                match action {
                    Action::Begin { .. } => begun += 1,
                    Action::Write { .. } | Action::Typing { .. } | Action::Seen { .. } | Action::End => {
                        prop_assert_eq!(begun, 1);
                    }
                    Action::Reply(frame) => {
                        let refused = matches!(frame, ServerFrame::Error { .. });
                        prop_assert!(refused);
                    }
                    Action::Close(_) => closed = true,
                    Action::Ping => prop_assert!(false, "nobody asked for a ping"),
                }
            }
            prop_assert_eq!(closed, session.is_closed());
            prop_assert!(begun <= 1);
        }
    }
}
