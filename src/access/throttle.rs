//! Slows whoever fails to log in: the more failures, the longer the wait.
//!
//! Failures are counted for an address, for a user, and for the two together. The last count is the
//! strict one; the others are lenient, so that a guesser neither locks a user out from elsewhere for
//! long nor takes all users of an address along at once. Counts are forgotten after a while, and there is
//! room for a fixed number of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Counts that are remembered at most: some 1 MB.
const MAX_COUNTS: usize = 8_192;

/// When a count without new failures is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);

/// Failures of one kind of key.
struct Limit {
    /// Failures without a wait: everybody mistypes.
    free: u32,
    /// The longest wait.
    longest: Duration,
}

const TOGETHER: Limit = Limit { free: 5, longest: Duration::from_secs(300) };
const ADDRESS: Limit = Limit { free: 30, longest: Duration::from_secs(60) };
/// Short, or anybody could keep a user out.
const USER: Limit = Limit { free: 50, longest: Duration::from_secs(5) };

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Together(String, IpAddr),
    Address(IpAddr),
    User(String),
}

impl Key {
    fn limit(&self) -> &'static Limit {
        match self {
            Self::Together(..) => &TOGETHER,
            Self::Address(_) => &ADDRESS,
            Self::User(_) => &USER,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    last: Instant,
}

impl Count {
    /// When the next attempt may come.
    fn until(self, limit: &Limit) -> Instant {
        let beyond = self.failures.saturating_sub(limit.free);
        let wait = match beyond {
            0 => Duration::ZERO,
            // 1 s, 2 s, 4 s …
            _ => Duration::from_secs(1 << (beyond - 1).min(20)).min(limit.longest),
        };
        self.last + wait
    }
}

/// The failures of late.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    counts: HashMap<Key, Count>,
}

impl Throttle {
    /// How long `user` at `address` has to wait before the next attempt; zero: not at all. Without
    /// `user` it is about the address alone.
    pub(super) fn wait(&self, user: Option<&str>, address: IpAddr, now: Instant) -> Duration {
        let waits = keys(user, address).into_iter().filter_map(|key| {
            let until = self.counts.get(&key)?.until(key.limit());
            Some(until.saturating_duration_since(now))
        });
        waits.max().unwrap_or_default()
    }

    /// Counts a failure.
    pub(super) fn failed(&mut self, user: Option<&str>, address: IpAddr, now: Instant) {
        for key in keys(user, address) {
            if self.counts.len() >= MAX_COUNTS && !self.counts.contains_key(&key) {
                self.make_room(now);
            }
            let count = self.counts.entry(key).or_insert(Count { failures: 0, last: now });
            if now.saturating_duration_since(count.last) > FORGET_AFTER {
                count.failures = 0;
            }
            count.failures = count.failures.saturating_add(1);
            count.last = now;
        }
    }

    /// A success of `user` at `address`: their typing errors are forgotten, what others did is not.
    pub(super) fn succeeded(&mut self, user: &str, address: IpAddr) {
        self.counts.remove(&Key::Together(user.to_owned(), network(address)));
    }

    /// Drops what is forgotten, and where that is not enough the oldest half.
    fn make_room(&mut self, now: Instant) {
        self.counts.retain(|_, count| now.saturating_duration_since(count.last) <= FORGET_AFTER);
        if self.counts.len() >= MAX_COUNTS {
            let mut times: Vec<Instant> = self.counts.values().map(|count| count.last).collect();
            times.sort_unstable();
            let middle = times[times.len() / 2];
            self.counts.retain(|_, count| count.last > middle);
        }
    }
}

fn keys(user: Option<&str>, address: IpAddr) -> Vec<Key> {
    let address = network(address);
    let mut keys = vec![Key::Address(address)];
    if let Some(user) = user {
        keys.push(Key::Together(user.to_owned(), address));
        keys.push(Key::User(user.to_owned()));
    }
    keys
}

/// Who has one IPv6 address has 2^64 of them: they count as one.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let segments = address.segments();
            IpAddr::from([segments[0], segments[1], segments[2], segments[3], 0, 0, 0, 0])
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn fail(throttle: &mut Throttle, times: u32, user: &str, address: IpAddr, now: Instant) {
        (0..times).for_each(|_| throttle.failed(Some(user), address, now));
    }

    #[test]
    fn waits_grow_and_end() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, 5, "ann", HERE, now);
        assert_eq!(throttle.wait(Some("ann"), HERE, now), Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..4 {
            throttle.failed(Some("ann"), HERE, now);
            waits.push(throttle.wait(Some("ann"), HERE, now).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8]);
        let later = now + Duration::from_secs(9);
        assert_eq!(throttle.wait(Some("ann"), HERE, later), Duration::ZERO);
        fail(&mut throttle, 1_000, "ann", HERE, now);
        assert_eq!(throttle.wait(Some("ann"), HERE, now), TOGETHER.longest);
        let forgotten = now + FORGET_AFTER + Duration::from_secs(1);
        throttle.failed(Some("ann"), HERE, forgotten);
        assert_eq!(throttle.wait(Some("ann"), HERE, forgotten), Duration::ZERO);
    }

    #[test]
    fn a_guesser_elsewhere_keeps_nobody_out_for_long() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, 10_000, "ann", HERE, now);
        assert_eq!(throttle.wait(Some("ann"), THERE, now), USER.longest);
        assert_eq!(throttle.wait(Some("bob"), HERE, now), ADDRESS.longest);
        assert_eq!(throttle.wait(Some("bob"), THERE, now), Duration::ZERO);
    }

    #[test]
    fn a_success_forgives_the_user_and_not_the_address() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, 6, "ann", HERE, now);
        throttle.succeeded("ann", HERE);
        assert_eq!(throttle.wait(Some("ann"), HERE, now), Duration::ZERO);
        fail(&mut throttle, 40, "bob", HERE, now);
        throttle.succeeded("bob", HERE);
        assert!(throttle.wait(Some("bob"), HERE, now) > Duration::ZERO);
    }

    /// For all users and addresses that an attacker invents: memory stays bounded.
    #[test]
    fn the_room_for_counts_is_fixed() {
        let (mut throttle, mut now) = (Throttle::default(), Instant::now());
        for number in 0..20_000_u32 {
            now += Duration::from_millis(1);
            throttle.failed(Some(&number.to_string()), IpAddr::from(number.to_be_bytes()), now);
            assert!(throttle.counts.len() <= MAX_COUNTS + 3);
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        fail(&mut throttle, 10, "ann", "2001:db8::1".parse().unwrap(), now);
        let wait = |text: &str| throttle.wait(Some("ann"), text.parse().unwrap(), now);
        assert!(wait("2001:db8::ffff:2") > Duration::ZERO);
        assert_eq!(wait("2001:db8:0:1::1"), Duration::ZERO);
    }
}
