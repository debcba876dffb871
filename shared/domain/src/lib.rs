//! The domain of a lead desk for car dealers: state and rules, without input or output.
//!
//! Pure: no clock, no randomness, no `async`. A rule takes the state, the settings, the request and `now`, and returns a
//! [`decision::Decision`]: the items to be committed together. Later steps follow from the state
//! ([`lead::Lead::waits_for`], [`messages::Message::due`]), so that no rule has to schedule them.
//!
//! ```
//! use chrono::{NaiveDate, TimeDelta};
//! use forecourt_domain::hours::{Calendar, Interval, OpeningHours, TimeOfDay, Week};
//! use std::collections::BTreeMap;
//!
//! let day = vec![Interval { from: TimeOfDay::from_minutes(9 * 60)?, to: TimeOfDay::from_minutes(18 * 60)? }];
//! let hours = OpeningHours::new(Week { mon: day.clone(), fri: day, ..Week::default() })?;
//! let calendar = Calendar::new(chrono_tz::Europe::Berlin, hours, Vec::new(), BTreeMap::new())?;
//!
//! // An enquiry of Friday, 17:30, that is due after 60 working minutes, is due on Monday at 9:30 (CLK-1).
//! let friday = NaiveDate::from_ymd_opt(2026, 11, 27).and_then(|date| date.and_hms_opt(16, 30, 0)).ok_or("no time")?.and_utc();
//! let due = calendar.add(friday, TimeDelta::minutes(60))?;
//! assert_eq!(due.with_timezone(&calendar.zone()).to_rfc3339(), "2026-11-30T09:30:00+01:00");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The folders, lowest first
//! A folder uses only folders above it in this table; the tests in `tests/house` check that. State never uses a rule.
//!
//! | Folder | Content |
//! |---|---|
//! | [`base`] | ids, money, refusals, roles and rights, actors, addresses, and small enums that other folders use |
//! | [`hours`] | opening hours, and the clock that counts only working time |
//! | [`enquiry`] | an enquiry, its checks, the criteria for routing rules, and the contact preferences |
//! | [`settings`] | a dealer, its members, and every setting |
//! | [`texts`] | the texts of letters: a dealer's own and Forecourt's, with variables; the HTML part of a mail |
//! | [`directory`] | the group's contacts, and how an enquiry is matched to a contact |
//! | [`people`] | users with their saved views, and the signing secrets of partners |
//! | [`distribution`] | rotations and pools |
//! | [`elements`] | trade-ins, quotes, test drives, comments, documents, communications |
//! | [`slots`] | the day of each person, and the slots that are free for customers |
//! | [`bookings`] | bookings under an absence or on a closed day: who decides, and who is notified until then |
//! | [`calendar`] | calendar events, invitations, calendar feeds and views |
//! | [`lead`] | the lead: plan, deadlines, tasks, contacts, timeline |
//! | [`messages`] | messages to staff, letters to customers, and their delivery |
//! | [`mail`] | mail that arrived for dealers |
//! | [`appointment`] | appointments, reports about them, and who was notified |
//! | [`follow_up`] | service follow-ups of vehicles: the chain of contact methods as a state machine, and the permission of each method |
//! | [`access`] | scopes: the data and the actions that a caller is allowed |
//! | [`reports`] | overviews and exports |
//! | [`webhooks`] | webhooks and their deliveries |
//! | [`privacy`] | orders to erase a contact, the ledger that repeats them after a restore, legal holds and retention |
//! | [`decision`] | the items of a commit |
//! | [`rules`] | the rules that change state; its folders have an order of their own |

pub mod access;
pub mod appointment;
pub mod base;
pub mod bookings;
pub mod calendar;
pub mod decision;
pub mod directory;
pub mod distribution;
pub mod elements;
pub mod enquiry;
pub mod follow_up;
pub mod hours;
pub mod lead;
pub mod mail;
pub mod messages;
pub mod people;
pub mod privacy;
pub mod reports;
pub mod rules;
pub mod settings;
pub mod slots;
pub mod texts;
pub mod webhooks;
