//! Days off from an iCalendar file, by upload or by pasting (SET-2).

use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::texts_of;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::visit::Pairs;
use forecourt_domain::base::Right;
use forecourt_edge::routes::{Operation, SettingsPart};
use http::Method;
use minijinja::context;
use multer::Multipart;
use std::convert::Infallible;

/// The first signs of an iCalendar file.
const BEGIN: &str = "BEGIN:VCALENDAR";

/// Shows the form, or imports the file and shows the result.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    if page.visit.method != Method::POST {
        page.needs(Right::ChangeSettings)?;
        let now = page.get(Operation::ReadPart(SettingsPart::Holidays), &[("dealer", id)], Vec::new()).await?;
        return form(page, &dealer, &now.version().unwrap_or_default(), Shown::default());
    }
    let typed = sent(&page.visit.body, page.visit.header("content-type").unwrap_or_default()).await;
    let version = typed.get("version").unwrap_or_default().to_owned();
    let file = typed.get("file").or_else(|| typed.get("text")).map(|text| text.trim_start_matches('\u{feff}'));
    let Some(file) = file.filter(|file| file.get(..BEGIN.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(BEGIN))) else {
        let error = page.language.text("settings.import.no_file").unwrap_or_default().to_owned();
        return form(page, &dealer, &version, Shown { status: 422, errors: vec![error], typed: Some(&typed), result: None });
    };
    let ask = Ask {
        parts: &[("dealer", id)],
        query: if typed.has("transparent") { vec![("transparent", "true".to_owned())] } else { Vec::new() },
        text: Some(("text/calendar", file.to_owned())),
        if_match: Some(format!("\"{version}\"")),
        ..Ask::default()
    };
    match page.call(Operation::ImportHolidays, ask).await {
        Ok(result) => {
            let version = result.version().unwrap_or_default();
            form(page, &dealer, &version, Shown { result: Some(&result), ..Shown::default() })
        }
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 409 | 412 | 413 | 422 | 428) => {
            let errors = match problem.status {
                412 => vec![page.language.text("error.changed").unwrap_or_default().to_owned()],
                _ => texts_of(&problem, page.language),
            };
            // The reader sees that it has changed, and may send it again for the present version.
            let version = problem.current_version.map_or(version, |current| current.to_string());
            form(page, &dealer, &version, Shown { status: problem.status, errors, typed: Some(&typed), result: None })
        }
        Err(other) => Err(other.into()),
    }
}

/// Returns the fields of a form with a file, which is its text. Nothing is there if the body is no such form.
async fn sent(body: &[u8], media_type: &str) -> Pairs {
    let mut pairs = Pairs::default();
    let Ok(boundary) = multer::parse_boundary(media_type) else { return pairs };
    let body = body.to_vec();
    let stream = futures::stream::once(async move { Ok::<_, Infallible>(body) });
    let mut fields = Multipart::new(stream, boundary);
    while let Ok(Some(field)) = fields.next_field().await {
        let name = field.name().unwrap_or_default().to_owned();
        let Ok(bytes) = field.bytes().await else { break };
        pairs.0.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    pairs
}

/// What the form shows beside its fields.
struct Shown<'a> {
    status: u16,
    errors: Vec<String>,
    typed: Option<&'a Pairs>,
    result: Option<&'a Data>,
}

impl Default for Shown<'_> {
    fn default() -> Self {
        Self { status: 200, errors: Vec::new(), typed: None, result: None }
    }
}

fn form(page: &Page<'_>, dealer: &Data, version: &str, shown: Shown<'_>) -> Result<Reply, Trouble> {
    let Shown { status, errors, typed, result } = shown;
    let values = context! {
        version, errors, result => result.map(Data::value), text => typed.and_then(|typed| typed.get("text")),
        transparent => typed.is_some_and(|typed| typed.has("transparent")), list => format!("/desk/d/{}/settings", dealer.text("id")),
    };
    page.render(status, "settings_import.html", Place { dealer: Some(dealer), active: "settings" }, values)
}
