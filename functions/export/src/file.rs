//! The part of a file that a slice writes, as CSV or Excel.

use crate::columns::{Cell, Record};
use crate::workbook::Workbook;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::text::visible;
use forecourt_domain::reports::{CsvDialect, Export, ExportContent, ExportFormat, ExportOutput, UnfinishedSheet};
use forecourt_store::{Failure, ListedLead};

/// Byte order mark: spreadsheets recognise UTF-8 by it.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The end of a file, to which a slice adds rows.
pub(crate) struct File {
    /// The number of cells of a row.
    columns: usize,
    part: Part,
}

enum Part {
    Csv(Vec<u8>, CsvDialect),
    Xlsx(Box<Workbook>),
}

impl File {
    /// Continues an export's file at byte `at`. `carried` holds the bytes that are not yet part of the upload; a new file starts with the
    /// column names. A sheet has at most `most_rows`.
    pub(crate) fn resume(export: &Export, at: u64, carried: Vec<u8>, most_rows: u32) -> Result<Self, Failure> {
        let all = columns_of(&export.what);
        let former = match export.what {
            ExportContent::Appointments(_) => Appointment::FORMER,
            ExportContent::Leads(_) => ListedLead::FORMER,
        };
        // A later release may have begun the export with more columns.
        let columns = &all[..export.columns.unwrap_or(former).min(all.len())];
        let part = match export.format {
            ExportFormat::Xlsx => Part::Xlsx(Box::new(Workbook::resume(export.written.sheets.clone(), at, carried, columns, most_rows)?)),
            ExportFormat::Csv => Part::Csv(carried, export.dialect),
        };
        let mut file = Self { columns: columns.len(), part };
        if export.format == ExportFormat::Csv && export.written == ExportOutput::default() {
            file.part = Part::Csv(MARK.to_vec(), export.dialect);
            file.add([columns.iter().map(|name| Cell::from(*name)).collect()])?;
        }
        Ok(file)
    }

    /// Returns the bytes so far, carried bytes included.
    pub(crate) fn len(&self) -> usize {
        match &self.part {
            Part::Csv(csv, _) => csv.len(),
            Part::Xlsx(workbook) => workbook.len(),
        }
    }

    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Result<(), Failure> {
        let rows = rows.into_iter().map(|mut cells: Vec<Cell>| {
            cells.truncate(self.columns);
            cells
        });
        match &mut self.part {
            Part::Csv(csv, dialect) => {
                let broken = |e: csv::Error| Failure::Broken(format!("a record cannot be written: {e}").into());
                let records = rows.map(|cells| cells.into_iter().map(|cell| cell.text(*dialect)).collect());
                *csv = add_records(std::mem::take(csv), *dialect, records).map_err(broken)?;
            }
            Part::Xlsx(workbook) => rows.into_iter().try_for_each(|cells| workbook.add_row(&cells))?,
        }
        Ok(())
    }

    /// Ends the slice, and the file if it is the `last` slice. Returns the bytes, carried bytes included, and the sheets so far.
    pub(crate) fn end(self, export: &Export, last: bool) -> Result<(Vec<u8>, Vec<UnfinishedSheet>), Failure> {
        match self.part {
            Part::Csv(csv, _) => Ok((csv, Vec::new())),
            Part::Xlsx(workbook) if last => workbook.finish(export.what.name()),
            Part::Xlsx(workbook) => workbook.pause(),
        }
    }
}

/// Returns the names of the columns of an export.
pub(crate) fn columns_of(what: &ExportContent) -> &'static [&'static str] {
    match what {
        ExportContent::Appointments(_) => Appointment::COLUMNS,
        ExportContent::Leads(_) => ListedLead::COLUMNS,
    }
}

/// Adds records to a CSV file (RFC 4180). A cell that a spreadsheet could evaluate as a formula gets an apostrophe.
///
/// # Errors
/// If writing fails, or if the records differ in the number of their cells.
pub fn add_records(csv: Vec<u8>, dialect: CsvDialect, records: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let (delimiter, other) = match dialect {
        CsvDialect::Comma => (b',', ';'),
        CsvDialect::Semicolon => (b';', ','),
    };
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(csv);
    for cells in records {
        writer.write_record(cells.iter().map(|cell| defuse(cell, other)))?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

/// The signs with which a formula begins: `=`, `+`, `-` and `@`, their full-width and small forms, and the minus sign.
const SIGNS: [char; 13] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{fe66}', '\u{fe62}', '\u{fe63}', '\u{fe6b}', '\u{2212}'];

/// Prefixes each part of a cell that a spreadsheet could evaluate as a formula (EXP-1). Spreadsheets read full-width signs as the plain
/// ones, and some skip spaces, quotes and invisible characters before a sign. A spreadsheet of another country may begin another cell after
/// the sign `other`, and does not know the quotes of a cell that another sign separates.
fn defuse(cell: &str, other: char) -> String {
    let is_skipped = |c: char| c.is_whitespace() || c.is_control() || c == '"';
    let is_formula = |part: &str| visible(part, ' ').trim_start_matches(is_skipped).starts_with(SIGNS);
    let begins = is_formula(cell) || cell.starts_with(['\t', '\r', '\n']);
    let mut safe = String::from(if begins { "'" } else { "" });
    for (at, part) in cell.split_inclusive([other, '\t', '\r', '\n']).enumerate() {
        if at > 0 && is_formula(part) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    safe
}
