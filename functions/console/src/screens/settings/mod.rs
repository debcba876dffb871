//! The settings of a dealer: an overview with the findings, a page for each part, the dry run, the import of days off, and the history.
//!
//! | Module | Purpose |
//! |---|---|
//! | `describe`, `sections` | the parts as data |
//! | `values` | from the values of the API to the inputs of a form, and back |
//! | `words` | values and changes in words |
//! | `inputs`, `offered` | the inputs for the template, and the values of other parts that they offer |
//! | `edit` | the page of a part: shown, edited, reviewed, saved |
//! | `findings`, `picture`, `mailbox` | risky settings beside their fields; what the four times do, drawn; the address and the last mail |
//! | `dry_run`, `mail_trial`, `import`, `history`, `people` | pages of their own |

mod describe;
mod dry_run;
mod edit;
mod findings;
mod history;
mod import;
mod inputs;
mod mail_trial;
mod mailbox;
mod offered;
mod people;
mod picture;
mod plans;
mod sections;
mod values;
mod words;

use super::{Page, Part, Place, Screen};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::view::Language;
pub(super) use edit::week;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use sections::{GROUPS, find};
pub(super) use words::hand_over;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/settings", run: |page| Box::pin(overview(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/history", run: |page| Box::pin(history::show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/dry-run", run: |page| Box::pin(dry_run::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/dry-run", run: |page| Box::pin(dry_run::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/mailbox/trial", run: |page| Box::pin(mail_trial::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/mailbox/trial", run: |page| Box::pin(mail_trial::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/import", run: |page| Box::pin(import::answer(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/import", run: |page| Box::pin(import::answer(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/add-user", run: |page| Box::pin(people::add(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/add-user", run: |page| Box::pin(people::add(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/{part}", run: |page| Box::pin(edit::section(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/{part}", run: |page| Box::pin(edit::section(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/users/{user}", run: |page| Box::pin(edit::user(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/users/{user}", run: |page| Box::pin(edit::user(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/users/{user}/removal", run: |page| Box::pin(people::remove(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/settings/users/{user}/removal", run: |page| Box::pin(people::remove(page)) },
    ],
    templates: &[
        ("settings.html", include_str!("settings.html")),
        ("settings_fields.html", include_str!("settings_fields.html")),
        ("settings_mailbox.html", include_str!("settings_mailbox.html")),
        ("settings_mail_trial.html", include_str!("settings_mail_trial.html")),
        ("settings_part.html", include_str!("settings_part.html")),
        ("settings_review.html", include_str!("settings_review.html")),
        ("settings_changes.html", include_str!("settings_changes.html")),
        ("settings_dry_run.html", include_str!("settings_dry_run.html")),
        ("settings_import.html", include_str!("settings_import.html")),
        ("settings_history.html", include_str!("settings_history.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: sections::addresses,
};

/// Pages of the overview that are no parts of the settings: their group, their address below that of the overview, and the name of their
/// texts.
const FURTHER: [(&str, &str, &str); 2] = [("messages", "texts", "texts"), ("messages", "texts?tab=canned", "canned")];

/// Returns the parts with the explanations of their fields, for the page of help.
pub(super) fn explained(language: Language) -> Vec<Value> {
    let text = |key: String| language.text(&format!("settings.{key}"));
    let of_section = |section: &describe::Section| {
        let explained = |field: &describe::Field| {
            let hint = text(format!("hint.{}", field.name))?;
            Some(context! { title => text(format!("field.{}", field.name)), hint })
        };
        let fields: Vec<Value> = section.fields.iter().filter_map(explained).collect();
        let (name, is_page) = (section.name, find(section.name).is_some());
        context! { name, is_page, title => text(format!("part.{name}")), about => text(format!("about.{name}")), fields }
    };
    sections::SECTIONS.iter().chain([&sections::USER]).map(of_section).collect()
}

/// Shows every part with its findings.
async fn overview(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id)];
    let settings = page.get(Operation::ReadSettings, &parts, Vec::new());
    let found = page.get(Operation::SettingsFindings, &parts, Vec::new());
    let (settings, found) = futures::try_join!(settings, found)?;
    let words = words::Words::new(page.zoned(Some(&dealer)), &dealer);
    let settings = settings.get("settings");
    let found = found.get("findings").items();
    let of_section = |name: &&'static str| {
        let section = find(name)?;
        let own = found.iter().filter(|finding| section.input_of(finding.text("field")).is_some());
        let notes: Vec<String> = own.map(|finding| findings::text(finding, settings.json(), &words)).collect();
        let (title, about) = (words.text(&format!("part.{name}")), words.text(&format!("about.{name}")));
        Some(context! { name => section.name, title, about, notes })
    };
    let of_group = |(name, sections): &(&'static str, &'static [&'static str])| {
        let further = FURTHER.iter().filter(|(of, ..)| of == name).map(|(_, page, text)| {
            context! { name => *page, title => words.text(&format!("part.{text}")), about => words.text(&format!("about.{text}")) }
        });
        let sections: Vec<Value> = sections.iter().filter_map(&of_section).chain(further).collect();
        context! { title => words.text(&format!("group.{name}")), sections }
    };
    let groups: Vec<Value> = GROUPS.iter().map(of_group).collect();
    let values = context! { groups, count => found.len(), base => format!("/desk/d/{id}/settings") };
    page.render(200, "settings.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}
