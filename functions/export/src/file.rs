//! What a slice writes of a file, in whichever format.

use crate::columns::{Cell, Record};
use crate::workbook::Workbook;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::reports::{Export, ExportContent, ExportFormat, Sheet, Written};
use forecourt_store::{Failure, ListedLead};

/// What tells a spreadsheet that it is UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The end of a file, to which rows are added.
pub(crate) enum File {
    Csv(Vec<u8>),
    Xlsx(Box<Workbook>),
}

impl File {
    /// Goes on with an export's file, of which `carried` is the end, from byte `at` on; with the names of the columns, if it has just begun. A sheet has
    /// `most_rows`.
    pub(crate) fn after(export: &Export, at: u64, carried: Vec<u8>, most_rows: u32) -> Result<Self, Failure> {
        let columns = match export.what {
            ExportContent::Appointments(_) => Appointment::COLUMNS,
            ExportContent::Leads(_) => ListedLead::COLUMNS,
        };
        match export.format {
            ExportFormat::Xlsx => {
                Ok(Self::Xlsx(Box::new(Workbook::after(export.written.sheets.clone(), at, carried, columns, most_rows)?)))
            }
            ExportFormat::Csv if export.written == Written::default() => {
                let mut file = Self::Csv(MARK.to_vec());
                file.add([columns.iter().map(|name| Cell::from(*name)).collect()])?;
                Ok(file)
            }
            ExportFormat::Csv => Ok(Self::Csv(carried)),
        }
    }

    /// Bytes so far, carried ones too.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Csv(csv) => csv.len(),
            Self::Xlsx(workbook) => workbook.len(),
        }
    }

    /// Adds rows.
    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Result<(), Failure> {
        match self {
            Self::Csv(csv) => *csv = records(std::mem::take(csv), rows)?,
            Self::Xlsx(workbook) => rows.into_iter().try_for_each(|cells| workbook.row(&cells))?,
        }
        Ok(())
    }

    /// Ends the slice, and the file with the `last` one: what is written, with what was carried, and the sheets by now.
    pub(crate) fn end(self, export: &Export, last: bool) -> Result<(Vec<u8>, Vec<Sheet>), Failure> {
        match self {
            Self::Csv(csv) => Ok((csv, Vec::new())),
            Self::Xlsx(workbook) if last => workbook.ended(export.what.name()),
            Self::Xlsx(workbook) => workbook.paused(),
        }
    }
}

/// Adds records to a CSV file (RFC 4180).
fn records(csv: Vec<u8>, records: impl IntoIterator<Item = Vec<Cell>>) -> Result<Vec<u8>, Failure> {
    let broken = |e: String| Failure::Broken(format!("a record cannot be written: {e}").into());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(csv);
    for cells in records {
        writer.write_record(cells.into_iter().map(|cell| defused(cell.text()))).map_err(|e| broken(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| broken(e.to_string()))
}

/// A cell that a spreadsheet does not take for a formula (EXP-1).
fn defused(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
