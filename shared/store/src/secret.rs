//! HMACs and hashes for keys, tokens and webhook signatures.

use crate::key_ring::{KeyRing, Purpose, key_id};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, LeadId, PartnerId};
use forecourt_domain::webhooks::DerivedSecret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// The length of a token's signature in bytes.
const TAG: usize = 16;
/// The number of signatures of a message that are checked.
const MAX_SIGNATURES: usize = 8;

/// The number of signs in the code of a reply address.
const REPLY_CODE: u32 = 12;
/// The signs of a code: lower case, because mail servers may change the case, and none that looks like another one.
const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// The purpose of the proof of a dead letter's origin.
pub const ORIGIN: &str = "dead-letter";

/// The secrets of a deployment: the first one, and the keys of each purpose. Keys of the table contain HMACs of e-mail addresses and
/// telephone numbers by the first secret, so that the table does not reveal them (PRV-1).
#[derive(Clone)]
pub struct Secret {
    first: Arc<[u8]>,
    /// In the order of [`Purpose::ALL`].
    rings: Arc<[KeyRing; 4]>,
}

impl Secret {
    /// The minimum length in bytes.
    pub const SHORTEST: usize = 16;

    /// A secret of at least 16 bytes, which must be kept outside the table. With another secret no contact is recognised. It is the key of
    /// each purpose until [`with_keys`](Self::with_keys) sets others.
    pub fn new(bytes: &[u8]) -> Self {
        Self { first: bytes.into(), rings: Arc::new(Purpose::ALL.map(|_| KeyRing::new("", bytes))) }
    }

    /// Returns random secrets, for a function that needs none: a signature that it makes by mistake is valid nowhere.
    pub fn none() -> Self {
        Self::new(&[*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat())
    }

    /// Sets the keys of a purpose. With `first_too`, signatures of the first secret, from before there were keys, stay valid.
    #[must_use]
    pub fn with_keys(mut self, purpose: Purpose, ring: KeyRing, first_too: bool) -> Self {
        let ring = if first_too { ring.with("", &self.first) } else { ring };
        if let Some(place) = Purpose::ALL.iter().position(|of| *of == purpose) {
            Arc::make_mut(&mut self.rings)[place] = ring;
        }
        self
    }

    fn ring(&self, purpose: Purpose) -> &KeyRing {
        let [links, ping_backs, webhooks, origins] = &*self.rings;
        match purpose {
            Purpose::Links => links,
            Purpose::PingBacks => ping_backs,
            Purpose::Webhooks => webhooks,
            Purpose::Origins => origins,
        }
    }

    /// Returns the id of the key that signs for a purpose; empty for the first secret.
    pub fn key_id(&self, purpose: Purpose) -> &str {
        self.ring(purpose).current_id()
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

    /// Returns `text` as a signed token that is safe in a URL, with the id of its key. The text is readable, not encrypted.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let ring = self.ring(ring_of(purpose));
        let signature = ring.get(ring.current_id()).and_then(|key| signature(key, purpose, text));
        let signed = signature.map(|mac| mac.finalize().into_bytes()[..TAG].to_vec()).unwrap_or_default();
        ring.named(URL_SAFE_NO_PAD.encode([signed, text.as_bytes().to_vec()].concat()))
    }

    /// Returns the text of a token; `None` if [`sign`](Self::sign) did not make it for this purpose with a key that is still valid.
    /// Compares in constant time.
    pub fn verified(&self, purpose: &str, token: &str) -> Option<String> {
        let (key, token) = key_id(token);
        let key = self.ring(ring_of(purpose)).get(key)?;
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, text) = bytes.split_at_checked(TAG)?;
        let text = std::str::from_utf8(text).ok()?;
        signature(key, purpose, text)?.verify_truncated_left(tag).ok()?;
        Some(text.to_owned())
    }

    /// Returns the name of a new secret of a partner, with the id of the key that it derives from. `random` has no full stop.
    pub fn ping_back_name(&self, random: String) -> String {
        self.ring(Purpose::PingBacks).named(random)
    }

    /// Returns the secret called `name` with which a partner signs its ping-backs. It is derived, not stored. `None` if its key is no
    /// longer valid.
    pub fn webhook(&self, scope: &Scope, partner: &PartnerId, name: &str) -> Option<WebhookSecret> {
        let key = self.ring(Purpose::PingBacks).get(key_id(name).0)?;
        Some(WebhookSecret::new(&mac(key, &["webhook", scope.group().as_str(), partner.as_str(), name])))
    }

    /// Returns the secret `derived` of the group's webhook `id` that was created at `made` (milliseconds since 1970). It signs messages to
    /// this receiver only (APT-6). `None` if its key is no longer valid.
    pub fn of_webhook(&self, scope: &Scope, id: &str, made: i64, derived: DerivedSecret<'_>) -> Option<WebhookSecret> {
        let DerivedSecret { number, key } = derived;
        let key = self.ring(Purpose::Webhooks).get(key)?;
        Some(WebhookSecret::new(&mac(key, &["webhook-out", scope.group().as_str(), id, &made.to_string(), &number.to_string()])))
    }

    /// Returns the code of the reply address of a lead: twelve letters and digits, which mail programs may write in upper case. It
    /// cannot be guessed without a mail about the lead.
    pub fn reply_code(&self, scope: &Scope, lead: LeadId) -> String {
        let ring = self.ring(Purpose::Links);
        ring.get(ring.current_id()).map(|key| code(&reply_tag(key, scope, lead))).unwrap_or_default()
    }

    /// Returns whether [`reply_code`](Self::reply_code) made a code for this lead, with a key that is still valid. Compares in constant
    /// time.
    pub fn is_reply_code(&self, scope: &Scope, lead: LeadId, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        // Every key is compared, so that the time does not depend on the key that matches.
        let keys = self.ring(Purpose::Links).keys();
        keys.fold(false, |found, key| found | is_equal(code(&reply_tag(key, scope, lead)).as_bytes(), text.as_bytes()))
    }

    fn mac(&self, parts: &[&str]) -> [u8; 32] {
        mac(&self.first, parts)
    }
}

fn reply_tag(key: &[u8], scope: &Scope, lead: LeadId) -> [u8; 32] {
    mac(key, &["reply", scope.group().as_str(), &lead.to_string()])
}

/// Writes the first 60 bits in 12 signs of five bits each.
fn code(tag: &[u8; 32]) -> String {
    let mut bits = [0_u8; 8];
    bits.copy_from_slice(&tag[..8]);
    let bits = u64::from_be_bytes(bits);
    let sign = |at: u32| usize::try_from((bits >> (59 - 5 * at)) & 31).ok().and_then(|place| SIGNS.get(place)).copied();
    (0..REPLY_CODE).filter_map(sign).map(char::from).collect()
}

/// Compares in constant time.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Returns the keys that sign tokens of a purpose.
fn ring_of(purpose: &str) -> Purpose {
    if purpose == ORIGIN { Purpose::Origins } else { Purpose::Links }
}

/// Starts a signature with a key that is derived for the purpose.
fn signature(key: &[u8], purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&mac(key, &["sign", purpose])).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}

fn mac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    // HMAC takes a key of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
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
