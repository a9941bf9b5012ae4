use super::{reader::*, *};
use frame::opcode;
use proptest::prelude::*;

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 0, 255, 90];
    let mut bytes = vec![first];
    match payload.len() {
        n @ 0..=125 => bytes.push(0x80 | n as u8),
        n @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend((n as u16).to_be_bytes());
        }
        n => {
            bytes.push(0x80 | 127);
            bytes.extend((n as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// Everything that comes out of `bytes` when they come in pieces of `size`, and how it ended.
fn read(bytes: &[u8], size: usize) -> (Vec<Heard>, Option<String>) {
    let (mut reader, mut all) = (Reader::default(), Vec::new());
    for piece in bytes.chunks(size) {
        reader.feed(piece);
        loop {
            match reader.next() {
                Ok(Some(heard)) => all.push(heard),
                Ok(None) => break,
                Err(e) => return (all, Some(e.to_string())),
            }
        }
    }
    (all, None)
}

/// The same without Pings, of which one may stand for several.
fn heard(bytes: &[u8], size: usize) -> (Vec<Heard>, Option<String>) {
    let (mut all, broken) = read(bytes, size);
    all.retain(|heard| !matches!(heard, Heard::Ping(_)));
    (all, broken)
}

#[test]
fn messages_come_out_however_they_are_cut() {
    let long = "好".repeat(LONGEST / 3);
    let said = [
        frame(0x81, b"ping"),
        frame(0x80 | opcode::PING, &[1; 125]),
        frame(0x01, "你".as_bytes()),
        frame(0x80 | opcode::PONG, b""), // between two pieces of a message
        frame(0x00, "好".as_bytes().split_at(1).0),
        frame(0x80, "好".as_bytes().split_at(1).1),
        frame(0x82, &[0xFF; 300]),
        frame(0x81, long.as_bytes()),
        frame(0x88, &[0x03, 0xE8]),
    ];
    let heard = [
        Heard::Text("ping".into()),
        Heard::Ping(vec![1; 125]),
        Heard::Pong(vec![]),
        Heard::Text("你好".into()),
        Heard::Binary,
        Heard::Text(long),
        Heard::Close,
    ];
    for size in [1, 2, 3, 7, 4096, usize::MAX] {
        let (all, broken) = read(&said.concat(), size);
        assert_eq!((&all[..], broken), (&heard[..], None), "pieces of {size}");
    }
}

#[test]
fn a_protocol_says_how_long_messages_may_be() {
    // allowed, length, whether it comes through in one frame, and in two
    for (longest, length, comes) in [(10, 10, true), (10, 11, false), (LONGEST * 4, LONGEST + 1, true)] {
        let (whole, half) = (vec![b'x'; length], length / 2);
        let halves = [frame(0x01, &whole[..half]), frame(0x80, &whole[half..])].concat();
        for said in [frame(0x81, &whole), halves] {
            let mut reader = Reader::default();
            reader.longest = longest;
            reader.feed(&said);
            assert_eq!(reader.next().is_ok_and(|heard| heard.is_some()), comes, "{longest} {length}");
        }
    }
}

#[test]
fn of_pings_that_come_together_the_last_is_heard() {
    let ping = |n| frame(0x80 | opcode::PING, &[n]);
    let said = [ping(1), ping(2), frame(0x81, b"hi"), ping(3), frame(0x80 | opcode::PONG, b""), ping(4)];
    let heard = [
        Heard::Ping(vec![2]),
        Heard::Text("hi".into()),
        Heard::Ping(vec![3]),
        Heard::Pong(vec![]),
        Heard::Ping(vec![4]),
    ];
    assert_eq!(read(&said.concat(), usize::MAX), (heard.into(), None));
}

#[test]
fn what_breaks_the_protocol_is_refused_by_its_header() {
    let unmasked = vec![0x81, 0x00];
    let huge = [&[0x82, 0xFF][..], &(1u64 << 30).to_be_bytes()].concat();
    let longest = [&[0x82, 0xFF][..], &u64::MAX.to_be_bytes()].concat();
    let endless = [frame(0x01, &[b'a'; LONGEST]), frame(0x00, b"b")].concat();
    let cases = [
        (unmasked, "without a mask"),
        (vec![0xC1, 0x80], "reserved bits"),
        (vec![0x83, 0x80], "unknown kind"),
        (vec![0x8B, 0x80], "unknown kind"),
        (vec![0x09, 0x80], "goes on"),
        (vec![0x89, 0xFE], "control frame that is long"),
        (huge, "too long"),
        (longest, "too long"),
        (endless, "message that is too long"),
        (frame(0x80, b"end"), "end of no message"),
        ([frame(0x01, b"a"), frame(0x81, b"b")].concat(), "within a message"),
        (frame(0x81, &[0xFF]), "not UTF-8"),
    ];
    for (bytes, why) in cases {
        let (all, broken) = read(&bytes, usize::MAX);
        assert!(all.is_empty() && broken.as_deref().is_some_and(|e| e.contains(why)), "{why}: {broken:?}");
    }
}

#[test]
fn a_reader_without_a_piece_of_a_frame_holds_no_memory() {
    let (mut reader, whole) = (Reader::default(), frame(0x8A, b"12345678"));
    reader.feed(&whole);
    assert!(!reader.is_empty());
    assert_eq!(reader.next().unwrap(), Some(Heard::Pong(b"12345678".into())));
    assert!(reader.is_empty() && reader.capacity() == 0);
}

#[test]
fn frames_have_the_shortest_header() {
    for (length, header) in [
        (0, &[0x81, 0][..]),
        (125, &[0x81, 125]),
        (126, &[0x81, 126, 0, 126]),
        (0xFFFF, &[0x81, 126, 0xFF, 0xFF]),
        (0x1_0000, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let frame = Frame::text(&"x".repeat(length));
        assert_eq!(&frame.bytes()[..header.len()], header);
        assert_eq!(frame.len(), header.len() + length);
    }
    assert_eq!(Frame::close(4001).bytes(), [0x88, 2, 0x0F, 0xA1]);
    assert_eq!(Frame::ping(258).bytes(), [0x89, 8, 0, 0, 0, 0, 0, 0, 1, 2]);
    let json = [&[0x81, 7][..], r#"["好"]"#.as_bytes()].concat();
    assert_eq!(Frame::json(&["好"]).bytes(), json);
}

proptest! {
    #[test]
    fn how_bytes_are_cut_makes_no_difference(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..20) {
        prop_assert_eq!(heard(&bytes, size), heard(&bytes, usize::MAX));
    }

    #[test]
    fn random_frames_do_no_harm(
        frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 0..8),
        size in 1usize..50,
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame(first & 0x8F, payload)).collect();
        prop_assert_eq!(heard(&bytes, size), heard(&bytes, usize::MAX));
    }
}
