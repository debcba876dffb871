//! The secret with which a partner signs its reports about appointments.

use super::{form, setting, show};
use crate::console::Trouble;
use crate::forms::{Form, Kind, Sent, field, needed};
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::Value as Json;

const SECRET: Form = form(
    "group_partner_secret",
    Operation::RotateSigningSecret,
    &[needed("partner", Kind::Id), field("previous_good_for_hours", Kind::Number)],
);

/// Shows or carries out the form, and shows the secret once.
pub(super) async fn secret(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("partner", page.visit.form.get("partner").unwrap_or_default())];
    let dealer = page.usual_dealer();
    let mut setting = setting(Place { dealer: dealer.as_ref(), active: "" }, &parts, "/desk/group");
    setting.values = Pairs(vec![("previous_good_for_hours".to_owned(), "24".to_owned())]);
    setting.about = page.language.text("group.partner.about").unwrap_or_default().to_owned();
    let without_id = |mut body: Json| {
        if let Some(fields) = body.as_object_mut() {
            fields.remove("partner");
        }
        body
    };
    match SECRET.send(page, &setting, &without_id).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(made) => {
            let values = context! {
                secret => made.text("secret"), receiver => made.text("url"), previous_until => made.get("previous_until").value(),
                back => "/desk/group", of => "partner",
            };
            show(page, "group_secret.html", values)
        }
    }
}
