//! Rotation of the keys that sign links, partners' secrets, webhooks and origins: each step of docs/operations.md, in its order (CAL-6,
//! APT-4, APT-6).

use crate::support::pingbacks::external;
use crate::support::world::{CONSOLE_URL, NORDSTERN, Request, World, enquiry, gateway_event};
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forecourt_edge::start::Purpose;
use forecourt_edge::start::keys::ring;
use forecourt_local::mailbox::Mailbox;
use forecourt_local::partner_queue::PartnerQueue;
use forecourt_local::{Parts, System};
use forecourt_store::{ORIGIN, Secret, WebhookSecret};
use serde_json::{Value, json};
use std::sync::Arc;

/// The channel secret of the tests' stack, which was its only secret.
const FIRST: &[u8] = b"a secret of the tests";
const ONE: &str = "the first key of a purpose";
const TWO: &str = "the second key of a purpose";

/// Returns the secrets after a step of a rotation.
fn step(purpose: Purpose, keys: &Value) -> Secret {
    let (ring, first_too) = ring(&keys.to_string()).unwrap();
    Secret::new(FIRST).with_keys(purpose, ring, first_too)
}

/// The processes that were started after a step. They share the table and the clock with those before.
struct Stack<'a> {
    world: &'a World,
    system: System,
    _folder: tempfile::TempDir,
}

impl<'a> Stack<'a> {
    fn with(world: &'a World, secret: Secret) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = world.system.clock.clone();
        let parts = Parts {
            store: world.store.with_secret(secret),
            clock: clock.clone(),
            ids: forecourt_edge::Ids::random(),
            files: world.bucket.clone(),
            uploads: world.bucket.clone(),
            mailbox: Arc::new(Mailbox::in_memory()),
            queue: PartnerQueue::open(folder.path().join("queue"), clock.clone()).unwrap(),
            appointments: PartnerQueue::open(folder.path().join("appointments"), clock.clone()).unwrap(),
            mail_domain: None,
            mails: PartnerQueue::open(folder.path().join("mails"), clock.clone()).unwrap(),
            texts: PartnerQueue::open(folder.path().join("texts"), clock).unwrap(),
            public_url: "https://desk.example".into(),
            console_url: CONSOLE_URL.into(),
            token_claims: forecourt_edge::environment::TokenClaims::default(),
            twice: false,
        };
        Self { world, system: System::new(parts).unwrap(), _folder: folder }
    }

    /// Returns the status and the body of the response.
    async fn send(&self, request: Request) -> (i64, String) {
        let event = gateway_event(&self.world.tokens, request).unwrap();
        let answer = self.system.http(event).await;
        let Some(Body::Text(text)) = answer.body else { panic!("no body") };
        (answer.status_code, text)
    }

    async fn post(&self, who: &str, path: &str, body: &Value) -> (i64, Value) {
        let (status, text) = self.send(Request::post(who, path).json(body)).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Creates a calendar link and returns its path.
    async fn link(&self) -> String {
        let (status, made) = self.post("anna.vogt", "/calendar-feeds", &json!({})).await;
        assert_eq!(status, 201, "{made}");
        made["link"].as_str().unwrap().strip_prefix("https://desk.example").unwrap().to_owned()
    }

    /// Returns whether each link is valid.
    async fn valid(&self, links: &[&str]) -> Vec<bool> {
        let mut valid = Vec::new();
        for link in links {
            let (status, text) = self.send(Request::get("", link)).await;
            assert!([200, 404].contains(&status), "{link}: {text}");
            valid.push(status == 200);
        }
        valid
    }

    /// Creates a signing secret for the contact centre's system; the earlier ones stay valid for an hour.
    async fn signing_secret(&self) -> WebhookSecret {
        let path = "/partners/centre-demo/signing-secret";
        let (status, made) = self.post("gina.group", path, &json!({"previous_good_for_hours": 1})).await;
        assert_eq!(status, 201, "{made}");
        secret_of(&made)
    }

    /// Returns whether a ping-back that is signed with each secret is accepted.
    async fn accepts(&self, secrets: &[&WebhookSecret]) -> Vec<bool> {
        let mut accepted = Vec::new();
        for secret in secrets {
            let (id, timestamp) = (format!("m-{}", fastrand::u64(..)), chrono::Utc::now().timestamp().to_string());
            let body = json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T08:00:00Z"}).to_string();
            let signature = secret.sign(&id, &timestamp, body.as_bytes());
            let headers = [
                ("content-type", "application/json"),
                ("webhook-id", id.as_str()),
                ("webhook-timestamp", timestamp.as_str()),
                ("webhook-signature", signature.as_str()),
            ];
            let (status, text) =
                self.send(Request::post("", "/pingbacks/demo-group/centre-demo").headers(&headers).body(body.as_bytes())).await;
            assert!([200, 401].contains(&status), "{text}");
            accepted.push(status == 200);
        }
        accepted
    }

    /// Makes a lead, and returns whether the webhook call about it is signed with each secret.
    async fn signs(&self, secrets: &[&WebhookSecret]) -> Vec<bool> {
        let before = self.system.mailbox.calls().len();
        let lead = enquiry(&format!("jana-{}", fastrand::u32(..)));
        let (status, sent) = self.post("partner:portal-demo", &format!("/dealers/{NORDSTERN}/leads"), &lead).await;
        assert_eq!(status, 201, "{sent}");
        self.system.settle().await;
        let calls = self.system.mailbox.calls();
        assert_eq!(calls.len(), before + 1);
        let call = &calls[before];
        let timestamp = call.webhook_timestamp.to_string();
        secrets.iter().map(|secret| secret.verifies(&call.webhook_signature, &call.webhook_id, &timestamp, call.body.as_bytes())).collect()
    }
}

/// Returns the secret in a response.
fn secret_of(made: &Value) -> WebhookSecret {
    WebhookSecret::new(&STANDARD.decode(made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap()).unwrap())
}

/// CAL-6: a link stays valid while its key is in the list, from the one secret of a first release on.
#[tokio::test]
async fn cal_6_a_link_is_valid_while_its_key_is_in_the_list() {
    let world = World::new().await;
    let before = Stack::with(&world, Secret::new(FIRST)).link().await;
    // The keys of the purpose exist; the first secret signed before.
    let one = Stack::with(&world, step(Purpose::Links, &json!({"current": "1", "1": ONE})));
    let by_one = one.link().await;
    assert!(!before["/c/".len()..].contains("1.") && by_one.starts_with("/c/1."), "{before} {by_one}");
    assert_eq!(one.valid(&[&before, &by_one]).await, [true, true]);
    // Step 1: the next key is added and does not sign yet, so that each process knows it before the first link has it.
    let added = Stack::with(&world, step(Purpose::Links, &json!({"current": "1", "1": ONE, "2": TWO})));
    assert!(added.link().await.starts_with("/c/1."));
    // Step 2: it signs.
    let two = Stack::with(&world, step(Purpose::Links, &json!({"current": "2", "1": ONE, "2": TWO})));
    let by_two = two.link().await;
    assert!(by_two.starts_with("/c/2."), "{by_two}");
    assert_eq!(two.valid(&[&before, &by_one, &by_two]).await, [true, true, true]);
    assert_eq!(added.valid(&[&by_two]).await, [true], "a process that was started before the step");
    // Step 3: the old key is removed.
    let removed = Stack::with(&world, step(Purpose::Links, &json!({"current": "2", "2": TWO})));
    assert_eq!(removed.valid(&[&before, &by_one, &by_two]).await, [true, false, true]);
    let ended = Stack::with(&world, step(Purpose::Links, &json!({"current": "2", "2": TWO, "first": "ended"})));
    assert_eq!(ended.valid(&[&before, &by_two]).await, [false, true]);
    // The id of another key, or of none, makes no link valid.
    let renamed = |id: &str| by_two.replacen("/c/2.", &format!("/c/{id}"), 1);
    assert_eq!(two.valid(&[&renamed("1."), &renamed(""), &renamed("3."), &renamed("2.2.")]).await, [false; 4]);
}

/// APT-4: a partner's secret stays valid while the key that it derives from is in the list. A new one derives from the key that signs.
#[tokio::test]
async fn apt_4_a_partners_secret_is_valid_while_its_key_is_in_the_list() {
    let world = World::new().await;
    external(&world, "c-1").await;
    let before = Stack::with(&world, Secret::new(FIRST)).signing_secret().await;
    let one = Stack::with(&world, step(Purpose::PingBacks, &json!({"current": "1", "1": ONE})));
    let by_one = one.signing_secret().await;
    assert_eq!(one.accepts(&[&before, &by_one]).await, [true, true]);
    let two = Stack::with(&world, step(Purpose::PingBacks, &json!({"current": "2", "1": ONE, "2": TWO})));
    assert_eq!(two.accepts(&[&before, &by_one]).await, [true, true], "the partner need not act at once");
    let by_two = two.signing_secret().await;
    assert_eq!(two.accepts(&[&before, &by_one, &by_two]).await, [true, true, true]);
    let ended = Stack::with(&world, step(Purpose::PingBacks, &json!({"current": "2", "2": TWO, "first": "ended"})));
    assert_eq!(ended.accepts(&[&before, &by_one, &by_two]).await, [false, false, true]);
}

/// APT-6: a webhook's secret stays the same while the key that it derives from is in the list. A rotation gives it one of the key that
/// signs, and both sign for a day.
#[tokio::test]
async fn apt_6_a_webhooks_secret_outlives_the_rotation_of_the_keys() {
    let world = World::new().await;
    let body = json!({"url": "https://hooks.example/forecourt", "events": ["lead.created"]});
    let first = Stack::with(&world, Secret::new(FIRST));
    let (status, made) = first.post("gina.group", "/webhooks", &body).await;
    assert_eq!(status, 201, "{made}");
    let (before, path) = (secret_of(&made), format!("/webhooks/{}/secret", made["id"].as_str().unwrap()));
    assert_eq!(first.signs(&[&before]).await, [true]);
    let one = Stack::with(&world, step(Purpose::Webhooks, &json!({"current": "1", "1": ONE})));
    assert_eq!(one.signs(&[&before]).await, [true], "the receiver need not act");
    let rotate = || Request::post("gina.group", &path).headers(&[("idempotency-key", "by-one")]);
    let (status, made) = one.send(rotate()).await;
    assert_eq!(status, 200, "{made}");
    let by_one = secret_of(&serde_json::from_str(&made).unwrap());
    // A repeat after the end of the key states that the secret is no longer valid; it does not leave the secret out.
    let ended = Stack::with(&world, step(Purpose::Webhooks, &json!({"current": "2", "2": TWO, "first": "ended"})));
    let (status, repeated) = ended.send(rotate()).await;
    assert!(status == 409 && repeated.contains("no longer valid; create another one (APT-6)"), "{repeated}");
    assert_eq!(one.send(rotate()).await, (200, made), "the first answer while the key is valid");
    let two = Stack::with(&world, step(Purpose::Webhooks, &json!({"current": "2", "1": ONE, "2": TWO})));
    assert_eq!(two.signs(&[&before, &by_one]).await, [true, true]);
    let (status, made) = two.post("gina.group", &path, &json!({})).await;
    assert_eq!(status, 200, "{made}");
    let by_two = secret_of(&made);
    assert_eq!(two.signs(&[&before, &by_one, &by_two]).await, [false, true, true]);
    let removed = Stack::with(&world, step(Purpose::Webhooks, &json!({"current": "2", "2": TWO, "first": "ended"})));
    assert_eq!(removed.signs(&[&by_one, &by_two]).await, [false, true]);
}

/// INT-1: the proof of a dead letter's origin stays valid for a redrive, and the keys of another purpose sign none.
#[test]
fn int_1_the_origin_of_a_dead_letter_outlives_the_rotation_of_the_keys() {
    let keys = [
        json!({"current": "1", "1": ONE}),
        json!({"current": "2", "1": ONE, "2": TWO}),
        json!({"current": "2", "2": TWO, "first": "ended"}),
    ];
    let [one, two, ended] = keys.map(|keys| step(Purpose::Origins, &keys));
    let (before, by_one, by_two) = (Secret::new(FIRST).sign(ORIGIN, "x"), one.sign(ORIGIN, "x"), two.sign(ORIGIN, "x"));
    let valid = |secret: &Secret| [&before, &by_one, &by_two].map(|token| secret.verified(ORIGIN, token).is_some());
    assert_eq!((valid(&one), valid(&two), valid(&ended)), ([true, true, false], [true, true, true], [false, false, true]));
    let links = step(Purpose::Links, &json!({"current": "1", "1": ONE, "first": "ended"}));
    assert_eq!((links.verified("calendar", &by_one), links.verified(ORIGIN, &by_one)), (None, None));
}

#[test]
fn the_document_of_keys_states_what_is_wrong_with_it_and_never_a_key() {
    let short = "short key";
    for (text, fault) in [
        (json!({"1": ONE}).to_string(), "current must name the key that signs"),
        (json!({"current": "2", "1": ONE}).to_string(), "current must be the id of one of the keys"),
        (json!({"current": "1", "1": short}).to_string(), "the key 1 must have at least 16 bytes"),
        (json!({"current": "1", "1": ONE, "a.b": TWO}).to_string(), "the id of a key must be 1 to 16 characters of a-z, 0-9 and '-'"),
        (json!({"current": "1", "1": ONE, "first": "no"}).to_string(), "first must be ended, or left out"),
        (json!({"current": "1", "1": [ONE]}).to_string(), "it must be a JSON object of texts"),
        (format!("{{\"current\": {ONE}"), "it must be a JSON object of texts"),
        (short.into(), "it must have at least 16 bytes"),
    ] {
        assert_eq!(ring(&text).err().map(|e| e.to_string()).as_deref(), Some(fault), "{text}");
    }
    // A secret of another form is one key without an id.
    let (ring, first_too) = ring(ONE).unwrap();
    let secret = Secret::new(FIRST).with_keys(Purpose::Links, ring, first_too);
    let token = secret.sign("calendar", "x");
    assert!(!token.contains('.') && secret.verified("calendar", &token).is_some());
}
