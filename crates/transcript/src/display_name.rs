use parlor_model::{ChannelKind, Contact, ContactPoint, Id};
use uuid::Uuid;

use crate::normalise::is_shapeless;

/// How a contact is called on every screen; never empty (r34).
///
/// The first of these that shows anything:
///
/// 1. the name in the contact directory;
/// 2. the name that a network shows, of the first of `points` (oldest first) that has one;
/// 3. the address of the first point that has one that says something to a person: any but those of web chat, which are
///    made up by us;
/// 4. `Visitor 1a2b`, from the id of the first point, or of the contact where there is none: the same on every day, and
///    different enough to tell two visitors apart.
pub fn display_name(contact: &Contact, points: &[ContactPoint]) -> String {
    let named = contact.display_name.as_deref();
    let shown = points.iter().filter_map(|point| point.display_name.as_deref());
    let addresses = points
        .iter()
        .filter(|point| point.key.kind != ChannelKind::WebChat)
        .map(|point| point.key.address.as_str());
    named
        .into_iter()
        .chain(shown)
        .chain(addresses)
        .map(str::trim)
        .find(|name| shows_anything(name))
        .map_or_else(
            || visitor(points.first().map_or(contact.id.as_uuid(), |point| point.id.as_uuid())),
            str::to_owned,
        )
}

/// Whether a name has a character that can be seen.
fn shows_anything(name: &str) -> bool {
    name.chars().any(|c| !c.is_whitespace() && !is_shapeless(c))
}

/// The last digits: the first ones are the time at which the id was made, the same for many.
fn visitor(id: Uuid) -> String {
    let [.., a, b] = *id.as_bytes();
    format!("Visitor {a:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parlor_model::{ContactId, ContactPointId, PointAddress, PointKey, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn contact(name: Option<&str>) -> Contact {
        Contact {
            id: ContactId::from_uuid(Uuid::from_u128(0xABCD)),
            version: 1,
            display_name: name.map(str::to_owned),
            fields: BTreeMap::new(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn point(kind: ChannelKind, address: &str, name: Option<&str>) -> ContactPoint {
        ContactPoint {
            id: ContactPointId::from_uuid(Uuid::from_u128(0x1A2B)),
            contact: contact(None).id,
            key: PointKey { kind, scope: String::new(), address: PointAddress::new(address) },
            display_name: name.map(str::to_owned),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn r34_the_name_falls_back_to_what_identifies_the_contact() {
        let web = point(ChannelKind::WebChat, "c2Vzc2lvbg", None);
        let sms = point(ChannelKind::Sms, "+15550001111", None);
        let named = point(ChannelKind::WhatsApp, "US.1349", Some("Ann W."));
        let table = [
            (contact(Some("Ann")), vec![named.clone()], "Ann"),
            (contact(Some(" \u{200B} ")), vec![sms.clone(), named.clone()], "Ann W."),
            (contact(None), vec![web.clone(), sms], "+15550001111"),
            (contact(None), vec![web], "Visitor 1a2b"),
            (contact(None), vec![point(ChannelKind::Sms, "", None)], "Visitor 1a2b"),
            (contact(None), vec![], "Visitor abcd"),
        ];
        for (contact, points, expected) in table {
            assert_eq!(display_name(&contact, &points), expected);
        }
    }

    proptest! {
        #[test]
        fn r34_never_empty(name in prop::option::of(any::<String>()), address in any::<String>(), shown in prop::option::of(any::<String>())) {
            let name = display_name(&contact(name.as_deref()), &[point(ChannelKind::Sms, &address, shown.as_deref())]);
            prop_assert!(shows_anything(&name));
        }
    }
}
