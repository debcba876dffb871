//! The settings of capacity: ranges, defaults, and a dealer's over its group's (CAL-7).

use chrono::TimeDelta;
use forecourt_domain::settings::{Capacity, CapacityDraft};
use serde_json::{Value, json};

fn draft(set: Value) -> CapacityDraft {
    serde_json::from_value(set).expect("known fields")
}

fn fields(draft: &CapacityDraft) -> Vec<String> {
    let faults = draft.check();
    assert!(faults.iter().all(|fault| fault.rule == "CAL-7" && !fault.detail.is_empty()));
    faults.into_iter().map(|fault| fault.field).collect()
}

fn resolved(dealer: &CapacityDraft, group: &CapacityDraft) -> Value {
    serde_json::to_value(Capacity::resolve(dealer, group)).expect("it can be written")
}

/// CAL-7: all invalid fields are returned at once.
#[test]
fn cal_7_all_invalid_capacity_fields_are_returned_at_once() {
    let all = draft(json!({
        "per_slot": 51, "per_day": 201, "earliest": "12:00", "latest": "12:00", "durations": {"Delivery": 20, "SMS": 0, "Notes": 495, "Visit": 480},
        "default_duration": 10, "step": 45, "notice": 20161, "horizon_days": 0,
    }));
    let expected = [
        "per_slot",
        "per_day",
        "notice",
        "horizon_days",
        "step",
        "durations.Delivery",
        "durations.Notes",
        "durations.SMS",
        "default_duration",
        "latest",
    ];
    assert_eq!(fields(&all), expected);
    assert_eq!(fields(&draft(json!({"earliest": "24:00"}))), ["earliest"]);
    assert_eq!(fields(&draft(json!({"durations": {"  ": 60}}))), ["durations"]);
    assert_eq!(fields(&draft(json!({"horizon_days": 93}))), ["horizon_days"]);
}

#[test]
fn cal_7_the_bounds_of_every_range_are_allowed() {
    for set in [
        json!({"per_slot": 0, "per_day": 0, "earliest": "00:00", "latest": "24:00", "durations": {"a": 15}, "step": 15, "notice": 0, "horizon_days": 1}),
        json!({"per_slot": 50, "per_day": 200, "earliest": "23:59", "default_duration": 480, "step": 60, "notice": 20160, "horizon_days": 92}),
        json!({}),
    ] {
        assert_eq!(fields(&draft(set)), [""; 0]);
    }
}

/// CAL-7: malformed values are refused. Of a field that this release does not know, only a request is refused (SET-10).
#[test]
fn cal_7_malformed_capacity_values_are_refused() {
    assert!(serde_json::from_value::<CapacityDraft>(json!({"per_hour": 1})).is_ok());
    for set in [json!({"earliest": "9:00"}), json!({"per_slot": -1})] {
        assert!(serde_json::from_value::<CapacityDraft>(set).is_err());
    }
}

/// CAL-7: the defaults apply if neither dealer nor group sets a value.
#[test]
fn cal_7_the_defaults_apply_if_neither_dealer_nor_group_sets_a_value() {
    let expected = json!({
        "per_slot": 1, "per_day": 8, "earliest": null, "latest": null, "durations": {}, "default_duration": 60, "step": 30, "notice": 60,
        "horizon_days": 28,
    });
    assert_eq!(resolved(&draft(json!({})), &draft(json!({}))), expected);
    assert_eq!(Capacity::default().duration("Delivery"), TimeDelta::hours(1));
}

#[test]
fn cal_7_dealer_capacity_overrides_group_capacity_field_by_field() {
    let group = draft(json!({"per_slot": 2, "per_day": 0, "earliest": "10:00", "durations": {"Delivery": 90, "SMS": 15}, "step": 60}));
    let dealer = draft(json!({"per_slot": 0, "latest": "16:00", "durations": {"SMS": 30}, "default_duration": 45}));
    let expected = json!({
        "per_slot": 0, "per_day": 0, "earliest": "10:00", "latest": "16:00", "durations": {"Delivery": 90, "SMS": 30}, "default_duration": 45,
        "step": 60, "notice": 60, "horizon_days": 28,
    });
    assert_eq!(resolved(&dealer, &group), expected);
    let capacity = Capacity::resolve(&dealer, &group);
    let times = ["Delivery", "SMS", "Visit Inbound"].map(|kind| capacity.duration(kind).num_minutes());
    assert_eq!(times, [90, 30, 45]);
}

/// CAL-7: a contradiction between the dealer's and the group's values is found.
#[test]
fn cal_7_a_contradiction_between_dealer_and_group_capacity_is_found() {
    let group = draft(json!({"earliest": "12:00"}));
    let dealer = draft(json!({"latest": "11:00"}));
    assert_eq!((fields(&group), fields(&dealer)), (vec![], vec![]));
    assert_eq!(fields(&dealer.over(&group)), ["latest"]);
}

/// CAL-7: invalid stored values are ignored and replaced by the defaults.
#[test]
fn cal_7_invalid_stored_values_are_replaced_by_the_defaults() {
    let bad = draft(json!({
        "per_slot": 99, "per_day": 999, "durations": {"a": 0, "b": 30}, "default_duration": 7, "step": 0, "notice": 4_000_000_000u32,
        "horizon_days": 4_000_000_000u32,
    }));
    assert_eq!(resolved(&bad, &draft(json!({}))), resolved(&draft(json!({"durations": {"b": 30}})), &draft(json!({}))));
}

/// CAL-7: a stored document keeps its shape when it is read and written again.
#[test]
fn a_stored_capacity_document_keeps_its_shape() {
    let set = json!({"per_slot": 2, "earliest": "09:30", "durations": {"Delivery": 90}});
    assert_eq!(serde_json::to_value(draft(set.clone())).expect("it can be written"), set);
}
