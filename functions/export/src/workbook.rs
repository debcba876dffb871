//! An Excel workbook (ECMA-376, SpreadsheetML) that is written row by row and slice by slice (EXP-1, EXP-3).
//!
//! Cells hold inline text, so no table of shared texts is needed at the end. Every slice ends its compression at a byte boundary and refers
//! to no earlier data, so the output of consecutive slices is one valid file. [`UnfinishedSheet`] holds everything that the next slice
//! needs.

use crate::columns::Cell;
use crate::zip::{Entry, deflate, write_directory};
use chrono::NaiveDate;
use flate2::{Compress, Compression, FlushCompress};
use forecourt_domain::reports::UnfinishedSheet;
use forecourt_store::Failure;
use std::fmt::Write as _;

/// Largest number of rows in a sheet of Excel, header included.
pub(crate) const ROWS: u32 = 1_048_576;
/// Size in bytes after which a sheet ends. It stays well below 4 GB, the limit of a ZIP entry.
const SHEET: u64 = 3 << 30;
/// Bytes that are compressed at a time.
const CHUNK: usize = 64 * 1_024;

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const PROLOG: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// A workbook that continues where the previous slice ended.
pub(crate) struct Workbook {
    /// The bytes written by this slice, after the carried bytes.
    out: Vec<u8>,
    /// The offset of `out` in the file.
    base: u64,
    /// The sheets so far; rows are added to the last.
    sheets: Vec<UnfinishedSheet>,
    columns: &'static [&'static str],
    most_rows: u32,
    /// XML that is not yet compressed.
    xml: String,
    packer: Compress,
}

impl Workbook {
    /// Continues a workbook with these sheets. `carried` holds its last bytes, which start at offset `base`. Without sheets a new workbook
    /// is started.
    pub(crate) fn resume(
        sheets: Vec<UnfinishedSheet>,
        base: u64,
        carried: Vec<u8>,
        columns: &'static [&'static str],
        most_rows: u32,
    ) -> Result<Self, Failure> {
        let packer = Compress::new(Compression::default(), false);
        let mut workbook = Self { out: carried, base, sheets, columns, most_rows, xml: String::new(), packer };
        if workbook.sheets.is_empty() {
            for (name, text) in fixed_files() {
                workbook.write_stored(name, &text)?;
            }
            workbook.open_sheet()?;
        }
        Ok(workbook)
    }

    /// Returns the bytes written, carried bytes included.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    pub(crate) fn add_row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        if self.sheets.last().is_some_and(|sheet| sheet.rows >= self.most_rows || sheet.size >= SHEET) {
            self.close_sheet()?;
            self.open_sheet()?;
        }
        self.add(cells)
    }

    fn add(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        let sheet = self.sheets.last_mut().ok_or_else(|| broken("no sheet is open"))?;
        sheet.rows += 1;
        write_row(&mut self.xml, sheet.rows, cells).map_err(|e| broken(&e.to_string()))?;
        if self.xml.len() >= CHUNK { self.pack(FlushCompress::None) } else { Ok(()) }
    }

    /// Ends a slice so that another process can continue. Returns the bytes, carried bytes included, and the sheets so far.
    pub(crate) fn pause(mut self) -> Result<(Vec<u8>, Vec<UnfinishedSheet>), Failure> {
        self.pack(FlushCompress::Sync)?;
        Ok((self.out, self.sheets))
    }

    /// Ends the file; its sheets are named `name`.
    pub(crate) fn finish(mut self, name: &str) -> Result<(Vec<u8>, Vec<UnfinishedSheet>), Failure> {
        self.close_sheet()?;
        let mut entries = Vec::new();
        for (name, text) in fixed_files() {
            let at = entries.last().map_or(0, |entry: &Entry| entry.at + header_size(entry) + u64::from(entry.size));
            entries.push(Entry::stored(name, at, text.as_bytes()));
        }
        for (i, sheet) in self.sheets.iter().enumerate() {
            entries.push(entry(i + 1, sheet)?);
        }
        for (name, text) in sheet_list_files(name, &self.sheets, &letters(self.columns.len())) {
            entries.push(self.write_stored(name, &text)?);
        }
        let at = self.offset()?;
        write_directory(&mut self.out, at, &entries);
        Ok((self.out, self.sheets))
    }

    /// Returns the offset of the next byte in the file.
    fn offset(&self) -> Result<u64, Failure> {
        let at = self.base + self.out.len() as u64;
        u32::try_from(at).map(|_| at).map_err(|_| broken("it is larger than 4 GB; request csv"))
    }

    fn write_stored(&mut self, name: &str, text: &str) -> Result<Entry, Failure> {
        let entry = Entry::stored(name, self.offset()?, text.as_bytes());
        entry.write_header(&mut self.out);
        self.out.extend_from_slice(text.as_bytes());
        Ok(entry)
    }

    fn open_sheet(&mut self) -> Result<(), Failure> {
        let sheet = UnfinishedSheet { at: self.offset()?, ..UnfinishedSheet::default() };
        entry(self.sheets.len() + 1, &sheet)?.write_header(&mut self.out);
        self.sheets.push(sheet);
        self.packer.reset();
        // The header row is frozen.
        let _ = write!(
            self.xml,
            r#"{PROLOG}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>"#
        );
        for (number, name) in (1..).zip(self.columns) {
            let _ = write!(self.xml, r#"<col min="{number}" max="{number}" width="{}" customWidth="1"/>"#, width(name));
        }
        self.xml.push_str("</cols><sheetData>");
        let names: Vec<Cell> = self.columns.iter().map(|name| Cell::Text((*name).to_owned())).collect();
        self.add(&names)
    }

    fn close_sheet(&mut self) -> Result<(), Failure> {
        let rows = self.sheets.last().map_or(1, |sheet| sheet.rows);
        let _ = write!(self.xml, r#"</sheetData><autoFilter ref="A1:{}{rows}"/></worksheet>"#, letters(self.columns.len()));
        self.pack(FlushCompress::Finish)?;
        let number = self.sheets.len();
        let sheet = self.sheets.last().ok_or_else(|| broken("no sheet is open"))?;
        entry(number, sheet)?.write_descriptor(&mut self.out);
        Ok(())
    }

    /// Compresses the pending XML.
    fn pack(&mut self, how: FlushCompress) -> Result<(), Failure> {
        let sheet = self.sheets.last_mut().ok_or_else(|| broken("no sheet is open"))?;
        deflate(&mut self.packer, sheet, self.xml.as_bytes(), &mut self.out, how).map_err(|e| broken(&e.to_string()))?;
        self.xml.clear();
        Ok(())
    }
}

fn broken(why: &str) -> Failure {
    Failure::Broken(format!("the workbook cannot be written: {why}").into())
}

/// Returns the size of an entry's header.
fn header_size(entry: &Entry) -> u64 {
    30 + entry.name.len() as u64
}

fn entry(number: usize, sheet: &UnfinishedSheet) -> Result<Entry, Failure> {
    let small = |bytes: u64| u32::try_from(bytes).map_err(|_| broken("a sheet is larger than 4 GB"));
    let name = format!("xl/worksheets/sheet{number}.xml");
    Ok(Entry { name, at: sheet.at, crc: sheet.crc, packed: small(sheet.packed)?, size: small(sheet.size)?, streamed: true })
}

/// Returns the files that do not depend on the sheets.
fn fixed_files() -> [(&'static str, String); 2] {
    let relations = format!(
        r#"{PROLOG}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    // Style 1 formats a time.
    let styles = format!(
        r#"{PROLOG}<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#
    );
    [("_rels/.rels", relations), ("xl/styles.xml", styles)]
}

/// Returns the files that list the sheets, whose last column is `last`.
fn sheet_list_files(name: &str, sheets: &[UnfinishedSheet], last: &str) -> [(&'static str, String); 3] {
    let (mut types, mut relations, mut list, mut filters) = (String::new(), String::new(), String::new(), String::new());
    for (i, sheet) in (1..).zip(sheets) {
        let called = if i == 1 { name.to_owned() } else { format!("{name} {i}") };
        let _ = write!(types, r#"<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPES}.worksheet+xml"/>"#);
        let _ = write!(relations, r#"<Relationship Id="rId{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>"#);
        // The name by which spreadsheets know the filter of a sheet.
        let _ = write!(
            filters,
            r#"<definedName name="_xlnm._FilterDatabase" localSheetId="{}" hidden="1">'{called}'!$A$1:${last}${}</definedName>"#,
            i - 1,
            sheet.rows
        );
        let _ = write!(list, r#"<sheet name="{called}" sheetId="{i}" r:id="rId{i}"/>"#);
    }
    let styles = sheets.len() + 1;
    [
        (
            "xl/workbook.xml",
            format!(
                r#"{PROLOG}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><bookViews><workbookView/></bookViews><sheets>{list}</sheets><definedNames>{filters}</definedNames></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"{PROLOG}<Relationships xmlns="{PACKAGE}/relationships">{relations}<Relationship Id="rId{styles}" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>"#
            ),
        ),
        (
            "[Content_Types].xml",
            format!(
                r#"{PROLOG}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/>{types}</Types>"#
            ),
        ),
    ]
}

/// Returns the letters of a column; the first one is 1.
fn letters(column: usize) -> String {
    let (before, last) = (column.saturating_sub(1) / 26, column.saturating_sub(1) % 26);
    let last = char::from(b'A' + last as u8);
    if before == 0 { last.to_string() } else { format!("{}{last}", letters(before)) }
}

/// Returns the width of a column in characters: wide enough for its values, its name and the button of the filter.
fn width(name: &str) -> usize {
    let wide = match name {
        "customer" | "contact" | "vehicle" | "source" | "dealer" | "appointment" => 30,
        _ if name.ends_with("_name") || name.ends_with("_reason") => 24,
        _ if name.ends_with("_at") || matches!(name, "at" | "deadline") => 20,
        _ => 12,
    };
    wide.max(name.len() + 4)
}

fn write_row(xml: &mut String, number: u32, cells: &[Cell]) -> std::fmt::Result {
    write!(xml, r#"<row r="{number}">"#)?;
    for (column, cell) in cells.iter().enumerate() {
        let at = letters(column + 1);
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                // Without this attribute leading and trailing blanks are lost.
                let keep = if text.trim() == text { "" } else { r#" xml:space="preserve""# };
                write!(xml, r#"<c r="{at}{number}" t="inlineStr"><is><t{keep}>"#)?;
                write_escaped(xml, text)?;
                xml.push_str("</t></is></c>");
            }
            Cell::Number(digits) => write!(xml, r#"<c r="{at}{number}"><v>{digits}</v></c>"#)?,
            Cell::Time(time) => {
                let days = time.naive_local() - NaiveDate::from_ymd_opt(1899, 12, 30).unwrap_or_default().and_time(chrono::NaiveTime::MIN);
                write!(xml, r#"<c r="{at}{number}" s="1"><v>{}</v></c>"#, days.num_seconds() as f64 / 86_400.0)?;
            }
        }
    }
    xml.push_str("</row>");
    Ok(())
}

/// Writes text escaped for XML. Characters that XML does not allow, and text that looks like their escape, are written as in SpreadsheetML:
/// `_x000D_`.
fn write_escaped(xml: &mut String, text: &str) -> std::fmt::Result {
    for (i, c) in text.char_indices() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\t' | '\n' => xml.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => write!(xml, "_x{:04X}_", c as u32)?,
            '_' if is_escape(&text.as_bytes()[i..]) => xml.push_str("_x005F_"),
            c => xml.push(c),
        }
    }
    Ok(())
}

fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x' | b'X', a, b, c, d, b'_', ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()))
}
