//! The inbox of a dealer: mails that arrived, and decisions about those without a lead.

use super::problems::{CONFLICT, FIELDS, MEDIA_TYPE, NO_RIGHT, NO_TOKEN, PARAMETER, RETRY, STALE, UNREADABLE};
use super::query::{CURSOR, LIMIT_25};
use super::row::{delete, get, post, routes, routes_of};
use super::{Content, Operation, ProblemResponse, Query, Response, Route, Row, Values};
use forecourt_domain::base::Right;

const NO_MAIL: ProblemResponse = (404, "The mail does not exist or is not visible to you.");
const READ: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NO_MAIL, PARAMETER, RETRY];
const DECISION: &[ProblemResponse] = &[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_MAIL, CONFLICT, STALE, FIELDS, RETRY];
const MAIL: &[Response] = &[(200, "The mail; the version of the decision is the ETag.", Content::Json("MailView"))];

routes![
    ListMails = get("/dealers/{dealer}/mails", "lead-intake")
        .summary("Returns the mails that arrived for a dealer, newest first (INT-7).")
        .description(
            "For users who read every lead of the dealer, for its fallback user and its administrator, and for their substitutes."
        )
        .rights(&[Right::ReadLeads])
        .query(&[
            Query::new(
                "state",
                Values::OneOf(&["open", "handled", "all"]),
                "`open` (default): part of no lead, and nobody has decided. `handled`: a user has decided. `all`: also mails that made leads."
            ),
            Query::new("from", Values::Bound, "Only mails received at or after this time, or on this date or later in the dealer's time zone."),
            Query::new("until", Values::Bound, "Only mails received before this time, or on this date or earlier."),
            LIMIT_25,
            CURSOR,
        ])
        .responses(&[(200, "A page of mails.", Content::Json("MailListView"))])
        .problems(READ),
    ReadMail = get("/dealers/{dealer}/mails/{mail}", "lead-intake")
        .summary("Returns a mail with its text as plain text and the list of its files (INT-7).")
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The mail; the version of the decision is the ETag.", Content::Json("MailPageView"))])
        .problems(READ),
    ReadRawMail = get("/dealers/{dealer}/mails/{mail}/raw", "lead-intake")
        .summary("Returns a mail as it was received (INT-7).")
        .rights(&[Right::ReadLeads])
        .responses(&[
            (200, "The mail.", Content::Text("message/rfc822", "A raw mail.")),
            (303, "The mail has more than 4 MB. `Location` is a link to it, valid for five minutes.", Content::Text("message/rfc822", "Empty.")),
        ])
        .problems(&[
            NO_TOKEN,
            NO_RIGHT,
            NO_MAIL,
            (409, "The virus check of the mail failed."),
            (410, "The raw mail has expired."),
            PARAMETER,
            RETRY,
        ]),
    MakeLeadOfMail = post("/dealers/{dealer}/mails/{mail}/lead", "lead-intake")
        .summary("Makes a lead of a mail that made none (INT-7).")
        .description(
            "A mail makes one lead: a repeat gets the same lead, also if another user sends it or its values differ. The response clock \
             counts from the request, and the time at which the mail arrived is on the timeline."
        )
        .rights(&[Right::SubmitLeads, Right::WorkLeads])
        .optional_body(&[Content::Json("MailLeadBody")])
        .responses(&[
            (201, "The lead is created; `Location` names it. A repeat has `Idempotent-Replay: true`.", Content::Json("EnquiryAccepted")),
            (200, "The mail is added to the lead in progress of the same contact (INT-6).", Content::Json("LeadCreated")),
        ])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            NO_MAIL,
            (409, "The mail is already part of a lead, or its virus check failed."),
            MEDIA_TYPE,
            FIELDS,
            (429, "You are above ten times your limit of enquiries in a minute; `Retry-After` has the seconds until the minute is over."),
            RETRY,
        ]),
    CompleteMail = post("/dealers/{dealer}/mails/{mail}/completion", "lead-intake")
        .summary("Marks a mail without a lead as handled (INT-7).")
        .rights(&[Right::WorkLeads])
        .responses(MAIL)
        .if_match()
        .problems(DECISION),
    CompleteMails = post("/dealers/{dealer}/mails/completion", "lead-intake")
        .summary("Marks up to 100 mails without a lead as handled, with one result per mail (INT-7).")
        .description("A mail that is handled already stays as it is.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("MailsBody")])
        .responses(&[(207, "The result of each mail, in the order of the request.", Content::Json("MailResultsView"))])
        .problems(&[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_MAIL, FIELDS, RETRY]),
    TryMailLayouts = post("/dealers/{dealer}/mail-layouts/dry-run", "lead-intake")
        .summary("Returns what layouts of mails read from a mail, without storing anything (INT-1).")
        .description("`mail_layouts` may be layouts that are not saved. A mail of the dealer is for the users who may read it; its virus check must not have failed.")
        .rights(&[Right::ReadSettings])
        .body(&[Content::Json("MailTrialBody")])
        .responses(&[(200, "The labels with their meaning, and the enquiries of the mail.", Content::Json("MailTrialView"))])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            NO_MAIL,
            (409, "The virus check of the mail failed."),
            (410, "The raw mail has expired."),
            FIELDS,
            RETRY,
        ]),
    ReopenMail = delete("/dealers/{dealer}/mails/{mail}/completion", "lead-intake")
        .summary("Reopens a mail that was handled without a lead (INT-7).")
        .rights(&[Right::WorkLeads])
        .responses(MAIL)
        .if_match()
        .problems(DECISION),
];
