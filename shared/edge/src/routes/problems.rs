//! The responses of failure that several operations share.

use super::ProblemResponse;

pub(super) const UNREADABLE: ProblemResponse = (400, "The body cannot be read.");
pub(super) const NO_TOKEN: ProblemResponse = (401, "The token is missing or invalid.");
pub(super) const NO_RIGHT: ProblemResponse = (403, "A right is missing; `right` names it.");
const NO_RIGHT_TO_FIELDS: ProblemResponse = (403, "A right is missing; `right` names it, `errors` the fields that need it.");
pub(super) const NO_DEALER: ProblemResponse = (404, "The dealer does not exist or is out of your reach.");
const NO_LEAD: ProblemResponse = (404, "The lead does not exist or is not visible to you.");
const NOT_VISIBLE: ProblemResponse = (404, "The resource does not exist or is not visible to you.");
const NO_DEALER_OR_USER: ProblemResponse = (404, "The dealer or user does not exist or is out of your reach.");
const NO_TEXT: ProblemResponse = (404, "The dealer or the text does not exist or is out of your reach.");
const NO_TEXT_SUBJECT: ProblemResponse = (404, "The dealer, the lead or the appointment does not exist or is not visible to you.");
const NO_LINK: ProblemResponse = (404, "The link is invalid or has expired.");
pub(super) const CONFLICT: ProblemResponse = (409, "The request conflicts with the current state.");
pub(super) const STALE: ProblemResponse = (412, "The version in If-Match is not current.");
const STALE_LEAD: ProblemResponse = (412, "The version of the lead in If-Match is not current.");
pub(super) const MEDIA_TYPE: ProblemResponse = (415, "The media type of the body is not supported.");
pub(super) const FIELDS: ProblemResponse = (422, "Fields break rules; `errors` names each.");
const FIELDS_OR_UNKNOWN: ProblemResponse = (422, "Fields are unknown or break rules; `errors` names each.");
pub(super) const PARAMETER: ProblemResponse = (422, "A query parameter is invalid.");
pub(super) const UNKNOWN_PARAMETER: ProblemResponse = (422, "A query parameter is unknown or invalid.");
const NO_IF_MATCH: ProblemResponse = (428, "If-Match is missing.");
pub(super) const TOO_MANY: ProblemResponse =
    (429, "The route takes no more requests for now; send the same request again after a second, or the seconds in `Retry-After`.");
pub(super) const RETRY: ProblemResponse = (503, "The request was not carried out; retry.");

/// Of operations that read a lead or its items.
pub(super) const READ: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NOT_VISIBLE, PARAMETER, RETRY];
/// Of the read of a document, which returns a link to the file.
pub(super) const DOCUMENT_READ: &[ProblemResponse] = &[
    NO_TOKEN,
    NO_RIGHT,
    NOT_VISIBLE,
    (409, "The malware scan of the file has not ended (`Retry-After` has the seconds to wait), or it does not allow the download."),
    PARAMETER,
    RETRY,
];
/// Of the read of raw input.
pub(super) const RAW: &[ProblemResponse] = &[
    NO_TOKEN,
    NO_RIGHT,
    (404, "The lead does not exist or is not visible to you, or the entry has no raw input."),
    (410, "The raw input has expired."),
    PARAMETER,
    RETRY,
];
/// Of operations that change a lead or its items.
pub(super) const LEAD_CHANGE: &[ProblemResponse] =
    &[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_LEAD, CONFLICT, STALE_LEAD, MEDIA_TYPE, FIELDS, RETRY];
/// Of operations that read settings or users.
pub(super) const SETTINGS_READ: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NO_DEALER_OR_USER, UNKNOWN_PARAMETER, RETRY];
/// Of operations that change settings or users.
pub(super) const SETTINGS_CHANGE: &[ProblemResponse] =
    &[UNREADABLE, NO_TOKEN, NO_RIGHT_TO_FIELDS, NO_DEALER_OR_USER, CONFLICT, STALE, MEDIA_TYPE, FIELDS_OR_UNKNOWN, NO_IF_MATCH, RETRY];
/// Of the mark of a busy user, which needs no version.
pub(super) const BUSY: &[ProblemResponse] =
    &[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_DEALER_OR_USER, STALE, MEDIA_TYPE, FIELDS_OR_UNKNOWN, RETRY];
const NO_USER: ProblemResponse = (403, "The token names a partner, not a user.");
/// Of the read of the requesting user.
pub(super) const ME: &[ProblemResponse] = &[NO_TOKEN, NO_USER, NO_DEALER, UNKNOWN_PARAMETER, RETRY];
/// Of the change of the requesting user.
pub(super) const ME_CHANGE: &[ProblemResponse] = &[UNREADABLE, NO_TOKEN, NO_USER, STALE, MEDIA_TYPE, FIELDS_OR_UNKNOWN, NO_IF_MATCH, RETRY];
/// Of the list of the requesting user's views.
pub(super) const VIEWS: &[ProblemResponse] = &[NO_TOKEN, NO_USER, RETRY];
/// Of the creation or change of a view.
pub(super) const VIEW_CHANGE: &[ProblemResponse] =
    &[UNREADABLE, NO_TOKEN, NO_USER, (409, "You already have fifty views."), STALE, FIELDS_OR_UNKNOWN, NO_IF_MATCH, RETRY];
/// Of the removal of a view.
pub(super) const VIEW_REMOVAL: &[ProblemResponse] =
    &[NO_TOKEN, NO_USER, (404, "You have no such view."), STALE, FIELDS_OR_UNKNOWN, NO_IF_MATCH, RETRY];
/// Of the read of a dealer's texts.
pub(super) const TEXTS: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NO_TEXT, RETRY];
/// Of the change of a dealer's text.
pub(super) const TEXT_CHANGE: &[ProblemResponse] = &[
    UNREADABLE,
    NO_TOKEN,
    NO_RIGHT,
    NO_TEXT,
    (409, "The dealer already has a hundred texts, or they are too long together."),
    STALE,
    MEDIA_TYPE,
    FIELDS_OR_UNKNOWN,
    NO_IF_MATCH,
    RETRY,
];
/// Of the preview of a text.
pub(super) const TEXT_PREVIEW: &[ProblemResponse] =
    &[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_TEXT_SUBJECT, MEDIA_TYPE, FIELDS_OR_UNKNOWN, RETRY];
/// Of the test of a text.
pub(super) const TEXT_TEST: &[ProblemResponse] = &[
    UNREADABLE,
    NO_TOKEN,
    NO_RIGHT,
    NO_TEXT_SUBJECT,
    MEDIA_TYPE,
    FIELDS_OR_UNKNOWN,
    (429, "You have sent fifty tests today; `Retry-After` has the seconds until tomorrow."),
    RETRY,
];
/// Of operations on webhooks.
pub(super) const WEBHOOKS: &[ProblemResponse] = &[
    UNREADABLE,
    NO_TOKEN,
    NO_RIGHT,
    (404, "The webhook does not exist or is not visible to you."),
    (409, "The group already has twenty webhooks, or the secret that a repeated request created is no longer valid."),
    STALE,
    FIELDS_OR_UNKNOWN,
    RETRY,
];
/// Of the change of a webhook.
pub(super) const WEBHOOK_CHANGE: &[ProblemResponse] = &[
    UNREADABLE,
    NO_TOKEN,
    NO_RIGHT,
    (404, "The webhook does not exist or is not visible to you."),
    STALE,
    FIELDS_OR_UNKNOWN,
    NO_IF_MATCH,
    RETRY,
];
/// Of the customer's operations by a link, except the booking.
pub(super) const BY_LINK: &[ProblemResponse] = &[NO_LINK, CONFLICT, PARAMETER, TOO_MANY, RETRY];
/// Of the booking by a link.
pub(super) const BOOKING: &[ProblemResponse] = &[
    UNREADABLE,
    NO_LINK,
    (409, "The slot is no longer free, or the booking is over; `free` lists the free slots."),
    MEDIA_TYPE,
    FIELDS,
    TOO_MANY,
    RETRY,
];
/// Of the calendar file by a link.
pub(super) const FEED_FILE: &[ProblemResponse] = &[NO_LINK, TOO_MANY, RETRY];
/// Of changes to your calendar feeds.
pub(super) const FEEDS: &[ProblemResponse] =
    &[UNREADABLE, NO_TOKEN, NO_RIGHT, (404, "You have no such feed."), (409, "You already have twenty feeds."), MEDIA_TYPE, FIELDS, RETRY];
/// Of the reads of appointments.
pub(super) const APPOINTMENT_READ: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NOT_VISIBLE, RETRY];
/// Of the correction of an appointment.
pub(super) const CORRECTION: &[ProblemResponse] = &[
    UNREADABLE,
    NO_TOKEN,
    NO_RIGHT,
    (404, "The appointment does not exist or is not visible to you."),
    (409, "The appointment is an event on the calendar of a lead."),
    STALE,
    MEDIA_TYPE,
    FIELDS,
    NO_IF_MATCH,
    RETRY,
];
/// Of overviews and of the download log.
pub(super) const OVERVIEW: &[ProblemResponse] = &[NO_TOKEN, NO_RIGHT, NO_DEALER, PARAMETER, RETRY];
/// Of the reads of an export.
pub(super) const EXPORT_READ: &[ProblemResponse] = &[
    NO_TOKEN,
    NO_RIGHT,
    (404, "The export does not exist."),
    (409, "The export is not finished."),
    (410, "The export has expired."),
    RETRY,
];
