//! Files from outside, read whole: regular files of bounded size alone, so that no device, no
//! pipe and no giant is waited for or kept.

pub mod pem;

use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

/// How large any file that is read whole may be.
pub const LARGEST_FILE: u64 = 8 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;

/// Why a file was not read.
#[derive(Debug, Error)]
pub enum Unread {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("this is {0}; only regular files are read")]
    NotAFile(&'static str),
    #[error("it is larger than {} MiB, the most that is read", LARGEST_FILE / MIB)]
    TooLarge,
    #[error("line {line} is no UTF-8 text{hint}")]
    NotText { line: usize, hint: &'static str },
    #[error("this is {0}; save it as text in UTF-8")]
    OtherFormat(&'static str),
}

/// The text of a regular file.
pub fn read_file(path: &Path) -> Result<String, Unread> {
    // By its name first: only to open a pipe waits for whoever writes to it.
    refuse(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    refuse(&file.metadata()?)?;
    read(file)
}

/// All there is to read.
pub fn read(from: impl Read) -> Result<String, Unread> {
    let mut bytes = Vec::new();
    from.take(LARGEST_FILE.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_FILE {
        return Err(Unread::TooLarge);
    }
    if let Some((_, format)) = OTHER_FORMATS.iter().find(|(head, _)| bytes.starts_with(head)) {
        return Err(Unread::OtherFormat(format));
    }
    String::from_utf8(bytes).map_err(|error| {
        let (good, bad) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = good.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        Unread::NotText { line, hint: bad.first().map_or("", |byte| hint_of(*byte)) }
    })
}

/// How files begin that are often taken for text.
const OTHER_FORMATS: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "a ZIP archive, as .xlsx and .docx files are"),
    (b"\xd0\xcf\x11\xe0", "a file of an older office program, such as .xls"),
    (b"%PDF-", "a PDF file"),
    (b"\x1f\x8b", "a file compressed with gzip"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
];

/// A single byte beyond ASCII that is a letter in the encodings of western Europe. Nothing of the file is quoted: it may
/// be a secret one.
fn hint_of(byte: u8) -> &'static str {
    let is_letter = byte >= 0xc0 && char::from(byte).is_alphabetic();
    if is_letter { "; it may be in Windows-1252 or Latin-1: save the file as UTF-8" } else { "" }
}

fn refuse(metadata: &Metadata) -> Result<(), Unread> {
    if !metadata.is_file() {
        return Err(Unread::NotAFile(kind(metadata.file_type())));
    }
    if metadata.len() > LARGEST_FILE { Err(Unread::TooLarge) } else { Ok(()) }
}

fn kind(file: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if file.is_fifo() {
            return "a pipe";
        }
        if file.is_socket() {
            return "a socket";
        }
        if file.is_char_device() || file.is_block_device() {
            return "a device";
        }
    }
    if file.is_dir() { "a directory" } else { "something else than a file" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let message = |path: &Path| read_file(path).unwrap_err().to_string();
        assert_eq!(message(directory.path()), "this is a directory; only regular files are read");
        assert!(message(&directory.path().join("missing")).contains("No such file"));
        let file = directory.path().join("file");
        std::fs::write(&file, "é\n").unwrap();
        assert_eq!(read_file(&file).unwrap(), "é\n");
        std::fs::write(&file, b"a\nb\x81\n").unwrap();
        assert_eq!(message(&file), "line 2 is no UTF-8 text");
        std::fs::write(&file, b"a: 1\nb: Soci\xe9t\xe9\n").unwrap();
        assert_eq!(
            message(&file),
            "line 2 is no UTF-8 text; it may be in Windows-1252 or Latin-1: save the file as UTF-8"
        );
        for (head, format) in [
            (
                &b"PK\x03\x04xl/workbook.xml"[..],
                "this is a ZIP archive, as .xlsx and .docx files are; save it as text in UTF-8",
            ),
            (b"\xff\xfea\0", "this is text in UTF-16; save it as text in UTF-8"),
            (
                b"\xd0\xcf\x11\xe0\xa1",
                "this is a file of an older office program, such as .xls; save it as text in UTF-8",
            ),
        ] {
            std::fs::write(&file, head).unwrap();
            assert_eq!(message(&file), format);
        }
        let giant = File::create(&file).unwrap();
        giant.set_len(LARGEST_FILE).unwrap();
        assert!(read_file(&file).is_ok());
        giant.set_len(LARGEST_FILE + 1).unwrap();
        assert_eq!(message(&file), "it is larger than 8 MiB, the most that is read");
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_refused_before_they_are_opened() {
        let message = |path: &Path| read_file(path).unwrap_err().to_string();
        assert_eq!(message(Path::new("/dev/zero")), "this is a device; only regular files are read");
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(message(&pipe), "this is a pipe; only regular files are read");
        let socket = directory.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(message(&socket), "this is a socket; only regular files are read");
    }

    #[test]
    fn what_has_no_end_is_read_to_the_limit() {
        assert!(matches!(read(io::repeat(b'x')), Err(Unread::TooLarge)));
    }
}
