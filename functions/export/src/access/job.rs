//! One slice of an access file: it ends with a full part, after the largest number of reads, or after 30 seconds (PRV-4).

use super::file_name;
use crate::Exporter;
use crate::archive::{Archive, Written};
use crate::sought::Sought;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::privacy::{AccessFile, AccessPhase, AccessPlace, AccessState};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};
use std::time::{Duration, Instant};

/// Longest reading time of a slice. The function has 90 seconds.
const LONGEST: Duration = Duration::from_secs(30);
/// The media type of an access file.
pub(super) const MEDIA_TYPE: &str = "application/zip";

/// A slice that is being written.
pub(super) struct Slice<'a> {
    pub(super) exporter: &'a Exporter,
    pub(super) scope: Scope,
    pub(super) now: DateTime<Utc>,
    /// The order, with what the slice has found out.
    pub(super) order: AccessFile,
    /// The place that the slice has reached.
    pub(super) place: AccessPlace,
    pub(super) archive: Archive,
    /// The number of reads that are left.
    reads: usize,
    started: Instant,
}

impl Exporter {
    /// Writes the next slice of an access file if one is due, or removes the file. An interrupted slice is repeated from the end of the
    /// last stored one.
    pub(crate) async fn write_access_file(&self, wake_up: &WakeUp, id: &str) -> Result<(), Failure> {
        let (scope, now) = (wake_up.scope(), self.platform.clock.now());
        let job = || Load::of([Key::AccessFile(id.to_owned())]).with_long_retry();
        let begin = |loaded: &Loaded, _| {
            let begun = loaded.access_file(id).and_then(|order| order.begun(now));
            Ok((begun.clone().map(|begun| Decision::default().with(Item::AccessFile(Box::new(begun)))), begun))
        };
        let Some(begun) = self.platform.store.decide(&scope, job(), begin).await? else { return Ok(()) };
        let next = match (begun.ends_by(now), &begun.state) {
            (Some(why), _) => {
                self.remove_access_file(&scope, &begun).await?;
                begun.removed(why, now)
            }
            (None, _) if begun.must_restart(now) => {
                self.remove_access_file(&scope, &begun).await?;
                begun.restarted(now)
            }
            (None, AccessState::Running { place }) => self.next_slice(&scope, &begun, place.clone()).await?,
            (None, AccessState::Closing) => {
                let upload = begun.written.upload.as_deref().unwrap_or_default();
                self.uploads.finish(&file_name(&scope, id), upload, &begun.written.parts).await?;
                begun.ended(AccessState::Done { at: now }, now)
            }
            (None, AccessState::Done { .. } | AccessState::Deleted { .. } | AccessState::Unknown) => return Ok(()),
        };
        let end = |loaded: &Loaded, _| {
            let ours = loaded.access_file(id).filter(|order| order.is_at(&begun));
            let decision = ours.map(|_| Decision::default().with(Item::AccessFile(Box::new(next.clone()))));
            Ok((decision, loaded.access_file(id).cloned()))
        };
        let found = self.platform.store.decide(&scope, job(), end).await?;
        if found.as_ref().is_some_and(|order| order.is_at(&begun)) {
            let used = begun.written.carried.as_ref().filter(|carried| next.written.carried.as_ref() != Some(carried));
            if let Some(carried) = used {
                // A failure is ignored: the carried file is no longer used, and is removed with the access file.
                let _ = self.platform.files.erase(carried).await;
            }
        } else if found.is_none_or(|order| order.is_over(now)) {
            // The order was deleted meanwhile, and what this slice has written with it.
            self.remove_access_file(&scope, &next).await?;
        }
        Ok(())
    }

    /// Removes the file, an unfinished upload, and everything that slices have carried.
    pub(crate) async fn remove_access_file(&self, scope: &Scope, order: &AccessFile) -> Result<(), Failure> {
        let name = file_name(scope, &order.id);
        if let Some(upload) = &order.written.upload {
            self.uploads.abandon(&name, upload).await?;
        }
        for name in self.platform.files.names(&name).await? {
            self.platform.files.erase(&name).await?;
        }
        Ok(())
    }

    /// Reads a slice and stores it as a part. If its bytes are too few for a part, they are carried to the next slice.
    async fn next_slice(&self, scope: &Scope, begun: &AccessFile, place: AccessPlace) -> Result<AccessFile, Failure> {
        let order = begun.clone();
        let carried = match &order.written.carried {
            Some(name) => self.platform.files.get(name).await?.ok_or_else(|| Failure::Broken(format!("{name} no longer exists").into()))?,
            None => Vec::new(),
        };
        let archive = Archive::resume(&order.written, carried)?;
        let (now, reads) = (self.platform.clock.now(), self.reads);
        let mut slice = Slice { exporter: self, scope: scope.clone(), now, order, place, archive, reads, started: Instant::now() };
        let ended = slice.write().await?;
        slice.store(ended).await
    }
}

impl Slice<'_> {
    /// Writes until the slice is full. Returns whether everything is written.
    async fn write(&mut self) -> Result<bool, Failure> {
        while !self.is_full() {
            match self.place.phase {
                AccessPhase::Search => self.search().await?,
                AccessPhase::Lead => Box::pin(self.lead()).await?,
                AccessPhase::Files => Box::pin(self.files()).await?,
                AccessPhase::Appointments => Box::pin(self.appointments()).await?,
                AccessPhase::Mails => Box::pin(self.mails()).await?,
                AccessPhase::Summary | AccessPhase::Unknown => {
                    Box::pin(self.summary()).await?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether the slice ends at the next place where it can.
    pub(super) fn is_full(&self) -> bool {
        self.archive.len() >= self.exporter.part || self.reads == 0 || self.started.elapsed() > LONGEST
    }

    pub(super) fn count_read(&mut self) {
        self.reads = self.reads.saturating_sub(1);
    }

    /// Continues with the next phase.
    pub(super) fn turn(&mut self, phase: AccessPhase) {
        self.place = AccessPlace { phase, done: self.place.done, ..AccessPlace::default() };
    }

    pub(super) fn sought(&self) -> Sought<'_> {
        let AccessFile { channels, shared_record, at, .. } = &self.order;
        let platform = &self.exporter.platform;
        Sought { platform, scope: &self.scope, channels, shared_record: shared_record.as_ref(), ordered: *at, now: self.now }
    }

    async fn search(&mut self) -> Result<(), Failure> {
        let cursor = if self.order.searches {
            self.count_read();
            let found = self.sought().leads(self.place.cursor.as_ref()).await?;
            self.order.add_targets(found.targets);
            self.order.add_unreadable(&found.unreadable);
            found.next
        } else {
            None
        };
        match cursor {
            Some(cursor) => self.place.cursor = Some(cursor),
            None => self.turn(AccessPhase::Lead),
        }
        Ok(())
    }

    /// Stores the output of the slice. Returns the order after it.
    async fn store(mut self, ended: bool) -> Result<AccessFile, Failure> {
        let (exporter, name) = (self.exporter, file_name(&self.scope, &self.order.id));
        let slices = self.order.slices;
        let written = &mut self.order.written;
        let Written { mut bytes, listed } = if ended { self.archive.finish(written)? } else { self.archive.pause(written)? };
        if bytes.len() >= exporter.part || ended {
            let upload = match written.upload.take() {
                Some(upload) => upload,
                None => {
                    written.upload_since = Some(self.now);
                    exporter.uploads.begin(&name, MEDIA_TYPE).await?
                }
            };
            let mark = exporter.uploads.part(&name, &upload, slices, std::mem::take(&mut bytes)).await?;
            written.parts.push((slices, mark));
            written.upload = Some(upload);
        }
        written.carried = None;
        if !ended {
            let carried = format!("{name}.{slices}");
            bytes.extend_from_slice(&listed);
            exporter.platform.files.put(&carried, bytes).await?;
            written.carried = Some(carried);
        }
        let state = if ended { AccessState::Closing } else { AccessState::Running { place: self.place } };
        Ok(self.order.ended(state, self.now))
    }
}
