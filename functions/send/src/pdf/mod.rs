//! A sheet of labels and values as a PDF: the core data of a trade-in enquiry (INT-8) or a quote for the customer (LEAD-3).
//!
//! The document is tagged and declares PDF/UA-1: screen readers recognise headings, tables and the link.

mod face;
mod layout;

use chrono::{DateTime, Datelike, Timelike, Utc};
use face::{Face, clean};
use krilla::action::LinkAction;
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};
use krilla::{Document, SerializeSettings};
use layout::{Area, Faces, Ink, Layout, PAGE, Run, TextRole, lay_out};
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The content of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Title, one line.
    pub title: String,
    /// Date and source, in one line below the title.
    pub arrival: String,
    /// Name of the dealer; also the author of the document.
    pub dealer: String,
    /// Language code.
    pub language: String,
    /// The sections.
    pub sections: Vec<Section>,
    /// Link to the lead; `None` if the reader has no access to it.
    pub link: Option<Link>,
    /// Footer of every page, one line.
    pub footer: String,
    /// Time of writing.
    pub at: DateTime<Utc>,
}

/// A section of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Heading.
    pub heading: String,
    /// Labels and values. A value with an empty label is running text.
    pub rows: Vec<(String, String)>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Text of the link.
    pub text: String,
    /// Target of the link.
    pub url: String,
}

/// The reason why a sheet cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The font cannot be embedded.
    #[error("the font cannot be embedded")]
    Font,
    /// The font file cannot be read.
    #[error("the font cannot be read")]
    FontFile(#[source] skrifa::raw::ReadError),
    /// The font has no replacement for missing glyphs.
    #[error("the font has no replacement glyph")]
    NoReplacement,
    /// A4 is not a valid page size.
    #[error("A4 is not a valid page size")]
    PageSize,
    /// The settings of the document contradict each other.
    #[error("the accessibility configuration failed: {0}")]
    Configuration(String),
    /// The document breaks a rule of the format.
    #[error("the document cannot be written")]
    Document(#[source] krilla::error::KrillaError),
}

/// Writes the sheet as an A4 document of at most five pages. Longer content is cut with `…`. Equal sheets give equal bytes.
///
/// # Errors
/// If the document cannot be written.
pub fn written(sheet: &Sheet) -> Result<Vec<u8>, PdfError> {
    let faces = Faces { regular: Face::read(ttf_noto_sans::REGULAR)?, bold: Face::read(ttf_noto_sans::BOLD)? };
    let layout = lay_out(sheet, &faces);
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|e| PdfError::Configuration(format!("{e:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let parts = draw(&mut document, sheet, &layout, &faces)?;
    document.set_metadata(metadata(sheet));
    document.set_outline(outline(sheet, &layout));
    document.set_tag_tree(structure(sheet, parts));
    document.finish().map_err(PdfError::Document)
}

/// Returns a text that is never empty: documents need a title and links a name.
fn named(text: &str) -> String {
    Some(clean(text).replace('\n', " ")).filter(|t| !t.is_empty()).unwrap_or_else(|| "–".to_owned())
}

fn metadata(sheet: &Sheet) -> Metadata {
    let small = |n: u32| u8::try_from(n).unwrap_or_default();
    let at = krilla::metadata::DateTime::new(u16::try_from(sheet.at.year()).unwrap_or_default())
        .month(small(sheet.at.month()))
        .day(small(sheet.at.day()))
        .hour(small(sheet.at.hour()))
        .minute(small(sheet.at.minute()))
        .second(small(sheet.at.second()))
        .utc_offset_hour(0);
    Metadata::new()
        .title(named(&sheet.title))
        .authors(vec![named(&sheet.dealer)])
        .creator("Forecourt".to_owned())
        .language(named(&sheet.language))
        .creation_date(at)
}

/// The drawn runs of each part.
type Parts = BTreeMap<TextRole, Vec<Identifier>>;

fn draw(document: &mut Document, sheet: &Sheet, layout: &Layout, faces: &Faces) -> Result<Parts, PdfError> {
    let mut parts = Parts::new();
    for (number, laid) in layout.pages.iter().enumerate() {
        let mut page = document.start_page_with(PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(PdfError::PageSize)?);
        let mut surface = page.surface();
        laid.areas.iter().for_each(|area| draw_area(&mut surface, area));
        for run in &laid.runs {
            let drawn = draw_run(&mut surface, run, faces);
            parts.entry(run.part).or_default().push(drawn);
        }
        surface.finish();
        if let Some((link, place)) = sheet.link.as_ref().zip(layout.link.and_then(rect)).filter(|_| number == 0) {
            let target = Target::Action(LinkAction::new(link.url.clone()).into());
            let link = Annotation::new_link(LinkAnnotation::new(place, target), Some(named(&link.text)));
            parts.entry(TextRole::Link).or_default().push(page.add_tagged_annotation(link));
        }
        page.finish();
    }
    Ok(parts)
}

fn rect([left, top, width, height]: [f32; 4]) -> Option<Rect> {
    Rect::from_xywh(left, top, width, height)
}

fn fill(ink: Ink) -> Fill {
    let colour = match ink {
        Ink::Text => rgb::Color::new(0x1B, 0x20, 0x26),
        Ink::Quiet => rgb::Color::new(0x5C, 0x66, 0x70),
        Ink::Accent => rgb::Color::new(0x0B, 0x5A, 0x82),
        Ink::Rule => rgb::Color::new(0xD3, 0xD9, 0xDE),
        Ink::Panel => rgb::Color::new(0xEF, 0xF4, 0xF7),
    };
    Fill { paint: colour.into(), ..Fill::default() }
}

fn draw_area(surface: &mut Surface<'_>, Area(ink, place): &Area) {
    let mut path = PathBuilder::new();
    rect(*place).into_iter().for_each(|place| path.push_rect(place));
    if let Some(path) = path.finish() {
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        surface.set_fill(Some(fill(*ink)));
        surface.draw_path(&path);
        surface.end_tagged();
    }
}

fn draw_run(surface: &mut Surface<'_>, run: &Run, faces: &Faces) -> Identifier {
    let face = faces.of(run.style);
    let drawn = surface.start_tagged(match run.part {
        TextRole::Footer => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)),
        _ => ContentTag::Span(SpanTag::empty()),
    });
    surface.set_fill(Some(fill(run.style.ink)));
    let mut x = run.x;
    for segment in face.set(&run.text) {
        surface.draw_glyphs(Point::from_xy(x, run.y), &segment.glyphs, segment.font.clone(), segment.text, run.style.size, false);
        x += segment.width * run.style.size;
    }
    surface.end_tagged();
    drawn
}

/// Title and sections for the viewer's side bar.
fn outline(sheet: &Sheet, layout: &Layout) -> Outline {
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(named(&sheet.title), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    for (page, run) in layout.pages.iter().enumerate().flat_map(|(page, laid)| laid.runs.iter().map(move |run| (page, run))) {
        if let TextRole::Heading(_) = run.part {
            let place = Point::from_xy(0.0, run.y - run.style.leading);
            outline.push_child(OutlineNode::new(named(&run.text), XyzDestination::new(page, place)));
        }
    }
    outline
}

/// The structure for screen readers: headings, tables of labels and values, running text.
fn structure(sheet: &Sheet, mut parts: Parts) -> TagTree {
    let mut tree = TagTree::new();
    let heading = |level, title: &str| Tag::Hn(NonZeroU16::MIN.saturating_add(level), Some(named(title)));
    tree.children.extend(group(&mut parts, Tag::P, TextRole::Dealer));
    tree.children.extend(group(&mut parts, heading(0, &sheet.title), TextRole::Title));
    tree.children.extend(group(&mut parts, Tag::P, TextRole::Arrival));
    if let Some(link) = group(&mut parts, Tag::Link, TextRole::Link) {
        tree.push(TagGroup::with_children(Tag::P, vec![link]));
    }
    for (index, section) in sheet.sections.iter().enumerate() {
        tree.children.extend(group(&mut parts, heading(1, &section.heading), TextRole::Heading(index)));
        let mut table = TagGroup::new(Tag::Table);
        for row in 0..section.rows.len() {
            let label = group(&mut parts, Tag::TH(TableHeaderScope::Row), TextRole::Label(index, row));
            match label {
                Some(label) => {
                    let value = group(&mut parts, Tag::TD, TextRole::Value(index, row));
                    table.push(TagGroup::with_children(Tag::TR, [Some(label), value].into_iter().flatten().collect()));
                }
                None => tree.children.extend(group(&mut parts, Tag::P, TextRole::Value(index, row))),
            }
        }
        if !table.children.is_empty() {
            tree.push(table);
        }
    }
    tree
}

/// The drawn runs of `part` as a group with `tag`. `None` if nothing was drawn.
fn group(parts: &mut Parts, tag: impl Into<TagKind>, part: TextRole) -> Option<Node> {
    let drawn = parts.remove(&part)?;
    Some(TagGroup::with_children(tag, drawn.into_iter().map(Node::from).collect()).into())
}
