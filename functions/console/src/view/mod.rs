//! Texts, times and templates.

mod details;
mod functions;
mod language;
pub(crate) mod money;
mod time;

pub use details::translated;
pub(crate) use details::{explained, sentence, without_rule};
pub(crate) use functions::shown_size;
pub use language::{Language, text_keys};
pub(crate) use time::Zoned;

use crate::console::Trouble;
use crate::reply::Reply;
use crate::session::hash;
use crate::visit::Visit;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use std::sync::LazyLock;

/// The files that all pages share.
const TEMPLATES: [(&str, &str); 5] = [
    ("frame.html", include_str!("frame.html")),
    ("plain.html", include_str!("plain.html")),
    ("again.html", include_str!("again.html")),
    ("macros.html", include_str!("macros.html")),
    ("form.html", include_str!("form.html")),
];
const STYLE: &str = concat!(
    include_str!("../assets/desk.css"),
    include_str!("../assets/lists.css"),
    include_str!("../assets/messages.css"),
    include_str!("../assets/help.css")
);
const SCRIPT: &str = concat!(
    include_str!("../assets/desk.js"),
    include_str!("../assets/upload.js"),
    include_str!("../assets/lists.js"),
    include_str!("../assets/keys.js"),
    include_str!("../assets/messages.js"),
    include_str!("../assets/drafts.js"),
    include_str!("../assets/texts.js")
);
/// The style of a mail that a page shows in a frame.
const MAIL_STYLE: &str = include_str!("../assets/mail.css");
const ICON: &str = include_str!("../assets/icon.svg");

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/desk/assets/{}.css", hash(STYLE.as_bytes())));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/desk/assets/{}.js", hash(SCRIPT.as_bytes())));
static MAIL_STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/desk/assets/{}.css", hash(MAIL_STYLE.as_bytes())));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| format!("/desk/assets/{}.svg", hash(ICON.as_bytes())));

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // A value that is absent is shown as nothing.
    environment.set_formatter(|out, state, value| if value.is_none() { Ok(()) } else { minijinja::escape_formatter(out, state, value) });
    functions::add_to(&mut environment);
    environment.add_global("style_path", STYLE_PATH.as_str());
    environment.add_global("script_path", SCRIPT_PATH.as_str());
    environment.add_global("icon_path", ICON_PATH.as_str());
    for (name, text) in TEMPLATES.into_iter().chain(crate::screens::templates()) {
        let added = environment.add_template(name, text);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    environment
});

/// Returns a file of the console by its path.
pub(crate) fn asset(path: &str) -> Option<Reply> {
    match path {
        path if path == *STYLE_PATH => Some(Reply::file("text/css; charset=utf-8", STYLE.as_bytes())),
        path if path == *SCRIPT_PATH => Some(Reply::file("text/javascript; charset=utf-8", SCRIPT.as_bytes())),
        // The frame of a mail is of no origin, so its style would be refused.
        path if path == *MAIL_STYLE_PATH => {
            let style = Reply::file("text/css; charset=utf-8", MAIL_STYLE.as_bytes());
            Some(style.header("cross-origin-resource-policy", "cross-origin"))
        }
        path if path == *ICON_PATH => Some(Reply::file("image/svg+xml", ICON.as_bytes())),
        _ => None,
    }
}

/// Returns the HTML part of a mail for a frame: the policy of the console permits no style in a page, so it gets the console's.
pub(crate) fn in_frame(html: &str) -> String {
    let style = format!("<head><link rel=\"stylesheet\" href=\"{}\">", *MAIL_STYLE_PATH);
    // A quotation mark of a text is escaped, so this is an attribute.
    html.replace(" style=\"", " data-style=\"").replacen("<head>", &style, 1)
}

/// Renders a template, or only the part of it that a script replaces: its block `main`.
pub(crate) fn render(template: &str, values: Value, part: bool) -> Result<String, Trouble> {
    let template = ENVIRONMENT.get_template(template)?;
    debug_assert!(hidden(template.source(), &values).is_none(), "{} hides {:?}", template.name(), hidden(template.source(), &values));
    Ok(if part {
        template.render_captured(values)?.with_state_mut(|state| state.render_block("main"))?
    } else {
        template.render(values)?
    })
}

/// Returns a value that no template could read, because a macro that the template imports has its name.
fn hidden<'t>(template: &'t str, values: &Value) -> Option<&'t str> {
    let imports = template.split(" import ").skip(1).map(|rest| rest.split("%}").next().unwrap_or_default());
    let names = imports.flat_map(|names| names.split(',')).filter_map(|name| name.split_whitespace().last());
    names.into_iter().find(|name| values.get_attr(name).is_ok_and(|value| !value.is_undefined()))
}

/// The page of a form that was sent after the session had ended. It has what was typed, so that it can be sent again after a sign-in in
/// another window. Nothing of it is stored.
pub(crate) fn again(language: Language, visit: &Visit) -> Result<Reply, Trouble> {
    let kept: Vec<Value> = visit.form.0.iter().map(|(name, value)| context! { name, value }).collect();
    // Ids and dates say nothing without their fields.
    let texts = visit.form.0.iter().map(|(_, value)| value.trim()).filter(|value| value.contains(char::is_whitespace));
    let typed: Vec<String> = texts.map(str::to_owned).collect();
    let values =
        context! { lang => language.tag(), name => "ended", address => visit.address(), kept, typed, sign_in => crate::sign_in::PATH };
    Ok(Reply::html(401, render("again.html", values, false)?))
}

/// A page without the frame: a problem, or the end of a session.
#[derive(Default)]
pub(crate) struct Plain<'a> {
    pub(crate) status: u16,
    /// Selects its texts.
    pub(crate) name: &'static str,
    /// What the API says about it.
    pub(crate) detail: Option<String>,
    /// The page that may be opened again.
    pub(crate) again: Option<&'a str>,
    /// The page from which the visitor came.
    pub(crate) back: Option<&'a str>,
    /// The id of the request, for the support.
    pub(crate) request: Option<&'a str>,
    /// Whether the script asks for the part that it shows in the page.
    pub(crate) part: bool,
}

impl Plain<'_> {
    /// Renders the page.
    pub(crate) fn render(self, language: Language) -> Result<Reply, Trouble> {
        let Self { status, name, detail, again, back, request, part } = self;
        let values = context! { lang => language.tag(), name, detail, again, back, request, home => crate::sign_in::HOME };
        Ok(Reply::html(status, render("plain.html", values, part)?))
    }
}
