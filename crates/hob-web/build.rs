//! Hashes and compresses the assets once, at build time, so that serving one is copying bytes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let source = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed={}", source.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&source)
        .expect("assets/ is part of the crate")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut table = String::from("pub(crate) static ASSETS: &[Asset] = &[\n");
    for file in &files {
        table.push_str(&entry(file, &out));
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table).expect("OUT_DIR is writable");
}

fn entry(file: &Path, out: &Path) -> String {
    let name = file.file_name().and_then(|name| name.to_str()).expect("asset names are plain text");
    let (stem, extension) = name.rsplit_once('.').expect("assets have an extension");
    let content_type = match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        other => panic!("assets/{name}: no content type is known for .{other}"),
    };
    let bytes = fs::read(file).expect("a readable asset");
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    let mut entry = String::new();
    let path = format!("/assets/{stem}-{hash:016x}.{extension}");
    write!(
        entry,
        "Asset {{ name: {name:?}, path: {path:?}, content_type: {content_type:?}, plain: include_bytes!({:?}), ",
        file.display().to_string()
    )
    .expect("writing to a string");
    let compressible = extension != "png";
    let packed = |suffix: &str, packed: Vec<u8>| {
        let target = out.join(format!("{name}.{suffix}"));
        fs::write(&target, packed).expect("OUT_DIR is writable");
        format!("Some(include_bytes!({:?}))", target.display().to_string())
    };
    let (br, gz) = if compressible {
        (packed("br", brotli(&bytes)), packed("gz", gzip(&bytes)))
    } else {
        ("None".to_owned(), "None".to_owned())
    };
    writeln!(entry, "brotli: {br}, gzip: {gz} }},").expect("writing to a string");
    entry
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    writer.write_all(bytes).expect("writing to memory");
    drop(writer);
    packed
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).expect("writing to memory");
    writer.finish().expect("writing to memory")
}
