package dev.lastword.gateway;

/**
 * Counts one response while nobody reads it. It may not be refused, for it runs; so an owner who
 * leaves more of them alone than are theirs counts for no more than that among all: others are not
 * refused for it. Used under the lock of whoever has it.
 */
final class UnattendedSeat {
  private final Quota route;
  private final Quota owner;
  private boolean amongAll;

  UnattendedSeat(Quota route, Quota owner) {
    this.route = route;
    this.owner = owner;
  }

  void take() {
    owner.add(1);
    amongAll = !owner.exceeded();
    if (amongAll) {
      route.add(1);
    }
  }

  void giveBack() {
    owner.add(-1);
    if (amongAll) {
      amongAll = false;
      route.add(-1);
    }
  }
}
