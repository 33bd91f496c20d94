//! The rules of the manuals, network by network.

use std::collections::BTreeSet;

use parlor_channel::{ChannelProfile, Delivery, OnShow};
use parlor_model::{ChannelKind, Label, MediaClass, Medium, Visibility};
use proptest::prelude::*;

fn of(name: &str) -> ChannelProfile {
    ChannelProfile::of(&name.parse().expect("a name"))
}

fn media(names: &[&str]) -> BTreeSet<Medium> {
    names.iter().map(|name| name.parse().expect("a name")).collect()
}

#[test]
fn r3_work_is_offered_to_agents_who_are_ready_on_every_medium_of_the_network() {
    for (kind, readiness) in [
        ("web_chat", &["chat"][..]),
        ("sms", &["sms"]),
        ("whatsapp", &["whatsapp"]),
        ("messenger", &["messenger"]),
        ("facebook_post", &["facebook"]),
        ("twitter_direct", &["chat", "twitter"]),
        ("twitter_post", &["chat", "twitter"]),
    ] {
        assert_eq!(of(kind).readiness, media(readiness), "{kind}");
    }
}

#[test]
fn work_weighs_by_how_fast_an_answer_is_awaited() {
    for (class, kinds) in [
        (MediaClass::Live, &["web_chat"][..]),
        (MediaClass::Messaging, &["sms", "whatsapp", "messenger", "twitter_direct"]),
        (MediaClass::Post, &["facebook_post", "twitter_post"]),
    ] {
        for kind in kinds {
            assert_eq!(of(kind).media_class, class, "{kind}");
        }
    }
}

#[test]
fn r90_all_five_private_networks_are_private_and_posts_are_public() {
    for kind in ["web_chat", "sms", "whatsapp", "messenger", "twitter_direct"] {
        assert_eq!(of(kind).visibility, Visibility::Private, "{kind}");
    }
    for kind in ["facebook_post", "twitter_post"] {
        assert_eq!(of(kind).visibility, Visibility::Public, "{kind}");
    }
}

#[test]
fn r98_only_web_chat_has_a_mailbox() {
    for kind in ChannelKind::KNOWN {
        let expected = if *kind == ChannelKind::WebChat { Delivery::Mailbox } else { Delivery::Push };
        assert_eq!(ChannelProfile::of(kind).delivery, expected, "{kind}");
    }
}

#[test]
fn r101_r102_show_opens_an_interaction_for_sms_only() {
    for kind in ChannelKind::KNOWN {
        let expected = if *kind == ChannelKind::Sms { OnShow::Interaction } else { OnShow::Communication };
        assert_eq!(ChannelProfile::of(kind).on_show, expected, "{kind}");
    }
}

#[test]
fn r84_r85_pictures_are_allowed_where_the_manuals_attach_them() {
    for kind in ["web_chat", "whatsapp", "twitter_post"] {
        assert!(of(kind).outbound_image, "{kind}");
    }
    for kind in ["sms", "twitter_direct"] {
        assert!(!of(kind).outbound_image, "{kind}");
    }
}

#[test]
fn r38_typing_is_shown_in_private_and_not_below_posts() {
    for kind in ChannelKind::KNOWN {
        let profile = ChannelProfile::of(kind);
        assert_eq!(profile.shows_typing, profile.visibility == Visibility::Private, "{kind}");
    }
}

#[test]
fn every_rule_may_be_overridden() {
    let mut profile = of("twitter_direct");
    profile.readiness = media(&["chat"]);
    profile.outbound_image = true;
    profile.on_show = OnShow::Interaction;
    let json = serde_json::to_string(&profile).expect("plain data");
    assert_eq!(
        json,
        r#"{"readiness":["chat"],"media_class":"messaging","visibility":"private","delivery":"push","on_show":"interaction","outbound_image":true,"shows_typing":true}"#
    );
    assert_eq!(serde_json::from_str::<ChannelProfile>(&json).expect("what was just written"), profile);
}

proptest! {
    #[test]
    fn an_unknown_network_is_private_messaging_on_the_medium_of_its_name(name in "[a-z0-9][a-z0-9_-]{0,63}") {
        let kind = ChannelKind::Other(Label::new(name.clone()).expect("a label"));
        let profile = ChannelProfile::of(&kind);
        prop_assert_eq!(profile.readiness, media(&[&name]));
        prop_assert_eq!(profile.media_class, MediaClass::Messaging);
        prop_assert_eq!(profile.visibility, Visibility::Private);
        prop_assert_eq!(profile.delivery, Delivery::Push);
        prop_assert!(!profile.outbound_image);
    }
}

#[test]
fn no_network_is_offered_to_agents_who_are_ready_on_nothing() {
    for kind in ChannelKind::KNOWN {
        assert!(!ChannelProfile::of(kind).readiness.is_empty(), "{kind}");
    }
}
