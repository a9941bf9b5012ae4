use super::*;

#[test]
fn the_places_of_a_part_are_a_table() {
    use Part::*;
    // part, first, last, limit, from, to
    let cases = [
        (Newest, 1, 100, 50, (51, 100)),
        (Newest, 1, 3, 50, (1, 3)),
        (Newest, 1, 0, 50, (1, 0)),
        (Newest, 80, 100, 50, (80, 100)),
        (Before(Seq(51)), 1, 100, 50, (1, 50)),
        (Before(Seq(i64::MAX)), 1, 100, 10, (91, 100)),
        (Before(Seq(i64::MIN)), 1, 100, 10, (1, i64::MIN)),
        (After(Seq(0)), 1, 100, 10, (1, 10)),
        (After(Seq(95)), 1, 100, 10, (96, 100)),
        (After(Seq(5)), 50, 100, 10, (50, 59)),
        (After(Seq(i64::MAX)), 1, 100, 10, (i64::MAX, 100)),
        (Around(Seq(50)), 1, 100, 10, (45, 54)),
        (Around(Seq(1)), 1, 100, 10, (1, 10)),
        (Around(Seq(100)), 1, 100, 10, (91, 100)),
        (Around(Seq(i64::MIN)), 1, 100, 10, (1, 10)),
        (Around(Seq(i64::MAX)), 1, 100, 10, (91, 100)),
    ];
    for (part, first, last, limit, (from, to)) in cases {
        assert_eq!(part.places(Seq(first), Seq(last), limit), (Seq(from), Seq(to)), "{part:?}");
    }
}
