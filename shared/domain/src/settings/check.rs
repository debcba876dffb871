//! The checks of a dealer's settings.

use crate::base::text::{is_line, line};
use crate::base::{DistributionGroupId, Fault, Phone, UNDELIVERABLE, UserId};
use crate::hours::DayOffKind;
use crate::settings::{Absence, DealerSettings, Escalation, HandOverTo, MailLayout, Member, Settings, mail_server};
use chrono::Datelike as _;

impl DealerSettings {
    /// Checks the settings as a whole.
    ///
    /// # Errors
    /// Every fault with its field and rule.
    pub fn check(self) -> Result<Settings, Vec<Fault>> {
        let faults = self.faults();
        if faults.is_empty() { Ok(Settings(self)) } else { Err(faults) }
    }

    /// Checks the settings after a change of a part. A fault that `before` has too, since another release stored it, is no fault of this
    /// change, unless the part covers its field: `covers` gets the path of a field, such as `members[1].user` (SET-8).
    ///
    /// # Errors
    /// Every fault that counts, with its field and rule.
    pub fn check_change(self, before: &Self, covers: impl Fn(&str) -> bool) -> Result<Settings, Vec<Fault>> {
        let mut faults = self.faults();
        if !faults.is_empty() {
            // Places in lists may have moved.
            let fault =
                |fault: &Fault| (fault.field.split(|c: char| "[]".contains(c)).step_by(2).collect::<String>(), fault.detail.clone());
            let mut known: Vec<_> = before.faults().iter().map(fault).collect();
            faults.retain(|new| match known.iter().position(|known| *known == fault(new)).filter(|_| !covers(&new.field)) {
                Some(place) => {
                    known.swap_remove(place);
                    false
                }
                None => true,
            });
        }
        if faults.is_empty() { Ok(Settings(self)) } else { Err(faults) }
    }

    /// Returns every fault with its field and rule.
    pub fn faults(&self) -> Vec<Fault> {
        let within = |part: &'static str| move |fault: Fault| Fault { field: format!("{part}.{}", fault.field), ..fault };
        let mut faults: Vec<Fault> = self.calendar.faults().into_iter().map(within("calendar")).collect();
        let mut fault = |field: String, rule, detail: &str| faults.push(Fault::new(field, rule, detail));
        if !is_line(&self.name, 100) {
            fault("name".into(), "SET-4", "must be 1 to 100 characters in one line, without leading or trailing spaces");
        }
        let unknown = |user: &UserId| self.member(user).is_none();
        if unknown(&self.admin_user) {
            fault("admin_user".into(), "SET-5", "must be one of the members");
        }
        if self.fallback_user.as_ref().is_some_and(unknown) {
            fault("fallback_user".into(), "SET-5", "must be one of the members");
        }
        for (i, member) in self.members.iter().enumerate() {
            if self.members[..i].iter().any(|m| m.user == member.user) {
                fault(format!("members[{i}].user"), "SET-7", "is listed twice");
            }
            if member.supervisor.as_ref().is_some_and(|supervisor| unknown(supervisor) || *supervisor == member.user) {
                fault(format!("members[{i}].supervisor"), "SET-7", "must be another member");
            }
            if !(1..=Member::MAX_WEIGHT).contains(&member.weight) {
                fault(format!("members[{i}].weight"), "DIS-13", "must be 1 to 10");
            }
            if member.max_open.is_some_and(|most| !(1..=Member::MOST_OPEN).contains(&most)) {
                fault(format!("members[{i}].max_open"), "DIS-13", "must be 1 to 10000, or null for no limit");
            }
            for (j, absence) in member.absences.iter().enumerate() {
                if absence.until.year() > Absence::LAST_YEAR {
                    fault(format!("members[{i}].absences[{j}].until"), "SET-7", "must be in the year 9999 or earlier");
                }
                if absence.until <= absence.from {
                    fault(format!("members[{i}].absences[{j}].until"), "SET-7", "must be after from");
                }
                if absence.deputy.as_ref().is_some_and(|d| unknown(d) || *d == member.user) {
                    fault(format!("members[{i}].absences[{j}].deputy"), "DIS-4", "must be another member");
                }
                let to = absence.hand_over.as_ref().map(|hand_over| &hand_over.to);
                let wrong = match to {
                    Some(HandOverTo::User(to)) => unknown(to) || *to == member.user,
                    Some(HandOverTo::Pool) => self.pool.is_none(),
                    Some(HandOverTo::Unknown) => true,
                    Some(HandOverTo::Distribution) | None => false,
                };
                if wrong {
                    let detail = "must be distribution, pool if the dealer has one, or user: with the id of another member";
                    fault(format!("members[{i}].absences[{j}].hand_over.to"), "DIS-12", detail);
                }
            }
        }
        self.check_presence(&mut faults);
        self.check_durations(&mut faults);
        self.check_deadline_rules(&mut faults);
        self.check_mail(&mut faults);
        MailLayout::check_all(&self.mail_layouts, &mut faults);
        self.check_words(&mut faults);
        self.check_sites(&mut faults);
        self.check_distribution(&mut faults);
        faults.extend(self.location.check(self.country).into_iter().map(within("location")));
        faults.extend(self.appointments.check().into_iter().map(within("appointments")));
        faults.extend(self.capacity.check().into_iter().map(within("capacity")));
        faults.extend(self.instant_answer.check().into_iter().map(within("instant_answer")));
        faults.extend(self.limits.check().into_iter().map(within("limits")));
        faults.extend(self.follow_ups.check().into_iter().map(within("follow_ups")));
        faults
    }

    /// Checks weekly absences, own hours and the length of a long absence (DIS-4, DIS-12, DIS-13).
    fn check_presence(&self, faults: &mut Vec<Fault>) {
        let mut fault = |field: String, rule, detail: &str| faults.push(Fault::new(field, rule, detail));
        for (i, member) in self.members.iter().enumerate() {
            if member.absences.len() > Member::MOST_ABSENCES {
                fault(format!("members[{i}].absences"), "SET-7", "must have at most 100 entries");
            }
            let handed = |absence: &&Absence| absence.hand_over.is_some();
            for (j, absence) in member.absences.iter().enumerate().filter(|(_, absence)| handed(absence)) {
                if member.absences[..j].iter().filter(handed).any(|earlier| earlier.from == absence.from) {
                    let detail = "must begin at another time than the other absence with a hand-over";
                    fault(format!("members[{i}].absences[{j}].from"), "DIS-12", detail);
                }
            }
            for (j, absence) in member.weekly_absences.iter().enumerate() {
                let field = format!("members[{i}].weekly_absences[{j}]");
                if member.weekly_absences[..j].iter().any(|earlier| earlier.day == absence.day) {
                    fault(format!("{field}.day"), "DIS-13", "is listed twice");
                }
                if absence.deputy.as_ref().is_some_and(|deputy| *deputy == member.user || self.member(deputy).is_none()) {
                    fault(format!("{field}.deputy"), "DIS-4", "must be another member");
                }
            }
            let Some(hours) = &member.hours else { continue };
            if hours.is_empty() {
                fault(format!("members[{i}].hours"), "DIS-13", "must have at least one interval; to be away, enter an absence");
            }
            for broken in hours.faults() {
                fault(format!("members[{i}].{}", broken.field), "DIS-13", &broken.detail);
            }
        }
        if self.retention_months.is_some_and(|months| !(1..=Self::MAX_RETENTION).contains(&months)) {
            fault("retention_months".into(), "PRV-5", "must be 1 to 240 months, or null to keep closed leads");
        }
        if !(1..=60).contains(&self.long_absence_days) {
            fault("long_absence_days".into(), "DIS-12", "must be 1 to 60 working days");
        }
    }

    /// Checks pool, groups and routing rules (SET-6, DIS-3, DIS-8, DIS-9).
    fn check_distribution(&self, faults: &mut Vec<Fault>) {
        let mut fault = |field: String, rule, detail: String| faults.push(Fault::new(field, rule, detail));
        let known = |group: &DistributionGroupId| self.distribution_groups.contains(group);
        for (i, group) in self.distribution_groups.iter().enumerate() {
            if self.distribution_groups[..i].contains(group) {
                fault(format!("distribution_groups[{i}]"), "DIS-3", "is listed twice".into());
            }
        }
        for (i, member) in self.members.iter().enumerate() {
            for group in member.groups.iter().filter(|group| !known(group)) {
                fault(format!("members[{i}].groups"), "DIS-3", format!("{group} is not one of the distribution groups"));
            }
        }
        for (i, rule) in self.routing_rules.iter().enumerate().filter(|(_, rule)| !known(&rule.group)) {
            fault(format!("routing_rules[{i}].group"), "DIS-3", format!("{} is not one of the distribution groups", rule.group));
        }
        let Some(pool) = &self.pool else { return };
        match self.member(&pool.user) {
            None => fault("pool.user".into(), "SET-6", "must be one of the members".into()),
            Some(member) if member.supervisor.is_none() => {
                fault("pool.user".into(), "SET-6", "needs a supervisor to receive pool escalations".into());
            }
            Some(_) => {}
        }
        if !self.distribution_groups.is_empty() {
            fault("pool".into(), "DIS-8", "cannot be combined with distribution groups".into());
        }
        let others: Vec<String> =
            self.members.iter().filter(|m| m.receives_leads && m.user != pool.user).map(|m| m.user.mention()).collect();
        if !others.is_empty() {
            fault(
                "pool".into(),
                "DIS-9",
                format!("with a pool, no other user may receive leads; remove receives_leads from {}", others.join(", ")),
            );
        }
    }

    /// Checks the durations (SET-3, DIS-10).
    fn check_durations(&self, faults: &mut Vec<Fault>) {
        let Escalation { level_1, reminder, level_2, level_2_resubmission } = self.escalation;
        let steps = [
            ("escalation.level_1", "SET-3", level_1),
            ("escalation.reminder", "SET-3", reminder),
            ("escalation.level_2", "SET-3", level_2),
            ("escalation.level_2_resubmission", "SET-3", level_2_resubmission),
            ("reassign_after", "DIS-10", self.reassign_after),
        ];
        for (field, rule, _) in steps.iter().filter(|(.., minutes)| *minutes > Escalation::MAX_MINUTES) {
            faults.push(Fault::new(*field, rule, "must be at most 86400 minutes (60 days)"));
        }
        for (field, rule, minutes) in [steps[0], steps[4]] {
            if minutes > 0 && !self.calendar.has_hours() {
                faults.push(Fault::new(field, rule, "needs opening hours; without any, set it to 0"));
            }
        }
        if self.reassign_after > 0 && self.pool.is_some() {
            faults.push(Fault::new("reassign_after", "DIS-10", "cannot be combined with a pool: a pool has no rotation"));
        }
    }

    /// Checks texts that are shown or compared, and the sizes of lists (SET-2, DIS-3, INT-6).
    fn check_words(&self, faults: &mut Vec<Fault>) {
        for (i, _) in self.calendar.days_off().iter().enumerate().filter(|(_, day)| !is_line(&day.name, 100)) {
            faults.push(Fault::new(
                format!("calendar.days_off[{i}].name"),
                "SET-2",
                "must be 1 to 100 characters in one line, without leading or trailing spaces",
            ));
        }
        for (i, _) in self.calendar.days_off().iter().enumerate().filter(|(_, day)| day.kind == DayOffKind::Unknown) {
            faults.push(Fault::new(format!("calendar.days_off[{i}].kind"), "SET-2", "must be public_holiday or company_holiday"));
        }
        for (i, rule) in self.routing_rules.iter().enumerate() {
            faults.extend(rule.when.faults(&format!("routing_rules[{i}].when"), "DIS-3"));
        }
        for (i, domain) in self.relay_domains.iter().enumerate() {
            let labels = domain.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
            if !labels || !domain.contains('.') || domain.len() > 253 {
                faults.push(Fault::new(format!("relay_domains[{i}]"), "INT-6", "must be a mail domain such as portal.example, without @"));
            }
        }
        self.check_follow_up_plans(faults);
        for (field, rule, count, most) in [
            ("routing_rules", "DIS-3", self.routing_rules.len(), 200),
            ("distribution_groups", "DIS-3", self.distribution_groups.len(), 200),
            ("members", "SET-7", self.members.len(), 500),
            ("relay_domains", "INT-6", self.relay_domains.len(), 200),
            ("calendar.days_off", "SET-2", self.calendar.days_off().len(), 1_000),
        ] {
            if count > most {
                faults.push(Fault::new(field, rule, format!("must have at most {most} entries")));
            }
        }
    }

    /// Checks the mailbox (SET-4, INT-7, INT-8). Mail forwarded to the lead address itself would loop forever.
    fn check_mail(&self, faults: &mut Vec<Fault>) {
        let targets = [
            ("forward_to", "SET-4", &self.forward_to),
            ("unparsed_mail_to", "INT-7", &self.unparsed_mail_to),
            ("trade_in_cc_email", "INT-8", &self.trade_in_cc_email),
        ];
        let lead_address = [("lead_address", "SET-4", &self.lead_address)];
        for (field, rule, _) in targets.iter().chain(&lead_address).filter(|(.., to)| to.as_ref().is_some_and(|to| !to.is_deliverable())) {
            faults.push(Fault::new(*field, rule, UNDELIVERABLE));
        }
        for (field, rule, target) in targets {
            if target.as_ref().is_some_and(|to| self.lead_address.as_ref().is_some_and(|own| own.is_same(to))) {
                faults.push(Fault::new(field, rule, "must not be the lead address itself"));
            }
        }
        let lists = [
            ("event_types", "CAL-1", &self.event_types),
            ("no_show_reasons", "CAL-4", &self.no_show_reasons),
            ("cancellation_reasons", "APT-11", &self.cancellation_reasons),
        ];
        for (field, rule, names) in lists {
            if names.len() > 50 || !names.iter().all(|name| is_line(name, 60)) {
                faults.push(Fault::new(
                    field,
                    rule,
                    "must have at most 50 names of 1 to 60 characters, without leading or trailing spaces",
                ));
            }
        }
        if self.text_number.as_ref().is_some_and(|number| Phone::read(number, self.country).texted() != Some(number)) {
            faults.push(Fault::new("text_number", "MSG-3", "must be a telephone number in E.164, such as +4915212345678"));
        }
        for (field, text, most) in
            [("from_name", &self.from_name, 100), ("expose", &self.expose, 100), ("mail_server", &self.mail_server, mail_server::LONGEST)]
        {
            if text.as_ref().is_some_and(|text| line(text, most).is_none()) {
                faults.push(Fault::new(field, "SET-4", format!("must be 1 to {most} characters in one line")));
            }
        }
        faults.extend(self.mail_server_faults());
    }
}
