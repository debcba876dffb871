//! The parts of the settings, in the order of the overview.

use super::super::each_of;
use super::describe::{End, Field, Kind, Rows, Section, Shape, Shown, Source, field, needed, reserved, values};
use super::plans::PLANS;
use forecourt_domain::settings::MailField;
use forecourt_edge::routes::SettingsPart;

const WEEKDAYS: &[&str] = &["hours.tue", "hours.wed", "hours.thu", "hours.fri"];
const DAY_OFF_KINDS: &[&str] = &["public_holiday", "company_holiday"];
/// The weekdays, as the API names them.
pub(super) const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(super) const LEAD_TYPES: &[&str] = &["new_car", "used_car", "trade_in", "test_drive", "service", "other"];
/// The types of events that customers can book or that sellers plan with a duration.
const BOOKED_TYPES: &[&str] =
    &["visit_inbound", "visit_outbound", "booked_test_drive", "delivery", "phone_outbound", "phone_inbound", "post_sales_follow_up"];

const fn section(name: &'static str, source: Source, within: &'static str, fields: &'static [Field]) -> Section {
    Section { name, source, within, fields, optional: None, copied: None }
}

const fn rows(name: &'static str, rows: &'static Rows) -> Field {
    field(name, Kind::Rows(rows))
}

const FROM: Field = needed("from", Kind::Moment(End::From));
const UNTIL: Field = needed("until", Kind::Moment(End::Until));
const DEPUTY: Field = field("deputy", Kind::Person);
const HAND_OVER: Field = field("hand_over", Kind::Shown(Shown::HandOver));

/// The fields of an enquiry that a label in a mail can mean.
const MAIL_FIELDS: [&str; MailField::NAMES.len()] = {
    let mut names = [""; MailField::NAMES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = MailField::NAMES[i].0;
        i += 1;
    }
    names
};

/// The groups of the overview, each with its parts. The texts are `settings.group.NAME`.
pub(super) const GROUPS: &[(&str, &[&str])] = &[
    ("times", &["hours", "days-off", "escalation", "deadline-rules"]),
    ("distribution", &["users", "absences", "pool", "groups", "routing"]),
    ("messages", &["mailbox", "configuration", "limits"]),
    ("customers", &["appointments", "capacity", "plans", "dealer"]),
];

pub(super) const SECTIONS: &[Section] = &[
    Section {
        copied: Some(("hours.mon", WEEKDAYS)),
        ..section(
            "hours",
            Source::Part(SettingsPart::OpeningHours),
            "calendar",
            &[
                field("hours.mon", Kind::Intervals),
                field("hours.tue", Kind::Intervals),
                field("hours.wed", Kind::Intervals),
                field("hours.thu", Kind::Intervals),
                field("hours.fri", Kind::Intervals),
                field("hours.sat", Kind::Intervals),
                field("hours.sun", Kind::Intervals),
                needed("zone", Kind::Line(50)),
            ],
        )
    },
    section(
        "days-off",
        Source::Part(SettingsPart::Holidays),
        "calendar",
        &[
            rows(
                "days_off",
                &Rows {
                    fields: &[
                        needed("from", Kind::Day),
                        field("until", Kind::Day),
                        needed("name", Kind::Line(100)),
                        needed("kind", Kind::Choice(values("day_off", DAY_OFF_KINDS))),
                    ],
                    shape: Shape::List,
                },
            ),
            rows("special_hours", &Rows { fields: &[needed("key", Kind::Day), field("value", Kind::Intervals)], shape: Shape::Map }),
        ],
    ),
    section(
        "escalation",
        Source::Part(SettingsPart::Escalation),
        "escalation",
        &[
            field("level_1", Kind::Minutes),
            field("reminder", Kind::Minutes),
            field("level_2", Kind::Minutes),
            field("level_2_resubmission", Kind::Minutes),
        ],
    ),
    section(
        "deadline-rules",
        Source::Part(SettingsPart::DeadlineRules),
        "",
        &[rows(
            "deadline_rules",
            &Rows {
                fields: &[
                    needed("level_1", Kind::Minutes),
                    field("reminder", Kind::Minutes),
                    field("level_2", Kind::Minutes),
                    field("when.types", Kind::Ticks(values("lead_type", LEAD_TYPES))),
                    field("when.condition", Kind::Choice(values("condition", &["new", "used"]))),
                    field("when.sources", Kind::Words),
                    field("when.makes", Kind::Words),
                    field("when.postcodes", Kind::Words),
                    field("when.languages", Kind::Words),
                    field("when.sites", Kind::Words),
                ],
                shape: Shape::Ordered,
            },
        )],
    ),
    section(
        "users",
        Source::Users,
        "",
        &[rows(
            "users",
            &Rows {
                fields: &[
                    field("user", Kind::Identity),
                    field("receives_leads", Kind::Flag),
                    field("assignable", Kind::Flag),
                    field("supervisor", Kind::Person),
                    field("weight", Kind::Number),
                    field("max_open", Kind::Number),
                    field("groups", Kind::Shown(Shown::Words)),
                    field("presence", Kind::Shown(Shown::Presence)),
                    field("open_leads", Kind::Shown(Shown::Load)),
                    field("gets_leads_now", Kind::Shown(Shown::Flag)),
                ],
                shape: Shape::Fixed,
            },
        )],
    ),
    section(
        "absences",
        Source::Part(SettingsPart::Absences),
        "",
        &[rows("absences", &Rows { fields: &[needed("user", Kind::Person), FROM, UNTIL, DEPUTY, HAND_OVER], shape: Shape::List })],
    ),
    Section {
        optional: Some(("pool", "pool.user")),
        ..section("pool", Source::Part(SettingsPart::Pool), "", &[field("pool.user", Kind::Person), field("pool.oldest_only", Kind::Flag)])
    },
    section("groups", Source::Part(SettingsPart::DistributionGroups), "", &[reserved("distribution_groups", Kind::Words, "manage_groups")]),
    section(
        "routing",
        Source::Part(SettingsPart::RoutingRules),
        "",
        &[rows(
            "routing_rules",
            &Rows {
                fields: &[
                    needed("group", Kind::Group),
                    field("when.types", Kind::Ticks(values("lead_type", LEAD_TYPES))),
                    field("when.condition", Kind::Choice(values("condition", &["new", "used"]))),
                    field("when.sources", Kind::Words),
                    field("when.makes", Kind::Words),
                    field("when.postcodes", Kind::Words),
                    field("when.languages", Kind::Words),
                    field("when.sites", Kind::Words),
                ],
                shape: Shape::Ordered,
            },
        )],
    ),
    section(
        "mailbox",
        Source::Part(SettingsPart::Mailbox),
        "",
        &[
            field("lead_address", Kind::Email),
            field("forward_to", Kind::Email),
            field("unparsed_mail_to", Kind::Email),
            field("instant_answer.on", Kind::Flag),
            field("instant_answer.sources", Kind::Words),
            field("expose", Kind::Line(100)),
            field("relay_domains", Kind::Words),
            rows(
                "mail_layouts",
                &Rows {
                    fields: &[
                        needed("source", Kind::Line(100)),
                        needed("senders", Kind::Words),
                        rows(
                            "labels",
                            &Rows {
                                fields: &[
                                    needed("key", Kind::Line(100)),
                                    needed("value", Kind::Choice(values("mail_field", &MAIL_FIELDS))),
                                ],
                                shape: Shape::Map,
                            },
                        ),
                    ],
                    shape: Shape::List,
                },
            ),
        ],
    ),
    section(
        "configuration",
        Source::Part(SettingsPart::Configuration),
        "",
        &[
            field("from_name", Kind::Line(100)),
            field("send_external_mail", Kind::Flag),
            reserved("lead_tracking_only", Kind::Flag, "operate"),
            reserved("mail_server", Kind::Line(253), "operate"),
            reserved("mail_server_secret", Kind::Line(64), "operate"),
            reserved("text_number", Kind::Line(16), "operate"),
            reserved("own_exports", Kind::Flag, "manage_groups"),
            field("existing_contacts_to_rotation", Kind::Flag),
            field("resubmission_respects_hours", Kind::Flag),
            field("reminder_by_text", Kind::Flag),
            field("fallback_user", Kind::Person),
            needed("admin_user", Kind::Person),
            field("reassign_after", Kind::Minutes),
            field("spam_gives_turn_back", Kind::Flag),
            field("leads_outside_own_hours", Kind::Flag),
            field("long_absence_days", Kind::Number),
            field("retention_months", Kind::Number),
            field("trade_in_cc_email", Kind::Email),
            field("rules_of_vehicle_location", Kind::Flag),
            rows("vehicle_sites", &Rows { fields: &[needed("dealer", Kind::Line(64)), field("aliases", Kind::Words)], shape: Shape::List }),
            field("accepts_enquiries_from", Kind::Words),
        ],
    ),
    section(
        "limits",
        Source::Part(SettingsPart::Limits),
        "limits",
        &[
            reserved("letters_per_recipient", Kind::Number, "operate"),
            reserved("text_messages_per_hour", Kind::Number, "operate"),
            field("text_message_countries", Kind::Words),
        ],
    ),
    section(
        "appointments",
        Source::Part(SettingsPart::Appointments),
        "appointments",
        &[
            field("origins", Kind::Ticks(values("origin", &["forecourt", "contact_centre", "dealer_system"]))),
            field("media", Kind::Ticks(values("medium", &["email", "sms"]))),
            field("reminder_hours", Kind::Number),
            field("quiet_from", Kind::Clock),
            field("quiet_until", Kind::Clock),
            field("appointment_reminder_minutes", Kind::Number),
            field("morning_list", Kind::Flag),
            field("no_show_after_hours", Kind::Number),
        ],
    ),
    section(
        "capacity",
        Source::Part(SettingsPart::Capacity),
        "capacity",
        &[
            field("per_slot", Kind::Number),
            field("per_day", Kind::Number),
            field("earliest", Kind::Clock),
            field("latest", Kind::Clock),
            field("step", Kind::MinutesOf(&["15", "30", "60"])),
            field("notice", Kind::Minutes),
            field("horizon_days", Kind::Number),
            field("default_duration", Kind::Minutes),
            rows(
                "durations",
                &Rows {
                    fields: &[needed("key", Kind::Choice(values("type_of_event", BOOKED_TYPES))), needed("value", Kind::Minutes)],
                    shape: Shape::Map,
                },
            ),
        ],
    ),
    section("plans", Source::Part(SettingsPart::FollowUpPlans), "", &[rows("follow_up_plans", &PLANS)]),
    section(
        "dealer",
        Source::Whole,
        "",
        &[
            needed("name", Kind::Line(100)),
            needed("country", Kind::Line(2)),
            needed("language", Kind::Choice(values("language", &["de", "en", "nl"]))),
            field("location.street", Kind::Line(100)),
            field("location.postcode", Kind::Line(20)),
            field("location.town", Kind::Line(100)),
            field("location.phone", Kind::Line(40)),
            field("location.map_link", Kind::Line(500)),
            field("event_types", Kind::Words),
            field("no_show_reasons", Kind::Words),
            field("cancellation_reasons", Kind::Words),
        ],
    ),
];

/// The switches of one user, on a page of its own.
pub(super) const USER: Section = section(
    "user",
    Source::User,
    "",
    &[
        field("receives_leads", Kind::Flag),
        field("assignable", Kind::Flag),
        field("supervisor", Kind::Person),
        field("weight", Kind::Number),
        field("max_open", Kind::Number),
        field("groups", Kind::Groups),
        field("presence", Kind::Shown(Shown::Presence)),
        field("open_leads", Kind::Shown(Shown::Load)),
        field("gets_leads_now", Kind::Shown(Shown::Flag)),
    ],
);

const WEEKLY_ABSENCES: Rows = Rows { fields: &[needed("day", Kind::Choice(values("day", DAYS))), DEPUTY], shape: Shape::List };

/// The own hours and the weekly absences of a user, on a page of its own.
pub(super) const WEEK: Section = Section {
    copied: Some(("hours.mon", WEEKDAYS)),
    ..section(
        "week",
        Source::Week,
        "",
        &[
            field("hours.mon", Kind::Intervals),
            field("hours.tue", Kind::Intervals),
            field("hours.wed", Kind::Intervals),
            field("hours.thu", Kind::Intervals),
            field("hours.fri", Kind::Intervals),
            field("hours.sat", Kind::Intervals),
            field("hours.sun", Kind::Intervals),
            rows("weekly_absences", &WEEKLY_ABSENCES),
        ],
    )
};

/// The users as the whole settings have them, for the history.
pub(super) const MEMBERS: Section = section(
    "users",
    Source::Whole,
    "",
    &[rows(
        "members",
        &Rows {
            fields: &[
                field("user", Kind::Identity),
                field("receives_leads", Kind::Flag),
                field("assignable", Kind::Flag),
                field("supervisor", Kind::Person),
                field("weight", Kind::Number),
                field("max_open", Kind::Number),
                field("groups", Kind::Words),
                rows("absences", &Rows { fields: &[FROM, UNTIL, DEPUTY, HAND_OVER], shape: Shape::List }),
                rows("weekly_absences", &WEEKLY_ABSENCES),
                field("hours", Kind::Week),
            ],
            shape: Shape::Fixed,
        },
    )],
);

/// Returns the section with this name.
pub(super) fn find(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// The addresses of the parts.
pub(super) fn addresses(path: &str) -> Option<Vec<String>> {
    path.ends_with("/settings/{part}").then(|| each_of(path, "{part}", SECTIONS.iter().map(|section| section.name)))
}
