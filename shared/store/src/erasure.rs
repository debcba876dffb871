//! Reads and deletes the items of an erased contact (PRV-2).
//!
//! Rules rewrite the items that are kept, by [`Store::decide`]. The others are deleted here, also those that this release cannot read. A
//! deletion needs no guard: it follows the commit that erased the lead or appointment, and repeating it does nothing.

use crate::entities::{Kind, Stored, Treatment};
use crate::entity::{Attributes, Entity as _};
use crate::keys::{self, Key, TableKey};
use crate::reads::{readable, table_key, unavailable};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, EventId, ExportId, Subject, TaskId};
use forecourt_domain::messages::{Letter, Message};
use forecourt_domain::privacy::{Erasure, LegalHold};
use forecourt_domain::reports::Export;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};

/// The number of items that are deleted at once.
const TOGETHER: usize = 8;

/// The items of a lead or an appointment, as an erasure needs them.
#[derive(Debug, Default)]
pub struct ItemsToErase {
    /// The versions of the timeline entries.
    pub entries: Vec<u64>,
    /// The calendar events.
    pub events: Vec<EventId>,
    /// The tasks.
    pub tasks: Vec<TaskId>,
    /// The letters, which are deleted too.
    pub letters: Vec<Letter>,
    /// The notices to users, which are deleted too.
    pub notices: Vec<Message>,
    /// The items to be deleted.
    pub deletable: Vec<DeletableItem>,
}

/// An item that is deleted with the erased contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletableItem(TableKey);

impl Store {
    /// Returns the items of a lead or an appointment, its own state excepted.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn items_to_erase(&self, scope: &Scope, about: &Subject) -> Result<ItemsToErase, Failure> {
        let own = match about {
            Subject::Lead(lead) => Key::Lead(*lead),
            Subject::Appointment(id) => Key::Appointment(id.clone()),
        };
        let own = own.at(scope);
        let query = self.client.query().consistent_read(true).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(own.pk.clone()));
        let mut items = ItemsToErase::default();
        for attributes in self.run_until(&query, usize::MAX).await? {
            let Some(at) = table_key(&attributes).filter(|at| *at != own) else { continue };
            items.note(at, attributes);
        }
        Ok(items)
    }

    /// Deletes items. Those that do not exist any more are left out.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]. Those that were deleted before the failure stay deleted.
    pub async fn delete_items(&self, items: Vec<DeletableItem>) -> Result<(), Failure> {
        let deletes = items.into_iter().map(|DeletableItem(at)| async move { self.delete(at, None).await.map(|_| ()) });
        futures::stream::iter(deletes).buffer_unordered(TOGETHER).try_collect::<()>().await
    }

    /// Deletes the directory's entry of a channel, if it leads to no person.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn delete_channel(&self, scope: &Scope, channel: &ChannelKey) -> Result<(), Failure> {
        let at = Key::Channel(channel.clone()).at(scope);
        let Some(found) = self.get(at.clone()).await? else { return Ok(()) };
        let leads_nowhere = found.get("alias_of").and_then(|to| to.as_s().ok()) == Some(&channel.0);
        let version = found.get("v").and_then(|v| v.as_n().ok()).cloned();
        // Somebody may get the channel at this moment: their entry stays.
        if let Some(version) = version.filter(|_| leads_nowhere) {
            self.delete(at, Some(version)).await?;
        }
        Ok(())
    }

    async fn delete(&self, TableKey { pk, sk }: TableKey, version: Option<String>) -> Result<(), Failure> {
        let delete = self.client.delete_item().table_name(&*self.table);
        let delete = delete.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk));
        let delete = match version {
            Some(version) => delete.condition_expression("v = :v").expression_attribute_values(":v", AttributeValue::N(version)),
            None => delete,
        };
        match delete.return_consumed_capacity(ReturnConsumedCapacity::Total).send().boxed().await {
            Ok(deleted) => {
                self.spent.note_write(deleted.consumed_capacity());
                Ok(())
            }
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(e) => Err(unavailable(e)),
        }
    }

    /// Returns at most `limit` orders to erase a contact before the order `before`, the latest first.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn erasures(&self, scope: &Scope, before: Option<&str>, limit: usize) -> Result<Vec<Erasure>, Failure> {
        // An id begins with a digit, and `~` sorts after every character of it.
        let last = before.map_or_else(|| "~".to_owned(), str::to_owned);
        let found: Vec<Erasure> = self.newest(Key::Erasure(last).at(scope), "0", limit + usize::from(before.is_some())).await?;
        Ok(found.into_iter().filter(|order| before != Some(&*order.id)).take(limit).collect())
    }

    /// Returns the group's legal holds. There are few. One that this release cannot read may forbid every erasure, so it is not left out.
    ///
    /// # Errors
    /// [`Failure::Broken`] if a hold cannot be read; [`Failure::Unavailable`].
    pub async fn legal_holds(&self, scope: &Scope) -> Result<Vec<LegalHold>, Failure> {
        let last = Key::LegalHold("~".to_owned()).at(scope);
        let query = self.client.query().consistent_read(true).key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(last.pk));
        let query = query.expression_attribute_values(":from", AttributeValue::S("0".to_owned()));
        let query = query.expression_attribute_values(":to", AttributeValue::S(last.sk));
        let holds = self.run_until(&query, usize::MAX).await?.into_iter().map(LegalHold::from_attributes);
        holds
            .collect::<Result<_, _>>()
            .map_err(|_| Failure::Broken("a legal hold cannot be read; `forecourt migrate` prints the reason".into()))
    }

    /// Returns the group's legal holds that this release can read, the latest first. No erasure is decided by them.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn listed_legal_holds(&self, scope: &Scope) -> Result<Vec<LegalHold>, Failure> {
        self.newest(Key::LegalHold("~".to_owned()).at(scope), "0", usize::MAX).await
    }

    /// Returns the group's exports. An export is deleted two days after its request. Those that this release cannot read are left out.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn exports(&self, scope: &Scope) -> Result<Vec<Export>, Failure> {
        let query = self.client.query().consistent_read(true).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(keys::exports_partition(scope)));
        let found = self.run_until(&query, usize::MAX).await?;
        Ok(found.into_iter().filter_map(|attributes| readable(attributes, Export::from_attributes)).collect())
    }

    /// Returns the ids of the group's exports.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn export_ids(&self, scope: &Scope) -> Result<Vec<ExportId>, Failure> {
        let query = self.client.query().consistent_read(true).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(keys::exports_partition(scope)));
        let found = self.run_until(&query.projection_expression("pk, sk"), usize::MAX).await?;
        Ok(found.iter().filter_map(table_key).filter_map(|at| at.sk.parse().ok()).collect())
    }
}

impl ItemsToErase {
    /// Notes an item. One that cannot be read is deleted: it belongs to the erased contact, whatever it is.
    fn note(&mut self, at: TableKey, attributes: Attributes) {
        let kind = Kind::at(&at).filter(|kind| matches!(kind, Kind::Letter | Kind::Message) || kind.erasure() != Treatment::Deleted);
        let stored = kind.and_then(|kind| kind.decode(attributes).ok()).map(|versioned| versioned.item);
        match stored {
            Some(Stored::Entry(entry)) => self.entries.push(entry.version),
            Some(Stored::Event(event)) => self.events.push(event.id),
            Some(Stored::Task(task)) => self.tasks.push(task.work.id),
            Some(Stored::Message(message)) => {
                self.notices.push(*message);
                self.deletable.push(DeletableItem(at));
            }
            Some(Stored::Letter(letter)) => {
                self.letters.push(*letter);
                self.deletable.push(DeletableItem(at));
            }
            _ => self.deletable.push(DeletableItem(at)),
        }
    }
}
