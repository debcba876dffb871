//! The parts of the settings that have routes of their own. A part is a set of fields; each change is checked as a whole document (SET-1 to
//! SET-6).

use crate::{body, days_off};
use forecourt_domain::base::{Fault, Refusal};
use forecourt_domain::settings::Settings;
use forecourt_edge::routes::SettingsPart;
use serde_json::{Map, Value, json};

/// The object that holds a part's fields, and each field with its default as JSON.
struct Shape {
    within: Option<&'static str>,
    fields: &'static [(&'static str, &'static str)],
}

impl Shape {
    /// Returns the path of a field within the part's object. `None` if the part has no object, or the field is elsewhere.
    fn place(&self, field: &str) -> Option<String> {
        Some(field.strip_prefix(self.within?)?.strip_prefix('.')?.to_owned())
    }
}

fn shape_of(part: SettingsPart) -> Shape {
    let (within, fields): (_, &[_]) = match part {
        SettingsPart::OpeningHours => (Some("calendar"), &[("zone", "null"), ("hours", "{}")]),
        SettingsPart::Holidays => (Some("calendar"), &[("days_off", "[]"), ("special_hours", "{}")]),
        SettingsPart::Escalation => {
            (Some("escalation"), &[("level_1", "null"), ("reminder", "null"), ("level_2", "null"), ("level_2_resubmission", "null")])
        }
        SettingsPart::Mailbox => (
            None,
            &[
                ("lead_address", "null"),
                ("forward_to", "null"),
                ("unparsed_mail_to", "null"),
                ("relay_domains", "[]"),
                ("mail_layouts", "[]"),
                ("expose", "null"),
                ("instant_answer", r#"{"on":false}"#),
            ],
        ),
        SettingsPart::Configuration => (
            None,
            &[
                ("from_name", "null"),
                ("existing_contacts_to_rotation", "false"),
                ("trade_in_cc_email", "null"),
                ("fallback_user", "null"),
                ("admin_user", "null"),
                ("unparsed_mail_to", "null"),
                ("mail_server", "null"),
                ("mail_server_secret", "null"),
                ("text_number", "null"),
                ("send_external_mail", "true"),
                ("lead_tracking_only", "false"),
                ("own_exports", "false"),
                ("resubmission_respects_hours", "false"),
                ("reminder_by_text", "false"),
                ("rules_of_vehicle_location", "false"),
                ("vehicle_sites", "[]"),
                ("accepts_enquiries_from", "[]"),
                ("reassign_after", "0"),
                ("spam_gives_turn_back", "false"),
                ("leads_outside_own_hours", "false"),
                ("long_absence_days", "5"),
                ("retention_months", "null"),
            ],
        ),
        SettingsPart::Capacity => (
            Some("capacity"),
            &[
                ("per_slot", "1"),
                ("per_day", "8"),
                ("earliest", "null"),
                ("latest", "null"),
                ("durations", "{}"),
                ("default_duration", "60"),
                ("step", "30"),
                ("notice", "60"),
                ("horizon_days", "28"),
            ],
        ),
        SettingsPart::Appointments => (
            Some("appointments"),
            &[
                ("origins", r#"["forecourt","contact_centre"]"#),
                ("reminder_hours", "24"),
                ("media", r#"["email"]"#),
                ("quiet_until", r#""08:00""#),
                ("quiet_from", r#""20:00""#),
                ("appointment_reminder_minutes", "0"),
                ("morning_list", "true"),
                ("no_show_after_hours", "0"),
            ],
        ),
        SettingsPart::Pool => (None, &[("pool", "null")]),
        SettingsPart::DistributionGroups => (None, &[("distribution_groups", "[]")]),
        SettingsPart::RoutingRules => (None, &[("routing_rules", "[]")]),
        SettingsPart::DeadlineRules => (None, &[("deadline_rules", "[]")]),
        SettingsPart::FollowUpPlans => (None, &[("follow_up_plans", "[]")]),
        SettingsPart::Absences => (None, &[("absences", "[]")]),
        SettingsPart::Limits => {
            (Some("limits"), &[("letters_per_recipient", "20"), ("text_messages_per_hour", "200"), ("text_message_countries", "null")])
        }
        SettingsPart::FollowUpSettings => (
            Some("follow_ups"),
            &[
                (
                    "methods",
                    r#"[{"method":"sms","lead_days":28},{"method":"email","lead_days":21},{"method":"telephone","lead_days":14},{"method":"letter","lead_days":7}]"#,
                ),
                ("job_types", "[]"),
                ("decline_reasons", "[]"),
                ("min_gap_days", "3"),
                ("max_attempts", "6"),
            ],
        ),
    };
    Shape { within, fields }
}

/// A part in the format of `PUT`, with defaults for fields that are not set.
pub(crate) fn view(part: SettingsPart, settings: &Settings) -> Value {
    let whole = json!(settings);
    let shape = shape_of(part);
    let fields = shape.within.map_or(&whole, |within| whole.get(within).unwrap_or(&Value::Null));
    if part == SettingsPart::Absences {
        return json!({ "absences": absences(settings) });
    }
    let unset = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let field = |(name, otherwise): &(&str, &str)| ((*name).to_owned(), fields.get(*name).cloned().unwrap_or_else(|| unset(otherwise)));
    let mut view = Value::Object(shape.fields.iter().map(field).collect());
    days_off::to_api(&mut view);
    view
}

/// Returns the settings with a part replaced by `body`: a field that is absent in `body` keeps its value, and `null` is its default, or
/// turns a step of the escalation off (SET-3, SET-10).
///
/// # Errors
/// 422 with each field of the part that is unknown or breaks a rule.
pub(crate) fn replaced(part: SettingsPart, settings: &Settings, body: &Value) -> Result<Settings, Refusal> {
    let shape = shape_of(part);
    let Value::Object(body) = body else { return Err(Refusal::Malformed("the body must be a JSON object".into())) };
    let known = body::only(body, &shape.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    match (known, with_fields(part, &shape, settings, body)) {
        (Err(Refusal::Invalid(mut faults)), Err(Refusal::Invalid(further))) => {
            faults.extend(further);
            Err(Refusal::Invalid(faults))
        }
        (known, replaced) => known.and(replaced),
    }
}

/// Returns the settings with the known fields of `body`.
fn with_fields(part: SettingsPart, shape: &Shape, settings: &Settings, body: &Map<String, Value>) -> Result<Settings, Refusal> {
    let mut whole = json!(settings);
    if part == SettingsPart::Absences {
        if !body.contains_key("absences") {
            return Ok(settings.clone());
        }
        let entered = EnteredAbsences::read(body, settings)?;
        entered.put(&mut whole);
        return body::changed(whole, settings, |field| field.contains("].absences"))
            .map_err(|refusal| refusal.relocated(|field| entered.field(field)));
    }
    let target = match shape.within {
        // The object is absent if none of its fields was ever set.
        Some(within) => whole.as_object_mut().map(|whole| whole.entry(within).or_insert_with(|| json!({}))),
        None => Some(&mut whole),
    };
    if let Some(target) = target.and_then(Value::as_object_mut) {
        for (name, _) in shape.fields {
            match body.get(*name) {
                Some(Value::Null) if part != SettingsPart::Escalation => target.remove(*name),
                Some(value) => target.insert((*name).to_owned(), value.clone()),
                None => None,
            };
        }
    }
    let covers = |field: &str| {
        let inner = shape.within.map_or_else(|| Some(field.to_owned()), |_| shape.place(field));
        let name = inner.as_deref().and_then(|inner| inner.split(['.', '[']).next());
        name.is_some_and(|name| shape.fields.iter().any(|(known, _)| *known == name))
    };
    body::changed(whole, settings, covers)
}

/// Returns the refusal of a change of a part, with the paths of its fields as the body has them.
pub(crate) fn relocated(part: SettingsPart, refusal: Refusal) -> Refusal {
    let shape = shape_of(part);
    refusal.relocated(|field| shape.place(field))
}

fn absences(settings: &Settings) -> Vec<Value> {
    let of_member = |member: &forecourt_domain::settings::Member| {
        let user = member.user.to_string();
        let named = move |absence: &forecourt_domain::settings::Absence| {
            let mut absence = json!(absence);
            absence["user"] = json!(user);
            absence
        };
        member.absences.iter().map(named).collect::<Vec<_>>()
    };
    settings.members.iter().flat_map(of_member).collect()
}

/// The absences of all members as sent: for each the index of its member, its index among that member's absences, and its fields.
struct EnteredAbsences {
    absences: Vec<(usize, usize, Value)>,
}

impl EnteredAbsences {
    fn read(body: &Map<String, Value>, settings: &Settings) -> Result<Self, Refusal> {
        let none = Vec::new();
        let entered = match body.get("absences") {
            Some(Value::Array(entered)) => entered,
            None | Some(Value::Null) => &none,
            Some(_) => return Err(Refusal::field("absences", "SET-7", "must be a list")),
        };
        let mut faults = Vec::new();
        let mut absences: Vec<(usize, usize, Value)> = Vec::new();
        for (i, absence) in entered.iter().enumerate() {
            let user = absence.get("user").and_then(Value::as_str).unwrap_or_default();
            let Some(member) = settings.members.iter().position(|member| member.user.as_str() == user) else {
                faults.push(Fault::new(format!("absences[{i}].user"), "SET-7", "must be a user of this dealer"));
                continue;
            };
            let place = absences.iter().filter(|(of, ..)| *of == member).count();
            let mut absence = absence.clone();
            absence.as_object_mut().map(|fields| fields.remove("user"));
            absences.push((member, place, absence));
        }
        if faults.is_empty() { Ok(Self { absences }) } else { Err(Refusal::Invalid(faults)) }
    }

    fn put(&self, whole: &mut Value) {
        let Some(members) = whole.get_mut("members").and_then(Value::as_array_mut) else { return };
        for (i, member) in members.iter_mut().enumerate() {
            let own: Vec<Value> = self.absences.iter().filter(|(of, ..)| *of == i).map(|(.., absence)| absence.clone()).collect();
            member["absences"] = Value::Array(own);
        }
    }

    /// Translates `members[3].absences[0].until` into the field that was sent: `absences[5].until`.
    fn field(&self, field: &str) -> Option<String> {
        let numbers: Vec<usize> = field.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
        let entered = self.absences.iter().position(|(member, place, _)| numbers.get(..2) == Some(&[*member, *place]))?;
        let (_, within) = field.split_once("].absences[")?.1.split_once(']')?;
        Some(format!("absences[{entered}]{within}"))
    }
}
