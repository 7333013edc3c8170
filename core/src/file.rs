//! Reads files that an operator names: configurations, secret stores, certificates and their keys. A file is read as a
//! whole. A file that is larger than a limit is an error.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

/// The content of a file.
pub(crate) struct Content {
    pub bytes: Zeroizing<Vec<u8>>,
    /// The warning if the group or others can read the file; a phrase to follow the file's name. Used for files with
    /// secrets.
    pub exposure: Option<String>,
}

/// The reason why a file can't be read; a phrase to follow the file's name.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The file does not exist.
    Missing,
    /// The path leads to a directory.
    Directory,
    /// The path leads to a special file: a pipe, a socket or a device.
    NotRegular,
    /// The file is longer than this limit, in bytes.
    TooLarge(usize),
    /// The operating system reported another error.
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

/// Reads the file at `path`. A file of more than `limit` bytes is an error. Blocks.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Content, Unreadable> {
    // The type is checked before the file is opened, because opening a pipe would wait for a writer.
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
    // The buffer has room for one byte more than the file, so that the end of the file is found without growing the
    // buffer: a buffer that grows leaves a copy behind that is not wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(too_large) } else { Ok(Content { bytes, exposure: exposure(&metadata) }) }
}

/// The inode number, length and modification time of a file. In practice, at least one of them changes when the file is
/// replaced or written to.
pub(crate) type Version = (u64, u64, SystemTime);

/// Returns the version of the file at `path`; `None` if its metadata can't be read.
pub(crate) fn version(path: &Path) -> Option<Version> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.len(), metadata.modified().ok()?))
}

/// Returns the warning of [`Content::exposure`]; `None` if only the owner can read the file.
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
