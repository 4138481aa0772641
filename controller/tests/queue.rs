//! The queue: each object once, fresh ones first, later ones in their time.

use std::time::Duration;

use sealed_secrets_controller::{
    capacity::pool::Priority,
    state::{
        conclusion::Requeue,
        key::Key,
        queue::{AT_ONCE, Queue},
    },
};

fn key(name: &str) -> Key {
    Key::new("ns", name)
}

/// What a worker leaves behind when its object is to come again, as urgent as it was.
fn later(after: Duration) -> Requeue {
    Requeue { after, priority: Priority::Fresh }
}

async fn next(queue: &Queue) -> Option<String> {
    let item = tokio::time::timeout(Duration::from_millis(1), queue.next()).await.ok()?;
    Some(item.key.name().to_owned())
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
    while let Some(name) = next(&queue).await {
        order.push(name);
    }
    assert_eq!(order, ["new", "b", "a"], "an upgraded object comes once, at its new place");
}

#[tokio::test(start_paused = true)]
async fn some_slots_are_for_fresh_objects_only() {
    let queue = Queue::default();
    for namespace in 0..AT_ONCE {
        queue.push(&Key::new(&namespace.to_string(), "old"), Priority::Verify);
    }
    let mut taken = 0;
    while next(&queue).await.is_some() {
        taken += 1;
    }
    assert!(taken < AT_ONCE);
    queue.push(&key("new"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("new"));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_takes_half_of_the_slots_and_another_comes_before_the_rest_of_it() {
    let queue = Queue::default();
    for number in 0..6_000 {
        queue.push(&key(&number.to_string()), Priority::Fresh);
    }
    let mut taken = vec![];
    while let Some(name) = next(&queue).await {
        taken.push(name);
    }
    assert_eq!(taken.len(), AT_ONCE / 2);
    queue.push(&Key::new("other", "new"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("new"), "there is a slot for it at once");
    queue.done(&key(&taken[0]), Duration::from_millis(5), None);
    assert!(next(&queue).await.is_some(), "the rest goes on");
    assert!(next(&queue).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_was_costly_comes_after_the_others_of_its_namespace() {
    let queue = Queue::default();
    queue.push(&key("costly"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("costly"));
    queue.done(&key("costly"), Duration::from_secs(3), None);
    for name in ["costly", "a", "b"] {
        queue.push(&key(name), Priority::Fresh);
    }
    let mut order = vec![];
    while let Some(name) = next(&queue).await {
        queue.done(&key(&name), Duration::ZERO, None);
        order.push(name);
    }
    assert_eq!(order, ["a", "b", "costly"]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_keeps_the_priority_that_the_object_had() {
    let queue = Queue::default();
    queue.push(&key("fresh"), Priority::Fresh);
    let item = queue.next().await;
    queue.done(&item.key, Duration::ZERO, Some(later(Duration::from_secs(1))));
    queue.push(&key("old"), Priority::Verify);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(queue.next().await.priority, Priority::Fresh);
    assert_eq!(queue.next().await.priority, Priority::Verify);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_overtaken_keeps_its_priority() {
    let queue = Queue::default();
    queue.push(&key("fresh"), Priority::Fresh);
    let item = queue.next().await;
    queue.done(&item.key, Duration::ZERO, Some(later(Duration::from_secs(1))));
    queue.push(&key("old"), Priority::Verify);
    queue.push(&key("fresh"), Priority::Verify);
    assert_eq!(queue.next().await.priority, Priority::Fresh, "its Secret changed before its retry");
}

#[tokio::test(start_paused = true)]
async fn an_object_is_never_worked_on_twice_at_once() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Fresh);
    queue.push(&key("a"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("a"));
    queue.push(&key("a"), Priority::Verify);
    assert_eq!(next(&queue).await, None, "still being worked on");
    queue.done(&key("a"), Duration::ZERO, None);
    assert_eq!(next(&queue).await.as_deref(), Some("a"), "changed meanwhile");
    queue.done(&key("a"), Duration::ZERO, None);
    assert_eq!(next(&queue).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_object_comes_in_its_time_or_earlier_for_a_reason() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Fresh);
    next(&queue).await.expect("it is due");
    queue.done(&key("a"), Duration::ZERO, Some(later(Duration::from_mins(1))));
    assert_eq!(next(&queue).await, None);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(next(&queue).await.as_deref(), Some("a"));
    queue.done(&key("a"), Duration::ZERO, Some(later(Duration::from_mins(1))));
    queue.push(&key("a"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("a"));
    queue.done(&key("a"), Duration::ZERO, None);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(next(&queue).await, None, "the old date is void");
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_an_object_is_worked_on_comes_before_its_retry() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Fresh);
    next(&queue).await.expect("it is due");
    queue.push(&key("a"), Priority::Verify);
    queue.done(&key("a"), Duration::ZERO, Some(later(Duration::from_hours(1))));
    assert_eq!(next(&queue).await.as_deref(), Some("a"));
    let at_once = Requeue { after: Duration::ZERO, priority: Priority::Fresh };
    queue.done(&key("a"), Duration::ZERO, Some(at_once));
    assert_eq!(queue.next().await.priority, Priority::Fresh, "the outcome itself asks for it");
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_object_does_not_come() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Fresh);
    queue.forget(&key("a"));
    assert_eq!(next(&queue).await, None);
}

#[tokio::test(start_paused = true)]
async fn depth_and_age_are_shown() {
    let queue = Queue::default();
    queue.push(&key("a"), Priority::Verify);
    tokio::time::advance(Duration::from_secs(3)).await;
    queue.push(&key("b"), Priority::Verify);
    assert_eq!(queue.depth(), (2, Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_fails_again_and_again_has_one_date_and_none_once_it_is_gone() {
    let queue = Queue::default();
    for _ in 0..1_000 {
        queue.push(&key("bad"), Priority::Fresh);
        assert_eq!(next(&queue).await.as_deref(), Some("bad"));
        queue.done(&key("bad"), Duration::ZERO, Some(later(Duration::from_hours(2))));
    }
    assert_eq!(queue.delayed(), 1);
    queue.forget(&key("bad"));
    assert_eq!(queue.delayed(), 0);
    // Its twin: many that fail once each have a date each, and come.
    for number in 0..1_000 {
        let name = key(&number.to_string());
        queue.push(&name, Priority::Fresh);
        next(&queue).await.expect("it is due");
        queue.done(&name, Duration::ZERO, Some(later(Duration::from_hours(1))));
    }
    assert_eq!(queue.delayed(), 1_000);
    tokio::time::advance(Duration::from_mins(61)).await;
    for _ in 0..1_000 {
        let name = next(&queue).await.expect("it is due");
        queue.done(&key(&name), Duration::ZERO, None);
    }
    assert_eq!(queue.delayed(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_work_item_cost_is_not_remembered_of_an_object_that_went_meanwhile() {
    let queue = Queue::default();
    queue.push(&key("anew"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("anew"));
    queue.forget(&key("anew"));
    queue.done(&key("anew"), Duration::from_secs(3), None);
    for name in ["anew", "a", "b"] {
        queue.push(&key(name), Priority::Fresh);
    }
    let mut order = vec![];
    while let Some(name) = next(&queue).await {
        queue.done(&key(&name), Duration::ZERO, None);
        order.push(name);
    }
    assert_eq!(order, ["anew", "a", "b"]);
}

/// Begins work on `objects` and asks for places; returns those that have one. Work on the others ends.
async fn ask(queue: &Queue, objects: &[Key]) -> Vec<Key> {
    let mut placed = vec![];
    for object in objects {
        queue.push(object, Priority::Fresh);
        let item = tokio::time::timeout(Duration::from_millis(1), queue.next()).await.expect("a free slot");
        if queue.place(&item.key) {
            placed.push(item.key);
        } else {
            queue.done(&item.key, Duration::ZERO, None);
        }
    }
    placed
}

#[tokio::test(start_paused = true)]
async fn half_of_the_slots_may_wait_for_what_is_long_and_the_others_come_again_with_a_place() {
    let queue = Queue::default();
    let object = |namespace: usize| Key::new(&namespace.to_string(), "long");
    let objects: Vec<_> = (0..AT_ONCE).map(object).collect();
    let placed = ask(&queue, &objects).await;
    assert_eq!(placed.len(), AT_ONCE / 2);
    queue.push(&Key::new("new", "short"), Priority::Fresh);
    assert_eq!(next(&queue).await.as_deref(), Some("short"), "there are slots for what is short");
    queue.done(&Key::new("new", "short"), Duration::ZERO, None);
    assert_eq!(next(&queue).await, None, "without a place it would open its items in vain");
    // One that is changed while it waits asks again, and stands in line once.
    assert!(ask(&queue, &objects[AT_ONCE - 1..]).await.is_empty());
    let mut finished = 0;
    let mut running = placed;
    while let Some(object) = running.pop() {
        queue.done(&object, Duration::from_secs(2), None);
        finished += 1;
        while let Ok(item) = tokio::time::timeout(Duration::from_millis(1), queue.next()).await {
            assert!(queue.place(&item.key), "it came with its place");
            running.push(item.key);
        }
    }
    assert_eq!(finished, AT_ONCE, "each of them once");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_takes_half_of_the_places_and_whoever_goes_gives_its_own_back() {
    let queue = Queue::default();
    let objects: Vec<_> = (0..AT_ONCE / 2).map(|number| key(&number.to_string())).collect();
    let placed = ask(&queue, &objects).await;
    assert_eq!(placed.len(), AT_ONCE / 4);
    let other = Key::new("other", "long");
    assert_eq!(ask(&queue, std::slice::from_ref(&other)).await, [other]);
    // Those that wait are deleted: they take no place, and come no more.
    for object in objects.iter().filter(|object| !placed.contains(object)) {
        queue.forget(object);
    }
    // Those that run are deleted: their places are free when the work ends.
    for object in &placed {
        queue.forget(object);
        assert!(queue.place(object), "it has one still");
        queue.done(object, Duration::ZERO, None);
    }
    assert_eq!(next(&queue).await, None);
    assert_eq!(ask(&queue, &objects).await.len(), AT_ONCE / 4, "all are free again");
}

#[tokio::test(start_paused = true)]
async fn one_that_settles_without_the_place_that_it_waited_for_leaves_it_to_others() {
    let queue = Queue::default();
    let objects: Vec<_> = (0..AT_ONCE / 2 + 2).map(|ns| Key::new(&ns.to_string(), "long")).collect();
    let placed = ask(&queue, &objects).await;
    let [first, second] = &objects[AT_ONCE / 2..] else { panic!("two wait") };
    // Changed, it takes no time any more.
    queue.push(first, Priority::Fresh);
    assert_eq!(queue.next().await.key, *first);
    queue.done(first, Duration::ZERO, None);
    queue.done(&placed[0], Duration::from_secs(1), None);
    assert_eq!(queue.next().await.key, *second);
    assert!(queue.place(second));
    assert_eq!(next(&queue).await, None);
}
