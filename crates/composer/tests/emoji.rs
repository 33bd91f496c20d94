//! The emoji catalogue, the recent ones, and where one is inserted.

use std::collections::BTreeSet;

use parlor_composer::{EmojiCatalogue, EmojiLocale, NamedEmoji, RecentEmoji, emoji, insert};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

fn found(locale: EmojiLocale, typed: &str) -> Vec<&'static str> {
    EmojiCatalogue::of(locale).search(typed).into_iter().map(|one| one.emoji).collect()
}

#[test]
fn r72_every_language_has_all_of_them_in_one_order() {
    let order = |locale| EmojiCatalogue::of(locale).all().iter().map(|one| one.emoji).collect::<Vec<_>>();
    let english = order(EmojiLocale::English);
    assert_eq!(
        english.len(),
        1_914,
        "as many as the table has: none is unknown to the crate that knows emoji"
    );
    assert_eq!(english[0], "😀");
    assert_eq!(english.iter().collect::<BTreeSet<_>>().len(), english.len());
    for locale in EmojiLocale::ALL {
        assert_eq!(order(locale), english, "{locale:?}");
    }
    let groups: BTreeSet<_> =
        EmojiCatalogue::of(EmojiLocale::English).all().iter().map(|one| one.group).collect();
    assert_eq!(groups.len(), 9);
}

#[test]
fn r68_what_is_inserted_is_the_form_that_is_shown_as_a_picture() {
    for NamedEmoji { emoji: one, name, .. } in EmojiCatalogue::of(EmojiLocale::English).all() {
        assert!(emoji(one).eq(std::iter::once(0..one.len())), "{name}: {one:?}");
    }
    assert!(found(EmojiLocale::English, "red heart").contains(&"\u{2764}\u{FE0F}"));
}

#[test]
fn r74_an_emoji_is_found_by_its_name() {
    assert_eq!(found(EmojiLocale::English, "thumbs")[..2], ["👍", "👎"]);
    assert_eq!(found(EmojiLocale::English, " THUMBS UP ")[0], "👍");
    assert_eq!(found(EmojiLocale::French, "chat")[0], "🐈", "in its own language: a cat, not a conversation");
    assert!(found(EmojiLocale::Spanish, "corazon").contains(&"❤️"), "corazón, without the accent");
    assert!(found(EmojiLocale::French, "coeur").contains(&"❤️"), "cœur");
    assert!(found(EmojiLocale::German, "Fußball").contains(&"⚽"));
    assert!(found(EmojiLocale::German, "fussball").contains(&"⚽"));
}

#[test]
fn r75_an_emoji_is_found_by_what_it_expresses() {
    assert!(found(EmojiLocale::French, "joie").contains(&"😂"));
    assert!(found(EmojiLocale::English, "joy").contains(&"😂"));
    assert!(found(EmojiLocale::German, "traurig").contains(&"😢"));
    assert!(found(EmojiLocale::English, "angry")[..4].contains(&"😠"));
    for nothing in ["", "   ", "zzzzqq", "\u{301}"] {
        assert!(found(EmojiLocale::English, nothing).is_empty(), "{nothing:?}");
    }
}

#[test]
fn a_language_is_chosen_by_its_tag() {
    assert_eq!(EmojiLocale::of("fr-CA"), EmojiLocale::French);
    assert_eq!(EmojiLocale::of("DE_at"), EmojiLocale::German);
    for other in ["", "en-GB", "tlh", "-"] {
        assert_eq!(EmojiLocale::of(other), EmojiLocale::English);
    }
}

#[test]
fn r73_recent_ones_are_the_last_that_were_sent() {
    let mut recent = RecentEmoji::default();
    assert!(!recent.sent("no emoji © 1", 3));
    assert!(recent.sent("one 😀 two 👍🏽", 3));
    assert!(recent.sent("❤️ 😀", 3));
    assert_eq!(recent.as_slice(), ["😀", "❤️", "👍🏽"]);
    assert!(recent.sent("👩‍👩‍👧‍👦", 3));
    assert_eq!(recent.as_slice(), ["👩‍👩‍👧‍👦", "😀", "❤️"], "the oldest goes");
    assert!(recent.sent("", 0), "a smaller number takes them away");
    assert!(recent.as_slice().is_empty());
}

#[test]
fn r70_an_emoji_is_inserted_between_characters() {
    let family = "👩‍👩‍👧‍👦";
    let (text, after) = insert(family, 4, "😀");
    assert_eq!((text.as_str(), after), ("👩‍👩‍👧‍👦😀", family.len() + 4));
    assert_eq!(insert("ab", 1, "😀"), ("a😀b".to_owned(), 5));
    assert_eq!(insert("", 0, "😀"), ("😀".to_owned(), 4));
    assert_eq!(insert("e\u{301}", 1, "x").0, "e\u{301}x");
    assert_eq!(insert("a", 99, "x"), ("ax".to_owned(), 2));
}

proptest! {
    /// Whatever stood there still stands there, whole.
    #[test]
    fn r70_inserting_splits_nothing(text in "[a-zé\u{300}\u{200D}👩👧👍\u{1F3FD}🇫🇷 ]{0,12}", at in 0_usize..60) {
        let (whole, after) = insert(&text, at, "|");
        prop_assert!(whole.is_char_boundary(after));
        let (before, rest) = whole.split_at(after - 1);
        let characters: Vec<&str> = text.graphemes(true).collect();
        let kept: Vec<&str> = before.graphemes(true).chain(rest[1..].graphemes(true)).collect();
        prop_assert_eq!(kept, characters);
    }
}
