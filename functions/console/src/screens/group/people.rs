//! The people of the group: role, additional rights, dealers, addresses, and the history of each person.

use super::{dealer_choices, form, next, people_names, setting, show as shown};
use crate::api::{Ask, Data};
use crate::console::Trouble;
use crate::forms::{Field, Form, Kind, More, Sent, Setting, clearing, field, needed};
use crate::reply::Reply;
use crate::screens::choices::{Choices, labelled, languages};
use crate::screens::{Page, Place, hand_over};
use crate::visit::Pairs;
use forecourt_domain::base::{Right, Role};
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use serde_json::Value as Json;
use std::collections::BTreeMap;

const LIST: &str = "/desk/group/people";

/// The fields of a person. The first one cannot be changed later; the last one is for a change that takes work away.
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
    hand_over::FIELD,
];
const NEW: Form = form("group_new_person", Operation::SaveUser, FIELDS.split_at(FIELDS.len() - 1).0);
/// The forms of a person, by the last part of their address.
const FORMS: &[(&str, Form)] = &[
    ("edit", Form { versioned: true, ..form("group_person", Operation::SaveUser, NEW.fields.split_at(1).1) }),
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
    let mut people = people_names(page, &all);
    people.extend(history.get("people").items().iter().map(|author| (author.text("id").to_owned(), author.text("name").to_owned())));
    let values = context! {
        user => user.value(), changes => history.get("changes").value(), people, next, may,
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
    (setting.choices, setting.version, setting.about) = (choices(page, &values), user.version(), user.text("name").to_owned());
    setting.values = values;
    match user.get("at").json().as_object().is_none_or(|at| at.is_empty()) {
        true => form.answer(page, &setting).await,
        false if name == "remove" => remove(page, form, setting).await,
        false => edit(page, form, setting).await,
    }
}

/// Shows or carries out the removal of a person who is a user of dealers. The form shows what the person holds there, and who can get it.
async fn remove(page: &Page<'_>, form: &Form, mut setting: Setting<'_>) -> Result<Reply, Trouble> {
    let form = Form { fields: &[hand_over::FIELD], ..*form };
    let ask = Ask {
        parts: setting.parts,
        query: hand_over::trial(Some(hand_over::DISTRIBUTION)),
        if_match: setting.version.as_ref().map(|version| format!("\"{version}\"")),
        ..Ask::default()
    };
    let tried = hand_over::tried(page, form.operation, ask).await?;
    let mut more = More { parameters: hand_over::PARAMETERS, ..More::default() };
    match &tried {
        Ok(answer) => more.work = offer(page, &mut setting, answer).await?,
        Err(refusal) => {
            let text = page.language.text("hand_over.refused").unwrap_or_default();
            setting.about = format!("{}. {text} {refusal}", setting.about);
            setting.choices.insert(hand_over::NAME, hand_over::everywhere(page));
        }
    }
    setting.values = Pairs(vec![(hand_over::NAME.to_owned(), hand_over::DISTRIBUTION.to_owned())]);
    match form.send_with(page, &setting, &|body| body, &more).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) => hand_over::progress(page, setting.place, (form.name, &answer), page.back(setting.back)),
    }
}

/// Shows or carries out the change of a person who is a user of dealers. If it takes work away, the form asks who gets it.
async fn edit(page: &Page<'_>, form: &Form, mut setting: Setting<'_>) -> Result<Reply, Trouble> {
    if page.visit.method != Method::POST {
        return form.answer(page, &setting).await;
    }
    let further = Form { fields: FIELDS.split_at(1).1, ..*form };
    let is_chosen = page.visit.form.get(hand_over::NAME).is_some();
    // The trial shows the work also if the chosen person cannot take it.
    let query = hand_over::trial(Some(hand_over::DISTRIBUTION));
    setting.choices.insert(hand_over::NAME, hand_over::everywhere(page));
    let trial = More { parameters: hand_over::PARAMETERS, query, ..More::default() };
    let work = match form.send_with(page, &setting, &|body| body, &trial).await? {
        Sent::Done(answer) => offer(page, &mut setting, &answer).await?,
        // The form with the choice shows the problem.
        Sent::Shown(_) if is_chosen => None,
        Sent::Shown(reply) => return Ok(reply),
    };
    let more = More { parameters: hand_over::PARAMETERS, work, ..More::default() };
    if more.work.is_some() && !is_chosen {
        setting.values.0.push((hand_over::NAME.to_owned(), hand_over::DISTRIBUTION.to_owned()));
        return further.ask_further(page, &setting, &more);
    }
    let form = if is_chosen { &further } else { form };
    match form.send_with(page, &setting, &|body| body, &more).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) => hand_over::progress(page, setting.place, (form.name, &answer), page.back(setting.back)),
    }
}

/// Returns the work that a change hands over, and offers the targets. Of several dealers, only the distribution is one at each.
async fn offer(page: &Page<'_>, setting: &mut Setting<'_>, tried: &Data) -> Result<Option<Value>, Trouble> {
    let orders = hand_over::orders(tried);
    let are_several = orders.iter().any(|order| order.text("dealer") != orders[0].text("dealer"));
    let targets = match orders.first() {
        Some(order) if !are_several => {
            let (dealer, leaver) = (order.text("dealer"), order.text("user"));
            let users = page.get(Operation::DealerUsers, &[("dealer", dealer)], Vec::new()).await?;
            let has_pool = !users.get("pool").is_null() && users.text("pool") != leaver;
            hand_over::targets(page, &users, leaver, has_pool)
        }
        _ => hand_over::everywhere(page),
    };
    if are_several {
        let text = page.language.text("hand_over.several_dealers").unwrap_or_default();
        setting.about = format!("{}. {text}", setting.about);
    }
    setting.choices.insert(hand_over::NAME, targets);
    Ok(hand_over::held(page, tried))
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

fn choices(page: &Page<'_>, values: &Pairs) -> BTreeMap<&'static str, Choices> {
    BTreeMap::from([
        ("language", languages(page.language, values.get("language").unwrap_or_default())),
        ("role", labelled(page.language, "group_role", Role::NAMES)),
        ("rights", labelled(page.language, "group_right", Right::ALL.map(Right::name))),
        ("dealers", dealer_choices(page, values)),
    ])
}
