//! Leads: submitting, reading, working.

use super::problems::{FIELDS, LEAD_CHANGE, MEDIA_TYPE, NO_DEALER, NO_RIGHT, NO_TOKEN, PARAMETER, READ, RETRY, UNREADABLE};
use super::query::{ACTION_TYPE, ACTION_USER, CREATED_FROM, CREATED_UNTIL, CURSOR, LIMIT_25, OVERDUE, OWNER, SOURCE, STATUS, TYPE};
use super::row::{delete, get, post, routes, routes_of};
use super::{Content, Operation, ProblemResponse, Query, Response, Route, Row, Values};
use forecourt_domain::base::Right;

const NO_BULK_ACTION: ProblemResponse = (404, "The bulk action does not exist, or another user requested it.");
const LEAD: &[Response] = &[(200, "The changed lead; its version is the ETag.", Content::Json("LeadView"))];

routes![
    SubmitLead = post("/dealers/{dealer}/leads", "lead-intake")
        .summary("Accepts an enquiry as JSON or as ADF XML and creates a lead (INT-1).")
        .description("The response has the lead's deadline if you may read the lead, else a receipt. The owner may be null and is set within seconds.")
        .rights(&[Right::SubmitLeads])
        .body(&[Content::Json("EnquiryBody"), Content::Text("application/adf+xml", "ADF 1.0")])
        .responses(&[
            (
                201,
                "The lead is created; `Location` names it. If you may not read the lead, the response is a receipt, whether or not the person is known. A repeat gets the same response, with `Idempotent-Replay: true`.",
                Content::Json("EnquiryAccepted")
            ),
            (
                200,
                "An existing lead that you may read is changed (ADF `resend`), or the enquiry is added to the lead in progress of the same contact (INT-6).",
                Content::Json("LeadCreated")
            ),
            (207, "The document has several enquiries: one result each.", Content::Json("Outcomes")),
        ])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            NO_DEALER,
            (413, "The body is larger than 1 MiB."),
            MEDIA_TYPE,
            (422, "Fields break rules; `errors` names each. Or the key was used before with another enquiry."),
            (429, "You are above ten times your limit of enquiries in a minute; `Retry-After` has the seconds until the minute is over."),
            RETRY,
        ]),
    ReadEnquiry = get("/enquiries/{receipt}", "lead-intake")
        .summary("Returns the receipt of an enquiry that you sent (INT-5).")
        .description("It has the time and the flags of your enquiry, and nothing of its lead.")
        .rights(&[Right::SubmitLeads])
        .responses(&[(200, "The receipt.", Content::Json("EnquiryReceiptView"))])
        .problems(READ),
    ListLeads = get("/dealers/{dealer}/leads", "lead")
        .summary("Returns the leads of a dealer that are visible to you, newest first (LEAD-8).")
        .rights(&[Right::ReadLeads])
        .query(&[
            STATUS,
            Query::new("owner", Values::Id, "The id of a user."),
            TYPE,
            SOURCE,
            Query::new("from", Values::Bound, "Only leads received at or after this time, or on this date or later in the dealer's time zone."),
            Query::new("until", Values::Bound, "Only leads received before this time, or on this date or earlier."),
            OVERDUE,
            ACTION_TYPE,
            ACTION_USER,
            Query::new(
                "q",
                Values::Text(100),
                "A part of a contact's name, a lead number, a contact's telephone number or e-mail address, or a number plate; at least two characters."
            ),
            LIMIT_25,
            CURSOR,
        ])
        .responses(&[(200, "A page of leads.", Content::Json("LeadListView"))])
        .problems(READ),
    Board = get("/dealers/{dealer}/board", "lead")
        .summary("Returns the leads of a dealer by the date of their next action (LEAD-8, CAL-3).")
        .rights(&[Right::ReadLeads])
        .query(&[
            STATUS,
            OWNER,
            Query::new("pool", Values::Flag, "true: adds the leads of the pool that you may claim, with any owner (DIS-8)."),
            Query::new("mails", Values::Flag, "true: adds the number of mails that wait in the inbox, if you may read it (INT-7)."),
            TYPE,
            SOURCE,
            CREATED_FROM,
            CREATED_UNTIL,
            OVERDUE,
            ACTION_TYPE,
            ACTION_USER,
            Query::new("from", Values::Bound, "Only actions at or after this time, or on this date or later in the dealer's time zone."),
            Query::new("until", Values::Bound, "Only actions before this time, or on this date or earlier."),
            LIMIT_25,
            CURSOR,
        ])
        .responses(&[(200, "A page of leads by the date of the next action.", Content::Json("BoardView"))])
        .problems(READ),
    FindLeads = post("/dealers/{dealer}/lead-search", "lead")
        .summary("Finds leads of a dealer by one exact value: number, e-mail address, telephone number or full name (ACC-1).")
        .description("For the contact centre, which may not read leads. Each search is stored in the access log before it is answered.")
        .rights(&[Right::FindLeads])
        .body(&[Content::Json("LeadSearchBody")])
        .responses(&[(200, "The leads that match, at most ten.", Content::Json("FoundLeadsView"))])
        .problems(&[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_DEALER, MEDIA_TYPE, FIELDS, RETRY]),
    ReadChanges = get("/dealers/{dealer}/changes", "lead")
        .summary("Returns a mark that changes with each change of a dealer's leads, calendar events, tasks and appointments (LEAD-8).")
        .description(
            "For clients that show a list and ask every few seconds whether it changed. Lists are some milliseconds behind: after a new mark, \
             read the list again with the next request, too. A deadline that passes changes no mark."
        )
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The mark.", Content::Json("ChangesView"))])
        .problems(READ),
    ReadLead = get("/leads/{id}", "lead")
        .summary("Returns a lead with its state, deadline, owner, latest timeline entries and notices (LEAD-1).")
        .description(
            "With `If-None-Match`, the response is 304 without a body if the lead has that version. The state of its notices has no part in \
             the version."
        )
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The lead; its version is the ETag.", Content::Json("LeadPageView"))])
        .problems(READ),
    LogReaction = post("/leads/{id}/reactions", "lead")
        .summary("Logs a seller's reaction to a lead (ESC-7).")
        .description("A reply, or a call that reaches the customer, stops the response clock.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("ReactionBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    AssignLead = post("/leads/{id}/assignment", "lead")
        .summary("Assigns a lead to a user, or to another dealer of the group (DIS-7).")
        .rights(&[Right::AssignLeads])
        .body(&[Content::Json("AssignmentBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    SetStatus = post("/leads/{id}/status", "lead")
        .summary("Marks a lead as won or lost, or reopens it (LEAD-1, ESC-9).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("StatusBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    ClaimLead = post("/leads/{id}/claim", "lead")
        .summary("Claims a lead from the dealer's pool (DIS-8).")
        .description("If two users claim a lead at once, one gets it; the response to the other names the owner.")
        .rights(&[Right::WorkLeads])
        .responses(LEAD)
        .problems(LEAD_CHANGE),
    StartPlan = post("/leads/{id}/plan", "lead")
        .summary("Starts a follow-up plan of the dealer on a lead (CAL-11).")
        .description("The response is 409 if a plan is running, an appointment is to come, or the customer objected to messages.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("PlanStartBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    StopPlan = delete("/leads/{id}/plan", "lead")
        .summary("Stops the follow-up plan of a lead; nothing changes if none is running (CAL-11).")
        .description("Events that the plan has made stay. Its messages that wait are not sent any more.")
        .rights(&[Right::WorkLeads])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    StartBulkAction = post("/bulk-actions", "export")
        .summary("Carries one action out on many leads, with a result for each lead (LEAD-10).")
        .description("On up to 500 leads at once; on more, or if the time is not enough, in the background: `Location` names the action. A repeat returns the action in its current state, with `Idempotent-Replay: true`. Each action needs the rights of the request for one lead; `reassign` also needs `assign_leads`.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("BulkActionBody")])
        .responses(&[
            (200, "The action is done; it has the result of each lead if it has up to 500.", Content::Json("BulkActionView")),
            (202, "The action is running.", Content::Json("BulkActionView")),
        ])
        .problems(&[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_DEALER, MEDIA_TYPE, FIELDS, RETRY]),
    ReadBulkAction = get("/bulk-actions/{bulk}", "export")
        .summary("Returns the progress of a bulk action that you requested (LEAD-10).")
        .rights(&[Right::WorkLeads])
        .responses(&[(200, "The action.", Content::Json("BulkActionView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, NO_BULK_ACTION, RETRY]),
    ListBulkResults = get("/bulk-actions/{bulk}/results", "export")
        .summary("Returns the results of a bulk action that you requested, page by page, as far as it is done (LEAD-10).")
        .description("A page has up to 100 results.")
        .rights(&[Right::WorkLeads])
        .query(&[CURSOR])
        .responses(&[(200, "A page of results.", Content::Json("BulkLeadsView"))])
        .problems(&[NO_TOKEN, NO_RIGHT, NO_BULK_ACTION, PARAMETER, RETRY]),
    ListCannedAnswers = get("/leads/{id}/canned-answers", "lead")
        .summary("Returns the canned answers of a lead's dealer with the values of the lead (LEAD-3).")
        .description("The seller edits one and sends it as a communication of the lead.")
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The canned answers.", Content::Json("CannedAnswersView"))])
        .problems(READ),
    ReadMessageOptions = get("/leads/{id}/message-options", "lead")
        .summary("Returns what a message to the customer can have: recipients, canned answers, documents, quotes (LEAD-3).")
        .description("The recipient of each medium is the contact whom the message would answer, with the reason if it would be refused. `recipients` has all addresses of the contacts. `POST /leads/{id}/communications` sends the message.")
        .rights(&[Right::ReadLeads])
        .query(&[
            Query::new("answers", Values::Id, "The id of a received e-mail of the lead that the message answers."),
            Query::new("contact", Values::Id, "The id of the contact of the lead to whom the message goes. The canned answers have this name."),
        ])
        .responses(&[(200, "What a message can have.", Content::Json("MessageOptionsView"))])
        .problems(READ),
    ListUndelivered = get("/dealers/{dealer}/undelivered", "lead")
        .summary("Returns a dealer's letters and notices that failed, or whose delivery is unclear, newest first (MSG-1).")
        .rights(&[Right::ReadLeads])
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of messages.", Content::Json("UndeliveredListView"))])
        .problems(READ),
    Resend = post("/dealers/{dealer}/undelivered/{message}/resend", "lead")
        .summary("Resends a letter or a notice that failed or whose delivery is unclear (MSG-1).")
        .description("An unclear letter may have been delivered: the customer may get it twice.")
        .rights(&[Right::WorkLeads])
        .responses(&[(202, "The message is being sent.", Content::Json("UndeliveredView"))])
        .problems(&[
            NO_TOKEN,
            NO_RIGHT,
            (404, "The message does not exist or is not visible to you."),
            (409, "The message was sent meanwhile, or its content is no longer true."),
            RETRY,
        ]),
];
