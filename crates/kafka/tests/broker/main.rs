//! The client against a real broker, read back by an independent one.
//!
//! `DATAGEN_KAFKA` names the folder of a broker that `tests/services/kafka/run start FOLDER` has started, and
//! `DATAGEN_REFEREE` a Python with confluent-kafka. Without them the tests say that they were left out.
//!
//! # What can happen to a producer, and what becomes of it
//! The tests of the connector are those of `tests/it` of the crate above; `kafka_breaks` and `kafka_outages` are its
//! files.
//!
//! | what happens | what the client does | test |
//! |---|---|---|
//! | wrong password, mechanism, authority, name; no client certificate | fails at once (three attempts), by kind; the connector names the setting | `what_does_not_fit_is_told_at_once_and_by_its_kind`, `what_does_not_fit_names_the_setting` |
//! | a plain client on a port of TLS or of logins, and the reverse | the same, from how far the connection came | the same |
//! | nobody listens, no such host; one of several addresses is dead | tries the others until the deadline; the last cause is told | the same, `an_outage_longer_than_the_deadline_is_told_with_its_cause` |
//! | a certificate, key or store that cannot be read | the client is not made | `pem`, `jks`; `every_way_in_delivers_rows` |
//! | no right on topic, group, transactional id or cluster | asked for before the first row; each is named | `a_user_without_a_right_is_refused_and_told_which` |
//! | a right is taken away while it produces, and comes back | fails with the code; a new producer works | `rights_are_told_and_may_come_back` |
//! | the topic is not there, or was made a moment ago | asked for again for 5 s, then missing | `sizes_and_contents_get_their_right_answers` |
//! | the topic has a name that is not allowed | refused as `INVALID_TOPIC`; the connector knows before | `topics_are_made_described_and_removed` |
//! | a batch larger than the topic takes | made smaller by `max.message.bytes`, and split where the broker says so | `sizes_and_contents_get_their_right_answers` |
//! | one message larger than the topic takes | fails, naming both sizes | the same |
//! | a compacted topic and no key; a time too far ahead; no such partition | fails with the broker's words; the connector names the setting | the same |
//! | times so old that the topic deletes them | refused by the connector; a topic that it makes keeps them | `rows_that_a_topic_would_delete_by_their_age_are_refused` |
//! | more is made than acknowledged | `send` waits for the window | `every_way_in_is_taken` |
//! | the broker is killed and comes back | sequence numbers: nothing lost, nothing doubled | `a_killed_broker_loses_and_doubles_nothing`, `outages_of_a_broker_are_survived_or_told` |
//! | the broker stands still | the connection is given up after `request_timeout`, the rest is the same | `a_frozen_broker_is_waited_for_and_a_cancelled_wait_ends_at_once` |
//! | an answer is lost, at any request of a transaction | asked for again, counted, changes nothing | `a_lost_answer_is_asked_for_again_and_counted` |
//! | the process is killed between a request and its answer, at any of a transaction | the next one finishes or gives up what was open | `a_kill_at_any_request_loses_and_doubles_nothing` |
//! | the topic is deleted, made again, or loses partitions | fails within seconds: by its identity, and by offsets that go back | `a_topic_that_is_replaced_fails_the_producer`, `a_topic_that_is_deleted_fails_its_command` |
//! | a transaction is given up after all was acknowledged, or before | nobody sees it; the next one is not disturbed | `transactions_are_seen_when_they_are_committed_and_only_then` |
//! | a message of a transaction is refused | the commit fails; after `abort` the next one works (a new epoch) | the same |
//! | another producer takes the transactional id | fenced, and told as such | the same |
//! | a transaction lasts longer than its time-out, or may not last so long | fenced; refused before the first row | `a_transaction_that_lasts_too_long_is_told_as_such` |
//! | a commit meets a broker that is away | asked for again until the deadline, then by the next process | `a_killed_broker_loses_and_doubles_nothing` |
//! | calls out of their order | `Error::Misuse` | `transactions_are_seen_when_they_are_committed_and_only_then` |

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that fails says where; one that is left out says so"
)]

mod outages;
mod place;
mod producing;
mod transactions;
