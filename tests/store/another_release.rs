//! What a release does with items of another one: a field or value that it does not know survives every change of the item, at every depth.

use crate::store::stored_form::{Attributes, item_of, stored_items};
use crate::support::world::engine;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::base::GroupId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_local::engine;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Secret, Store};
use std::collections::{BTreeMap, BTreeSet};

/// A way into an item: names of fields and places in lists.
type Path = Vec<Step>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Field(String),
    Place(usize),
}

/// The field that the next release adds. Its value is an object, as new fields often are.
const ADDED: &str = "of_the_next_release";

/// The value or variant that the next release adds to an enum.
const ADDED_VALUE: &str = "value_of_the_next_release";

/// Maps with one key, the variant of an enum: a release adds no field beside it, only within it.
const VARIANTS: [&str; 5] = ["by", "home", "kept", "about", "what"];

/// Maps whose keys are data: a release adds no field to them, only to their values.
const TABLES: [&str; 5] = ["events", "latest", "durations", "special_hours", "labels"];

/// The fields that say which thing or which variant an object is.
const IDENTITIES: [&str; 9] = ["id", "user", "webhook", "from", "kind", "is", "what", "about", "becomes"];

/// The attributes of an item that are no fields of its state.
const ENVELOPE: [&str; 14] = ["pk", "sk", "v", "c", "sv", "ttl", "lpk", "lsk", "wpk", "wsk", "dpk", "dsk", "tell", "row"];

/// The kinds of items with fields of their state in the row. The row of other kinds has none.
const STATE_IN_ROW: [&str; 5] = ["Lead", "Event", "Task", "Appointment", "User"];

fn added() -> AttributeValue {
    AttributeValue::M([("minutes".to_owned(), AttributeValue::N("15".to_owned()))].into())
}

/// Calls `visit` with every value within `at`, and its path.
fn walk<'a>(at: &'a AttributeValue, path: &Path, visit: &mut impl FnMut(&Path, &'a AttributeValue)) {
    visit(path, at);
    let inner = |step: Step| path.iter().cloned().chain([step]).collect::<Path>();
    match at {
        AttributeValue::M(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            sorted.into_iter().for_each(|(name, value)| walk(value, &inner(Step::Field(name.clone())), visit));
        }
        AttributeValue::L(values) => values.iter().enumerate().for_each(|(i, value)| walk(value, &inner(Step::Place(i)), visit)),
        _ => {}
    }
}

fn at<'a>(item: &'a mut AttributeValue, path: &[Step]) -> Option<&'a mut AttributeValue> {
    path.iter().try_fold(item, |value, step| match (value, step) {
        (AttributeValue::M(fields), Step::Field(name)) => fields.get_mut(name),
        (AttributeValue::L(values), Step::Place(place)) => values.get_mut(*place),
        _ => None,
    })
}

fn fields(item: AttributeValue) -> Attributes {
    match item {
        AttributeValue::M(fields) => fields,
        other => panic!("no object: {other:?}"),
    }
}

fn row(item: &mut Attributes) -> &mut Attributes {
    match item.get_mut("row") {
        Some(AttributeValue::M(row)) => row,
        other => panic!("no row: {other:?}"),
    }
}

/// The places of an item to which a release can add a field.
fn objects(item: &AttributeValue) -> Vec<Path> {
    let mut found = Vec::new();
    walk(item, &Vec::new(), &mut |path, value| {
        let AttributeValue::M(fields) = value else { return };
        // The yield of follow-up plans in the row of a lead is computed from its runs by the release that writes it.
        if path.iter().any(|step| matches!(step, Step::Field(name) if name == "follow_ups")) {
            return;
        }
        let without = match path.last() {
            Some(Step::Field(name)) => TABLES.contains(&name.as_str()) || (fields.len() == 1 && VARIANTS.contains(&name.as_str())),
            _ => false,
        };
        if !without {
            found.push(path.clone());
        }
    });
    found
}

/// The changed forms of an item that rules could return: each differs from it in one number or one text.
fn changes(kind: &str, item: &AttributeValue) -> Vec<(Path, Item)> {
    let mut leaves = Vec::new();
    walk(item, &Vec::new(), &mut |path, value| {
        let changed = match value {
            AttributeValue::N(number) => number.parse::<i64>().ok().map(|number| AttributeValue::N((number + 1).to_string())),
            AttributeValue::S(text) => Some(AttributeValue::S(format!("{text}x"))),
            _ => None,
        };
        leaves.extend(changed.map(|changed| (path.clone(), changed)));
    });
    let own = item_of(kind, &fields(item.clone())).unwrap();
    let changed = leaves.into_iter().filter_map(|(path, leaf)| {
        let mut changed = item.clone();
        *at(&mut changed, &path)? = leaf;
        let changed = item_of(kind, &fields(changed)).ok()?;
        (changed != own && Key::of(&changed) == Key::of(&own)).then_some((path, changed))
    });
    changed.collect()
}

/// The forms of an item in which one value or variant of an enum is of the next release, each with its place.
fn with_added_value(kind: &str, item: &AttributeValue) -> Vec<(Path, AttributeValue)> {
    let unknown = |item: &AttributeValue| Some(format!("{:?}", item_of(kind, &fields(item.clone())).ok()?).matches("Unknown").count());
    let (before, mut forms) = (unknown(item), Vec::new());
    walk(item, &Vec::new(), &mut |path, value| {
        let Some(Step::Field(first)) = path.first() else { return };
        if first != "row" && ENVELOPE.contains(&first.as_str()) {
            return;
        }
        let added = match value {
            AttributeValue::S(_) => AttributeValue::S(ADDED_VALUE.into()),
            // A variant with content.
            AttributeValue::M(inner) if inner.len() == 1 => {
                AttributeValue::M(inner.values().map(|content| (ADDED_VALUE.to_owned(), content.clone())).collect())
            }
            _ => return,
        };
        let mut theirs = item.clone();
        *at(&mut theirs, path).unwrap() = added;
        if unknown(&theirs) > before {
            forms.push((path.clone(), theirs));
        }
    });
    forms
}

/// Whether a value of the next release is anywhere within `item`.
fn has_added_value(item: &AttributeValue) -> bool {
    let mut found = false;
    walk(item, &Vec::new(), &mut |_, value| {
        found |= match value {
            AttributeValue::S(text) => text == ADDED_VALUE,
            AttributeValue::M(fields) => fields.contains_key(ADDED_VALUE),
            _ => false,
        };
    });
    found
}

/// Selects changes that must keep what another release stored within the object at `object`: changes elsewhere, and one within the same
/// object if there is one. An object whose identity changes is another one.
fn beside<'a>(changes: &'a [(Path, Item)], object: &[Step]) -> Vec<&'a (Path, Item)> {
    let replaces = |changed: &Path| {
        let Some((Step::Field(name), parent)) = changed.split_last() else { return false };
        !parent.is_empty() && object.starts_with(parent) && IDENTITIES.contains(&name.as_str())
    };
    let changes: Vec<&(Path, Item)> = changes.iter().filter(|(changed, _)| !replaces(changed)).collect();
    let near = changes.iter().find(|(changed, _)| changed.len() == object.len() + 1 && changed.starts_with(object));
    [changes.first(), changes.last(), near].into_iter().flatten().copied().collect()
}

struct UpgradedTable {
    client: Client,
    name: String,
    store: Store,
}

impl UpgradedTable {
    async fn new() -> Self {
        let client = engine::client(engine());
        let name = format!("another-release-{:016x}", fastrand::u64(..));
        let store = Store::new(client.clone(), &name, Secret::new(b"a secret of the tests"));
        store.make_table().await.unwrap();
        Self { client, name, store }
    }

    /// Stores an item as another release would.
    async fn put(&self, item: &Attributes) {
        let mut item = item.clone();
        item.insert("v".into(), AttributeValue::N("7".into()));
        item.insert("c".into(), AttributeValue::S("another commit".into()));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
    }

    async fn get(&self, like: &Attributes) -> Attributes {
        let get = self.client.get_item().table_name(&self.name).key("pk", like["pk"].clone()).key("sk", like["sk"].clone());
        get.send().await.unwrap().item.unwrap()
    }

    /// Writes what a rule returned, after the store has read the item.
    async fn write(&self, item: &Item, like: &Attributes) -> Result<(), Failure> {
        let group = like["pk"].as_s().unwrap().split_once('#').unwrap().0;
        // The key of a number for text messages has no group.
        let scope = Scope::keys_only(GroupId::parse(group).or_else(|_| GroupId::parse("demo-group")).unwrap());
        let decision = Decision::default().with(item.clone());
        self.store.decide(&scope, Load::of([Key::of(item)]), |_, _| Ok((Some(decision.clone()), ()))).await
    }
}

#[tokio::test]
async fn an_unknown_field_at_any_depth_survives_a_change_of_its_item() {
    let table = UpgradedTable::new().await;
    let (mut places, mut unreadable) = (0, Vec::new());
    for (kind, stored) in stored_items() {
        let item = AttributeValue::M(stored.clone());
        let changes = changes(&kind, &item);
        for path in objects(&item) {
            let mut theirs = item.clone();
            let Some(AttributeValue::M(object)) = at(&mut theirs, &path) else { panic!("no object at {path:?}") };
            object.insert(ADDED.into(), added());
            let unchanged = (Path::new(), item_of(&kind, &stored).unwrap());
            for (changed, ours) in beside(&changes, &path).into_iter().chain([&unchanged]) {
                table.put(&fields(theirs.clone())).await;
                // The rule builds the item from scratch: it knows nothing of the field.
                if let Err(e) = table.write(ours, &stored).await {
                    unreadable.push(format!("{kind}: {path:?}: {}", e.chain()));
                    break;
                }
                let mut after = AttributeValue::M(table.get(&stored).await);
                let Some(AttributeValue::M(object)) = at(&mut after, &path) else {
                    panic!("{kind}: no {path:?} after a change of {changed:?}")
                };
                assert_eq!(object.remove(ADDED), Some(added()), "{kind}: {path:?} after a change of {changed:?}");
                assert_eq!(item_of(&kind, &fields(after)).unwrap(), *ours, "{kind}: {path:?}, {changed:?}");
            }
            places += 1;
        }
    }
    assert!(unreadable.is_empty(), "items that this release cannot read:\n{}", unreadable.join("\n"));
    assert!(places > 100, "{places}");
}

#[tokio::test]
async fn an_unknown_value_of_an_enum_at_any_depth_survives_a_change_of_its_item() {
    let table = UpgradedTable::new().await;
    let mut places = BTreeSet::new();
    for (kind, stored) in stored_items() {
        for (path, theirs) in with_added_value(&kind, &AttributeValue::M(stored.clone())) {
            let mut changes = changes(&kind, &theirs);
            // No rule changes the content of a variant that it does not know.
            changes.retain(|(changed, _)| !changed.starts_with(&path));
            let unchanged = (Path::new(), item_of(&kind, &fields(theirs.clone())).unwrap());
            for (changed, ours) in beside(&changes, &path[..path.len() - 1]).into_iter().chain([&unchanged]) {
                table.put(&fields(theirs.clone())).await;
                if let Err(e) = table.write(ours, &stored).await {
                    panic!("{kind}: {path:?} after a change of {changed:?}: {}", e.chain());
                }
                let after = AttributeValue::M(table.get(&stored).await);
                assert!(has_added_value(&after), "{kind}: {path:?} after a change of {changed:?}: {after:?}");
            }
            places.insert((kind.clone(), path));
        }
    }
    assert!(places.len() > 20, "{places:?}");
}

#[tokio::test]
async fn a_field_that_was_moved_into_the_row_can_be_emptied() {
    let table = UpgradedTable::new().await;
    let (mut into_row, mut out_of_row) = (0, 0);
    for (kind, mut stored) in stored_items().filter(|(kind, _)| STATE_IN_ROW.contains(&kind.as_str())) {
        let own = item_of(&kind, &stored).unwrap();
        let in_row: Vec<String> = row(&mut stored).keys().cloned().collect();
        let beside: Vec<String> = stored.keys().filter(|name| !ENVELOPE.contains(&name.as_str())).cloned().collect();
        for name in in_row.iter().chain(&beside) {
            let is_in_row = in_row.contains(name);
            let mut emptied = stored.clone();
            let value = if is_in_row { row(&mut emptied).remove(name) } else { emptied.remove(name) }.unwrap();
            // A field that is computed, required or part of the key cannot be emptied.
            let Ok(ours) = item_of(&kind, &emptied) else { continue };
            if ours == own || Key::of(&ours) != Key::of(&own) {
                continue;
            }
            // Another release had the field in the other place.
            let mut theirs = emptied.clone();
            let former = if is_in_row { &mut theirs } else { row(&mut theirs) };
            former.insert(name.clone(), value);
            assert_eq!(item_of(&kind, &theirs).unwrap(), own, "{kind}: {name}");
            table.put(&theirs).await;
            table.write(&ours, &stored).await.unwrap();
            let mut after = table.get(&stored).await;
            assert_eq!(item_of(&kind, &after).unwrap(), ours, "{kind}: {name}");
            let former = if is_in_row { &mut after } else { row(&mut after) };
            assert!(!former.contains_key(name), "{kind}: {name} is still in its former place");
            into_row += usize::from(is_in_row);
            out_of_row += usize::from(!is_in_row);
        }
    }
    assert!(into_row > 5 && out_of_row > 5, "{into_row} {out_of_row}");
}

#[tokio::test]
async fn a_migration_writes_what_is_not_in_the_form_of_this_release_and_keeps_the_rest() {
    let table = UpgradedTable::new().await;
    let mut items: BTreeMap<(String, String), Attributes> = BTreeMap::new();
    for (_, mut stored) in stored_items() {
        stored.insert(ADDED.into(), added());
        let text = |name: &str| stored[name].as_s().unwrap().clone();
        items.insert((text("pk"), text("sk")), stored.clone());
    }
    let item = |pk: &str, sk: &str, more: &[(&str, AttributeValue)]| {
        let text = |text: &str| AttributeValue::S(text.into());
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        [("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))].into_iter().chain(more).collect::<Attributes>()
    };
    let newer = item("demo-group#U#newer", "@", &[("sv", AttributeValue::N("2".into()))]);
    let foreign = item("demo-group#NEW#kind", "@", &[]);
    // An earlier form: without a row for the index, and with a status that this release does not know.
    let (lead, stored) =
        items.iter().find(|((pk, sk), _)| pk.contains("#L#") && sk == "@").map(|(key, item)| (key.clone(), item.clone())).unwrap();
    let mut earlier = stored;
    if let Some(AttributeValue::M(row)) = earlier.remove("row") {
        earlier.extend(row);
    }
    let group = earlier["pk"].as_s().unwrap().replace("#L#", "#L#9");
    let mut earlier_with_status = earlier.clone();
    earlier_with_status.insert("status".into(), AttributeValue::S("parked".into()));
    earlier_with_status.insert("pk".into(), AttributeValue::S(group));
    items.insert(lead.clone(), earlier);
    for item in items.values().chain([&newer, &foreign, &earlier_with_status]) {
        table.put(item).await;
    }

    let migrate = async || {
        let (mut written, mut left, mut from) = (0, Vec::new(), None);
        loop {
            let page = table.store.migrate(from.as_ref()).await.unwrap();
            written += page.written;
            left.extend(page.left);
            from = page.next;
            if from.is_none() {
                return (written, left);
            }
        }
    };
    let (written, left) = migrate().await;
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(migrate().await.0, 0, "a repeated migration writes nothing");
    assert_eq!(written, 4, "a lead with an open further deadline (LEAD-6) or an event to come gets a due time");
    for (key, item) in &items {
        let after = table.get(item).await;
        assert_eq!(after[ADDED], added(), "{key:?}");
        let gets_due_time = key.1 == "@" && ["demo-group#L#1228167218", "demo-group#L#5550001117"].contains(&key.0.as_str());
        let is_written = *key == lead || gets_due_time;
        let version = if is_written { "8" } else { "7" };
        assert_eq!(after["v"], AttributeValue::N(version.into()), "{key:?}");
    }
    let migrated = table.get(&items[&lead]).await;
    assert!(migrated["row"].as_m().unwrap().contains_key("arrived"), "{migrated:?}");
    // A value that is unknown is no text of this release.
    let parked = table.get(&earlier_with_status).await;
    assert_eq!(parked["row"].as_m().unwrap()["status"], AttributeValue::S("parked".into()), "{parked:?}");
    for item in [migrated, parked] {
        let twice: Vec<&String> = item["row"].as_m().unwrap().keys().filter(|name| item.contains_key(*name)).collect();
        assert!(twice.is_empty(), "in the row and beside it: {twice:?}");
    }
}
