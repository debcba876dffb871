//! A dealer's users, the group's, and the requesting user with saved views.

use super::problems::{BUSY, ME, ME_CHANGE, SETTINGS_CHANGE, SETTINGS_READ, VIEW_CHANGE, VIEW_REMOVAL, VIEWS};
use super::query::{BEFORE, CURSOR, DESPITE, DRY_RUN, HAND_OVER, LIMIT_25};
use super::row::{delete, get, patch, put, routes, routes_of};
use super::{Content, Operation, Query, Response, Route, Row, Values};
use forecourt_domain::base::Right;

const MEMBERS: &[Response] = &[(200, "The dealer's users; the settings' version is the ETag.", Content::Json("DealerUsersView"))];
const MEMBER: &[Response] =
    &[(200, "The user's settings at the dealer; the version of the dealer's settings is the ETag.", Content::Json("DealerUserView"))];
const ABSENCES: &[Response] =
    &[(200, "The user's absences; the version of the dealer's settings is the ETag.", Content::Json("UserAbsencesView"))];
const AVAILABILITY: &[Response] =
    &[(200, "The user's availability; the version of the dealer's settings is the ETag.", Content::Json("AvailabilityView"))];
const SAVED_VIEWS: &[Response] = &[(200, "Your views.", Content::Json("SavedViewsView"))];
const USER: &[Response] = &[(200, "The user; its version is the ETag.", Content::Json("UserView"))];

routes![
    DealerUsers = get("/dealers/{dealer}/users", "settings")
        .summary("Returns the dealer's users with their distribution switches (SET-7).")
        .rights(&[Right::ReadSettings])
        .responses(MEMBERS)
        .problems(SETTINGS_READ),
    SwitchUsers = patch("/dealers/{dealer}/users", "settings")
        .summary("Changes the switches of several users of the dealer at once (SET-7).")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("SwitchUsersBody")])
        .responses(MEMBERS)
        .if_match()
        .problems(SETTINGS_CHANGE),
    DealerUser = get("/dealers/{dealer}/users/{user}", "settings")
        .summary("Returns a user's settings at the dealer (SET-7).")
        .rights(&[Right::ReadSettings])
        .responses(MEMBER)
        .problems(SETTINGS_READ),
    SetDealerUser = put("/dealers/{dealer}/users/{user}", "settings")
        .summary("Sets a user's settings at the dealer, including distribution groups (SET-7).")
        .description("Adds the user to the dealer if they are not a user of it yet.")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("DealerUserBody")])
        .responses(MEMBER)
        .if_match()
        .problems(SETTINGS_CHANGE),
    RemoveDealerUser = delete("/dealers/{dealer}/users/{user}", "settings")
        .summary("Removes a user from the dealer, and hands over the user's work (SET-7, DIS-12).")
        .rights(&[Right::ChangeSettings])
        .query(&[HAND_OVER, DESPITE, DRY_RUN])
        .responses(MEMBERS)
        .if_match()
        .problems(SETTINGS_CHANGE),
    UserWork = get("/dealers/{dealer}/users/{user}/work", "settings")
        .summary("Returns the open work that a user holds at the dealer: leads, tasks, events, invitations and appointments (DIS-12).")
        .description(
            "Users may read their own work without the right. Without the right to read every lead of the dealer, the lists are empty."
        )
        .rights(&[Right::ReadSettings])
        .responses(&[(200, "The work.", Content::Json("WorkView"))])
        .problems(SETTINGS_READ),
    ListHandOvers = get("/dealers/{dealer}/hand-overs", "settings")
        .summary("Returns the orders that hand over the work of users, with their progress, the latest first (DIS-12).")
        .rights(&[Right::ReadSettings])
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of orders.", Content::Json("HandOversView"))])
        .problems(SETTINGS_READ),
    ReadHandOver = get("/dealers/{dealer}/hand-overs/{order}", "settings")
        .summary("Returns an order that hands over the work of a user, with its progress (DIS-12).")
        .rights(&[Right::ReadSettings])
        .responses(&[(200, "The order.", Content::Json("HandOverPageView"))])
        .problems(SETTINGS_READ),
    ReadUserAbsences = get("/dealers/{dealer}/users/{user}/absences", "settings")
        .summary("Returns the absences of a user (DIS-4).")
        .description("Users may read their own absences without the right.")
        .rights(&[Right::ReadSettings])
        .responses(ABSENCES)
        .problems(SETTINGS_READ),
    SetUserAbsences = put("/dealers/{dealer}/users/{user}/absences", "settings")
        .summary("Sets the absences of a user and their deputies (DIS-4).")
        .description(
            "Users may set their own absences without the right. An absence with `hand_over` hands over the user's open leads when it \
             begins; `hand_over_offered` in the response lists the long absences without one (DIS-12)."
        )
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("UserAbsencesBody")])
        .responses(ABSENCES)
        .if_match()
        .problems(SETTINGS_CHANGE),
    ReadAvailability = get("/dealers/{dealer}/users/{user}/availability", "settings")
        .summary("Returns the own weekly hours of a user, their weekly absences, and until when they are busy (DIS-13).")
        .description("Users may read their own without the right.")
        .rights(&[Right::ReadSettings])
        .responses(AVAILABILITY)
        .problems(SETTINGS_READ),
    SetAvailability = put("/dealers/{dealer}/users/{user}/availability", "settings")
        .summary("Sets the own weekly hours and the weekly absences of a user (DIS-13).")
        .description("Users may set their own without the right. The response lists the bookings that the change affects (APT-9).")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("AvailabilityBody")])
        .responses(AVAILABILITY)
        .if_match()
        .problems(SETTINGS_CHANGE),
    SetBusy = put("/dealers/{dealer}/users/{user}/busy", "settings")
        .summary("Marks a user as busy until a time, or as not busy: the rotation passes them over (DIS-13).")
        .description("Users may mark themselves without the right. The version of the settings stays; if `If-Match` names one, it must be current.")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("BusyBody")])
        .responses(AVAILABILITY)
        .if_match()
        .problems(BUSY),
    ListUsers = get("/users", "settings")
        .summary("Returns the group's users with their settings at each dealer within your reach (SET-7).")
        .rights(&[Right::ReadUsers])
        .query(&[
            Query::new("after", Values::Id, "The cursor in the response with the previous page."),
            Query::new("dealer", Values::Id, "Only users of this dealer."),
        ])
        .responses(&[(200, "A page of users.", Content::Json("UsersView"))])
        .problems(SETTINGS_READ),
    ReadUser = get("/users/{user}", "settings")
        .summary("Returns a user with their settings at each dealer within your reach (SET-7).")
        .rights(&[Right::ReadUsers])
        .responses(USER)
        .problems(SETTINGS_READ),
    UserHistory = get("/users/{user}/history", "settings")
        .summary("Returns the changes of a user with author, time, old and new values, newest first (SET-10).")
        .rights(&[Right::ReadUsers])
        .query(&[BEFORE])
        .responses(&[(200, "A page of changes.", Content::Json("HistoryView"))])
        .problems(SETTINGS_READ),
    SwitchAllUsers = patch("/users", "settings")
        .summary("Changes the switches of users at several dealers at once, with one result per dealer (SET-7).")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Json("SwitchAllUsersBody")])
        .responses(&[(207, "The result of each dealer, in the order of the request.", Content::Json("SwitchedView"))])
        .problems(SETTINGS_CHANGE),
    SaveUser = put("/users/{user}", "settings")
        .summary("Creates or changes a user: name, address, role, rights, dealers (SET-7, ACC-1, DIS-12).")
        .description(
            "A user who loses the right to read or work leads keeps the memberships without a part in the distribution, and the user's work \
             is handed over. With `hand_over`, dealers that are left out also lose the membership."
        )
        .rights(&[Right::ManageUsers])
        .query(&[HAND_OVER, DESPITE, DRY_RUN])
        .body(&[Content::Json("UserBody")])
        .responses(&[
            (200, "The changed user; its version is the ETag.", Content::Json("UserView")),
            (201, "The user is created.", Content::Json("UserView")),
        ])
        .if_match_to_change()
        .problems(SETTINGS_CHANGE),
    AccessLog = get("/access-log", "settings")
        .summary("Returns the log of granted rights, partners' secrets and searches for leads, newest first (ACC-1).")
        .description("For users who manage the users of the whole group.")
        .rights(&[Right::ManageUsers])
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of records.", Content::Json("AccessLogView"))])
        .problems(SETTINGS_READ),
    RemoveUser = delete("/users/{user}", "settings")
        .summary("Removes a user from the group; their token becomes invalid (SET-7, DIS-12).")
        .description(
            "With `hand_over`, the user's memberships at dealers end too, and the work is handed over. A dry run lists what would move, also \
             without `hand_over`."
        )
        .rights(&[Right::ManageUsers])
        .query(&[HAND_OVER, DESPITE, DRY_RUN])
        .responses(USER)
        .if_match()
        .problems(SETTINGS_CHANGE),
    ReadMe = get("/me", "settings")
        .summary("Returns you: the user in the token, with rights, dealers and the names of each dealer's users (ACC-4).")
        .description(
            "For users, not for partners. The facts are at most 60 seconds old. With `If-None-Match`, the response is 304 without a body if \
             nothing has changed. Rights and dealers are for display: every operation checks them again."
        )
        .query(&[
            Query::new("dealer", Values::Id, "Only this dealer."),
            Query::new("after", Values::Id, "The cursor in the response with the previous page of dealers."),
        ])
        .responses(&[(200, "The user, with a page of dealers.", Content::Json("MeView"))])
        .problems(ME),
    ChangeMe = patch("/me", "settings")
        .summary("Changes your language and whether you receive notices (ACC-6).")
        .description(
            "For users, not for partners. `If-Match` is the `version` in the response of `GET /me`. A field that is left out keeps its value."
        )
        .body(&[Content::Json("MeBody")])
        .responses(&[(200, "You after the change, with the first page of dealers.", Content::Json("MeView"))])
        .if_match()
        .problems(ME_CHANGE),
    ListViews = get("/me/views", "settings")
        .summary("Returns your saved views (ACC-5).")
        .description("For users, not for partners. With `If-None-Match`, the response is 304 without a body if nothing has changed.")
        .responses(SAVED_VIEWS)
        .problems(VIEWS),
    SaveView = put("/me/views/{view}", "settings")
        .summary("Creates or changes one of your saved views (ACC-5).")
        .description("For users, not for partners. You choose the id.")
        .body(&[Content::Json("SavedViewBody")])
        .responses(&[
            (200, "The changed view, or the view that was stored so before; its version is the ETag.", Content::Json("SavedViewView")),
            (201, "The view is created.", Content::Json("SavedViewView")),
        ])
        .if_match_to_change()
        .problems(VIEW_CHANGE),
    RemoveView = delete("/me/views/{view}", "settings")
        .summary("Deletes one of your saved views (ACC-5).")
        .description("For users, not for partners.")
        .responses(SAVED_VIEWS)
        .if_match()
        .problems(VIEW_REMOVAL),
];
