//! The samples of each fuzz target.

use forecourt_lead_intake::mail::shown;
use std::path::Path;

/// A fuzz target: its name, its property, and its samples in a folder of the repository.
pub struct Target {
    /// The name, also of its program and of the folder of its findings.
    pub name: &'static str,
    /// Panics if the property does not hold.
    pub property: fn(&[u8]),
    samples: fn(&Path) -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 5] = [
    Target { name: "adf", property: super::properties::adf, samples: |root| files(root, "events/lead-intake", "xml") },
    Target { name: "mail", property: super::properties::mail, samples: |root| files(root, "events/lead-intake/mail", "eml") },
    Target { name: "labels", property: super::properties::labels, samples: texts },
    Target { name: "json", property: super::properties::json, samples: bodies },
    Target { name: "csv", property: super::properties::csv, samples: cells },
];

impl Target {
    /// Returns the target with this name.
    pub fn named(name: &str) -> &'static Self {
        TARGETS.iter().find(|target| target.name == name).unwrap()
    }

    /// Returns the samples, and the inputs of earlier findings.
    pub fn samples(&self, root: &Path) -> Vec<Vec<u8>> {
        let findings = files(root, &format!("tests/fuzz/findings/{}", self.name), "");
        (self.samples)(root).into_iter().chain(findings).collect()
    }
}

/// Returns the files of a folder with this extension, ordered by name. None if there is no such folder.
fn files(root: &Path, folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.is_file() && path.extension().unwrap_or_default().to_string_lossy() == extension).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Returns the texts of the sample mails, and the HTML of those that are HTML.
fn texts(root: &Path) -> Vec<Vec<u8>> {
    let mails = files(root, "events/lead-intake/mail", "eml");
    let html = mails.iter().filter_map(|mail| {
        let from = mail.windows(5).position(|five| five.eq_ignore_ascii_case(b"<html") || five.eq_ignore_ascii_case(b"<tabl"))?;
        Some(mail[from..].to_vec())
    });
    mails.iter().map(|mail| shown(mail).text.into_bytes()).chain(html).collect()
}

/// Returns bodies in JSON: the enquiries of the expectations beside the sample mails, a body with all fields, and the demo's settings.
fn bodies(root: &Path) -> Vec<Vec<u8>> {
    let body = r#"{"source":"website","external_id":"web-4711","type":"used_car","contact":{"first_name":"Jana","middle_name":"M","last_name":"Petersen",
        "company":"Petersen GmbH","email":"jana@example.com","phone":"0171 2345678","language":"de","street":"Weg 1","postcode":"10115","city":"Berlin",
        "country":"DE"},"vehicle":{"condition":"used","make":"Opel","model":"Corsa","year":2023,"stock_number":"GW-1138","vin":"W0L000051T2123456",
        "mileage":"12.000 km","price":"12.990 €","site":"nordstern"},"trade_in":{"make":"VW","model":"Golf","year":"2012"},
        "message":"Ist der Wagen noch da?","requested_at":"2026-11-23T09:30:00+01:00"}"#;
    let calendar =
        r#""calendar":{"zone":"Europe/Berlin","hours":{"mon":[["08:00","18:00"]]},"holidays":[{"date":"2026-12-25","name":"Christmas"}]}"#;
    let settings = format!(
        r#"{{"name":"Nordstern","country":"DE","language":"de","members":[{{"user":"anna.vogt","receives_leads":true,"assignable":true}}],
        "admin_user":"anna.vogt",{calendar},"forward_to":"a@b.example","mail_layouts":[{{"source":"x","senders":["x.example"],"labels":{{"Nr":"external_id"}}}}]}}"#
    );
    let kept = files(root, "tests/fuzz/samples", "json");
    [body.to_owned(), settings]
        .into_iter()
        .map(String::into_bytes)
        .chain(kept)
        .chain(files(root, "events/lead-intake/mail", "json"))
        .collect()
}

/// Returns records of cells with signs that a spreadsheet could read as formulas.
fn cells(_: &Path) -> Vec<Vec<u8>> {
    let cells = [
        "Jana\u{1F}=1+1\u{1F}+49 171",
        "-2\u{1F}@SUM(A1)\u{1F}\"=2\"",
        "a;=1\u{1F}\t=1\u{1F}\u{ff1d}1",
        "x\r\ny\u{1F}'q'\u{1F}a,b",
        "\u{1F}\u{1F}",
    ];
    vec![cells.join("\u{1E}").into_bytes(), b"".to_vec(), b"\x1E\x1E".to_vec()]
}
