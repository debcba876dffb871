//! Every route of the API, once. The functions, the OpenAPI document, the template and the local gateway all come from here.

mod appointments;
mod calendar;
mod desk;
mod elements;
mod leads;
mod overview;
mod settings;
mod users;
mod webhooks;

pub use elements::Elements;

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the tables of routes say what each does")]
pub enum Operation {
    SubmitLead,
    ListLeads,
    ReadLead,
    LogReaction,
    AssignLead,
    SetStatus,
    ClaimLead,
    ScheduleEvent,
    BulkEvents,
    Board,
    Desk(Desk),
    ListEvents,
    ReadEvent,
    CompleteEvent,
    NoShowEvent,
    RescheduleEvent,
    DeleteEvent,
    Invite,
    ShowInvitation,
    BookSlot,
    CancelBooking,
    CancelByForm,
    BookingFile,
    Element(Elements),
    ListInvitations,
    RevokeInvitation,
    Calendar,
    MakeFeed,
    ListFeeds,
    RevokeFeed,
    FeedFile,
    MakeAppointment,
    ReadAppointment,
    EditAppointment,
    MoveAppointment,
    CancelAppointment,
    MarkAttendance,
    UnprocessedAppointments,
    ReceivePingBack,
    RotateSigningSecret,
    ReadSettings,
    ChangeSettings,
    SettingsHistory,
    SettingsFindings,
    ReadPart(Part),
    ChangePart(Part),
    ImportHolidays,
    DealerUsers,
    SwitchUsers,
    DealerUser,
    SetDealerUser,
    RemoveDealerUser,
    ReadUserAbsences,
    SetUserAbsences,
    ListUsers,
    ReadUser,
    UserHistory,
    SwitchAllUsers,
    SaveUser,
    RemoveUser,
    MakeWebhook,
    ListWebhooks,
    ReadWebhook,
    ChangeWebhook,
    RemoveWebhook,
    RotateSecret,
    ListDeliveries,
    Redeliver,
    DryRun,
    Report(Report),
}

/// What is told of many appointments or leads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "as their routes")]
pub enum Report {
    AppointmentOverview,
    LeadOverview,
    AskExport,
    ReadExport,
    DownloadExport,
    DownloadLog,
}

impl Operation {
    /// Whether `If-Match` names the version of an element, and not of its lead.
    pub(crate) fn is_of_element(self) -> bool {
        matches!(self, Self::Element(_))
    }
}

/// What the page of a lead keeps besides: its timeline, deadlines, tasks and contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "as their routes")]
pub enum Desk {
    ReadTimeline,
    SetDeadline,
    ChangeDeadline,
    MeetDeadline,
    DropDeadline,
    ContactMade,
    CreateTask,
    LeadTasks,
    ReadTask,
    ChangeTask,
    CompleteTask,
    ReopenTask,
    DeleteTask,
    ListTasks,
    AddContact,
    CorrectContact,
    RemoveContact,
}

/// A part of a dealer's settings that has routes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "as their routes")]
pub enum Part {
    OpeningHours,
    Holidays,
    Escalation,
    Mailbox,
    Configuration,
    Capacity,
    Appointments,
    Pool,
    DistributionGroups,
    RoutingRules,
    Absences,
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
    /// A name of its own among the operations: `read_part_holidays` has `ReadPart(Holidays)`, written `ReadHolidays`.
    pub fn operation_name(&self) -> String {
        match self.operation {
            Operation::ReadPart(part) => format!("Read{part:?}"),
            Operation::ChangePart(part) => format!("Change{part:?}"),
            Operation::Element(elements) => elements.name(),
            Operation::Desk(desk) => format!("{desk:?}"),
            Operation::Report(report) => format!("{report:?}"),
            other => format!("{other:?}"),
        }
    }

    /// Whether it needs no token: the link that it came by is the proof (CAL-6, CAL-8), or its signature (APT-4).
    pub fn is_open(&self) -> bool {
        use Operation::{BookSlot, BookingFile, CancelBooking, CancelByForm, FeedFile, ReceivePingBack, ShowInvitation};
        matches!(self.operation, ShowInvitation | BookSlot | CancelBooking | CancelByForm | BookingFile | FeedFile | ReceivePingBack)
    }

    /// As API Gateway names it: `POST /dealers/{dealer}/leads`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The route that API Gateway names `key`.
    pub fn of(key: &str) -> Option<&'static Route> {
        let (method, path) = key.split_once(' ')?;
        all().find(|route| route.method == method && route.path == path)
    }
}

/// Every route.
pub fn all() -> impl Iterator<Item = &'static Route> {
    let tables = [
        leads::ROUTES,
        elements::ROUTES,
        desk::ROUTES,
        calendar::ROUTES,
        appointments::ROUTES,
        settings::ROUTES,
        users::ROUTES,
        overview::ROUTES,
        webhooks::ROUTES,
    ];
    tables.into_iter().flatten()
}
