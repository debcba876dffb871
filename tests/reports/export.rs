//! Exports of all records that match a filter (EXP).

use crate::reports::overview::operator;
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{NORDSTERN, Reply, Request, World, at, enquiry};
use axum::body::{Bytes, to_bytes};
use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use chrono::{DateTime, TimeDelta};
use forecourt_export::Exporter;
use forecourt_local::folder::LINKED;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

pub(super) const OFFICE: &str = "hugo.office";

pub(super) async fn request_export(world: &World, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    world.call(Request::post(OFFICE, "/exports").headers(&headers).body(body.to_string().as_bytes())).await
}

/// Downloads from a link. Returns the status and the file.
pub(super) async fn got(world: &World, url: &str) -> (u16, Vec<u8>) {
    let path = url.strip_prefix("https://desk.example").unwrap();
    assert!(path.starts_with(LINKED));
    let response = world.bucket.linked(&Method::GET, path, &HeaderMap::new(), &Bytes::new());
    (response.status().as_u16(), to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

/// Requests an export and runs its job. Returns its id and its file.
pub(super) async fn exported(world: &World, body: &Value) -> (String, Vec<u8>) {
    let requested = request_export(world, &body.to_string(), body).await;
    assert_eq!(requested.status, 202, "{}", requested.body);
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
    let id = requested.text("/id").to_owned();
    let link = world.get(OFFICE, &format!("/exports/{id}/download")).await;
    assert_eq!(link.status, 200, "{}", link.body);
    let (status, file) = got(world, link.text("/url")).await;
    assert_eq!(status, 200);
    (id, file)
}

/// EXP-1: each cell can be read back unchanged, and a spreadsheet treats none as a formula.
#[tokio::test]
async fn exp_1_each_csv_cell_is_read_back_exactly_and_none_is_a_formula() {
    let world = World::new().await;
    let customers = [
        "Jana Petersen",
        "Müller, Söhne & Co",
        "Joe \"the car\" O'Neil",
        "two\r\nlines\nand more",
        "=HYPERLINK(\"http://x\")",
        "+49 171",
        "-1",
        "@SUM(A1)",
        "\tJana",
        "\rJana",
        "\nJana",
        " =1",
        "\u{200b}=1",
        "\u{feff}@SUM(A1)",
        "＝1+1",
        "＋49 171",
        "－1",
        "＠SUM(A1)",
        "\u{3000}＝1",
        "﹦1",
        "﹢1",
        "﹣1",
        "﹫SUM(A1)",
        "−1",
        " Jana = Petersen",
        "李雷 🚗",
        "",
        ";|'",
    ];
    // Some spreadsheets begin a new cell or row within these.
    let parts = [
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        (" \t \u{a0}+1", "' \t' \u{a0}+1"),
        ("x;=1+1;", "x;'=1+1;"),
        ("x; \"=1+1", "x;' \"=1+1"),
        ("Golf; 5 doors; ＝1", "Golf; 5 doors;' ＝1"),
        ("x\n=1", "x\n'=1"),
        ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
        ("=1;-1", "'=1;'-1"),
        ("a-b; c=d; e", "a-b; c=d; e"),
    ];
    for (i, customer) in customers.iter().chain(parts.iter().map(|(customer, _)| customer)).enumerate() {
        let mut one = appointment(&format!("a{i:02}"), NORDSTERN, at("2026-11-20T22:30:00Z") + TimeDelta::minutes(i as i64));
        one.customer = (*customer).into();
        save(&world.store, &world.scope(), &one).await;
    }
    let (_, file) = exported(&world, &json!({"what": "appointments"})).await;
    let text = String::from_utf8(file).unwrap().strip_prefix('\u{feff}').unwrap().to_owned();
    assert!(text.starts_with("appointment,dealer,lead,customer,") && text.ends_with("\r\n"));
    // Each line outside quotes ends with CRLF, as RFC 4180 requires.
    let (mut quoted, mut last) = (false, ' ');
    for c in text.chars() {
        quoted ^= c == '"';
        assert!(c != '\n' || quoted || last == '\r');
        last = c;
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let column = |reader: &mut csv::Reader<_>, name: &str| reader.headers().unwrap().iter().position(|is| is == name).unwrap();
    let (customer, made) = (column(&mut reader, "customer"), column(&mut reader, "made_at"));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), customers.len() + parts.len());
    for (record, (_, wanted)) in records[customers.len()..].iter().zip(parts) {
        assert_eq!(&record[customer], wanted);
    }
    for (record, wanted) in records.iter().zip(customers) {
        let begins = wanted.trim_start_matches(['\u{200b}', '\u{feff}', '\u{3000}', '\u{a0}', ' ', '\t', '\r', '\n']);
        let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];
        let formula = begins.starts_with(signs) || wanted.starts_with(['\t', '\r', '\n']);
        assert_eq!(record[customer].to_owned(), if formula { format!("'{wanted}") } else { wanted.to_owned() });
    }
    assert_eq!(&records[0][made], "2026-11-20T23:30:00+01:00");
}

/// EXP-1: the leads of an export have the values that the overview counts. It has only leads that match the filter and existed at the
/// request.
#[tokio::test]
async fn exp_1_a_lead_export_contains_only_leads_that_match_the_filter() {
    let world = World::new().await;
    let first = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:12:00Z").await;
    world.post("ingo.brandt", &format!("/leads/{first}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let mut other = enquiry("karl");
    other["source"] = json!("portal");
    world.lead(&other).await;
    world.advance_to("2026-11-23T09:13:00Z").await;
    let (_, file) = exported(&world, &json!({"what": "leads", "filter": {"source": "Website", "dealer": [NORDSTERN]}})).await;
    let records: Vec<csv::StringRecord> = csv::Reader::from_reader(&file[3..]).records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 1);
    let record: Vec<&str> = records[0].iter().collect();
    assert_eq!((record[0], record[5], record[7], record[8]), (first.to_string().as_str(), "jana", "lost", "price"));
    assert_eq!(&record[12..], ["0", "12.0", "yes", "Anna Vogt", &first.spoken()]);
    assert!(!String::from_utf8(file).unwrap().contains('@'), "no address is in it");
}

/// EXP-1, EXP-2: only head office may request, see and download exports and read the log. The right cannot be granted to other roles.
#[tokio::test]
async fn exp_1_only_head_office_may_export() {
    let world = World::new().await;
    let (id, _) = exported(&world, &json!({"what": "appointments"})).await;
    for who in ["anna.vogt", "ingo.brandt", "gina.group", operator(), "partner:portal-demo"] {
        let requested = world.post(who, "/exports", &json!({"what": "leads"})).await;
        assert_eq!((requested.status, requested.text("/right")), (403, "export"), "{who}");
        for path in [format!("/exports/{id}"), format!("/exports/{id}/download"), "/exports/log".into()] {
            assert_eq!(world.get(who, &path).await.status, 403, "{who} {path}");
        }
    }
    assert_eq!(world.get("rival.seller", &format!("/exports/{id}")).await.status, 403);
    let given = json!({"name": "Anna", "email": "anna@desk.example", "language": "de", "role": "seller", "rights": ["export"], "dealers": [NORDSTERN]});
    let body = given.to_string();
    let headers = [("content-type", "application/json"), ("if-match", "*")];
    let refused = world.call(Request::put(operator(), "/users/anna.vogt").headers(&headers).body(body.as_bytes())).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["rights EXP-1".to_owned()]));
    let wrong = request_export(&world, "w", &json!({"what": "cars", "format": "pdf", "filter": {"dealer": "A B", "colour": "red"}})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["what EXP-1".to_owned(), "format EXP-1".into()]));
    let wrong =
        request_export(&world, "w", &json!({"what": "leads", "filter": {"dealer": "A B", "colour": "red", "received_from": 7}})).await;
    let faults = ["filter.dealer EXP-1", "filter.received_from EXP-1", "filter.colour API-1"].map(str::to_owned);
    assert_eq!((wrong.status, wrong.faults()), (422, faults.to_vec()));
    assert_eq!(request_export(&world, "w", &json!({"what": "leads", "filter": {"dealer": "rival-dealer"}})).await.status, 404);
}

/// EXP-2: each download is logged before its link is returned: user, time, filter, number of rows, address. No request can remove an
/// entry.
#[tokio::test]
async fn exp_2_each_download_is_logged_before_its_link_is_returned() {
    let world = World::new().await;
    save(&world.store, &world.scope(), &appointment("a1", NORDSTERN, at("2026-11-20T09:00:00Z"))).await;
    let filter = json!({"dealer": NORDSTERN});
    let (id, _) = exported(&world, &json!({"what": "appointments", "filter": {"dealer": NORDSTERN}})).await;
    let first = world.system.clock.now();
    world.system.advance_to(first + TimeDelta::minutes(3)).await;
    assert_eq!(world.get(OFFICE, &format!("/exports/{id}/download")).await.status, 200);
    let newest = world.get(OFFICE, "/exports/log?limit=1").await.body;
    let entry = &newest["downloads"][0];
    assert_eq!((&entry["by"], &entry["export"], &entry["what"]), (&json!("user:hugo.office"), &json!(id), &json!("appointments")));
    assert_eq!((&entry["filter"], &entry["rows"], &entry["from"]), (&filter, &json!(1), &json!("127.0.0.1")));
    assert_eq!(at(entry["at"].as_str().unwrap()), world.system.clock.now());
    let older = world.get(OFFICE, &format!("/exports/log?limit=1&cursor={}", newest["cursor"].as_str().unwrap())).await.body;
    assert_eq!(at(older["downloads"][0]["at"].as_str().unwrap()), first);
    assert_eq!(world.get(OFFICE, "/exports/log?cursor=x").await.status, 422);
    // The log is kept after the file has expired.
    world.system.advance_to(first + TimeDelta::days(400)).await;
    assert_eq!(world.get(OFFICE, "/exports/log").await.body["downloads"].as_array().unwrap().len(), 2);
}

/// EXP-3: an export is a job that reports its progress. Its link expires after five minutes, its file after a day.
#[tokio::test]
async fn exp_3_an_export_is_a_job_whose_link_and_file_expire() {
    let world = World::new().await;
    save(&world.store, &world.scope(), &appointment("a1", NORDSTERN, at("2026-11-20T09:00:00Z"))).await;
    let body = json!({"what": "appointments", "filter": {}});
    let requested = request_export(&world, "k", &body).await;
    assert_eq!((requested.status, requested.text("/state")), (202, "running"));
    let path = requested.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(world.get(OFFICE, &format!("{path}/download")).await.status, 409);
    // An appointment that is saved after the request is not in the file.
    save(&world.store, &world.scope(), &appointment("a2", NORDSTERN, at("2026-11-23T09:00:00Z"))).await;
    world.advance_to("2026-11-23T09:01:00Z").await;
    let again = request_export(&world, "k", &body).await;
    assert_eq!(
        (again.status, again.text("/id"), again.headers["idempotent-replay"].as_bytes()),
        (202, requested.text("/id"), &b"true"[..])
    );
    assert_eq!(request_export(&world, "k", &json!({"what": "leads"})).await.status, 422);
    let done = world.get(OFFICE, &path).await.body;
    assert_eq!((&done["state"], &done["progress"], &done["rows"]), (&json!("done"), &json!(100), &json!(1)));
    let link = world.get(OFFICE, &format!("{path}/download")).await;
    assert_eq!(link.text("/expires_at"), "2026-11-23T09:06:00Z");
    assert_eq!(got(&world, link.text("/url")).await.1.len() as u64, done["bytes"].as_u64().unwrap());
    world.advance_to("2026-11-23T09:06:00Z").await;
    assert_eq!(got(&world, link.text("/url")).await.0, 403);
    world.advance_to("2026-11-24T08:58:00Z").await;
    let late = world.get(OFFICE, &format!("{path}/download")).await;
    assert_eq!(late.text("/expires_at"), "2026-11-24T09:00:00Z", "no link outlives the file");
    world.advance_to("2026-11-24T09:00:00Z").await;
    assert_eq!(world.get(OFFICE, &format!("{path}/download")).await.status, 410);
    assert_eq!(world.get(OFFICE, &path).await.text("/state"), "expired");
    assert!(std::fs::read_dir(world.bucket.path.join("exports/demo-group")).unwrap().next().is_none(), "the file is gone");
}

/// EXP-1: a filter with an unknown field or an empty value is refused, so that it does not export everything.
#[tokio::test]
async fn exp_1_an_unknown_or_empty_filter_is_refused() {
    let world = World::new().await;
    for (body, field) in [
        (json!({"what": "leads", "filters": {"dealer": NORDSTERN}}), "filters API-1"),
        (json!({"what": "leads", "filter": {"dealer": []}}), "filter.dealer EXP-1"),
        (json!({"what": "leads", "filter": {"dealer": ","}}), "filter.dealer EXP-1"),
        (json!({"what": "leads", "filter": {"source": " "}}), "filter.source EXP-1"),
        (json!({"what": "leads", "filter": {"source": true}}), "filter.source EXP-1"),
        (json!({"what": "leads", "filter": {"colour": "red"}}), "filter.colour API-1"),
        (json!({"what": "leads", "filter": {"created_to": "2026-11-22"}}), "filter.created_to API-1"),
        // Both names of one filter: neither value may count alone.
        (json!({"what": "leads", "filter": {"received_to": "2026-11-20", "received_until": "2026-11-22"}}), "filter.received_to API-1"),
    ] {
        let reply = world.post("hugo.office", "/exports", &body).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![field.to_owned()]), "{}", reply.body);
    }
}

/// EXP-1: the filter in a response can be sent back unchanged as the filter of a new export.
#[tokio::test]
async fn exp_1_the_returned_filter_is_accepted_unchanged_in_a_new_request() {
    let world = World::new().await;
    let appointments = json!({"dealer": ["harbour-cars-demo", NORDSTERN], "user": "anna.vogt", "origin": "dealer_system", "kind": "showroom",
        "attendance": "no_show", "created_from": "2026-10-25", "created_until": "2026-11-22T10:00:00Z", "appointment_from": "2026-11-01", "appointment_until": "2027-01-31"});
    let leads = json!({"dealer": NORDSTERN, "user": "anna.vogt", "source": "Website", "received_from": "2026-10-25", "received_until": "2026-11-22"});
    for (what, filter) in [("appointments", appointments), ("leads", leads), ("leads", json!({}))] {
        let answered =
            request_export(&world, &filter.as_object().unwrap().len().to_string(), &json!({"what": what, "filter": filter})).await;
        assert_eq!(answered.status, 202, "{}", answered.body);
        let stored_filter = &answered.body["filter"];
        assert_eq!(stored_filter.as_object().unwrap().len(), filter.as_object().unwrap().len(), "{stored_filter}");
        let again = world.post(OFFICE, "/exports", &json!({"what": what, "filter": stored_filter})).await;
        assert_eq!((again.status, &again.body["filter"]), (202, stored_filter), "{}", again.body);
    }
}

/// EXP-3: an export whose filter starts in the future has a file without rows.
#[tokio::test]
async fn exp_3_an_export_from_a_future_date_has_no_rows() {
    let world = World::new().await;
    save(&world.store, &world.scope(), &appointment("a1", NORDSTERN, at("2026-11-20T09:00:00Z"))).await;
    for from in ["2026-11-24", "2027-03-01"] {
        let (_, file) = exported(&world, &json!({"what": "appointments", "filter": {"created_from": from}})).await;
        assert_eq!(csv::Reader::from_reader(&file[3..]).records().count(), 0, "{from}");
    }
}

/// Returns each sheet of a workbook: its name and its rows, including the row of column names.
pub(super) fn sheets(file: Vec<u8>) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(file)).unwrap();
    workbook.worksheets().into_iter().map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect())).collect()
}

/// Names of customers with every kind of character.
const CUSTOMERS: [&str; 15] = [
    "Jana",
    "=1+1",
    "+49",
    "-1",
    "@x",
    "\t=1",
    "a\r\nb",
    " Müller & <Söhne> ",
    "李雷 🚗",
    "",
    "_x000D_",
    "bell \u{7}",
    "_X_",
    "1e5",
    "]]>",
];

/// Returns a world with an appointment of each of [`CUSTOMERS`], at two dealers and around a change of the clock.
async fn world_with_appointments() -> World {
    let world = World::new().await;
    for (i, customer) in CUSTOMERS.iter().enumerate() {
        let dealer = [NORDSTERN, "harbour-cars-demo"][i % 2];
        let mut one = appointment(&format!("a{i:02}"), dealer, at("2026-10-24T22:30:00Z") + TimeDelta::hours(40 * i as i64));
        one.customer = (*customer).into();
        save(&world.store, &world.scope(), &one).await;
    }
    world
}

/// EXP-1: a workbook has the same rows as the CSV file, with types: text stays text whatever its first character, and times are in the
/// dealer's zone.
#[tokio::test]
async fn exp_1_a_workbook_has_the_rows_of_the_csv_file_in_typed_cells() {
    let world = world_with_appointments().await;
    let (_, csv) = exported(&world, &json!({"what": "appointments"})).await;
    let records: Vec<csv::StringRecord> =
        csv::ReaderBuilder::new().has_headers(false).from_reader(&csv[3..]).records().map(Result::unwrap).collect();
    let (_, whole) = exported(&world, &json!({"what": "appointments", "format": "xlsx"})).await;
    let [(name, rows)] = &sheets(whole)[..] else { panic!("not one sheet") };
    assert_eq!((name.as_str(), rows.len()), ("appointments", records.len()));
    for (row, record) in rows.iter().zip(&records) {
        for (column, (cell, text)) in row.iter().zip(record).enumerate() {
            match cell {
                Data::DateTime(time) => {
                    let local = DateTime::parse_from_rfc3339(text).unwrap().naive_local();
                    assert_eq!((column, time.as_datetime().unwrap()), (if column == 9 { 9 } else { 10 }, local), "{text}");
                }
                Data::Empty => assert_eq!(text, ""),
                Data::String(value) => assert!(column == 3 || value == text, "{value} {text}"),
                Data::Float(number) => assert_eq!(number.to_string(), text, "{column}"),
                other => panic!("{other:?} in {text}"),
            }
        }
    }
    let mut read: Vec<(String, String)> = rows[1..].iter().map(|row| (row[0].to_string(), row[3].to_string())).collect();
    read.sort();
    assert_eq!(read.into_iter().map(|(_, customer)| customer).collect::<Vec<_>>(), CUSTOMERS);
}

/// EXP-1: a full sheet is followed by another one, and small slices produce the same rows as a single slice.
#[tokio::test]
async fn exp_1_small_slices_produce_the_rows_of_a_single_slice_on_several_sheets() {
    let world = world_with_appointments().await;
    let body = json!({"what": "appointments", "format": "xlsx"});
    let (_, whole) = exported(&world, &body).await;
    let [(_, rows)] = &sheets(whole)[..] else { panic!("not one sheet") };
    // Four rows in a sheet, one month in a slice, several slices in a part: a slice continues the sheet of the slice before.
    let mut exporter = Exporter::new(world.system.platform.of("export"), world.bucket.clone());
    (exporter.part, exporter.reads, exporter.sheet) = (2_500, 2, 4);
    let requested = request_export(&world, "small", &body).await;
    let id = requested.text("/id").to_owned();
    let wake_up = json!({"kind": "export", "group": "demo-group", "dealer": NORDSTERN, "export": id}).to_string();
    let mut slices = 0;
    while world.get(OFFICE, &format!("/exports/{id}")).await.text("/state") == "running" {
        slices += 1;
        world.system.clock.freeze_at(world.system.clock.now() + TimeDelta::seconds(3));
        let event = json!({"Records": [{"messageId": "1", "body": wake_up}]});
        assert!(exporter.messages(serde_json::from_value(event).unwrap()).await.batch_item_failures.is_empty());
        assert!(slices < 200);
    }
    let link = world.get(OFFICE, &format!("/exports/{id}/download")).await;
    assert!(link.text("/file_name").ends_with(".xlsx"), "{}", link.body);
    let small = sheets(got(&world, link.text("/url")).await.1);
    let names: Vec<&str> = small.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["appointments", "appointments 2", "appointments 3", "appointments 4", "appointments 5"]);
    assert!(small.iter().all(|(_, sheet)| sheet[0] == rows[0] && sheet.len() <= 4) && slices > 4, "{slices}");
    let all: Vec<Vec<Data>> = small.into_iter().flat_map(|(_, sheet)| sheet.into_iter().skip(1)).collect();
    assert_eq!(all, rows[1..]);
}

/// EXP-1: minutes and levels are numbers, and a workbook without rows can be opened.
#[tokio::test]
async fn exp_1_minutes_and_levels_are_numeric_cells_and_an_empty_workbook_has_a_header_row() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-23T09:12:00Z").await;
    world.post("ingo.brandt", &format!("/leads/{lead}/status"), &json!({"status": "won"})).await;
    let (_, file) = exported(&world, &json!({"what": "leads", "format": "xlsx"})).await;
    let [(_, rows)] = &sheets(file)[..] else { panic!("not one sheet") };
    assert_eq!(rows[1][12..16], [Data::Float(0.0), Data::Float(12.0), Data::String("yes".into()), Data::String("Anna Vogt".into())]);
    assert_eq!(rows[1][0], Data::String(lead.to_string()), "a lead's number is a name");
    let (_, file) = exported(&world, &json!({"what": "appointments", "format": "xlsx"})).await;
    assert_eq!(sheets(file)[0].1.len(), 1);
}
