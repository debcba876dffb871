//! The columns and forms of exported files (EXP-1).

use super::export::{OFFICE, exported, got, request_export, sheets};
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use chrono::TimeDelta;
use forecourt_domain::base::ExportId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::reports::Export;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read as _;

/// Returns the records of a CSV file by the names of their columns.
fn records(file: &[u8], delimiter: u8) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file.strip_prefix(b"\xef\xbb\xbf").unwrap());
    reader.deserialize().map(Result::unwrap).collect()
}

/// EXP-1: a file for spreadsheets of countries with a decimal comma has semicolons, decimal commas and times that they read as times. A
/// comma in a cell begins no formula in a spreadsheet of another country.
#[tokio::test]
async fn exp_1_a_file_with_semicolons_has_decimal_commas_and_times_of_spreadsheets() {
    let world = World::new().await;
    let mut named = enquiry("jana");
    named["contact"]["first_name"] = json!("x, =1+1");
    let lead = world.lead(&named).await;
    world.advance_to("2026-11-23T09:12:30Z").await;
    world.post("ingo.brandt", &format!("/leads/{lead}/status"), &json!({"status": "won"})).await;
    let (id, file) = exported(&world, &json!({"what": "leads", "dialect": "semicolon"})).await;
    let all = records(&file, b';');
    let record = &all[0];
    let cells = ["response_working_minutes", "arrived_at", "lead_number"].map(|name| record[name].as_str());
    assert_eq!(cells, ["12,5", "2026-11-23 10:00:00", &lead.spoken()]);
    assert!(record["contact"].contains("x,' =1+1"), "{record:?}");
    let view = world.get(OFFICE, &format!("/exports/{id}")).await;
    assert_eq!((view.text("/dialect"), view.text("/format")), ("semicolon", "csv"));
    let (id, _) = exported(&world, &json!({"what": "leads", "format": "xlsx"})).await;
    assert_eq!(world.get(OFFICE, &format!("/exports/{id}")).await.body.get("dialect"), None);
    for (body, fault) in [
        (json!({"what": "leads", "dialect": "tab"}), "dialect EXP-1"),
        (json!({"what": "leads", "dialect": 1}), "dialect EXP-1"),
        (json!({"what": "leads", "format": "xlsx", "dialect": "semicolon"}), "dialect EXP-1"),
    ] {
        let refused = request_export(&world, "bad", &body).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{body}");
    }
}

/// EXP-1: an appointment has the number of its lead as people write it, the vehicle, the moves, and why it did not take place.
#[tokio::test]
async fn exp_1_appointments_have_vehicle_lead_number_moves_and_reasons() {
    let world = World::new().await;
    let mut wanted = enquiry("jana");
    wanted["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    let lead = world.lead(&wanted).await;
    world.system.settle().await;
    let body = |at: &str, lead: Option<String>| json!({"at": at, "kind": "showroom", "lead": lead, "customer": {"name": "Jana", "phone": "+49 170 5550100"}});
    let path = format!("/dealers/{NORDSTERN}/appointments");
    let mut made = Vec::new();
    for (at, of) in [("2026-11-24T10:00:00+01:00", Some(lead.to_string())), ("2026-11-25T10:00:00+01:00", None)] {
        let mut body = body(at, of.clone());
        if of.is_some() {
            body.as_object_mut().unwrap().remove("customer");
        }
        let reply = world.post(ADMIN, &path, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        made.push(reply.text("/id").to_owned());
    }
    let change = async |id: &str, what: &str, body: Value| {
        let reply = world.post(ADMIN, &format!("/appointments/{id}/{what}"), &body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    change(&made[0], "time", json!({"at": "2026-11-24T11:00:00+01:00"})).await;
    change(&made[1], "cancellation", json!({"reason": "illness", "side": "customer"})).await;
    world.advance_to("2026-11-24T12:00:00Z").await;
    change(&made[0], "attendance", json!({"attendance": "no_show", "reason": "not_reached"})).await;
    let (_, file) = exported(&world, &json!({"what": "appointments"})).await;
    let all: BTreeMap<String, BTreeMap<String, String>> =
        records(&file, b',').into_iter().map(|record| (record["appointment"].clone(), record)).collect();
    let cells = |id: &str| {
        ["lead_number", "vehicle", "no_show_reason", "moves", "cancellation_reason", "cancellation_side"].map(|name| all[id][name].clone())
    };
    assert_eq!(cells(&made[0]), [&lead.spoken(), "Opel Corsa", "not_reached", "1", "", ""].map(str::to_owned));
    assert_eq!(cells(&made[1]), ["", "", "", "0", "illness", "customer"].map(str::to_owned));
}

/// EXP-1: the header of a sheet filters its rows, and each column is as wide as its kind of values needs.
#[tokio::test]
async fn exp_1_a_sheet_has_a_filter_over_all_rows_and_columns() {
    let world = World::new().await;
    for number in 0..3 {
        let one = appointment(&format!("a{number}"), NORDSTERN, at("2026-11-20T22:30:00Z") + TimeDelta::minutes(number));
        save(&world.store, &world.scope(), &one).await;
    }
    let (_, file) = exported(&world, &json!({"what": "appointments", "format": "xlsx"})).await;
    let columns = sheets(file.clone())[0].1[0].len();
    assert_eq!(columns, 28);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let sheet = text("xl/worksheets/sheet1.xml");
    assert!(sheet.ends_with(r#"</sheetData><autoFilter ref="A1:AB4"/></worksheet>"#), "{sheet}");
    assert_eq!(sheet.matches("<col ").count(), columns);
    let name = r#"<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'appointments'!$A$1:$AB$4</definedName>"#;
    assert!(text("xl/workbook.xml").contains(name));
}

/// EXP-1: an export that an earlier release began keeps the columns of its header.
#[tokio::test]
async fn exp_1_an_export_keeps_the_columns_with_which_it_began() {
    let world = World::new().await;
    save(&world.store, &world.scope(), &appointment("a1", NORDSTERN, at("2026-11-20T22:30:00Z"))).await;
    let requested = request_export(&world, "before", &json!({"what": "appointments"})).await;
    let id: ExportId = requested.text("/id").parse().unwrap();
    let earlier = |loaded: &Loaded, _| {
        let export = Export { columns: None, ..loaded.export(&id).unwrap().clone() };
        Ok((Some(Decision::default().with(Item::Export(Box::new(export)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Export(id.clone())]), earlier).await.unwrap();
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
    let link = world.get(OFFICE, &format!("/exports/{id}/download")).await;
    let file = got(&world, link.text("/url")).await.1;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&file[3..]);
    let lengths: Vec<usize> = reader.records().map(|record| record.unwrap().len()).collect();
    assert_eq!(lengths, [22, 22]);
}
