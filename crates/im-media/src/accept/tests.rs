use super::extension;
use crate::Kind;

/// Name, declared type, content, kept as.
type Case = (&'static str, Option<&'static str>, &'static [u8], Option<&'static str>);

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

#[test]
fn the_name_decides_and_active_content_may_not_pretend() {
    let cases: &[Case] = &[
        ("a.png", None, PNG, Some(".png")),
        ("A.PNG", None, PNG, Some(".png")),
        ("dir/照片.JPeG", None, PNG, Some(".jpeg")),
        ("C:\\x\\voice.amr", None, b"#!AMR\n\x3c\0\0\0\0\0", Some(".amr")),
        ("a.tar.gz", None, b"\x1f\x8b\x08\0", Some(".gz")),
        ("a.pptx", None, b"PK\x03\x04\0\0", Some(".pptx")),
        ("a.7z", None, b"7z\xbc\xaf\x27\x1c", Some(".7z")),
        // active extensions
        ("a.js", None, b"alert(1)", None),
        ("a.jsx", None, b"x", None),
        ("a.html", None, b"x", None),
        ("a.htm", None, b"x", None),
        ("a.xml", None, b"x", None),
        ("a.svg", None, PNG, None),
        ("a.css", None, b"x", None),
        ("a.less", None, b"x", None),
        ("a.png.html", None, PNG, None),
        // others
        ("a.exe", None, b"MZ\0\0", None),
        ("a.php", Some("image/png"), PNG, None),
        ("a.png ", None, PNG, None),
        ("a.", Some("image/png"), PNG, None),
        // no extension: the declared type of a picture, sound or film
        ("blob", Some("image/jpeg"), PNG, Some(".jpg")),
        ("blob", Some("Video/MP4; codecs=avc1"), b"\0", Some(".mp4")),
        (".png", Some("image/png"), PNG, Some(".png")),
        ("a.b/c", Some("audio/x-m4a"), b"\0", Some(".m4a")),
        ("blob", Some("application/pdf"), b"%PDF-1.4", None),
        ("blob", Some("image/svg+xml"), PNG, None),
        ("blob", Some("text/plain"), PNG, None),
        ("blob", None, PNG, None),
        ("", None, PNG, None),
        // a pretender
        ("a.png", None, b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        ("a.jpg", None, b" \n<!DOCTYPE html><p>", None),
        ("a.mp4", None, b"#!/bin/sh\nrm", None),
        ("a.gif", None, b"MZ\x90\0\x03\0\0\0", None),
        ("blob", Some("image/png"), b"<script>1</script>", None),
        // what is not recognised is kept, to be served inert
        ("a.jpg", None, b"\x01\x02\x03", Some(".jpg")),
        ("a.jpg", None, b"plain words", Some(".jpg")),
        ("a.txt", None, b"<html>", Some(".txt")),
        ("a.xls", None, b"<html><table>", Some(".xls")),
    ];
    for (name, declared, content, kept) in cases {
        let got = extension(name, *declared, Kind::of(content));
        assert_eq!(got, *kept, "{name:?} {declared:?}");
    }
}
