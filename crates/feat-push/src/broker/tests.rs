use super::*;
use ntfy_protocol::Message;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

fn message(topic: &str, position: i64, text: &str) -> Arc<Delivery> {
    let message = Message { topic: topic.into(), message: text.into(), ..Message::default() };
    Arc::new(Delivery::new(position, message))
}

fn broker() -> Arc<Broker> {
    let broker = Arc::new(Broker::default());
    broker.open(3);
    broker
}

async fn take(listening: &Listening) -> (Vec<i64>, Found) {
    let mut all = VecDeque::new();
    let found = poll_fn(|cx| listening.poll_take(cx, &mut all)).await;
    (all.iter().map(|delivery| delivery.position).collect(), found)
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn everybody_gets_what_they_listen_to_in_order() {
    let broker = broker();
    let both = broker.listen(["a", "b"].into_iter());
    let one = broker.listen(["b"].into_iter());
    broker.deliver(&[message("a", 1, ""), message("b", 2, ""), message("c", 3, ""), message("a", 4, "")]);
    assert_eq!(take(&both).await, (vec![1, 2, 4], Found::default()));
    assert_eq!(take(&one).await, (vec![2], Found::default()));
}

#[tokio::test]
async fn a_topic_is_there_while_somebody_listens() {
    let broker = broker();
    let first = broker.listen(["a", "b"].into_iter());
    let second = broker.listen(["a"].into_iter());
    assert_eq!((broker.topics(), broker.listeners("a"), broker.subscribers()), (2, 2, 2));
    drop(first);
    assert_eq!((broker.topics(), broker.listeners("a"), broker.subscribers()), (1, 1, 1));
    drop(second);
    assert_eq!((broker.topics(), broker.subscribers()), (0, 0));
}

#[test]
fn a_batch_wakes_once() {
    let broker = broker();
    let listening = broker.listen(["a", "b"].into_iter());
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    let mut into = VecDeque::new();
    assert!(listening.poll_take(&mut Context::from_waker(&waker), &mut into).is_pending());
    broker.deliver(&[message("a", 1, ""), message("b", 2, ""), message("a", 3, "")]);
    broker.deliver(&[message("a", 4, "")]);
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(listening.poll_take(&mut Context::from_waker(&waker), &mut into).is_ready());
    assert_eq!(into.len(), 4);
}

#[tokio::test]
async fn who_does_not_read_is_dropped_and_the_others_are_not() {
    let broker = broker();
    let slow = broker.listen(["a"].into_iter());
    let quick = broker.listen(["a"].into_iter());
    for position in 1..=2000 {
        broker.deliver(&[message("a", position, &"x".repeat(3000))]);
        assert_eq!(take(&quick).await.0, [position]);
    }
    let (messages, found) = take(&slow).await;
    assert_eq!((messages.len(), found.end), (0, Some(End::TooSlow)));
    assert!(locked(&slow.mailbox.0).messages.capacity() == 0, "nothing is kept for who is dropped");
}

#[tokio::test]
async fn everybody_is_told_once_a_round_that_the_connection_lives() {
    let broker = broker();
    let one = broker.listen(["a"].into_iter());
    broker.tick();
    let other = broker.listen(["a"].into_iter());
    broker.tick();
    broker.tick();
    assert_eq!(take(&one).await.1.ticks, 1);
    broker.tick();
    assert_eq!(take(&other).await.1.ticks, 1);
}

#[tokio::test]
async fn a_hub_that_stops_ends_all_and_begins_none() {
    let broker = broker();
    let before = broker.listen(["a"].into_iter());
    broker.close();
    let after = broker.listen(["a"].into_iter());
    assert_eq!(take(&before).await.1.end, Some(End::Stopping));
    assert_eq!(take(&after).await.1.end, Some(End::Stopping));
    broker.open(3);
    let (mut tap, again) = (broker.tap(1), broker.listen(["a"].into_iter()));
    broker.deliver(&[message("a", 1, ""), message("a", 2, "")]);
    assert_eq!(take(&again).await.0, [1, 2]);
    assert_eq!(tap.recv().await.map(|delivery| delivery.position), Some(1));
    assert!(tap.try_recv().is_err(), "what does not fit is not waited for");
}
