//! Builds a tree of elements from repaired text. Tags that do not match are corrected if that is unambiguous.

use super::names::{self, Role};
use super::{MAX_DEPTH, MAX_PROSPECTS, Unreadable, place, repair, values};
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::ops::Range;

/// An element. Empty elements are left out of the tree.
#[derive(Debug)]
pub(super) struct Node {
    /// The canonical name.
    pub(super) name: String,
    /// The attributes: canonical name, value as written.
    attributes: Vec<(String, String)>,
    /// The value of a field or a text; for other elements the text between their children.
    pub(super) text: String,
    pub(super) children: Vec<Node>,
    /// The range in the document, tags included.
    pub(super) span: Range<usize>,
    /// The corrections inside a prospect.
    pub(super) repairs: Vec<String>,
}

impl Node {
    pub(super) fn role(&self) -> Role {
        names::role(&self.name)
    }

    /// Returns an attribute's value. `None` if it is empty or absent.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(key, _)| key == name).and_then(|(_, value)| values::word(value))
    }

    fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty() && self.text.trim().is_empty()
    }
}

/// Returns the top elements of a document.
///
/// # Errors
/// [`Unreadable`] if the document is truncated, is not XML, is nested too deep or has too many prospects.
pub(super) fn build(text: &str, repaired: &str) -> Result<Vec<Node>, Unreadable> {
    let mut reader = Reader::from_str(repaired);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut tree = Builder { text, open: Vec::new(), top: Vec::new(), prospects: 0 };
    loop {
        let at = offset(reader.buffer_position());
        let event = reader.read_event();
        let span = at..offset(reader.buffer_position());
        match event {
            Ok(Event::Start(tag)) => tree.start(&tag, span, false)?,
            Ok(Event::Empty(tag)) => tree.start(&tag, span, true)?,
            Ok(Event::End(tag)) => tree.end(&names::canonical(tag.name().as_ref()), span),
            Ok(Event::Text(words)) => tree.text(&words.into_inner()),
            Ok(Event::CData(words)) => tree.text(&words.into_inner()),
            Ok(Event::GeneralRef(reference)) => {
                let name = reference.into_inner();
                match values::reference(&name) {
                    Some(character) => tree.text(character.encode_utf8(&mut [0; 4])),
                    None => tree.text(&format!("&{name};")),
                }
            }
            Ok(Event::Eof) => return tree.finish(),
            Ok(_) => {}
            Err(error) => return tree.broken(offset(reader.error_position()), reason(&error)),
        }
    }
}

/// Returns in plain words why the XML reader stopped.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::Syntax(SyntaxError::InvalidBangMarkup) => "<! must begin a comment, a CDATA section or a DOCTYPE",
        Error::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => "<? is not closed by ?>",
        Error::Syntax(SyntaxError::UnclosedComment) => "a comment is not closed by -->",
        Error::Syntax(SyntaxError::UnclosedDoctype) => "the DOCTYPE is not closed by >",
        Error::Syntax(SyntaxError::UnclosedCData) => "a CDATA section is not closed by ]]>",
        Error::Syntax(SyntaxError::UnclosedTag) => "a tag is not closed by >",
        Error::Syntax(SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue) => {
            "the value of an attribute is not closed by a quotation mark"
        }
        _ => "the markup is not well-formed",
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn attributes(tag: &BytesStart<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for attribute in tag.html_attributes().with_checks(false).flatten() {
        let value = attribute.value.replace(repair::LESS, "<");
        // A value with a single `&` stays as written.
        let value = quick_xml::escape::unescape(&value).map_or_else(|_| value.clone(), |plain| plain.into_owned());
        found.push((names::canonical(attribute.key.as_ref()), value));
    }
    found
}

struct Builder<'a> {
    /// The original document.
    text: &'a str,
    /// The open elements, innermost last.
    open: Vec<Node>,
    top: Vec<Node>,
    prospects: usize,
}

impl Builder<'_> {
    fn innermost(&self) -> Option<Role> {
        self.open.last().map(Node::role)
    }

    fn text(&mut self, words: &str) {
        if let Some(node) = self.open.last_mut() {
            node.text.extend(words.chars().filter(|c| *c != repair::NOTHING).map(|c| if c == repair::LESS { '<' } else { c }));
        }
    }

    /// Adds a tag as part of the text around it.
    fn tag_as_text(&mut self, span: Range<usize>) {
        let text = self.text;
        self.text(text.get(span).unwrap_or_default());
    }

    fn start(&mut self, tag: &BytesStart<'_>, span: Range<usize>, is_empty: bool) -> Result<(), Unreadable> {
        let name = names::canonical(tag.name().as_ref());
        let role = names::role(&name);
        let ends_prose = matches!(role, Role::Section | Role::Contact | Role::Prospect);
        match self.innermost() {
            Some(inside) if inside == Role::Prose && !ends_prose || inside == Role::Field && matches!(role, Role::Html | Role::Unknown) => {
                self.tag_as_text(span);
                return Ok(());
            }
            // A field cannot contain an element, so its end tag is missing.
            Some(Role::Prose | Role::Field) => self.close(span.start),
            _ => {}
        }
        let adf_open = self.open.iter().any(|node| node.role() == Role::Root);
        match role {
            Role::Html => return Ok(()),
            Role::Root if adf_open || self.is_in_prospect() => return Ok(()),
            Role::Root => self.close_to(0, span.start),
            Role::Prospect => {
                let outermost = self.open.iter().position(|node| !matches!(node.role(), Role::Root | Role::Unknown));
                self.close_to(outermost.unwrap_or(self.open.len()), span.start);
                self.prospects += 1;
                if self.prospects > MAX_PROSPECTS {
                    return Err(Unreadable::TooManyProspects { limit: MAX_PROSPECTS });
                }
            }
            Role::Section => {}
            // A contact cannot contain a contact, so its end tag is missing.
            Role::Contact => {
                if let Some(index) = self.matching(&name, role) {
                    self.close_to(index, span.start);
                }
            }
            _ => {}
        }
        // Skips the mail or the page around the document.
        if self.open.is_empty() && !matches!(role, Role::Root | Role::Prospect | Role::Section) {
            return Ok(());
        }
        if self.open.len() >= MAX_DEPTH {
            let (line, column) = place(self.text, span.start);
            return Err(Unreadable::TooDeep { line, column, limit: MAX_DEPTH });
        }
        let end = span.end;
        self.open.push(Node { name, attributes: attributes(tag), text: String::new(), children: Vec::new(), span, repairs: Vec::new() });
        if is_empty {
            self.close(end);
        }
        Ok(())
    }

    fn end(&mut self, name: &str, span: Range<usize>) {
        let role = names::role(name);
        if let Some(index) = self.matching(name, role) {
            self.close_to(index + 1, span.start);
            self.close(span.end);
            return;
        }
        match (self.innermost(), role) {
            (Some(Role::Prose), _) | (Some(Role::Field), Role::Html) => self.tag_as_text(span),
            // A misspelt end tag inside a value can only end that value.
            (Some(Role::Field), _) => self.close(span.end),
            (_, Role::Section) => self.stray_section_end(name, &span),
            _ => {}
        }
    }

    /// Returns the index of the open element that an end tag closes. An end tag never closes an element of a higher order than its own.
    fn matching(&self, name: &str, role: Role) -> Option<usize> {
        let order = |role: Role| match role {
            Role::Root => 4,
            Role::Prospect => 3,
            Role::Section => 2,
            Role::Contact => 1,
            _ => 0,
        };
        let reach = self.open.iter().rposition(|node| node.name == name || order(node.role()) > order(role))?;
        self.open.get(reach).filter(|node| node.name == name).map(|_| reach)
    }

    /// Handles an end tag such as `</vendor>` without a start tag. If the customer has several contacts at this point, the tags between
    /// them are missing and the last contact is the vendor's: it must not be used as the customer's.
    fn stray_section_end(&mut self, name: &str, span: &Range<usize>) {
        let Some(section) = self.open.iter().rposition(|node| node.role() == Role::Section) else { return };
        self.repair(format!("</{name}> closes nothing"));
        self.close_to(section + 1, span.start);
        let Some(customer) = self.open.last_mut() else { return };
        let is_contact = |node: &Node| node.role() == Role::Contact;
        if customer.children.iter().filter(|node| is_contact(node)).count() > 1
            && let Some(last) = customer.children.iter().rposition(is_contact)
        {
            let theirs = customer.children.split_off(last);
            self.close(span.start);
            let start = theirs.first().map_or(span.start, |node| node.span.start);
            let span = start..span.end;
            self.attach(Node {
                name: name.to_owned(),
                attributes: Vec::new(),
                text: String::new(),
                children: theirs,
                span,
                repairs: Vec::new(),
            });
        }
    }

    fn repair(&mut self, what: String) {
        if let Some(prospect) = self.open.iter_mut().find(|node| node.role() == Role::Prospect)
            && prospect.repairs.len() < 8
        {
            prospect.repairs.push(what);
        }
    }

    fn is_in_prospect(&self) -> bool {
        self.open.iter().any(|node| node.role() == Role::Prospect)
    }

    /// Closes elements without an end tag until `left` elements are open.
    fn close_to(&mut self, left: usize, end: usize) {
        while self.open.len() > left {
            if let Some(node) = self.open.last().filter(|node| node.role() != Role::Unknown) {
                self.repair(format!("<{}> is not closed", node.name));
            }
            self.close(end);
        }
    }

    fn close(&mut self, end: usize) {
        if let Some(mut node) = self.open.pop() {
            node.span.end = end;
            if !node.is_empty() || node.role() == Role::Prospect {
                self.attach(node);
            }
        }
    }

    fn attach(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.top.push(node),
        }
    }

    /// Returns a description of the innermost element that must be closed in a complete document. `None` if the document is complete.
    fn unclosed(&self) -> Option<String> {
        let node = self.open.iter().rfind(|node| matches!(node.role(), Role::Root | Role::Prospect))?;
        let (line, _) = place(self.text, node.span.start);
        Some(format!("<{}> of line {line} is not closed", node.name))
    }

    fn finish(mut self) -> Result<Vec<Node>, Unreadable> {
        if let Some(detail) = self.unclosed() {
            let (line, column) = place(self.text, self.text.len());
            return Err(Unreadable::Truncated { line, column, detail });
        }
        self.close_to(0, self.text.len());
        Ok(self.top)
    }

    /// Handles an error of the XML reader at this offset.
    fn broken(self, at: usize, why: &str) -> Result<Vec<Node>, Unreadable> {
        let (line, column) = place(self.text, at);
        match self.unclosed() {
            Some(open) => Err(Unreadable::Truncated { line, column, detail: format!("{open}, and {why}") }),
            // Text after the document, such as a mail signature, is ignored.
            None if self.prospects > 0 => self.finish(),
            None => Err(Unreadable::NotXml { line, column, detail: why.to_owned() }),
        }
    }
}
