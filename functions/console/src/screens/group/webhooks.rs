//! The webhooks of the group, with their deliveries.

use super::{dealer_choices, form, next, setting, show as shown};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Sent, field, needed};
use crate::reply::Reply;
use crate::screens::choices::{Choices, labelled};
use crate::screens::{Page, Place};
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const LIST: &str = "/desk/group/webhooks";
/// The events that a webhook can have.
const EVENTS: [&str; 8] = [
    "lead.created",
    "lead.assigned",
    "lead.status_changed",
    "appointment.created",
    "appointment.reinstated",
    "appointment.moved",
    "appointment.cancelled",
    "appointment.attended",
];

const NEW: Form = form(
    "group_new_webhook",
    Operation::MakeWebhook,
    &[needed("url", Kind::Line(2_000)), needed("events", Kind::Several), field("dealers", Kind::Several), field("partner", Kind::Line(64))],
);
const REDELIVER: Form = form("group_redeliver", Operation::Redeliver, &[]);
/// The forms of a webhook, by the last part of their address.
const FORMS: &[(&str, Form)] = &[
    (
        "edit",
        Form {
            versioned: true,
            ..form(
                "group_webhook",
                Operation::ChangeWebhook,
                &[needed("url", Kind::Line(2_000)), needed("events", Kind::Several), field("dealers", Kind::Several)],
            )
        },
    ),
    ("on", Form { versioned: true, ..form("group_webhook_on", Operation::ChangeWebhook, &[]) }),
    ("off", Form { versioned: true, dangerous: true, ..form("group_webhook_off", Operation::ChangeWebhook, &[]) }),
    ("secret", form("group_webhook_secret", Operation::RotateSecret, &[])),
    (
        "redelivery",
        form(
            "group_redelivery",
            Operation::RedeliverPeriod,
            &[needed("from", Kind::Time), field("until", Kind::Time), field("delivered", Kind::Tick)],
        ),
    ),
    ("remove", Form { versioned: true, dangerous: true, ..form("group_remove_webhook", Operation::RemoveWebhook, &[]) }),
];

/// Returns the names of the forms.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|(name, _)| *name)
}

/// The list of the webhooks.
pub(super) async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let webhooks = page.get(Operation::ListWebhooks, &[], Vec::new()).await?;
    shown(page, "group_webhooks.html", context! { webhooks => webhooks.get("webhooks").value() })
}

/// The page of a webhook, with a page of its deliveries.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = [("webhook", page.required("webhook")?)];
    let cursor = page.visit.query.get("cursor").map(|cursor| ("cursor", cursor.to_owned()));
    let (webhook, deliveries) = futures::try_join!(
        page.get(Operation::ReadWebhook, &id, Vec::new()),
        page.get(Operation::ListDeliveries, &id, cursor.into_iter().collect()),
    )?;
    let next = next(page, "cursor", deliveries.text("cursor"));
    let values = context! { webhook => webhook.value(), deliveries => deliveries.get("deliveries").value(), next };
    shown(page, "group_webhook.html", values)
}

/// Shows or carries out a form of a webhook.
pub(super) async fn change(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    let (_, form) = FORMS.iter().find(|(known, _)| *known == name).ok_or(Trouble::NoPage)?;
    let id = page.required("webhook")?;
    let parts = [("webhook", id)];
    let webhook = page.get(Operation::ReadWebhook, &parts, Vec::new()).await?;
    let (values, dealer, own) = (values(&webhook), page.usual_dealer(), format!("{LIST}/{id}"));
    let back: &str = if name == "remove" { LIST } else { &own };
    let mut setting = setting(Place { dealer: dealer.as_ref(), active: "" }, &parts, back);
    (setting.choices, setting.version, setting.about) = (choices(page, &values), webhook.version(), webhook.text("url").to_owned());
    setting.values = values;
    let switched = |body: Json| match name {
        "on" | "off" => json!({ "state": name }),
        _ => body,
    };
    match form.send(page, &setting, &switched).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) if name == "secret" => secret(page, &answer),
        Sent::Done(_) => Ok(page.done(page.back(setting.back), form.name)),
    }
}

/// Shows or carries out the form of a new webhook.
pub(super) async fn create(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.usual_dealer();
    let mut setting = setting(Place { dealer: dealer.as_ref(), active: "" }, &[], LIST);
    setting.choices = choices(page, &Pairs::default());
    match NEW.send(page, &setting, &|body| body).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(answer) => secret(page, &answer),
    }
}

/// Shows or carries out the redelivery of one event.
pub(super) async fn redeliver(page: &Page<'_>) -> Result<Reply, Trouble> {
    let webhook = page.required("webhook")?;
    let parts = [("webhook", webhook), ("delivery", page.required("delivery")?)];
    let (dealer, back) = (page.usual_dealer(), format!("{LIST}/{webhook}"));
    let mut setting = setting(Place { dealer: dealer.as_ref(), active: "" }, &parts, &back);
    setting.about = page.language.text("group.webhook.redeliver_about").unwrap_or_default().to_owned();
    REDELIVER.answer(page, &setting).await
}

/// Shows the secret of a webhook, once.
fn secret(page: &Page<'_>, webhook: &Data) -> Result<Reply, Trouble> {
    let values = context! {
        secret => webhook.text("secret"), receiver => webhook.text("url"), previous_until => webhook.get("old_secret_until").value(),
        back => format!("{LIST}/{}", webhook.text("id")), of => "webhook",
    };
    shown(page, "group_secret.html", values)
}

/// The present values of a webhook's fields.
fn values(webhook: &Data) -> Pairs {
    let mut values = vec![("url".to_owned(), webhook.text("url").to_owned())];
    for list in ["events", "dealers"] {
        let items = webhook.get(list).items();
        values.extend(items.iter().filter_map(|item| Some((list.to_owned(), item.json().as_str()?.to_owned()))));
    }
    Pairs(values)
}

fn choices(page: &Page<'_>, values: &Pairs) -> BTreeMap<&'static str, Choices> {
    BTreeMap::from([("events", labelled(page.language, "group_event", EVENTS)), ("dealers", dealer_choices(page, values))])
}
