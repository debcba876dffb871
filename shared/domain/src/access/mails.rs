//! Access to the mails of a dealer (INT-7).

use crate::access::Scope;
use crate::base::{Refusal, Right};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

impl Scope {
    /// Checks a right, and that the principal may see the mail of `dealer`: it reads every lead there, or it is the fallback user or the
    /// administrator of the dealer or stands in for one of them (INT-7). The administrator gets the daily notice, whose link must lead
    /// somewhere.
    ///
    /// # Errors
    /// 403 names the right. A seller without a part in the inbox lacks the right to read it; 404 if the dealer is not accessible.
    pub fn needs_on_mail(&self, right: Right, dealer: &Dealer, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.needs(Right::ReadLeads)?;
        self.needs(right)?;
        self.reaches(&dealer.id)?;
        let settings = &dealer.settings;
        let is_in_charge = |user| {
            let mut above = settings.fallback_user.iter().chain([&settings.admin_user]);
            settings.member(user).is_some() && above.any(|owner| owner == user || settings.stands_in(user, owner, now))
        };
        let sees = self.reads_every_lead() || self.user_id().is_some_and(is_in_charge);
        let detail = "the mails of a dealer are for users who read every lead of it, for its fallback user and its administrator, and for their substitutes";
        if sees { Ok(()) } else { Err(Refusal::NotAllowed { right, rule: "INT-7", detail: detail.into() }) }
    }
}
