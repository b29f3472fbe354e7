package dev.lastword.gateway;

import java.util.OptionalInt;

/**
 * What may be there at once on one route.
 *
 * @param calls to its upstreams
 * @param generations responses that stream
 * @param unattended of those the ones that nobody reads
 * @param unattendedCalls calls whose clients have gone
 */
record RouteQuotas(Quota calls, Quota generations, Quota unattended, Quota unattendedCalls) {
  /** The quotas of all routes together; the engine bounds their generations. */
  static RouteQuotas ofAll(int callsMax, int unattendedMax) {
    return new RouteQuotas(
        new Quota(callsMax, null),
        new Quota(Integer.MAX_VALUE, null),
        new Quota(unattendedMax, null),
        new Quota(unattendedMax, null));
  }

  /** A part of these; without a bound of its own it is bounded by all. */
  RouteQuotas part(Bounds bounds) {
    return new RouteQuotas(
        new Quota(max(bounds.calls()), calls),
        new Quota(max(bounds.generations()), generations),
        new Quota(max(bounds.unattended()), unattended),
        new Quota(max(bounds.unattended()), unattendedCalls));
  }

  /** Other bounds of all from now on. */
  void allow(int callsMax, int unattendedMax) {
    calls.allow(callsMax);
    unattended.allow(unattendedMax);
    unattendedCalls.allow(unattendedMax);
  }

  /** Other bounds of a part from now on. */
  void allow(Bounds bounds) {
    calls.allow(max(bounds.calls()));
    generations.allow(max(bounds.generations()));
    unattended.allow(max(bounds.unattended()));
    unattendedCalls.allow(max(bounds.unattended()));
  }

  private static int max(OptionalInt own) {
    return own.orElse(Integer.MAX_VALUE);
  }

  /** The bounds that a route has of its own, beside those of all. */
  record Bounds(OptionalInt calls, OptionalInt generations, OptionalInt unattended) {}
}
