//! The system under the histories: a step becomes a request, and the state is read as it is stored.

use super::steps::{Nth, Outcome, Person, Step};
use crate::support::world::{NORDSTERN, Reply, Request, World, dealer, enquiry};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{LeadId, UserId};
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The users of the dealer: sellers first, then the supervisor and the administrator.
pub const PEOPLE: [&str; 7] = ["anna.vogt", "ben.krause", "clara.henning", "david.roth", "elif.yilmaz", "helga.stern", "ingo.brandt"];
/// The number of sellers among them.
pub const SELLERS: usize = 5;
const OTHER: &str = "harbour-cars-demo";
/// A user who may change everything.
const GROUP: &str = "gina.group";

/// The system and the leads so far.
pub struct Stage {
    pub world: World,
    pub leads: Vec<LeadId>,
    /// How often each kind of step was carried out, and each case occurred.
    pub seen: Situations,
    sent: usize,
    latest: Option<Value>,
}

pub type Situations = BTreeMap<String, usize>;

impl Stage {
    /// Sets up the dealer with the users of [`PEOPLE`]. One of them has a maximum in every history, so that open leads are counted.
    pub async fn new(limited: bool) -> Self {
        let world = World::new().await;
        let set = |s: &mut forecourt_domain::settings::DealerSettings| {
            s.members.retain(|member| PEOPLE.contains(&member.user.as_str()));
            s.spam_gives_turn_back = limited;
            if limited {
                s.reassign_after = 60;
                s.members.last_mut().unwrap().max_open = Some(10_000);
            }
        };
        world.settings(set).await;
        world.advance_to("2026-11-23T09:02:00Z").await;
        Self { world, leads: Vec::new(), seen: Situations::new(), sent: 0, latest: None }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.world.system.clock.now()
    }

    pub async fn pass(&self, time: TimeDelta) {
        self.world.system.advance_to(self.now() + time).await;
    }

    /// Returns the dealer as stored.
    pub async fn dealer(&self) -> Dealer {
        let loaded = self.world.store.load(&self.world.scope(), &Load::of([Key::Dealer(dealer(NORDSTERN))])).await.unwrap();
        loaded.dealer(&dealer(NORDSTERN)).unwrap().clone()
    }

    /// Returns the rotation of the whole dealer.
    pub async fn rotation(&self) -> forecourt_domain::distribution::Rotation {
        use forecourt_domain::distribution::LaneState;
        let lane = Lane::Rotation(None);
        let loaded = self.world.store.load(&self.world.scope(), &Load::of([Key::lane(dealer(NORDSTERN), lane.clone())])).await.unwrap();
        match loaded.place(&dealer(NORDSTERN), &lane) {
            Some(LaneState::Rotation(rotation)) => rotation,
            other => panic!("{other:?}"),
        }
    }

    /// Returns all leads as stored.
    pub async fn stored(&self) -> Vec<Lead> {
        let load = Load::of(self.leads.iter().copied().map(Key::Lead));
        let loaded = self.world.store.load(&self.world.scope(), &load).await.unwrap();
        self.leads.iter().map(|id| loaded.lead(*id).unwrap().clone()).collect()
    }

    fn lead(&self, nth: Nth) -> Option<LeadId> {
        (!self.leads.is_empty()).then(|| self.leads[nth % self.leads.len()])
    }

    async fn post(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.world.post(who, path, body).await
    }

    /// Replaces the settings with changed ones.
    async fn change(&self, query: &str, change: impl FnOnce(&mut Value)) -> Option<Reply> {
        let path = format!("/dealers/{NORDSTERN}/settings");
        let read = self.world.get(GROUP, &path).await;
        let mut settings = read.body["settings"].clone();
        change(&mut settings);
        let version = read.body["version"].as_u64().unwrap();
        Some(self.world.call(Request::put(GROUP, &format!("{path}{query}")).version(version).json(&settings)).await)
    }

    /// Changes a user's part, if the user has one.
    async fn member(&self, who: Person, change: impl FnOnce(&mut Value)) -> Option<Reply> {
        self.change("", |settings| {
            let members = settings["members"].as_array_mut().unwrap();
            if let Some(member) = members.iter_mut().find(|member| member["user"] == PEOPLE[who]) {
                change(member);
            }
        })
        .await
    }

    async fn enquire(&mut self, contact: usize, lane: bool) -> Reply {
        self.sent += 1;
        let mut body = enquiry(&format!("n{contact}"));
        body["external_id"] = json!(format!("e{}", self.sent));
        body["type"] = json!(if lane { "new_car" } else { "used_car" });
        self.latest = Some(body.clone());
        self.world.send(&body).await
    }

    /// Carries a step out. `None` if there was nothing to do.
    pub async fn play(&mut self, step: &Step) -> Option<Reply> {
        let of_lead = |nth: Nth, rest: &str| self.lead(nth).map(|id| format!("/leads/{id}/{rest}"));
        let who = |person: Person| PEOPLE[person];
        match step {
            Step::Enquire(contact, lane) => {
                let reply = self.enquire(*contact, *lane).await;
                let lead = self.world.lead_of(&reply).await;
                if !self.leads.contains(&lead) {
                    self.leads.push(lead);
                }
                Some(reply)
            }
            Step::Repeat => {
                let body = self.latest.clone()?;
                Some(self.post("partner:portal-demo", &format!("/dealers/{NORDSTERN}/leads"), &body).await)
            }
            Step::Assign(nth, person) => {
                let body = json!({"user": who(*person), "despite": ["absent", "full"]});
                Some(self.post(GROUP, &of_lead(*nth, "assignment")?, &body).await)
            }
            Step::Transfer(nth) => {
                let at = self.world.page(self.lead(*nth)?).await.lead.dealer;
                let to = if at.as_str() == NORDSTERN { OTHER } else { NORDSTERN };
                Some(self.post(GROUP, &of_lead(*nth, "assignment")?, &json!({"dealer": to, "appointments": "move"})).await)
            }
            Step::Close(nth, outcome) => {
                let body = match outcome {
                    Outcome::Won => json!({"status": "won"}),
                    Outcome::Spam => json!({"status": "lost", "reason": "spam"}),
                    Outcome::Price => json!({"status": "lost", "reason": "price"}),
                };
                Some(self.post(GROUP, &of_lead(*nth, "status")?, &body).await)
            }
            Step::Reopen(nth) => Some(self.post(GROUP, &of_lead(*nth, "status")?, &json!({"status": "in_progress"})).await),
            Step::React(nth, person) => {
                Some(self.post(who(*person), &of_lead(*nth, "reactions")?, &json!({"kind": "call_reached", "inbound": true})).await)
            }
            Step::Claim(nth, person) => Some(self.post(who(*person), &of_lead(*nth, "claim")?, &json!({})).await),
            Step::Pass(minutes) => {
                self.pass(TimeDelta::minutes(*minutes)).await;
                None
            }
            Step::Busy(person, minutes) => {
                let path = format!("/dealers/{NORDSTERN}/users/{}/busy", who(*person));
                Some(self.world.call(Request::put(GROUP, &path).json(&json!({"minutes": minutes}))).await)
            }
            Step::Leave(person, to) => {
                let path = format!("/dealers/{NORDSTERN}/users/{}", who(*person));
                let version = self.dealer().await.version;
                let query = to.map_or_else(String::new, |to| format!("?hand_over=user:{}", who(to)));
                Some(self.world.call(Request::delete(GROUP, &format!("{path}{query}")).json(&json!({})).version(version)).await)
            }
            change => self.change_settings(change).await,
        }
    }

    async fn change_settings(&self, step: &Step) -> Option<Reply> {
        let who = |person: Person| PEOPLE[person];
        match step {
            Step::Away(person, (after, long), deputy, hands) => {
                let from = self.now() + TimeDelta::hours(*after);
                let mut absence = json!({"from": from, "until": from + TimeDelta::hours(*long)});
                if let Some(deputy) = deputy {
                    absence["deputy"] = json!(who(*deputy));
                }
                if *hands {
                    absence["hand_over"] = json!({"to": "distribution", "back": true});
                }
                self.member(*person, |member| member["absences"] = json!([absence])).await
            }
            Step::Holiday(here, long) => {
                let absence = json!({"from": self.now(), "until": self.now() + TimeDelta::hours(*long)});
                let goes = |settings: &mut Value| {
                    for member in settings["members"].as_array_mut().unwrap() {
                        let stays = here.is_some_and(|here| member["user"] == who(here));
                        member["absences"] = if stays { json!([]) } else { json!([absence]) };
                    }
                };
                self.change("", goes).await
            }
            Step::Back(person) => self.member(*person, |member| member["absences"] = json!([])).await,
            Step::Weekly(person, last) => {
                let days: Vec<Value> = ["mon", "tue", "wed", "thu", "fri"][..=*last].iter().map(|day| json!({"day": day})).collect();
                self.member(*person, |member| member["weekly_absences"] = json!(days)).await
            }
            Step::Hours(person, part) => {
                let of = |from: &str, to: &str| json!({"mon": [[from, to]], "tue": [[from, to]], "thu": [[from, to]]});
                let hours = part.map(|morning| if morning { of("08:00", "12:00") } else { of("13:00", "18:00") });
                self.member(*person, |member| member["hours"] = json!(hours)).await
            }
            Step::Limit(person, most) => self.member(*person, |member| member["max_open"] = json!(most)).await,
            Step::Weight(person, weight) => self.member(*person, |member| member["weight"] = json!(weight)).await,
            Step::Receives(person) => {
                self.member(*person, |member| member["receives_leads"] = json!(member["receives_leads"] != true)).await
            }
            Step::Assignable(person) => self.member(*person, |member| member["assignable"] = json!(member["assignable"] != true)).await,
            Step::Supervisor(person, above) => self.member(*person, |member| member["supervisor"] = json!(above.map(who))).await,
            Step::Fallback(person) => self.change("", |settings| settings["fallback_user"] = json!(person.map(who))).await,
            Step::OutsideOwnHours(on) => self.change("", |settings| settings["leads_outside_own_hours"] = json!(on)).await,
            Step::Join(person) => {
                let joins = |settings: &mut Value| {
                    let members = settings["members"].as_array_mut().unwrap();
                    if members.iter().all(|member| member["user"] != who(*person)) {
                        members.push(json!({"user": who(*person), "receives_leads": true, "assignable": true}));
                    }
                };
                self.change("", joins).await
            }
            Step::Pool(user) => {
                let sets = |settings: &mut Value| {
                    let pool = user.map(who);
                    for member in settings["members"].as_array_mut().unwrap() {
                        member["receives_leads"] = json!(pool.is_none() && member["assignable"] == true);
                        if pool.is_some_and(|pool| member["user"] == pool) {
                            (member["supervisor"], member["assignable"]) = (json!("ingo.brandt"), json!(false));
                        }
                    }
                    settings["reassign_after"] = json!(if pool.is_some() { 0 } else { 60 });
                    settings["pool"] = json!(pool.map(|user| json!({"user": user})));
                };
                let changed = self.change("", sets).await;
                // A new pool begins a new count, which the recomputation fills within minutes (DIS-13).
                self.pass(TimeDelta::minutes(3)).await;
                changed
            }
            other => panic!("{other:?}"),
        }
    }
}

pub fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}
