//! The bucket's local twin: a folder.

use async_trait::async_trait;
use forecourt_edge::files::Files;
use forecourt_store::Failure;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A folder of files.
pub struct Folder(pub PathBuf);

fn unavailable(e: &std::io::Error) -> Failure {
    Failure::Unavailable(e.to_string())
}

/// Writes a file so that it is either there whole or not at all, whatever crashes.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}

#[async_trait]
impl Files for Folder {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        write_whole(&self.0.join(name), &bytes).map_err(|e| unavailable(&e))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        match std::fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(unavailable(&e)),
        }
    }
}
