//! Calendar events, calendars, invitations, feeds, and the pages that customers open by a link.

use super::problems::{BOOKING, BY_LINK, FEED_FILE, FEEDS, LEAD_CHANGE, NO_DEALER, NO_RIGHT, NO_TOKEN, READ, RETRY, UNKNOWN_PARAMETER};
use super::query::{CURSOR, LIMIT_50};
use super::row::{delete, get, patch, post, routes, routes_of};
use super::{Access, Content, Operation, ProblemResponse, Query, Response, Route, Row, Values};
use forecourt_domain::base::Right;

const CHOICES: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NO_DEALER, UNKNOWN_PARAMETER, RETRY];
const FILE: &[Response] = &[(200, "The file.", Content::Text("text/calendar", "An iCalendar file (RFC 5545)"))];
const FREE_FROM: Query = Query::new("from", Values::Bound, "The first date whose free slots are listed, or a time on it; default today.");
const ENDED: &[Response] = &[(200, "The changed event.", Content::Json("CalendarEventView"))];
const OFFER: &[Response] = &[(200, "The invitation's current state.", Content::Json("OfferView"))];
const SUBSCRIPTION: &[Response] = &[(200, "The state after the request.", Content::Json("SubscriptionView"))];
const FEEDS_VIEW: &[Response] = &[(200, "Your feeds.", Content::Json("FeedsView"))];

routes![
    ScheduleEvent = post("/leads/{id}/events", "calendar-event")
        .summary("Schedules an event on the calendar of a lead (CAL-1).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("EventBody")])
        .responses(&[(201, "The event; `Location` names it.", Content::Json("CalendarEventView"))])
        .if_match()
        .problems(LEAD_CHANGE),
    BulkEvents = post("/events", "calendar-event")
        .summary("Schedules the same event for up to 500 leads, with one result per lead (CAL-2).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("BulkBody")])
        .responses(&[(207, "The result of each lead, in the order of the request.", Content::Json("BulkView"))])
        .problems(LEAD_CHANGE),
    ListEvents = get("/leads/{id}/events", "calendar-event")
        .summary("Returns the calendar events of a lead, including ended ones, and its next action (CAL-3).")
        .rights(&[Right::ReadLeads])
        .query(&[LIMIT_50, CURSOR])
        .responses(&[(200, "The lead's events.", Content::Json("CalendarEventsView"))])
        .problems(READ),
    ReadEvent = get("/leads/{id}/events/{event}", "calendar-event")
        .summary("Returns a calendar event (CAL-4).")
        .description("The assignee may read it, even if the lead is not visible to them.")
        .rights(&[Right::ReadLeads])
        .responses(&[(200, "The event.", Content::Json("CalendarEventView"))])
        .problems(READ),
    CompleteEvent = post("/leads/{id}/events/{event}/completion", "calendar-event")
        .summary("Completes an event, optionally with a follow-up event (CAL-4).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("CompletionBody")])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    NoShowEvent = post("/leads/{id}/events/{event}/no-show", "calendar-event")
        .summary("Marks an event as a no-show, optionally with a follow-up event (CAL-4).")
        .description("A no-show: the customer did not come or was not reached.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("NoShowBody")])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    RescheduleEvent = post("/leads/{id}/events/{event}/time", "calendar-event")
        .summary("Reschedules an event; the old one is kept (CAL-4).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("RescheduleBody")])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    KeepEvent = post("/leads/{id}/events/{event}/keep", "calendar-event")
        .summary("Keeps an event although its user is absent or the dealer is closed (APT-9).")
        .description("Without a reason against the event nothing changes.")
        .rights(&[Right::WorkLeads])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    CorrectEvent = patch("/leads/{id}/events/{event}", "calendar-event")
        .summary("Corrects the title, type, notes or user of an event (CAL-9).")
        .description("Absent fields keep their values. The timeline keeps the previous values.")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("EventCorrectionBody")])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    ReopenEvent = post("/leads/{id}/events/{event}/reopening", "calendar-event")
        .summary("Reopens an event that was completed, marked as a no-show or cancelled by mistake (CAL-9).")
        .description("If it is an appointment that was cancelled, the customer is notified.")
        .rights(&[Right::WorkLeads])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    CancelEvent = post("/leads/{id}/events/{event}/cancellation", "calendar-event")
        .summary("Cancels an event, with reason and side (CAL-4, APT-11).")
        .rights(&[Right::WorkLeads])
        .optional_body(&[Content::Json("CancellationBody")])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    DeleteEvent = delete("/leads/{id}/events/{event}", "calendar-event")
        .summary("Cancels an event without a reason (CAL-4).")
        .rights(&[Right::WorkLeads])
        .responses(ENDED)
        .if_match()
        .problems(LEAD_CHANGE),
    Invite = post("/leads/{id}/invitations", "calendar-event")
        .summary("Creates a link by which the contact books, moves or cancels a time slot (CAL-8).")
        .rights(&[Right::WorkLeads])
        .body(&[Content::Json("InvitationBody")])
        .responses(&[(201, "The link, for the contact.", Content::Json("InvitationView"))])
        .if_match()
        .problems(LEAD_CHANGE),
    ShowInvitation = get("/i/{token}", "calendar-event")
        .access(Access::Link)
        .summary("Returns an invitation or an appointment, its booking and the free slots (CAL-8, APT-8).")
        .description("As a page if the client prefers HTML.")
        .query(&[FREE_FROM])
        .responses(OFFER)
        .problems(BY_LINK),
    BookSlot = post("/i/{token}/booking", "calendar-event")
        .access(Access::Link)
        .summary("Books a free slot, or moves the booking to it (CAL-8).")
        .description("If the slot is no longer free, the response is 409 with the free slots.")
        .body(&[Content::Json("BookingBody"), Content::Form("BookingBody")])
        .responses(&[
            (200, "The booking is moved, or existed already.", Content::Json("OfferView")),
            (201, "The slot is booked.", Content::Json("OfferView")),
        ])
        .problems(BOOKING),
    ConfirmBooking = post("/i/{token}/confirmation", "calendar-event")
        .access(Access::Link)
        .summary("Records that the customer confirms the booking (APT-12).")
        .description("A repeat gets the same answer.")
        .responses(OFFER)
        .problems(BY_LINK),
    CancelBooking = delete("/i/{token}/booking", "calendar-event")
        .access(Access::Link)
        .summary("Cancels the booking (CAL-8).")
        .responses(OFFER)
        .problems(BY_LINK),
    CancelByForm = post("/i/{token}/cancellation", "calendar-event")
        .access(Access::Link)
        .summary("Cancels the booking from the form of the page (CAL-8).")
        .responses(OFFER)
        .problems(BY_LINK),
    BookingFile = get("/i/{token}/booking.ics", "calendar-event")
        .access(Access::Link)
        .summary("Returns the booking as an iCalendar file; a cancelled booking as a cancellation (CAL-8).")
        .responses(FILE)
        .problems(BY_LINK),
    ShowSubscription = get("/u/{token}", "calendar-event")
        .access(Access::Link)
        .summary("Returns whether the recipient of a mail gets advertising and service mails of the group, and changes nothing (PRV-6).")
        .description("As a page if the client prefers HTML. Programs that check the links of a mail unsubscribe nobody.")
        .responses(SUBSCRIPTION)
        .problems(BY_LINK),
    Unsubscribe = post("/u/{token}", "calendar-event")
        .access(Access::Link)
        .summary("Ends advertising and service mails to the recipient of a mail (PRV-6).")
        .description("The body has `List-Unsubscribe=One-Click`, as a mail program sends it (RFC 8058), also as `multipart/form-data`. A repeat gets the same answer.")
        .body(&[Content::Form("UnsubscribeBody")])
        .responses(SUBSCRIPTION)
        .problems(BY_LINK),
    Resubscribe = post("/u/{token}/resubscription", "calendar-event")
        .access(Access::Link)
        .summary("Permits the mails again that the link ended (PRV-6).")
        .description("The consent is again as it was before. Stops for other reasons stay.")
        .responses(SUBSCRIPTION)
        .problems(BY_LINK),
    ListInvitations = get("/leads/{id}/invitations", "calendar-event")
        .summary("Returns the invitations of a lead with their state, and the links of the valid ones (CAL-8).")
        .rights(&[Right::ReadLeads])
        .query(&[LIMIT_50, CURSOR])
        .responses(&[(200, "A page of invitations.", Content::Json("InvitationsView"))])
        .problems(READ),
    RevokeInvitation = delete("/leads/{id}/invitations/{invitation}", "calendar-event")
        .summary("Revokes an invitation: its link becomes invalid, its booking is kept (CAL-8).")
        .rights(&[Right::WorkLeads])
        .responses(&[(200, "The revoked invitation.", Content::Json("InvitationRowView"))])
        .if_match()
        .problems(LEAD_CHANGE),
    ListEventTypes = get("/dealers/{dealer}/event-types", "calendar-event")
        .summary("Returns the types of events that you can plan at a dealer, with their names in three languages (CAL-1).")
        .rights(&[Right::WorkLeads])
        .responses(&[(200, "The types.", Content::Json("EventTypesView"))])
        .problems(CHOICES),
    ListNoShowReasons = get("/dealers/{dealer}/no-show-reasons", "calendar-event")
        .summary("Returns the reasons of a no-show at a dealer, with their names in three languages (CAL-4).")
        .rights(&[Right::WorkLeads])
        .responses(&[(200, "The reasons.", Content::Json("NoShowReasonsView"))])
        .problems(CHOICES),
    Calendar = get("/dealers/{dealer}/calendar", "calendar-event")
        .summary("Returns a day, week or month of a dealer or of one of its users, in the dealer's time zone (CAL-6).")
        .rights(&[Right::ReadLeads])
        .query(&[
            Query::new("view", Values::OneOf(&["day", "week", "month"]), "The period; a week begins on Monday. Default week."),
            Query::new("date", Values::Date, "A date in the period, from 2000 to 2100; default today."),
            Query::new("user", Values::Id, "Only this user's events: their own, and those without a user of leads that they own."),
            Query::new("deleted", Values::Flag, "true: deleted events too."),
            Query::new("limit", Values::Number(1, 250), "The page size; default 100."),
            CURSOR,
        ])
        .responses(&[(200, "The events of the period, planned and past.", Content::Json("CalendarView"))])
        .problems(READ),
    Diary = get("/dealers/{dealer}/diary", "calendar-event")
        .summary("Returns the calendar events and appointments of a dealer on one to seven days, by their times (CAL-6).")
        .description("Of a lead that you may not see, it shows what the calendar shows: the contact centre sees appointments only.")
        .rights(&[Right::ReadAppointments])
        .query(&[
            Query::new("date", Values::Date, "The first date, from 2000 to 2100; default today."),
            Query::new("days", Values::Number(1, 31), "The number of days, up to 7, or up to 31 with `unmarked`; default 1."),
            Query::new("user", Values::Id, "Only this user's entries: their own, and events without a user of leads that they own."),
            Query::new("unmarked", Values::Flag, "true: only appointments after whose visit nobody recorded the attendance (APT-12)."),
            Query::new("deleted", Values::Flag, "true: deleted events and cancelled appointments too."),
            Query::new("limit", Values::Number(1, 250), "The page size; default 100."),
            CURSOR,
        ])
        .responses(&[(200, "The events and appointments of the days, planned and past.", Content::Json("DiaryView"))])
        .problems(READ),
    MakeFeed = post("/calendar-feeds", "calendar-event")
        .summary("Creates a secret link by which a calendar program shows events: yours, a user's or a dealer's (CAL-6).")
        .rights(&[Right::ReadLeads])
        .optional_body(&[Content::Json("FeedBody")])
        .responses(&[(201, "The link, for your own calendar program.", Content::Json("FeedView"))])
        .problems(FEEDS),
    ListFeeds = get("/calendar-feeds", "calendar-event")
        .summary("Returns your calendar feeds (CAL-6).")
        .rights(&[Right::ReadLeads])
        .responses(FEEDS_VIEW)
        .problems(READ),
    RevokeFeed = delete("/calendar-feeds/{feed}", "calendar-event")
        .summary("Revokes one of your calendar feeds (CAL-6).")
        .rights(&[Right::ReadLeads])
        .responses(FEEDS_VIEW)
        .problems(FEEDS),
    FeedFile = get("/c/{token}/calendar.ics", "calendar-event")
        .access(Access::Link)
        .summary("Returns the events that the feed's user may see, from 30 days ago to 180 days ahead, as an iCalendar file (CAL-6).")
        .responses(FILE)
        .problems(FEED_FILE),
];
