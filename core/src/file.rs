//! Files that an operator names: configurations, secret stores, certificates and their keys. Read whole, within a limit.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

/// What a file holds.
pub(crate) struct Content {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Who else can read it and what to do about that, behind the name of the file: a matter for files with secrets.
    pub(crate) exposure: Option<String>,
}

/// Why a file can't be read; to be read behind its name.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// There is no such file.
    Missing,
    /// It is a directory.
    Directory,
    /// It is a pipe or a device.
    NotRegular,
    /// It is longer than this, in bytes.
    TooLarge(usize),
    /// What the operating system says.
    Failed(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::Directory => f.write_str("is a directory; it must be a file"),
            Self::NotRegular => f.write_str("is not a regular file"),
            Self::TooLarge(limit) => write!(f, "is larger than the limit of {limit} bytes"),
            Self::Failed(error) => write!(f, "can't be read: {error}"),
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Failed(error),
        }
    }
}

/// Reads the file at `path`, `limit` bytes at most.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Content, Unreadable> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(Unreadable::Directory);
    }
    if !metadata.is_file() {
        return Err(Unreadable::NotRegular);
    }
    let too_large = Unreadable::TooLarge(limit);
    let Some(length) = usize::try_from(metadata.len()).ok().filter(|length| *length <= limit) else {
        return Err(too_large);
    };
    // Room for all of it and one byte more, so that no piece of it is left behind by a growing buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(too_large) } else { Ok(Content { bytes, exposure: exposure(&metadata) }) }
}

/// What changes when a file is replaced or written to: its number, its length and its time.
pub(crate) type Version = (u64, u64, SystemTime);

/// `None` if it can't be told.
pub(crate) fn version(path: &Path) -> Option<Version> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.len(), metadata.modified().ok()?))
}

fn exposure(metadata: &Metadata) -> Option<String> {
    let mode = metadata.permissions().mode() & 0o777;
    let who = match (mode & 0o040, mode & 0o004) {
        (0, 0) => return None,
        (_, 0) => "its group",
        (0, _) => "everyone",
        _ => "its group and everyone else",
    };
    Some(format!("can be read by {who} (mode {mode:o}); run `chmod 600` on it"))
}
