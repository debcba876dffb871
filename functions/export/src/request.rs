//! An export is asked for, and looked at (EXP-1, EXP-3).

use crate::view::ExportView;
use forecourt_domain::base::{ExportId, Fault, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::reports::{AppointmentFilter, Export, ExportContent, ExportFormat, LeadFilter};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Load, fingerprint};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What is to be exported.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"what": "appointments", "filter": {"dealer": "autohaus-nordstern-demo", "created_from": "2026-11-01"}}))]
pub struct ExportBody {
    /// `appointments` or `leads`.
    #[serde(default)]
    #[schema(value_type = String, example = "appointments")]
    what: Value,
    /// The filters of the overview of the same name, as text; `dealer` may be a list. None: everything.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    filter: Value,
    /// `csv`, also if not said: RFC 4180, UTF-8 with a byte order mark; or `xlsx`: an Excel workbook, whose times are those of the dealers' clocks.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "csv")]
    format: Value,
    /// What is not known: a misspelt filter must not take everything away.
    #[serde(flatten)]
    #[schema(ignore)]
    others: Map<String, Value>,
}

const RULE: &str = "EXP-1";

impl ExportBody {
    fn check(&self) -> Result<(ExportContent, ExportFormat), Refusal> {
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
        faults.extend(self.others.keys().map(|name| Fault::new(name.clone(), RULE, "is not known; there are what, filter, format")));
        let named = |name: &str| filter.get(name).and_then(text);
        let what = match self.what.as_str() {
            Some("appointments") => {
                faults.extend(unknown(filter, &AppointmentFilter::NAMES));
                AppointmentFilter::read(&named, RULE).map(ExportContent::Appointments)
            }
            Some("leads") => {
                faults.extend(unknown(filter, &LeadFilter::NAMES));
                LeadFilter::read(&named, RULE).map(ExportContent::Leads)
            }
            _ => Err(vec![Fault::new("what", RULE, "must be appointments or leads")]),
        };
        let known = |said: &str| ExportFormat::NAMES.iter().find(|(name, _)| *name == said).map(|(_, format)| *format);
        let format = match &self.format {
            Value::Null => Some(ExportFormat::default()),
            said => said.as_str().and_then(known),
        };
        if format.is_none() {
            faults.push(Fault::new("format", RULE, "must be csv or xlsx"));
        }
        let place = |fault: Fault| match fault.field.as_str() {
            "what" => fault,
            _ => Fault { field: format!("filter.{}", fault.field), ..fault },
        };
        match what {
            Ok(what) if faults.is_empty() => Ok((what, format.unwrap_or_default())),
            what => Err(Refusal::Invalid(what.err().into_iter().flatten().map(place).chain(faults).collect())),
        }
    }
}

/// Values that are not text, a list of texts or nothing are none of ours.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(all) if all.iter().all(Value::is_string) => Some(all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

fn unknown(filter: &Map<String, Value>, known: &[&str]) -> Vec<Fault> {
    let told = |name: &String| Fault::new(format!("filter.{name}"), RULE, format!("is not known; there are {}", known.join(", ")));
    filter.keys().filter(|name| !known.contains(&name.as_str())).map(told).collect()
}

/// `POST /exports`: a job that begins at once. The same key again is answered with the job as it is then (INT-5).
pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::Export)?;
    let (what, format) = call.json::<ExportBody>()?.check()?;
    for dealer in what.dealers() {
        call.scope.reaches(dealer)?;
    }
    let dealers = match what.dealers() {
        [] => platform.store.dealers(&call.scope).await?,
        asked => asked.to_vec(),
    };
    let by = call.scope.actor();
    let name = match &call.idempotency_key {
        Some(key) => platform.store.secret().name(&call.scope, &["export", &format!("{by:?}"), key]),
        None => platform.ids.next(),
    };
    // Names are in small letters: what is lost by it, a hash makes up for.
    let id = ExportId::parse(&fingerprint(name.as_bytes()).to_lowercase()).map_err(|e| forecourt_store::Failure::Broken(e.into()))?;
    let request = fingerprint(&call.body);
    let key = Key::Export(id.clone());
    let load = Load::of(dealers.iter().cloned().map(Key::Dealer).chain([key]));
    let rule = |loaded: &forecourt_store::Loaded, _| {
        if let Some(before) = loaded.export(&id) {
            if before.request != request {
                return Err(Refusal::Reused("this Idempotency-Key was used before with another request (INT-5)".into()));
            }
            return Ok((None, (before.clone(), true)));
        }
        if dealers.iter().any(|dealer| loaded.dealer(dealer).is_none()) && !what.dealers().is_empty() {
            return Err(Refusal::NotFound("dealer"));
        }
        let there: Vec<_> = dealers.iter().filter_map(|dealer| loaded.dealer(dealer)).collect();
        if there.is_empty() {
            return Err(Refusal::Conflict("the group has no dealers yet".into()));
        }
        let mut export = Export::new(id.clone(), by.clone(), request.clone(), (what.clone(), format), call.now);
        export.months = there.iter().map(|dealer| crate::slice::months(&export, dealer)).sum();
        export.dealers = there.iter().map(|dealer| dealer.id.clone()).collect();
        Ok((Some(Decision::default().with(Item::Export(Box::new(export.clone())))), (export, false)))
    };
    let (export, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    Ok(Answer::new(202, &ExportView::of(&export, call.now))?.header("location", format!("/exports/{id}")).about(&id))
}

/// `GET /exports/{id}`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::Export)?;
    let id: ExportId = call.part("id", "export")?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Export(id.clone())])).await?;
    let export = loaded.export(&id).ok_or(Refusal::NotFound("export"))?;
    Ok(Answer::new(200, &ExportView::of(export, call.now))?.about(&id))
}
