//! Packs the pages that were built in `web/apps` into the binary, compressed. Without them it builds as well, and says so
//! where they would be.
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    env,
    fmt::Write as _,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// What is built where, and the address under which it is served.
const SITES: [(&str, &str); 2] = [("../../web/apps/chat/dist", ""), ("../../web/apps/docs/dist", "/docs")];

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut table = String::from("&[\n");
    for (dir, address) in SITES {
        println!("cargo::rerun-if-changed={dir}");
        let mut files = Vec::new();
        walk(Path::new(dir), &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(dir).unwrap_or(&file).display();
            let page = pack(&file, &out)?;
            let _ = writeln!(table, "    Page {{ path: \"{address}/{name}\", {page} }},");
        }
    }
    table.push_str("]\n");
    fs::write(out.join("pages.rs"), table)
}

/// The files below `dir`, if it is there.
fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// Writes the file's compressed form, and says where it is and what it is called by its content.
fn pack(file: &Path, out: &Path) -> io::Result<String> {
    let content = fs::read(file)?;
    let name = Sha256::digest(&content)[..8].iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    });
    let packed = out.join(format!("{name}.gz"));
    let mut gzip = GzEncoder::new(fs::File::create(&packed)?, Compression::best());
    gzip.write_all(&content)?;
    gzip.finish()?;
    Ok(format!("etag: \"\\\"{name}\\\"\", gzip: include_bytes!({packed:?})"))
}
