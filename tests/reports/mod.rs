//! Tests of overviews and exports (OVR, EXP).

pub(crate) mod bulk;
pub(crate) mod export;
mod export_files;
mod figures;
pub(crate) mod grid;
pub(crate) mod histories;
pub(crate) mod leads;
pub(crate) mod overview;
mod own_exports;
