//! The requests that create and read an export (EXP-1, EXP-3).

use crate::file::columns_of;
use crate::readable::Readable;
use crate::view::{ExportView, ExportsView};
use forecourt_domain::base::{ExportId, Fault, Refusal};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::reports::{AppointmentFilter, CsvDialect, Export, ExportContent, ExportFormat, FORMER_NAMES, LeadFilter};
use forecourt_edge::Platform;
use forecourt_edge::formats::json;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::keys::Key;
use forecourt_store::{Load, fingerprint};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The records to export.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"what": "appointments", "filter": {"dealer": "autohaus-nordstern-demo", "created_from": "2026-11-01"}}))]
pub struct ExportBody {
    /// `appointments` or `leads`.
    #[serde(default)]
    #[schema(value_type = String, example = "appointments")]
    what: Value,
    /// The filters of the overview of the same name, as text; `dealer` may be a list. Everything if absent.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    filter: Value,
    /// `csv` (default): RFC 4180, UTF-8 with a byte order mark. `xlsx`: an Excel workbook with times in the dealer's zone.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "csv")]
    format: Value,
    /// The form of a CSV file. `comma` (default): commas, a decimal point, times in RFC 3339. `semicolon`, as spreadsheets of countries
    /// with a decimal comma read it: semicolons, a decimal comma, times in the dealer's zone.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "comma")]
    dialect: Value,
}

/// What a request asks for.
struct Wanted {
    what: ExportContent,
    format: ExportFormat,
    dialect: CsvDialect,
}

pub(crate) const RULE: &str = "EXP-1";
/// The number of exports of the list without a limit.
const PAGE: usize = 25;

impl ExportBody {
    fn check(&self) -> Result<Wanted, Refusal> {
        let mut faults = Vec::new();
        let nothing = Map::new();
        let filter = match &self.filter {
            Value::Null => &nothing,
            Value::Object(filter) => filter,
            _ => {
                faults.push(Fault::new("filter", RULE, "must be an object"));
                &nothing
            }
        };
        let wrong = |value: &Value| {
            value.is_boolean() || value.is_object() || value.as_array().is_some_and(|all| !all.iter().all(Value::is_string))
        };
        let typed = |(name, _): (&String, &Value)| Fault::new(format!("filter.{name}"), RULE, "must be text, or a list of texts");
        faults.extend(filter.iter().filter(|(_, value)| wrong(value)).map(typed));
        let what = match self.what.as_str() {
            Some("appointments") => {
                let filter = current(filter, &AppointmentFilter::NAMES, &mut faults);
                AppointmentFilter::read(&|name: &str| filter.get(name).and_then(text), RULE).map(ExportContent::Appointments)
            }
            Some("leads") => {
                let filter = current(filter, &LeadFilter::NAMES, &mut faults);
                LeadFilter::read(&|name: &str| filter.get(name).and_then(text), RULE).map(ExportContent::Leads)
            }
            _ => Err(vec![Fault::new("what", RULE, "must be appointments or leads")]),
        };
        let format = named(&self.format, &ExportFormat::NAMES);
        if format.is_none() {
            faults.push(Fault::new("format", RULE, "must be csv or xlsx"));
        }
        let dialect = named(&self.dialect, &CsvDialect::NAMES);
        if dialect.is_none() {
            faults.push(Fault::new("dialect", RULE, "must be comma or semicolon"));
        } else if format == Some(ExportFormat::Xlsx) && !self.dialect.is_null() {
            faults.push(Fault::new("dialect", RULE, "must be absent if the format is xlsx"));
        }
        let place = |fault: Fault| match fault.field.as_str() {
            "what" => fault,
            _ => Fault { field: format!("filter.{}", fault.field), ..fault },
        };
        match what {
            Ok(what) if faults.is_empty() => Ok(Wanted { what, format: format.unwrap_or_default(), dialect: dialect.unwrap_or_default() }),
            what => Err(Refusal::Invalid(what.err().into_iter().flatten().map(place).chain(faults).collect())),
        }
    }
}

/// Returns the value with the name that a body gives; the default without one.
fn named<T: Copy + Default>(given: &Value, all: &[(&'static str, T)]) -> Option<T> {
    match given {
        Value::Null => Some(T::default()),
        name => all.iter().find(|(known, _)| name.as_str() == Some(known)).map(|(_, value)| *value),
    }
}

/// Returns a filter value as text: a text, a list of texts, or a number. Other values are refused.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(all) if all.iter().all(Value::is_string) => Some(all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

/// Returns the filters under their current names. Adds a fault of each that is unknown, or given under its former name too (API-1).
fn current(filter: &Map<String, Value>, known: &[&str], faults: &mut Vec<Fault>) -> Map<String, Value> {
    let mut current = filter.clone();
    for (former, now) in FORMER_NAMES.into_iter().filter(|(_, now)| known.contains(now)) {
        let Some(value) = current.remove(former) else { continue };
        if current.contains_key(now) {
            faults.push(json::former(format!("filter.{former}"), now));
        } else {
            current.insert(now.to_owned(), value);
        }
    }
    let others = current.keys().filter(|name| !known.contains(&name.as_str()));
    faults.extend(others.map(|name| json::unknown(format!("filter.{name}"), known)));
    current
}

/// `POST /exports`: creates the export, which starts at once. The same `Idempotency-Key` again returns the export in its current state
/// (INT-5).
pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let Wanted { what, format, dialect } = call.json::<ExportBody>()?.check()?;
    for dealer in what.dealers() {
        call.scope.reaches(dealer)?;
    }
    let dealers = Readable::of(platform, call).await?.dealers(platform, call, what.dealers()).await?;
    let by = call.scope.actor();
    let name = match &call.idempotency_key {
        Some(key) => platform.store.secret().name(&call.scope, &["export", &format!("{by:?}"), key]),
        None => platform.ids.next(),
    };
    // Ids are lower case. The hash is long enough that lowering its case does not lead to collisions.
    let id = ExportId::parse(&fingerprint(name.as_bytes()).to_lowercase()).map_err(|e| forecourt_store::Failure::Broken(e.into()))?;
    let request = fingerprint(&call.body);
    let key = Key::Export(id.clone());
    let load = Load::of(dealers.iter().cloned().map(Key::Dealer).chain([key]));
    let rule = |loaded: &forecourt_store::Loaded, _| {
        if let Some(before) = loaded.export(&id) {
            if before.request != request {
                return Err(Refusal::Reused("this Idempotency-Key was used before with another request".into()));
            }
            return Ok((None, (before.clone(), true)));
        }
        if dealers.iter().any(|dealer| loaded.dealer(dealer).is_none()) && !what.dealers().is_empty() {
            return Err(Refusal::NotFound("dealer"));
        }
        let existing: Vec<_> = dealers.iter().filter_map(|dealer| loaded.dealer(dealer)).collect();
        if existing.is_empty() {
            return Err(Refusal::conflict("EXP-1", "the group has no dealers yet"));
        }
        let mut export = Export::new(id.clone(), by.clone(), request.clone(), (what.clone(), format), call.now);
        export.dialect = dialect;
        export.columns = Some(columns_of(&export.what).len());
        export.months = existing.iter().map(|dealer| crate::slice::months(&export, dealer)).sum();
        export.dealers = existing.iter().map(|dealer| dealer.id.clone()).collect();
        Ok((Some(Decision::default().with(Item::Export(Box::new(export.clone())))), (export, false)))
    };
    let (export, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    Ok(Answer::new(202, &ExportView::of(&export, call.now))?.header("location", format!("/exports/{id}")).about(&id))
}

/// `GET /exports`.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let readable = Readable::of(platform, call).await?;
    let mut queries = Queries::of(call, "EXP-3");
    let limit = queries.limit(PAGE);
    queries.done()?;
    let by = call.scope.actor();
    let mut own: Vec<Export> = platform.store.exports(&call.scope).await?;
    own.retain(|export| export.by == by && readable.has(export));
    own.sort_by(|a, b| (b.asked, &b.id).cmp(&(a.asked, &a.id)));
    own.truncate(limit);
    Ok(Answer::new(200, &ExportsView { exports: own.iter().map(|export| ExportView::of(export, call.now)).collect() })?)
}

/// `GET /exports/{id}`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: ExportId = call.part("id", "export")?;
    let readable = Readable::of(platform, call).await?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Export(id.clone())])).await?;
    let export = readable.found(loaded.export(&id))?;
    Ok(Answer::new(200, &ExportView::of(export, call.now))?.about(&id))
}
