//! A part of the settings as data. Its page, the body that it sends, the differences and their words follow from the description.

use forecourt_edge::routes::{Operation, SettingsPart};

/// A part of the settings that has a page. Its texts are `settings.part.NAME` and `settings.about.NAME`.
pub(super) struct Section {
    /// The last part of its address.
    pub(super) name: &'static str,
    /// Where its values come from, and where they go to.
    pub(super) source: Source,
    /// The object of the whole settings that has its fields; empty if they are fields of the whole.
    pub(super) within: &'static str,
    pub(super) fields: &'static [Field],
    /// An object that is `null` if its field has no value: object and field.
    pub(super) optional: Option<(&'static str, &'static str)>,
    /// A field whose value can be copied to others, for weekdays.
    pub(super) copied: Option<(&'static str, &'static [&'static str])>,
}

/// Where the values of a section come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A part with operations of its own.
    Part(SettingsPart),
    /// Fields that only the operations of the whole settings have.
    Whole,
    /// The switches of all users of the dealer.
    Users,
    /// The switches of one user.
    User,
    /// The own hours and the weekly absences of one user, who may change them without a right.
    Week,
}

impl Source {
    pub(super) fn read(self) -> Operation {
        match self {
            Self::Part(part) => Operation::ReadPart(part),
            Self::Whole => Operation::ReadSettings,
            Self::Users => Operation::DealerUsers,
            Self::User => Operation::DealerUser,
            Self::Week => Operation::ReadAvailability,
        }
    }

    pub(super) fn change(self) -> Operation {
        match self {
            Self::Part(part) => Operation::ChangePart(part),
            Self::Whole => Operation::ChangeSettings,
            Self::Users => Operation::SwitchUsers,
            Self::User => Operation::SetDealerUser,
            Self::Week => Operation::SetAvailability,
        }
    }
}

/// A field: its path in the part's object, with full stops. Its texts are `settings.field.PATH`, of a list
/// `settings.field.PATH.legend`, and, if there is one, `settings.hint.PATH`.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// The right at the dealer that a change needs, in addition to that of the settings.
    pub(super) right: Option<&'static str>,
}

/// The kind of a field.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A line of text up to this length.
    Line(u16),
    Email,
    /// A whole number.
    Number,
    /// A whole number of minutes.
    Minutes,
    /// A time of the day, `HH:MM`.
    Clock,
    Day,
    /// A day with or without a time: the beginning of a period, or its end.
    Moment(End),
    /// A box to tick.
    Flag,
    /// One of these values, with the texts `settings.value.TEXTS.VALUE` or `label.TEXTS.VALUE`.
    Choice(Values),
    /// One of these numbers of minutes.
    MinutesOf(&'static [&'static str]),
    /// Some of these values.
    Ticks(Values),
    /// A user of the dealer.
    Person,
    /// One of the dealer's distribution groups.
    Group,
    /// Some of the dealer's distribution groups.
    Groups,
    /// One of the dealer's canned answers.
    Canned,
    /// A list of texts, one a line.
    Words,
    /// Intervals of a day, `[["08:00", "12:30"]]`.
    Intervals,
    /// The own hours of a user by weekday, which the history writes in one line.
    Week,
    /// A list of objects.
    Rows(&'static Rows),
    /// A value that is shown and never sent.
    Shown(Shown),
    /// A value that identifies a row: it is sent and never changed.
    Identity,
}

/// Which end of a period a moment is. The last day of a period belongs to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    From,
    Until,
}

/// The values of a choice.
#[derive(Clone, Copy)]
pub(super) struct Values {
    pub(super) texts: &'static str,
    pub(super) values: &'static [&'static str],
}

/// What a shown value is.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    Words,
    Flag,
    /// The hand-over of an absence.
    HandOver,
    /// Whether a user is there, until when not, and the deputy: made from several fields of the user.
    Presence,
    /// The number of a user's open leads, and the most: made from two fields.
    Load,
}

impl Shown {
    /// Whether it is made from the whole object, and not from the field of its name.
    pub(super) fn is_of_object(self) -> bool {
        matches!(self, Self::Presence | Self::Load)
    }
}

/// A list of objects. Its texts are those of its field, and `settings.row.PATH` for one of its rows.
pub(super) struct Rows {
    pub(super) fields: &'static [Field],
    pub(super) shape: Shape,
}

/// The shape of a list of objects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The order does not count.
    List,
    /// The first row that applies counts.
    Ordered,
    /// An object with the values of the field `key` as its names, and those of the field `value`.
    Map,
    /// Rows that are neither added nor removed here, each with an identity in its first field.
    Fixed,
}

impl Shape {
    /// Whether the rows are sent as a whole: fields that the form does not show are kept in each row.
    pub(super) fn keeps(self) -> bool {
        matches!(self, Self::List | Self::Ordered)
    }
}

impl Section {
    /// Whether the page offers the dealer's distribution groups.
    pub(super) fn uses_groups(&self) -> bool {
        uses(self.fields, |kind| matches!(kind, Kind::Group | Kind::Groups))
    }

    /// Whether the page offers the dealer's canned answers.
    pub(super) fn uses_canned(&self) -> bool {
        uses(self.fields, |kind| matches!(kind, Kind::Canned))
    }

    /// Returns the list at a path, such as `absences`, or `mail_layouts.0.labels` for a list in a row.
    pub(super) fn rows_at(&self, path: &str) -> Option<&'static Rows> {
        fn within(fields: &'static [Field], path: &str) -> Option<&'static Rows> {
            fields.iter().find_map(|field| {
                let Kind::Rows(rows) = field.kind else { return None };
                let rest = path.strip_prefix(field.name)?;
                if rest.is_empty() {
                    return Some(rows);
                }
                let (number, inner) = rest.strip_prefix('.')?.split_once('.')?;
                if is_number(number) { within(rows.fields, inner) } else { None }
            })
        }
        within(self.fields, path)
    }

    /// Returns the input, row or list that a path of the API's problems and findings belongs to: `days_off[2].until` is
    /// `days_off.2.until`, and the time of an interval belongs to its day. `None` if the section has no such field.
    pub(super) fn input_of(&self, path: &str) -> Option<String> {
        let path = path.replace('[', ".").replace(']', "");
        let inner = match (self.source, self.within) {
            (Source::Users, _) => path.strip_prefix("members").map_or_else(|| path.clone(), |rest| format!("users{rest}")),
            (_, "") => path,
            (_, within) => path.strip_prefix(within).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&path).to_owned(),
        };
        // A fault of a whole, such as a pool beside distribution groups, stands at its first field.
        let first = || self.fields.iter().find(|field| field.name.starts_with(&format!("{inner}."))).map(|field| field.name.to_owned());
        self.fields.iter().find_map(|field| field.input_of(&inner)).or_else(first)
    }
}

/// Whether a field, or one in its rows, is of a kind.
fn uses(fields: &[Field], is: fn(&Kind) -> bool) -> bool {
    fields.iter().any(|field| match field.kind {
        Kind::Rows(rows) => uses(rows.fields, is),
        ref kind => is(kind),
    })
}

impl Field {
    /// Returns the input of this field that a place belongs to; `None` if it belongs to another field.
    fn input_of(&self, place: &str) -> Option<String> {
        let rest = place.strip_prefix(self.name)?;
        let own = || Some(self.name.to_owned());
        let Some(rest) = rest.strip_prefix('.') else { return if rest.is_empty() { own() } else { None } };
        let Kind::Rows(rows) = self.kind else { return own() };
        let (number, inner) = rest.split_once('.').unwrap_or((rest, ""));
        if !is_number(number) {
            return own();
        }
        let row = format!("{}.{number}", self.name);
        Some(rows.fields.iter().find_map(|cell| cell.input_of(inner)).map_or_else(|| row.clone(), |cell| format!("{row}.{cell}")))
    }

    /// Whether a user with these rights at the dealer may change it.
    pub(super) fn is_open(&self, may: impl Fn(&str) -> bool) -> bool {
        !matches!(self.kind, Kind::Shown(_)) && self.right.is_none_or(may)
    }

    /// The first name of its path.
    pub(super) fn top(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

/// Whether a part of a path is the number of a row.
pub(super) fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

pub(super) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, right: None }
}

pub(super) const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { required: true, ..field(name, kind) }
}

/// A field that needs a further right.
pub(super) const fn reserved(name: &'static str, kind: Kind, right: &'static str) -> Field {
    Field { right: Some(right), ..field(name, kind) }
}

pub(super) const fn values(texts: &'static str, values: &'static [&'static str]) -> Values {
    Values { texts, values }
}
