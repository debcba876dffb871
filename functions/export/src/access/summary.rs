//! The summary of an access file, and its explanation in the dealer's language (PRV-4).

use super::items::{address, lean};
use super::job::Slice;
use super::lead::own_people;
use super::names;
use forecourt_domain::base::{ChannelKey, LeadId};
use forecourt_domain::directory::{Channel, KnownName};
use forecourt_domain::enquiry::Person;
use forecourt_domain::messages::AddressState;
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{Disclosed, DisclosedPart, Failure, Load};
use serde_json::{Value, json};

/// The number of leads that are read together.
const TOGETHER: usize = 20;

/// The explanations by language, English first.
const EXPLANATIONS: [(&str, &str); 3] =
    [("en", include_str!("readme/en.txt")), ("de", include_str!("readme/de.txt")), ("nl", include_str!("readme/nl.txt"))];

/// What the leads of a contact say about the contact.
#[derive(Default)]
struct Known {
    /// The data of the contact, each once, with the leads that have it.
    people: Vec<(Person, Vec<LeadId>)>,
    /// The addresses and numbers, each once, with their keys.
    channels: Vec<(String, ChannelKey)>,
    /// The entries of the leads.
    leads: Vec<Value>,
    /// The name of the dealer of the named lead.
    dealer: Option<String>,
}

impl Slice<'_> {
    /// Writes the summary and the explanation.
    pub(super) async fn summary(&mut self) -> Result<(), Failure> {
        let known = self.known().await?;
        let (mut channels, mut directory): (Vec<Value>, Vec<KnownName>) = (Vec::new(), Vec::new());
        let texts: Vec<(Option<&str>, &ChannelKey)> = known.channels.iter().map(|(text, key)| (Some(text.as_str()), key)).collect();
        let of_order = self.order.channels.clone();
        // The directory also has channels that no lead shows any more: only their keys are known.
        let former = of_order.iter().filter(|key| !known.channels.iter().any(|(_, known)| known == *key)).map(|key| (None, key));
        for (text, key) in texts.into_iter().chain(former) {
            for item in self.all_of(DisclosedPart::Channel(key)).await? {
                match item {
                    Disclosed::Channel(channel) => directory.extend(self.names_in(*channel)),
                    Disclosed::AddressState(state) => channels.push(channel(text, &state)),
                    // These are not kept with a channel.
                    Disclosed::Entry(_) | Disclosed::Message(_) | Disclosed::Event(_) | Disclosed::Invitation(_) => {}
                    Disclosed::Element(_) | Disclosed::Task(_) | Disclosed::Letter(_) | Disclosed::PendingReports(_) => {}
                    Disclosed::Outgoing(_) | Disclosed::Unreadable => {}
                }
            }
        }
        let names = |name: KnownName| json!(name);
        let spoken = |leads: Vec<LeadId>| leads.into_iter().map(LeadId::spoken).collect::<Vec<_>>();
        let person = |(person, leads): (Person, Vec<LeadId>)| json!({"data": person, "in_leads": spoken(leads)});
        let unreadable: Vec<String> = self.order.unreadable.iter().map(|lead| lead.spoken()).collect();
        let summary = lean(json!({
            "ordered_at": self.order.at, "written_at": self.now, "leads": known.leads,
            "people": known.people.into_iter().map(person).collect::<Vec<_>>(), "stops_and_consents": channels,
            "names_in_the_directory": directory.into_iter().map(names).collect::<Vec<_>>(),
            "leads_that_could_not_be_read": unreadable, "files_that_are_not_available": self.order.written.missing,
        }));
        self.archive.add("person.json", format!("{summary:#}\n").as_bytes())?;
        let explanation = self.explanation(known.dealer.as_deref().unwrap_or_default(), summary["leads"].as_array().map_or(0, Vec::len));
        self.archive.add("README.txt", explanation.as_bytes())
    }

    /// Reads what the leads say about the contact.
    async fn known(&mut self) -> Result<Known, Failure> {
        let mut known = Known::default();
        let targets: Vec<_> = self.order.targets.iter().filter(|target| !self.order.unreadable.contains(&target.lead)).cloned().collect();
        for some in targets.chunks(TOGETHER) {
            let load = Load::of(some.iter().map(|target| Key::Lead(target.lead))).then(|loaded| {
                let of = |lead: LeadId| Some([enquiry_key(loaded, lead), Key::Dealer(loaded.lead(lead)?.dealer.clone())]);
                some.iter().filter_map(|target| of(target.lead)).flatten().collect()
            });
            self.count_read();
            let loaded = self.exporter.platform.store.load(&self.scope, &load).await?;
            for target in some {
                let Ok((lead, dealer)) = found(&loaded, target.lead) else { continue };
                if lead.erased.is_some() {
                    continue;
                }
                if lead.id == self.order.lead {
                    known.dealer = Some(dealer.settings.name.clone());
                }
                let only_own_part = self.order.shared.contains(&lead.id).then_some(true);
                let file = names::lead_file(lead.id);
                known.leads.push(
                    json!({"number": lead.id.spoken(), "dealer_name": dealer.settings.name, "file": file, "only_own_part": only_own_part}),
                );
                for person in own_people(lead, enquiry_of(&loaded, lead), &target.contacts) {
                    for (_, text) in dealer.settings.channels_of(&person) {
                        let key = self.exporter.platform.store.secret().channel(&self.scope, &text);
                        if !known.channels.iter().any(|(_, known)| *known == key) {
                            known.channels.push((text, key));
                        }
                    }
                    match known.people.iter_mut().find(|(one, _)| *one == person) {
                        Some((_, leads)) => leads.push(lead.id),
                        None => known.people.push((person, vec![lead.id])),
                    }
                }
            }
        }
        Ok(known)
    }

    /// Returns the names that the directory has, unless the record is also that of other contacts.
    fn names_in(&self, channel: Channel) -> Vec<KnownName> {
        match channel {
            Channel::Contact(record) if self.order.shared_record.is_none() && self.order.channels.contains(&record.id) => record.names,
            Channel::Contact(_) | Channel::AliasOf(_) => Vec::new(),
        }
    }

    fn explanation(&self, dealer: &str, leads: usize) -> String {
        let language = self.order.language.as_str();
        let known = EXPLANATIONS.iter().find(|(known, _)| *known == language);
        let text = known.map_or(EXPLANATIONS[0].1, |(_, text)| *text);
        let text = text.replace("{dealer}", dealer).replace("{date}", &self.order.at.format("%Y-%m-%d").to_string());
        // The editor of Windows knows UTF-8 by the mark.
        format!("\u{feff}{}", text.replace("{leads}", &leads.to_string()).replace('\n', "\r\n"))
    }
}

fn channel(text: Option<&str>, state: &AddressState) -> Value {
    let mut shown = address(state);
    shown["address"] = json!(text);
    shown
}
