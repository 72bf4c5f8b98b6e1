//! The keys that sign our sessions and seal provider tokens.
//!
//! They are given as text, or made once and kept in the data directory, one
//! key a line in base64, the current one first: `signing.key`, `sealing.key`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, ExposeSecretMut as _, SecretBox, SecretString};

use crate::model::{Ids, NoRandomness};

const SIGNING_FILE: &str = "signing.key";
const SEALING_FILE: &str = "sealing.key";
/// Far more than a ring of keys takes, bytes.
const MAX_FILE_LENGTH: u64 = 64 * 1024;
/// Permission bits of group and others.
const OPEN_TO_OTHERS: u32 = 0o077;

/// A key: 32 random bytes.
pub type Key = SecretBox<[u8; 32]>;

/// The keys of an instance, the current ones first.
#[derive(Debug)]
pub struct Keys {
    /// Ed25519 seeds for access tokens.
    pub signing: Vec<Key>,
    /// Keys for provider tokens.
    pub sealing: Vec<Key>,
}

/// A new pair as text, to be put into settings.
#[derive(Debug)]
pub struct GeneratedKeys {
    /// A signing key, base64.
    pub signing: SecretString,
    /// A sealing key, base64.
    pub sealing: SecretString,
}

/// Why there are no keys. Names the file, never what it holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// No key is listed.
    #[error("no key is listed")]
    NoKey,
    /// A listed key is not base64 of 32 bytes.
    #[error("key number {0} is not base64 of 32 bytes")]
    NotAKey(usize),
    /// A listed key is one byte repeated: a sample, not a secret.
    #[error("key number {0} is a sample, not a secret: make one with `sociable keys generate`")]
    Sample(usize),
    /// A key file's content is at fault.
    #[error("{}: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: Box<KeyError>,
    },
    /// A key file can be read or written by others than its owner.
    #[error("{}: mode {mode:03o} lets others at the keys: chmod 600 it", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file is not a file, or is far too long.
    #[error("{}: not a key file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The data directory or a key file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A new signing key and a new sealing key, as text.
///
/// # Errors
/// [`KeyError::NoRandomness`].
pub fn generate(ids: &dyn Ids) -> Result<GeneratedKeys, KeyError> {
    Ok(GeneratedKeys {
        signing: text(&new_key(ids)?),
        sealing: text(&new_key(ids)?),
    })
}

/// Reads a list of keys, base64, apart by commas or white space.
///
/// # Errors
/// [`KeyError::NoKey`], [`KeyError::NotAKey`], [`KeyError::Sample`].
pub fn parse(list: &str) -> Result<Vec<Key>, KeyError> {
    let keys = list
        .split(|character: char| character == ',' || character.is_whitespace())
        .filter(|text| !text.is_empty())
        .zip(1..)
        .map(|(text, number)| parse_one(text, number))
        .collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(KeyError::NoKey);
    }
    Ok(keys)
}

/// Loads the keys of a data directory; makes what is not there.
///
/// The directory is made with mode 0700, files with 0600. Instances that start
/// at once on one directory get the same keys.
///
/// # Errors
/// [`KeyError::OpenToOthers`] for a file that others may read or write, and
/// any other [`KeyError`]. A file that is there is never overwritten.
pub fn load_or_create(data_dir: &Path, ids: &dyn Ids) -> Result<Keys, KeyError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(at(data_dir))?;
    let directory = File::open(data_dir).map_err(at(data_dir))?;
    // Held until the end: whoever comes second finds the first one's keys.
    directory.lock().map_err(at(data_dir))?;
    Ok(Keys {
        signing: load_or_create_file(&directory, &data_dir.join(SIGNING_FILE), ids)?,
        sealing: load_or_create_file(&directory, &data_dir.join(SEALING_FILE), ids)?,
    })
}

fn load_or_create_file(directory: &File, path: &Path, ids: &dyn Ids) -> Result<Vec<Key>, KeyError> {
    match File::open(path) {
        Ok(file) => load(file, path),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            let key = new_key(ids)?;
            write_atomically(path, text(&key).expose_secret()).map_err(at(path))?;
            directory.sync_all().map_err(at(path))?;
            Ok(vec![key])
        }
        Err(fault) => Err(at(path)(fault)),
    }
}

fn load(file: File, path: &Path) -> Result<Vec<Key>, KeyError> {
    let path_owned = || path.to_owned();
    // Of the open file, not of the path: nobody can swap it in between.
    let metadata = file.metadata().map_err(at(path))?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_LENGTH {
        return Err(KeyError::NotAFile { path: path_owned() });
    }
    let mode = metadata.mode() & 0o777;
    if mode & OPEN_TO_OTHERS != 0 {
        let path = path_owned();
        return Err(KeyError::OpenToOthers { path, mode });
    }
    let mut content = Zeroizing::new(String::with_capacity(4096));
    file.take(MAX_FILE_LENGTH)
        .read_to_string(&mut content)
        .map_err(at(path))?;
    parse(&content).map_err(|source| KeyError::Content {
        path: path_owned(),
        source: Box::new(source),
    })
}

/// The file is there whole, or not at all, whenever the power fails.
fn write_atomically(path: &Path, line: &str) -> io::Result<()> {
    let unfinished = path.with_extension("key.new");
    match fs::remove_file(&unfinished) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(line.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

fn parse_one(text: &str, number: usize) -> Result<Key, KeyError> {
    let bytes = STANDARD
        .decode(text)
        .map(Zeroizing::new)
        .map_err(|_not_base64| KeyError::NotAKey(number))?;
    let bytes = <&[u8; 32]>::try_from(bytes.as_slice())
        .map_err(|_other_length| KeyError::NotAKey(number))?;
    let [first, rest @ ..] = bytes;
    if rest.iter().all(|byte| byte == first) {
        return Err(KeyError::Sample(number));
    }
    let mut key = Key::default();
    key.expose_secret_mut().copy_from_slice(bytes);
    Ok(key)
}

fn new_key(ids: &dyn Ids) -> Result<Key, NoRandomness> {
    let mut key = Key::default();
    ids.fill(key.expose_secret_mut())?;
    Ok(key)
}

fn text(key: &Key) -> SecretString {
    STANDARD.encode(key.expose_secret()).into()
}

fn at(path: &Path) -> impl Fn(io::Error) -> KeyError {
    move |source| KeyError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
