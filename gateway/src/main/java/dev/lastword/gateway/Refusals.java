package dev.lastword.gateway;

import dev.lastword.stream.OpenRefusal;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Why a stream is not begun, as a problem. */
final class Refusals {
  static final Supplier<Problem> ID_TAKEN =
      () ->
          Problem.of(409, "stream_id_taken", "another stream has this id")
              .member("field", "Lastword-Stream");
  static final Supplier<Problem> DRAINING =
      () -> Problem.unavailable("draining", "the server is going away");

  private Refusals() {}

  static Problem tooManyCalls(int max) {
    return Problem.unavailable("overloaded", "as many calls to the upstream run as are allowed")
        .member("field", "calls")
        .member("limit", max);
  }

  static Problem tooManyOnRoute(int max) {
    return Problem.unavailable(
            "overloaded", "as many responses are streaming on this route as are allowed")
        .member("field", "generations")
        .member("limit", max);
  }

  static Problem unattended(int max) {
    return Problem.unavailable(
            "overloaded", "as many responses are streaming that nobody reads as are allowed")
        .member("field", "unattended")
        .member("limit", max);
  }

  /** One owner has as many as one may have, whatever all have. */
  static Problem ofOwner(String code, Setting bound, long max) {
    return tooMany(code, bound, max, 5);
  }

  /**
   * @param waitNanos until there may be one more
   */
  static Problem tooManyStarts(int perMinute, long waitNanos) {
    long seconds = Math.max(1, TimeUnit.NANOSECONDS.toSeconds(waitNanos - 1) + 1);
    return tooMany("too_many_starts_of_owner", Setting.OWNER_STARTS, perMinute, seconds);
  }

  static Problem tooManySubscribers(int max) {
    return Problem.unavailable(
            "too_many_subscribers", "as many readers of this stream are there as are allowed")
        .member("field", Setting.STREAM_SUBSCRIBERS.key())
        .member("limit", max);
  }

  /** Until some are deleted, or have outlived their time. */
  static Problem tooManyBytes(long max) {
    return tooMany("too_many_bytes_of_owner", Setting.OWNER_BYTES, max, 60);
  }

  private static Problem tooMany(String code, Setting bound, long max, long retryAfterSeconds) {
    return Problem.of(429, code, "this owner has as many as " + bound.key() + " allows")
        .header("retry-after", Long.toString(retryAfterSeconds))
        .member("field", bound.key())
        .member("limit", max);
  }

  static Problem noRoute() {
    return Problem.of(404, "no_route", "no route of this gateway takes this path");
  }

  static Problem loop() {
    return Problem.of(
        508,
        "loop_detected",
        "the request has been here before: the upstream leads back to this gateway");
  }

  static Problem of(OpenRefusal refusal) {
    return switch (refusal) {
      case OpenRefusal.DiskFull full -> diskFull();
      case OpenRefusal.JournalBlocked blocked ->
          Problem.unavailable(
              "journal_blocked", "the journal cannot begin its next segment; its log says why");
      case OpenRefusal.JournalClosed closed -> journalClosed();
      case OpenRefusal.ArchiveFailed failed ->
          Problem.unavailable(
              "archive_failed", "the archive does not say now whether this id is taken");
      case OpenRefusal.Draining draining -> DRAINING.get();
      case OpenRefusal.Overloaded(int max) ->
          Problem.unavailable("overloaded", "as many responses are streaming as are allowed")
              .member("field", "generations")
              .member("limit", max);
      case OpenRefusal.MemoryFull(long max) ->
          Problem.unavailable("memory_full", "answers take nearly all of their memory now")
              .member("limit", max);
      case OpenRefusal.IdTaken taken -> ID_TAKEN.get();
      case OpenRefusal.TooLarge(int max) ->
          Problem.tooMuch(413, "request_too_large", "what is kept of the request", max);
    };
  }

  private static Problem diskFull() {
    return Problem.of(507, "disk_full", "there is no room on the disk for another stream")
        .header("retry-after", "30");
  }

  private static Problem journalClosed() {
    return Problem.unavailable(
        "journal_closed", "the journal takes nothing until the server is restarted");
  }
}
