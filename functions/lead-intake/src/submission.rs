//! Stores the enquiries of a body as leads: per enquiry one read and one transaction.

use crate::answer::Outcome;
use crate::format::{Format, ReceivedEnquiry};
use crate::limit::EnquiryLimit;
use crate::lookup::{Sited, site};
use crate::storing::Storing;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, DealerId, Refusal, Right};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::formats::packed;
use forecourt_edge::http::Problem;
use forecourt_store::{Failure, fingerprint};

/// Largest raw input in bytes, compressed, that is kept next to the lead. Larger input is kept in the bucket.
const INLINE: usize = 4_096;

/// A body received from a sender.
pub(crate) struct Submission {
    pub(crate) scope: Scope,
    pub(crate) dealer: DealerId,
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) message_id: Option<String>,
    /// The month in which the message was sent, `2026-11`; empty for HTTP.
    pub(crate) sent_in: String,
    /// When the sender sent it: the response clock counts from here.
    pub(crate) sent: DateTime<Utc>,
    pub(crate) now: DateTime<Utc>,
}

impl Submission {
    /// Stores every enquiry of the body. A refused enquiry does not stop the others (INT-2).
    ///
    /// # Errors
    /// Fails if the body as a whole is refused, or the sender is above ten times its limit (SET-12).
    pub(crate) async fn run(&self, platform: &Platform) -> Result<Vec<Outcome>, Problem> {
        self.scope.needs(Right::SubmitLeads)?;
        self.scope.reaches(&self.dealer)?;
        let limit = EnquiryLimit::of(platform, &self.scope, self.now);
        limit.check()?;
        let dealer = platform.store.dealer(&self.scope, &self.dealer).await?.ok_or(Refusal::NotFound("dealer"))?;
        let mut parts = self.format.read(&self.body, &self.dealer)?;
        if self.message_id.is_some() {
            parts.iter_mut().for_each(ReceivedEnquiry::queue);
        }
        let mut outcomes = Vec::with_capacity(parts.len());
        for (position, part) in parts.iter().enumerate() {
            outcomes.push(self.store(platform, &dealer, part, position).await.unwrap_or_else(Outcome::Refused));
        }
        limit.count(outcomes.iter().filter(|outcome| outcome.is_new()).count()).await;
        Ok(outcomes)
    }

    async fn store(&self, platform: &Platform, dealer: &Dealer, part: &ReceivedEnquiry, position: usize) -> Result<Outcome, Problem> {
        let enquiry = part.check(dealer, &self.source(), self.now).map_err(Problem::invalid)?;
        let store = &platform.store;
        let Sited { other, unknown_site } = site(platform, &self.scope, dealer, &enquiry).await?;
        let mailbox = other.as_ref().map(|_| dealer.id.clone());
        let dealer = other.as_deref().unwrap_or(dealer);
        let content = serde_json::to_vec(&(&self.dealer, &enquiry)).map_err(|e| Failure::Broken(e.into()))?;
        let body = fingerprint(&content);
        let (origin, receipt) = self.origin_and_receipt(platform, &enquiry, position);
        let raw = self.keep(platform, &part.raw, &origin, &body).await?;
        // Users share the ids of other systems. An id that another user's lead has, which this user may not see or change, names an enquiry
        // of this user's own: nobody learns of a lead, or changes one, by guessing its id.
        let own_origin = store.secret().name(&self.scope, &["own", &self.sender(), &origin, &body]);
        let is_shared = self.scope.user_id().is_some() && enquiry.external_id.is_some();
        let request = self
            .idempotency_key
            .as_ref()
            .or(self.message_id.as_ref())
            .map(|key| store.secret().name(&self.scope, &["request", &self.sender(), key, &position.to_string()]));
        let (by, resend, sent, at) = (self.scope.actor(), part.resend, self.sent, self.now);
        let arrival = Arrival {
            origin,
            body,
            receipt,
            request,
            attachments: Vec::new(),
            mail: None,
            raw,
            by,
            resend,
            automatic: false,
            mailbox,
            unknown_site,
            sent,
            at,
            enquiry,
        };
        let storing = Storing { platform, scope: &self.scope, addressed: &self.dealer, dealer, files: &[], record: None };
        let outcome = storing.store(arrival, is_shared.then_some(own_origin)).await?;
        Ok(outcome.ok_or_else(|| Failure::Broken("an enquiry without a mail is part of a mail".into()))?)
    }

    /// Returns the source of an enquiry that names none.
    fn source(&self) -> String {
        match self.scope.actor() {
            Actor::Partner(partner) => partner.to_string(),
            Actor::User(_) | Actor::Customer | Actor::System | Actor::Unknown => "direct".into(),
        }
    }

    fn sender(&self) -> String {
        match self.scope.actor() {
            Actor::User(user) => user.to_string(),
            Actor::Partner(partner) => partner.to_string(),
            Actor::Customer => "customer".into(),
            Actor::System => "system".into(),
            Actor::Unknown => "unknown".into(),
        }
    }

    /// Returns the origin by which a repeated enquiry is recognised (INT-5), and the key of a receipt if there is a second name.
    ///
    /// The origin is the sender's id of the enquiry, else the message, else the `Idempotency-Key`. Without any of these every enquiry is
    /// new. If the sender's id is given, the `Idempotency-Key` is the second name.
    ///
    /// The partner is part of every origin: nobody can get another partner's lead by guessing its id.
    fn origin_and_receipt(&self, platform: &Platform, enquiry: &Enquiry, position: usize) -> (String, Option<String>) {
        let name = |parts: &[&str]| platform.store.secret().name(&self.scope, parts);
        let partner = match self.scope.actor() {
            Actor::Partner(partner) => partner.to_string(),
            Actor::User(_) | Actor::Customer | Actor::System | Actor::Unknown => String::new(),
        };
        let (sender, position) = (self.sender(), position.to_string());
        let by_key = self.idempotency_key.as_ref().map(|key| name(&["key", &partner, &sender, key, &position]));
        let provider = enquiry.provider.as_ref().unwrap_or(&enquiry.source);
        match (&enquiry.external_id, &self.message_id, by_key) {
            (Some(id), _, receipt) => (name(&["id", &partner, self.dealer.as_str(), &provider.to_lowercase(), id]), receipt),
            // A message redriven from the dead-letter queue has a new id, so it is recognised by its content within the month in which it
            // was sent.
            (None, Some(_), receipt) => {
                let content = fingerprint(&self.body);
                (name(&["message", &partner, self.dealer.as_str(), &self.sent_in, &content, &position]), receipt)
            }
            (None, None, Some(key)) => (key, None),
            (None, None, None) => (name(&["once", &platform.ids.next()]), None),
        }
    }

    /// Keeps the raw input (INT-2).
    async fn keep(&self, platform: &Platform, raw: &[u8], origin: &str, body: &str) -> Result<Raw, Failure> {
        let deflated = packed::pack(raw)?;
        let media_type = self.format.media_type().to_owned();
        if deflated.len() <= INLINE {
            return Ok(Raw { media_type, storage: RawStorage::Here(deflated) });
        }
        let name = format!("raw/{}/{origin}-{body}.zz", self.scope.group());
        platform.files.put(&name, deflated).await?;
        Ok(Raw { media_type, storage: RawStorage::InBucket(name) })
    }
}
