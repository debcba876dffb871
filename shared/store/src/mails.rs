//! A dealer's mails, newest first (INT-7).

use crate::cursor::Cursor;
use crate::entity::{Attributes, Entity};
use crate::keys;
use crate::reads::readable;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::DealerId;
use forecourt_domain::mail::IncomingMail;

/// Which mails of a dealer are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// Those without a lead about which nobody has decided.
    Open,
    /// Those about which a user has decided.
    Handled,
    /// All.
    All,
}

/// A list of a dealer's mails.
#[derive(Debug, Clone, Copy)]
pub struct MailList<'a> {
    /// The dealer.
    pub dealer: &'a DealerId,
    /// Which mails are listed.
    pub state: MailState,
    /// Only mails that arrived at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Only mails that arrived before this time.
    pub until: Option<DateTime<Utc>>,
}

impl Store {
    /// Returns the number of a dealer's mails that wait for a decision, at most `most`. One query, which reads no more mails than that.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn waiting_mails(&self, scope: &Scope, dealer: &DealerId, most: u32) -> Result<u32, Failure> {
        let query = self.client.query().index_name("work").select(Select::Count).limit(i32::try_from(most).unwrap_or(i32::MAX));
        let query = query
            .key_condition_expression("wpk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::mails_partition(scope, dealer)));
        Ok(u32::try_from(self.run(query).await?.count()).unwrap_or_default())
    }

    /// Returns at most `limit` mails of a list, newest first, and the cursor of the next page, if there may be one. They come from an
    /// index, which lags. One query: a page of handled mails can be short although there are more.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn mails(
        &self,
        scope: &Scope,
        list: MailList<'_>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<IncomingMail>, Option<String>), Failure> {
        let name = format!("mails-{}-{:?}", list.dealer, list.state);
        let valid = |place: &str| keys::time_of(place).is_some();
        let before = cursor.map(|cursor| Cursor::place(cursor, &name, "INT-7", valid)).transpose()?;
        // A place continues behind its time, so that it never equals the text of a time.
        let until = list.until.map_or_else(|| "~".to_owned(), keys::stamp);
        let (from, upto) =
            (list.from.map_or_else(|| "!".to_owned(), keys::stamp), before.clone().filter(|place| *place < until).unwrap_or(until));
        // DynamoDB refuses a range that ends before it begins.
        if upto < from {
            return Ok((Vec::new(), None));
        }
        let (index, partition, place) = match list.state {
            MailState::Open => ("work", "wpk", "wsk"),
            MailState::Handled | MailState::All => ("list", "lpk", "lsk"),
        };
        // A row has about a kilobyte: one query of handled mails reads about a thousand.
        // The range contains the last mail of the page before.
        let read = (list.state != MailState::Handled).then(|| i32::try_from(limit + 1).unwrap_or(i32::MAX));
        let query = self.client.query().index_name(index).scan_index_forward(false).set_limit(read);
        let query = query
            .key_condition_expression("#p = :pk AND #s BETWEEN :from AND :upto")
            .expression_attribute_names("#p", partition)
            .expression_attribute_names("#s", place)
            .expression_attribute_values(":pk", AttributeValue::S(keys::mails_partition(scope, list.dealer)))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":upto", AttributeValue::S(upto));
        let found = self.run(query).await?;
        let place_of = |attributes: &Attributes| attributes.get(place).and_then(|place| place.as_s().ok()).cloned();
        let mut last = found.last_evaluated_key.as_ref().and_then(place_of);
        let mut mails = Vec::new();
        let mut rows = found.items.unwrap_or_default().into_iter().peekable();
        while let Some(attributes) = rows.next() {
            let at = place_of(&attributes);
            if at == before {
                continue;
            }
            let Some(mail) = readable(attributes, IncomingMail::from_attributes) else { continue };
            let is_wanted = match list.state {
                MailState::Open => mail.is_open(),
                MailState::Handled => mail.handled.is_some(),
                MailState::All => true,
            };
            if is_wanted {
                mails.push(mail);
            }
            if mails.len() >= limit {
                last = if rows.peek().is_some() { at } else { last };
                break;
            }
        }
        Ok((mails, last.map(|place| Cursor::new(&name, place).encode())))
    }
}
