//! The people of the group: role, additional rights, dealers, addresses, and the history of each person.

use super::{dealer_choices, form, labelled, next, people_names, setting, show as shown, version};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, clearing, field, needed};
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::visit::Pairs;
use forecourt_domain::base::{Right, Role};
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::Value as Json;
use std::collections::BTreeMap;

const LIST: &str = "/desk/group/people";
const LANGUAGES: [&str; 3] = ["en", "de", "nl"];

/// The fields of a new person. The first one cannot be changed later.
const FIELDS: &[Field] = &[
    needed("user", Kind::Id),
    needed("name", Kind::Line(200)),
    needed("email", Kind::Email),
    clearing("mobile", Kind::Phone),
    needed("language", Kind::Listed),
    needed("role", Kind::Listed),
    field("rights", Kind::Several),
    field("dealers", Kind::Several),
    field("notices", Kind::Tick),
    clearing("subject", Kind::Line(200)),
];
const NEW: Form = form("group_new_person", Operation::SaveUser, FIELDS);
/// The forms of a person, by the last part of their address.
const FORMS: &[(&str, Form)] = &[
    ("edit", Form { versioned: true, ..form("group_person", Operation::SaveUser, FIELDS.split_at(1).1) }),
    ("remove", Form { versioned: true, dangerous: true, ..form("group_remove_person", Operation::RemoveUser, &[]) }),
];

/// Returns the names of the forms.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|(name, _)| *name)
}

/// The list of the people, by their ids.
pub(super) async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let set = |name: &'static str| page.visit.query.get(name).map(|value| (name, value.to_owned()));
    let users = page.get(Operation::ListUsers, &[], ["dealer", "after"].into_iter().filter_map(set).collect()).await?;
    let next = next(page, "after", users.text("after"));
    let may = page.may(Right::ManageUsers);
    shown(page, "group_people.html", context! { users => users.get("users").value(), chosen => page.visit.query.get("dealer"), next, may })
}

/// The page of a person.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = [("user", page.required("user")?)];
    let before = page.visit.query.get("before").map(|before| ("before", before.to_owned()));
    let (user, history, all) = futures::try_join!(
        page.get(Operation::ReadUser, &id, Vec::new()),
        page.get(Operation::UserHistory, &id, before.into_iter().collect()),
        page.get(Operation::ListUsers, &[], Vec::new()),
    )?;
    let next = next(page, "before", &history.get("before").json().as_u64().map(|before| before.to_string()).unwrap_or_default());
    let may = page.may(Right::ManageUsers);
    let values = context! {
        user => user.value(), changes => history.get("changes").value(), people => people_names(page, &all), next, may,
    };
    shown(page, "group_person.html", values)
}

/// Shows or carries out a form of a person.
pub(super) async fn change(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = FORMS.iter().find(|(known, _)| *known == name).ok_or(Trouble::NoPage)?;
    let id = page.required("user")?;
    let parts = [("user", id)];
    let user = page.get(Operation::ReadUser, &parts, Vec::new()).await?;
    let (values, dealer) = (values(&user), page.usual_dealer());
    let (place, own) = (Place { dealer: dealer.as_ref(), active: "" }, format!("{LIST}/{id}"));
    let back: &str = if name == "remove" { LIST } else { &own };
    let mut setting = setting(place, &parts, back);
    (setting.choices, setting.version, setting.about) = (choices(page, &values), version(&user), user.text("name").to_owned());
    setting.values = values;
    form.answer(page, &setting).await
}

/// Shows or carries out the form of a new person.
pub(super) async fn create(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("user", page.visit.form.get("user").unwrap_or_default())];
    let values = [("language", page.language.tag()), ("role", "seller"), ("notices", "on")];
    let values = Pairs(values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
    let dealer = page.usual_dealer();
    let mut setting = setting(Place { dealer: dealer.as_ref(), active: "" }, &parts, LIST);
    (setting.choices, setting.values) = (choices(page, &values), values);
    let without_id = |mut body: Json| {
        if let Some(fields) = body.as_object_mut() {
            fields.remove("user");
        }
        body
    };
    NEW.answer_shaped(page, &setting, &without_id).await
}

/// The present values of a person's fields.
fn values(user: &Data) -> Pairs {
    let texts = ["name", "email", "mobile", "language", "role", "subject"];
    let mut values: Vec<_> = texts.iter().map(|name| ((*name).to_owned(), user.text(name).to_owned())).collect();
    for list in ["rights", "dealers"] {
        let items = user.get(list).items();
        values.extend(items.iter().filter_map(|item| Some((list.to_owned(), item.json().as_str()?.to_owned()))));
    }
    if user.get("notices").json() == true {
        values.push(("notices".to_owned(), "on".to_owned()));
    }
    Pairs(values)
}

fn choices(page: &Page<'_>, values: &Pairs) -> BTreeMap<&'static str, Vec<(String, String)>> {
    let language = values.get("language").filter(|language| !LANGUAGES.contains(language));
    BTreeMap::from([
        ("language", labelled(page, "group_language", LANGUAGES.into_iter().chain(language))),
        ("role", labelled(page, "group_role", Role::NAMES)),
        ("rights", labelled(page, "group_right", Right::ALL.map(Right::name))),
        ("dealers", dealer_choices(page, values)),
    ])
}
