//! The vehicle in request bodies.

use super::json::{Loose, Text};
use forecourt_domain::base::Fault;
use forecourt_domain::enquiry::RawVehicle;
use serde::Deserialize;
use utoipa::ToSchema;

/// A vehicle. Each text has at most 200 characters.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VehicleBody {
    /// `new` or `used`.
    #[schema(value_type = Option<String>)]
    condition: Loose<Text>,
    /// From 1885 to 2100.
    #[schema(value_type = Option<u16>, example = 2023)]
    year: Loose<Text>,
    /// For example `Opel`.
    #[schema(value_type = Option<String>)]
    make: Loose<Text>,
    /// For example `Corsa`.
    #[schema(value_type = Option<String>)]
    model: Loose<Text>,
    /// For example `GS Line`.
    #[schema(value_type = Option<String>)]
    trim: Loose<Text>,
    /// The vehicle identification number.
    #[schema(value_type = Option<String>)]
    vin: Loose<Text>,
    /// The dealer's stock number.
    #[schema(value_type = Option<String>)]
    stock_number: Loose<Text>,
    /// The id of the dealer where the vehicle is. The rules of that dealer may apply (INT-10).
    #[schema(value_type = Option<String>)]
    site: Loose<Text>,
    /// The number plate.
    #[schema(value_type = Option<String>)]
    plate: Loose<Text>,
    /// A colour name.
    #[schema(value_type = Option<String>)]
    colour: Loose<Text>,
    /// With its unit, for example `42000 km`.
    #[schema(value_type = Option<String>)]
    mileage: Loose<Text>,
    /// With its currency, for example `17900 EUR`.
    #[schema(value_type = Option<String>)]
    price: Loose<Text>,
    /// At most 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    remarks: Loose<Text>,
}

impl VehicleBody {
    /// Returns the unchecked vehicle. `at` is the path of the vehicle in the body.
    pub fn read(self, at: &str, faults: &mut Vec<Fault>) -> RawVehicle {
        let mut text = |name: &str, value: Loose<Text>| value.text(&format!("{at}.{name}"), faults);
        RawVehicle {
            condition: text("condition", self.condition),
            year: text("year", self.year),
            make: text("make", self.make),
            model: text("model", self.model),
            trim: text("trim", self.trim),
            vin: text("vin", self.vin),
            stock_number: text("stock_number", self.stock_number),
            site: text("site", self.site),
            plate: text("plate", self.plate),
            colour: text("colour", self.colour),
            mileage: text("mileage", self.mileage),
            price: text("price", self.price),
            remarks: text("remarks", self.remarks),
        }
    }
}
