//! The commands that work on a table: `load`, `migrate` and `erase-again`.

use anyhow::Context as _;
use forecourt_edge::files::{Bucket, Files};
use forecourt_export::order_again;
use forecourt_local::demo::{self, GroupData};
use forecourt_local::folder::Folder;
use forecourt_local::server;
use forecourt_store::{MigrateFrom, Migrated, Secret, Store};
use lexopt::prelude::{Long, Value, ValueExt as _};
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

/// `load`: creates a group in a table.
pub(crate) struct Load {
    table: String,
    file: Option<PathBuf>,
    overwrite: bool,
    yes: bool,
}

impl Load {
    /// Reads the rest of the command line.
    pub(crate) fn read(parser: &mut lexopt::Parser) -> Result<Self, lexopt::Error> {
        let (mut words, mut overwrite, mut yes) = (Vec::new(), false, false);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("overwrite") => overwrite = true,
                Long("yes") => yes = true,
                Value(word) if words.len() < 2 => words.push(word),
                other => return Err(other.unexpected()),
            }
        }
        let mut words = words.into_iter();
        let table = words.next().ok_or("load requires the name of a table")?.string()?;
        Ok(Self { table, file: words.next().map(PathBuf::from), overwrite, yes })
    }

    /// Creates the missing items and, if the user wants that, resets the others to the file. Returns a report.
    pub(crate) async fn run(self) -> anyhow::Result<String> {
        let data = match &self.file {
            Some(file) => {
                let name = || file.display().to_string();
                let text = std::fs::read_to_string(file).with_context(name)?;
                demo::read(&text).with_context(name)?
            }
            None => demo::group()?,
        };
        let store = deployed(&self.table).await;
        if self.overwrite { self.overwrite_group(&data, &store).await } else { create(&data, &store).await }
    }

    async fn overwrite_group(&self, data: &GroupData, store: &Store) -> anyhow::Result<String> {
        let differences = data.differences(store).await?;
        if differences.is_empty() {
            return create(data, store).await;
        }
        differences.iter().for_each(|difference| say(&difference.to_string()));
        let question = format!("Overwrite these {} stored values? [y/N] ", differences.len());
        if !self.yes && !agrees(&question) {
            return Ok("nothing was changed".into());
        }
        data.overwrite(store, chrono::Utc::now()).await?;
        Ok(format!("the stored group {} matches the file", data.group))
    }
}

async fn create(data: &GroupData, store: &Store) -> anyhow::Result<String> {
    let created = data.load_into(store, chrono::Utc::now()).await?;
    Ok(format!("the group {}: {created} dealers, users and partners created; nothing else was changed", data.group))
}

/// `migrate`: writes every item of a table in the form of this release.
pub(crate) struct Migration {
    table: Option<String>,
    data: PathBuf,
    from: Option<MigrateFrom>,
}

impl Migration {
    /// Reads the rest of the command line.
    pub(crate) fn read(parser: &mut lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut migration = Self { table: None, data: server::Options::default().data, from: None };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("data") => migration.data = parser.value()?.into(),
                Long("from") => migration.from = Some(MigrateFrom(parser.value()?.string()?)),
                Value(word) if migration.table.is_none() => migration.table = Some(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(migration)
    }

    /// Migrates page by page, and prints each place at which it can go on. Returns the sums.
    pub(crate) async fn run(self) -> anyhow::Result<String> {
        let (store, _lock) = match &self.table {
            Some(table) => (deployed(table).await, None),
            None => {
                let (store, lock) = server::open_table(&self.data)?;
                (store, Some(lock))
            }
        };
        let (mut sum, mut from) = (Migrated::default(), self.from);
        loop {
            let page = store.migrate(from.as_ref()).await.with_context(|| match &from {
                Some(from) => format!("the migration stopped (continue with --from {})", from.0),
                None => "the migration stopped at its first page".to_owned(),
            })?;
            (sum.read, sum.written) = (sum.read + page.read, sum.written + page.written);
            page.left.iter().for_each(|left| say(&format!("left unchanged: {left}")));
            sum.left.extend(page.left);
            let Some(next) = page.next else { break };
            say(&format!("{} items read, {} written; continue with --from {}", sum.read, sum.written, next.0));
            from = Some(next);
        }
        Ok(format!("{} items read, {} written in the form of this release, {} left as they are", sum.read, sum.written, sum.left.len()))
    }
}

/// `erase-again`: orders the erasures of the ledger again that a restored table does not have (PRV-3).
pub(crate) struct EraseAgain {
    deployed: Option<(String, String)>,
    data: PathBuf,
}

impl EraseAgain {
    /// Reads the rest of the command line.
    pub(crate) fn read(parser: &mut lexopt::Parser) -> Result<Self, lexopt::Error> {
        let (mut words, mut data) = (Vec::new(), server::Options::default().data);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("data") => data = parser.value()?.into(),
                Value(word) if words.len() < 2 => words.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        let mut words = words.into_iter();
        let deployed = match (words.next(), words.next()) {
            (Some(table), Some(bucket)) => Some((table, bucket)),
            (Some(_), None) => return Err("erase-again requires the name of a bucket, too".into()),
            _ => None,
        };
        Ok(Self { deployed, data })
    }

    /// Orders the erasures. Returns a report.
    pub(crate) async fn run(self) -> anyhow::Result<String> {
        let now = chrono::Utc::now();
        let done = match &self.deployed {
            Some((table, bucket)) => {
                let config = aws().await;
                let bucket = Bucket { client: aws_sdk_s3::Client::new(&config), name: bucket.clone(), scanned: false };
                order_again(&deployed(table).await, &bucket as &dyn Files, now).await?
            }
            None => {
                let (store, _lock) = server::open_table(&self.data)?;
                order_again(&store, &Folder { path: self.data.join("bucket"), links: None }, now).await?
            }
        };
        done.unreadable.iter().for_each(|name| say(&format!("cannot be read: {name}")));
        done.held.iter().for_each(|id| say(&format!("not ordered, because a legal hold stands: {id}")));
        Ok(format!("{} entries of the ledger read, {} erasures ordered again", done.entries, done.ordered))
    }
}

/// A table of the AWS account in the environment. Nothing here derives from the secret.
async fn deployed(table: &str) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws().await), table, Secret::new(&[]))
}

/// The AWS account in the environment.
async fn aws() -> aws_config::SdkConfig {
    aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(forecourt_edge::start::http_client()).load().await
}

#[expect(clippy::print_stdout, reason = "the requested output")]
fn say(line: &str) {
    println!("{line}");
}

/// Asks on the terminal. An end of input means no.
fn agrees(question: &str) -> bool {
    let mut output = std::io::stdout();
    // A closed output is no reason to fail; the answer is read in any case.
    let _ = output.write_all(question.as_bytes()).and_then(|()| output.flush());
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
