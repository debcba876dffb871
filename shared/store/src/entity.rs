//! How an item is stored: the trait [`Entity`], and the macro that makes code of the table in [`entities`](crate::entities).
//!
//! An item has three parts: its state, the keys of its index entries, and an envelope that is the same for all: table key, version, commit
//! id and schema number.

use crate::Failure;
use crate::keys::{self, DueKind, TableKey};
use crate::preserve::{Preserve, relocated, row_of};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::DealerId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The schema number that this code writes. It never overwrites an item with a higher one.
const SCHEMA: u32 = 1;

/// The attribute that makes the relay send a wake-up at the item's due time. The filter of the template's stream contains its name.
///
/// The end of a sender's lease sends none: it matters only if the sender crashed, and then the sweep finds it.
pub const WAKE_UP: &str = "tell";

/// The attributes that are made anew with each write: the key, the envelope, the entries of the indexes.
pub(crate) const ENVELOPE: [&str; 14] = ["pk", "sk", "v", "c", "sv", "ttl", "lpk", "lsk", "wpk", "wsk", "dpk", "dsk", WAKE_UP, "row"];

/// An item that this code cannot write or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ItemError {
    #[error("cannot encode an item")]
    Encode(#[source] serde_dynamo::Error),
    #[error("cannot decode an item")]
    Decode(#[source] serde_dynamo::Error),
    #[error("a newer version of Forecourt wrote the item")]
    Newer,
    #[error("`{0}` of an index entry is missing or invalid")]
    Index(&'static str),
}

impl From<ItemError> for Failure {
    fn from(error: ItemError) -> Self {
        Failure::Broken(error.into())
    }
}

/// One kind of stored item: how its type becomes attributes and index entries, and back.
///
/// The defaults suit an item that is in no index: every field is an attribute.
pub(crate) trait Entity: Serialize + for<'a> Deserialize<'a> {
    /// The fields of its row that are computed when it is written, and not read back.
    const COMPUTED: &'static [&'static str] = &[];

    /// Returns the state and the index entries that follow from it.
    fn to_record(&self, _scope: &Scope) -> Result<Record, Failure> {
        Ok(Record::of(to_item(self)?))
    }

    /// Reads the state back, ignoring the envelope and the index keys.
    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(attributes)
    }
}

/// An item's attributes without its envelope.
#[derive(Clone)]
pub(crate) struct Record {
    attributes: Attributes,
    due: Option<Due>,
}

/// An entry of the `due` index.
#[derive(Clone)]
pub(crate) struct Due {
    pub(crate) at: DateTime<Utc>,
    pub(crate) kind: DueKind,
    pub(crate) dealer: DealerId,
    /// Whether it is the end of a sender's lease, see [`WAKE_UP`].
    pub(crate) leased: bool,
}

impl Record {
    /// A record without index entries.
    pub(crate) fn of(state: Attributes) -> Self {
        Self { attributes: state, due: None }
    }

    /// Adds an entry of the `list` index.
    pub(crate) fn listed(self, partition: String, place: String) -> Self {
        self.indexed("lpk", partition).indexed("lsk", place)
    }

    /// Adds an entry of the `work` index.
    pub(crate) fn work(self, partition: String, place: String) -> Self {
        self.indexed("wpk", partition).indexed("wsk", place)
    }

    /// Adds an entry of the `due` index, if there is one.
    pub(crate) fn due(self, due: Option<Due>) -> Self {
        Self { due, ..self }
    }

    /// Lets DynamoDB delete the item some time after `until`.
    pub(crate) fn expiring(mut self, until: DateTime<Utc>) -> Self {
        self.attributes.insert("ttl".into(), AttributeValue::N(until.timestamp().to_string()));
        self
    }

    /// Returns the record with the fields of the stored item that this release does not know. `read` is the record of the item as it was
    /// read, and `computed` names the fields of the row that are only written.
    pub(crate) fn over(mut self, preserve: Preserve, stored: &Attributes, read: &Record, computed: &[&str]) -> Self {
        let read = &read.attributes;
        let stored = relocated(stored, read, computed);
        let row = self.attributes.remove("row");
        let mut attributes = preserve.over(&stored, read, self.attributes, &ENVELOPE);
        if let Some(row) = row {
            let row = match (row, row_of(&stored), row_of(read)) {
                (AttributeValue::M(new), Some(stored), Some(read)) => AttributeValue::M(preserve.over(stored, read, new, computed)),
                (row, ..) => row,
            };
            attributes.insert("row".into(), row);
        }
        self.attributes = attributes;
        self
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&AttributeValue> {
        self.attributes.get(name)
    }

    fn indexed(mut self, name: &str, value: String) -> Self {
        self.attributes.insert(name.to_owned(), AttributeValue::S(value));
        self
    }

    /// Returns the item as it is written.
    pub(crate) fn into_attributes(mut self, key: TableKey, version: u64, commit: &str) -> Attributes {
        if let Some(due) = self.due.take() {
            self = self.indexed("dpk", keys::due_shard(&key.pk)).indexed("dsk", keys::due_place(due.at, due.kind, &due.dealer));
            if !due.leased {
                self = self.indexed(WAKE_UP, "y".into());
            }
        }
        let mut attributes = self.attributes;
        attributes.insert("pk".into(), AttributeValue::S(key.pk));
        attributes.insert("sk".into(), AttributeValue::S(key.sk));
        attributes.insert("v".into(), AttributeValue::N(version.to_string()));
        attributes.insert("c".into(), AttributeValue::S(commit.to_owned()));
        attributes.insert("sv".into(), AttributeValue::N(SCHEMA.to_string()));
        attributes
    }
}

/// An item as read, with its version and the id of the commit that wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Versioned<T> {
    pub(crate) version: u64,
    pub(crate) commit: String,
    pub(crate) item: T,
    /// The item as it is stored, with the fields that this release does not know.
    pub(crate) stored: Attributes,
}

impl<T> Versioned<T> {
    /// Reads the envelope, and the item by `read`.
    pub(crate) fn read(attributes: Attributes, read: impl FnOnce(Attributes) -> Result<T, Failure>) -> Result<Self, Failure> {
        let number = |name: &str| attributes.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse::<u64>().ok());
        if number("sv").is_some_and(|schema| schema > u64::from(SCHEMA)) {
            return Err(ItemError::Newer.into());
        }
        let version = number("v").unwrap_or_default();
        let commit = attributes.get("c").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
        let stored = attributes.clone();
        Ok(Self { version, commit, item: read(attributes)?, stored })
    }
}

/// Returns the attributes with those of `row`, which the indexes carry, among them.
pub(crate) fn flat(mut attributes: Attributes) -> Attributes {
    if let Some(AttributeValue::M(row)) = attributes.remove("row") {
        attributes.extend(row);
    }
    attributes
}

/// Returns a state that is all in `row`, which the indexes carry.
pub(crate) fn in_row<T: Serialize>(value: &T) -> Result<Attributes, Failure> {
    Ok(Attributes::from([("row".to_owned(), AttributeValue::M(to_item(value)?))]))
}

/// Returns the row of an item as the indexes carry it.
pub(crate) fn row<T: for<'a> Deserialize<'a>>(mut attributes: Attributes) -> Result<T, Failure> {
    match attributes.remove("row") {
        Some(AttributeValue::M(row)) => from_item(row),
        _ => Err(ItemError::Index("row").into()),
    }
}

pub(crate) fn to_item<T: Serialize>(value: &T) -> Result<Attributes, Failure> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|e| ItemError::Encode(e).into())
}

pub(crate) fn from_item<T: for<'a> Deserialize<'a>>(attributes: Attributes) -> Result<T, Failure> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(attributes).map_err(|e| ItemError::Decode(e).into())
}

/// A column of the table that is text with fields of the key in it, or an expression in parentheses.
macro_rules! key_text {
    ($text:literal) => {
        std::fmt::format(format_args!($text))
    };
    (($text:expr)) => {
        $text
    };
}

/// The last word of a row: a `plain` item uses the defaults of [`Entity`]; a `custom` one has an implementation in a file below.
macro_rules! encoding {
    (plain $type:ident) => {
        impl Entity for $type {}
    };
    (custom $type:ident) => {};
}

/// The owned type of a field that accessors take by reference.
macro_rules! owned {
    (str) => {
        String
    };
    ($type:ident) => {
        $type
    };
}

/// Makes of a table with one row for each kind of item:
/// - [`Key`](crate::keys::Key), its text in the table, and the key of an item of a decision;
/// - the encoding of an item of a decision, and the decoding by key;
/// - the accessors of [`Loaded`](crate::Loaded).
macro_rules! entities {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $vis:vis $get:ident($( $($field:ident: $(&$reference:ident)? $($value:ident)?),+ )?) -> $type:ident,
            $partition:tt / $place:tt, $it:ident $(, $also:ident)? => [$( $($part:expr),+ )?], $encoding:ident;
    )+) => {
        /// The name of a stored item within its group.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Key {
            $( $(#[$doc])* $kind $( ( $( $(owned!($reference))? $($value)? ),+ ) )?, )+
        }

        /// The kinds of stored items.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $( $kind, )+
        }

        impl Kind {
            /// Reads an item of this kind.
            pub(crate) fn decode(self, attributes: Attributes) -> Result<Versioned<Stored>, Failure> {
                Versioned::read(attributes, |attributes| {
                    Ok(match self {
                        $( Kind::$kind => Stored::$kind(Box::new(<$type as Entity>::from_attributes(attributes)?)), )+
                    })
                })
            }
        }

        /// An item as read.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Stored {
            $( $kind(Box<$type>), )+
        }

        impl Key {
            /// Returns the key within the group of `scope`.
            pub(crate) fn at(&self, scope: &Scope) -> TableKey {
                let (partition, place) = match self {
                    $( Key::$kind $( ( $($field),+ ) )? => (key_text!($partition), key_text!($place)), )+
                };
                let pk = if self.kind().is_groupless() { partition } else { format!("{}#{partition}", scope.group()) };
                TableKey { pk, sk: place }
            }

            /// Returns the kind of the item with this key.
            fn kind(&self) -> Kind {
                match self {
                    $( Key::$kind { .. } => Kind::$kind, )+
                }
            }

            /// Returns the key of an item of a decision.
            #[expect(unused_variables, reason = "the webhooks' key has no parts, and a channel's is not in its state")]
            pub fn of(item: &Item) -> Self {
                match item {
                    $( Item::$kind($($also,)? $it) => Key::$kind $( ( $($part.to_owned()),+ ) )?, )+
                }
            }
        }

        /// Returns an item of a decision as it is written over `before`, the item as it was read. If the decision erases a person, the
        /// fields that this release does not know are not kept.
        #[expect(unused_variables, reason = "the key of a channel is not part of its state")]
        pub(crate) fn encode(
            scope: &Scope,
            item: &Item,
            before: Option<&Versioned<Stored>>,
            commit: &str,
            erases: bool,
        ) -> Result<Attributes, Failure> {
            let record = match item {
                $( Item::$kind($($also,)? $it) => <$type as Entity>::to_record($it, scope)?, )+
            };
            let (record, version) = match before {
                None => (record, 1),
                Some(before) if erases => (record, before.version + 1),
                Some(before) => {
                    let read = before.item.to_record(scope)?;
                    (record.over(Preserve::Stored, &before.stored, &read, before.item.computed()), before.version + 1)
                }
            };
            let key = Key::of(item);
            let at = key.at(scope);
            debug_assert_eq!(Kind::at(&at), Some(key.kind()), "`Kind::at` does not recognise a key of the table");
            Ok(record.into_attributes(at, version, commit))
        }

        impl Stored {
            /// Returns the record of the item as this release would write it unchanged.
            pub(crate) fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
                match self {
                    $( Stored::$kind(item) => item.as_ref().to_record(scope), )+
                }
            }

            /// Returns the names of [`Entity::COMPUTED`].
            pub(crate) fn computed(&self) -> &'static [&'static str] {
                match self {
                    $( Stored::$kind(_) => <$type as Entity>::COMPUTED, )+
                }
            }
        }

        /// Reads the item that is stored under `key`.
        pub(crate) fn decode(key: &Key, attributes: Attributes) -> Result<Versioned<Stored>, Failure> {
            key.kind().decode(attributes)
        }

        impl Loaded {
            $(
                #[doc = concat!("Returns the item of [`Key::", stringify!($kind), "`]; `None` if it was not loaded or does not exist.")]
                $vis fn $get(&self, $( $($field: $(&$reference)? $($value)?),+ )?) -> Option<&$type> {
                    match self.stored(&Key::$kind $( ( $($field.to_owned()),+ ) )?) {
                        Some(Stored::$kind(item)) => Some(item),
                        _ => None,
                    }
                }
            )+
        }

        $( encoding!($encoding $type); )+
    };
}

pub(crate) use {encoding, entities, key_text, owned};
