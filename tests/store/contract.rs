//! The store's assumptions about DynamoDB, as a snapshot of calls and responses.
//!
//! `tests/engines/run` makes the same calls to Amazon's DynamoDB Local and so finds deviations of the embedded engine.

use crate::support::world::engine;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, KeysAndAttributes, Put, ReturnConsumedCapacity, TransactWriteItem};
use forecourt_local::engine;
use forecourt_store::{Secret, Store};
use std::collections::{BTreeMap, HashMap};

type Item = HashMap<String, AttributeValue>;

/// An item, the condition of its write, and the condition's values.
type Guarded<'a> = (Item, &'a str, Vec<(&'a str, AttributeValue)>);

/// A table of its own and the responses so far.
struct EngineRecorder {
    client: Client,
    table: String,
    responses: Vec<String>,
    /// The units of each transaction, if the engine reports them.
    transactions: Vec<String>,
}

/// Whether the tests run on an engine other than the embedded one.
fn foreign() -> bool {
    std::env::var("ENGINE").is_ok()
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item(pk: &str, sk: &str, more: &[(&str, AttributeValue)]) -> Item {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    [("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))].into_iter().chain(more).collect()
}

fn short(item: &Item) -> String {
    let sorted: BTreeMap<_, _> = item.iter().collect();
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) if text.len() > 40 => format!("<{} bytes>", text.len()),
        AttributeValue::S(text) => format!("{text:?}"),
        AttributeValue::N(number) => number.clone(),
        other => format!("{other:?}"),
    };
    sorted.iter().map(|(name, of)| format!("{name}={}", value(of))).collect::<Vec<_>>().join(" ")
}

fn units<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> String {
    consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum::<f64>().to_string()
}

fn why<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    error.code().unwrap_or("no code").to_owned()
}

impl EngineRecorder {
    async fn new(name: &str) -> Self {
        let table = format!("contract-{name}-{:016x}", fastrand::u64(..));
        let client = engine::client(engine());
        Store::new(client.clone(), &table, Secret::new(b"a secret of the tests")).make_table().await.unwrap();
        Self { client, table, responses: Vec::new(), transactions: Vec::new() }
    }

    fn note(&mut self, what: &str, answer: impl std::fmt::Display) {
        self.responses.push(format!("{what}: {answer}"));
    }

    async fn put(&mut self, what: &str, item: Item, condition: Option<(&str, &[(&str, AttributeValue)])>) {
        let mut put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        if let Some((condition, values)) = condition {
            put = put.condition_expression(condition);
            for (name, value) in values {
                put = put.expression_attribute_values(*name, value.clone());
            }
        }
        let answer = match put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Ok(done) => format!("done for {}", units(done.consumed_capacity())),
            Err(e) => why(&e),
        };
        self.note(what, answer);
    }

    async fn get(&mut self, what: &str, pk: &str, sk: &str) {
        let get = self.client.get_item().table_name(&self.table).key("pk", s(pk)).key("sk", s(sk)).consistent_read(true);
        let got = get.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        let answer = format!("{} for {}", got.item().map_or("nothing".into(), short), units(got.consumed_capacity()));
        self.note(what, answer);
    }

    async fn transact(&mut self, what: &str, token: &str, puts: Vec<Guarded<'_>>) {
        let write = puts.into_iter().map(|(item, condition, values)| {
            let mut put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(condition);
            for (name, value) in values {
                put = put.expression_attribute_values(name, value);
            }
            TransactWriteItem::builder().put(put.build().unwrap()).build()
        });
        // A request token is valid for all tables of an engine.
        let token = format!("{token}-{}", self.table.rsplit('-').next().unwrap_or_default());
        let request = self.client.transact_write_items().set_transact_items(Some(write.collect())).client_request_token(token);
        let answer = match request.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            // DynamoDB Local reports the units of a single item, however many items a transaction has.
            Ok(_) if foreign() => "done".to_owned(),
            Ok(done) => {
                self.transactions.push(units(done.consumed_capacity()));
                "done".to_owned()
            }
            Err(e) => match e.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let codes = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("none").to_owned());
                    format!("cancelled: {}", codes.collect::<Vec<_>>().join(", "))
                }
                _ => why(&e),
            },
        };
        self.note(what, answer);
    }

    fn query(&self, condition: &str, values: &[(&str, &str)]) -> QueryFluentBuilder {
        let mut query = self.client.query().table_name(&self.table).key_condition_expression(condition);
        for (name, value) in values {
            query = query.expression_attribute_values(*name, s(*value));
        }
        query.return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

async fn page(recorder: &mut EngineRecorder, what: &str, query: QueryFluentBuilder) -> Option<Item> {
    let answer = query.send().await.unwrap();
    let found = answer.items().iter().map(short).collect::<Vec<_>>().join("; ");
    let more = if answer.last_evaluated_key().is_some() { " and more" } else { "" };
    let answered = format!("[{found}]{more} for {}", units(answer.consumed_capacity()));
    recorder.note(what, answered);
    answer.last_evaluated_key
}

const NEW: &str = "attribute_not_exists(pk)";
const SAME: &str = "v = :v";

#[tokio::test]
async fn a_write_can_require_absence_or_a_version() {
    let mut recorder = EngineRecorder::new("guards").await;
    recorder.put("new", item("a", "@", &[("v", n(1))]), Some((NEW, &[]))).await;
    recorder.put("new again", item("a", "@", &[("v", n(1))]), Some((NEW, &[]))).await;
    recorder.put("from 1 to 2", item("a", "@", &[("v", n(2))]), Some((SAME, &[(":v", n(1))]))).await;
    recorder.put("from 1 to 2 again", item("a", "@", &[("v", n(2))]), Some((SAME, &[(":v", n(1))]))).await;
    recorder.put("from 1 where there is none", item("b", "@", &[("v", n(2))]), Some((SAME, &[(":v", n(1))]))).await;
    recorder.get("it is", "a", "@").await;
    recorder.get("nothing came of the other", "b", "@").await;
    insta::assert_snapshot!("contract_guards", recorder.responses.join("\n"));
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing_and_returns_the_cause() {
    let mut recorder = EngineRecorder::new("transactions").await;
    let new = |sk: &str| (item("a", sk, &[("v", n(1))]), NEW, vec![]);
    recorder.transact("three new", "t1", vec![new("1"), new("2"), new("3")]).await;
    recorder.transact("the same, by the same token", "t1", vec![new("1"), new("2"), new("3")]).await;
    recorder.transact("another one by the same token", "t1", vec![new("4")]).await;
    recorder.transact("the second is there already", "t2", vec![new("4"), new("2"), new("5")]).await;
    recorder.get("nothing came of the first", "a", "4").await;
    let stale = (item("a", "1", &[("v", n(3))]), SAME, vec![(":v", n(2))]);
    recorder.transact("a stale one and a new one", "t3", vec![stale, new("6")]).await;
    recorder.transact("a hundred", "t5", (0..100).map(|i| (item("h", &i.to_string(), &[]), NEW, vec![])).collect()).await;
    recorder.transact("a hundred and one", "t6", (0..101).map(|i| (item("i", &i.to_string(), &[]), NEW, vec![])).collect()).await;
    insta::assert_snapshot!("contract_transactions", recorder.responses.join("\n"));
    if !foreign() {
        assert_eq!(recorder.transactions, ["6", "6", "200"]);
        // DynamoDB refuses the whole request; DynamoDB Local checks the second write against the first.
        recorder.transact("twice the same item", "t4", vec![new("7"), new("7")]).await;
        assert_eq!(recorder.responses.pop().unwrap(), "twice the same item: ValidationException");
    }
}

#[tokio::test]
async fn an_index_lists_items_with_its_keys_and_projects_the_configured_attributes() {
    let mut recorder = EngineRecorder::new("indexes").await;
    let row = ("row", AttributeValue::M(HashMap::from([("id".to_owned(), s("1"))])));
    let listed = |sk: &str, place: &str| {
        item("a", sk, &[("lpk", s("L")), ("lsk", s(place)), ("dpk", s("due#01")), ("dsk", s(place)), row.clone(), ("secret", s("x"))])
    };
    for (sk, place) in [("1", "10"), ("2", "30"), ("3", "20")] {
        recorder.put(&format!("listed at {place}"), listed(sk, place), None).await;
    }
    recorder.put("half of an index's keys", item("a", "4", &[("lpk", s("L"))]), None).await;
    let list = recorder.query("lpk = :pk", &[(":pk", "L")]).index_name("list");
    page(&mut recorder, "the list, newest first", list.clone().scan_index_forward(false)).await;
    let start = page(&mut recorder, "two of it", list.clone().limit(2)).await;
    page(&mut recorder, "the rest", list.clone().set_exclusive_start_key(start)).await;
    let before = recorder.query("lpk = :pk AND lsk < :to", &[(":pk", "L"), (":to", "30")]).index_name("list");
    page(&mut recorder, "those before 30", before.scan_index_forward(false).limit(5)).await;
    let due = recorder.query("dpk = :pk AND dsk <= :until", &[(":pk", "due#01"), (":until", "20~")]).index_name("due");
    page(&mut recorder, "due by 20, keys only", due).await;
    let between =
        recorder.query("lpk = :pk AND lsk BETWEEN :from AND :to", &[(":pk", "L"), (":from", "15"), (":to", "25~")]).index_name("list");
    page(&mut recorder, "between", between).await;
    recorder.put("moved in the list", listed("1", "40"), None).await;
    recorder.put("gone from it", item("a", "2", &[]), None).await;
    page(&mut recorder, "the list then", list).await;
    insta::assert_snapshot!("contract_indexes", recorder.responses.join("\n"));
}

#[tokio::test]
async fn every_value_is_read_back_unchanged() {
    let mut recorder = EngineRecorder::new("values").await;
    let nested = AttributeValue::M(HashMap::from([(
        "list".to_owned(),
        AttributeValue::L(vec![AttributeValue::N("-1.5".into()), AttributeValue::Bool(true), AttributeValue::Null(true), s("")]),
    )]));
    let values = [
        ("empty", s("")),
        ("text", s("Ünal 😀 \u{0} \n")),
        ("large", n(1_795_424_400_000)),
        ("nested", nested),
        ("bytes", AttributeValue::B(Blob::new([0, 255]))),
    ];
    recorder.put("every kind", item("g#L#1", "M#level-1-3", &values), None).await;
    recorder.get("read", "g#L#1", "M#level-1-3").await;
    recorder.get("by another case", "G#L#1", "M#level-1-3").await;
    recorder.put("an empty key", item("", "@", &[]), None).await;
    recorder.put("400 KB", item("b", "@", &[("x", s("x".repeat(399 * 1_024)))]), None).await;
    recorder.put("more", item("c", "@", &[("x", s("x".repeat(401 * 1_024)))]), None).await;
    recorder.put("a key that is a number", item("d", "@", &[("lpk", n(1)), ("lsk", s("1"))]), None).await;
    insta::assert_snapshot!("contract_values", recorder.responses.join("\n"));
}

#[tokio::test]
async fn batches_and_pages_return_the_remaining_keys() {
    let mut recorder = EngineRecorder::new("pages").await;
    for i in 0..5 {
        recorder.put(&format!("300 KB, {i}"), item("p", &i.to_string(), &[("x", s("x".repeat(300 * 1_024)))]), None).await;
    }
    let all = recorder.query("pk = :pk", &[(":pk", "p")]).consistent_read(true);
    // Engines differ in whether the item that crosses the limit of one megabyte is the last of a page or the first of the next.
    let (mut pages, mut found, mut start) = (0, Vec::new(), None);
    loop {
        let answer = all.clone().set_exclusive_start_key(start).send().await.unwrap();
        pages += 1;
        found.extend(answer.items().iter().map(short));
        start = answer.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    recorder.note("all of them", format!("{} in {pages} pages", found.join("; ")));
    let key = |sk: &str| HashMap::from([("pk".to_owned(), s("p")), ("sk".to_owned(), s(sk))]);
    let keys = KeysAndAttributes::builder().set_keys(Some(vec![key("0"), key("3"), key("4")])).consistent_read(true).build().unwrap();
    let batch =
        recorder.client.batch_get_item().request_items(&recorder.table, keys).return_consumed_capacity(ReturnConsumedCapacity::Total);
    let got = batch.send().await.unwrap();
    let mut found: Vec<_> = got.responses().and_then(|all| all.get(&recorder.table)).into_iter().flatten().map(short).collect();
    found.sort();
    let left = got.unprocessed_keys().map_or(0, HashMap::len);
    let answer = format!("[{}], {left} left, for {}", found.join("; "), units(got.consumed_capacity()));
    recorder.note("three keys", answer);
    let missing = KeysAndAttributes::builder().set_keys(Some(vec![key("0"), key("none")])).build().unwrap();
    let got = recorder.client.batch_get_item().request_items(&recorder.table, missing).send().await.unwrap();
    let found = got.responses().and_then(|all| all.get(&recorder.table)).map_or(0, Vec::len);
    recorder.note("one of two is there", format!("{found} found, {} left", got.unprocessed_keys().map_or(0, HashMap::len)));
    let twice = KeysAndAttributes::builder().set_keys(Some(vec![key("0"), key("0")])).build().unwrap();
    let refused = recorder.client.batch_get_item().request_items(&recorder.table, twice).send().await.err().map(|e| why(&e));
    recorder.note("one key twice", refused.unwrap_or_default());
    insta::assert_snapshot!("contract_pages", recorder.responses.join("\n"));
}

#[tokio::test]
async fn the_cost_of_a_call_follows_its_size() {
    let mut recorder = EngineRecorder::new("units").await;
    recorder.put("1 KB", item("a", "1", &[("x", s("x".repeat(900)))]), None).await;
    recorder.put("1.5 KB", item("a", "2", &[("x", s("x".repeat(1_500)))]), None).await;
    recorder.put("smaller than before", item("a", "2", &[("x", s("x"))]), None).await;
    let indexed = |place: &str| {
        item("a", "3", &[("lpk", s("L")), ("lsk", s(place)), ("wpk", s("W")), ("wsk", s(place)), ("dpk", s("D")), ("dsk", s(place))])
    };
    recorder.put("in three indexes", indexed("1"), None).await;
    recorder.put("the same again", indexed("1"), None).await;
    recorder.put("moved in all of them", indexed("2"), None).await;
    recorder.put("refused", item("a", "3", &[]), Some((NEW, &[]))).await;
    recorder.transact("three in a transaction", "u1", (4..7).map(|i| (item("a", &i.to_string(), &[]), NEW, vec![])).collect()).await;
    recorder
        .transact("in an index, in a transaction", "u2", vec![(item("a", "8", &[("lpk", s("L")), ("lsk", s("8"))]), NEW, vec![])])
        .await;
    recorder.get("read 1 KB", "a", "1").await;
    recorder.get("read nothing", "a", "none").await;
    insta::assert_snapshot!("contract_units", recorder.responses.join("\n"));
    if !foreign() {
        assert_eq!(recorder.transactions, ["6", "3"], "twice the table's units, once the indexes'");
    }
}
