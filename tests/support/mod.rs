//! The base of all tests: the whole system with a virtual clock, and the helpers of several subjects.

pub mod appointments;
mod connector;
pub mod console;
pub mod dealers;
pub mod gate;
pub mod invitations;
pub mod letters;
pub mod pingbacks;
pub mod sim;
pub mod stored_appointments;
pub mod wire;
pub mod world;

/// Returns the root of the repository.
pub fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
