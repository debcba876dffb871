//! The bodies of the mailbox settings, as the API accepts them: see `settings`.

#![expect(dead_code, reason = "the types are only described")]

use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The mailbox (SET-4).
#[derive(ToSchema)]
pub(super) struct MailboxBody {
    /// The dealer's lead address.
    #[schema(max_length = 254)]
    lead_address: Option<String>,
    /// The address to which mail to the lead address is forwarded.
    #[schema(max_length = 254)]
    forward_to: Option<String>,
    /// The address that receives a report of each mail from which no lead was made (INT-7).
    #[schema(max_length = 254)]
    unparsed_mail_to: Option<String>,
    /// Mail domains of portals that relay mail of their customers.
    relay_domains: Option<Vec<String>>,
    /// The layouts of mails of the dealer's own portals and websites (INT-1).
    #[schema(max_items = 200)]
    mail_layouts: Option<Vec<MailLayoutBody>>,
    /// The name of the vehicle sheet.
    #[schema(max_length = 100)]
    expose: Option<String>,
    /// The automatic answer to new enquiries (LEAD-3).
    instant_answer: Option<InstantAnswerBody>,
}

/// Whether and where a dealer answers new enquiries automatically, at any hour (LEAD-3).
#[derive(ToSchema)]
pub(super) struct InstantAnswerBody {
    /// Whether new enquiries are answered. Default: `false`.
    on: Option<bool>,
    /// The sources whose enquiries are answered. Default: all.
    #[schema(max_items = 100)]
    sources: Option<Vec<String>>,
}

/// The layout of mails of one portal or website.
#[derive(ToSchema)]
pub(super) struct MailLayoutBody {
    /// The source of its enquiries.
    #[schema(max_length = 100, example = "Autohaus website")]
    source: String,
    /// The domains or addresses from which it writes. Subdomains are included.
    #[schema(min_items = 1, max_items = 200)]
    senders: Vec<String>,
    /// The field that each label means. The value of a label with `ignored` is not used.
    labels: Option<BTreeMap<String, String>>,
}
