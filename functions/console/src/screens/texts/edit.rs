//! The editor of a text: changed, previewed, tested, and reset to Forecourt's own (MSG-2).

use super::{CANNED, LANGUAGES, Purpose, list_of, own_text};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, More, Setting, Trial, clearing, field, needed, uuid_like, values_of};
use crate::reply::Reply;
use crate::screens::choices::Choices;
use crate::screens::quick::TYPES;
use crate::screens::{Page, Place};
use crate::session::hash;
use crate::view::{explained, in_frame};
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::context;
use std::collections::BTreeMap;

const MEDIA: &[&str] = &["email", "sms"];
const TEMPLATE: &str = "text_edit.html";

const NAME: Field = needed("name", Kind::Line(100));
const LEAD_TYPE: Field = clearing("lead_type", Kind::Choice(TYPES));
const KIND: Field = needed("kind", Kind::Hidden);
const MEDIUM: Field = needed("medium", Kind::Hidden);
const LANGUAGE: Field = needed("language", Kind::Hidden);

const fn form(name: &'static str, fields: &'static [Field]) -> Form {
    Form { name, operation: Operation::SaveText, fields, versioned: true, dangerous: false }
}

const EMAIL: Form =
    form("text_email", &[KIND, MEDIUM, LANGUAGE, NAME, LEAD_TYPE, needed("subject", Kind::Line(200)), needed("text", Kind::Text(5_000))]);
const SMS: Form = form("text_sms", &[KIND, MEDIUM, LANGUAGE, NAME, LEAD_TYPE, needed("text", Kind::Text(600))]);
const ANSWER: Form = form(
    "text_canned",
    &[
        KIND,
        NAME,
        needed("medium", Kind::Choice(MEDIA)),
        needed("language", Kind::Choice(&LANGUAGES)),
        LEAD_TYPE,
        field("subject", Kind::Line(200)),
        needed("text", Kind::Text(5_000)),
    ],
);

const fn removal(name: &'static str) -> Form {
    Form { name, operation: Operation::RemoveText, fields: &[], versioned: true, dangerous: true }
}

const RESET: Form = removal("text_reset");
const REMOVE: Form = removal("text_remove");

/// The text that is edited.
struct Edited<'a> {
    dealer: &'a Data,
    /// The kinds of texts, with their variables and Forecourt's own texts.
    kinds: Data,
    /// The text as it is stored; `null` if it is a new one.
    stored: Data,
    /// The text before the change that the address names; `null` if it names none.
    earlier: Data,
    purpose: Purpose,
}

impl Edited<'_> {
    fn form(&self) -> &'static Form {
        match (self.purpose.kind.as_str(), self.purpose.medium.as_str()) {
            (CANNED, _) => &ANSWER,
            (_, "sms") => &SMS,
            _ => &EMAIL,
        }
    }

    /// The values with which the form begins: those of the stored text, or for a new one Forecourt's own text.
    fn values(&self, page: &Page<'_>) -> Pairs {
        if !self.stored.is_null() {
            return values_of(self.form().fields, self.stored.json(), &page.zoned(Some(self.dealer)));
        }
        let Purpose { kind, medium, language, lead_type } = &self.purpose;
        let own = own_text(&self.kinds, &self.purpose);
        let name = if self.purpose.is_canned() { String::new() } else { self.purpose.title(page.language) };
        let pairs = [
            ("kind", kind.as_str()),
            ("medium", medium),
            ("language", language),
            ("lead_type", lead_type),
            ("name", &name),
            ("subject", own.text("subject")),
            ("text", own.text("text")),
        ];
        Pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// What stands beside the form: the preview of the text that was written, the variables, and what else can be done with the text.
    fn beside(&self, page: &Page<'_>, written: Option<&Data>) -> More<'static> {
        let kind = self.kinds.items().into_iter().find(|kind| kind.text("kind") == self.purpose.kind).unwrap_or_default();
        let text = |of: &str, name: &str| page.language.text(&format!("texts.{of}.{name}"));
        let variable = |variable: &Data| {
            let name = variable.text("name");
            let meaning = text("meaning", name).map_or_else(|| explained(page.language, variable.text("meaning")), str::to_owned);
            context! { name, sign => format!("{{{{ {name} }}}}"), meaning, example => text("example", name) }
        };
        let preview = |written: &Data| {
            let html = Some(in_frame(written.text("html"))).filter(|html| !html.is_empty());
            context! {
                subject => written.text("subject"), text => written.text("text"), html, sent_to => written.get("sent_to").value(),
                shortest => written.get("shortest").value(),
            }
        };
        let list = list_of(self.dealer);
        let own = (!self.stored.is_null()).then(|| format!("{list}/own/{}", self.stored.text("id")));
        let beside = context! {
            preview => written.map(preview), variables => kind.each("variables").map(|each| variable(&each)).collect::<Vec<_>>(),
            stored => self.stored.value(), removal => own.map(|own| format!("{own}/removal")), is_canned => self.purpose.is_canned(),
            earlier => !self.earlier.is_null(), list, tab => self.purpose.tab(), settings => format!("/desk/d/{}/settings", self.dealer.text("id")),
        };
        More { template: Some(TEMPLATE), beside, ..More::default() }
    }
}

/// Reads the text of the address, or begins a new one.
async fn edited<'a>(page: &Page<'_>, dealer: &'a Data) -> Result<Edited<'a>, Trouble> {
    let parts = [("dealer", dealer.text("id"))];
    let wanted = page.visit.query.get("from").and_then(|version| version.parse::<u64>().ok());
    let texts = page.get(Operation::ListTexts, &parts, Vec::new());
    let history = async {
        match wanted {
            Some(version) => {
                page.get(Operation::TextHistory, &parts, vec![("before", version.saturating_add(1).to_string())]).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let (texts, history) = futures::try_join!(texts, history)?;
    let change = history.and_then(|history| history.each("changes").next());
    let change = change.filter(|change| change.get("version").json().as_u64() == wanted).unwrap_or_default();
    let earlier = change.get("before");
    if wanted.is_some() && earlier.is_null() {
        return Err(Trouble::NoPage);
    }
    let stored = match page.part("text") {
        Some(id) => texts.each("texts").find(|text| text.text("id") == id).ok_or(Trouble::NoPage)?,
        None => Data::default(),
    };
    let sent = if page.visit.method == Method::POST { &page.visit.form } else { &page.visit.query };
    let mut purpose = match (stored.is_null(), earlier.is_null()) {
        (false, _) => Purpose::of(&stored),
        (true, false) => Purpose::of(&earlier),
        (true, true) => Purpose::named(sent),
    };
    if purpose.kind.is_empty() {
        let language = dealer.text("language");
        let language = if LANGUAGES.contains(&language) { language } else { LANGUAGES[0] };
        purpose = Purpose { kind: CANNED.to_owned(), medium: MEDIA[0].to_owned(), language: language.to_owned(), ..purpose };
    }
    let kinds = texts.get("kinds");
    let is_known = kinds.items().iter().any(|kind| kind.text("kind") == purpose.kind && kind.get("media").contains(&purpose.medium));
    if !is_known && !purpose.is_canned() || !purpose.is_canned() && !LANGUAGES.contains(&purpose.language.as_str()) {
        return Err(Trouble::NoPage);
    }
    Ok(Edited { dealer, kinds, stored, earlier, purpose })
}

/// Shows the editor, or carries out the button that was pressed.
pub(super) async fn change(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let edited = edited(page, &dealer).await?;
    let form = edited.form();
    let sent = &page.visit.form;
    // A new text gets an id that follows from the key of its form: a form that is sent twice makes one text.
    let new = format!("t-{}", hash(sent.get("key").map_or_else(uuid_like, str::to_owned).as_bytes()).to_ascii_lowercase());
    let parts = [("dealer", id), ("text", page.part("text").unwrap_or(&new))];
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "settings" },
        parts: &parts,
        back: &format!("{}?tab={}", list_of(&dealer), edited.purpose.tab()),
        values: edited.values(page),
        choices: BTreeMap::<_, Choices>::new(),
        version: edited.stored.get("version").json().as_u64().map(|version| version.to_string()),
        about: edited.purpose.title(page.language),
    };
    let is_sent = page.visit.method == Method::POST;
    let operation = match sent.get("do") {
        _ if !is_sent => Some(Operation::PreviewText),
        Some("preview") => Some(Operation::PreviewText),
        Some("test") => Some(Operation::TestText),
        _ => None,
    };
    let Some(operation) = operation else {
        return form.answer_with(page, &setting, &|body| body, &edited.beside(page, None)).await;
    };
    let shown = match (is_sent, edited.earlier.is_null()) {
        (true, _) => sent.clone(),
        (false, true) => setting.values.clone(),
        (false, false) => values_of(form.fields, edited.earlier.json(), &page.zoned(Some(&dealer))),
    };
    let trial = Trial { operation, parts: &parts[..1], typed: &shown, once: operation == Operation::TestText };
    form.try_out(page, &setting, &trial, &|written| edited.beside(page, written)).await
}

/// Resets a text to Forecourt's own, or deletes a canned answer, after confirmation.
pub(super) async fn remove(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, text) = (page.required("dealer")?, page.required("text")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id), ("text", text)];
    let stored = page.get(Operation::ReadText, &parts, Vec::new()).await?;
    let purpose = Purpose::of(&stored);
    let list = format!("{}?tab={}", list_of(&dealer), purpose.tab());
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "settings" },
        parts: &parts,
        back: &list,
        values: Pairs::default(),
        choices: BTreeMap::<_, Choices>::new(),
        version: stored.version(),
        about: format!("{}: {}", purpose.title(page.language), stored.text("name")),
    };
    let form = if purpose.is_canned() { &REMOVE } else { &RESET };
    form.answer(page, &setting).await
}
