//! Users who join the dealer's distribution, and users who leave it (SET-7).

use crate::console::Trouble;
use crate::forms::{Form, Kind, More, Sent, Setting, field, needed};
use crate::reply::Reply;
use crate::screens::choices::{Choices, named};
use crate::screens::{Page, Place, hand_over};
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use http::Method;
use std::collections::BTreeMap;

const ADD: Form = Form {
    name: "settings_add_user",
    operation: Operation::SetDealerUser,
    fields: &[needed("user", Kind::Listed), field("receives_leads", Kind::Tick), field("assignable", Kind::Tick)],
    versioned: true,
    dangerous: false,
};

const REMOVE: Form = Form {
    name: "settings_remove_user",
    operation: Operation::RemoveDealerUser,
    fields: &[hand_over::FIELD],
    versioned: true,
    dangerous: true,
};

/// Shows or carries out the form that adds a user of the group who works at the dealer.
pub(super) async fn add(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id)];
    let present = page.get(Operation::DealerUsers, &parts, Vec::new());
    let all = page.get(Operation::ListUsers, &[], vec![("dealer", id.to_owned())]);
    let (present, all) = futures::try_join!(present, all)?;
    let known = present.get("users").items();
    let others = all.get("users").items().into_iter().filter(|user| !known.iter().any(|known| known.text("user") == user.text("id")));
    let others: Choices = others.map(|user| named(&user)).collect();
    // The user is in the path of the operation. Without one the API refuses the form, and names the field.
    let user = page.visit.form.get("user").unwrap_or("-");
    let about = if others.is_empty() { page.language.text("settings.people.nobody").unwrap_or_default() } else { "" };
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "settings" },
        parts: &[("dealer", id), ("user", user)],
        back: &format!("/desk/d/{id}/settings/users"),
        values: Pairs(vec![("receives_leads".to_owned(), "on".to_owned()), ("assignable".to_owned(), "on".to_owned())]),
        choices: BTreeMap::from([("user", others)]),
        version: present.version(),
        about: about.to_owned(),
    };
    ADD.answer(page, &setting).await
}

/// Shows or carries out the form that removes a user from the dealer and hands over the user's work. It shows what the user holds.
pub(super) async fn remove(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, user) = (page.required("dealer")?, page.required("user")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id), ("user", user)];
    let users = page.get(Operation::DealerUsers, &parts[..1], Vec::new()).await?;
    let Some(leaver) = users.each("users").find(|one| one.text("user") == user) else {
        // The form was sent before.
        let is_sent = page.visit.method == Method::POST;
        return if is_sent { hand_over::progress_of_removed(page, (id, user), REMOVE.name).await } else { Err(Trouble::NoPage) };
    };
    let work = page.get(Operation::UserWork, &parts, Vec::new()).await?;
    let has_pool = !users.get("pool").is_null() && users.text("pool") != user;
    let place = Place { dealer: Some(&dealer), active: "settings" };
    let back = format!("/desk/d/{id}/settings/users");
    let setting = Setting {
        place,
        parts: &parts,
        back: &back,
        values: Pairs(vec![(hand_over::NAME.to_owned(), hand_over::DISTRIBUTION.to_owned())]),
        choices: BTreeMap::from([(hand_over::NAME, hand_over::targets(page, &users, user, has_pool))]),
        version: users.version(),
        about: leaver.text("name").to_owned(),
    };
    let more = More { parameters: hand_over::PARAMETERS, work: Some(hand_over::held_by(user, &dealer, &work)), ..More::default() };
    match REMOVE.send_with(page, &setting, &|body| body, &more).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) => hand_over::progress(page, place, (REMOVE.name, &answer), page.back(&back)),
    }
}
