//! Files that lie with the provider.

use std::sync::LazyLock;

use http::Method;
use parlor_channel::{Certainty, MediaReference, MediaRequest, TransportError, TransportErrorKind};
use serde::Deserialize;
use url::Url;

use crate::TwilioAccount;
use crate::sid::{is_message_sid, is_sid};

/// Which hosts files are fetched from, as data.
const HOSTS: &str = include_str!("../data/media-hosts.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hosts {
    host: Vec<Host>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Host {
    name: String,
    #[expect(dead_code, reason = "it is there for whoever edits the file")]
    source: String,
    #[expect(dead_code, reason = "it is there for whoever edits the file")]
    read_on: String,
}

/// The hosts of the data file; a test reads it, so that it is never empty by mistake.
static KNOWN_HOSTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    toml::from_str::<Hosts>(HOSTS)
        .map(|hosts| hosts.host.into_iter().map(|host| host.name).collect())
        .unwrap_or_default()
});

/// Where a file is, by the ids in its address alone: whose host is named there does not matter (reliability §4.5). An address
/// without these ids is kept as it is, and refused when it is to be fetched.
pub(crate) fn location(address: &str) -> String {
    let ids = Url::parse(address).ok().and_then(|url| {
        let segments: Vec<_> = url.path_segments()?.collect();
        let after = |name: &str| {
            let at = segments.iter().position(|segment| *segment == name)?;
            segments.get(at + 1).copied()
        };
        Some(format!("{}/{}/{}", after("Accounts")?, after("Messages")?, after("Media")?))
    });
    ids.filter(|ids| parts(ids).is_some()).unwrap_or_else(|| address.to_owned())
}

/// The account, the message and the file that a location names.
fn parts(location: &str) -> Option<[&str; 3]> {
    let parts: Vec<_> = location.split('/').collect();
    match parts[..] {
        [account, message, media]
            if is_sid("AC", account) && is_message_sid(message) && is_sid("ME", media) =>
        {
            Some([account, message, media])
        }
        _ => None,
    }
}

impl TwilioAccount {
    /// The request for a file.
    pub(crate) fn media_request(&self, media: &MediaReference) -> Result<MediaRequest, TransportError> {
        let Some([account, message, file]) = parts(&media.location) else {
            return Err(TransportError::new(TransportErrorKind::Content, Certainty::NotSent));
        };
        let path = ["2010-04-01", "Accounts", account, "Messages", message, "Media", file];
        let mut request = self.request(Method::GET, &self.settings.base_url, &path);
        // The file as it is, not a description of it.
        request.headers.remove(http::header::ACCEPT);
        let own = self.settings.base_url.host_str().map(str::to_owned);
        let hosts = own.into_iter().chain(self.settings.media_hosts.iter().cloned());
        Ok(MediaRequest::new(request, hosts.chain(KNOWN_HOSTS.iter().cloned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_of_hosts_is_read() {
        assert!(KNOWN_HOSTS.iter().any(|host| host == "api.twilio.com"), "{:?}", *KNOWN_HOSTS);
        assert!(KNOWN_HOSTS.iter().all(|host| !host.contains(['/', ':', '*'])), "{:?}", *KNOWN_HOSTS);
    }
}
