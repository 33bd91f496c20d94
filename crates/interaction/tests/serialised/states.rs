use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{
    Active, Actor, CaseValue, Consult, ConsultStage, ConsultTarget, DispositionCode, Done, Ended, EndedBy,
    GoneReason, Handover, Idle, Interaction, Invitation, Lapsed, Offered, Origin, Outcome, Queued, State,
    StateName, Supervision, Timer, Transfer,
};

use parlor_model::{Label, Needs};

use crate::support::{agent, at, id, start};
use crate::written;

fn queued() -> Queued {
    Queued {
        since: at(1),
        preferred: Some(agent("ann")),
        passed: BTreeMap::from([(agent("bob"), at(2))]),
        lapsed: BTreeMap::from([(agent("bob"), Lapsed { offer: id(10), reason: GoneReason::Declined })]),
    }
}

fn active() -> Active {
    Active {
        owner: agent("ann"),
        since: at(3),
        members: BTreeSet::from([agent("bob")]),
        invitations: BTreeMap::from([(agent("cid"), Invitation { by: agent("ann"), expires_at: at(9) })]),
        supervisors: BTreeMap::from([(agent("sue"), Supervision::Whisper)]),
        consults: BTreeMap::from([
            (
                id(30),
                Consult {
                    by: agent("ann"),
                    target: ConsultTarget::Chat { agent: agent("dee") },
                    stage: ConsultStage::Asked { expires_at: at(9) },
                },
            ),
            (
                id(31),
                Consult {
                    by: agent("bob"),
                    target: ConsultTarget::VoiceContact { point: id(4) },
                    stage: ConsultStage::Joined { since: at(4) },
                },
            ),
        ]),
        transfer: Some(Transfer { id: id(20), by: agent("ann"), to: agent("eve"), expires_at: at(9) }),
        parked: None,
        idle: None,
    }
}

fn forms() -> Vec<(State, &'static str)> {
    vec![
        (
            State::Queued(queued()),
            r##"{"type":"queued","since":"@1","preferred":"ann","passed":{"bob":"@2"},"lapsed":{"bob":{"offer":"#10","reason":"declined"}}}"##,
        ),
        (
            State::Offered(Offered {
                offer: id(11),
                agent: agent("ann"),
                offered_at: at(3),
                expires_at: at(9),
                queued: queued(),
            }),
            r##"{"type":"offered","offer":"#11","agent":"ann","offered_at":"@3","expires_at":"@9","queued":{"since":"@1","preferred":"ann","passed":{"bob":"@2"},"lapsed":{"bob":{"offer":"#10","reason":"declined"}}}}"##,
        ),
        (
            State::Active(active()),
            r##"{"type":"active","owner":"ann","since":"@3","members":["bob"],"invitations":{"cid":{"by":"ann","expires_at":"@9"}},"supervisors":{"sue":"whisper"},"consults":{"#30":{"by":"ann","target":{"chat":{"agent":"dee"}},"stage":{"asked":{"expires_at":"@9"}}},"#31":{"by":"bob","target":{"voice_contact":{"point":"#4"}},"stage":{"joined":{"since":"@4"}}}},"transfer":{"id":"#20","by":"ann","to":"eve","expires_at":"@9"}}"##,
        ),
        (
            State::Ended(Ended {
                by: EndedBy::Contact,
                at: at(5),
                outcome: Outcome::Handled,
                holds: 1,
                done_at: Some(at(9)),
            }),
            r#"{"type":"ended","by":"contact","at":"@5","outcome":"handled","holds":1,"done_at":"@9"}"#,
        ),
        (
            State::Done(Done {
                by: Actor::System,
                at: at(6),
                outcome: Outcome::Abandoned,
                ended_by: EndedBy::Contact,
                ended_at: at(5),
            }),
            r#"{"type":"done","by":"system","at":"@6","outcome":"abandoned","ended_by":"contact","ended_at":"@5"}"#,
        ),
    ]
}

#[test]
fn every_state_has_a_fixed_written_form() {
    for (state, form) in forms() {
        written(&state, form);
    }
}

#[test]
fn no_state_is_left_out() {
    let shown: Vec<StateName> = forms().iter().map(|(state, _)| state.name()).collect();
    assert_eq!(shown, StateName::ALL);
}

#[test]
fn an_interaction_has_a_fixed_written_form() {
    let begun = Interaction::start(start(Origin::Outbound { agent: agent("ann") }, 1), at(0)).interaction;
    written(
        &begun,
        r##"{"id":"#1","thread":"#2","channel":"website","point":"#3","queue":"support","class":"live","weight":1,"origin":{"outbound":{"agent":"ann"}},"version":1,"epoch":1,"segment":1,"state":{"type":"active","owner":"ann","since":"@0","members":[],"invitations":{},"supervisors":{},"consults":{},"transfer":null},"unanswered_since":null,"last_owner":"ann","handover":null,"disposition":null,"created_at":"@0"}"##,
    );
    let later = Interaction {
        unanswered_since: Some(at(7)),
        handover: Some(Handover::Offer(id(10))),
        disposition: Some(DispositionCode::new("resolved").unwrap()),
        needs: Needs { priority: 5, ..Needs::default() },
        case: BTreeMap::from([(Label::new("order").unwrap(), CaseValue::new("17").unwrap())]),
        ..begun
    };
    let json = serde_json::to_string(&later).unwrap();
    assert!(crate::shorten(&json).contains(r#""unanswered_since":"@7""#));
    assert!(crate::shorten(&json).contains(r##""handover":{"offer":"#10"}"##));
    assert!(json.contains(r#""disposition":"resolved""#));
    assert!(json.ends_with(r#""needs":{"skills":{},"priority":5,"attributes":{}},"case":{"order":"17"}}"#));
    assert_eq!(serde_json::from_str::<Interaction>(&json).unwrap(), later);
}

#[test]
fn what_is_parked_or_silent_has_a_fixed_written_form() {
    let alone = Active {
        members: BTreeSet::new(),
        invitations: BTreeMap::new(),
        supervisors: BTreeMap::new(),
        consults: BTreeMap::new(),
        transfer: None,
        ..active()
    };
    let form = |rest: &str| {
        format!(
            r#"{{"type":"active","owner":"ann","since":"@3","members":[],"invitations":{{}},"supervisors":{{}},"consults":{{}},"transfer":null,{rest}}}"#
        )
    };
    let parked = Active { parked: Some(at(5)), ..alone.clone() };
    written(&State::Active(parked), &form(r#""parked":"@5""#));
    let watched = Active { idle: Some(Idle::Watched { notice_at: at(9) }), ..alone.clone() };
    written(&State::Active(watched), &form(r#""idle":{"watched":{"notice_at":"@9"}}"#));
    let noticed = Active { idle: Some(Idle::Noticed { end_at: Some(at(9)) }), ..alone };
    written(&State::Active(noticed), &form(r#""idle":{"noticed":{"end_at":"@9"}}"#));
}

#[test]
fn every_handover_and_timer_has_a_fixed_written_form() {
    written(&Handover::Offer(id(10)), r##"{"offer":"#10"}"##);
    written(&Handover::Transfer(id(20)), r##"{"transfer":"#20"}"##);
    written(&Handover::Queue(id(20)), r##"{"queue":"#20"}"##);
    written(&Handover::Consult(id(30)), r##"{"consult":"#30"}"##);
    written(&Timer::Offer(id(10)), r##"{"offer":"#10"}"##);
    written(&Timer::Transfer(id(20)), r##"{"transfer":"#20"}"##);
    written(&Timer::Consult(id(30)), r##"{"consult":"#30"}"##);
    written(&Timer::Invitation(agent("bob")), r#"{"invitation":"bob"}"#);
    written(&Timer::AutoDone, r#""auto_done""#);
    written(&Timer::IdleNotice, r#""idle_notice""#);
    written(&Timer::IdleEnd, r#""idle_end""#);
}
