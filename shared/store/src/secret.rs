//! Hashes that stand for what must not be read off a key, or would be too long for one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, LeadId, PartnerId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// How many bytes of a signature a token has.
const TAG: usize = 16;
/// How many signatures of a message are looked at.
const MOST_SIGNATURES: usize = 8;

/// Keys the hashes of e-mail addresses and telephone numbers, so that the table does not give them away (PRV-1).
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// The fewest bytes that a secret has.
    pub const SHORTEST: usize = 16;

    /// At least 16 bytes, kept outside the table; with another secret no contact is found again.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The key of a channel (an e-mail address in lower case, or a number in E.164) within the group.
    pub fn channel(&self, scope: &Scope, channel: &str) -> ChannelKey {
        ChannelKey(URL_SAFE_NO_PAD.encode(&self.mac(&["channel", scope.group().as_str(), &channel.to_lowercase()])[..16]))
    }

    /// A short name for something long, within the group. Parts are kept apart: `["a", "b"]` is not `["ab"]`.
    pub fn name(&self, scope: &Scope, parts: &[&str]) -> String {
        let all: Vec<&str> = ["name", scope.group().as_str()].into_iter().chain(parts.iter().copied()).collect();
        URL_SAFE_NO_PAD.encode(&self.mac(&all)[..16])
    }

    /// The `attempt`-th number that an origin asks for (INT-4): the next one is asked for where another lead has it already.
    pub fn lead_number(&self, scope: &Scope, origin: &str, attempt: u32) -> LeadId {
        let mac = self.mac(&["number", scope.group().as_str(), origin, &attempt.to_string()]);
        let mut bits = [0_u8; 8];
        bits.copy_from_slice(&mac[..8]);
        LeadId::from_bits(u64::from_be_bytes(bits))
    }

    /// Text as a token that can be made with this secret only, safe in a URL: what it says can be read by whoever has it.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let signed = self.signature(purpose, text).map(|mac| mac.finalize().into_bytes()[..TAG].to_vec()).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([signed, text.as_bytes().to_vec()].concat())
    }

    /// The text of a token that [`sign`](Self::sign) made for this purpose. Compared in constant time.
    pub fn verified(&self, purpose: &str, token: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, text) = bytes.split_at_checked(TAG)?;
        let text = std::str::from_utf8(text).ok()?;
        self.signature(purpose, text)?.verify_truncated_left(tag).ok()?;
        Some(text.to_owned())
    }

    /// What a partner signs its ping-backs with: the secret of this `name`. It is not stored, and follows from this one.
    pub fn webhook(&self, scope: &Scope, partner: &PartnerId, name: &str) -> WebhookSecret {
        WebhookSecret::new(&self.mac(&["webhook", scope.group().as_str(), partner.as_str(), name]))
    }

    /// With a key of its own for each purpose, derived from this secret.
    fn signature(&self, purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.mac(&["sign", purpose])).ok()?;
        mac.update(text.as_bytes());
        Some(mac)
    }

    /// The `number`-th secret of the group's webhook `id` that was made at `made` (milliseconds since 1970): whoever has it can sign as we do
    /// to that one receiver, and nothing else (APT-6).
    pub fn of_webhook(&self, scope: &Scope, id: &str, made: i64, number: u32) -> WebhookSecret {
        WebhookSecret::new(&self.mac(&["webhook-out", scope.group().as_str(), id, &made.to_string(), &number.to_string()]))
    }

    fn mac(&self, parts: &[&str]) -> [u8; 32] {
        // HMAC takes a key of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

/// A secret of Standard Webhooks.
pub struct WebhookSecret(Arc<[u8]>);

impl WebhookSecret {
    /// Of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// As it is given to who signs: `whsec_…`.
    pub fn text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message: `v1,…`.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let tag = self.mac(id, timestamp, body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(tag))
    }

    /// Whether one of `signatures`, which stand with spaces between them, is of this message. Compared in constant time.
    pub fn verifies(&self, signatures: &str, id: &str, timestamp: &str, body: &[u8]) -> bool {
        let of_mine = |signature: &str| {
            let tag = STANDARD.decode(signature.strip_prefix("v1,")?).ok()?;
            self.mac(id, timestamp, body)?.verify_slice(&tag).ok()
        };
        signatures.split(' ').take(MOST_SIGNATURES).any(|signature| of_mine(signature).is_some())
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].into_iter().for_each(|part| mac.update(part));
        Some(mac)
    }
}

/// Sixteen letters and digits for a name, fit for an id.
pub fn short(name: &str) -> String {
    let hash = fingerprint(name.as_bytes()).to_lowercase();
    hash.chars().filter(char::is_ascii_alphanumeric).take(16).collect()
}

/// A hash of what was said, to know the same thing again.
pub fn fingerprint(said: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(said)[..16])
}
