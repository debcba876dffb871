//! The page of a lead: its timeline, deadlines, tasks and contacts.

use super::problems::{LEAD_CHANGE, RAW, READ};
use super::query::{CURSOR, LIMIT_25, LIMIT_50, OWNER};
use super::row::{delete, get, patch, post, routes, routes_of};
use super::{Content, Operation, Query, Response, Route, Row, Values};
use forecourt_domain::base::Right;

const LEAD: &[Response] = &[(200, "The changed lead; its version is the ETag.", Content::Json("LeadView"))];
const TIMELINE_CURSOR: Query =
    Query::new("cursor", Values::Text(4_096), "The cursor in the lead's page or in the response with the previous page.");
const TASK: &[Response] = &[(200, "The task; the lead's version is the ETag.", Content::Json("TaskView"))];
const CONTACTS: &[Response] = &[(200, "The lead's contacts; the lead's version is the ETag.", Content::Json("LeadContactsView"))];

/// Selects an input of a lead.
const INPUT: &[Query] = &[
    Query::new("version", Values::Number(0, u64::MAX), "The version of the timeline entry that received the input."),
    Query::new("communication", Values::Id, "The id of a received e-mail of the lead, which is returned instead."),
];

routes![
    ReadTimeline = get("/leads/{id}/timeline", "lead")
        .summary("Returns the timeline of a lead, newest first (LEAD-2).")
        .rights(&[Right::ReadLeads])
        .query(&[LIMIT_50, TIMELINE_CURSOR])
        .responses(&[(200, "A page of the timeline.", Content::Json("TimelineView"))])
        .problems(READ),
    ReadRawInput = get("/leads/{id}/raw", "lead")
        .summary("Returns the input of a lead as its sender wrote it (INT-2).")
        .description("By default, returns the input from which the lead's current enquiry was read. A timeline entry that received an input has the path of that input in `raw`.")
        .rights(&[Right::ReadLeads])
        .query(INPUT)
        .responses(&[
            (200, "The input: JSON, or one prospect of ADF, as it was received.", Content::Text("application/adf+xml", "A prospect of ADF.")),
            (200, "The input.", Content::Json("RawInput")),
            (200, "A mail as it was received.", Content::Text("message/rfc822", "A raw mail.")),
            (303, "The mail has more than 4 MB. `Location` is a link to it, valid for five minutes.", Content::Text("message/rfc822", "Empty.")),
        ])
        .problems(RAW),
    ReadLeadMail = get("/leads/{id}/mail", "lead-intake")
        .summary("Returns a mail of a lead for readers: its headers, its text as plain text, and the list of its files (INT-2).")
        .description("By default, returns the mail from which the lead's current enquiry was read. It is for the users who get the mail as it was received (`GET /leads/{id}/raw`). 404 if this input is no mail.")
        .rights(&[Right::ReadLeads])
        .query(INPUT)
        .responses(&[(200, "The mail.", Content::Json("LeadMailView"))])
        .problems(RAW),
    SetDeadline = post("/leads/{id}/deadlines", "lead")
        .summary("Adds a deadline to a lead: a target time without start or duration (LEAD-6).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("TargetBody")])
        .responses(&[(201, "The changed lead; `Location` names the deadline.", Content::Json("LeadView"))])
        .if_match()
        .problems(LEAD_CHANGE),
    ChangeDeadline = patch("/leads/{id}/deadlines/{deadline}", "lead")
        .summary("Moves a deadline, including `first-contact` (LEAD-6).")
        .description("The reminder and level 1 of the first contact follow. Level 2 follows if a supervisor of the owner or a user with the right `change_settings` moves it; a move by anybody else to level 2 or beyond is only requested (ESC-12). Later changes of the settings do not move it.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("TargetPatch")])
        .responses(&[
            (200, "The changed lead; its version is the ETag.", Content::Json("LeadView")),
            (202, "The move is requested and waits for its approval; `deadline.requested` of the lead has it.", Content::Json("LeadView")),
        ])
        .if_match()
        .problems(LEAD_CHANGE),
    ApproveDeadline = post("/leads/{id}/deadlines/{deadline}/approval", "lead")
        .summary("Grants the requested move of the first-contact deadline (ESC-12).")
        .description("For the supervisor of the owner, and for users with the right `change_settings`. Level 2 follows the granted deadline.")
        .rights(&[Right::WorkLeads])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    MeetDeadline = post("/leads/{id}/deadlines/{deadline}/completion", "lead")
        .summary("Marks an added deadline as met (LEAD-6).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("MetBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    DropDeadline = delete("/leads/{id}/deadlines/{deadline}", "lead")
        .summary("Removes an added deadline; the timeline keeps it (LEAD-6).")
        .rights(&[Right::WorkLeads])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    ContactMade = post("/leads/{id}/contact-made", "lead")
        .summary("Records whether contact was made (LEAD-6, ESC-7).")
        .description("`true` stops the response clock. `false` is kept on the timeline and stops nothing.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("ContactMadeBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    CreateTask = post("/leads/{id}/tasks", "lead")
        .summary("Creates a task with a start and a duration, for the lead's owner or another user (LEAD-4).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("TaskBody")])
        .responses(&[(201, "The task; `Location` names it, the lead's version is the ETag.", Content::Json("TaskView"))])
        .if_match()
        .problems(LEAD_CHANGE),
    LeadTasks = get("/leads/{id}/tasks", "lead")
        .summary("Returns the tasks of a lead, including completed ones, newest first (LEAD-4).")
        .rights(&[Right::ReadLeads])
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of the lead's tasks.", Content::Json("TasksView"))])
        .problems(READ),
    ReadTask = get("/leads/{id}/tasks/{task}", "lead")
        .summary("Returns a task (LEAD-4).")
        .description("The assignee may read it, even if the lead is not visible to them.")
        .rights(&[Right::ReadLeads])
        .responses(TASK)
        .problems(READ),
    ChangeTask = patch("/leads/{id}/tasks/{task}", "lead")
        .summary("Changes the title, time, duration or assignee of a task (LEAD-4).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("TaskPatch")])
        .responses(TASK)
        .if_match()
        .problems(LEAD_CHANGE),
    CompleteTask = post("/leads/{id}/tasks/{task}/completion", "lead")
        .summary("Marks a task as completed (LEAD-4).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("MetBody")])
        .responses(TASK)
        .if_match()
        .problems(LEAD_CHANGE),
    ReopenTask = delete("/leads/{id}/tasks/{task}/completion", "lead")
        .summary("Reopens a completed task (LEAD-4).")
        .rights(&[Right::WorkLeads])
        .responses(TASK)
        .if_match()
        .problems(LEAD_CHANGE),
    DeleteTask = delete("/leads/{id}/tasks/{task}", "lead")
        .summary("Deletes a task; the timeline keeps it (LEAD-4).")
        .rights(&[Right::WorkLeads])
        .responses(TASK)
        .if_match()
        .problems(LEAD_CHANGE),
    ListTasks = get("/dealers/{dealer}/tasks", "lead")
        .summary("Returns the open tasks and deadlines of a dealer by their dates (LEAD-4).")
        .rights(&[Right::ReadLeads])
        .query(&[
            OWNER,
            Query::new(
                "from",
                Values::Bound,
                "Only tasks that start and deadlines that are due at or after this time, or on this date or later in the dealer's time zone."
            ),
            Query::new(
                "until",
                Values::Bound,
                "Only tasks that start and deadlines that are due before this time, or on this date or earlier."
            ),
            LIMIT_25,
            CURSOR,
        ])
        .responses(&[(200, "A page of tasks and deadlines.", Content::Json("AgendaView"))])
        .problems(READ),
    AddContact = post("/leads/{id}/contacts", "lead")
        .summary("Adds a contact to a lead (LEAD-7).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("LeadContactBody")])
        .responses(&[(201, "The lead's contacts; `Location` names the new one.", Content::Json("LeadContactsView"))])
        .if_match()
        .problems(LEAD_CHANGE),
    CorrectContact = patch("/leads/{id}/contacts/{contact}", "lead")
        .summary("Corrects the data of a contact, or makes it the main contact (LEAD-7).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("LeadContactPatch")])
        .responses(CONTACTS)
        .if_match()
        .problems(LEAD_CHANGE),
    RemoveContact = delete("/leads/{id}/contacts/{contact}", "lead")
        .summary("Removes a contact that is not the main contact from a lead (LEAD-7).")
        .rights(&[Right::WorkLeads])
        .responses(CONTACTS)
        .if_match()
        .problems(LEAD_CHANGE),
    ListStops = get("/leads/{id}/stops", "lead")
        .summary("Returns the addresses of a lead's contacts to which messages are stopped (MSG-1).")
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The stops in force.", Content::Json("StopsView"))])
        .problems(READ),
    AddStop = post("/leads/{id}/stops", "lead")
        .summary("Records that a contact of a lead wants no text messages, or no advertising and service mail (MSG-1).")
        .description("A stop that exists stays as it is.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("StopBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    LiftStop = delete("/leads/{id}/stops/{stop}", "lead")
        .summary("Lifts a stop, so that messages are sent to the address again (MSG-1).")
        .description("The timeline keeps the stop. A complaint, and a stop that the customer or a user of another dealer made, are lifted by the supervisor of the lead's owner, or by a user with the right `change_settings`; the latter needs a `note`. A corrected address needs no lift.")
        .rights(&[Right::WorkLeads])
        .optional_body(&[Content::Json("LiftBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    ListConsents = get("/leads/{id}/consents", "lead")
        .summary("Returns the declarations of a lead's contacts about service messages and advertising (PRV-6).")
        .description("A declaration belongs to the address or number, so that it counts for every lead of the group.")
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The latest declarations.", Content::Json("ConsentsView"))])
        .problems(READ),
    AddConsent = post("/leads/{id}/contacts/{contact}/consents", "lead")
        .summary("Records a declaration of a contact about service messages or advertising, with its proof (PRV-6).")
        .description("Earlier declarations are kept; the one that the customer declared last counts. It lifts no stop. After a refusal, a consent needs a document, the supervisor of the lead's owner, or a user with the right `change_settings`.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("ConsentBody")])
        .responses(LEAD)
        .if_match()
        .problems(LEAD_CHANGE),
    PreviewMessage = post("/leads/{id}/communications/preview", "lead")
        .summary("Returns the encoding and the number of parts of a text message, without sending it (LEAD-3).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("MessagePreviewBody")])
        .responses(&[(200, "How the text message would be sent.", Content::Json("MessagePreviewView"))])
        .problems(LEAD_CHANGE),
];
