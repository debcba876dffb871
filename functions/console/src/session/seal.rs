//! Encryption of a session's tokens: AES-256-GCM with a key that derives from the cookie.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};

fn key(cookie: &str) -> Option<LessSafeKey> {
    let pseudo_random = Salt::new(HKDF_SHA256, b"forecourt console").extract(cookie.as_bytes());
    let output = pseudo_random.expand(&[b"session"], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(output)))
}

/// Encrypts `text` for a cookie. The result is valid only under the same `name`.
pub(super) fn sealed(cookie: &str, name: &str, mut text: Vec<u8>) -> Option<Vec<u8>> {
    let mut nonce = [0_u8; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).ok()?;
    key(cookie)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut text).ok()?;
    Some([nonce.to_vec(), text].concat())
}

/// Decrypts what [`sealed`] made. `None` if the cookie, the name or the content is another.
pub(super) fn open(cookie: &str, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = text.to_vec();
    let open = key(cookie)?.open_in_place(nonce, Aad::from(name.as_bytes()), &mut text).ok()?;
    Some(open.to_vec())
}
