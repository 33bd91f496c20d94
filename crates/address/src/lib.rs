//! Addresses of people, pure: what form one has, and phone numbers in every form that people write them in.
//!
//! A network hands an address over as it is and gets it back as it is; [`AddressForm`] says what can be done with it. What
//! a person types goes through [`PhoneNumber`], which knows how each country writes its numbers. Neither changes what is
//! stored: an address is kept verbatim (r128).

mod form;
mod phone;

pub use form::AddressForm;
pub use phone::{NoPhoneNumber, PhoneNumber, Region};
