//! The values that a page offers and that other parts of the dealer have: distribution groups, canned answers.

use super::super::Page;
use super::describe::Section;
use crate::api::Unanswered;
use forecourt_edge::routes::{Operation, SettingsPart};

/// Returns the values with their texts. `parts` begins with the dealer.
pub(super) async fn values(
    page: &Page<'_>,
    section: &Section,
    parts: &[(&'static str, &str)],
) -> Result<Vec<(String, String)>, Unanswered> {
    if section.uses_groups() {
        let groups = page.get(Operation::ReadPart(SettingsPart::DistributionGroups), &parts[..1], Vec::new()).await?;
        let groups = groups.get("settings").get("distribution_groups").items();
        return Ok(groups.iter().filter_map(|group| group.json().as_str()).map(|id| (id.to_owned(), id.to_owned())).collect());
    }
    if section.uses_canned() {
        let texts = page.get(Operation::ListTexts, &parts[..1], Vec::new()).await?;
        let canned = texts.get("texts").items();
        let canned = canned.iter().filter(|text| text.text("kind") == "canned");
        let named = |medium: &str| page.language.text(&format!("label.medium.{medium}")).unwrap_or_default().to_owned();
        let shown = |text: &str, medium: &str, language: &str| format!("{text} ({}, {language})", named(medium));
        return Ok(canned
            .map(|text| (text.text("id").to_owned(), shown(text.text("name"), text.text("medium"), text.text("language"))))
            .collect());
    }
    Ok(Vec::new())
}
