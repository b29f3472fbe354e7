package dev.lastword.gateway;

import java.util.Optional;

/** What one request counts on: that of its route, with it that of all, and that of its owner. */
final class RequestQuotas {
  private final RouteQuotas route;
  private final OwnerQuotas owner;
  private final Quota calls;
  private final Quota generations;
  private final Quota unattendedCalls;

  RequestQuotas(RouteQuotas route, OwnerQuotas owner) {
    this.route = route;
    this.owner = owner;
    this.calls = Quota.ofBoth(route.calls(), owner.calls());
    this.generations = Quota.ofBoth(route.generations(), owner.generations());
    this.unattendedCalls = Quota.ofBoth(route.unattendedCalls(), owner.unattendedCalls());
  }

  Quota calls() {
    return calls;
  }

  Quota generations() {
    return generations;
  }

  Quota unattendedCalls() {
    return unattendedCalls;
  }

  /** Where a response is counted while nobody reads it. */
  UnattendedSeat unattended() {
    return new UnattendedSeat(route.unattended(), owner.unattended());
  }

  /** Begins a call; if there may be none, why. */
  Optional<Problem> beginCall() {
    return calls.begin() ? Optional.empty() : Optional.of(tooManyCalls());
  }

  private Problem tooManyCalls() {
    return isOwners(route.calls())
        ? Refusals.ofOwner("too_many_calls_of_owner", Setting.OWNER_CALLS, owner.bounds().calls())
        : Refusals.tooManyCalls(route.calls().limit());
  }

  /** Whether it has to be known what is kept of the owner before a stream is begun. */
  boolean boundsBytes() {
    return owner.bounds().bytes() > 0;
  }

  KeptBytes kept() {
    return owner.kept();
  }

  /** Begins a generation; if there may be none, why. */
  Optional<Problem> beginGeneration() {
    long most = owner.bounds().bytes();
    if (most > 0 && owner.kept().bytes() >= most) {
      return Optional.of(Refusals.tooManyBytes(most));
    }
    if (!generations.begin()) {
      return Optional.of(
          isOwners(route.generations())
              ? Refusals.ofOwner(
                  "too_many_streams_of_owner",
                  Setting.OWNER_GENERATIONS,
                  owner.bounds().generations())
              : Refusals.tooManyOnRoute(route.generations().limit()));
    }
    long wait = owner.starts().start();
    if (wait > 0) {
      generations.ended();
      return Optional.of(Refusals.tooManyStarts(owner.bounds().startsPerMinute(), wait));
    }
    return Optional.empty();
  }

  /** Why nothing is begun that may be left alone, if it is not. */
  Optional<Problem> refusalOfUnattended() {
    if (route.unattended().full()) {
      return Optional.of(Refusals.unattended(route.unattended().limit()));
    }
    return owner.unattended().full()
        ? Optional.of(
            Refusals.ofOwner(
                "too_many_unattended_of_owner",
                Setting.OWNER_UNATTENDED,
                owner.bounds().unattended()))
        : Optional.empty();
  }

  /** Where both are full it is said of the route: who waits for the other waits in vain. */
  private static boolean isOwners(Quota ofRoute) {
    return !ofRoute.full();
  }
}
