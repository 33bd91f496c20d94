use std::collections::{BTreeMap, BTreeSet};

use parlor_interaction::{
    Actor, CaseValue, ConsultTarget, DispositionCode, EndedBy, Event, EventName, Origin, Outcome,
    ReactivatedBy, Recorded, Start, Supervision, UnparkedBy,
};

use parlor_model::{Label, Needs, SkillName};

use crate::support::{agent, at, id, queue, start};
use crate::written;

/// Every event with its written form; the same event twice where its parts have several forms.
#[expect(clippy::too_many_lines, reason = "a list")]
fn forms() -> Vec<(Event, &'static str)> {
    let (ann, bob) = (agent("ann"), agent("bob"));
    vec![
        (
            Event::Started(start(Origin::Inbound, 1)),
            r##"{"type":"started","id":"#1","thread":"#2","channel":"website","point":"#3","queue":"support","class":"live","weight":1,"origin":"inbound","preferred":null}"##,
        ),
        (
            Event::Started(Start {
                point: None,
                preferred: Some(agent("bob")),
                ..start(Origin::Outbound { agent: agent("ann") }, 1)
            }),
            r##"{"type":"started","id":"#1","thread":"#2","channel":"website","point":null,"queue":"support","class":"live","weight":1,"origin":{"outbound":{"agent":"ann"}},"preferred":"bob"}"##,
        ),
        (
            Event::Started(Start {
                needs: Needs {
                    skills: BTreeMap::from([(SkillName::new("calming").unwrap(), 2)]),
                    priority: 5,
                    attributes: BTreeMap::new(),
                },
                ..start(Origin::Inbound, 1)
            }),
            r##"{"type":"started","id":"#1","thread":"#2","channel":"website","point":"#3","queue":"support","class":"live","weight":1,"origin":"inbound","preferred":null,"needs":{"skills":{"calming":2},"priority":5,"attributes":{}}}"##,
        ),
        (
            Event::Offered { offer: id(10), agent: ann.clone(), expires_at: at(20), auto: false },
            r##"{"type":"offered","offer":"#10","agent":"ann","expires_at":"@20","auto":false}"##,
        ),
        (
            Event::Accepted { offer: id(10), agent: ann.clone() },
            r##"{"type":"accepted","offer":"#10","agent":"ann"}"##,
        ),
        (
            Event::Declined { offer: id(10), agent: ann.clone() },
            r##"{"type":"declined","offer":"#10","agent":"ann"}"##,
        ),
        (
            Event::Expired { offer: id(10), agent: ann.clone() },
            r##"{"type":"expired","offer":"#10","agent":"ann"}"##,
        ),
        (
            Event::Withdrawn { offer: id(10), agent: ann.clone() },
            r##"{"type":"withdrawn","offer":"#10","agent":"ann"}"##,
        ),
        (Event::Pulled { agent: ann.clone() }, r#"{"type":"pulled","agent":"ann"}"#),
        (Event::ContactWrote, r#"{"type":"contact_wrote"}"#),
        (Event::AgentWrote { agent: ann.clone() }, r#"{"type":"agent_wrote","agent":"ann"}"#),
        (Event::Reactivated { by: ReactivatedBy::Contact }, r#"{"type":"reactivated","by":"contact"}"#),
        (
            Event::Reactivated { by: ReactivatedBy::Agent(ann.clone()) },
            r#"{"type":"reactivated","by":{"agent":"ann"}}"#,
        ),
        (
            Event::Ended { by: EndedBy::Contact, outcome: Outcome::Abandoned, holds: 0, done_at: None },
            r#"{"type":"ended","by":"contact","outcome":"abandoned","holds":0,"done_at":null}"#,
        ),
        (
            Event::Ended {
                by: EndedBy::Agent(ann.clone()),
                outcome: Outcome::Handled,
                holds: 1,
                done_at: Some(at(30)),
            },
            r#"{"type":"ended","by":{"agent":"ann"},"outcome":"handled","holds":1,"done_at":"@30"}"#,
        ),
        (
            Event::Ended { by: EndedBy::System, outcome: Outcome::Handled, holds: 1, done_at: None },
            r#"{"type":"ended","by":"system","outcome":"handled","holds":1,"done_at":null}"#,
        ),
        (Event::IdleReset { notice_at: Some(at(20)) }, r#"{"type":"idle_reset","notice_at":"@20"}"#),
        (Event::IdleReset { notice_at: None }, r#"{"type":"idle_reset","notice_at":null}"#),
        (Event::IdleNoticed { end_at: Some(at(30)) }, r#"{"type":"idle_noticed","end_at":"@30"}"#),
        (Event::IdleNoticed { end_at: None }, r#"{"type":"idle_noticed","end_at":null}"#),
        (Event::Parked { agent: ann.clone() }, r#"{"type":"parked","agent":"ann"}"#),
        (Event::Unparked { by: UnparkedBy::Owner }, r#"{"type":"unparked","by":"owner"}"#),
        (Event::Unparked { by: UnparkedBy::Contact }, r#"{"type":"unparked","by":"contact"}"#),
        (
            Event::Unparked { by: UnparkedBy::OwnerWithoutRoom },
            r#"{"type":"unparked","by":"owner_without_room"}"#,
        ),
        (
            Event::MarkedDone { by: Actor::Agent(ann.clone()) },
            r#"{"type":"marked_done","by":{"agent":"ann"}}"#,
        ),
        (
            Event::MarkedDone { by: Actor::Supervisor(bob.clone()) },
            r#"{"type":"marked_done","by":{"supervisor":"bob"}}"#,
        ),
        (Event::MarkedDone { by: Actor::System }, r#"{"type":"marked_done","by":"system"}"#),
        (
            Event::DispositionSet { agent: ann.clone(), code: DispositionCode::new("resolved").unwrap() },
            r#"{"type":"disposition_set","agent":"ann","code":"resolved"}"#,
        ),
        (
            Event::CaseDataSet {
                agent: ann.clone(),
                key: Label::new("order").unwrap(),
                value: Some(CaseValue::new("A 17").unwrap()),
            },
            r#"{"type":"case_data_set","agent":"ann","key":"order","value":"A 17"}"#,
        ),
        (
            Event::CaseDataSet { agent: ann.clone(), key: Label::new("order").unwrap(), value: None },
            r#"{"type":"case_data_set","agent":"ann","key":"order","value":null}"#,
        ),
        (
            Event::TransferRequested {
                transfer: id(20),
                by: ann.clone(),
                to: bob.clone(),
                expires_at: at(20),
            },
            r##"{"type":"transfer_requested","transfer":"#20","by":"ann","to":"bob","expires_at":"@20"}"##,
        ),
        (
            Event::TransferAccepted { transfer: id(20), agent: bob.clone() },
            r##"{"type":"transfer_accepted","transfer":"#20","agent":"bob"}"##,
        ),
        (
            Event::TransferDeclined { transfer: id(20), agent: bob.clone() },
            r##"{"type":"transfer_declined","transfer":"#20","agent":"bob"}"##,
        ),
        (Event::TransferExpired { transfer: id(20) }, r##"{"type":"transfer_expired","transfer":"#20"}"##),
        (
            Event::TransferCancelled { transfer: id(20), by: ann.clone() },
            r##"{"type":"transfer_cancelled","transfer":"#20","by":"ann"}"##,
        ),
        (
            Event::TransferredToQueue { transfer: id(20), by: ann.clone(), queue: queue("billing") },
            r##"{"type":"transferred_to_queue","transfer":"#20","by":"ann","queue":"billing"}"##,
        ),
        (
            Event::ConsultStarted {
                consult: id(30),
                by: ann.clone(),
                target: ConsultTarget::Chat { agent: bob.clone() },
                expires_at: at(20),
            },
            r##"{"type":"consult_started","consult":"#30","by":"ann","target":{"chat":{"agent":"bob"}},"expires_at":"@20"}"##,
        ),
        (
            Event::ConsultStarted {
                consult: id(30),
                by: ann.clone(),
                target: ConsultTarget::VoiceAgent { agent: bob.clone() },
                expires_at: at(20),
            },
            r##"{"type":"consult_started","consult":"#30","by":"ann","target":{"voice_agent":{"agent":"bob"}},"expires_at":"@20"}"##,
        ),
        (
            Event::ConsultStarted {
                consult: id(30),
                by: ann.clone(),
                target: ConsultTarget::VoiceContact { point: id(4) },
                expires_at: at(20),
            },
            r##"{"type":"consult_started","consult":"#30","by":"ann","target":{"voice_contact":{"point":"#4"}},"expires_at":"@20"}"##,
        ),
        (Event::ConsultJoined { consult: id(30) }, r##"{"type":"consult_joined","consult":"#30"}"##),
        (
            Event::ConsultEnded { consult: id(30), by: Some(ann.clone()) },
            r##"{"type":"consult_ended","consult":"#30","by":"ann"}"##,
        ),
        (
            Event::ConsultEnded { consult: id(30), by: None },
            r##"{"type":"consult_ended","consult":"#30","by":null}"##,
        ),
        (Event::ConsultExpired { consult: id(30) }, r##"{"type":"consult_expired","consult":"#30"}"##),
        (
            Event::ConsultCompleted { consult: id(30), by: ann.clone(), to: bob.clone() },
            r##"{"type":"consult_completed","consult":"#30","by":"ann","to":"bob"}"##,
        ),
        (
            Event::Invited { by: ann.clone(), agent: bob.clone(), expires_at: at(20) },
            r#"{"type":"invited","by":"ann","agent":"bob","expires_at":"@20"}"#,
        ),
        (Event::InvitationDeclined { agent: bob.clone() }, r#"{"type":"invitation_declined","agent":"bob"}"#),
        (Event::InvitationExpired { agent: bob.clone() }, r#"{"type":"invitation_expired","agent":"bob"}"#),
        (
            Event::InvitationCancelled { by: ann.clone(), agent: bob.clone() },
            r#"{"type":"invitation_cancelled","by":"ann","agent":"bob"}"#,
        ),
        (
            Event::MemberJoined { by: ann.clone(), agent: bob.clone() },
            r#"{"type":"member_joined","by":"ann","agent":"bob"}"#,
        ),
        (Event::MemberLeft { agent: bob.clone() }, r#"{"type":"member_left","agent":"bob"}"#),
        (
            Event::SupervisionStarted { agent: bob.clone(), mode: Supervision::Monitor },
            r#"{"type":"supervision_started","agent":"bob","mode":"monitor"}"#,
        ),
        (
            Event::SupervisionStarted { agent: bob.clone(), mode: Supervision::Whisper },
            r#"{"type":"supervision_started","agent":"bob","mode":"whisper"}"#,
        ),
        (
            Event::SupervisionStarted { agent: bob.clone(), mode: Supervision::Barge },
            r#"{"type":"supervision_started","agent":"bob","mode":"barge"}"#,
        ),
        (Event::SupervisionStopped { agent: bob }, r#"{"type":"supervision_stopped","agent":"bob"}"#),
    ]
}

#[test]
fn every_event_has_a_fixed_written_form() {
    for (event, form) in forms() {
        let name = event.name();
        assert!(form.starts_with(&format!(r#"{{"type":"{name}""#)), "{name} is written as {form}");
        written(&event, form);
    }
}

#[test]
fn no_event_is_left_out() {
    let shown: BTreeSet<EventName> = forms().iter().map(|(event, _)| event.name()).collect();
    assert_eq!(shown.into_iter().collect::<Vec<_>>(), EventName::ALL);
}

#[test]
fn a_recorded_event_has_its_moment_beside_it() {
    let recorded = Recorded { at: at(5), event: Event::ContactWrote };
    written(&recorded, r#"{"at":"@5","event":{"type":"contact_wrote"}}"#);
}
