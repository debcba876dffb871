//! The migration: writes every item in the form of this release.
//!
//! It is the second of three steps of a change of shape, see `docs/upgrading.md`. It is safe while the system runs: each item is written
//! only at the version at which it was read, and an item that is in the new form already is not written.

use crate::commit::guard;
use crate::cursor::Cursor;
use crate::entities::Kind;
use crate::entity::{Attributes, ItemError};
use crate::keys::{self, TableKey};
use crate::preserve::Preserve;
use crate::reads::{table_key, unavailable};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use forecourt_domain::base::GroupId;
use futures::FutureExt as _;

/// The items of one page.
const PAGE: i32 = 100;
/// The number of writes of an item that other processes change at the same time.
const TRIES: usize = 5;

/// The place in the table at which a migration continues: an opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrateFrom(pub String);

/// The result of a page of a migration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Migrated {
    /// The number of items that were read.
    pub read: u64,
    /// The number of items that were written in the new form.
    pub written: u64,
    /// The items that this release cannot read or does not know, each with the reason. They stay as they are.
    pub left: Vec<String>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<MigrateFrom>,
}

impl Store {
    /// Writes a page of the table's items, of all groups, in the form of this release, and returns the outcome. Items that are in that form
    /// already are not written, so a migration that is repeated or resumed does nothing twice. Unknown fields of items stay.
    ///
    /// # Errors
    /// [`Failure::Refused`] if `from` is no place of a migration; [`Failure::Unavailable`]; [`Failure::Contended`] if an item changes all
    /// the time.
    pub async fn migrate(&self, from: Option<&MigrateFrom>) -> Result<Migrated, Failure> {
        let start = from.map(|from| Cursor::decode(&from.0, "SET-10")).transpose()?;
        let key = |cursor: Cursor| {
            Attributes::from([("pk".to_owned(), AttributeValue::S(cursor.list)), ("sk".to_owned(), AttributeValue::S(cursor.place))])
        };
        let scan = self.client.scan().table_name(&*self.table).consistent_read(true).limit(PAGE).set_exclusive_start_key(start.map(key));
        let found = scan.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await.map_err(unavailable)?;
        self.spent.note_read(found.consumed_capacity());
        let next = found.last_evaluated_key.as_ref().and_then(table_key).map(|key| MigrateFrom(Cursor::new(key.pk, key.sk).encode()));
        let mut done = Migrated { next, ..Migrated::default() };
        for attributes in found.items.unwrap_or_default() {
            let Some(at) = table_key(&attributes) else { continue };
            done.read += 1;
            match self.migrate_item(&at, attributes).await {
                Ok(written) => done.written += u64::from(written),
                Err(Failure::Broken(why)) => done.left.push(format!("{} {}: {}", at.pk, at.sk, Failure::Broken(why).chain())),
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }

    /// Writes an item in the form of this release. Returns whether that was necessary.
    async fn migrate_item(&self, at: &TableKey, mut stored: Attributes) -> Result<bool, Failure> {
        for _ in 0..TRIES {
            let Some((attributes, version)) = rewritten(at, stored)? else { return Ok(false) };
            let (condition, values) = guard(Some(version));
            let put = self.client.put_item().table_name(&*self.table).set_item(Some(attributes)).condition_expression(condition);
            let put = put.set_expression_attribute_values(values).return_consumed_capacity(ReturnConsumedCapacity::Total);
            match put.send().boxed().await {
                Ok(written) => {
                    self.spent.note_write(written.consumed_capacity());
                    return Ok(true);
                }
                Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {}
                Err(e) if e.as_service_error().is_some_and(|e| e.is_transaction_conflict_exception()) => {}
                Err(e) => return Err(unavailable(e)),
            }
            // Another process changed or removed it.
            match self.get(at.clone()).await? {
                Some(attributes) => stored = attributes,
                None => return Ok(false),
            }
        }
        Err(Failure::Contended)
    }
}

/// Returns an item in the form of this release, and the version that it replaces; `None` if it is in that form already.
fn rewritten(at: &TableKey, stored: Attributes) -> Result<Option<(Attributes, u64)>, Failure> {
    let family = at.pk.split('#').next();
    // These have a key that does not begin with a group, and only one form.
    if family.is_some_and(|family| keys::GROUPLESS.contains(&family)) {
        return Ok(None);
    }
    let group = family.and_then(|group| GroupId::parse(group).ok()).ok_or(ItemError::Index("pk"))?;
    let kind = Kind::at(at).ok_or(ItemError::Index("sk"))?;
    let before = kind.decode(stored)?;
    let (scope, commit) = (Scope::keys_only(group), uuid::Uuid::new_v4().simple().to_string());
    let read = before.item.to_record(&scope)?;
    let record = read.clone().over(Preserve::Unknown, &before.stored, &read, before.item.computed());
    let new = record.into_attributes(at.clone(), before.version + 1, &commit);
    let lacks = |form: &Attributes, other: &Attributes| {
        other.iter().any(|(name, value)| !["v", "c"].contains(&name.as_str()) && form.get(name) != Some(value))
    };
    Ok((lacks(&new, &before.stored) || lacks(&before.stored, &new)).then_some((new, before.version)))
}
