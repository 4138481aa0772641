//! Turns: each object once, fresh ones first, later ones in their time.

use std::time::Duration;

use sealed_secrets_controller::{
    pool::Priority,
    queue::{Key, Lane, Queue},
};

fn key(name: &str) -> Key {
    Key::new("ns", name)
}

async fn next(queue: &Queue, lane: Lane) -> Option<String> {
    let turn = tokio::time::timeout(Duration::from_millis(1), queue.next(lane)).await.ok()?;
    Some(turn.key.name().to_owned())
}

#[tokio::test(start_paused = true)]
async fn fresh_objects_overtake_those_that_are_only_verified() {
    let queue = Queue::default();
    for name in ["a", "b"] {
        queue.push(&key(name), Priority::Verify);
    }
    queue.push(&key("new"), Priority::Fresh);
    queue.push(&key("b"), Priority::Fresh);
    let mut order = vec![];
    while let Some(name) = next(&queue, Lane::Any).await {
        order.push(name);
    }
    assert_eq!(order, ["new", "b", "a"], "an upgraded object comes once, at its new place");
}

#[tokio::test(start_paused = true)]
async fn some_workers_take_fresh_objects_only() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Verify);
    assert_eq!(next(&queue, Lane::FreshOnly).await, None);
    queue.push(&key("new"), Priority::Fresh);
    assert_eq!(next(&queue, Lane::FreshOnly).await.as_deref(), Some("new"));
}

#[tokio::test(start_paused = true)]
async fn an_object_is_never_worked_on_twice_at_once() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Fresh);
    queue.push(&key("a"), Priority::Fresh);
    assert_eq!(next(&queue, Lane::Any).await.as_deref(), Some("a"));
    queue.push(&key("a"), Priority::Verify);
    assert_eq!(next(&queue, Lane::Any).await, None, "still being worked on");
    queue.done(&key("a"));
    assert_eq!(next(&queue, Lane::Any).await.as_deref(), Some("a"), "changed meanwhile");
    queue.done(&key("a"));
    assert_eq!(next(&queue, Lane::Any).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_object_comes_in_its_time_or_earlier_for_a_reason() {
    let queue = Queue::default();
    queue.push_later(&key("a"), Duration::from_mins(1));
    assert_eq!(next(&queue, Lane::Any).await, None);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(next(&queue, Lane::Any).await.as_deref(), Some("a"));
    queue.done(&key("a"));

    queue.push_later(&key("a"), Duration::from_mins(1));
    queue.push(&key("a"), Priority::Fresh);
    assert_eq!(next(&queue, Lane::Any).await.as_deref(), Some("a"));
    queue.done(&key("a"));
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(next(&queue, Lane::Any).await, None, "the old date is void");
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_object_does_not_come() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Fresh);
    queue.forget(&key("a"));
    assert_eq!(next(&queue, Lane::Any).await, None);
}

#[tokio::test(start_paused = true)]
async fn depth_and_age_are_shown() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Verify);
    tokio::time::advance(Duration::from_secs(3)).await;
    queue.push(&key("b"), Priority::Verify);
    assert_eq!(queue.depth(), (2, Duration::from_secs(3)));
}
