//! What a car dealer does with a lead: state and rules, without input or output.
//!
//! Pure: no clock, no randomness, no `async`. A rule takes the state, the settings, the request and `now`, and returns a
//! [`decision::Decision`]: the items to be committed together. What must happen later follows from the state
//! ([`lead::Lead::waits_for`], [`messages::Message::due`]), so that no rule can forget to arrange it.
//!
//! # The folders, lowest first
//! A folder uses only folders above it in this table; a test of the house holds that. State never uses a rule.
//!
//! | Folder | Content |
//! |---|---|
//! | [`base`] | ids, money, refusals, roles and rights, actors, addresses, and the small enums that others name |
//! | [`hours`] | opening hours, and the clock that counts only working time |
//! | [`enquiry`] | an enquiry, its checks, and what routing rules and letters need of it |
//! | [`settings`] | a dealer, its members, and every setting |
//! | [`directory`] | the group's contacts, and the recognition of a person |
//! | [`people`] | users, and the signing secrets of partners |
//! | [`distribution`] | rotations and pools: whose turn it is |
//! | [`elements`] | trade-ins, quotes, test drives, comments, documents, communications |
//! | [`slots`] | people's days, and the slots that are free for customers |
//! | [`calendar`] | calendar events, invitations, calendar links and views |
//! | [`lead`] | the lead: plan, deadlines, tasks, turn, contacts, timeline |
//! | [`messages`] | messages to staff, letters to customers, and their delivery |
//! | [`appointment`] | appointments, reports about them, and who was notified |
//! | [`access`] | scopes: who may see and do what |
//! | [`reports`] | overviews and exports |
//! | [`webhooks`] | webhooks and their deliveries |
//! | [`decision`] | the items of a commit |
//! | [`rules`] | what changes state; its folders have an order of their own |

pub mod access;
pub mod appointment;
pub mod base;
pub mod calendar;
pub mod decision;
pub mod directory;
pub mod distribution;
pub mod elements;
pub mod enquiry;
pub mod hours;
pub mod lead;
pub mod messages;
pub mod people;
pub mod reports;
pub mod rules;
pub mod settings;
pub mod slots;
pub mod webhooks;
