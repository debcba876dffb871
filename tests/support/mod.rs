//! The base of all tests: the whole system with a virtual clock, and the helpers of several subjects.

pub mod appointments;
pub mod archive;
pub mod connector;
pub mod console;
pub mod dealers;
pub mod documents;
pub mod gate;
pub mod invitations;
pub mod letters;
pub mod mail_limits;
pub mod mails;
pub mod pingbacks;
pub mod plans;
pub mod processor;
pub mod sim;
pub mod smtp;
pub mod stored_appointments;
pub mod wire;
pub mod world;

/// Returns the root of the repository.
pub fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the files of a folder, and of the folders in it, with this ending.
pub fn files(folder: &std::path::Path, ending: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|n| n != "target" && n != ".git") {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found
}
