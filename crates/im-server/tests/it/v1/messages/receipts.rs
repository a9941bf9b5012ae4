//! How far a message came.
use super::{super::kit::*, *};

async fn receipts(who: &Native, room: i64, seq: i64) -> Value {
    who.get(&(path(room, seq) + "/receipts")).await.view()
}

#[tokio::test]
async fn receipts_count_who_received_and_who_read() {
    let im = Im::start().await;
    let (ann, bob, cat, group) = trio(&im).await;
    let seq = said(&ann.v1, group, "one").await;
    let counts = |delivered: i64, read: i64, readers: Value| json!({ "members": 2, "delivered": delivered, "read": read, "readers": readers });
    assert_eq!(receipts(&ann.v1, group, seq).await, counts(0, 0, json!([])));
    bob.v1.put(&format!("/conversations/{group}/delivered"), json!({ "seq": seq })).await;
    assert_eq!(receipts(&ann.v1, group, seq).await, counts(1, 0, json!([])));
    cat.v1.put(&format!("/conversations/{group}/read"), json!({ "seq": seq })).await.view();
    assert_eq!(receipts(&ann.v1, group, seq).await, counts(2, 1, json!([cat.id()])));
    bob.v1.get(&(path(group, seq) + "/receipts")).await.problem(403, "not_allowed");
    ann.v1.get(&(path(group, 1) + "/receipts")).await.problem(404, "no_such_message");
    // An egg client proves what arrived.
    let mut phone = bob.egg.connect().await;
    let next = said(&ann.v1, group, "two").await;
    bob.egg.drain().await;
    while phone.text().await != "two" {}
    phone.leave().await;
    im.app();
    while receipts(&ann.v1, group, next).await["delivered"] == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_reads_across_a_block() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let seq = said(&ann.v1, room, "one").await;
    bob.v1.put(&format!("/conversations/{room}/read"), json!({ "seq": seq })).await.view();
    assert_eq!(receipts(&ann.v1, room, seq).await["read"], 1);
    bob.egg.post(&format!("/api/chat/setblackgoodfriend/{}", ann.id()), json!({})).await.ok();
    assert_eq!(receipts(&ann.v1, room, seq).await["read"], 0);
    assert_eq!(receipts(&ann.v1, room, seq).await["readers"], json!([]));
    // Nor what arrived, whichever of the two blocks.
    assert_eq!(receipts(&ann.v1, room, seq).await["delivered"], 0);
    let next = said(&bob.v1, room, "two").await;
    ann.v1.put(&format!("/conversations/{room}/delivered"), json!({ "seq": next })).await.done();
    assert_eq!(receipts(&bob.v1, room, next).await["delivered"], 0);
}
