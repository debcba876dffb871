//! HMACs and hashes for keys, tokens and webhook signatures.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, LeadId, PartnerId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// The length of a token's signature in bytes.
const TAG: usize = 16;
/// The number of signatures of a message that are checked.
const MAX_SIGNATURES: usize = 8;

/// The secret of a deployment. Keys contain HMACs of e-mail addresses and telephone numbers, so that the table does not reveal them (PRV-1).
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// The minimum length in bytes.
    pub const SHORTEST: usize = 16;

    /// A secret of at least 16 bytes, which must be kept outside the table. With another secret no contact is recognised.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the key of a channel within the group. A channel is an e-mail address in lower case or a number in E.164.
    pub fn channel(&self, scope: &Scope, channel: &str) -> ChannelKey {
        ChannelKey(URL_SAFE_NO_PAD.encode(&self.mac(&["channel", scope.group().as_str(), &channel.to_lowercase()])[..16]))
    }

    /// Returns a short name for a long one within the group. The parts are separated: `["a", "b"]` differs from `["ab"]`.
    pub fn name(&self, scope: &Scope, parts: &[&str]) -> String {
        let all: Vec<&str> = ["name", scope.group().as_str()].into_iter().chain(parts.iter().copied()).collect();
        URL_SAFE_NO_PAD.encode(&self.mac(&all)[..16])
    }

    /// Returns the lead number for an origin (INT-4). If another lead has it, the caller takes the next attempt.
    pub fn lead_number(&self, scope: &Scope, origin: &str, attempt: u32) -> LeadId {
        let mac = self.mac(&["number", scope.group().as_str(), origin, &attempt.to_string()]);
        let mut bits = [0_u8; 8];
        bits.copy_from_slice(&mac[..8]);
        LeadId::from_bits(u64::from_be_bytes(bits))
    }

    /// Returns `text` as a signed token that is safe in a URL. The text is readable, not encrypted.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let signed = self.signature(purpose, text).map(|mac| mac.finalize().into_bytes()[..TAG].to_vec()).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([signed, text.as_bytes().to_vec()].concat())
    }

    /// Returns the text of a token; `None` if [`sign`](Self::sign) did not make it for this purpose. Compares in constant time.
    pub fn verified(&self, purpose: &str, token: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, text) = bytes.split_at_checked(TAG)?;
        let text = std::str::from_utf8(text).ok()?;
        self.signature(purpose, text)?.verify_truncated_left(tag).ok()?;
        Some(text.to_owned())
    }

    /// Returns the secret called `name` with which a partner signs its ping-backs. It is derived, not stored.
    pub fn webhook(&self, scope: &Scope, partner: &PartnerId, name: &str) -> WebhookSecret {
        WebhookSecret::new(&self.mac(&["webhook", scope.group().as_str(), partner.as_str(), name]))
    }

    /// Starts a signature with a key that is derived for the purpose.
    fn signature(&self, purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.mac(&["sign", purpose])).ok()?;
        mac.update(text.as_bytes());
        Some(mac)
    }

    /// Returns secret number `number` of the group's webhook `id` that was created at `made` (milliseconds since 1970). It signs messages to this
    /// receiver only (APT-6).
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
    /// A secret of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the text form for the signer: `whsec_…`.
    pub fn text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// Returns the signature of a message: `v1,…`.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let tag = self.mac(id, timestamp, body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(tag))
    }

    /// Whether one of `signatures`, separated by spaces, is valid for this message. Compares in constant time.
    pub fn verifies(&self, signatures: &str, id: &str, timestamp: &str, body: &[u8]) -> bool {
        let of_mine = |signature: &str| {
            let tag = STANDARD.decode(signature.strip_prefix("v1,")?).ok()?;
            self.mac(id, timestamp, body)?.verify_slice(&tag).ok()
        };
        signatures.split(' ').take(MAX_SIGNATURES).any(|signature| of_mine(signature).is_some())
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].into_iter().for_each(|part| mac.update(part));
        Some(mac)
    }
}

/// Returns sixteen letters and digits for a name, valid as an id.
pub fn short(name: &str) -> String {
    let hash = fingerprint(name.as_bytes()).to_lowercase();
    hash.chars().filter(char::is_ascii_alphanumeric).take(16).collect()
}

/// Returns a hash by which equal content is recognised.
pub fn fingerprint(content: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..16])
}
