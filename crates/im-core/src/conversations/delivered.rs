//! Which messages of a conversation arrived at one member.
use crate::Seq;

/// A set of places in a conversation's log, as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(i64, i64)>); // disjoint, not adjacent, ascending

impl Ranges {
    /// Adds the places from `first` to `last`; an empty range adds nothing.
    pub fn add(&mut self, first: Seq, last: Seq) {
        let (mut first, mut last) = (first.0, last.0);
        if first > last {
            return;
        }
        self.0.retain(|(a, b)| {
            let touches = *a <= last + 1 && *b + 1 >= first;
            if touches {
                (first, last) = (first.min(*a), last.max(*b));
            }
            !touches
        });
        let at = self.0.partition_point(|(a, _)| *a < first);
        self.0.insert(at, (first, last));
    }

    /// Takes one place out.
    pub fn remove(&mut self, seq: Seq) {
        let Some(at) = self.0.iter().position(|(a, b)| (*a..=*b).contains(&seq.0)) else { return };
        let (first, last) = self.0.remove(at);
        let rest = [(first, seq.0 - 1), (seq.0 + 1, last)].into_iter().filter(|(a, b)| a <= b);
        self.0.splice(at..at, rest);
    }

    /// Whether the place is in.
    pub fn has(&self, seq: Seq) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&seq.0))
    }

    /// First and last of each range, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (Seq, Seq)> {
        self.0.iter().map(|(first, last)| (Seq(*first), Seq(*last)))
    }

    /// The one range, if it is one.
    pub fn single(&self) -> Option<(Seq, Seq)> {
        match self.0[..] {
            [(first, last)] => Some((Seq(first), Seq(last))),
            _ => None,
        }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What arrived: everything up to a floor, and ranges above it where newer messages arrived live
/// while older ones still waited.
///
/// Stored as the floor and a text such as `7-9,12-12`, which is empty nearly always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    floor: Seq,
    above: Ranges,
}

impl Delivered {
    /// What the database holds.
    pub fn parse(floor: Seq, above: &str) -> Self {
        let mut all = Delivered { floor, above: Ranges::default() };
        for range in above.split(',') {
            let ends = range.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
            if let Some((first, last)) = ends {
                all.add(Seq(first), Seq(last));
            }
        }
        all
    }

    /// Everything up to here arrived.
    pub fn floor(&self) -> Seq {
        self.floor
    }

    /// The ranges beyond the floor, as text.
    pub fn above(&self) -> String {
        let ranges: Vec<_> = self.above.iter().map(|(first, last)| format!("{first}-{last}")).collect();
        ranges.join(",")
    }

    /// Whether this message arrived.
    pub fn has(&self, seq: Seq) -> bool {
        seq <= self.floor || self.above.has(seq)
    }

    /// Adds the messages from `first` to `last`; an empty range adds nothing.
    pub fn add(&mut self, first: Seq, last: Seq) {
        self.above.add(first.max(Seq(self.floor.0 + 1)), last);
        if let Some((first, last)) = self.above.0.first().copied()
            && first == self.floor.0 + 1
        {
            self.floor = Seq(last);
            self.above.0.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_the_same_as_a_plain_set(ranges in prop::collection::vec((1i64..40, 0i64..6), 0..30)) {
            let (mut delivered, mut plain) = (Delivered::default(), BTreeSet::new());
            for (first, length) in ranges {
                delivered.add(Seq(first), Seq(first + length));
                plain.extend(first..=first + length);
                let again = Delivered::parse(delivered.floor(), &delivered.above());
                prop_assert_eq!(&again, &delivered);
            }
            for seq in 1..50 {
                prop_assert_eq!(delivered.has(Seq(seq)), plain.contains(&seq));
            }
        }

        #[test]
        fn what_is_taken_out_is_out(steps in prop::collection::vec((any::<bool>(), 1i64..20), 0..60)) {
            let (mut ranges, mut plain) = (Ranges::default(), BTreeSet::new());
            for (add, seq) in steps {
                if add {
                    ranges.add(Seq(seq), Seq(seq));
                    plain.insert(seq);
                } else {
                    ranges.remove(Seq(seq));
                    plain.remove(&seq);
                }
            }
            let all: BTreeSet<_> = ranges.iter().flat_map(|(first, last)| first.0..=last.0).collect();
            prop_assert_eq!(all, plain);
        }
    }
}
