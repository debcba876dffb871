//! The table: the embedded engine runs in the same thread behind the SDK's own HTTP client, so that faults look as they do on the
//! network.

use super::connector::{self, EmbeddedTable, TableResponse};
use super::gate::{Fault, Process};
use async_trait::async_trait;
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A defect of the store. The harness must detect it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteBug {
    /// Items of these kinds are written without a condition. A kind is a part of the partition key and the start of the sort key.
    Unguarded(&'static [(&'static str, &'static str)]),
    /// Leads are missing in the index of due items. The stream still reports their times.
    Unlisted,
}

/// The engine, and the harness's own records about it.
pub struct RecordedTable {
    state: Mutex<RecordedState>,
}

struct RecordedState {
    engine: Database,
    /// A second engine that is always one commit behind. It answers reads of a lagging index. `None` in runs that do not need it.
    behind: Option<(Database, Vec<Value>)>,
    items: BTreeMap<(String, String), Value>,
    stream: Vec<Value>,
    sequence: u64,
    write_bug: Option<WriteBug>,
    /// Writes on their way to the table, whose processes have ended.
    late: Vec<(String, Value)>,
}

fn run(engine: &Database, operation: &str, body: &Value) -> TableResponse {
    fn read<T: serde::de::DeserializeOwned>(body: &Value) -> T {
        serde_json::from_value(body.clone()).unwrap()
    }
    let done = match operation {
        "GetItem" => engine.get_item(read(body)).map(|done| json!(done)),
        "BatchGetItem" => engine.batch_get_item(read(body)).map(|done| json!(done)),
        "Query" => engine.query(read(body)).map(|done| json!(done)),
        "PutItem" => engine.put_item(read(body)).map(|done| json!(done)),
        "DeleteItem" => engine.delete_item(read(body)).map(|done| json!(done)),
        "TransactWriteItems" => engine.transact_write_items(read(body)).map(|done| json!(done)),
        "CreateTable" => engine.create_table(read(body)).map(|done| json!(done)),
        other => panic!("the store calls {other}, which the harness does not know"),
    };
    match done {
        Ok(answer) => (200, answer.to_string()),
        Err(e) => (e.status_code(), e.to_json()),
    }
}

fn puts_mut(body: &mut Value) -> Vec<&mut Value> {
    if body.get("TransactItems").is_some() {
        body["TransactItems"].as_array_mut().unwrap().iter_mut().filter_map(|item| item.get_mut("Put")).collect()
    } else {
        vec![body]
    }
}

fn puts(body: &Value) -> Vec<Value> {
    match body.get("TransactItems").and_then(Value::as_array) {
        Some(items) => items.iter().filter_map(|item| item.get("Put")).map(|put| put["Item"].clone()).collect(),
        None => vec![body["Item"].clone()],
    }
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name]["S"].as_str().unwrap_or_default()
}

/// Returns the items that a call concerns, in the gate's notation.
fn key(operation: &str, body: &Value) -> String {
    let name = |item: &Value| format!("{}/{}", text(item, "pk"), text(item, "sk"));
    let mut names: Vec<String> = match operation {
        "GetItem" | "DeleteItem" => vec![name(&body["Key"])],
        "PutItem" | "TransactWriteItems" => puts(body).iter().map(name).collect(),
        "BatchGetItem" => body["RequestItems"]
            .as_object()
            .into_iter()
            .flat_map(|tables| tables.values())
            .flat_map(|table| table["Keys"].as_array().unwrap())
            .map(name)
            .collect(),
        "Query" => {
            let index = body["IndexName"].as_str().unwrap_or("table");
            vec![format!("{index}:{}", body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default())]
        }
        _ => Vec::new(),
    };
    names.sort();
    names.join(" ")
}

impl RecordedTable {
    /// Returns an empty table. If `behind` is true, index reads can lag.
    pub fn new(behind: bool, write_bug: Option<WriteBug>) -> Arc<Self> {
        let behind = behind.then(|| (Database::memory().unwrap(), Vec::new()));
        let engine = Database::memory().unwrap();
        let state = RecordedState { engine, behind, items: BTreeMap::new(), stream: Vec::new(), sequence: 0, write_bug, late: Vec::new() };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Returns a client. If a process is given, its calls pass that process's gate.
    pub fn client(self: &Arc<Self>, process: Option<Arc<Process>>, retries: u32) -> aws_sdk_dynamodb::Client {
        connector::client(Wire { table: self.clone(), process, takes: Duration::ZERO }, retries)
    }

    /// Returns a client each of whose calls takes the given time.
    pub fn slow_client(self: &Arc<Self>, takes: Duration) -> aws_sdk_dynamodb::Client {
        connector::client(Wire { table: self.clone(), process: None, takes }, 0)
    }

    /// Returns every item in the table.
    pub fn items(&self) -> Vec<Value> {
        self.state.lock().unwrap().items.values().cloned().collect()
    }

    /// Takes the stream records that were written since the last call.
    pub fn take_stream(&self) -> Vec<Value> {
        std::mem::take(&mut self.state.lock().unwrap().stream)
    }

    /// Whether the index of due items has an entry up to `until`. If it has none, a sweep would find nothing and is skipped.
    pub fn has_due(&self, until: chrono::DateTime<chrono::Utc>) -> bool {
        let until = format!("{:015}~", until.timestamp_millis());
        self.state.lock().unwrap().items.values().any(|item| item["dsk"]["S"].as_str().is_some_and(|due| due <= until.as_str()))
    }

    fn apply(&self, operation: &str, mut body: Value) -> TableResponse {
        let mut state = self.state.lock().unwrap();
        let writes = matches!(operation, "PutItem" | "TransactWriteItems");
        if let Some(write_bug) = state.write_bug.filter(|_| writes) {
            puts_mut(&mut body).into_iter().for_each(|put| write_bug.corrupt(put));
        }
        let answered = run(&state.engine, operation, &body);
        if operation == "CreateTable" {
            state.behind.iter().for_each(|(behind, _)| drop(run(behind, operation, &body)));
        }
        if operation == "DeleteItem" && answered.0 == 200 {
            state.deleted(&body);
        }
        if writes && answered.0 == 200 {
            state.written(&body);
            for (operation, late) in state.take_overtaken(&body) {
                if run(&state.engine, &operation, &late).0 == 200 {
                    state.written(&late);
                }
            }
        }
        answered
    }

    fn apply_behind(&self, operation: &str, body: &Value) -> TableResponse {
        let state = self.state.lock().unwrap();
        let (behind, _) = state.behind.as_ref().expect("a run with a lagging index has a second engine");
        run(behind, operation, body)
    }
}

impl WriteBug {
    fn corrupt(self, put: &mut Value) {
        match self {
            Self::Unguarded(kinds) if kinds.iter().any(|kind| is_of(&put["Item"], *kind)) => {
                let put = put.as_object_mut().unwrap();
                put.remove("ConditionExpression");
                put.remove("ExpressionAttributeValues");
            }
            Self::Unlisted if text(&put["Item"], "sk") == "@" => {
                put["Item"].as_object_mut().unwrap().remove("dpk");
            }
            Self::Unguarded(_) | Self::Unlisted => {}
        }
    }
}

fn is_of(item: &Value, (partition, place): (&str, &str)) -> bool {
    text(item, "pk").contains(partition) && text(item, "sk").starts_with(place)
}

impl RecordedState {
    /// Takes the late writes to the items that `body` has written.
    fn take_overtaken(&mut self, body: &Value) -> Vec<(String, Value)> {
        let names = |body: &Value| -> Vec<(String, String)> {
            puts(body).iter().map(|item| (text(item, "pk").to_owned(), text(item, "sk").to_owned())).collect()
        };
        let written = names(body);
        let (overtaken, waiting) =
            std::mem::take(&mut self.late).into_iter().partition(|(_, late)| names(late).iter().any(|name| written.contains(name)));
        self.late = waiting;
        overtaken
    }

    /// Records a deletion. The second engine gets it at once, after the commit before it.
    fn deleted(&mut self, body: &Value) {
        let at = (text(&body["Key"], "pk").to_owned(), text(&body["Key"], "sk").to_owned());
        self.items.remove(&at);
        if let Some((behind, last)) = &mut self.behind {
            for item in std::mem::take(last) {
                let put = json!({"TableName": body["TableName"], "Item": item});
                assert_eq!(run(behind, "PutItem", &put).0, 200);
            }
            assert_eq!(run(behind, "DeleteItem", body).0, 200);
        }
    }

    /// Records a commit: adds it to the stream and applies the commit before it to the second engine.
    fn written(&mut self, body: &Value) {
        let items = puts(body);
        if let Some((behind, last)) = &mut self.behind {
            for item in std::mem::replace(last, items.clone()) {
                let put = json!({"TableName": table_name(body), "Item": item});
                assert_eq!(run(behind, "PutItem", &put).0, 200);
            }
        }
        for new in items {
            let at = (text(&new, "pk").to_owned(), text(&new, "sk").to_owned());
            let old = self.items.insert(at, new.clone());
            self.sequence += 1;
            // The template's event filter passes only these records.
            if new.get(forecourt_store::WAKE_UP).is_some() {
                let mut change = json!({
                    "Keys": {"pk": new["pk"], "sk": new["sk"]},
                    "SequenceNumber": self.sequence.to_string(),
                    "SizeBytes": 1,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                    "NewImage": new,
                });
                if let Some(old) = &old {
                    change["OldImage"] = old.clone();
                }
                let name = if old.is_some() { "MODIFY" } else { "INSERT" };
                self.stream.push(json!({
                    "eventID": self.sequence.to_string(), "eventName": name, "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb", "awsRegion": "local", "dynamodb": change,
                }));
            }
        }
    }
}

fn table_name(body: &Value) -> Value {
    match body.get("TransactItems") {
        Some(items) => items[0]["Put"]["TableName"].clone(),
        None => body["TableName"].clone(),
    }
}

/// The connection of a client to the table.
#[derive(Clone)]
struct Wire {
    table: Arc<RecordedTable>,
    process: Option<Arc<Process>>,
    takes: Duration,
}

#[async_trait]
impl EmbeddedTable for Wire {
    async fn answer(&self, operation: &str, body: &[u8]) -> Result<TableResponse, ConnectorError> {
        let mut body: Value = serde_json::from_slice(body).unwrap();
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        let Some(process) = &self.process else { return Ok(self.table.apply(operation, body)) };
        let writes = matches!(operation, "PutItem" | "TransactWriteItems");
        let answered = match process.gate.enter(process.handler, operation, &key(operation, &body)).await {
            None => self.table.apply(operation, body),
            Some(Fault::CrashBefore) => process.end().await,
            Some(Fault::CrashAfter) => {
                self.table.apply(operation, body);
                if writes {
                    process.recorded();
                }
                process.end().await
            }
            Some(Fault::Late) => {
                self.table.state.lock().unwrap().late.push((operation.to_owned(), body));
                process.end().await
            }
            Some(Fault::ResponseLost) => {
                self.table.apply(operation, body);
                return Err(ConnectorError::timeout("the answer is lost".into()));
            }
            Some(Fault::Throttled) => failed(400, "ProvisionedThroughputExceededException"),
            Some(Fault::ServerError) => failed(500, "InternalServerError"),
            Some(Fault::Conflict) => conflict(operation, &body),
            Some(Fault::Unprocessed) => self.in_part(operation, body),
            Some(Fault::ShortPage) => {
                body["Limit"] = json!(1);
                self.table.apply(operation, body)
            }
            Some(Fault::LaggingIndex) if body.get("IndexName").is_some() => self.table.apply_behind(operation, &body),
            Some(Fault::LaggingIndex) => self.table.apply(operation, body),
        };
        if writes && answered.0 == 200 {
            process.recorded();
        }
        Ok(answered)
    }
}

impl Wire {
    /// Processes the first half of a batch and returns the rest as unprocessed.
    fn in_part(&self, operation: &str, mut body: Value) -> TableResponse {
        let tables = body["RequestItems"].as_object_mut().unwrap();
        let (name, requested) = tables.iter_mut().next().map(|(name, requested)| (name.clone(), requested)).unwrap();
        let mut keys = requested["Keys"].as_array().unwrap().clone();
        keys.sort_by_key(Value::to_string);
        let left = keys.split_off(keys.len().div_ceil(2));
        requested["Keys"] = json!(keys);
        let (status, answer) = self.table.apply(operation, body);
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        answer["UnprocessedKeys"] = json!({ name: {"Keys": left, "ConsistentRead": true} });
        (status, answer.to_string())
    }
}

fn failed(status: u16, name: &str) -> TableResponse {
    (status, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "for the test"}).to_string())
}

fn conflict(operation: &str, body: &Value) -> TableResponse {
    if operation == "PutItem" {
        return failed(400, "TransactionConflictException");
    }
    let mut reasons = vec![json!({"Code": "None"}); puts(body).len()];
    reasons[0] = json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"});
    let cancelled = json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "Transaction cancelled", "CancellationReasons": reasons});
    (400, cancelled.to_string())
}
