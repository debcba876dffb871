//! Where customers find a dealer, and how they call it (SET-4).

use crate::base::text::line;
use crate::base::{Country, Fault, Phone, has_link, is_public_host};
use serde::{Deserialize, Serialize};
use url::Url;

/// The postal address, the telephone number and the map link of a dealer, as letters to customers state them. The country is that of the
/// dealer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Street and house number, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// The postcode, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// The town, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub town: Option<String>,
    /// The telephone number for customers, as letters show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The address of a map on the public internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_link: Option<String>,
}

impl Location {
    /// The maximum length of a map link, in characters.
    pub const MAX_LINK: usize = 500;
    /// The maximum length of a telephone number, in characters.
    const MAX_PHONE: usize = 40;

    /// Returns the address in one line: `Elbchaussee 12, 22763 Hamburg`. Empty if there is none.
    pub fn line(&self) -> String {
        let both = [&self.postcode, &self.town].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        let parts = self.street.as_deref().into_iter().chain(Some(both.as_str()).filter(|both| !both.is_empty()));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Returns every fault. The paths of the fields are relative to the location.
    pub fn check(&self, country: Country) -> Vec<Fault> {
        let mut faults = Vec::new();
        let texts = [("street", &self.street, 100), ("postcode", &self.postcode, 20), ("town", &self.town, 100)];
        for (field, text, most) in texts {
            if text.as_ref().is_some_and(|text| line(text, most).is_none()) {
                faults.push(Fault::new(field, "SET-4", format!("must be 1 to {most} characters in one line")));
            } else if text.as_deref().is_some_and(has_link) {
                faults.push(Fault::new(field, "SET-4", "must not be or contain a web address or an e-mail address"));
            }
        }
        // Without a town no customer finds the street.
        if self.town.is_none() && (self.street.is_some() || self.postcode.is_some()) {
            faults.push(Fault::new("town", "SET-4", "must be there if the address has a street or a postcode"));
        }
        if !self.phone.as_deref().is_none_or(|phone| is_number(phone, country)) {
            faults.push(Fault::new("phone", "SET-4", "must be a telephone number such as +49 40 123456"));
        }
        if !self.map_link.as_deref().is_none_or(is_map_link) {
            let detail = format!("must be a public address that begins with https://, at most {} characters", Self::MAX_LINK);
            faults.push(Fault::new("map_link", "SET-4", detail));
        }
        faults
    }
}

/// Whether a text is one telephone number, with or without an extension, and nothing else.
fn is_number(text: &str, country: Country) -> bool {
    let phone = Phone::read(text, country);
    let is_written = text.chars().all(|c| c.is_ascii_alphanumeric() || " +()/.-#".contains(c));
    is_written && line(text, Location::MAX_PHONE).is_some() && phone.channel().is_some() && phone.note.is_none()
}

/// Whether customers can open a link: https, without a user, to a host on the public internet. Mail programs end a link at a space or a
/// quotation mark.
fn is_map_link(text: &str) -> bool {
    let is_link = |url: Url| {
        let host = url.host().is_some_and(|host| is_public_host(&host));
        url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && host
    };
    let is_written = text.starts_with("https://") && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\`{}".contains(&b));
    text.len() <= Location::MAX_LINK && is_written && Url::parse(text).is_ok_and(is_link)
}
