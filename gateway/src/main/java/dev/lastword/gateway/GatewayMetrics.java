package dev.lastword.gateway;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.StreamsListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * What is counted and timed, for {@code /metrics}. On the road of an event only adders are touched.
 */
final class GatewayMetrics implements StreamsListener {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final LongAdder events = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder opened = new LongAdder();
  private final LongAdder archived = new LongAdder();
  private final LongAdder subscribers = new LongAdder();
  private final LongAdder rolledOver = new LongAdder();
  private final LongAdder handedOver = new LongAdder();
  private final Map<Outcome, LongAdder> released = new EnumMap<>(Outcome.class);
  private final Map<Integer, Counter> relayed = new ConcurrentHashMap<>();
  private final Map<String, Counter> failures = new ConcurrentHashMap<>();
  private final Map<String, Counter> failovers = new ConcurrentHashMap<>();
  private final Map<String, Counter> refusals = new ConcurrentHashMap<>();
  private final LongAdder replays = new LongAdder();
  private final Map<String, Timer> saves = new ConcurrentHashMap<>();
  private final Map<String, Counter> saveFailures = new ConcurrentHashMap<>();
  private final Map<String, Counter> saveRejections = new ConcurrentHashMap<>();
  private final Map<SavePolicy, LongAdder> releasedUnsaved = new EnumMap<>(SavePolicy.class);
  private final Map<String, Counter> unsaved = new ConcurrentHashMap<>();
  private final Map<String, Counter> nodeFailures = new ConcurrentHashMap<>();
  private final Map<String, Counter> rejections = new ConcurrentHashMap<>();
  private final Timer seal =
      timer("lastword.seal", "From the decision that a stream has ended to its release");
  private final Timer flush =
      timer("lastword.journal.append", "From an append to its acknowledgement as durable");
  private final Map<String, List<Supplier<Number>>> summed = new ConcurrentHashMap<>();
  private boolean machineBound;

  GatewayMetrics() {
    counter("lastword.events", "Events that became visible", events);
    counter("lastword.events.bytes", "Bytes of the events that became visible", bytes);
    counter("lastword.streams.opened", "Streams created", opened);
    counter("lastword.relay.replayed", "Requests answered with an answer given before", replays);
    counter(
        "lastword.node.handed.over",
        "Requests that another node of the cluster has answered, or was asked to",
        handedOver);
    counter(
        "lastword.subscribers.rolled.over",
        "Readers whose connection was ended so that they come back by a new one",
        rolledOver);
    counter("lastword.streams.archived", "Streams moved to the archive", archived);
    gauge("lastword.subscribers", "Readers connected now", subscribers::sum);
    for (var outcome : Outcome.values()) {
      var adder = new LongAdder();
      released.put(outcome, adder);
      FunctionCounter.builder("lastword.streams.released", adder, LongAdder::sum)
          .description("Streams that have their outcome")
          .tag("outcome", outcome.word())
          .register(registry);
    }
    for (var policy : List.of(SavePolicy.PUBLISH, SavePolicy.JOURNAL)) {
      var adder = new LongAdder();
      releasedUnsaved.put(policy, adder);
      FunctionCounter.builder("lastword.streams.released.unsaved", adder, LongAdder::sum)
          .description("Endings that were said before every save hook had acknowledged")
          .tag("policy", policy.word())
          .register(registry);
    }
  }

  private void counter(String name, String description, LongAdder adder) {
    FunctionCounter.builder(name, adder, LongAdder::sum)
        .description(description)
        .register(registry);
  }

  private Timer timer(String name, String description, String... tags) {
    return Timer.builder(name)
        .tags(tags)
        .description(description)
        .serviceLevelObjectives(
            Duration.ofNanos(500_000),
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .register(registry);
  }

  /** A value that is read when it is asked for. */
  void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).strongReference(true).register(registry);
  }

  /** The values of one gateway of the process, which are summed up with those of the others. */
  Sums sums() {
    return new Sums();
  }

  /** Values that are part of a sum until this is closed. */
  final class Sums implements AutoCloseable {
    private final List<Runnable> taken = new ArrayList<>();

    private Sums() {}

    /** Adds a value that is read when the sum is asked for. */
    void add(String name, String description, Supplier<Number> value) {
      var all = summed.computeIfAbsent(name, first -> summed(first, description));
      all.add(value);
      taken.add(() -> all.remove(value));
    }

    private List<Supplier<Number>> summed(String name, String description) {
      var all = new CopyOnWriteArrayList<Supplier<Number>>();
      gauge(name, description, () -> all.stream().mapToLong(each -> each.get().longValue()).sum());
      return all;
    }

    @Override
    public void close() {
      taken.forEach(Runnable::run);
    }
  }

  @Override
  public void opened() {
    opened.increment();
  }

  @Override
  public void published(int count, int length) {
    events.add(count);
    bytes.add(length);
  }

  @Override
  public void released(Outcome outcome, long sealNanos) {
    var adder = released.get(outcome);
    if (adder != null) {
      adder.increment();
    }
    seal.record(sealNanos, TimeUnit.NANOSECONDS);
  }

  /** Counts a save hook from zero on, before it is called: an alert goes by what is there. */
  void hook(String name) {
    saves(name);
    saveFailures(name);
    saveRejections(name);
  }

  @Override
  public void saved(String hook, long nanos) {
    saves(hook).record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer saves(String hook) {
    return saves.computeIfAbsent(
        hook,
        name -> timer("lastword.saves", "Calls of save hooks that acknowledged", "hook", name));
  }

  @Override
  public void saveFailed(String hook) {
    saveFailures(hook).increment();
  }

  private Counter saveFailures(String hook) {
    return saveFailures.computeIfAbsent(
        hook,
        name ->
            tagged(
                "lastword.save.failures",
                "Calls of save hooks that failed, and may be acknowledged when made again",
                "hook",
                name));
  }

  @Override
  public void saveRejected(String hook) {
    saveRejections(hook).increment();
  }

  private Counter saveRejections(String hook) {
    return saveRejections.computeIfAbsent(
        hook,
        name ->
            tagged(
                "lastword.save.rejections",
                "Responses that a save hook has said never to take",
                "hook",
                name));
  }

  @Override
  public void releasedUnsaved(SavePolicy policy) {
    var adder = releasedUnsaved.get(policy);
    if (adder != null) {
      adder.increment();
    }
  }

  @Override
  public void archived(int count) {
    archived.add(count);
  }

  void subscribed(int more) {
    subscribers.add(more);
  }

  void rolledOver() {
    rolledOver.increment();
  }

  void flushed(long nanos) {
    flush.record(nanos, TimeUnit.NANOSECONDS);
  }

  void relayed(int status) {
    relayed
        .computeIfAbsent(
            status,
            s -> tagged("lastword.relay.requests", "Relayed requests by status", "status", "" + s))
        .increment();
  }

  void upstreamFailed(String code) {
    failures
        .computeIfAbsent(
            code,
            c -> tagged("lastword.upstream.failures", "Failed upstream calls by code", "code", c))
        .increment();
  }

  /** The next upstream was asked, for this reason. */
  void failedOver(String code) {
    failovers
        .computeIfAbsent(
            code,
            c ->
                tagged(
                    "lastword.upstream.failovers",
                    "Requests that the next upstream was asked with, by why",
                    "code",
                    c))
        .increment();
  }

  /** A request was answered with what came of it before. */
  void replayed() {
    replays.increment();
  }

  /** A request was not relayed, or its stream not begun. */
  void refused(String code) {
    refusals
        .computeIfAbsent(
            code,
            c -> tagged("lastword.relay.refused", "Requests that were not relayed", "code", c))
        .increment();
  }

  /** A response streamed by that is not kept. */
  void unsaved(String kind) {
    unsaved
        .computeIfAbsent(
            kind,
            k -> tagged("lastword.relay.unsaved", "Responses that streamed by unsaved", "kind", k))
        .increment();
  }

  void handedOver() {
    handedOver.increment();
  }

  void nodeFailed(String code) {
    nodeFailures
        .computeIfAbsent(
            code,
            c ->
                tagged(
                    "lastword.node.failed",
                    "Answers that another node did not give, or not to the end, by code",
                    "code",
                    c))
        .increment();
  }

  void rejected(String code) {
    rejections
        .computeIfAbsent(
            code,
            c ->
                tagged("lastword.http.rejected", "Client connections cut short by code", "code", c))
        .increment();
  }

  private Counter tagged(String name, String description, String tag, String value) {
    return Counter.builder(name).description(description).tag(tag, value).register(registry);
  }

  /** All metrics in the text format of Prometheus. */
  String scrape() {
    bindMachine();
    return registry.scrape();
  }

  /** The machine's own figures, bound when somebody first looks: they take a while to set up. */
  @SuppressWarnings("resource") // as long as the process
  private synchronized void bindMachine() {
    if (!machineBound) {
      machineBound = true;
      new JvmMemoryMetrics().bindTo(registry);
      new JvmGcMetrics().bindTo(registry);
      new JvmThreadMetrics().bindTo(registry);
      new ProcessorMetrics().bindTo(registry);
      new UptimeMetrics().bindTo(registry);
    }
  }
}
