//! What no webhook brought while nobody was there to take it is read from the provider afterwards (guarantee G1b).

use std::time::Duration;

use parlor::channel::{ConsentWish, ConsentWord};
use parlor::engine::permission::Actor;
use parlor::engine::{EngineError, TakenIn};

use crate::post::{Phones, message};

const HER: &str = "+15550002222";

async fn closes(phones: &Phones) -> TakenIn {
    let taken = phones.engine().close_gaps().await.unwrap();
    phones.engine().settle().await;
    taken
}

/// The provider has been asked once, and knows up to when everything has come.
async fn begun() -> Phones {
    let phones = Phones::new().await;
    assert_eq!(closes(&phones).await, TakenIn::default());
    assert!(phones.post.asked_since().is_empty(), "what came before is not ours");
    phones
}

#[tokio::test]
async fn g01_what_no_webhook_brought_is_taken_in_once_and_in_its_place() {
    let phones = begun().await;
    phones.world.skip(Duration::from_mins(1)).await;
    phones.post.keeps(phones.world.clock_now(), message(HER, "in-1", "is anybody there?"));
    phones.world.skip(Duration::from_mins(1)).await;
    let second = message(HER, "in-2", "hello?");
    phones.post.keeps(phones.world.clock_now(), second);
    // The second came by its webhook too, before the list was read.
    phones.ready("alice").await;
    phones.texts(HER, "in-2", "hello?").await;
    phones.world.takes("alice").await;
    phones.world.skip(Duration::from_mins(5)).await;
    assert_eq!(closes(&phones).await, TakenIn { appended: 1, duplicate: 1, dead: 0 });
    assert_eq!(closes(&phones).await.appended, 0, "and never again");

    let session = phones.contact(HER).await;
    let read = phones.world.reads("alice", &session).await;
    let mut said: Vec<_> = read.iter().filter(|said| said.content.is_said()).collect();
    assert_eq!(said.len(), 2);
    said.sort_by_key(|said| said.provider_time.unwrap_or(said.at));
    assert_eq!(said[0].content.text(), Some("is anybody there?"), "it is shown where it was written");
    assert!(said[0].late, "and marked: it was not there when the other one was read");
}

#[tokio::test]
async fn g01_a_provider_that_does_not_answer_is_asked_for_the_same_time_again() {
    let phones = begun().await;
    phones.post.keeps(phones.world.clock_now(), message(HER, "in-1", "is anybody there?"));
    phones.post.answers_about_the_past(false);
    phones.world.skip(Duration::from_hours(3)).await;
    assert_eq!(closes(&phones).await, TakenIn::default());
    phones.post.answers_about_the_past(true);
    phones.world.skip(Duration::from_hours(3)).await;
    assert_eq!(closes(&phones).await.appended, 1);
    let asked = phones.post.asked_since();
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn g01_two_days_are_looked_back_at_the_most() {
    let phones = begun().await;
    phones.world.skip(Duration::from_hours(30 * 24)).await;
    closes(&phones).await;
    let asked = phones.post.asked_since()[0];
    let back = phones.world.clock_now().since(asked);
    assert_eq!(back, Duration::from_hours(48) + Duration::from_mins(10));
}

#[tokio::test]
async fn g01_a_word_that_was_missed_does_not_undo_a_later_one() {
    for stopped_later in [false, true] {
        let phones = begun().await;
        phones.ready("alice").await;
        phones.texts(HER, "in-1", "hello").await;
        let id = phones.world.takes("alice").await.id;
        let consent = |wish| Some(ConsentWord { wish, answered: true });
        let mut missed = message(HER, "in-2", "STOP");
        missed.consent = consent(ConsentWish::Stop);
        phones.world.skip(Duration::from_secs(30)).await;
        let missed_at = phones.world.clock_now();
        phones.world.skip(Duration::from_secs(30)).await;
        if !stopped_later {
            let mut start = message(HER, "in-3", "START");
            start.consent = consent(ConsentWish::Start);
            phones.told(parlor::channel::Happening::Message(Box::new(start))).await;
        }
        phones.post.keeps(missed_at, missed);
        phones.world.skip(Duration::from_mins(5)).await;
        assert_eq!(closes(&phones).await.appended, 1);
        let answered = phones.world.answers("alice", id, "we are here").await;
        if stopped_later {
            assert!(matches!(answered, Err(EngineError::OptedOut)), "{answered:?}");
        } else {
            answered.unwrap();
        }
    }
}

#[tokio::test]
async fn g01_of_two_words_that_were_missed_the_later_one_counts() {
    for stops_last in [false, true] {
        let phones = begun().await;
        phones.ready("alice").await;
        phones.texts(HER, "in-1", "hello").await;
        let id = phones.world.takes("alice").await.id;
        let words = [("START", ConsentWish::Start), ("STOP", ConsentWish::Stop)];
        let order = if stops_last { [0, 1] } else { [1, 0] };
        for (number, which) in order.into_iter().enumerate() {
            let (said, wish) = words[which];
            phones.world.skip(Duration::from_secs(30)).await;
            let mut missed = message(HER, &format!("in-{}", number + 2), said);
            missed.consent = Some(ConsentWord { wish, answered: true });
            phones.post.keeps(phones.world.clock_now(), missed);
        }
        phones.world.skip(Duration::from_mins(5)).await;
        assert_eq!(closes(&phones).await.appended, 2);
        let answered = phones.world.answers("alice", id, "we are here").await;
        assert_eq!(matches!(answered, Err(EngineError::OptedOut)), stops_last, "{answered:?}");
    }
}

#[tokio::test]
async fn who_was_erased_does_not_come_back_because_something_is_repeated() {
    let phones = begun().await;
    phones.ready("alice").await;
    phones.texts(HER, "in-1", "hello").await;
    phones.post.keeps(phones.world.clock_now(), message(HER, "in-1", "hello"));
    let id = phones.world.takes("alice").await.id;
    phones.world.ends("alice", id).await.unwrap();
    phones.world.done("alice", id).await.unwrap();
    let session = phones.contact(HER).await;
    phones.engine().erase_contact(Actor::Operator, session.contact).await.unwrap();
    let contacts = phones.world.store.totals().await.unwrap();
    phones.texts(HER, "in-1", "hello").await;
    phones.world.skip(Duration::from_mins(5)).await;
    closes(&phones).await;
    let key = crate::post::number_key(HER);
    assert_eq!(phones.world.store.point_by_key(&key).await.unwrap(), None, "nobody knows her");
    assert_eq!(phones.world.store.totals().await.unwrap().messages, contacts.messages);
    // What she writes from now on is somebody new who writes.
    phones.texts(HER, "in-9", "hello again").await;
    assert!(phones.world.store.point_by_key(&key).await.unwrap().is_some());
}
