use super::{Class, HEAD_BYTES, Kind};

#[test]
fn content_decides_how_a_file_is_served() {
    use Class::{Active, Archive, Audio, Document, Image, Text, Unknown, Video};
    let mkv = [b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x82\x84webm".as_slice(), &[0; 300]].concat();
    let octets = "application/octet-stream";
    let cases: &[(&[u8], &str, Class, &str, bool)] = &[
        // content, extension, class, content type, shown in place
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png", Image, "image/png", true),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "jpg", Image, "image/jpeg", true),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0<script>", "jpg", Image, "image/jpeg", true),
        (b"GIF89a\x01\0\x01\0\x80\0\0", "gif", Image, "image/gif", true),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "webp", Image, "image/webp", true),
        (b"BM\x46\0\0\0\0\0\0\0", "bmp", Image, "image/bmp", true),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic", Image, "image/heic", true),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", "heic", Image, "image/heic", true),
        (b"ID3\x03\0\0\0\0", "mp3", Audio, "audio/mpeg", true),
        (b"\xff\xf1\x50\x80\0", "aac", Audio, "audio/aac", true),
        (b"#!AMR\n\x3c\x91\x17\x16", "amr", Audio, "audio/amr", true),
        (b"#!AMR-WB\n\x04\0\0", "amr", Audio, "audio/amr", true),
        (b"RIFF\x24\0\0\0WAVEfmt ", "wav", Audio, "audio/wav", true),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0", "ogg", Audio, "audio/ogg", true),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "m4a", Audio, "audio/mp4", true),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "mp4", Video, "video/mp4", true),
        (b"\0\0\0\x18ftyp3gp5\0\0\0\0", "mp4", Video, "video/3gpp", true),
        (b"\0\0\0\x18ftypXAVC\0\0\0\0", "mp4", Video, "video/mp4", true),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "mov", Video, "video/quicktime", true),
        (b"RIFF\x24\0\0\0AVI LIST", "avi", Video, "video/x-msvideo", true),
        (&mkv, "webm", Video, "video/webm", true),
        // text is shown only where the name says so
        ("你好，世界\n".as_bytes(), "txt", Text, "text/plain; charset=utf-8", true),
        (b"\xef\xbb\xbfhi", "TXT", Text, "text/plain; charset=utf-8", true),
        (b"hello", "jpg", Text, octets, false),
        (b"{\"a\":1}", "json", Text, octets, false),
        (b"BMW, MZ, BC and GIF are words", "txt", Text, "text/plain; charset=utf-8", true),
        (b"\xc4\xe3\xba\xc3", "txt", Unknown, octets, false), // GBK
        (b"a < b and c > d", "txt", Text, "text/plain; charset=utf-8", true),
        // saved
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "pdf", Document, "application/pdf", false),
        (b"%PDF-1.4\n1 0 obj", "pdf", Document, "application/pdf", false),
        (b"%PDF-1.4\n<script>", "pdf", Active, octets, false),
        (b"{\\rtf1\\ansi", "doc", Document, "application/rtf", false),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "zip", Archive, "application/zip", false),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "docx", Archive, DOCX, false),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", "xls", Document, "application/vnd.ms-excel", false),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", "bin", Document, "application/x-ole-storage", false),
        (b"\x1f\x8b\x08\0\0\0", "gz", Archive, "application/gzip", false),
        (b"Rar!\x1a\x07\x01\0", "rar", Archive, "application/vnd.rar", false),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z", Archive, "application/x-7z-compressed", false),
        // what runs is inert, whatever it is called
        (b"<html><body>", "txt", Active, octets, false),
        (b"\xef\xbb\xbf \r\n<!DOCTYPE html>", "png", Active, octets, false),
        (b"<!-- x --><svg/onload=1>", "png", Active, octets, false),
        (b"<?xml version='1.0'?>", "txt", Active, octets, false),
        (b"<a href=1>", "txt", Active, octets, false),
        (b"words, then <SCRIPT>alert(1)", "txt", Active, octets, false),
        (b"<\0s\0c\0r\0i\0p\0t\0>\0", "txt", Active, octets, false),
        (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "txt", Active, octets, false),
        (b"\x01\x02 <svg onload=1>", "jpg", Active, octets, false),
        (b"#!/bin/sh\necho", "txt", Active, octets, false),
        (b"<?php echo 1;", "jpg", Active, octets, false),
        (b"MZ\x90\0\x03\0\0\0", "jpg", Active, octets, false),
        (b"\0asm\x01\0\0\0", "jpg", Active, octets, false),
        (b"FWS\x09\0\0\0\0", "jpg", Active, octets, false),
        // nothing in particular
        (b"", "txt", Unknown, octets, false),
        (b"\0", "jpg", Unknown, octets, false),
        (b"\x01\x02\x03\x04", "png", Unknown, octets, false),
        (b"\0\0\0\x18ftyp", "mp4", Unknown, octets, false),
    ];
    for (content, extension, class, content_type, inline) in cases {
        let kind = Kind::of(content);
        let serving = kind.serving(Some(extension));
        let got = (kind.class, serving.content_type, serving.inline);
        assert_eq!(got, (*class, *content_type, *inline), "{:?}", String::from_utf8_lossy(content));
    }
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

#[test]
fn an_executable_is_active() {
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(64, 0);
    assert_eq!(Kind::of(&elf).class, Class::Active);
}

#[test]
fn a_character_cut_at_the_end_of_the_head_is_still_text() {
    let text = "汉".repeat(HEAD_BYTES);
    assert_eq!(Kind::of(&text.as_bytes()[..HEAD_BYTES]).class, Class::Text);
}

#[test]
fn text_without_an_extension_is_saved() {
    assert!(!Kind::of(b"hello").serving(None).inline);
}
