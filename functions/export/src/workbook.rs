//! An Excel workbook (ECMA-376, SpreadsheetML) that is written row by row and slice by slice, as CSV is (EXP-1, EXP-3).
//!
//! Each cell holds its own text, so that no table of texts is to be written last, and each slice ends its compression at a whole byte, looking back at nothing
//! before it: what slices write one after another is one file. All that the next slice needs is what [`Sheet`] says.

use crate::columns::Cell;
use crate::zip::{Entry, directory};
use chrono::NaiveDate;
use flate2::{Compress, Compression, FlushCompress};
use forecourt_domain::reports::Sheet;
use forecourt_store::Failure;
use std::fmt::Write as _;

/// Rows of a sheet, with that of the names: as many as Excel has.
pub(crate) const ROWS: u32 = 1_048_576;
/// Bytes after which a sheet ends, so that none comes near the four gigabytes that a ZIP file counts.
const SHEET: u64 = 3 << 30;
/// Bytes that are packed at a time.
const CHUNK: usize = 64 * 1_024;

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const PROLOG: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// A workbook, from where the slice before ended.
pub(crate) struct Workbook {
    /// What is written of the file here.
    out: Vec<u8>,
    /// Where in the file that begins.
    base: u64,
    /// The sheets so far; rows go to the last.
    sheets: Vec<Sheet>,
    columns: &'static [&'static str],
    most_rows: u32,
    /// What is still to be packed.
    xml: String,
    packer: Compress,
}

impl Workbook {
    /// Goes on with one whose sheets are these, and of which `carried` is the end, at `base`; a new one, where there are none.
    pub(crate) fn after(
        sheets: Vec<Sheet>,
        base: u64,
        carried: Vec<u8>,
        columns: &'static [&'static str],
        most_rows: u32,
    ) -> Result<Self, Failure> {
        let packer = Compress::new(Compression::default(), false);
        let mut workbook = Self { out: carried, base, sheets, columns, most_rows, xml: String::new(), packer };
        if workbook.sheets.is_empty() {
            for (name, text) in first() {
                workbook.stored(name, &text)?;
            }
            workbook.open()?;
        }
        Ok(workbook)
    }

    /// Bytes written here, carried ones too.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        if self.sheets.last().is_some_and(|sheet| sheet.rows >= self.most_rows || sheet.size >= SHEET) {
            self.close()?;
            self.open()?;
        }
        self.add(cells)
    }

    fn add(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        let sheet = self.sheets.last_mut().ok_or_else(|| broken("it has no sheet"))?;
        sheet.rows += 1;
        row(&mut self.xml, sheet.rows, cells).map_err(|e| broken(&e.to_string()))?;
        if self.xml.len() >= CHUNK { self.pack(FlushCompress::None) } else { Ok(()) }
    }

    /// Ends a slice, so that another process can go on: what it has written, with what was carried, and the sheets by now.
    pub(crate) fn paused(mut self) -> Result<(Vec<u8>, Vec<Sheet>), Failure> {
        self.pack(FlushCompress::Sync)?;
        Ok((self.out, self.sheets))
    }

    /// Ends the file, whose sheets are called `name`.
    pub(crate) fn ended(mut self, name: &str) -> Result<(Vec<u8>, Vec<Sheet>), Failure> {
        self.close()?;
        let mut entries = Vec::new();
        for (name, text) in first() {
            let at = entries.last().map_or(0, |entry: &Entry| entry.at + frame(entry) + entry.size);
            entries.push(Entry::stored(name, at, text.as_bytes()));
        }
        for (i, sheet) in self.sheets.iter().enumerate() {
            entries.push(entry(i + 1, sheet)?);
        }
        for (name, text) in last(name, self.sheets.len()) {
            entries.push(self.stored(name, &text)?);
        }
        let at = self.place()?;
        directory(&mut self.out, at, &entries);
        Ok((self.out, self.sheets))
    }

    /// Where in the file the next byte goes.
    fn place(&self) -> Result<u32, Failure> {
        u32::try_from(self.base + self.out.len() as u64).map_err(|_| broken("it is larger than four gigabytes; ask for csv"))
    }

    fn stored(&mut self, name: &str, text: &str) -> Result<Entry, Failure> {
        let entry = Entry::stored(name, self.place()?, text.as_bytes());
        entry.begin(&mut self.out);
        self.out.extend_from_slice(text.as_bytes());
        Ok(entry)
    }

    fn open(&mut self) -> Result<(), Failure> {
        let sheet = Sheet { at: u64::from(self.place()?), ..Sheet::default() };
        entry(self.sheets.len() + 1, &sheet)?.begin(&mut self.out);
        self.sheets.push(sheet);
        self.packer.reset();
        let wide = self.columns.len();
        // The names stay where they are, and columns are wide enough for a time.
        let _ = write!(
            self.xml,
            r#"{PROLOG}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="{wide}" width="20" customWidth="1"/></cols><sheetData>"#
        );
        let names: Vec<Cell> = self.columns.iter().map(|name| Cell::Text((*name).to_owned())).collect();
        self.add(&names)
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.xml.push_str("</sheetData></worksheet>");
        self.pack(FlushCompress::Finish)?;
        let number = self.sheets.len();
        let sheet = self.sheets.last().ok_or_else(|| broken("it has no sheet"))?;
        entry(number, sheet)?.end(&mut self.out);
        Ok(())
    }

    /// Packs what waits for it.
    fn pack(&mut self, how: FlushCompress) -> Result<(), Failure> {
        let sheet = self.sheets.last_mut().ok_or_else(|| broken("it has no sheet"))?;
        let (bytes, before) = (self.xml.as_bytes(), self.out.len());
        let mut crc = crc32fast::Hasher::new_with_initial(sheet.crc);
        crc.update(bytes);
        sheet.crc = crc.finalize();
        sheet.size += bytes.len() as u64;
        let begun = self.packer.total_in();
        loop {
            self.out.reserve(CHUNK);
            let done = (self.packer.total_in() - begun) as usize;
            self.packer.compress_vec(&bytes[done..], &mut self.out, how).map_err(|e| broken(&e.to_string()))?;
            let taken = (self.packer.total_in() - begun) as usize == bytes.len();
            // Where room is left, the packer had no more to say.
            if taken && self.out.len() < self.out.capacity() {
                break;
            }
        }
        sheet.packed += (self.out.len() - before) as u64;
        self.xml.clear();
        Ok(())
    }
}

fn broken(why: &str) -> Failure {
    Failure::Broken(format!("a workbook cannot be written: {why}").into())
}

/// Bytes of what stands before the content of an entry.
fn frame(entry: &Entry) -> u32 {
    30 + entry.name.len() as u32
}

fn entry(number: usize, sheet: &Sheet) -> Result<Entry, Failure> {
    let small = |bytes: u64| u32::try_from(bytes).map_err(|_| broken("a sheet is larger than four gigabytes"));
    let name = format!("xl/worksheets/sheet{number}.xml");
    Ok(Entry { name, at: small(sheet.at)?, crc: sheet.crc, packed: small(sheet.packed)?, size: small(sheet.size)?, streamed: true })
}

/// What does not depend on the sheets.
fn first() -> [(&'static str, String); 2] {
    let relations = format!(
        r#"{PROLOG}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    // Style 1 is a time.
    let styles = format!(
        r#"{PROLOG}<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#
    );
    [("_rels/.rels", relations), ("xl/styles.xml", styles)]
}

/// What names the sheets.
fn last(name: &str, sheets: usize) -> [(&'static str, String); 3] {
    let (mut types, mut relations, mut list) = (String::new(), String::new(), String::new());
    for i in 1..=sheets {
        let called = if i == 1 { name.to_owned() } else { format!("{name} {i}") };
        let _ = write!(types, r#"<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPES}.worksheet+xml"/>"#);
        let _ = write!(relations, r#"<Relationship Id="rId{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>"#);
        let _ = write!(list, r#"<sheet name="{called}" sheetId="{i}" r:id="rId{i}"/>"#);
    }
    let styles = sheets + 1;
    [
        (
            "xl/workbook.xml",
            format!(
                r#"{PROLOG}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><bookViews><workbookView/></bookViews><sheets>{list}</sheets></workbook>"#
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

fn row(xml: &mut String, number: u32, cells: &[Cell]) -> std::fmt::Result {
    write!(xml, r#"<row r="{number}">"#)?;
    for (column, cell) in cells.iter().enumerate() {
        // Of fewer than 26 columns each has one letter.
        let at = char::from(b'A' + (column % 26) as u8);
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                // Without it blanks at the ends are lost.
                let keep = if text.trim() == text { "" } else { r#" xml:space="preserve""# };
                write!(xml, r#"<c r="{at}{number}" t="inlineStr"><is><t{keep}>"#)?;
                escaped(xml, text)?;
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

/// Text as XML has it; what XML has not, and what looks like that, as SpreadsheetML writes it: `_x000D_`.
fn escaped(xml: &mut String, text: &str) -> std::fmt::Result {
    for (i, c) in text.char_indices() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\t' | '\n' => xml.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => write!(xml, "_x{:04X}_", c as u32)?,
            '_' if is_code(&text.as_bytes()[i..]) => xml.push_str("_x005F_"),
            c => xml.push(c),
        }
    }
    Ok(())
}

fn is_code(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x' | b'X', a, b, c, d, b'_', ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()))
}
