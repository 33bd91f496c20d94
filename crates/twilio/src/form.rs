//! Forms: `name=value` joined by `&`.

use url::form_urlencoded;

/// What such a body is called.
pub(crate) const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The pairs of a form in their order. Bytes that are no UTF-8 become U+FFFD, for the signature and for what is read alike.
pub(crate) fn pairs(form: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(form).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// Writes a form.
pub(crate) struct FormWriter(form_urlencoded::Serializer<'static, String>);

impl FormWriter {
    pub(crate) fn new() -> Self {
        Self(form_urlencoded::Serializer::new(String::new()))
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) -> &mut Self {
        self.0.append_pair(name, value);
        self
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.finish()
    }
}
