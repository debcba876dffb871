//! One weight of the font, with emoji: glyphs, widths and line breaks.

use super::PdfError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider, charmap::Charmap};

/// Stands for a character without a glyph. [`Face::readable`] leaves none in a text.
const MISSING: char = '□';

/// A font file with its metrics.
struct Typeface {
    font: Font,
    glyphs: Charmap<'static>,
    measures: GlyphMetrics<'static>,
}

impl Typeface {
    fn read(file: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(file.into(), 0).ok_or(PdfError::Font)?;
        let tables = FontRef::new(file).map_err(PdfError::FontFile)?;
        Ok(Self { font, glyphs: tables.charmap(), measures: tables.glyph_metrics(Size::unscaled(), LocationRef::default()) })
    }

    /// The advance width of `glyph` at font size 1.
    fn advance(&self, glyph: skrifa::GlyphId) -> f32 {
        self.measures.advance_width(glyph).unwrap_or_default() / self.font.units_per_em()
    }
}

/// A weight: the font of its texts, and the font of emoji.
pub(super) struct Face {
    fonts: [Typeface; 2],
    missing: skrifa::GlyphId,
}

/// A part of a line in one font.
pub(super) struct Segment<'a> {
    pub(super) font: &'a Font,
    pub(super) text: &'a str,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// The width at font size 1.
    pub(super) width: f32,
}

impl Face {
    /// Reads the font file of a weight.
    pub(super) fn read(file: &'static [u8]) -> Result<Self, PdfError> {
        let fonts = [Typeface::read(file)?, Typeface::read(epaint_default_fonts::NOTO_EMOJI_REGULAR)?];
        let missing = fonts[0].glyphs.map(MISSING).ok_or(PdfError::NoReplacement)?;
        Ok(Self { fonts, missing })
    }

    /// Returns the number of the font that has the character, and its glyph there.
    fn find(&self, character: char) -> Option<(usize, skrifa::GlyphId)> {
        let shown = match character {
            '\u{2010}' | '\u{2011}' => '-',
            other => other,
        };
        self.fonts.iter().enumerate().find_map(|(number, font)| Some((number, font.glyphs.map(shown)?)))
    }

    fn glyph(&self, character: char) -> (usize, skrifa::GlyphId) {
        self.find(character).unwrap_or((0, self.missing))
    }

    /// The advance width of `character` at font size 1.
    fn advance(&self, character: char) -> f32 {
        let (font, glyph) = self.glyph(character);
        self.fonts[font].advance(glyph)
    }

    /// Returns a clean text with a transliteration in brackets in place of characters that no font has: `[Li]`, or their code `[U+1FAE0]`.
    pub(super) fn readable(&self, text: &str) -> String {
        let (mut shown, mut spelled) = (String::with_capacity(text.len()), String::new());
        let close = |shown: &mut String, spelled: &mut String| {
            if !spelled.is_empty() {
                shown.extend(["[", spelled.trim(), "]"]);
                spelled.clear();
            }
        };
        for c in clean(text).chars() {
            if c == '\n' || self.find(c).is_some() {
                close(&mut shown, &mut spelled);
                shown.push(c);
                continue;
            }
            match deunicode::deunicode_char(c).filter(|name| !name.trim().is_empty()) {
                Some(name) => spelled.push_str(name),
                None => spelled.push_str(&format!("U+{:04X} ", u32::from(c))),
            }
        }
        close(&mut shown, &mut spelled);
        shown
    }

    /// The width of `text` at font size 1.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    /// The glyphs of a line, in parts of one font each.
    pub(super) fn set<'a>(&'a self, line: &'a str) -> Vec<Segment<'a>> {
        let mut segments: Vec<Segment<'a>> = Vec::new();
        let (mut start, mut current) = (0, None);
        for (at, c) in line.char_indices() {
            let (font, id) = self.glyph(c);
            if current != Some(font) {
                (start, current) = (at, Some(font));
                segments.push(Segment { font: &self.fonts[font].font, text: "", glyphs: Vec::new(), width: 0.0 });
            }
            let (advance, end) = (self.fonts[font].advance(id), at + c.len_utf8());
            if let Some(segment) = segments.last_mut() {
                let place = at - start..end - start;
                segment.glyphs.push(KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, place, None));
                segment.text = &line[start..end];
                segment.width += advance;
            }
        }
        segments
    }

    /// Breaks a clean text into lines of `width` at font size 1. Breaks between words; words longer than a line are split. Consecutive
    /// empty lines become one.
    pub(super) fn wrap(&self, text: &str, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for paragraph in text.split('\n').map(str::trim_end) {
            if !paragraph.is_empty() || lines.last().is_some_and(|l| !l.is_empty()) {
                self.wrap_paragraph(paragraph, width, &mut lines);
            }
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    fn wrap_paragraph(&self, text: &str, width: f32, lines: &mut Vec<String>) {
        let (mut start, mut word, mut used) = (0, 0, 0.0);
        for (at, c) in text.char_indices() {
            let advance = self.advance(c);
            // A space may exceed the width, and a combining mark stays with its letter.
            while used + advance > width && at > start && !ends_word(c) && advance > 0.0 {
                let end = if word > start { word } else { at };
                lines.push(text[start..end].to_owned());
                start = end;
                used = self.width(&text[start..at]);
            }
            used += advance;
            if ends_word(c) {
                word = at + c.len_utf8();
            }
        }
        lines.push(text[start..].to_owned());
    }

    /// Cuts `text` to one line of `width`, with an ellipsis if it is cut.
    pub(super) fn fit(&self, text: &str, width: f32) -> String {
        let text = &self.readable(text).replace('\n', " ");
        let lines = self.wrap(text, width);
        match lines.as_slice() {
            [] => String::new(),
            [line] => line.clone(),
            _ => self.wrap(text, width - self.width("…")).first().map_or_else(String::new, |line| format!("{}…", line.trim_end())),
        }
    }
}

fn ends_word(c: char) -> bool {
    c == '-' || (c.is_whitespace() && !matches!(c, '\u{A0}' | '\u{2007}' | '\u{202F}'))
}

/// Normalises a text for drawing: NFC, line ends as `\n`, without control, invisible and bidirectional formatting characters,
/// and without the skin tones of emoji.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{B}', '\u{C}', '\u{85}'], "\n").replace('\t', " ");
    let composed = icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&text);
    composed.chars().filter(|c| *c == '\n' || !shapeless(*c)).collect::<String>().trim().to_owned()
}

fn shapeless(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}
