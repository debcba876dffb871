//! Every route of the API, once. The functions, the OpenAPI document, the template and the local gateway all come from here.

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "ROUTES says what each does")]
pub enum Operation {
    SubmitLead,
    ListLeads,
    ReadLead,
    LogReaction,
    AssignLead,
    SetStatus,
    ClaimLead,
    ReadSettings,
    ChangeSettings,
    SettingsHistory,
    SettingsFindings,
    DryRun,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// What it does.
    pub operation: Operation,
    /// `GET`, `POST` …
    pub method: &'static str,
    /// With `{names}` for its parts.
    pub path: &'static str,
    /// The function that answers it.
    pub function: &'static str,
    /// In a sentence.
    pub summary: &'static str,
}

impl Route {
    /// As API Gateway names it: `POST /dealers/{dealer}/leads`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The route that API Gateway names `key`.
    pub fn of(key: &str) -> Option<&'static Route> {
        let (method, path) = key.split_once(' ')?;
        ROUTES.iter().find(|route| route.method == method && route.path == path)
    }
}

/// Every route.
pub const ROUTES: &[Route] = &[
    Route {
        operation: Operation::SubmitLead,
        method: "POST",
        path: "/dealers/{dealer}/leads",
        function: "lead-intake",
        summary: "Send an enquiry in, as JSON or as ADF XML (INT-1). It is a lead, with a deadline and nearly always an owner, when the answer comes.",
    },
    Route {
        operation: Operation::ListLeads,
        method: "GET",
        path: "/dealers/{dealer}/leads",
        function: "lead",
        summary: "A dealer's leads that you may see, newest first (LEAD-8).",
    },
    Route {
        operation: Operation::ReadLead,
        method: "GET",
        path: "/leads/{id}",
        function: "lead",
        summary: "A lead: its state, deadline, owner, timeline and notices (LEAD-1).",
    },
    Route {
        operation: Operation::LogReaction,
        method: "POST",
        path: "/leads/{id}/reactions",
        function: "lead",
        summary: "Log what the seller did; a reply or a call that reached the customer stops the response clock (ESC-7).",
    },
    Route {
        operation: Operation::AssignLead,
        method: "POST",
        path: "/leads/{id}/assignment",
        function: "lead",
        summary: "Give a lead to a user, or to another dealer of the group (DIS-7).",
    },
    Route {
        operation: Operation::SetStatus,
        method: "POST",
        path: "/leads/{id}/status",
        function: "lead",
        summary: "Win, lose or reopen a lead (LEAD-1, ESC-9).",
    },
    Route {
        operation: Operation::ClaimLead,
        method: "POST",
        path: "/leads/{id}/claim",
        function: "lead",
        summary: "Take a lead out of the dealer's pool (DIS-8). Of two who do, one gets it; the other is told who has it.",
    },
    Route {
        operation: Operation::ReadSettings,
        method: "GET",
        path: "/dealers/{dealer}/settings",
        function: "settings",
        summary: "A dealer's settings; their version is the ETag (SET).",
    },
    Route {
        operation: Operation::ChangeSettings,
        method: "PUT",
        path: "/dealers/{dealer}/settings",
        function: "settings",
        summary: "Replace a dealer's settings, judged as a whole. `If-Match` says which version you saw (SET-10).",
    },
    Route {
        operation: Operation::SettingsHistory,
        method: "GET",
        path: "/dealers/{dealer}/settings/history",
        function: "settings",
        summary: "Who changed which settings when, before and after, newest first (SET-10).",
    },
    Route {
        operation: Operation::SettingsFindings,
        method: "GET",
        path: "/dealers/{dealer}/settings/findings",
        function: "settings",
        summary: "What is risky in the settings without being forbidden (SET-8).",
    },
    Route {
        operation: Operation::DryRun,
        method: "POST",
        path: "/dealers/{dealer}/dry-run",
        function: "lead-intake",
        summary: "Who would get a lead like this, at this time, why, and with which deadlines (SET-9). It changes nothing.",
    },
];
