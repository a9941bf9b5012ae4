use super::*;

fn push(mark: Mark) -> Vec<u8> {
    format!("{{\"data\":\"(({:08}-{:010})) hi\"}}", mark.run, mark.number).into_bytes()
}

/// So many receivers, who hear nothing of their own.
fn deaf(count: usize) -> Rc<[bool]> {
    vec![false; count].into()
}

/// Three messages to the first of two receivers, each acknowledged before the next is sent.
fn three() -> (Tally, [Mark; 3]) {
    let mut tally = Tally::new(7, deaf(2), Audience::One);
    let marks = [0, 10, 20].map(|at| {
        let mark = tally.plan(2, 0, at + 1);
        tally.sent(mark, at + 2);
        tally.acked(mark, at + 5);
        mark
    });
    (tally, marks)
}

#[test]
fn what_came_is_compared_with_what_was_acknowledged() {
    // what comes to the first receiver; exact, lost, twice, disordered
    let cases: [(&[usize], [u64; 4]); 7] = [
        (&[0, 1, 2], [3, 0, 0, 0]),
        (&[0, 2], [2, 1, 0, 0]),
        (&[], [0, 3, 0, 0]),
        (&[0, 1, 1, 2], [2, 0, 1, 0]),
        (&[1, 0, 2], [3, 0, 0, 1]),
        (&[2, 0, 1], [3, 0, 0, 2]),
        (&[0, 1, 2, 0], [2, 0, 1, 0]), // a copy that comes late is a copy, not a disorder
    ];
    for (came, wanted) in cases {
        let (mut tally, marks) = three();
        for n in came {
            tally.arrived(0, &push(marks[*n]), 30);
        }
        let v = tally.verdict();
        assert_eq!([v.exact, v.lost, v.twice, v.disordered], wanted, "{came:?}");
        assert_eq!(v.is_clean(), came == [0, 1, 2], "{came:?}");
    }
}

#[test]
fn messages_that_were_under_way_together_have_no_order() {
    let mut tally = Tally::new(7, deaf(1), Audience::One);
    let marks = [1, 2].map(|at| tally.plan(1, 0, at));
    marks.iter().for_each(|mark| tally.sent(*mark, 3));
    marks.iter().for_each(|mark| tally.acked(*mark, 9));
    for mark in marks.iter().rev() {
        assert!(tally.arrived(0, &push(*mark), 12));
    }
    assert!(tally.verdict().is_clean());
}

#[test]
fn what_is_for_another_goes_astray_and_what_is_of_another_run_is_late() {
    let (mut tally, marks) = three();
    tally.arrived(1, &push(marks[0]), 30);
    tally.arrived(0, &push(Mark { run: 6, number: 0 }), 30);
    tally.arrived(0, &push(Mark { run: 7, number: 3 }), 30);
    tally.arrived(0, b"{\"type\":\"system\"}", 30);
    let v = tally.verdict();
    assert_eq!((v.astray, v.late, v.lost, v.exact), (2, 1, 3, 0));
}

#[test]
fn each_message_ends_in_one_way() {
    let mut tally = Tally::new(1, deaf(1), Audience::One);
    let marks = [1, 2, 3, 4].map(|at| tally.plan(1, 0, at));
    marks[1..].iter().for_each(|mark| tally.sent(*mark, 5));
    tally.acked(marks[2], 6);
    tally.refused(marks[3], || "no".into());
    tally.refused(marks[3], || "not the first".into());
    tally.refused -= 1;
    let v = tally.verdict();
    assert_eq!((v.planned, v.unsent, v.unanswered, v.acked, v.refused), (4, 1, 1, 1, 1));
    assert_eq!((v.lost, v.failure.as_deref()), (1, Some("no")));
}

#[test]
fn in_a_group_everybody_but_the_sender_receives() {
    let mut tally = Tally::new(1, deaf(3), Audience::Others);
    let mark = tally.plan(1, 0, 1_000_000);
    tally.sent(mark, 1_500_000);
    tally.acked(mark, 2_000_000);
    assert!(!tally.arrived(0, &push(mark), 3_000_000));
    assert!(!tally.is_settled() && !tally.is_complete(mark));
    assert_eq!(tally.verdict().lost, 1);
    assert!(tally.arrived(2, &push(mark), 5_000_000));
    assert!(tally.is_settled() && tally.is_complete(mark) && tally.verdict().is_clean());
    assert_eq!((tally.until_acked(0).max, tally.until_received(0).max), (1.0, 4.0));
    tally.arrived(1, &push(mark), 6_000_000);
    assert_eq!(tally.verdict().astray, 1, "the sender hears nothing of its own");
}

#[test]
fn who_hears_itself_is_told_of_its_own() {
    // from the second of two receivers to the first; then to a group in which only the second hears itself
    for (audience, from, to, comes_to) in [
        (Audience::One, 1, 0, &[0, 1][..]),
        (Audience::Others, 1, 0, &[0, 1, 2]),
        (Audience::Others, 2, 0, &[0, 1]),
    ] {
        let mut tally = Tally::new(1, [false, true, false].into(), audience);
        let mark = tally.plan(from, to, 1);
        tally.sent(mark, 2);
        tally.acked(mark, 3);
        for receiver in comes_to {
            assert!(!tally.is_settled() && tally.verdict().lost > 0, "{audience:?} from {from}");
            tally.arrived(*receiver, &push(mark), 4);
        }
        assert!(tally.is_settled() && tally.verdict().is_clean(), "{audience:?} from {from}");
        let wrong = (0..3).find(|receiver| !comes_to.contains(receiver));
        tally.arrived(wrong.unwrap_or(1), &push(mark), 5);
        let v = tally.verdict();
        assert_eq!((v.astray, v.twice), if wrong.is_some() { (1, 0) } else { (0, 1) });
    }
}

#[test]
fn a_spread_is_exact() {
    let times = (1..=200).map(|ms| ms * 1_000_000).collect();
    assert_eq!(Spread::of(times), Spread { p50: 100.0, p99: 198.0, max: 200.0 });
    assert_eq!(Spread::of(vec![2_000_000]), Spread { p50: 2.0, p99: 2.0, max: 2.0 });
    assert_eq!(Spread::of(Vec::new()), Spread::default());
}
