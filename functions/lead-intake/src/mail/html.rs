//! Reduces HTML to text. Nothing in it is executed or loaded.
//!
//! The cells of a row are separated by tabs, so that a table of fields reads like labelled text. Quotes begin with `> `.

use super::MAX_TEXT_BYTES;
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// Most addresses, images and nested tables that are noted.
const MAX_NOTED: usize = 100;
/// Most cells of a row that are on one line.
const MAX_CELLS: usize = 40;
/// Deepest nesting of quotes that is shown.
const MAX_QUOTES: usize = 5;

/// The readable content of an HTML text.
#[derive(Debug, Default)]
pub(super) struct Reduced {
    pub(super) text: String,
    /// The addresses of `mailto:` links.
    pub(super) mail_links: Vec<String>,
    /// The numbers of `tel:` links.
    pub(super) phone_links: Vec<String>,
    /// The content ids of images that the HTML shows.
    pub(super) images: Vec<String>,
    /// The number of links to pages.
    pub(super) links: usize,
}

/// Returns the readable content.
pub(super) fn reduce(html: &str) -> Reduced {
    let reduced = reduce_with(html, true);
    // If everything is hidden, a tag was not closed.
    if reduced.text.trim().is_empty() { reduce_with(html, false) } else { reduced }
}

fn reduce_with(html: &str, hides: bool) -> Reduced {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut writer = Writer { hides, ..Writer::default() };
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => writer.start(&tag),
            Token::EndTag(tag) => writer.end(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) => writer.text(&String::from_utf8_lossy(&text.value)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
        if writer.out.text.len() > MAX_TEXT_BYTES {
            break;
        }
    }
    writer.out.text = tidy(&writer.out.text);
    writer.out
}

#[derive(Default)]
struct Writer {
    out: Reduced,
    hides: bool,
    /// The element whose content is not shown, and how many of its name are open.
    hidden: Option<(String, usize)>,
    /// The open row of each open table: the number of its cells, and the offset of its text.
    rows: Vec<(usize, usize)>,
    quotes: usize,
    preformatted: usize,
    /// Whether a space is due before the next word.
    space: bool,
}

impl Writer {
    fn start(&mut self, tag: &StartTag<()>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        if let Some((hidden, open)) = &mut self.hidden {
            if *hidden == name {
                *open += 1;
            }
            return;
        }
        let attribute = |name: &str| tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned());
        let is_void = matches!(name.as_str(), "img" | "br" | "hr" | "input" | "meta" | "link" | "col" | "area" | "base" | "wbr");
        if matches!(name.as_str(), "script" | "style" | "title" | "template" | "noscript" | "svg" | "object" | "iframe" | "select") {
            self.hidden = Some((name, 1));
            return;
        }
        let style = attribute("style").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
        if self.hides && !is_void && (style.contains("display:none") || style.contains("mso-hide:all")) {
            self.hidden = Some((name, 1));
            return;
        }
        match name.as_str() {
            "br" => self.break_line(),
            "a" => self.note_link(&attribute("href").unwrap_or_default()),
            "img" => {
                let source = attribute("src").unwrap_or_default();
                if let Some(id) = source.strip_prefix("cid:").filter(|_| self.out.images.len() < MAX_NOTED) {
                    self.out.images.push(id.to_owned());
                }
            }
            "table" => {
                self.end_row();
                if self.rows.len() < MAX_NOTED {
                    self.rows.push((0, self.out.text.len()));
                }
            }
            "tr" => {
                self.end_row();
                let start = self.out.text.len();
                if let Some(row) = self.rows.last_mut() {
                    *row = (0, start);
                }
            }
            "td" | "th" => self.start_cell(),
            "dd" => {
                self.trim_line_ends();
                self.out.text.push('\t');
                self.space = false;
            }
            "blockquote" => {
                self.new_paragraph();
                self.quotes += 1;
            }
            "pre" => {
                self.new_line();
                self.preformatted += 1;
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.new_paragraph(),
            name if is_block(name) => self.new_line(),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((hidden, open)) = &mut self.hidden {
            if hidden == name {
                *open -= 1;
            }
            if *open == 0 {
                self.hidden = None;
            }
            return;
        }
        match name {
            "table" => {
                self.rows.pop();
                self.end_row();
            }
            "tr" => self.end_row(),
            "blockquote" => {
                self.quotes = self.quotes.saturating_sub(1);
                self.new_paragraph();
            }
            "pre" => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.new_line();
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.new_paragraph(),
            name if is_block(name) => self.new_line(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                if self.preformatted > 0 { self.break_line() } else { self.space = true }
            }
            self.words(line);
        }
    }

    fn words(&mut self, line: &str) {
        let is_space = |c: char| c.is_whitespace() || c == '\u{A0}';
        self.space |= line.starts_with(is_space);
        for word in line.split(is_space).filter(|word| !word.is_empty()) {
            self.quote();
            if self.space && !self.out.text.ends_with(['\n', '\t', ' ']) && !self.out.text.is_empty() {
                self.out.text.push(' ');
            }
            self.out.text.push_str(word);
            self.space = true;
        }
        self.space = line.ends_with(is_space) || line.is_empty() && self.space;
    }

    /// Begins a line with the marks of the open quotes.
    fn quote(&mut self) {
        if self.quotes > 0 && (self.out.text.is_empty() || self.out.text.ends_with('\n')) {
            self.out.text.extend(std::iter::repeat_n('>', self.quotes.min(MAX_QUOTES)));
            self.out.text.push(' ');
        }
    }

    fn start_cell(&mut self) {
        let Some((cells, start)) = self.rows.last_mut() else { return self.new_line() };
        *cells += 1;
        let row = if *cells < MAX_CELLS { self.out.text.get(*start..).unwrap_or_default() } else { "" };
        let row = row.trim_end_matches(['\n', ' ']);
        // Behind a cell with several lines, such as a table in a table, the next cell is a text of its own.
        if *cells > 1 && *cells < MAX_CELLS && !row.contains('\n') {
            self.trim_line_ends();
            self.out.text.push('\t');
        } else {
            self.new_line();
        }
        self.space = false;
    }

    /// Removes the line ends behind the last word, so that the next cell is on its line.
    fn trim_line_ends(&mut self) {
        let length = self.out.text.trim_end_matches(['\n', ' ']).len();
        self.out.text.truncate(length);
    }

    fn break_line(&mut self) {
        self.quote();
        self.out.text.push('\n');
        self.space = false;
    }

    /// Ends a line that has content.
    fn new_line(&mut self) {
        if !self.out.text.is_empty() && !self.out.text.ends_with(['\n', '\t']) {
            self.out.text.push('\n');
        }
        self.space = false;
    }

    /// Ends a row, also if its last cell is empty.
    fn end_row(&mut self) {
        if self.out.text.ends_with('\t') {
            self.out.text.push('\n');
        }
        self.new_line();
    }

    fn new_paragraph(&mut self) {
        self.new_line();
        if self.out.text.ends_with('\n') && !self.out.text.ends_with("\n\n") {
            self.out.text.push('\n');
        }
    }

    fn note_link(&mut self, target: &str) {
        let target = target.trim();
        let after = |scheme: &str| {
            let start = target.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme));
            start.and_then(|_| target.get(scheme.len()..)).and_then(|rest| rest.split('?').next()).map(str::to_owned)
        };
        if let Some(address) = after("mailto:") {
            if self.out.mail_links.len() < MAX_NOTED {
                self.out.mail_links.push(address);
            }
        } else if let Some(number) = after("tel:") {
            if self.out.phone_links.len() < MAX_NOTED {
                self.out.phone_links.push(number);
            }
        } else if target.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) {
            self.out.links += 1;
        }
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "tbody"
            | "thead"
            | "tfoot"
            | "caption"
            | "center"
            | "form"
            | "fieldset"
            | "legend"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "nav"
            | "aside"
            | "address"
            | "hr"
            | "figure"
            | "option"
            | "body"
            | "html"
            | "head"
    )
}

/// Removes empty cells and superfluous empty lines. A label whose other cells are empty keeps one tab, which says that it has no value.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let has_cells = line.contains('\t');
        let cells: Vec<&str> = line.split('\t').map(str::trim).filter(|cell| !cell.is_empty()).collect();
        if cells.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(&cells.join("\t"));
        if has_cells && cells.len() == 1 && line.trim_start_matches(' ').starts_with(|c| c != '\t') {
            out.push('\t');
        }
    }
    out
}
