//! Schedules, and the clocks that they go by.

use super::*;

#[test]
fn rows_go_on_from_run_to_run_over_restarts() {
    let reference = TestHome::new();
    let tracker = reference.undisturbed();
    let whole = with(submission(), |order| order.batches = 6);
    let id = tracker.submit(whole).unwrap();
    wait_for_end(&tracker, id);

    let home = TestHome::new();
    let steps = Steps::new(None);
    let mut tracker = home.open(&steps);
    let often = with(submission(), |order| {
        (order.batches, order.schedule) = (2, Some(Schedule::Delay { seconds: 60 }));
    });
    let id = tracker.submit(often).unwrap();
    for run in 1..=3 {
        let command = wait_until(&tracker, id, |command| command.runs == run);
        assert_eq!((command.status, command.next_batch), (Status::Finished, run * 2));
        assert_eq!(command.next_run, Some(steps.now() + TimeDelta::seconds(60)));
        drop(tracker);
        tracker = home.open(&steps);
        if run < 3 {
            // Missed runs count as one.
            steps.advance(1_000);
            tracker.wake_timer();
        }
    }
    assert!(reference.files() == home.files(), "{:?}", home.files().keys());
    let filter = Filter { scheduled: Some(true), ..Filter::default() };
    assert_eq!(tracker.list(&filter).unwrap().len(), 1);
    tracker.remove_scheduled(id).unwrap();
    tracker.wake_timer();
    assert_eq!(tracker.list(&filter).unwrap(), []);
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!((command.runs, command.status, command.next_run), (3, Status::Finished, None));
}

#[test]
fn a_cron_schedule_waits_for_its_first_time_and_can_be_held() {
    let home = TestHome::new();
    let steps = Steps::new(None);
    let tracker = home.open(&steps);
    let id = tracker.submit(scheduled(cron("30 12 * * *"))).unwrap();
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!(command.status, Status::Queued);
    assert_eq!(command.next_run, Some("2026-01-31T12:30:00Z".parse().unwrap()));
    tracker.pause(id).unwrap();
    steps.advance(3_600);
    tracker.wake_timer();
    assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Queued);
    tracker.resume_schedule(id).unwrap();
    tracker.wake_timer();
    let command = wait_until(&tracker, id, |command| command.runs == 1);
    assert_eq!(command.next_run, Some("2026-02-01T12:30:00Z".parse().unwrap()));
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING FINISHED");
}

#[test]
fn a_failed_run_stops_its_schedule_until_it_is_retried() {
    let home = TestHome::new();
    let steps = Steps::new(Some((Point::Prepared, Fate::Refuse)));
    let tracker = home.open(&steps);
    let id = tracker.submit(scheduled(Schedule::Delay { seconds: 1 })).unwrap();
    let command = wait_for_end(&tracker, id);
    assert_eq!((command.status, command.next_run), (Status::Failed, None));
    assert_eq!(command.comment, "command store: change a command: disk full");
    steps.advance(100);
    tracker.wake_timer();
    let filter = Filter { scheduled: Some(true), ..Filter::default() };
    assert_eq!(tracker.list(&filter).unwrap()[0].0.status, Status::Failed);
    tracker.retry(id).unwrap();
    let command = wait_until(&tracker, id, |command| command.runs == 1);
    assert!(command.next_run.is_some());
}

/// For every leap of the clock: a delay counts the seconds that passed, a cron expression its next time.
// Issue 9, D2 and D3
#[test]
fn schedules_live_through_a_clock_that_is_set() {
    let hour = TimeDelta::hours(1);
    let leaps = [-hour * 5, hour * 5, TimeDelta::days(3_650), -TimeDelta::days(40)];
    for leap in leaps {
        let home = TestHome::new();
        let steps = Steps::new(None);
        let tracker = home.open(&steps);
        let delay = tracker.submit(scheduled(Schedule::Delay { seconds: 60 })).unwrap();
        let hourly = tracker.submit(scheduled(cron("0 * * * *"))).unwrap();
        let ran = wait_until(&tracker, delay, |command| command.runs == 1);
        assert_eq!(ran.next_run, Some(steps.now() + TimeDelta::seconds(60)));
        steps.advance(20);
        steps.set_clock(leap);
        tracker.wake_timer();
        let next = Some(steps.now() + TimeDelta::seconds(40));
        let command = wait_until(&tracker, delay, |command| command.next_run == next);
        assert_eq!(command.runs, 1);
        steps.advance(40);
        tracker.wake_timer();
        let ran = wait_until(&tracker, delay, |command| command.runs == 2);
        assert_eq!(ran.next_run, Some(steps.now() + TimeDelta::seconds(60)), "{leap}");
        let command = if leap > TimeDelta::zero() {
            // The times that were leapt over count as one.
            wait_until(&tracker, hourly, |command| command.runs == 1)
        } else {
            wait_until(&tracker, hourly, |command| command.next_run < Some(steps.now() + hour * 2))
        };
        let next = command.next_run.unwrap();
        assert!(next > steps.now() && next <= steps.now() + hour, "{leap}: {next}");
    }
}

/// A clock that was years ahead reckoned the next run, and the process ended before it was put right.
// Issue 9, D3
#[test]
fn a_next_run_of_a_wrong_clock_is_reckoned_anew_at_the_start() {
    let home = TestHome::new();
    let steps = Steps::new(None);
    steps.set_clock(TimeDelta::days(3_650));
    let tracker = home.open(&steps);
    let hourly = tracker.submit(scheduled(cron("0 * * * *"))).unwrap();
    let delay = tracker.submit(scheduled(Schedule::Delay { seconds: 60 })).unwrap();
    wait_until(&tracker, delay, |command| command.runs == 1);
    drop(tracker);
    let steps = Steps::new(None);
    let tracker = home.open(&steps);
    let next = |id| tracker.get(id).unwrap().unwrap().next_run.unwrap();
    assert_eq!(next(hourly), "2026-01-31T13:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(next(delay), steps.now() + TimeDelta::seconds(60));
}

/// A run takes as long as it takes, and does not end before it began.
// Issue 9, D4 and F9
#[test]
fn a_run_over_a_clock_that_is_set_has_its_true_duration_and_rate() {
    for leap in [-TimeDelta::hours(5), TimeDelta::hours(5)] {
        let home = TestHome::new();
        let steps = Steps::new(Some((Point::StoreBatch(0), Fate::Hold)));
        let tracker = home.open(&steps);
        let id = tracker.submit(many_batches()).unwrap();
        steps.wait_for_arrival();
        steps.advance(4);
        steps.set_clock(leap);
        let (_, progress) = tracker.look(id).unwrap().unwrap();
        assert_eq!(progress.duration.as_secs(), 4);
        assert!(progress.percent <= progress.generated_percent);
        steps.let_go();
        let command = wait_for_end(&tracker, id);
        assert!(command.finished >= command.started, "{command:?}");
        let (_, progress) = tracker.look(id).unwrap().unwrap();
        assert_eq!(progress.duration, Duration::from_secs(4), "{leap}");
        assert_eq!((progress.rows_per_second, progress.remaining), (2_500.0, None));
        let (_, listed) = tracker.list(&Filter::default()).unwrap().remove(0);
        assert_eq!(listed, progress);
    }
}

/// What ended is not forgotten because a clock is ahead.
// Issue 9, D3
#[test]
fn a_start_with_the_clock_ahead_forgets_nothing() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    let id = tracker.submit(one_row()).unwrap();
    wait_for_end(&tracker, id);
    drop(tracker);
    let steps = Steps::new(None);
    steps.set_clock(TimeDelta::days(i64::from(home.config.retention_days) + 10));
    let tracker = home.open(&steps);
    tracker.forget_old();
    assert!(tracker.get(id).unwrap().is_some());
}

// Issue 9, F7
#[test]
fn cancel_ends_a_schedule_between_its_runs() {
    let home = TestHome::new();
    let steps = Steps::new(None);
    let tracker = home.open(&steps);
    let id = tracker.submit(scheduled(Schedule::Delay { seconds: 60 })).unwrap();
    wait_until(&tracker, id, |command| command.runs == 1);
    tracker.cancel(id).unwrap();
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!((command.status, command.next_run), (Status::Finished, None));
    assert!(command.order.schedule.is_none());
    assert!(tracker.cancel(id).is_err(), "there is nothing left to end");
}
