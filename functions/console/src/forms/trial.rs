//! A form that is tried out: what is typed goes to another operation, which changes nothing, and the form is shown again with the answer.

use super::problems::Problems;
use super::{Filled, Form, More, Setting, versions};
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::Page;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use http::Method;

/// A request with what is typed in a form.
pub(crate) struct Trial<'a> {
    pub(crate) operation: Operation,
    /// The values of the names in the operation's path.
    pub(crate) parts: &'a [(&'static str, &'a str)],
    /// The values of the fields.
    pub(crate) typed: &'a Pairs,
    /// Whether the operation has an effect, which a form that is sent twice has once.
    pub(crate) once: bool,
}

/// Makes what stands beside the form, of the answer. `None` if it was refused.
pub(crate) type Beside<'a> = &'a (dyn Fn(Option<&Data>) -> More<'static> + Sync);

impl Form {
    /// Sends what is typed, and shows the form with it and with the answer, or with the problems beside their fields. A form that was not
    /// sent is shown without problems.
    pub(crate) async fn try_out(
        &self,
        page: &Page<'_>,
        setting: &Setting<'_>,
        trial: &Trial<'_>,
        beside: Beside<'_>,
    ) -> Result<Reply, Trouble> {
        let is_sent = page.visit.method == Method::POST;
        if !is_sent {
            self.is_for(page)?;
        }
        let typed = &versions::picked(self.fields, trial.typed, &setting.values);
        let (body, mut problems) = self.body(typed, &page.zoned(setting.place.dealer));
        let (mut answer, mut status) = (None, 422);
        if problems.is_empty() {
            let key = typed.get("key").filter(|_| trial.once).map(str::to_owned);
            let ask = Ask { parts: trial.parts, body: Some(body), idempotency_key: key, ..Ask::default() };
            match page.call(trial.operation, ask).await {
                Ok(written) => (answer, status) = (Some(written), 200),
                Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 403 | 409 | 422 | 429) => {
                    problems.take(&problem, page.language, self);
                    status = problem.status;
                }
                Err(other) => return Err(other.into()),
            }
        }
        if !is_sent {
            (problems, status) = (Problems::default(), 200);
        }
        let more = beside(answer.as_ref());
        self.show(page, setting, &Filled { status, values: typed, problems: &problems, both: None, version: None, more: &more })
    }
}
