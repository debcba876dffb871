//! Webhooks: endpoints of other systems that receive events.

use super::problems::{FIELDS, NO_RIGHT, NO_TOKEN, READ, RETRY, UNREADABLE, WEBHOOK_CHANGE, WEBHOOKS};
use super::query::{CURSOR, LIMIT_25};
use super::row::{delete, get, patch, post, routes, routes_of};
use super::{Content, Operation, Response, Route, Row};
use forecourt_domain::base::Right;

const WEBHOOK: &[Response] = &[(200, "The webhook; its version is the ETag.", Content::Json("WebhookView"))];
const ALL: &[Response] = &[(200, "The group's webhooks.", Content::Json("WebhooksView"))];

routes![
    MakeWebhook = post("/webhooks", "settings")
        .summary("Creates a webhook that receives the changes of leads and appointments (APT-6).")
        .description("The response shows the signing secret once.")
        .rights(&[Right::ManageWebhooks])
        .body(&[Content::Json("WebhookBody")])
        .responses(&[(201, "The webhook with its secret; its version is the ETag.", Content::Json("WebhookView"))])
        .problems(WEBHOOKS),
    ListWebhooks = get("/webhooks", "settings")
        .summary("Returns the group's webhooks (APT-6).")
        .rights(&[Right::ManageWebhooks])
        .responses(ALL)
        .problems(WEBHOOKS),
    ReadWebhook = get("/webhooks/{webhook}", "settings")
        .summary("Returns a webhook: its events, whether it is on, and since when deliveries fail (APT-6).")
        .rights(&[Right::ManageWebhooks])
        .responses(WEBHOOK)
        .problems(WEBHOOKS),
    ChangeWebhook = patch("/webhooks/{webhook}", "settings")
        .summary("Changes a webhook, or switches it on or off (APT-6).")
        .rights(&[Right::ManageWebhooks])
        .body(&[Content::Json("WebhookPatch")])
        .responses(WEBHOOK)
        .if_match()
        .problems(WEBHOOK_CHANGE),
    RemoveWebhook = delete("/webhooks/{webhook}", "settings")
        .summary("Removes a webhook; it receives nothing more (APT-6).")
        .rights(&[Right::ManageWebhooks])
        .responses(ALL)
        .if_match()
        .problems(WEBHOOKS),
    RotateSecret = post("/webhooks/{webhook}/secret", "settings")
        .summary("Creates a new signing secret for a webhook (APT-6).")
        .description("For 24 hours the previous secret signs too.")
        .rights(&[Right::ManageWebhooks])
        .responses(&[(200, "The webhook with its new secret.", Content::Json("WebhookView"))])
        .if_match()
        .problems(WEBHOOKS),
    ListDeliveries = get("/webhooks/{webhook}/deliveries", "settings")
        .summary("Returns the deliveries of a webhook in the last two weeks with their results, newest first (APT-6).")
        .rights(&[Right::ManageWebhooks])
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of deliveries.", Content::Json("DeliveriesView"))])
        .problems(READ),
    Redeliver = post("/webhooks/{webhook}/deliveries/{delivery}/redeliver", "settings")
        .summary("Redelivers an event under the same webhook-id, even if it was accepted (APT-6).")
        .rights(&[Right::ManageWebhooks])
        .responses(&[(202, "The delivery is being sent.", Content::Json("DeliveryView"))])
        .problems(&[
            NO_TOKEN,
            NO_RIGHT,
            (404, "The delivery does not exist or has expired."),
            (409, "The webhook is switched off, for the named reason; or the delivery is being sent."),
            RETRY,
        ]),
    RedeliverPeriod = post("/webhooks/{webhook}/redelivery", "settings")
        .summary("Redelivers the given-up events of a period, in order and under the same webhook-ids (APT-6).")
        .description("With `delivered`, also those that the receiver accepted. Events that wait or are being sent stay as they are.")
        .rights(&[Right::ManageWebhooks])
        .body(&[Content::Json("RedeliveryBody")])
        .responses(&[(202, "The number of events that are being sent.", Content::Json("RedeliveryView"))])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            (404, "The webhook does not exist or is not visible to you."),
            (409, "The webhook is switched off, for the named reason."),
            FIELDS,
            RETRY,
        ]),
];
