use std::fmt;
use std::str::FromStr;

use rlibphonenumber::PHONE_NUMBER_UTIL;

/// A phone number as the world writes it (E.164): `+`, the country and the rest, digits alone.
///
/// It was read with the rules of its country and could be one. `Debug` hides it: it identifies a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

/// A country or territory, by the two letters of ISO 3166: whose rules a number without its country is read by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Region(rlibphonenumber::Region);

impl Region {
    /// Reads the two letters, in any case.
    pub fn new(letters: &str) -> Option<Self> {
        rlibphonenumber::Region::from_str(&letters.to_ascii_uppercase()).ok().map(Self)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({:?})", self.0)
    }
}

/// A text that is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPhoneNumber;

impl fmt::Display for NoPhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no phone number")
    }
}

impl std::error::Error for NoPhoneNumber {}

/// The longest text that is read: a number with everything that people put around it.
const MOST_BYTES: usize = 64;

impl PhoneNumber {
    /// Reads a number as a person of `region` writes it; without a region only one that begins with its country. An extension
    /// is left out: no text message goes to one.
    pub fn parse(text: &str, region: Option<Region>) -> Result<Self, NoPhoneNumber> {
        // An address of another network has a number behind its colon, and is none.
        if text.len() > MOST_BYTES || text.split_once(':').is_some_and(|(scheme, _)| scheme != "tel") {
            return Err(NoPhoneNumber);
        }
        let number =
            PHONE_NUMBER_UTIL.parse(text, region.map(|region| region.0)).map_err(|_| NoPhoneNumber)?;
        if !PHONE_NUMBER_UTIL.is_possible_number(&number) {
            return Err(NoPhoneNumber);
        }
        let e164 = PHONE_NUMBER_UTIL.format(&number, rlibphonenumber::PhoneNumberFormat::E164);
        Ok(Self(e164.into_owned()))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Other forms in which networks give the same number: for finding a person, never for writing to one.
    ///
    /// Mexico and Argentina have a digit for mobile phones that is dialled from abroad and left out elsewhere, Brazil has
    /// put a ninth digit before all its mobile numbers.
    pub fn variants(&self) -> Vec<Self> {
        let national = |country: &str| self.0.strip_prefix(country);
        // Lines in the ground begin with smaller digits and have no ninth.
        let is_mobile = |eight: &str| eight.starts_with(['6', '7', '8', '9']);
        let mut variants = Vec::new();
        if let Some(rest) = national("+52") {
            match rest.len() {
                10 => variants.push(Self(format!("+521{rest}"))),
                11 if rest.starts_with('1') => variants.push(Self(format!("+52{}", &rest[1..]))),
                _ => {}
            }
        }
        if let Some(rest) = national("+54") {
            match rest.len() {
                10 => variants.push(Self(format!("+549{rest}"))),
                11 if rest.starts_with('9') => variants.push(Self(format!("+54{}", &rest[1..]))),
                _ => {}
            }
        }
        if let Some(rest) = national("+55") {
            let (area, number) = rest.split_at(rest.len().min(2));
            match number.len() {
                8 if is_mobile(number) => variants.push(Self(format!("+55{area}9{number}"))),
                9 if number.starts_with('9') && is_mobile(&number[1..]) => {
                    variants.push(Self(format!("+55{area}{}", &number[1..])));
                }
                _ => {}
            }
        }
        variants
    }

    /// Whether both are one person's number, in whatever form.
    pub fn is_same_line(&self, other: &Self) -> bool {
        self == other || self.variants().contains(other)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({} digits)", self.0.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::AddressForm;

    fn parse(text: &str, region: &str) -> Option<String> {
        PhoneNumber::parse(text, Region::new(region)).ok().map(|number| number.as_str().to_owned())
    }

    #[test]
    fn r129_numbers_are_read_as_people_write_them() {
        for (text, region, number) in [
            ("+1 (415) 555-0100", "", Some("+14155550100")),
            ("(415) 555-0100", "us", Some("+14155550100")),
            ("001 415 555 0100", "DE", Some("+14155550100")),
            ("030 123456", "de", Some("+4930123456")),
            ("020 7183 8750", "GB", Some("+442071838750")),
            ("０３０ １２３４５６", "DE", Some("+4930123456")),
            ("+1 415 555 0100 ext. 12", "", Some("+14155550100")),
            ("tel:+14155550100", "", Some("+14155550100")),
            ("(415) 555-0100", "", None),
            ("whatsapp:+14155550100", "", None),
            ("12", "US", None),
            ("hello", "US", None),
            ("", "US", None),
        ] {
            assert_eq!(parse(text, region).as_deref(), number, "{text:?} in {region:?}");
        }
        assert_eq!(Region::new("XX1"), None);
    }

    #[test]
    fn a_number_has_the_variants_of_its_country() {
        let number = |text: &str| PhoneNumber(text.to_owned());
        for (one, other) in [
            ("+525512345678", "+5215512345678"),
            ("+541123456789", "+5491123456789"),
            ("+551187654321", "+5511987654321"),
        ] {
            assert!(
                number(one).is_same_line(&number(other)) && number(other).is_same_line(&number(one)),
                "{one}"
            );
        }
        // A line in the ground, a number of another country, and one that merely looks alike.
        for (one, other) in [
            ("+551132654321", "+5511932654321"),
            ("+5511932654321", "+551132654321"),
            ("+14155550100", "+114155550100"),
            ("+525512345678", "+5225512345678"),
            ("+55", "+559"),
        ] {
            assert!(!number(one).is_same_line(&number(other)), "{one}");
        }
    }

    #[test]
    fn nobodys_number_is_shown() {
        let number = PhoneNumber::parse("+14155550100", None).unwrap();
        assert_eq!(format!("{number:?}"), "PhoneNumber(11 digits)");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_number(text in "\\PC{0,80}") {
            if let Ok(number) = PhoneNumber::parse(&text, Region::new("DE")) {
                prop_assert!(number.as_str().starts_with('+') && number.as_str()[1..].bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_ne!(AddressForm::of(number.as_str()), AddressForm::OtherNetwork);
                // Reading it again changes nothing.
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), None), Ok(number));
            }
        }

        #[test]
        fn being_the_same_line_is_mutual(one in "\\+(52|54|55)[0-9]{9,12}") {
            let one = PhoneNumber(one);
            for other in one.variants() {
                prop_assert!(other.is_same_line(&one), "{} {}", one.as_str(), other.as_str());
            }
        }
    }
}
