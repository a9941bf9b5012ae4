//! Putting a finished file into its place on disk so that it survives a power cut.
//!
//! Our own rename rather than opendal's `atomic_write_dir`: that one copies the bytes through
//! another temporary file and does not flush the directory, so a file that was acknowledged
//! could be gone after a crash. A rename also shows the whole file or nothing.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

/// Held while directories are made: who finds a directory of ours knows that it is flushed.
static MAKING: Mutex<()> = Mutex::new(());

/// Moves `file` to `target` below `root`, everything flushed; never over an existing file.
pub(super) fn settle(file: NamedTempFile, root: &Path, target: &Path) -> io::Result<()> {
    let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_folders(root, folder)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(target) {
        Ok(_) => {}
        // The blobs are a file system of their own.
        Err(e) if e.error.kind() == io::ErrorKind::CrossesDevices => copy(&e.file, folder, target)?,
        Err(e) => return Err(e.error),
    }
    flush_folder(folder)
}

fn copy(from: &NamedTempFile, folder: &Path, target: &Path) -> io::Result<()> {
    // A leading dot: no key can name it, so it is not served while it grows.
    let mut near = tempfile::Builder::new().prefix(".moving-").tempfile_in(folder)?;
    io::copy(&mut from.reopen()?, near.as_file_mut())?;
    near.as_file().sync_all()?;
    near.persist_noclobber(target).map_err(|e| e.error)?;
    Ok(())
}

fn make_folders(root: &Path, folder: &Path) -> io::Result<()> {
    let _held = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let missing: Vec<&Path> = folder.ancestors().take_while(|at| *at != root && !at.is_dir()).collect();
    for at in missing.into_iter().rev() {
        match fs::create_dir(at) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => flush_folder(at.parent().unwrap_or(root))?,
        }
    }
    Ok(())
}

fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
