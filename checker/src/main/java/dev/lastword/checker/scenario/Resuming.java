package dev.lastword.checker.scenario;

import dev.lastword.checker.form.Heartbeats;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.template.Template;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

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

  /** A reader of a trial's stream who comes back. */
  Trial back(Trial like, String lastEventId) {
    var uri = URI.create(address().orElseThrow().address(like.values()));
    var more =
        lastEventId.isEmpty()
            ? List.<Header>of()
            : List.of(new Header("Last-Event-ID", lastEventId));
    return bench.trial(like, "GET", uri, more);
  }

  /** The events that are of the stream: a heartbeat is of the connection, and comes as it may. */
  static List<Arrival> told(List<Arrival> arrivals) {
    return arrivals.stream().filter(each -> !Heartbeats.include(each.event())).toList();
  }

  /** Whether two readers were told the same, heartbeats aside. */
  static boolean same(List<Arrival> left, List<Arrival> right) {
    var these = told(left);
    var those = told(right);
    return these.size() == those.size() && startsWith(these, those);
  }

  /** Whether one was told what the other was, and perhaps more, heartbeats aside. */
  static boolean startsWith(List<Arrival> all, List<Arrival> start) {
    var these = told(all);
    var those = told(start);
    return these.size() >= those.size()
        && IntStream.range(0, those.size()).allMatch(i -> same(these.get(i), those.get(i)));
  }

  /** Whether two events are the same to who reads them. */
  static boolean same(Arrival left, Arrival right) {
    return left.event().type().equals(right.event().type())
        && left.event().data().equals(right.event().data());
  }
}
