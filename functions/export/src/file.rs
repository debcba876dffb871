//! The part of a file that a slice writes, as CSV or Excel.

use crate::columns::{Cell, Record};
use crate::workbook::Workbook;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::text::visible;
use forecourt_domain::reports::{Export, ExportContent, ExportFormat, ExportOutput, UnfinishedSheet};
use forecourt_store::{Failure, ListedLead};

/// Byte order mark: spreadsheets recognise UTF-8 by it.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The end of a file, to which a slice adds rows.
pub(crate) enum File {
    Csv(Vec<u8>),
    Xlsx(Box<Workbook>),
}

impl File {
    /// Continues an export's file at byte `at`. `carried` holds the bytes that are not yet part of the upload; a new file starts with the
    /// column names. A sheet has at most `most_rows`.
    pub(crate) fn resume(export: &Export, at: u64, carried: Vec<u8>, most_rows: u32) -> Result<Self, Failure> {
        let columns = match export.what {
            ExportContent::Appointments(_) => Appointment::COLUMNS,
            ExportContent::Leads(_) => ListedLead::COLUMNS,
        };
        match export.format {
            ExportFormat::Xlsx => {
                Ok(Self::Xlsx(Box::new(Workbook::resume(export.written.sheets.clone(), at, carried, columns, most_rows)?)))
            }
            ExportFormat::Csv if export.written == ExportOutput::default() => {
                let mut file = Self::Csv(MARK.to_vec());
                file.add([columns.iter().map(|name| Cell::from(*name)).collect()])?;
                Ok(file)
            }
            ExportFormat::Csv => Ok(Self::Csv(carried)),
        }
    }

    /// Returns the bytes so far, carried bytes included.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Csv(csv) => csv.len(),
            Self::Xlsx(workbook) => workbook.len(),
        }
    }

    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Result<(), Failure> {
        match self {
            Self::Csv(csv) => *csv = add_records(std::mem::take(csv), rows)?,
            Self::Xlsx(workbook) => rows.into_iter().try_for_each(|cells| workbook.add_row(&cells))?,
        }
        Ok(())
    }

    /// Ends the slice, and the file if it is the `last` slice. Returns the bytes, carried bytes included, and the sheets so far.
    pub(crate) fn end(self, export: &Export, last: bool) -> Result<(Vec<u8>, Vec<UnfinishedSheet>), Failure> {
        match self {
            Self::Csv(csv) => Ok((csv, Vec::new())),
            Self::Xlsx(workbook) if last => workbook.finish(export.what.name()),
            Self::Xlsx(workbook) => workbook.pause(),
        }
    }
}

/// Adds records to a CSV file (RFC 4180).
fn add_records(csv: Vec<u8>, records: impl IntoIterator<Item = Vec<Cell>>) -> Result<Vec<u8>, Failure> {
    let broken = |e: String| Failure::Broken(format!("a record cannot be written: {e}").into());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(csv);
    for cells in records {
        writer.write_record(cells.into_iter().map(|cell| defuse(&cell.text()))).map_err(|e| broken(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| broken(e.to_string()))
}

/// The signs with which a formula begins: `=`, `+`, `-` and `@`, their full-width and small forms, and the minus sign.
const SIGNS: [char; 13] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{fe66}', '\u{fe62}', '\u{fe63}', '\u{fe6b}', '\u{2212}'];

/// The signs after which a spreadsheet may begin another cell. In countries with a decimal comma, Excel separates the cells of a CSV file
/// by semicolons, and does not know the quotes of a cell that is separated by commas.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// Prefixes each part of a cell that a spreadsheet could evaluate as a formula (EXP-1). Spreadsheets read full-width signs as the plain
/// ones, and some skip spaces, quotes and invisible characters before a sign.
fn defuse(cell: &str) -> String {
    let is_skipped = |c: char| c.is_whitespace() || c.is_control() || c == '"';
    let is_formula = |part: &str| visible(part, ' ').trim_start_matches(is_skipped).starts_with(SIGNS);
    let begins = is_formula(cell) || cell.starts_with(['\t', '\r', '\n']);
    let mut safe = String::from(if begins { "'" } else { "" });
    for (at, part) in cell.split_inclusive(SEPARATORS).enumerate() {
        if at > 0 && is_formula(part) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    safe
}
