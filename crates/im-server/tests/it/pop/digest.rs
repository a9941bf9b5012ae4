//! Digests that clients compute themselves.
use sha2::{Digest, Sha256};

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
}

/// HMAC-SHA256 (RFC 2104), in lower-case hex.
pub fn hmac(secret: &str, text: &str) -> String {
    assert!(secret.len() <= 64, "longer keys are hashed first");
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(secret.bytes()).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    hex(Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
}

/// MD5 (RFC 1321), in lower-case hex.
pub fn md5(bytes: &[u8]) -> String {
    const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut text = bytes.to_vec();
    text.push(0x80);
    text.resize(text.len() + (120 - text.len() % 64) % 64, 0);
    text.extend((bytes.len() as u64 * 8).to_le_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in text.chunks(64) {
        let words: Vec<u32> =
            block.chunks(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (f, word) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let constant = (((i + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(f).wrapping_add(constant).wrapping_add(words[word]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(TURNS[i / 16][i % 4])));
        }
        state.iter_mut().zip([a, b, c, d]).for_each(|(all, one)| *all = all.wrapping_add(one));
    }
    hex(state.map(u32::to_le_bytes).concat())
}

#[test]
fn the_digests_are_those_of_the_contract_and_the_standards() {
    for (text, digest) in [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a",
        ),
        (
            r#"{"name":"message","channels":["user-9"],"data":"{\"a\":1}"}"#,
            "009acd8fd55b7a078d9da6872d9aaea5",
        ),
    ] {
        assert_eq!(md5(text.as_bytes()), digest, "{text}");
    }
    let signed = "974bae1678e7ff06a5e8d894c3707a43d756e3bb6113ac3fa1191431ca9a9051";
    assert_eq!(hmac("s3cr3t", "1.1:private-user-9"), signed);
}
