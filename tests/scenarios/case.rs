//! What is written down about the work: case information (r32) and how it came out (r30).

use parlor::engine::{Disposition, EngineError};
use parlor::interaction::{CaseValue, DispositionCode, Refusal};
use parlor::model::Label;

use crate::world::{World, name};

fn order(value: &str) -> (Label, Option<CaseValue>) {
    (Label::new("order").unwrap(), Some(CaseValue::new(value).unwrap()))
}

#[tokio::test]
async fn r32_case_information_is_set_read_kept_and_closed_with_the_work() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let (alice, (key, value)) = (name("alice"), order("A 17"));
    let set = world.engine.set_case_data(&alice, work.id, key.clone(), value.clone(), world.once());
    assert_eq!(set.await.unwrap().case.get(&key), value.as_ref());
    world.ends("alice", work.id).await.unwrap();
    world.says(&ann, "one more thing").await;
    assert_eq!(world.see("alice", work.id).await.case.get(&key), value.as_ref());
    let again = world.takes("alice").await;
    assert_eq!(again.case.get(&key), value.as_ref());

    let world = world.restarted(|_| {}).await;
    assert_eq!(world.see("alice", work.id).await.case.get(&key), value.as_ref());
    world.ends("alice", work.id).await.unwrap();
    world.done("alice", work.id).await.unwrap();
    let (key, value) = order("A 18");
    match world.engine.set_case_data(&name("alice"), work.id, key, value, world.once()).await {
        Err(EngineError::Refused(error)) => assert_eq!(error.refusal, Refusal::AlreadyDone),
        other => panic!("expected a refusal: {other:?}"),
    }
}

#[tokio::test]
async fn r32_case_information_is_for_those_who_take_part_and_by_policy() {
    let world = World::with(|config| config.rules.interaction.case_editable = false).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    let (bob, (key, value)) = (name("bob"), order("A 17"));
    let by_bob = world.engine.set_case_data(&bob, work.id, key.clone(), value.clone(), world.once());
    assert!(matches!(by_bob.await, Err(EngineError::NotFound { what: "interaction" })));
    match world.engine.set_case_data(&name("alice"), work.id, key, value, world.once()).await {
        Err(EngineError::Refused(error)) => assert_eq!(error.refusal, Refusal::CaseReadOnly),
        other => panic!("expected a refusal: {other:?}"),
    }
    assert!(world.see("alice", work.id).await.case.is_empty());
}

#[tokio::test]
async fn r30_a_disposition_is_set_before_done_and_may_be_mandatory() {
    let world = World::with(|config| config.rules.interaction.disposition_mandatory = true).await;
    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    world.ends("alice", work.id).await.unwrap();
    match world.done("alice", work.id).await {
        Err(EngineError::Refused(error)) => assert_eq!(error.refusal, Refusal::DispositionRequired),
        other => panic!("expected a refusal: {other:?}"),
    }
    world.engine.set_disposition(&name("alice"), work.id, "resolved", world.once()).await.unwrap();
    world.done("alice", work.id).await.unwrap();
}

#[tokio::test]
async fn r30_outcome_codes_are_a_tree_of_which_only_leaves_are_given() {
    let world = World::with(|config| {
        for (code, name) in [("sales", "Sales"), ("sales/lost", "Lost"), ("sales/lost/price", "Too dear")] {
            let code = DispositionCode::new(code).unwrap();
            config.dispositions.push(Disposition { code, name: name.to_owned() });
        }
    })
    .await;
    let alice = name("alice");
    let shown = world.engine.me(&alice).await.unwrap().dispositions;
    let leaves: Vec<_> = shown.iter().filter(|known| known.leaf).map(|known| known.code.as_str()).collect();
    assert_eq!(leaves, ["resolved", "sales/lost/price"]);

    let ann = world.visitor("ann").await;
    let work = world.talks("alice", &ann, "hello").await;
    for group in ["sales", "sales/lost"] {
        let refused = world.engine.set_disposition(&alice, work.id, group, world.once()).await;
        assert!(matches!(&refused, Err(EngineError::DispositionGroup(code)) if code.as_str() == group));
    }
    let unknown = world.engine.set_disposition(&alice, work.id, "sales/lost/time", world.once()).await;
    assert!(matches!(unknown, Err(EngineError::UnknownDisposition(_))));
    assert_eq!(world.see("alice", work.id).await.disposition, None, "nothing moved");
    let set = world.engine.set_disposition(&alice, work.id, "sales/lost/price", world.once()).await.unwrap();
    assert_eq!(set.disposition.unwrap().as_str(), "sales/lost/price");
}
