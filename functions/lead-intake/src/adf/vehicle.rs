//! Reads the vehicles: wanted vehicles, trade-ins, and the type of the lead (INT-4, INT-8).

use super::condition;
use super::leaves::{Leaf, first, leaves};
use super::oddities::Oddities;
use super::tree::Node;
use forecourt_domain::enquiry::RawVehicle;

/// The vehicles of a prospect.
#[derive(Debug)]
pub(super) struct Vehicles {
    pub(super) wanted: Vec<RawVehicle>,
    pub(super) trade_ins: Vec<RawVehicle>,
    /// A name of `LeadType`.
    pub(super) lead_type: &'static str,
}

/// The customer's interest in a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interest {
    Wanted,
    Lease,
    TestDrive,
    TradeIn,
    Service,
}

/// Sorts vehicles into wanted vehicles and trade-ins, in order. Empty vehicles are left out, since templates contain them.
pub(super) fn vehicles(sections: &[&Node], oddities: &mut Oddities) -> Vehicles {
    let mut all: Vec<(Interest, RawVehicle)> = sections.iter().map(|node| (interest(node, oddities), vehicle(node))).collect();
    let nothing = |vehicle: &RawVehicle| *vehicle == RawVehicle { condition: vehicle.condition.clone(), ..RawVehicle::default() };
    if all.iter().any(|(_, vehicle)| !nothing(vehicle)) {
        all.retain(|(_, vehicle)| !nothing(vehicle));
    }
    let lead_type = lead_type(&all);
    all.retain(|(_, vehicle)| !nothing(vehicle));
    let (mut wanted, mut trade_ins) = (Vec::new(), Vec::new());
    for (interest, mut vehicle) in all {
        if interest == Interest::Lease {
            vehicle.remarks = Some(std::iter::once("Lease".to_owned()).chain(vehicle.remarks).collect::<Vec<_>>().join("; "));
        }
        if interest == Interest::TradeIn { &mut trade_ins } else { &mut wanted }.push(vehicle);
    }
    Vehicles { wanted, trade_ins, lead_type }
}

fn lead_type(all: &[(Interest, RawVehicle)]) -> &'static str {
    if all.iter().any(|(interest, _)| *interest == Interest::TestDrive) {
        return "test_drive";
    }
    match all.iter().find(|(interest, _)| *interest != Interest::TradeIn) {
        None if all.is_empty() => "other",
        None => "trade_in",
        Some((Interest::Service, _)) => "service",
        Some(_) => {
            let wanted = all.iter().filter(|(interest, _)| *interest != Interest::TradeIn);
            type_of(wanted.filter_map(|(_, vehicle)| vehicle.condition.as_deref()).find(|condition| matches!(*condition, "new" | "used")))
        }
    }
}

/// Returns the type of a car enquiry by the condition, `new` or `used`.
pub(super) fn type_of(condition: Option<&str>) -> &'static str {
    match condition {
        Some("new") => "new_car",
        Some("used") => "used_car",
        _ => "other",
    }
}

fn interest(node: &Node, oddities: &mut Oddities) -> Interest {
    let Some(written) = node.attribute("interest") else { return Interest::Wanted };
    let bare: String = written.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match bare.as_str() {
        "buy" | "purchase" | "finance" => Interest::Wanted,
        "lease" | "leasing" => Interest::Lease,
        "testdrive" => Interest::TestDrive,
        // The customer is the seller.
        "tradein" | "trade" | "sell" | "partexchange" => Interest::TradeIn,
        "service" | "repair" | "maintenance" => Interest::Service,
        _ => {
            oddities.note("vehicle.interest", &format!("unknown interest: {written}; read as a wanted vehicle"));
            Interest::Wanted
        }
    }
}

fn vehicle(node: &Node) -> RawVehicle {
    let all = leaves(node, false);
    let (own, inner): (Vec<Leaf<'_>>, Vec<Leaf<'_>>) = all.into_iter().partition(|leaf| std::ptr::eq(leaf.parent, node));
    let mut remarks: Vec<String> = Vec::new();
    let state = first(&own, "condition");
    let status = node.attribute("status");
    let condition = match (status.as_deref().and_then(condition::of_word).or_else(|| condition::of_vehicle(&own)), status) {
        (Some(found), status) => {
            remarks.extend(status.filter(|words| condition::of_word(words).is_none()).map(|words| format!("Status: {words}")));
            Some(found.to_owned())
        }
        (None, status) => status,
    };
    remarks.extend(state.filter(|words| condition::of_word(words).is_none()).map(|words| format!("Condition: {words}")));
    for (name, label) in [("bodystyle", "Body"), ("doors", "Doors"), ("transmission", "Transmission")] {
        remarks.extend(first(&own, name).map(|value| format!("{label}: {value}")));
    }

    let mut prices =
        own.iter().filter(|leaf| leaf.node.name == "price").filter_map(|leaf| amount(leaf, "currency").map(|price| (leaf, price)));
    let price = prices.next().map(|(_, price)| price);
    remarks.extend(prices.map(|(leaf, price)| labelled("Price", leaf.attribute("type"), &price)));

    let colour = colours(&own, &inner, &mut remarks);
    for option in inner.iter().filter(|leaf| leaf.parent.name == "option" && leaf.node.name == "optionname") {
        remarks.extend(option.line().map(|name| format!("Option: {name}")));
    }
    remarks.extend(finance(&inner));
    for prose in own.iter().filter(|leaf| matches!(leaf.node.name.as_str(), "comments" | "pricecomments" | "description")) {
        remarks.extend(prose.line());
    }
    RawVehicle {
        condition,
        year: first(&own, "year"),
        make: first(&own, "make"),
        model: first(&own, "model"),
        trim: first(&own, "trim"),
        vin: first(&own, "vin"),
        stock_number: first(&own, "stock"),
        // ADF has no element for the site.
        site: None,
        plate: first(&own, "plate"),
        colour,
        mileage: own.iter().filter(|leaf| leaf.node.name == "odometer").find_map(|leaf| amount(leaf, "units")),
        price,
        remarks: (!remarks.is_empty()).then(|| remarks.join("; ")),
    }
}

/// Returns a number with the unit of its attribute.
fn amount(leaf: &Leaf<'_>, unit: &str) -> Option<String> {
    let value = leaf.line()?;
    match leaf.node.attribute(unit) {
        Some(unit) if !value.contains(|c: char| c.is_alphabetic() || "€$£".contains(c)) => Some(format!("{value} {unit}")),
        _ => Some(value),
    }
}

fn labelled(label: &str, kind: Option<String>, value: &str) -> String {
    match kind {
        Some(kind) => format!("{label} ({kind}): {value}"),
        None => format!("{label}: {value}"),
    }
}

/// Returns the exterior colour. The interior colour and alternatives are added to the remarks.
fn colours(own: &[Leaf<'_>], inner: &[Leaf<'_>], remarks: &mut Vec<String>) -> Option<String> {
    let named = |name: &str| {
        let all = inner.iter().filter(|leaf| leaf.parent.name == "colorcombination").chain(own);
        all.filter(|leaf| leaf.node.name == name).filter_map(Leaf::line).collect::<Vec<_>>()
    };
    let mut outside = named("exteriorcolor").into_iter();
    let chosen = outside.next();
    remarks.extend(named("interiorcolor").into_iter().take(1).map(|colour| format!("Interior: {colour}")));
    remarks.extend(outside.filter(|other| Some(other) != chosen.as_ref()).map(|colour| format!("Or in: {colour}")));
    chosen
}

/// Returns the `finance` values as text.
pub(super) fn finance(leaves: &[Leaf<'_>]) -> Option<String> {
    let mut words = Vec::new();
    for leaf in leaves.iter().filter(|leaf| leaf.parent.name == "finance") {
        let Some(value) = amount(leaf, "currency") else { continue };
        match leaf.node.name.as_str() {
            "method" => words.push(value),
            "amount" | "balance" => {
                let kinds = [leaf.attribute("type"), leaf.attribute("limit")].into_iter().flatten();
                words.push(kinds.chain([leaf.node.name.clone(), value]).collect::<Vec<_>>().join(" "));
            }
            _ => {}
        }
    }
    (!words.is_empty()).then(|| format!("Finance: {}", words.join(", ")))
}
