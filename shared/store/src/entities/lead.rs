//! Leads, their calendar events and their tasks. `row` holds the fields that lists, calendars and reports show: the indexes carry it.

use crate::Failure;
use crate::entity::{Attributes, Due, Entity, ItemError, Record, flat, from_item, in_row, to_item};
use crate::keys::{self, DueKind, Month};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::calendar::{CalendarEvent, Planned};
use forecourt_domain::lead::{FollowUpYield, Lead, Task, TaskState, Waiting};

/// The fields of a lead that are in its row.
const LEAD_ROW: [&str; 20] = [
    "id",
    "dealer",
    "status",
    "owner",
    "type",
    "source",
    "contact",
    "phone",
    "email",
    "contact_id",
    "elsewhere",
    "vehicle",
    "plate",
    "arrived",
    "updated",
    "targets",
    "tasks",
    "handed_from",
    "closed_at",
    "erased_at",
];

/// The fields of a calendar event that are in its row. Notes and history are not.
const EVENT_ROW: [&str; 7] = ["id", "lead", "dealer", "title", "type", "at", "user"];

impl Entity for Lead {
    const COMPUTED: &'static [&'static str] = &[
        "deadline",
        "level",
        "open",
        "answered_in",
        "in_time",
        "was_due",
        "had_none",
        "was_at",
        "further_times",
        "further_in_time",
        "further_late",
        "further_waits",
        "first_at",
        "further_level_1",
        "further_level_2",
        "others",
        "has_plans",
        "next_event",
        "next_of",
        "next_at",
        "next_title",
        "next_type",
        "next_user",
        "last_plan",
        "held",
        "follow_ups",
    ];

    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let due = self.waits_for().map(|waiting| {
            let (at, kind) = match waiting {
                Waiting::Distribute(since) => (since, DueKind::Assign),
                Waiting::Escalate(at) => (at, DueKind::Escalate),
            };
            Due { at, kind, dealer: self.dealer.clone(), leased: false }
        });
        let since = self.here_since();
        let record = Record::of(lead_attributes(self)?)
            .listed(keys::list_partition(scope, &self.dealer, &Month::of(since)), keys::list_place(since, self.id))
            .due(due);
        Ok(match self.owner.as_ref().filter(|_| self.is_work()) {
            Some(owner) => record.work(keys::work_partition(scope, owner), keys::work_place(self.next_action().0, self.id)),
            None => record,
        })
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}

/// Returns the state of a lead with its row. The row also has the computed fields that lists need.
pub(crate) fn lead_attributes(lead: &Lead) -> Result<Attributes, Failure> {
    let mut state: Attributes = to_item(lead)?;
    let mut row: Attributes = LEAD_ROW.iter().filter_map(|name| state.remove_entry(*name)).collect();
    if let Some(deadline) = lead.deadline() {
        row.insert("deadline".into(), AttributeValue::N(deadline.timestamp_millis().to_string()));
    }
    row.insert("level".into(), AttributeValue::N(lead.level().to_string()));
    row.insert("open".into(), AttributeValue::Bool(lead.clock_runs()));
    if let Some(answer) = lead.answered() {
        row.insert("answered_in".into(), AttributeValue::N(answer.working_seconds.to_string()));
        if let Some(in_time) = answer.in_time() {
            row.insert("in_time".into(), AttributeValue::Bool(in_time));
        }
    }
    if let Some(original) = lead.changed_from() {
        row.insert("was_due".into(), AttributeValue::N(original.timestamp_millis().to_string()));
    }
    if lead.had_no_deadline() {
        row.insert("had_none".into(), AttributeValue::Bool(true));
    }
    if lead.highest_level() > lead.level() {
        row.insert("was_at".into(), AttributeValue::N(lead.highest_level().to_string()));
    }
    row.extend(further_fields(lead));
    let others = lead.contacts.iter().skip(1).map(|contact| AttributeValue::S(contact.person.display_name()));
    if lead.contacts.len() > 1 {
        row.insert("others".into(), AttributeValue::L(others.collect()));
    }
    if let (_, Some(event)) = lead.next_action() {
        row.insert("has_plans".into(), AttributeValue::Bool(true));
        row.insert("next_event".into(), AttributeValue::S(event.to_string()));
    }
    // The retention looks at closed leads.
    if let Some(last) = lead.planned.iter().map(|planned| planned.at).max().filter(|_| lead.closed_since().is_some()) {
        row.insert("last_plan".into(), AttributeValue::N(last.timestamp_millis().to_string()));
    }
    if !lead.holds.is_empty() {
        row.insert("held".into(), AttributeValue::Bool(true));
    }
    if let Some(next) = lead.planned.first() {
        row.extend(next_fields(next));
    }
    if let Some(run) = &lead.follow_up {
        let yields: Vec<FollowUpYield> = lead.former_follow_ups.iter().cloned().chain([run.yields()]).collect();
        row.insert("follow_ups".into(), serde_dynamo::to_attribute_value(yields).map_err(ItemError::Encode)?);
    }
    state.insert("row".into(), AttributeValue::M(row));
    Ok(state)
}

/// Returns the fields of a lead's row that count the answers to further messages.
fn further_fields(lead: &Lead) -> Attributes {
    let answers = lead.further_answers();
    let mut fields = Attributes::new();
    if answers.answered() > 0 {
        let times = answers.times.iter().map(|number| AttributeValue::N(number.to_string()));
        fields.insert("further_times".into(), AttributeValue::L(times.collect()));
        fields.insert("further_in_time".into(), AttributeValue::N(answers.in_time.to_string()));
        fields.insert("further_late".into(), AttributeValue::N(answers.late.to_string()));
    }
    if lead.further_waits() {
        fields.insert("further_waits".into(), AttributeValue::Bool(true));
    }
    if lead.first_level() < lead.highest_level() {
        fields.insert("first_at".into(), AttributeValue::N(lead.first_level().to_string()));
    }
    for (name, number) in ["further_level_1", "further_level_2"].into_iter().zip(lead.further_levels()) {
        if number > 0 {
            fields.insert(name.into(), AttributeValue::N(number.to_string()));
        }
    }
    fields
}

/// Returns the fields of a lead's row that describe its next action. They are empty if an earlier release planned the event.
fn next_fields(next: &Planned) -> Attributes {
    let Some((title, kind)) = next.title.as_ref().zip(next.kind.as_ref()) else { return Attributes::new() };
    let mut fields = Attributes::from([
        ("next_of".into(), AttributeValue::S(next.id.to_string())),
        ("next_at".into(), AttributeValue::N(next.at.timestamp_millis().to_string())),
        ("next_title".into(), AttributeValue::S(title.clone())),
        ("next_type".into(), AttributeValue::S(kind.clone())),
    ]);
    fields.extend(next.user.as_ref().map(|user| ("next_user".to_owned(), AttributeValue::S(user.to_string()))));
    fields
}

impl Entity for CalendarEvent {
    const COMPUTED: &'static [&'static str] = &["is", "changed", "sequence"];

    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let mut state: Attributes = to_item(self)?;
        let mut row: Attributes = EVENT_ROW.iter().filter_map(|name| state.remove_entry(*name)).collect();
        row.insert("is".into(), AttributeValue::S(self.state.name().into()));
        row.insert("changed".into(), AttributeValue::N(self.changed().timestamp_millis().to_string()));
        row.insert("sequence".into(), AttributeValue::N(self.sequence().to_string()));
        state.insert("row".into(), AttributeValue::M(row));
        let due = self.due.map(|at| Due { at, kind: DueKind::Resubmit, dealer: self.dealer.clone(), leased: false });
        let partition = keys::calendar_partition(scope, &self.dealer, &Month::of(self.at));
        Ok(Record::of(state).listed(partition, keys::calendar_place(self.at, self.lead, &self.id)).due(due))
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}

impl Entity for Task {
    fn to_record(&self, scope: &Scope) -> Result<Record, Failure> {
        let record = Record::of(in_row(self)?);
        Ok(match (&self.state, &self.work.assignee) {
            (TaskState::Open, Some(assignee)) => {
                let place = keys::task_place(self.work.start, self.lead, self.work.id.as_str());
                record.work(keys::work_partition(scope, assignee), place)
            }
            _ => record,
        })
    }

    fn from_attributes(attributes: Attributes) -> Result<Self, Failure> {
        from_item(flat(attributes))
    }
}
