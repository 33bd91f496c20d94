use parlor_model::{DeliveryStage, Observation};

/// How far a message has come, from everything that was observed about it; `None` when nothing was.
///
/// A join over the *set* of observations: any order, repetition or delay of the same observations gives the same
/// answer, and more of them never take it back (invariants I5 and I9). What was seen counts most; a delivery overrules
/// a failure whichever came first, because providers do report a delivery after having given up.
pub fn delivery<'a>(observations: impl IntoIterator<Item = &'a Observation>) -> Option<DeliveryStage> {
    observations.into_iter().map(|observation| observation.stage).reduce(join)
}

/// The stage that remains when both were observed: `Sent`, then `Failed`, then `Delivered`, then `Read`.
pub fn join(one: DeliveryStage, other: DeliveryStage) -> DeliveryStage {
    if rank(other) > rank(one) { other } else { one }
}

/// Written out, so that adding a stage or moving one in its declaration cannot change the answer unseen.
const fn rank(stage: DeliveryStage) -> u8 {
    match stage {
        DeliveryStage::Sent => 0,
        DeliveryStage::Failed => 1,
        DeliveryStage::Delivered => 2,
        DeliveryStage::Read => 3,
    }
}

/// How far an entry of a mailbox has come, from its sequence and what the contact has acknowledged (`delivered` and
/// `read` are the highest acknowledged sequences).
///
/// What was seen was also received, even where the acknowledgement of the receipt was lost.
pub const fn mailbox_delivery(sequence: u64, delivered: u64, read: u64) -> DeliveryStage {
    if sequence <= read {
        DeliveryStage::Read
    } else if sequence <= delivered {
        DeliveryStage::Delivered
    } else {
        DeliveryStage::Sent
    }
}

#[cfg(test)]
mod tests {
    use parlor_model::{Id, MessageId, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn stages() -> impl Strategy<Value = DeliveryStage> {
        prop_oneof![
            Just(DeliveryStage::Sent),
            Just(DeliveryStage::Failed),
            Just(DeliveryStage::Delivered),
            Just(DeliveryStage::Read),
        ]
    }

    fn observed(stages: &[DeliveryStage]) -> Vec<Observation> {
        stages
            .iter()
            .map(|stage| Observation {
                message: MessageId::from_uuid(uuid::Uuid::nil()),
                stage: *stage,
                at: Timestamp::UNIX_EPOCH,
                reason: None,
            })
            .collect()
    }

    #[test]
    fn nothing_observed_is_nothing_known() {
        assert_eq!(delivery([]), None);
    }

    #[test]
    fn a_delivery_overrules_a_failure_in_either_order() {
        use DeliveryStage::{Delivered, Failed, Read, Sent};
        assert_eq!(delivery(&observed(&[Sent, Failed])), Some(Failed));
        assert_eq!(delivery(&observed(&[Failed, Delivered])), Some(Delivered));
        assert_eq!(delivery(&observed(&[Delivered, Failed])), Some(Delivered));
        assert_eq!(delivery(&observed(&[Read, Failed, Sent])), Some(Read), "read without delivered");
    }

    proptest! {
        #[test]
        fn order_and_repetition_change_nothing(
            (first, shuffled) in prop::collection::vec(stages(), 1..8)
                .prop_flat_map(|stages| (Just(stages.clone()), Just(stages).prop_shuffle())),
            repeated in any::<prop::sample::Index>(),
        ) {
            let mut twice = shuffled.clone();
            twice.push(*repeated.get(&shuffled));
            prop_assert_eq!(delivery(&observed(&first)), delivery(&observed(&shuffled)));
            prop_assert_eq!(delivery(&observed(&first)), delivery(&observed(&twice)));
        }

        #[test]
        fn it_never_goes_back(known in prop::collection::vec(stages(), 1..8), more in stages()) {
            let before = delivery(&observed(&known)).unwrap();
            let mut all = known;
            all.push(more);
            let after = delivery(&observed(&all)).unwrap();
            prop_assert_eq!(join(before, after), after);
        }

        #[test]
        fn a_mailbox_never_goes_back(
            sequence in 1_u64..20, delivered in 0_u64..20, read in 0_u64..20, more in 0_u64..20,
        ) {
            let before = mailbox_delivery(sequence, delivered, read);
            for after in [
                mailbox_delivery(sequence, delivered + more, read),
                mailbox_delivery(sequence, delivered, read + more),
            ] {
                prop_assert_eq!(join(before, after), after);
            }
        }
    }

    #[test]
    fn a_mailbox_tells_stages_by_the_acknowledged_sequences() {
        assert_eq!(mailbox_delivery(3, 2, 2), DeliveryStage::Sent);
        assert_eq!(mailbox_delivery(3, 3, 2), DeliveryStage::Delivered);
        assert_eq!(mailbox_delivery(3, 3, 3), DeliveryStage::Read);
        assert_eq!(mailbox_delivery(3, 0, 3), DeliveryStage::Read, "the receipt's acknowledgement was lost");
    }
}
