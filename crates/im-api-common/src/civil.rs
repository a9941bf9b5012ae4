//! Times as people and clients read them.
use im_core::Millis;
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The fixed offset in which an installation writes local times, such as `+08:00`.
#[derive(Clone, Debug)]
pub struct Offset(TimeZone);

impl Offset {
    /// No offset.
    pub fn utc() -> Self {
        Offset(TimeZone::UTC)
    }

    /// Reads `+08:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.as_bytes().first()? {
            b'+' => (1, &text[1..]),
            b'-' => (-1, &text[1..]),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
            return None;
        }
        let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
        Some(Offset(TimeZone::fixed(offset)))
    }

    /// `2025-07-18 18:44:09`.
    pub fn datetime(&self, at: Millis) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `2025/7/18 18:44:09`.
    pub fn readable(&self, at: Millis) -> String {
        self.zoned(at).strftime("%Y/%-m/%-d %H:%M:%S").to_string()
    }

    /// `20250718`.
    pub fn day(&self, at: Millis) -> String {
        self.zoned(at).strftime("%Y%m%d").to_string()
    }

    fn zoned(&self, at: Millis) -> Zoned {
        timestamp(at).to_zoned(self.0.clone())
    }
}

/// `2025-07-18T10:44:09.000Z`.
pub fn iso(at: Millis) -> String {
    timestamp(at).to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Out of range can only be a clock that is wrong by millennia.
fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_every_way() {
        let (at, east) = (Millis(1_752_835_449_008), Offset::parse("+08:00").unwrap());
        assert_eq!(east.datetime(at), "2025-07-18 18:44:09");
        assert_eq!(east.readable(at), "2025/7/18 18:44:09");
        assert_eq!(east.day(at), "20250718");
        assert_eq!(iso(at), "2025-07-18T10:44:09.008Z");
        assert_eq!(Offset::parse("-03:30").unwrap().datetime(at), "2025-07-18 07:14:09");
    }

    #[test]
    fn only_offsets_are_offsets() {
        for text in ["", "8", "+8", "+25:00", "+08:61", "Asia/Shanghai", "+-8:00"] {
            assert!(Offset::parse(text).is_none(), "{text}");
        }
    }
}
