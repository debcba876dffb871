//! What a car dealer does with a lead.
//!
//! Pure: every function takes the state, the settings, the request and `now`, and returns what shall be. No input or output, no clock,
//! no randomness. A rule that decides something returns a [`decision::Decision`]: items to be committed at once. What must happen
//! later follows from their state ([`lead::Lead::waits_for`], [`message::Message::due`]), so that nobody can forget to arrange it.
//!
//! | Module | The trade's word for it |
//! |---|---|
//! | [`enquiry`], [`contact`] | what came in, from whom |
//! | [`people`] | the contacts of a lead, as people correct them |
//! | [`intake`] | an enquiry becomes a lead |
//! | [`dealer`], [`hours`], [`findings`] | the dealer's settings and working hours, and what is risky in them |
//! | [`routing`], [`rotation`], [`turn`], [`pool`], [`assignment`] | who gets it, and why |
//! | [`deadline`], [`escalation`], [`recompute`] | when it is due, what happens if nobody answers, and what new settings change in it |
//! | [`target`], [`task`] | its deadlines, as people set and move them, and its tasks |
//! | [`reaction`] | the seller answers, wins, loses, reopens |
//! | [`calendar_event`], [`resubmission`] | what is planned for it, and what happens if nobody does it |
//! | [`calendar_view`], [`calendar_feed`] | a day, week or month of it, and the link by which other calendars show it |
//! | [`lead`], [`timeline`] | the lead, and what happened to it |
//! | [`element`], [`money`] | what belongs to it: trade-ins, quotes, test drives, comments, documents |
//! | [`message`] | who is told |
//! | [`appointment`] | which customer meets whom, and whether they came |
//! | [`overview`], [`export`] | what they come to, and all of them as a file |
//! | [`letter`] | what a customer is told |
//! | [`slots`] | when a customer can have an appointment with whom |
//! | [`signing`] | what partners sign with, and what they have sent |
//! | [`text`] | what may be typed into a field |
//! | [`user`], [`access`] | the people, and who may see and do what |

pub mod access;
pub mod appointment;
pub mod assignment;
pub mod calendar_event;
pub mod calendar_feed;
pub mod calendar_view;
pub mod contact;
pub mod deadline;
pub mod dealer;
pub mod decision;
pub mod element;
pub mod enquiry;
pub mod escalation;
pub mod export;
pub mod findings;
pub mod hours;
pub mod ids;
pub mod intake;
pub mod invitation;
pub mod lead;
pub mod letter;
pub mod message;
pub mod money;
pub mod overview;
pub mod people;
pub mod pool;
pub mod reaction;
pub mod recompute;
pub mod refusal;
pub mod resubmission;
pub mod rotation;
pub mod routing;
pub mod signing;
pub mod slots;
pub mod target;
pub mod task;
pub mod text;
pub mod timeline;
pub mod turn;
pub mod user;
pub mod webhook;
