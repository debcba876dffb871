//! A dealer's users, and the group's.

use super::{Operation, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::DealerUsers,
        method: "GET",
        path: "/dealers/{dealer}/users",
        function: "settings",
        summary: "Every user of the dealer with the switches of the distribution, at a glance (SET-7).",
    },
    Route {
        operation: Operation::SwitchUsers,
        method: "PATCH",
        path: "/dealers/{dealer}/users",
        function: "settings",
        summary: "Change switches of several users of the dealer at once (SET-7).",
    },
    Route {
        operation: Operation::DealerUser,
        method: "GET",
        path: "/dealers/{dealer}/users/{user}",
        function: "settings",
        summary: "One user's part at the dealer (SET-7).",
    },
    Route {
        operation: Operation::SetDealerUser,
        method: "PUT",
        path: "/dealers/{dealer}/users/{user}",
        function: "settings",
        summary: "Set a user's part at the dealer, distribution groups included; gives one to who has none yet (SET-7).",
    },
    Route {
        operation: Operation::RemoveDealerUser,
        method: "DELETE",
        path: "/dealers/{dealer}/users/{user}",
        function: "settings",
        summary: "Take a user out of the dealer (SET-7).",
    },
    Route {
        operation: Operation::ReadUserAbsences,
        method: "GET",
        path: "/dealers/{dealer}/users/{user}/absences",
        function: "settings",
        summary: "When a user is away; everybody may read their own (DIS-4).",
    },
    Route {
        operation: Operation::SetUserAbsences,
        method: "PUT",
        path: "/dealers/{dealer}/users/{user}/absences",
        function: "settings",
        summary: "Say when a user is away, and who deputises; everybody may say it of themselves (DIS-4).",
    },
    Route {
        operation: Operation::ListUsers,
        method: "GET",
        path: "/users",
        function: "settings",
        summary: "The group's users, with their part at each dealer within reach (SET-7).",
    },
    Route {
        operation: Operation::ReadUser,
        method: "GET",
        path: "/users/{user}",
        function: "settings",
        summary: "One user, with their part at each dealer within reach (SET-7).",
    },
    Route {
        operation: Operation::UserHistory,
        method: "GET",
        path: "/users/{user}/history",
        function: "settings",
        summary: "Who changed what of a user when, before and after, newest first (SET-10).",
    },
    Route {
        operation: Operation::SwitchAllUsers,
        method: "PATCH",
        path: "/users",
        function: "settings",
        summary: "Change switches of users at several dealers at once, each dealer answered for itself (SET-7).",
    },
    Route {
        operation: Operation::SaveUser,
        method: "PUT",
        path: "/users/{user}",
        function: "settings",
        summary: "Set a user up, or change one: name, address, role, rights, dealers (SET-7, ACC-1).",
    },
    Route {
        operation: Operation::RemoveUser,
        method: "DELETE",
        path: "/users/{user}",
        function: "settings",
        summary: "A user leaves the group: their token is good for nothing any more (SET-7).",
    },
];
