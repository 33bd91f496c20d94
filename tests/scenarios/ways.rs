//! How a contact can be reached, and on which channel when nobody chose one (r112 to r117).

use std::collections::BTreeMap;
use std::sync::Arc;

use parlor::engine::view::{ContactView, WayView};
use parlor::engine::{Arrival, ContactEdit, ContactSession, EngineError, FeedEvent, InvalidTarget, On, Once};
use parlor::interaction::StateName;
use parlor::model::{
    ChannelKind, ContactId, ContactPoint, ContactPointId, Id, PointAddress, PointKey, Subject,
};
use parlor::store::{ChangeSet, MemoryStore};

use crate::post::{Phones, Post, number_key};
use crate::world::{World, channel, name};

const HER: &str = "+15550002222";
const HER_OTHER: &str = "+15550003333";

/// The networks beside web chat and SMS, with our channel on each.
fn networks() -> [(ChannelKind, &'static str); 3] {
    [
        (ChannelKind::TwitterDirect, "bird"),
        (ChannelKind::Messenger, "pages"),
        (ChannelKind::WhatsApp, "green"),
    ]
}

fn key_on(kind: ChannelKind, address: &str) -> PointKey {
    PointKey { kind, scope: String::new(), address: PointAddress::new(address) }
}

/// A workspace with a channel on every network.
async fn everywhere() -> (Phones, Post) {
    let other = Post::new();
    let plugged = other.clone();
    let phones = Phones::on(Arc::new(MemoryStore::new()), |builder| {
        networks().into_iter().fold(builder, |builder, (kind, on)| {
            builder.transport(kind.clone(), Arc::new(plugged.clone())).channel_of(
                "elsewhere",
                on,
                kind,
                "ours",
                "support",
            )
        })
    })
    .await;
    (phones, other)
}

/// Puts an address on file for a contact.
async fn also_at(world: &World, contact: ContactId, key: PointKey) -> ContactPointId {
    let id = ContactPointId::from_uuid(world.client_id().0);
    let mut changes = ChangeSet::at(world.clock_now());
    changes.points.push(ContactPoint { id, contact, key, display_name: None, created_at: world.clock_now() });
    world.store.commit(changes).await.unwrap();
    id
}

/// There is an exchange with a contact on a channel.
async fn meets(
    world: &World,
    contact: ContactId,
    on: &str,
    kind: ChannelKind,
    address: &str,
) -> ContactSession {
    let key = key_on(kind, address);
    let known = world.store.points_of(contact).await.unwrap();
    if known.iter().all(|point| point.key != key) {
        also_at(world, contact, key.clone()).await;
    }
    let session = world.engine.arrive(Arrival::new(channel(on), key)).await.unwrap();
    assert_eq!(session.contact, contact);
    session
}

async fn view(world: &World, contact: ContactId) -> ContactView {
    world.engine.contact(&name("alice"), contact).await.unwrap()
}

/// A contact who is on file and with whom nothing was said yet.
async fn somebody(world: &World, key: PointKey) -> ContactId {
    let point = world.knows(key).await;
    world.store.point(point).await.unwrap().unwrap().contact
}

fn started_at(way: &WayView) -> Vec<String> {
    way.actions
        .iter()
        .map(|action| match &action.channel {
            Some(channel) => format!("{} {channel}", action.action),
            None => action.action.to_owned(),
        })
        .collect()
}

#[tokio::test]
async fn r102_show_opens_an_interaction_where_the_network_is_sms() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    let chat = meets(world, contact, "website", ChannelKind::WebChat, "she").await;
    let mut alice = world.desk("alice").await;
    world.ready("alice").await;
    for (on, expected) in [("phone", "interaction"), ("website", "communication")] {
        let words = crate::world::text("your parcel is here");
        let client = world.client_id();
        world.engine.write_to_contact(&name("alice"), contact, &channel(on), client, words).await.unwrap();
        world.engine.settle().await;
        if on == "phone" {
            phones.texts(HER, "in-1", "thank you").await;
        } else {
            world.says(&chat, "thank you").await;
        }
        let told = alice.events_named("alert").await;
        match &told[..] {
            [FeedEvent::Alert(alert)] => {
                assert_eq!((alert.on_show, &alert.channel), (expected, &channel(on)));
            }
            other => panic!("on {on}: {other:?}"),
        }
        world.engine.mark_read(&name("alice"), contact, None).await.unwrap();
    }
}

#[tokio::test]
async fn r103_what_is_open_is_gone_on_with_and_not_opened_twice() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    world.engine.sign_in(&name("alice")).await.unwrap();
    let (alice, phone) = (name("alice"), channel("phone"));
    let open = || world.engine.open_interaction(&alice, contact, &phone, Once(None));
    let first = open().await.unwrap();
    assert_eq!(open().await.unwrap().id, first.id);
    let thread = world.store.threads_of(contact).await.unwrap()[0].id;
    assert_eq!(world.store.interactions_of(thread, 10).await.unwrap().len(), 1);
    world.ends("alice", first.id).await.unwrap();
    assert_eq!(open().await.unwrap().id, first.id, "as long as it is not done it is the same");
    world.done("alice", first.id).await.unwrap();
    assert_ne!(open().await.unwrap().id, first.id);
}

#[tokio::test]
async fn r112_the_agent_may_choose_another_channel_and_the_thread_there_goes_on() {
    let (phones, other) = everywhere().await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    meets(world, contact, "phone", ChannelKind::Sms, HER).await;
    let green = meets(world, contact, "green", ChannelKind::WhatsApp, "wa-1").await;
    assert_eq!(view(world, contact).await.default_channel, Some(channel("green")));
    world.engine.sign_in(&name("alice")).await.unwrap();
    let engine = &world.engine;
    for (on, words) in [("phone", "by text"), ("green", "over there"), ("phone", "by text again")] {
        let said = engine
            .write_to_contact(
                &name("alice"),
                contact,
                &channel(on),
                world.client_id(),
                crate::world::text(words),
            )
            .await
            .unwrap();
        assert_eq!(said.channel, channel(on));
    }
    engine.settle().await;
    assert_eq!(phones.post.asked(), ["by text", "by text again"]);
    assert_eq!(other.asked(), ["over there"]);
    let threads = world.store.threads_of(contact).await.unwrap();
    assert_eq!(threads.len(), 2, "what was there goes on, and nothing new begins");
    assert!(threads.iter().any(|thread| thread.id == green.thread));
}

#[tokio::test]
async fn r113_the_default_is_chat_unless_there_was_an_exchange_on_facebook_twitter_or_whatsapp() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let orders = [
        (vec![], "website"),
        (vec!["green"], "green"),
        (vec!["bird"], "bird"),
        (vec!["green", "bird"], "bird"),
        (vec!["pages"], "pages"),
        (vec!["pages", "green"], "pages"),
        (vec!["bird", "pages"], "pages"),
        (vec!["green", "bird", "pages"], "pages"),
    ];
    for (case, (met, expected)) in orders.into_iter().enumerate() {
        for (visits, also) in [(false, "v"), (true, "w")] {
            let number = format!("+1555{case}{}", u8::from(visits));
            let contact = somebody(world, number_key(&number)).await;
            meets(world, contact, "phone", ChannelKind::Sms, &number).await;
            for on in &met {
                let (kind, _) = networks().into_iter().find(|(_, name)| name == on).unwrap();
                meets(world, contact, on, kind, &format!("{also}{case}")).await;
            }
            if visits {
                meets(world, contact, "website", ChannelKind::WebChat, &format!("{also}{case}")).await;
            }
            let shown = view(world, contact).await;
            assert_eq!(shown.default_channel, Some(channel(expected)), "{met:?}, chat {visits}");
        }
    }
}

#[tokio::test]
async fn r114_the_ways_to_a_contact_are_listed_in_an_order_of_their_own() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    // In an order that is neither that of the list nor that of the default.
    for (kind, on) in networks() {
        meets(world, contact, on, kind, "she").await;
    }
    meets(world, contact, "phone", ChannelKind::Sms, HER).await;
    meets(world, contact, "website", ChannelKind::WebChat, "she").await;
    let kinds = |view: &ContactView| {
        view.ways.iter().map(|way| way.kind.as_ref().unwrap().as_str().to_owned()).collect::<Vec<_>>()
    };
    let shown = view(world, contact).await;
    assert_eq!(kinds(&shown), ["web_chat", "sms", "whatsapp", "messenger", "twitter_direct"]);
    assert_eq!(shown.default_channel, Some(channel("pages")), "which is not the first of the list");

    let phones = Phones::on(Arc::new(MemoryStore::new()), |builder| {
        builder.configure(|config| {
            config.rules.channels.listed = vec![ChannelKind::Sms, ChannelKind::WebChat];
            config.rules.channels.otherwise = ChannelKind::Sms;
        })
    })
    .await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    meets(world, contact, "website", ChannelKind::WebChat, "she").await;
    let shown = view(world, contact).await;
    assert_eq!(kinds(&shown), ["sms", "web_chat"]);
    assert_eq!(shown.default_channel, Some(channel("phone")));
}

#[tokio::test]
async fn r115_a_channel_is_listed_once_there_was_an_exchange_and_stays_when_it_is_done() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    world.ready("alice").await;
    let visitor = world.visitor("she").await;
    world.says(&visitor, "hello").await;
    let id = world.takes("alice").await.id;
    // On file, and nothing was ever said there.
    also_at(world, visitor.contact, key_on(ChannelKind::WhatsApp, "wa-1")).await;
    let listed = |view: &ContactView| {
        view.ways.iter().map(|way| way.kind.as_ref().unwrap().as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&view(world, visitor.contact).await), ["web_chat"]);

    world.ends("alice", id).await.unwrap();
    world.done("alice", id).await.unwrap();
    let shown = view(world, visitor.contact).await;
    assert_eq!(listed(&shown), ["web_chat"]);
    assert_eq!(shown.ways[0].channels, [channel("website")]);
    assert_eq!(started_at(&shown.ways[0]), ["open_interaction website"]);
    let next = world.opens("alice", &visitor).await.unwrap();
    assert_ne!(next.id, id, "what is done stays done");
    assert_eq!(next.state, StateName::Active);
}

#[tokio::test]
async fn r136_a_number_that_an_agent_adds_is_one_way_however_it_is_typed() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let visitor = world.visitor("she").await;
    world.engine.sign_in(&name("alice")).await.unwrap();
    let add = async |contact, kind, typed: &str| {
        world.engine.add_point(&name("alice"), contact, &kind, typed).await
    };
    let sms = ChannelKind::Sms;
    let first = add(visitor.contact, sms.clone(), "+1 (212) 555-0123").await.unwrap();
    assert_eq!(first.address, "+12125550123");
    let again = add(visitor.contact, sms.clone(), " +1 212 555 0123 ").await.unwrap();
    assert_eq!(again.id, first.id);
    let ways = view(world, visitor.contact).await.ways;
    assert_eq!(ways.iter().filter(|way| way.kind == Some(ChannelKind::Sms)).count(), 1);

    // Whoever writes from there is this contact.
    phones.texts("+12125550123", "in-1", "it is me").await;
    let session =
        world.engine.arrive(Arrival::new(channel("phone"), number_key("+12125550123"))).await.unwrap();
    assert_eq!(session.contact, visitor.contact);

    let other = somebody(world, number_key(HER)).await;
    let taken = add(other, sms.clone(), "+12125550123").await;
    assert!(
        matches!(taken, Err(EngineError::OfAnotherContact { contact }) if contact == visitor.contact),
        "{taken:?}"
    );
    let kept = world.store.points_of(other).await.unwrap().len();
    for (kind, typed) in [
        (sms.clone(), "212 555 0123"),
        (sms.clone(), "her number"),
        (sms.clone(), ""),
        (sms, "nora@shop.example"),
        (ChannelKind::Email, "+12125550123"),
        (ChannelKind::Messenger, "+12125550123"),
    ] {
        let refused = add(other, kind, typed).await;
        let no_address = EngineError::InvalidTarget { reason: InvalidTarget::NoAddress };
        assert_eq!(refused.unwrap_err().to_string(), no_address.to_string(), "{typed}");
    }
    assert_eq!(world.store.points_of(other).await.unwrap().len(), kept, "nothing was written");
    let mail = add(other, ChannelKind::Email, "Nora@Shop.example").await.unwrap();
    assert_eq!(mail.address, "nora@shop.example");
}

#[tokio::test]
async fn r116_each_number_has_what_can_be_started_there_and_nothing_else() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    also_at(world, contact, number_key(HER_OTHER)).await;
    let mut edit = ContactEdit::new(contact, 1);
    edit.fields = Some(BTreeMap::from([
        ("work".to_owned(), "+1 555 000 4444".to_owned()),
        // The same number in another place is one call.
        ("mobile".to_owned(), "+1 555 000 2222".to_owned()),
        ("mail".to_owned(), "nora@shop.example".to_owned()),
        ("size".to_owned(), "42".to_owned()),
    ]));
    world.engine.edit_contact(&name("alice"), edit).await.unwrap();
    let shown = view(world, contact).await;
    let ways: Vec<_> =
        shown.ways.iter().map(|way| (way.address.as_str().to_owned(), started_at(way))).collect();
    let expected = [
        (HER, vec!["open_interaction phone", "call"]),
        (HER_OTHER, vec!["open_interaction phone", "call"]),
        ("nora@shop.example", vec!["email"]),
        ("+1 555 000 4444", vec!["call"]),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(address, actions)| (address.to_owned(), actions.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(ways, expected, "nothing is started on a network that they are not known to be on");
    // Nothing is offered that would be refused.
    let refused = world.engine.open_interaction(&name("alice"), contact, &channel("green"), Once(None)).await;
    assert!(matches!(refused, Err(EngineError::NotOnChannel(_))), "{refused:?}");
}

#[tokio::test]
async fn r117_each_way_opens_its_own_channel_at_its_own_address() {
    let (phones, _) = everywhere().await;
    let world = &phones.world;
    let contact = somebody(world, number_key(HER)).await;
    also_at(world, contact, number_key(HER_OTHER)).await;
    meets(world, contact, "website", ChannelKind::WebChat, "she").await;
    meets(world, contact, "green", ChannelKind::WhatsApp, "wa-1").await;
    world.engine.sign_in(&name("alice")).await.unwrap();
    let ways = view(world, contact).await.ways;
    assert_eq!(ways.len(), 4);
    for way in ways {
        let action = way.actions.iter().find(|action| action.action == "open_interaction").unwrap();
        let on = On::at(action.channel.clone().unwrap(), way.point.unwrap());
        let opened = world.engine.open_interaction(&name("alice"), contact, on, Once(None)).await.unwrap();
        assert_eq!(Some(&opened.channel), action.channel.as_ref());
        let thread = world.store.thread(opened.thread).await.unwrap().unwrap();
        assert_eq!(thread.subject, Subject::Direct(way.point.unwrap()), "at {}", way.address.as_str());
        assert_eq!(world.store.point(way.point.unwrap()).await.unwrap().unwrap().key.address, way.address);
    }
    let (open, _) = world.engine.my_work(&name("alice")).await.unwrap();
    assert_eq!(open.len(), 4);
}
