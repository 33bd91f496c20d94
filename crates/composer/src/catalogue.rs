use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A language in which emoji are named and found. Others are served in English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum EmojiLocale {
    /// English.
    #[default]
    English,
    /// French.
    French,
    /// German.
    German,
    /// Spanish.
    Spanish,
}

impl EmojiLocale {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::German, Self::Spanish];

    /// The one of a language tag such as `fr-CA`; English for what has none.
    pub fn of(tag: &str) -> Self {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(language)).unwrap_or_default()
    }

    /// The language tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }

    /// Unicode's own names and keywords (CLDR), as `data/emoji/generate.mjs` took them from emojibase-data 17.0.0.
    const fn table(self) -> &'static str {
        match self {
            Self::English => include_str!("../data/emoji/en.tsv"),
            Self::French => include_str!("../data/emoji/fr.tsv"),
            Self::German => include_str!("../data/emoji/de.tsv"),
            Self::Spanish => include_str!("../data/emoji/es.tsv"),
        }
    }
}

/// An emoji to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NamedEmoji {
    /// The characters, as they are inserted and sent, whichever pictures are shown (r68).
    pub emoji: &'static str,
    /// Its name in the catalogue's language.
    pub name: &'static str,
    /// Unicode's group that it stands in, such as `food-drink`.
    pub group: &'static str,
}

/// All emoji in one language, in the order of Unicode's charts (r72).
#[derive(Debug)]
pub struct EmojiCatalogue {
    all: Vec<NamedEmoji>,
    /// What each is found by, folded: its name first, then its keywords.
    words: Vec<Vec<String>>,
}

impl EmojiCatalogue {
    /// The catalogue of a language. It is read once in the life of a process.
    pub fn of(locale: EmojiLocale) -> &'static Self {
        static CATALOGUES: [OnceLock<EmojiCatalogue>; 4] = [const { OnceLock::new() }; 4];
        let [english, french, german, spanish] = &CATALOGUES;
        let place = match locale {
            EmojiLocale::English => english,
            EmojiLocale::French => french,
            EmojiLocale::German => german,
            EmojiLocale::Spanish => spanish,
        };
        place.get_or_init(|| Self::read(locale.table()))
    }

    fn read(table: &'static str) -> Self {
        let (mut all, mut words) = (Vec::new(), Vec::new());
        // The first line says where the table comes from.
        for line in table.lines().skip(1) {
            let mut fields = line.split('\t');
            let (Some(characters), Some(group), Some(name)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            // The form that asks for a picture; tables leave the mark out.
            let Some(known) = emojis::get(characters) else { continue };
            all.push(NamedEmoji { emoji: known.as_str(), name, group });
            let tags = fields.next().unwrap_or_default().split('|').filter(|tag| !tag.is_empty());
            words.push(std::iter::once(name).chain(tags).map(fold).collect());
        }
        Self { all, words }
    }

    /// All of them (r72).
    pub fn all(&self) -> &[NamedEmoji] {
        &self.all
    }

    /// Those that are found by their name or by what they express (r74, r75): those named so first, then whole words,
    /// beginnings of words, and anything that contains what was typed; letters and accents do not matter. Nothing for nothing.
    pub fn search(&self, typed: &str) -> Vec<NamedEmoji> {
        let typed = fold(typed.trim());
        if typed.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(u8, usize)> = self
            .words
            .iter()
            .enumerate()
            .filter_map(|(at, words)| Some((rank(words, &typed)?, at)))
            .collect();
        // Within a rank the order of the charts stays.
        found.sort_unstable();
        found.into_iter().filter_map(|(_, at)| self.all.get(at).copied()).collect()
    }
}

fn rank(words: &[String], typed: &str) -> Option<u8> {
    // Its name stands first.
    if words.first().is_some_and(|name| name == typed) {
        return Some(0);
    }
    let of = |word: &String| {
        if word == typed || word.split([' ', '-']).any(|part| part == typed) {
            Some(1)
        } else if word.split([' ', '-']).any(|part| part.starts_with(typed)) {
            Some(2)
        } else {
            word.contains(typed).then_some(3)
        }
    };
    words.iter().filter_map(of).min()
}

/// Without case, accents and ligatures.
fn fold(text: &str) -> String {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    plain.to_lowercase().replace('œ', "oe").replace('æ', "ae").replace('ß', "ss")
}

/// The emoji that an agent sent last, each once and the latest first (r73). What was picked and not sent is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecentEmoji(Vec<String>);

impl RecentEmoji {
    /// Remembers the emoji of a text that was sent, and of all of them the last `most`. Gives whether anything changed.
    pub fn sent(&mut self, text: &str, most: usize) -> bool {
        let before = self.0.clone();
        for range in crate::emoji(text) {
            let Some(emoji) = text.get(range) else { continue };
            self.0.retain(|known| known != emoji);
            self.0.insert(0, emoji.to_owned());
        }
        self.0.truncate(most);
        self.0 != before
    }

    /// The latest first.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}
