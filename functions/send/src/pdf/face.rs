//! One weight of the font: glyphs, widths and line breaks.

use super::PdfError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider, charmap::Charmap};

/// Stands for characters that the font lacks. Text copied from the document has the original character.
const MISSING: char = '□';

/// A font with its metrics.
pub(super) struct Face {
    pub(super) font: Font,
    glyphs: Charmap<'static>,
    measures: GlyphMetrics<'static>,
    missing: skrifa::GlyphId,
}

impl Face {
    /// Reads a font file.
    pub(super) fn read(file: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(file.into(), 0).ok_or(PdfError::Font)?;
        let tables = FontRef::new(file).map_err(PdfError::FontFile)?;
        let glyphs = tables.charmap();
        let missing = glyphs.map(MISSING).ok_or(PdfError::NoReplacement)?;
        Ok(Self { font, glyphs, measures: tables.glyph_metrics(Size::unscaled(), LocationRef::default()), missing })
    }

    fn glyph(&self, character: char) -> skrifa::GlyphId {
        let shown = match character {
            '\u{2010}' | '\u{2011}' => '-',
            other => other,
        };
        self.glyphs.map(shown).unwrap_or(self.missing)
    }

    /// The advance width of `character` at font size 1.
    fn advance(&self, character: char) -> f32 {
        self.measures.advance_width(self.glyph(character)).unwrap_or_default() / self.font.units_per_em()
    }

    /// The width of `text` at font size 1.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    /// The glyphs of a line.
    pub(super) fn set(&self, line: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let id = GlyphId::new(self.glyph(c).to_u32());
            KrillaGlyph::new(id, self.advance(c), 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        line.char_indices().map(glyph).collect()
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
        let text = &clean(text).replace('\n', " ");
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

/// Normalises a text for drawing: NFC, line ends as `\n`, without control, invisible and bidirectional formatting characters.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{B}', '\u{C}', '\u{85}'], "\n").replace('\t', " ");
    let composed = icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&text);
    composed.chars().filter(|c| *c == '\n' || !shapeless(*c)).collect::<String>().trim().to_owned()
}

fn shapeless(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}
