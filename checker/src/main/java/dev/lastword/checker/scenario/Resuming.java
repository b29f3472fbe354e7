package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.template.Address;
import dev.lastword.checker.template.Template;
import java.util.List;
import java.util.Optional;

/** Where and how a stream is read again. */
final class Resuming {
  private final Bench bench;

  Resuming(Bench bench) {
    this.bench = bench;
  }

  /** The stream's own address, or the request's own where a browser would ask there again. */
  private Optional<Template> address() {
    return bench
        .plan()
        .resume()
        .or(
            () ->
                bench.plan().request().method().equals("GET") && sendsIds()
                    ? Optional.of(bench.plan().request().url())
                    : Optional.empty());
  }

  boolean sendsIds() {
    return bench.baseline().reading().arrivals().stream().anyMatch(each -> each.event().hasId());
  }

  /** Why resuming cannot be tried; empty if it can. */
  Optional<String> missing() {
    return address().isPresent()
        ? Optional.empty()
        : Optional.of("add --resume, the address at which a stream is read again");
  }

  /**
   * A reader of a trial's stream who comes back, to an address that may be relative to the
   * request's.
   *
   * @throws dev.lastword.checker.template.MissingValueException if it is none
   */
  Trial back(Trial like, String lastEventId) {
    var address = address().orElseThrow();
    var uri = Address.of(address.address(like.values()), address.text(), like.request().uri());
    var more =
        lastEventId.isEmpty()
            ? List.<Header>of()
            : List.of(new Header("Last-Event-ID", lastEventId));
    return bench.trial(like, "GET", uri, more);
  }

  /** Whether two events are the same to who reads them. */
  static boolean same(List<Arrival> left, List<Arrival> right) {
    if (left.size() != right.size()) {
      return false;
    }
    for (int i = 0; i < left.size(); i++) {
      var a = left.get(i).event();
      var b = right.get(i).event();
      if (!a.type().equals(b.type()) || !a.data().equals(b.data())) {
        return false;
      }
    }
    return true;
  }
}
