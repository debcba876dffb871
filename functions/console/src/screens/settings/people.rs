//! Users who join the dealer's distribution, and users who leave it (SET-7).

use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Setting, field, needed};
use crate::reply::Reply;
use crate::screens::choices::{Choices, named};
use crate::screens::{Page, Place};
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use std::collections::BTreeMap;

const ADD: Form = Form {
    name: "settings_add_user",
    operation: Operation::SetDealerUser,
    fields: &[needed("user", Kind::Listed), field("receives_leads", Kind::Tick), field("assignable", Kind::Tick)],
    versioned: true,
    dangerous: false,
};

const REMOVE: Form =
    Form { name: "settings_remove_user", operation: Operation::RemoveDealerUser, fields: &[], versioned: true, dangerous: true };

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
        version: version(&present),
        about: about.to_owned(),
    };
    ADD.answer(page, &setting).await
}

/// Shows or carries out the form that removes a user from the dealer.
pub(super) async fn remove(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, user) = (page.required("dealer")?, page.required("user")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id), ("user", user)];
    let present = page.get(Operation::DealerUser, &parts, Vec::new()).await?;
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "settings" },
        parts: &parts,
        back: &format!("/desk/d/{id}/settings/users"),
        values: Pairs::default(),
        choices: BTreeMap::new(),
        version: version(&present),
        about: present.text("name").to_owned(),
    };
    REMOVE.answer(page, &setting).await
}

fn version(present: &Data) -> Option<String> {
    present.etag().map(|etag| etag.trim_matches('"').to_owned())
}
