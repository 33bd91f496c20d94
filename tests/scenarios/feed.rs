//! The live feed: whoever follows it, or comes back to it, misses nothing and hears nothing twice.

use std::collections::BTreeMap;

use parlor::engine::{ContactEdit, FeedEvent, FeedItem, RequestKind, view};
use parlor::interaction::StateName;
use parlor::model::{AgentName, ContactId, InteractionId, MediaClass, Medium, MessageId, OfferId, ThreadId};

use proptest::prelude::*;

use crate::desk::Desk;
use crate::script::{play, steps};
use crate::world::{World, everybody_holds, name, seconds, text};

/// What a client shows: what it was told, put together.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    interactions: BTreeMap<InteractionId, (StateName, u64, Option<AgentName>)>,
    offers: BTreeMap<OfferId, InteractionId>,
    requests: BTreeMap<uuid::Uuid, RequestKind>,
    contacts: BTreeMap<ContactId, (Option<u64>, bool, String)>,
    messages: BTreeMap<MessageId, (u64, Option<String>)>,
    load: Option<u32>,
    ready: Option<bool>,
}

impl Shown {
    fn take(&mut self, event: &FeedEvent) {
        match event {
            FeedEvent::Hello(hello) => {
                self.me(&hello.me);
                self.interactions.retain(|id, _| hello.interactions.contains(id));
                self.offers.retain(|id, _| hello.offers.contains(id));
                self.requests.retain(|id, _| hello.requests.contains(id));
            }
            FeedEvent::Interaction(one) => {
                self.interactions.insert(one.id, (one.state, one.version, one.owner.clone()));
            }
            FeedEvent::InteractionGone { id, .. } => {
                self.interactions.remove(id);
            }
            FeedEvent::Offer(offer) => {
                self.offers.insert(offer.id, offer.interaction.id);
            }
            FeedEvent::OfferGone(gone) => {
                self.offers.remove(&gone.id);
            }
            FeedEvent::Request(request) => {
                self.requests.insert(request.id, request.kind);
            }
            FeedEvent::RequestGone(gone) => {
                self.requests.remove(&gone.id);
            }
            FeedEvent::Message(message) => {
                let words = message.content.text().map(str::to_owned);
                let before = self.messages.insert(message.id, (message.position, words));
                assert_eq!(before, None, "a message is told once");
            }
            FeedEvent::Contact(contact) => {
                let shown = (contact.unread, contact.assigned, contact.display_name.clone());
                self.contacts.insert(contact.id, shown);
            }
            FeedEvent::Me(me) => self.me(me),
            FeedEvent::Delivery(_)
            | FeedEvent::Alert(_)
            | FeedEvent::Pending { .. }
            | FeedEvent::Typing { .. }
            | FeedEvent::Connection { .. } => {}
            other => panic!("unexpected: {other:?}"),
        }
    }

    fn me(&mut self, me: &view::Me) {
        self.load = Some(me.load[&MediaClass::Live].used);
        self.ready = Some(me.readiness[&Medium::Chat].ready);
    }

    fn of(items: &[FeedItem]) -> Self {
        let mut shown = Self::default();
        items.iter().for_each(|item| shown.take(&item.event));
        shown
    }
}

/// The positions that were given with the items.
fn positions(items: &[FeedItem]) -> Vec<u64> {
    items.iter().filter_map(|item| item.position).collect()
}

/// The words of the messages of a thread, with their positions.
fn messages(items: &[FeedItem], thread: ThreadId) -> Vec<(u64, MessageId)> {
    items
        .iter()
        .filter_map(|item| match &item.event {
            FeedEvent::Message(message) if message.thread == thread => Some((message.position, message.id)),
            _ => None,
        })
        .collect()
}

/// A day on which everything happens to alice; gives what her feed said, and the thread of the contact she keeps.
async fn a_day(world: &World, desk: &mut Desk) -> (Vec<FeedItem>, ThreadId) {
    let (ann, ben, cleo, dan) = (
        world.visitor("ann").await,
        world.visitor("ben").await,
        world.visitor("cleo").await,
        world.visitor("dan").await,
    );
    let alice = name("alice");
    let _bob = world.desk("bob").await;
    let mut live = desk.news().await;
    let work = world.talks("alice", &ann, "hello").await;
    world.answers("alice", work.id, "hello Ann").await.unwrap();
    world.engine.contact_seen(&ann, 3, 2).await.unwrap();
    world.says(&ann, "a question").await;
    world.note("alice", work.id, "a note").await;
    live.extend(desk.news().await);

    world.says(&ben, "hello").await;
    world.decline("alice", world.offer("alice").await.id).await.unwrap();
    live.extend(desk.news().await);
    world.says(&cleo, "hello").await;
    live.extend(desk.news().await);
    world.pass(seconds(20)).await;
    live.extend(desk.news().await);
    world.leaves(&ben).await;
    world.leaves(&cleo).await;

    world.engine.mark_read(&alice, ann.contact, None).await.unwrap();
    let contact = world.engine.contact(&alice, ann.contact).await.unwrap().contact;
    let mut edit = ContactEdit::new(ann.contact, contact.version);
    edit.display_name = Some("Ann".to_owned());
    world.engine.edit_contact(&alice, edit).await.unwrap();
    world.ends("alice", work.id).await.unwrap();
    world.says(&ann, "one more thing").await;
    live.extend(desk.news().await);
    world.takes("alice").await;
    live.extend(desk.news().await);

    let other = world.talks("alice", &dan, "hello").await;
    live.extend(desk.news().await);
    world.ends("alice", other.id).await.unwrap();
    live.extend(desk.news().await);
    world.answers("bob", other.id, "I go on with this").await.unwrap();
    live.extend(desk.news().await);
    world.engine.set_assigned(&alice, dan.contact, false).await.unwrap();
    world.ends("alice", work.id).await.unwrap();
    world.done("alice", work.id).await.unwrap();
    world.says(&ann, "and another thing").await;
    live.extend(desk.news().await);
    world.takes("alice").await;
    world.says(&ann, "the last word").await;
    world.not_ready("alice").await;
    live.extend(desk.news().await);
    (live, ann.thread)
}

#[tokio::test]
async fn a_feed_that_goes_on_anywhere_tells_exactly_the_rest() {
    let world = World::with(|config| everybody_holds(config, 3)).await;
    let mut desk = world.desk("alice").await;
    let (live, thread) = a_day(&world, &mut desk).await;
    let last = world.store.totals().await.unwrap().position;
    let finally = Shown::of(&live);
    assert_eq!(finally.interactions.len(), 1);
    assert!(finally.offers.is_empty());
    assert!(positions(&live).is_sorted_by(|a, b| a < b), "each position once, in order");
    let all: Vec<_> = world
        .store
        .messages(thread, 0, 1_000)
        .await
        .unwrap()
        .into_iter()
        .map(|message| (message.position, message.id))
        .collect();
    let heard = messages(&live, thread);
    assert_eq!(heard, all[all.len() - heard.len()..], "from when it was hers, she heard everything");
    assert!(heard.len() + 2 > all.len(), "{heard:?}");

    for cursor in 0..=last {
        let rest = Desk::open(&world.engine, "alice", Some(cursor)).await.news().await;
        assert!(matches!(rest[0].event, FeedEvent::Hello(_)));
        assert!(positions(&rest).is_sorted_by(|a, b| a < b), "after {cursor}");
        assert!(positions(&rest).iter().all(|position| *position > cursor), "after {cursor}");
        let expected: Vec<_> = all.iter().filter(|(position, _)| *position > cursor).copied().collect();
        assert_eq!(messages(&rest, thread), expected, "after {cursor}");

        let seen = live.iter().rposition(|item| item.position.is_some_and(|at| at <= cursor));
        let mut shown = Shown::of(&live[..seen.map_or(0, |seen| seen + 1)]);
        rest.iter().for_each(|item| shown.take(&item.event));
        for (what, now, then) in [
            ("interactions", format!("{:?}", shown.interactions), format!("{:?}", finally.interactions)),
            ("offers", format!("{:?}", shown.offers), format!("{:?}", finally.offers)),
            (
                "load",
                format!("{:?}", (shown.load, shown.ready)),
                format!("{:?}", (finally.load, finally.ready)),
            ),
        ] {
            assert_eq!(now, then, "{what} after {cursor}");
        }
        for (contact, then) in &finally.contacts {
            assert_eq!(shown.contacts.get(contact), Some(then), "after {cursor}");
        }
    }
}

/// How a client follows between two steps.
#[derive(Clone, Copy, Debug)]
enum Follows {
    /// It reads nothing for now.
    Sleeps,
    /// It reads what there is.
    Reads,
    /// Its connection breaks, and it goes on after the last position it has.
    Reconnects,
}

/// A client of alice.
struct Client {
    desk: Option<Desk>,
    shown: Shown,
    position: Option<u64>,
}

impl Client {
    async fn reads(&mut self, world: &World) {
        if self.desk.is_none() {
            self.desk = Some(Desk::open(&world.engine, "alice", self.position).await);
        }
        for item in self.desk.as_mut().unwrap().news().await {
            if let FeedEvent::Hello(hello) = &item.event {
                self.position.get_or_insert(hello.position);
            }
            self.shown.take(&item.event);
            self.position = item.position.or(self.position);
        }
    }
}

proptest! {
    /// However irregularly a client follows: once it has read everything it shows what is.
    #[test]
    fn a_client_that_follows_shows_what_is(
        script in steps(60),
        follows in proptest::collection::vec(
            prop_oneof![Just(Follows::Sleeps), Just(Follows::Reads), Just(Follows::Reconnects)],
            60,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut day = play(&[]).await;
            let mut client = Client { desk: None, shown: Shown::default(), position: None };
            client.reads(&day.world).await;
            for (step, follows) in script.iter().zip(&follows) {
                day.play(step).await;
                match follows {
                    Follows::Sleeps => {}
                    Follows::Reads => client.reads(&day.world).await,
                    Follows::Reconnects => client.desk = None,
                }
            }
            client.reads(&day.world).await;
            let (work, offers) = day.world.engine.my_work(&name("alice")).await.unwrap();
            let work = work.into_iter().map(|one| (one.id, (one.state, one.version, one.owner))).collect();
            let offers = offers.into_iter().map(|offer| (offer.id, offer.interaction.id)).collect();
            assert_eq!(client.shown.interactions, work);
            assert_eq!(client.shown.offers, offers);
            let requests = day.world.requests("alice").await;
            let requests = requests.into_iter().map(|request| (request.id, request.kind)).collect();
            assert_eq!(client.shown.requests, requests);
            assert_eq!(client.shown.load, Some(day.world.load("alice").await));
        });
    }
}

#[tokio::test]
async fn a_feed_that_fell_behind_catches_up() {
    let world = World::new().await;
    let mut desk = world.desk("alice").await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "hello").await;
    desk.news().await;
    for n in 0..3_000 {
        world.engine.receive(&ann, world.inbound(&format!("word {n}"))).await.unwrap();
    }
    let told: Vec<_> = desk
        .events_named("message")
        .await
        .into_iter()
        .map(|event| match event {
            FeedEvent::Message(message) => message.content.text().unwrap().to_owned(),
            other => panic!("unexpected: {other:?}"),
        })
        .collect();
    assert_eq!(told, (0..3_000).map(|n| format!("word {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_client_that_is_hopelessly_behind_is_told_to_read_everything_again() {
    let world = World::new().await;
    let ann = world.visitor("ann").await;
    world.talks("alice", &ann, "hello").await;
    for n in 0..20_000 {
        world.engine.receive(&ann, world.inbound(&format!("word {n}"))).await.unwrap();
    }
    let last = world.store.totals().await.unwrap().position;
    let mut desk = Desk::open(&world.engine, "alice", Some(0)).await;
    let news = desk.news().await;
    assert_eq!(news.len(), 2);
    assert_eq!((news[1].event.name(), news[1].position), ("resync", Some(last)));
    world.says(&ann, "and then").await;
    assert_eq!(desk.events_named("message").await.len(), 1, "from there it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_many_write_at_once_is_told_once_and_in_order() {
    let world = World::with(|config| everybody_holds(config, 4)).await;
    let mut feed = world.engine.feed(&name("alice"), None).await.unwrap();
    world.ready("alice").await;
    let mut tasks = Vec::new();
    for contact in ["ann", "ben", "cleo", "dan"] {
        let visitor = world.visitor(contact).await;
        world.says(&visitor, "hello").await;
        let work = world.takes("alice").await;
        let messages: Vec<_> = (0..200).map(|n| world.inbound(&format!("word {n}"))).collect();
        let ids: Vec<_> = (0..50).map(|_| world.client_id()).collect();
        let engine = world.engine.clone();
        let writer = (engine.clone(), visitor);
        tasks.push(tokio::spawn(async move {
            for inbound in messages {
                writer.0.receive(&writer.1, inbound).await.unwrap();
            }
        }));
        tasks.push(tokio::spawn(async move {
            for id in ids {
                engine.send(&name("alice"), work.id, id, text("an answer")).await.unwrap();
            }
        }));
    }
    let mut told = Vec::new();
    while told.len() < 4 * 250 {
        if let FeedEvent::Message(message) = feed.next().await.unwrap().unwrap().event
            && message.content.text().is_some_and(|words| words != "hello")
        {
            told.push((message.position, message.thread, message.sequence));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert!(told.is_sorted_by(|a, b| a.0 < b.0));
    let mut last = BTreeMap::new();
    for (_, thread, sequence) in told {
        if let Some(before) = last.insert(thread, sequence) {
            assert_eq!(sequence, before + 1, "nothing is left out");
        }
    }
}
