//! The kind of a file, by its first bytes and by its declared media type (LEAD-2).

use std::borrow::Cow;

/// The number of first bytes by which a file is judged.
pub const HEAD_BYTES: u64 = 4096;

/// The kind of a file, as its first bytes show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A PDF document.
    Pdf,
    /// A JPEG image.
    Jpeg,
    /// A PNG image.
    Png,
    /// A GIF image.
    Gif,
    /// A WebP image.
    Webp,
    /// A TIFF image.
    Tiff,
    /// An image, film or sound in boxes: HEIC, AVIF, MP4, QuickTime.
    Boxes,
    /// A ZIP archive, as the current office documents are.
    Zip,
    /// A compound file, as older office documents, mails of Outlook and encrypted office documents are.
    Compound,
    /// A document in Rich Text Format.
    Rtf,
    /// Plain text.
    Text,
    /// Markup that a browser would show and run: HTML, XHTML, SVG, XML, or a page of a server.
    Markup,
    /// A web page with its parts in one file (MHTML).
    WebArchive,
    /// A script for a shell or an operating system.
    Script,
    /// A program, or a file that starts one.
    Program,
    /// Bytes of another kind.
    Other,
}

/// The declared media types that Forecourt knows, with the extension of their files and the kinds that their content can have.
/// A download has only these types; a file of another type is downloaded as data.
const TYPES: [(&str, &str, &[FileKind]); 32] = [
    ("application/pdf", "pdf", &[FileKind::Pdf]),
    ("image/jpeg", "jpg", &[FileKind::Jpeg]),
    ("image/jpg", "jpg", &[FileKind::Jpeg]),
    ("image/png", "png", &[FileKind::Png]),
    ("image/gif", "gif", &[FileKind::Gif]),
    ("image/webp", "webp", &[FileKind::Webp]),
    ("image/tiff", "tif", &[FileKind::Tiff]),
    ("image/heic", "heic", &[FileKind::Boxes]),
    ("image/heif", "heif", &[FileKind::Boxes]),
    ("image/avif", "avif", &[FileKind::Boxes]),
    ("video/mp4", "mp4", &[FileKind::Boxes]),
    ("video/quicktime", "mov", &[FileKind::Boxes]),
    ("audio/mp4", "m4a", &[FileKind::Boxes]),
    ("text/plain", "txt", &[FileKind::Text]),
    ("text/csv", "csv", &[FileKind::Text]),
    ("text/calendar", "ics", &[FileKind::Text]),
    ("text/vcard", "vcf", &[FileKind::Text]),
    ("application/json", "json", &[FileKind::Text]),
    ("application/rtf", "rtf", &[FileKind::Rtf]),
    ("text/rtf", "rtf", &[FileKind::Rtf]),
    ("application/zip", "zip", &[FileKind::Zip]),
    ("application/x-zip-compressed", "zip", &[FileKind::Zip]),
    ("application/msword", "doc", &[FileKind::Compound, FileKind::Rtf]),
    ("application/vnd.ms-excel", "xls", &[FileKind::Compound]),
    ("application/vnd.ms-powerpoint", "ppt", &[FileKind::Compound]),
    ("application/vnd.ms-outlook", "msg", &[FileKind::Compound]),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", OFFICE),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", OFFICE),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx", OFFICE),
    ("application/vnd.oasis.opendocument.text", "odt", &[FileKind::Zip]),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods", &[FileKind::Zip]),
    ("application/vnd.oasis.opendocument.presentation", "odp", &[FileKind::Zip]),
];

/// An office document with a password is a compound file.
const OFFICE: &[FileKind] = &[FileKind::Zip, FileKind::Compound];

/// The media type of data that no program opens by itself.
pub(crate) const DATA: &str = "application/octet-stream";

/// The subtypes of media types that a browser or an operating system runs.
const ACTIVE: [&str; 24] = [
    "html",
    "xml",
    "xsl",
    "xml-dtd",
    "xml-external-parsed-entity",
    "javascript",
    "x-javascript",
    "ecmascript",
    "x-ecmascript",
    "jscript",
    "livescript",
    "vbscript",
    "hta",
    "x-mimearchive",
    "x-httpd-php",
    "x-php",
    "x-sh",
    "x-shellscript",
    "x-msdownload",
    "x-msdos-program",
    "vnd.microsoft.portable-executable",
    "x-executable",
    "java-archive",
    "wasm",
];

/// The extensions of files that a browser or an operating system runs, installs or mounts when a user opens them, with spaces between.
const RUNNABLE: &str = "\
    apk app appinstaller application appref-ms appx bash bat chm cmd com command cpl csh deb desktop diagcab dll dmg exe gadget hta \
    htm html img inf iso jar jnlp js jse ksh library-ms lnk mht mhtml msc msi msix msp mst php pif pkg ps1 ps1xml psd1 psm1 py reg \
    rpm run scf scr sct search-ms searchconnector-ms settingcontent-ms sh shtml svg svgz swf terminal url vb vbe vbs vhd vhdx vsto \
    webloc website workflow ws wsc wsf wsh xbap xht xhtm xhtml xll xml xsl zsh";

/// Signatures at the start of a file.
const SIGNATURES: [(&[u8], FileKind); 22] = [
    (b"\xFF\xD8\xFF", FileKind::Jpeg),
    (b"\x89PNG\r\n\x1A\n", FileKind::Png),
    (b"GIF87a", FileKind::Gif),
    (b"GIF89a", FileKind::Gif),
    (b"II*\0", FileKind::Tiff),
    (b"MM\0*", FileKind::Tiff),
    (b"PK\x03\x04", FileKind::Zip),
    (b"PK\x05\x06", FileKind::Zip),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", FileKind::Compound),
    (b"{\\rtf", FileKind::Rtf),
    (b"\x7FELF", FileKind::Program),
    (b"\xFE\xED\xFA\xCE", FileKind::Program),
    (b"\xFE\xED\xFA\xCF", FileKind::Program),
    (b"\xCE\xFA\xED\xFE", FileKind::Program),
    (b"\xCF\xFA\xED\xFE", FileKind::Program),
    // Java, and programs of macOS for several processors.
    (b"\xCA\xFE\xBA\xBE", FileKind::Program),
    (b"\0asm", FileKind::Program),
    (b"dex\n", FileKind::Program),
    // A shortcut of Windows, a Windows help file, a cabinet.
    (b"L\0\0\0\x01\x14\x02\0", FileKind::Program),
    (b"ITSF\x03\0\0\0", FileKind::Program),
    (b"MSCF\0\0\0\0", FileKind::Program),
    (b"!<arch>\n", FileKind::Program),
];

/// The beginnings of scripts, in lower case.
const SCRIPTS: [&str; 6] = ["#!", "@echo", "windows registry editor", "regedit4", "[internetshortcut]", "[desktop entry]"];

/// Markup that a text can hide behind other words, in lower case.
const HIDDEN: [&str; 6] = ["<!doctype html", "<html", "<script", "<svg", "<iframe", "<?php"];

impl FileKind {
    /// Returns the kind of a file that begins with `head`, at most [`HEAD_BYTES`] of it.
    pub fn of(head: &[u8]) -> Self {
        // "MZ" alone can begin a text, as it is the sign of a town on licence plates.
        if head.starts_with(b"MZ") && head.contains(&0) {
            return Self::Program;
        }
        if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
            // One file can be an image and a page, or a script of a page.
            let is_image = matches!(kind, Self::Jpeg | Self::Png | Self::Gif | Self::Tiff);
            return if is_image && hides_markup(&text_of(head)) { Self::Markup } else { *kind };
        }
        if head.starts_with(b"RIFF") && head.get(8..12) == Some(&b"WEBP"[..]) {
            return Self::Webp;
        }
        if matches!(head.get(4..8), Some(b"ftyp" | b"moov" | b"mdat" | b"wide")) {
            return Self::Boxes;
        }
        let text = text_of(head);
        let begins = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r', '\x0c', '\0']).to_ascii_lowercase();
        if is_markup(&begins) {
            return Self::Markup;
        }
        if SCRIPTS.iter().any(|script| begins.starts_with(script)) {
            return Self::Script;
        }
        // Programs put other bytes before the signature of a PDF document, and readers accept it within the first 1,024.
        if let Some(at) = head.windows(5).take(1_024).position(|five| five == b"%PDF-") {
            return if hides_markup(&text_of(&head[..at])) { Self::Markup } else { Self::Pdf };
        }
        if begins.contains("mime-version:") && begins.contains("multipart/related") {
            return Self::WebArchive;
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1a' | '\x1b' | '\u{80}'..='\u{9f}')) {
            return Self::Other;
        }
        if hides_markup(&begins) { Self::Markup } else { Self::Text }
    }

    /// Returns whether a browser or an operating system would run the file.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Markup | Self::WebArchive | Self::Script | Self::Program)
    }

    /// Returns the kind in words: "the file is …".
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF document",
            Self::Jpeg => "a JPEG image",
            Self::Png => "a PNG image",
            Self::Gif => "a GIF image",
            Self::Webp => "a WebP image",
            Self::Tiff => "a TIFF image",
            Self::Boxes => "an image or a recording (HEIC, AVIF, MP4, QuickTime)",
            Self::Zip => "a ZIP archive",
            Self::Compound => "an older or encrypted office document",
            Self::Rtf => "a document in Rich Text Format",
            Self::Text => "plain text",
            Self::Markup => "HTML, SVG or other markup",
            Self::WebArchive => "a web archive",
            Self::Script => "a script",
            Self::Program => "a program",
            Self::Other => "of an unknown kind",
        }
    }
}

/// Returns the text of the first bytes. A byte order mark decides between UTF-16 and UTF-8; a byte that is no UTF-8 is replaced.
fn text_of(head: &[u8]) -> Cow<'_, str> {
    let units = |unit: fn([u8; 2]) -> u16| head[2..].chunks_exact(2).map(|two| unit([two[0], two[1]])).collect::<Vec<_>>();
    match head {
        [0xFF, 0xFE, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)).into(),
        [0xFE, 0xFF, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)).into(),
        _ => String::from_utf8_lossy(head),
    }
}

/// Returns whether markup that runs is somewhere in a text.
fn hides_markup(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    HIDDEN.iter().any(|markup| text.contains(markup))
}

/// Returns whether a text begins with a tag, a comment, a declaration or an instruction, and not with an address or a heart.
fn is_markup(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('<') else { return false };
    if rest.starts_with(['!', '?', '%']) {
        return true;
    }
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let after = rest.trim_start_matches(|c: char| c.is_alphanumeric() || "_-.:".contains(c));
    let named = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
    named && (after.is_empty() || after.starts_with(['>', '/', ' ', '\t', '\n', '\r', '\x0c']))
}

/// Returns whether a browser or an operating system runs files of a media type (in lower case, without parameters).
pub(crate) fn is_active_type(media_type: &str) -> bool {
    let (main, sub) = media_type.split_once('/').unwrap_or((media_type, ""));
    main == "multipart" || ACTIVE.contains(&sub) || sub.ends_with("+xml") || sub.starts_with("javascript1.")
}

/// Returns the kinds that the content of a media type can have. `None` for a type that Forecourt does not know.
pub(crate) fn kinds_of(media_type: &str) -> Option<&'static [FileKind]> {
    TYPES.iter().find(|(known, ..)| *known == media_type).map(|(_, _, kinds)| *kinds)
}

/// Returns the media type of files of a kind. `None` if files of several types have this kind.
pub(crate) fn type_of(kind: FileKind) -> Option<&'static str> {
    let is_certain =
        matches!(kind, FileKind::Pdf | FileKind::Jpeg | FileKind::Png | FileKind::Gif | FileKind::Webp | FileKind::Tiff | FileKind::Rtf);
    let (media_type, ..) = TYPES.iter().find(|(_, _, kinds)| is_certain && *kinds == [kind])?;
    Some(media_type)
}

/// Returns the extension of files of a media type that Forecourt knows.
pub(crate) fn extension_of(media_type: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, ..)| *known == media_type).map(|(_, extension, _)| *extension)
}

/// Returns whether a browser or an operating system runs a file of this name when a user opens it.
pub(crate) fn is_runnable_name(name: &str) -> bool {
    // Windows ignores dots and spaces at the end of a name.
    let name = name.trim_end_matches(['.', ' ']).to_lowercase();
    name.rsplit_once('.').is_some_and(|(_, extension)| RUNNABLE.split(' ').any(|known| known == extension.trim()))
}
