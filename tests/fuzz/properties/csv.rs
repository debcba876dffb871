//! The CSV file of an export.

use forecourt_domain::reports::CsvDialect;
use forecourt_export::add_records;

/// Separates the cells of the input.
const CELL: char = '\u{1F}';
/// Separates the records of the input.
const RECORD: char = '\u{1E}';
/// The signs with which a spreadsheet begins a formula.
const SIGNS: [char; 4] = ['=', '+', '-', '@'];
/// The beginning of each file.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// EXP-1: a CSV reader finds the records and cells that were written, with an apostrophe before each formula. No line or cell, separated by
/// a comma, a semicolon or a tab, begins with the sign of a formula.
pub fn csv(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let records: Vec<Vec<String>> = text.split(RECORD).map(|record| record.split(CELL).map(str::to_owned).collect()).collect();
    // Each file of an export has records of one length.
    let width = records[0].len();
    let records: Vec<Vec<String>> = records.into_iter().filter(|record| record.len() == width).collect();
    dialect(CsvDialect::Comma, (b',', ';'), &records);
    dialect(CsvDialect::Semicolon, (b';', ','), &records);
}

/// Checks a file in a dialect, whose cells are separated by `own`, and by `other` in other countries.
fn dialect(dialect: CsvDialect, (own, other): (u8, char), records: &[Vec<String>]) {
    let file = add_records(BYTE_ORDER_MARK.into(), dialect, records.to_vec()).unwrap();
    let most: usize = BYTE_ORDER_MARK.len() + records.iter().flatten().map(|cell| cell.len() * 4 + 5).sum::<usize>();
    assert!(file.len() <= most + records.len() * 4, "{} bytes for {most}", file.len());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(own).flexible(true).from_reader(file.as_slice());
    let read: Vec<Vec<String>> = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(read.len(), records.len(), "{file:?}");
    for (read, written) in read.iter().flatten().zip(records.iter().flatten()) {
        assert!(is_defused(read, written), "{read:?} for {written:?}");
        let parts = read.split([other, '\t', '\r', '\n']).chain([read.as_str()]);
        for part in parts {
            let shown = part.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '"');
            assert!(!shown.starts_with(SIGNS), "{read:?} has a formula");
        }
    }
    // A file that is written in two slices is the same.
    for at in [1, records.len() / 2] {
        let (first, second) = records.split_at(at.min(records.len()));
        let slice = add_records(BYTE_ORDER_MARK.into(), dialect, first.to_vec()).unwrap();
        assert_eq!(add_records(slice, dialect, second.to_vec()).unwrap(), file);
    }
}

/// Whether a cell is the written one with apostrophes added.
fn is_defused(read: &str, written: &str) -> bool {
    let mut written = written.chars().peekable();
    for c in read.chars() {
        match written.peek() {
            Some(next) if *next == c => {
                written.next();
            }
            _ if c == '\'' => {}
            _ => return false,
        }
    }
    written.peek().is_none()
}
