//! The systems that are told what happens.

use super::{Operation, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::MakeWebhook,
        method: "POST",
        path: "/webhooks",
        function: "settings",
        summary: "Have a system told of leads and appointments as they change; the answer has the secret that signs, once (APT-6).",
    },
    Route {
        operation: Operation::ListWebhooks,
        method: "GET",
        path: "/webhooks",
        function: "settings",
        summary: "The group's webhooks (APT-6).",
    },
    Route {
        operation: Operation::ReadWebhook,
        method: "GET",
        path: "/webhooks/{webhook}",
        function: "settings",
        summary: "One webhook: what it is told, whether it is on, and since when deliveries fail (APT-6).",
    },
    Route {
        operation: Operation::ChangeWebhook,
        method: "PATCH",
        path: "/webhooks/{webhook}",
        function: "settings",
        summary: "Change a webhook, or switch it on or off (APT-6).",
    },
    Route {
        operation: Operation::RemoveWebhook,
        method: "DELETE",
        path: "/webhooks/{webhook}",
        function: "settings",
        summary: "Remove a webhook: it is told nothing any more (APT-6).",
    },
    Route {
        operation: Operation::RotateSecret,
        method: "POST",
        path: "/webhooks/{webhook}/secret",
        function: "settings",
        summary: "Another secret; the one before signs, too, for 24 hours (APT-6).",
    },
    Route {
        operation: Operation::ListDeliveries,
        method: "GET",
        path: "/webhooks/{webhook}/deliveries",
        function: "settings",
        summary: "What a webhook was told in the last two weeks, and what became of it, newest first (APT-6).",
    },
    Route {
        operation: Operation::Redeliver,
        method: "POST",
        path: "/webhooks/{webhook}/deliveries/{delivery}/redeliver",
        function: "settings",
        summary: "Tell it again, now and under the same webhook-id, whatever became of it (APT-6).",
    },
];
