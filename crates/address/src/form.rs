/// What form an address has that text messages come from or go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressForm {
    /// A phone number as the world writes it: `+` and up to fifteen digits (E.164).
    Number,
    /// A short number of one country: three to eight digits.
    ShortCode,
    /// A name in place of a number: up to eleven letters, digits and a few marks, one of them a letter.
    Name,
    /// An address of e-mail, from which some networks carry texts (r121).
    Email,
    /// An address of another network: its name, a colon and what it calls the person, such as `whatsapp:+14155550100`.
    OtherNetwork,
    /// None of these.
    Other,
}

/// The most digits of a number with its country (ITU-T E.164).
const MOST_DIGITS: usize = 15;

/// The fewest digits that a number with its country can have and still be one: there are none shorter in use.
const FEWEST_DIGITS: usize = 7;

/// How many digits short codes have, over all countries.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=8;

/// The most characters of a name in place of a number: what fits into an address of 3GPP TS 23.040.
const MOST_NAME_CHARACTERS: usize = 11;

impl AddressForm {
    /// Looks at an address. Nothing is looked up: a number of the right form may belong to nobody.
    pub fn of(address: &str) -> Self {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(number) = address.strip_prefix('+') {
            let length = (FEWEST_DIGITS..=MOST_DIGITS).contains(&number.len());
            let is_number = length && digits(number) && !number.starts_with('0');
            return if is_number { Self::Number } else { Self::Other };
        }
        if SHORT_CODE_DIGITS.contains(&address.len()) && digits(address) {
            return Self::ShortCode;
        }
        if let Some((network, person)) = address.split_once(':') {
            let named = !network.is_empty() && network.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return if named && !person.is_empty() { Self::OtherNetwork } else { Self::Other };
        }
        if let Some((name, host)) = address.rsplit_once('@') {
            let whole =
                !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
            let one_word = !address.contains(char::is_whitespace);
            return if whole && one_word { Self::Email } else { Self::Other };
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" +-_&".contains(&byte);
        let named = (1..=MOST_NAME_CHARACTERS).contains(&address.len())
            && address.bytes().all(allowed)
            && address.bytes().any(|byte| byte.is_ascii_alphabetic());
        if named { Self::Name } else { Self::Other }
    }

    /// Whether a text message can be sent there. An answer to a name goes nowhere, one to an address of e-mail only through
    /// the network that it came by (r121).
    pub const fn takes_texts(self) -> bool {
        match self {
            Self::Number | Self::ShortCode => true,
            Self::Name | Self::Email | Self::OtherNetwork | Self::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r121_an_address_has_one_form() {
        for (address, form) in [
            ("+14155550100", AddressForm::Number),
            ("+4930123456", AddressForm::Number),
            ("+123456789012345", AddressForm::Number),
            ("+1234567890123456", AddressForm::Other),
            ("+123456", AddressForm::Other),
            ("+01415555010", AddressForm::Other),
            ("+1415555o100", AddressForm::Other),
            ("+", AddressForm::Other),
            ("123", AddressForm::ShortCode),
            ("12345", AddressForm::ShortCode),
            ("12345678", AddressForm::ShortCode),
            ("12", AddressForm::Other),
            ("123456789", AddressForm::Other),
            ("Parlor", AddressForm::Name),
            ("A B-C_1&+", AddressForm::Name),
            ("ElevenChars", AddressForm::Name),
            ("TwelveChars1", AddressForm::Other),
            ("someone@example.test", AddressForm::Email),
            ("someone@localhost", AddressForm::Other),
            ("some one@example.test", AddressForm::Other),
            ("whatsapp:+14155550100", AddressForm::OtherNetwork),
            ("messenger:1234", AddressForm::OtherNetwork),
            ("rcs:brand_agent", AddressForm::OtherNetwork),
            (":+14155550100", AddressForm::Other),
            ("whatsapp:", AddressForm::Other),
            ("", AddressForm::Other),
            (" ", AddressForm::Other),
            ("٣٤٥", AddressForm::Other),
        ] {
            assert_eq!(AddressForm::of(address), form, "{address:?}");
        }
    }

    #[test]
    fn r121_what_has_no_number_is_not_replied_to() {
        let replyable = ["+14155550100", "12345", "Parlor", "a@b.test", "whatsapp:1", "?"];
        assert_eq!(
            replyable.map(|address| AddressForm::of(address).takes_texts()),
            [true, true, false, false, false, false]
        );
    }
}
