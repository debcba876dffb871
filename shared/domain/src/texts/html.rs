//! The HTML part of a mail, made of its plain text.

use crate::base::text::forbidden_in_lines;

/// Returns a simple page with the paragraphs of a plain text, and the sender's name at the end if the text does not contain it. Everything
/// is escaped. A line that is nothing but a web address is a link.
pub fn html_of(text: &str, language: &str, title: &str, sender: &str) -> String {
    let mut body = String::with_capacity(text.len() + 600);
    let mut open = false;
    for line in text.lines() {
        let line: String = line.trim().chars().filter(|c| !forbidden_in_lines(*c)).collect();
        if line.is_empty() {
            close(&mut body, &mut open);
            continue;
        }
        body.push_str(if open { "<br>\n" } else { "<p>" });
        open = true;
        if is_address(&line) {
            let address = escaped(&line);
            body.push_str(&format!("<a href=\"{address}\">{address}</a>"));
        } else {
            body.push_str(&escaped(&line));
        }
    }
    close(&mut body, &mut open);
    if !text.contains(sender) {
        body.push_str(&format!("<p>{}</p>\n", escaped(sender)));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title></head>\n\
         <body style=\"font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1a1a1a; background: #ffffff\">\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

fn close(body: &mut String, open: &mut bool) {
    if std::mem::take(open) {
        body.push_str("</p>\n");
    }
}

/// Whether a line is nothing but a web address.
fn is_address(line: &str) -> bool {
    let rest = line.strip_prefix("https://").or_else(|| line.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\`{}".contains(&b)))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
