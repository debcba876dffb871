//! A table in the test's own thread. Every call takes a random virtual time, and the order of the commits is recorded.
//!
//! The calls of many handlers therefore interleave differently for each seed, and identically for the same seed. The table needs a
//! single-threaded runtime whose time is paused: nothing really waits, and the task with the earliest timer continues first.

use super::connector::{self, EmbeddedTable, TableResponse};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, BatchGetItemResponse};
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::errors::DynoxideError;
use dynoxide::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// The simulated table.
#[derive(Clone)]
pub struct SimulatedTable(Arc<Mutex<SimulatedState>>);

struct SimulatedState {
    engine: Database,
    /// `None` if calls take no time.
    dice: Option<fastrand::Rng>,
    commits: Vec<Commit>,
    refused: usize,
}

/// The items that one transaction wrote.
#[derive(Debug, Clone)]
pub struct Commit {
    pub at: Instant,
    /// `pk` and `sk` of each item.
    pub keys: Vec<(String, String)>,
}

impl SimulatedTable {
    pub fn new() -> Self {
        let state = SimulatedState { engine: Database::memory().unwrap(), dice: None, commits: Vec::new(), refused: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, SimulatedState> {
        self.0.lock().unwrap()
    }

    pub fn client(&self) -> Client {
        connector::client(self.clone(), 0)
    }

    /// Makes later calls take a random time from this seed. `None`: calls take no time.
    pub fn shuffled(&self, seed: Option<u64>) {
        self.state().dice = seed.map(fastrand::Rng::with_seed);
    }

    /// Returns the commits so far, in order.
    pub fn commits(&self) -> Vec<Commit> {
        self.state().commits.clone()
    }

    /// Returns the number of commits so far.
    pub fn count(&self) -> usize {
        self.state().commits.len()
    }

    /// Returns the number of writes that were refused because another write came first.
    pub fn refused(&self) -> usize {
        self.state().refused
    }

    /// Waits a few milliseconds, and sometimes long enough for other handlers to finish in between.
    async fn pass(&self) {
        let throw = |dice: &mut fastrand::Rng| if dice.u8(..) < 12 { dice.u64(15..60) } else { dice.u64(0..5) };
        let millis = self.state().dice.as_mut().map_or(0, throw);
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }

    fn write<T: Serialize>(&self, keys: Vec<(String, String)>, write: impl FnOnce(&Database) -> Result<T, DynoxideError>) -> TableResponse {
        let mut state = self.state();
        let answered = written(write(&state.engine));
        match answered.0 {
            200 => state.commits.push(Commit { at: Instant::now(), keys }),
            _ => state.refused += 1,
        }
        answered
    }

    /// Reads the items of a batch one after the other. A batch is no snapshot: other writes may commit between its items.
    async fn one_by_one(&self, batch: BatchGetItemRequest) -> Result<BatchGetItemResponse, DynoxideError> {
        let mut found = BatchGetItemResponse::default();
        for (table_name, requested) in batch.request_items {
            let mut keys = requested.keys;
            // The store sends keys in the order of a hash map, which differs from run to run; sort them before the seeded shuffle.
            keys.sort_by_key(key);
            self.state().dice.iter_mut().for_each(|dice| dice.shuffle(&mut keys));
            let items = found.responses.entry(table_name.clone()).or_default();
            for key in keys {
                if self.state().dice.as_mut().is_some_and(|dice| dice.u8(0..6) == 0) {
                    self.pass().await;
                }
                let get = GetItemRequest {
                    table_name: table_name.clone(),
                    key,
                    consistent_read: requested.consistent_read,
                    ..Default::default()
                };
                items.extend(self.engine().get_item(get)?.item);
            }
        }
        Ok(found)
    }

    fn engine(&self) -> Database {
        self.state().engine.clone()
    }
}

#[async_trait]
impl EmbeddedTable for SimulatedTable {
    async fn answer(&self, operation: &str, body: &[u8]) -> Result<TableResponse, ConnectorError> {
        self.pass().await;
        let answered = match operation {
            "GetItem" => written(self.engine().get_item(read(body))),
            "Query" => written(self.engine().query(read(body))),
            "CreateTable" => written(self.engine().create_table(read(body))),
            "BatchGetItem" => written(self.one_by_one(read(body)).await),
            "PutItem" => {
                let put: PutItemRequest = read(body);
                self.write(vec![key(&put.item)], |engine| engine.put_item(put))
            }
            "TransactWriteItems" => {
                let all: TransactWriteItemsRequest = read(body);
                let keys = all.transact_items.iter().filter_map(|item| item.put.as_ref()).map(|put| key(&put.item)).collect();
                self.write(keys, |engine| engine.transact_write_items(all))
            }
            other => panic!("the store calls {other}, which this table does not know"),
        };
        self.pass().await;
        Ok(answered)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

fn written<T: Serialize>(done: Result<T, DynoxideError>) -> TableResponse {
    match done {
        Ok(answer) => (200, serde_json::to_string(&answer).unwrap()),
        Err(e) => (e.status_code(), e.to_json()),
    }
}

fn key(item: &HashMap<String, AttributeValue>) -> (String, String) {
    let text = |name| if let Some(AttributeValue::S(text)) = item.get(name) { text.clone() } else { panic!("an item without {name}") };
    (text("pk"), text("sk"))
}
