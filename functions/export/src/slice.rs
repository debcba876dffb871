//! One slice of an export: it ends with a full part, after the largest number of reads, or after 30 seconds (EXP-3).

use crate::columns::{Context, Record, facts};
use crate::file::File;
use crate::vehicles::vehicles;
use crate::{Exporter, file_name};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::reports::{
    AppointmentFacts, Bounds, Export, ExportContent, ExportOutput, ExportPosition, ExportState, Period, ReadingTimes, RowPosition,
};
use forecourt_domain::settings::Dealer;
use forecourt_edge::usecase::people::Names;
use forecourt_store::keys::{Key, WakeUp, WakeUpTarget};
use forecourt_store::{EarlierPlace, Failure, ListedLead, Listing, Load, Loaded, Partition};
use futures::try_join;
use std::time::{Duration, Instant};

/// Longest reading time of a slice. Compressed rows fill a part only after hundreds of thousands, and the function has 90 seconds.
const LONGEST: Duration = Duration::from_secs(30);

/// Returns the months to read of a dealer. Records created after the request are left out.
fn partitions(export: &Export, dealer: &Dealer) -> Vec<Partition> {
    let bounds = bounds(export, dealer);
    let listing = match &export.what {
        ExportContent::Appointments(_) => Listing::Appointments,
        ExportContent::Leads(_) => Listing::Leads,
    };
    let until = bounds.created.until.map_or(export.asked, |until| until.min(export.asked));
    Partition::all(listing, &dealer.id, Period { until: Some(until), ..bounds.created }, dealer.since, export.asked)
}

/// Returns the number of months to read of a dealer, not counting records that came from another dealer.
pub(crate) fn months(export: &Export, dealer: &Dealer) -> u64 {
    partitions(export, dealer).iter().filter(|partition| !partition.is_of_newcomers()).count() as u64
}

/// Returns the filter's dates as times in the dealer's zone.
fn bounds(export: &Export, dealer: &Dealer) -> Bounds {
    let calendar = &dealer.settings.calendar;
    match &export.what {
        ExportContent::Appointments(filter) => filter.bounds(calendar, export.asked),
        ExportContent::Leads(filter) => filter.bounds(calendar),
    }
}

/// Whether a row was read at an earlier position.
fn was_read(export: &Export, marks: &ReadingTimes, earlier: &EarlierPlace) -> bool {
    let number = export.dealers.iter().position(|dealer| *dealer == earlier.dealer);
    number.is_some_and(|dealer| {
        let position = RowPosition { newcomer: earlier.newcomer, dealer, month: earlier.partition.clone(), place: earlier.place.clone() };
        marks.have_read(&position, earlier.from, earlier.until)
    })
}

/// The state of a slice.
struct Slice {
    file: File,
    place: ExportPosition,
    rows: u64,
    months: u64,
    percent: u8,
    marks: ReadingTimes,
    /// Whether everything has been read.
    ended: bool,
}

impl Exporter {
    /// Writes the next slice if one is due. An interrupted slice is repeated from the end of the last stored one.
    pub(crate) async fn slice(&self, wake_up: &WakeUp) -> Result<(), Failure> {
        let WakeUpTarget::Export { export: id } = &wake_up.target else { return Ok(()) };
        let (scope, now) = (wake_up.scope(), self.platform.clock.now());
        let job = || Load::of([Key::Export(id.clone())]);
        let begin = |loaded: &Loaded, _| {
            let begun = loaded.export(id).and_then(|export| export.begun(now));
            Ok((begun.clone().map(|begun| Decision::default().with(Item::Export(Box::new(begun)))), begun))
        };
        let Some(begun) = self.platform.store.decide(&scope, job(), begin).await? else { return Ok(()) };
        let name = file_name(&scope, &begun);
        let (state, written) = match &begun.state {
            _ if begun.is_over(now) => (ExportState::Expired, self.remove_files(&name, &begun.written).await?),
            ExportState::Running { place } => Box::pin(self.write_slice(&scope, &begun, place.clone())).await?,
            ExportState::Closing => {
                let upload = begun.written.upload.as_deref().unwrap_or_default();
                self.uploads.finish(&name, upload, &begun.written.parts).await?;
                (ExportState::Done { at: now }, begun.written.clone())
            }
            ExportState::Done { .. } | ExportState::Expired => return Ok(()),
        };
        let end = |loaded: &Loaded, _| {
            let ended = loaded.export(id).filter(|export| export.is_at(&begun));
            let ended = ended.map(|export| export.ended(state.clone(), written.clone(), now));
            Ok((ended.map(|ended| Decision::default().with(Item::Export(Box::new(ended)))), ()))
        };
        self.platform.store.decide(&scope, job(), end).await?;
        if let Some(carried) = begun.written.carried.as_ref().filter(|carried| written.carried.as_ref() != Some(carried)) {
            // A failure is ignored: the carried file is no longer used, and the bucket deletes it after a day.
            let _ = self.platform.files.remove(carried).await;
        }
        Ok(())
    }

    /// Reads a slice and stores it as a part. If the rows are too few for a part, they are carried to the next slice.
    async fn write_slice(&self, scope: &Scope, export: &Export, place: ExportPosition) -> Result<(ExportState, ExportOutput), Failure> {
        let name = file_name(scope, export);
        let mut written = export.written.clone();
        let bytes = match &written.carried {
            Some(carried) => {
                self.platform.files.get(carried).await?.ok_or_else(|| Failure::Broken(format!("{carried} no longer exists").into()))?
            }
            None => Vec::new(),
        };
        let before = written.bytes - bytes.len() as u64;
        let file = File::resume(export, before, bytes, self.sheet)?;
        let (percent, marks) = (written.percent, std::mem::take(&mut written.marks));
        let slice = Slice { file, place, rows: 0, months: 0, percent, marks, ended: false };
        let slice = match &export.what {
            ExportContent::Appointments(filter) => {
                let takes = |row: &Appointment, bounds: &Bounds| filter.takes(&AppointmentFacts::from(row), bounds);
                Box::pin(self.read(scope, export, slice, takes)).await?
            }
            ExportContent::Leads(filter) => {
                let takes = |row: &ListedLead, bounds: &Bounds| filter.takes(&facts(row), bounds);
                Box::pin(self.read(scope, export, slice, takes)).await?
            }
        };
        written.rows += slice.rows;
        written.months += slice.months;
        written.percent = slice.percent;
        written.marks = if slice.ended { ReadingTimes::default() } else { slice.marks };
        let bytes;
        (bytes, written.sheets) = slice.file.end(export, slice.ended)?;
        written.bytes = before + bytes.len() as u64;
        if bytes.len() >= self.part || (slice.ended && !bytes.is_empty()) {
            let upload = match written.upload.take() {
                Some(upload) => upload,
                None => self.uploads.begin(&name, export.format.media_type()).await?,
            };
            let mark = self.uploads.part(&name, &upload, export.slices, bytes).await?;
            written.parts.push((export.slices, mark));
            (written.upload, written.carried) = (Some(upload), None);
        } else {
            let carried = format!("{name}.{}", export.slices);
            self.platform.files.put(&carried, bytes).await?;
            written.carried = Some(carried);
        }
        Ok((if slice.ended { ExportState::Closing } else { ExportState::Running { place: slice.place } }, written))
    }

    /// Reads from the slice's position, dealer by dealer and month by month; records that came from another dealer are read last. A record
    /// that moves to another dealer during the export is found there, and exported unless it was already read at its earlier position.
    async fn read<R: Record>(
        &self,
        scope: &Scope,
        export: &Export,
        mut slice: Slice,
        takes: impl Fn(&R, &Bounds) -> bool,
    ) -> Result<Slice, Failure> {
        let (mut reads, started, clock) = (self.reads, Instant::now(), &self.platform.clock);
        loop {
            let Some(id) = export.dealers.get(slice.place.dealer) else {
                if slice.place.newcomers || matches!(export.what, ExportContent::Leads(_)) {
                    return Ok(Slice { ended: true, ..slice });
                }
                slice.place = ExportPosition { newcomers: true, ..ExportPosition::default() };
                continue;
            };
            if reads == 0 {
                return Ok(slice);
            }
            reads -= 1;
            let loaded = self.platform.store.load(scope, &Load::of([Key::Dealer(id.clone())])).await?;
            let dealer = loaded.dealer(id).ok_or_else(|| Failure::Broken(format!("the dealer {id} no longer exists").into()))?;
            let (partitions, bounds) = (partitions(export, dealer), bounds(export, dealer));
            for partition in partitions.iter().filter(|partition| partition.is_of_newcomers() == slice.place.newcomers) {
                while slice.place.is_before(partition.name()) {
                    if reads == 0 || slice.file.len() >= self.part || started.elapsed() > LONGEST {
                        return Ok(slice);
                    }
                    reads -= 1;
                    let after = slice.place.after.take().filter(|_| slice.place.month.as_deref() == Some(partition.name()));
                    let began = clock.now();
                    let page = self.platform.store.rows::<R>(scope, partition, after.as_deref()).await?;
                    let is_new = |row: &R| !row.earlier_places().iter().any(|earlier| was_read(export, &slice.marks, earlier));
                    let rows: Vec<R> = page.rows.into_iter().filter(|row| takes(row, &bounds) && is_new(row)).collect();
                    slice.rows += rows.len() as u64;
                    let names = Names::of(&self.platform, scope, rows.iter().flat_map(R::users));
                    let vehicles = vehicles(&self.platform, scope, rows.iter().filter_map(R::lead));
                    let (names, vehicles) = try_join!(names, vehicles)?;
                    let context = Context { calendar: &dealer.settings.calendar, names: &names, vehicles: &vehicles };
                    slice.file.add(rows.iter().map(|row| row.cells(&context)))?;
                    let to = page.more.clone().unwrap_or_else(|| "~".into());
                    let (newcomer, month) = (slice.place.newcomers, partition.name().to_owned());
                    let position = RowPosition { newcomer, dealer: slice.place.dealer, month: month.clone(), place: to };
                    slice.marks.note(position, began, clock.now());
                    if !newcomer {
                        slice.months += u64::from(page.more.is_none());
                        slice.percent = page.more.as_deref().map_or(0, |place| partition.percent(export.asked, place));
                    }
                    (slice.place.month, slice.place.after) = (Some(month), page.more);
                }
            }
            slice.place = ExportPosition { dealer: slice.place.dealer + 1, newcomers: slice.place.newcomers, ..ExportPosition::default() };
        }
    }

    pub(crate) async fn remove_files(&self, name: &str, written: &ExportOutput) -> Result<ExportOutput, Failure> {
        if let Some(upload) = &written.upload {
            self.uploads.abandon(name, upload).await?;
        }
        for name in [Some(name), written.carried.as_deref()].into_iter().flatten() {
            self.platform.files.erase(name).await?;
        }
        Ok(ExportOutput { upload: None, carried: None, parts: Vec::new(), ..written.clone() })
    }
}
