use std::collections::BTreeMap;
use std::fmt;

use parlor_model::{ChannelName, Label, Needs, SkillName};
use serde::{Deserialize, Serialize};

/// Finds out what a contact's words are about, so that the right person gets them (r10).
///
/// It is asked once, with the words that open an interaction, before that is routed; what it answers is kept with the
/// interaction as [`Needs`], so nothing is read again after a restart. It must answer from the words alone, at once and
/// always the same: whatever has to ask a service does so elsewhere, and brings its answer here.
pub trait Classifier: fmt::Debug + Send + Sync {
    /// What these words are about, which came in through a channel.
    fn classify(&self, text: &str, channel: &ChannelName) -> Classification;
}

/// What was found out about some words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// What the contact wants, such as `refund`.
    pub intent: Option<Label>,
    /// In what mood, such as `negative`.
    pub sentiment: Option<Label>,
    /// Skills that are needed for that, with the least grade that is enough.
    pub skills: BTreeMap<SkillName, u8>,
    /// Added to the priority of the queue.
    pub priority: i32,
}

impl From<Classification> for Needs {
    /// The intent and the sentiment become attributes of these names.
    fn from(found: Classification) -> Self {
        let labels = [("intent", found.intent), ("sentiment", found.sentiment)];
        let attributes =
            labels.into_iter().filter_map(|(name, label)| Some((Label::new(name).ok()?, label?)));
        Self { skills: found.skills, priority: found.priority, attributes: attributes.collect() }
    }
}

/// Classifies by words that occur in the text: a small default, for want of something that understands language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeywordClassifier {
    /// The rules. All that fit count: skills with the highest grade asked for, the priorities added up; the first that
    /// names an intent or a sentiment decides on it.
    pub rules: Vec<Keyword>,
}

/// What words mean, if any of them occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keyword {
    /// Words, or sequences of words. Letters are compared without regard to case, and only whole words are found.
    pub words: Vec<String>,
    /// Only what comes through this channel; any channel, if none is named.
    pub channel: Option<ChannelName>,
    /// See [`Classification::intent`].
    pub intent: Option<Label>,
    /// See [`Classification::sentiment`].
    pub sentiment: Option<Label>,
    /// See [`Classification::skills`].
    pub skills: BTreeMap<SkillName, u8>,
    /// See [`Classification::priority`].
    pub priority: i32,
}

impl Classifier for KeywordClassifier {
    fn classify(&self, text: &str, channel: &ChannelName) -> Classification {
        let text = words(text);
        let mut found = Classification::default();
        let fitting = self.rules.iter().filter(|rule| rule.fits(&text, channel));
        for rule in fitting {
            found.intent = found.intent.or_else(|| rule.intent.clone());
            found.sentiment = found.sentiment.or_else(|| rule.sentiment.clone());
            for (skill, &grade) in &rule.skills {
                let known = found.skills.entry(skill.clone()).or_insert(grade);
                *known = grade.max(*known);
            }
            found.priority = found.priority.saturating_add(rule.priority);
        }
        found
    }
}

impl Keyword {
    fn fits(&self, text: &[String], channel: &ChannelName) -> bool {
        let here = self.channel.as_ref().is_none_or(|only| only == channel);
        here && self.words.iter().map(|wanted| words(wanted)).any(|wanted| contains(text, &wanted))
    }
}

fn contains(text: &[String], wanted: &[String]) -> bool {
    !wanted.is_empty() && text.windows(wanted.len()).any(|found| found == wanted)
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Label {
        Label::new(text).unwrap()
    }

    fn classifier() -> Box<dyn Classifier> {
        let calming = SkillName::new("calming").unwrap();
        Box::new(KeywordClassifier {
            rules: vec![
                Keyword {
                    words: vec!["terrible".to_owned(), "never again".to_owned()],
                    sentiment: Some(label("negative")),
                    skills: [(calming.clone(), 1)].into(),
                    priority: 2,
                    ..Keyword::default()
                },
                Keyword {
                    words: vec!["Refund".to_owned(), String::new()],
                    intent: Some(label("refund")),
                    sentiment: Some(label("neutral")),
                    skills: [(calming, 3)].into(),
                    priority: 1,
                    ..Keyword::default()
                },
                Keyword {
                    words: vec!["order".to_owned()],
                    channel: Some(ChannelName::new("shop").unwrap()),
                    intent: Some(label("order")),
                    ..Keyword::default()
                },
            ],
        })
    }

    #[test]
    fn r010_words_tell_intent_sentiment_skills_and_priority() {
        let website = ChannelName::new("website").unwrap();
        let found = classifier().classify("TERRIBLE service! I want a refund.", &website);
        assert_eq!(
            (found.intent.clone(), found.sentiment.clone()),
            (Some(label("refund")), Some(label("negative")))
        );
        assert_eq!((found.skills.values().copied().collect::<Vec<_>>(), found.priority), (vec![3], 3));
        let needs = Needs::from(found);
        assert_eq!(needs.attributes.get("sentiment"), Some(label("negative")).as_ref());
        assert_eq!((needs.skills.len(), needs.priority), (1, 3));
    }

    #[test]
    fn only_whole_words_on_their_channel_are_found() {
        let website = ChannelName::new("website").unwrap();
        let nothing = Classification::default();
        for text in ["", "refunds", "never, ever again", "my order"] {
            assert_eq!(classifier().classify(text, &website), nothing, "{text}");
        }
        assert_eq!(classifier().classify("Never… AGAIN", &website).sentiment, Some(label("negative")));
        let shop = ChannelName::new("shop").unwrap();
        assert_eq!(classifier().classify("my order", &shop).intent, Some(label("order")));
    }
}
