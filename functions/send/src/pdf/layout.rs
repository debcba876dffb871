//! The layout of a sheet: its texts broken into lines and distributed over pages.

use super::face::Face;
use super::{Section, Sheet};

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 62.0;
const RIGHT: f32 = PAGE.0 - LEFT;
const TOP: f32 = 56.0;
const BOTTOM: f32 = PAGE.1 - 68.0;
const FOOT: f32 = PAGE.1 - 42.0;
/// Left edge of the values.
const VALUES: f32 = LEFT + 132.0;
/// Minimum space below a heading; otherwise it moves to the next page.
const WITH_HEADING: f32 = 64.0;
const MAX_PAGES: usize = 5;

/// Font, size and colour of a text.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) size: f32,
    pub(super) leading: f32,
    pub(super) ink: Ink,
}

/// The colours.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Text,
    Quiet,
    Accent,
    Rule,
    Panel,
}

const DEALER: Style = Style { bold: true, size: 10.0, leading: 15.0, ink: Ink::Accent };
const TITLE: Style = Style { bold: true, size: 21.0, leading: 27.0, ink: Ink::Text };
const ARRIVAL: Style = Style { bold: false, size: 9.5, leading: 14.0, ink: Ink::Quiet };
const LINK: Style = Style { bold: true, size: 11.0, leading: 15.0, ink: Ink::Accent };
const ADDRESS: Style = Style { bold: false, size: 8.5, leading: 12.0, ink: Ink::Quiet };
const HEADING: Style = Style { bold: true, size: 11.0, leading: 15.0, ink: Ink::Accent };
const LABEL: Style = Style { bold: false, size: 9.5, leading: 14.5, ink: Ink::Quiet };
const VALUE: Style = Style { bold: false, size: 10.5, leading: 14.5, ink: Ink::Text };
const FOOTER: Style = Style { bold: false, size: 8.0, leading: 10.0, ink: Ink::Quiet };

/// The role of a text in the document's structure, in reading order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextRole {
    Dealer,
    Title,
    Arrival,
    Link,
    /// Of the section.
    Heading(usize),
    /// Of the section's row.
    Label(usize, usize),
    /// Of the section's row.
    Value(usize, usize),
    /// Not part of the reading order: repeated on every page.
    Footer,
}

/// A line of text with the left end of its baseline.
pub(super) struct Run {
    pub(super) part: TextRole,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) style: Style,
    pub(super) text: String,
}

/// A filled rectangle: left, top, width, height.
pub(super) struct Area(pub(super) Ink, pub(super) [f32; 4]);

#[derive(Default)]
pub(super) struct Page {
    pub(super) areas: Vec<Area>,
    pub(super) runs: Vec<Run>,
}

/// The weights of the font.
pub(super) struct Faces {
    pub(super) regular: Face,
    pub(super) bold: Face,
}

impl Faces {
    pub(super) fn of(&self, style: Style) -> &Face {
        if style.bold { &self.bold } else { &self.regular }
    }
}

/// All pages, and the place of the link on the first page.
pub(super) struct Layout {
    pub(super) pages: Vec<Page>,
    pub(super) link: Option<[f32; 4]>,
}

/// Distributes `sheet` over pages.
pub(super) fn lay_out(sheet: &Sheet, faces: &Faces) -> Layout {
    let mut flow = Flow { faces, pages: vec![Page::default()], y: TOP, full: false };
    let link = flow.head(sheet);
    for (index, section) in sheet.sections.iter().enumerate() {
        flow.section(index, section);
    }
    flow.footers(&sheet.footer);
    Layout { pages: flow.pages, link }
}

struct Flow<'a> {
    faces: &'a Faces,
    pages: Vec<Page>,
    /// Down to where the last page is filled.
    y: f32,
    /// The last page that may be is filled.
    full: bool,
}

impl Flow<'_> {
    fn page(&mut self) -> Option<&mut Page> {
        self.pages.last_mut().filter(|_| !self.full)
    }

    fn wrap(&self, style: Style, text: &str, width: f32) -> Vec<String> {
        let face = self.faces.of(style);
        face.wrap(&face.readable(text), width / style.size)
    }

    /// Starts a new page unless `height` is left on this one. After the last allowed page, marks the content as cut.
    fn need(&mut self, height: f32) {
        let is_last = self.pages.len() == MAX_PAGES;
        let bottom = if is_last { BOTTOM - VALUE.leading } else { BOTTOM };
        if self.y + height <= bottom || self.full {
            return;
        }
        if !is_last {
            self.pages.push(Page::default());
            self.y = TOP;
            return;
        }
        if let Some(runs) = self.page().map(|page| &mut page.runs)
            && let Some(&Run { part, x, y, .. }) = runs.last()
        {
            runs.push(Run { part, x, y: y + VALUE.leading, style: VALUE, text: "…".to_owned() });
        }
        self.full = true;
    }

    /// Adds a line with texts side by side.
    fn line<const N: usize>(&mut self, leading: f32, texts: [Option<(TextRole, f32, Style, String)>; N]) {
        self.need(leading);
        let y = self.y + leading * 0.75;
        if let Some(page) = self.page() {
            page.runs.extend(texts.into_iter().flatten().map(|(part, x, style, text)| Run { part, x, y, style, text }));
            self.y += leading;
        }
    }

    fn texts(&mut self, part: TextRole, x: f32, style: Style, lines: Vec<String>) {
        for text in lines {
            self.line(style.leading, [Some((part, x, style, text))]);
        }
    }

    fn area(&mut self, area: Area) {
        if let Some(page) = self.page() {
            page.areas.push(area);
        }
    }

    /// Adds dealer, title, arrival and link, each at most three lines. Returns the place of the link.
    fn head(&mut self, sheet: &Sheet) -> Option<[f32; 4]> {
        let cut = |mut lines: Vec<String>| {
            lines.truncate(3);
            lines
        };
        let width = RIGHT - LEFT;
        self.texts(TextRole::Dealer, LEFT, DEALER, cut(self.wrap(DEALER, &sheet.dealer, width)));
        self.y += 2.0;
        self.texts(TextRole::Title, LEFT, TITLE, cut(self.wrap(TITLE, &sheet.title, width)));
        self.texts(TextRole::Arrival, LEFT, ARRIVAL, cut(self.wrap(ARRIVAL, &sheet.arrival, width)));
        self.y += 12.0;
        let link = sheet.link.as_ref()?;
        let (top, inset) = (self.y, 14.0);
        self.y += 10.0;
        self.texts(TextRole::Link, LEFT + inset, LINK, cut(self.wrap(LINK, &link.text, width - 2.0 * inset)));
        self.texts(TextRole::Link, LEFT + inset, ADDRESS, cut(self.wrap(ADDRESS, &link.url, width - 2.0 * inset)));
        self.y += 9.5;
        let link = [LEFT, top, width, self.y - top];
        self.area(Area(Ink::Panel, link));
        self.area(Area(Ink::Accent, [LEFT, top, 3.0, self.y - top]));
        Some(link)
    }

    fn section(&mut self, index: usize, section: &Section) {
        self.y += 14.0;
        self.need(WITH_HEADING);
        if index > 0 && self.y > TOP {
            self.area(Area(Ink::Rule, [LEFT, self.y, RIGHT - LEFT, 0.6]));
            self.y += 11.0;
        }
        let heading = self.faces.of(HEADING).fit(&section.heading, (RIGHT - LEFT) / HEADING.size);
        self.texts(TextRole::Heading(index), LEFT, HEADING, vec![heading]);
        self.y += 4.0;
        for (row, (label, value)) in section.rows.iter().enumerate() {
            self.row((index, row), label, value);
            self.y += 2.5;
        }
    }

    /// A label with its value beside it; without a label, running text.
    fn row(&mut self, (index, row): (usize, usize), label: &str, value: &str) {
        if self.full {
            return;
        }
        let (part, x) = (TextRole::Value(index, row), if label.is_empty() { LEFT } else { VALUES });
        let mut labels = self.wrap(LABEL, label, VALUES - LEFT - 12.0).into_iter();
        let mut values = self.wrap(VALUE, value, RIGHT - x).into_iter();
        loop {
            let (label, value) = (labels.next(), values.next());
            if self.full || (label.is_none() && value.is_none()) {
                return;
            }
            let label = label.map(|text| (TextRole::Label(index, row), LEFT, LABEL, text));
            self.line(VALUE.leading, [label, value.map(|text| (part, x, VALUE, text))]);
        }
    }

    /// Adds the footer to every page, with page numbers if there is more than one page.
    fn footers(&mut self, footer: &str) {
        let (face, count) = (self.faces.of(FOOTER), self.pages.len());
        let text = face.fit(footer, (RIGHT - LEFT - 40.0) / FOOTER.size);
        for (index, page) in self.pages.iter_mut().enumerate() {
            let run = |x, text| Run { part: TextRole::Footer, x, y: FOOT, style: FOOTER, text };
            page.runs.push(run(LEFT, text.clone()));
            if count > 1 {
                let number = format!("{} / {count}", index + 1);
                page.runs.push(run(RIGHT - face.width(&number) * FOOTER.size, number));
            }
        }
    }
}
