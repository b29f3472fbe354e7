package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.Marker;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.journal.kafka.KafkaPartition;
import dev.lastword.journal.postgresql.PostgresServer;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.StreamOptions;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The configuration of one gateway, checked.
 *
 * @param routes where requests are relayed to; empty only where the command brings its own upstream
 * @param policy how requests are relayed where a route does not say otherwise
 * @param drain how long running responses may go on once the process is asked to stop
 * @param loops number of event loops
 * @param bounds what may be there at once, for all clients together
 * @param owners who may ask for what
 * @param forwarding whose word counts about the way that a request came
 * @param journal the database that the journal is in, if it is in one
 * @param kafka the partition that the journal is in, if it is in one; it is in files in the data
 *     directory where both are empty
 * @param archive the database that the archive is in; empty for a file in the data directory
 * @param reserveBytes what the archive keeps free for a full disk
 * @param tls how clients are secured; empty for plain TCP
 * @param hooks what answers can be saved by
 * @param receipts where receipts are shown
 * @param node what it is among others on the same databases; empty: it is alone there
 */
record Config(
    InetSocketAddress listen,
    List<RouteConfig> routes,
    RoutePolicy policy,
    Path data,
    Duration drain,
    int loops,
    Limits limits,
    Access access,
    Bounds bounds,
    OwnerRules owners,
    Forwarding forwarding,
    Optional<PostgresServer> journal,
    Optional<KafkaPartition> kafka,
    Optional<PostgresServer> archive,
    int segmentBytes,
    long reserveBytes,
    Optional<Tls.Source> tls,
    List<HookConfig> hooks,
    ReceiptMode receipts,
    Optional<NodeConfig> node) {
  private static final Pattern LISTEN =
      Pattern.compile("(\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]]+):([0-9]{1,5})");

  /** The archive is where the journal is. */
  private static final String SAME = "same";

  /** They stand in the journal with every stream that they are for. */
  private static final int MARKERS_LENGTH_MAX = 1_000;

  private static final int EVENT_BYTES_MAX = 16 << 20;
  private static final long HOLD_MS_MAX = 600_000;
  private static final int REPEATED_BYTES_MAX = 1 << 30;

  /**
   * What may be there at once, for all clients together.
   *
   * @param callsMax calls to the upstream, those included that wait for their answer to begin
   * @param unattendedMax responses, and calls, that nobody waits for
   * @param answerBytesMax memory for what is put together for one reader
   * @param subscribersMax readers of one stream
   * @param heap how full the heap may be
   * @param owner what any one owner may have of it
   * @param producerLease how long an application that writes a stream itself may be silent
   */
  record Bounds(
      int callsMax,
      int unattendedMax,
      long answerBytesMax,
      int subscribersMax,
      HeapPressure.Marks heap,
      OwnerSetting owner,
      Duration producerLease) {}

  /**
   * What is configured of one owner's bounds.
   *
   * @param calls 0 for a share of what all may have, and so of the next two
   * @param generations as above
   * @param unattended as above
   * @param startsPerMinute 0 for no bound
   * @param bytes 0 for no bound
   */
  record OwnerSetting(
      int calls, int generations, int unattended, int startsPerMinute, long bytes) {}

  /**
   * What any one owner may have.
   *
   * @param unattendedMax what all may leave alone together
   */
  OwnerBounds ownerBounds(int unattendedMax) {
    var own = bounds.owner();
    if (owners.mode() == AccessMode.OPEN) {
      return OwnerBounds.NONE;
    }
    return new OwnerBounds(
        orShare(own.calls(), bounds.callsMax()),
        orShare(own.generations(), streams().generationsMax()),
        orShare(own.unattended(), unattendedMax),
        own.startsPerMinute(),
        own.bytes());
  }

  private static int orShare(int own, int all) {
    return own == 0 ? OwnerBounds.share(all) : own;
  }

  /** Whether its journal is no file, but in a database or in Kafka. */
  boolean isJournalOnServer() {
    return journal.isPresent() || kafka.isPresent();
  }

  static Config of(Settings settings) {
    var read = new Reader(settings);
    var policy = policy(read);
    var hooks = settings.hooks().stream().map(HookConfig::of).toList();
    read.requireHooks(hooks);
    settings.routes().forEach(route -> new Reader(route.settings()).requireHooks(hooks));
    return new Config(
        read.address(Setting.LISTEN),
        routes(settings, read, policy),
        policy,
        read.path(Setting.DATA),
        read.millis(Setting.DRAIN_MS),
        read.loops(),
        limits(read),
        read.access(),
        new Bounds(
            read.bytes(Setting.CALLS, 1, 10_000_000),
            read.bytes(Setting.UNATTENDED, 0, 10_000_000),
            read.answerBytes(),
            read.bytes(Setting.STREAM_SUBSCRIBERS, 1, 10_000_000),
            new HeapPressure.Marks(
                read.bytes(Setting.HEAP_REFUSE, 1, 100),
                read.bytes(Setting.HEAP_RELEASE, 1, 100),
                read.number(Setting.HEAP_STALL, 1, Long.MAX_VALUE)),
            new OwnerSetting(
                read.bytes(Setting.OWNER_CALLS, 0, 10_000_000),
                read.bytes(Setting.OWNER_GENERATIONS, 0, 10_000_000),
                read.bytes(Setting.OWNER_UNATTENDED, 0, 10_000_000),
                read.bytes(Setting.OWNER_STARTS, 0, 10_000_000),
                read.number(Setting.OWNER_BYTES, 0, Long.MAX_VALUE)),
            Duration.ofMillis(read.number(Setting.PRODUCER_LEASE, 100, 3_600_000))),
        OwnerRules.of(settings, read::address),
        read.forwarding(),
        read.journal(),
        read.kafka(),
        read.archive(),
        read.bytes(Setting.SEGMENT_BYTES, 1 << 20, 1 << 30),
        read.number(Setting.RESERVE_BYTES, 0, 1L << 40),
        read.tls(),
        hooks,
        read.receipts(),
        NodeConfig.of(settings));
  }

  /** The same, with one route of everything to this upstream. */
  Config withUpstream(UpstreamTarget target) {
    return new Config(
        listen,
        List.of(RouteConfig.root(target, policy)),
        policy,
        data,
        drain,
        loops,
        limits,
        access,
        bounds,
        owners,
        forwarding,
        journal,
        kafka,
        archive,
        segmentBytes,
        reserveBytes,
        tls,
        hooks,
        receipts,
        node);
  }

  /** The same, on other databases, and with so many loops. */
  Config onStores(PostgresServer journals, PostgresServer archives, int loopsThere) {
    return new Config(
        listen,
        routes,
        policy,
        data,
        drain,
        loopsThere,
        limits,
        access,
        bounds,
        owners,
        forwarding,
        Optional.of(journals),
        Optional.empty(),
        Optional.of(archives),
        segmentBytes,
        reserveBytes,
        tls,
        hooks,
        receipts,
        node);
  }

  /** The engine's bounds, where a route does not say otherwise. */
  StreamOptions streams() {
    return policy.streams();
  }

  private static List<RouteConfig> routes(Settings settings, Reader read, RoutePolicy policy) {
    var routes = new ArrayList<RouteConfig>();
    var paths = new HashSet<String>();
    for (var listed : settings.routes()) {
      var route = RouteConfig.of(listed, policy(new Reader(listed.settings())));
      if (!paths.add(route.path())) {
        throw new ConfigException(
            "%s: there are two routes with the path %s".formatted(listed.source(), route.path()));
      }
      routes.add(route);
    }
    read.upstream().ifPresent(target -> routes.add(RouteConfig.root(target, policy)));
    if (read.upstream().isPresent() && paths.contains(RouteConfig.ROOT)) {
      throw new ConfigException(
          settings.source(Setting.UPSTREAM)
              + ": 'upstream' is the route /, and 'routes' has one of that path too");
    }
    return List.copyOf(routes);
  }

  private static RoutePolicy policy(Reader read) {
    return new RoutePolicy(
        read.dialects(),
        read.onDisconnect(),
        timeouts(read),
        read.caFile(),
        streams(read),
        read.number(Setting.HOLD, 0, HOLD_MS_MAX),
        read.bytes(Setting.REPEATED, 0, REPEATED_BYTES_MAX),
        read.webSockets(),
        read.upstreamProtocol(),
        read.number(Setting.UNATTENDED_MS, 0, OnDisconnect.UNATTENDED_MS_MAX),
        new RouteQuotas.Bounds(
            read.own(Setting.CALLS, 1),
            read.own(Setting.GENERATIONS, 1),
            read.own(Setting.UNATTENDED, 0)),
        new SaveRules(read.hooks(), read.savePolicy(), read.facts()),
        read.resume(),
        read.isTrue(Setting.ASK_USAGE));
  }

  private static Limits limits(Reader read) {
    return new Limits(
        read.bytes(Setting.CONNECTIONS, 1, 10_000_000),
        read.bytes(Setting.REQUEST_LINE, 64, 1 << 20),
        read.bytes(Setting.HEADER_BYTES, 256, 1 << 20),
        read.bytes(Setting.HEADER_FIELDS, 1, 10_000),
        read.number(Setting.HEADER_READ, 1, Long.MAX_VALUE),
        read.number(Setting.BODY_BYTES, 0, Long.MAX_VALUE),
        read.number(Setting.BODY_READ, 1, Long.MAX_VALUE),
        read.number(Setting.KEEP_ALIVE, 1, Long.MAX_VALUE),
        read.number(Setting.STALL, 1, Long.MAX_VALUE),
        read.number(Setting.HEARTBEAT, 1, Long.MAX_VALUE),
        read.rolloverMs(),
        read.bytes(Setting.ADDRESS_CONNECTIONS, 1, 10_000_000),
        read.bytes(Setting.HTTP2_STREAMS, 1, 10_000),
        read.bytes(Setting.HTTP2_RESETS, 1, 10_000_000));
  }

  private static UpstreamTimeouts timeouts(Reader read) {
    return new UpstreamTimeouts(
        read.bytes(Setting.CONNECT, 1, Integer.MAX_VALUE),
        read.number(Setting.HEAD, 1, Long.MAX_VALUE),
        read.number(Setting.IDLE, 1, Long.MAX_VALUE),
        read.number(Setting.KEEP, 0, Long.MAX_VALUE),
        read.number(Setting.PING, 0, Long.MAX_VALUE));
  }

  private static StreamOptions streams(Reader read) {
    return new StreamOptions(
        read.millis(Setting.TAIL),
        read.millis(Setting.ENDING_SILENCE),
        read.millis(Setting.STREAM_IDLE),
        read.millis(Setting.DURATION),
        read.number(Setting.RESPONSE_BYTES, 1, Long.MAX_VALUE),
        read.bytes(Setting.EVENT_BYTES, 1, EVENT_BYTES_MAX),
        read.bytes(Setting.PENDING_BYTES, 1, 1 << 30),
        read.bytes(Setting.RESIDENT_BYTES, 0, 1 << 30),
        read.bytes(Setting.GENERATIONS, 1, 10_000_000),
        new StreamOptions.Retaining(
            Duration.ofDays(read.bytes(Setting.RETENTION_AGE, 0, 100_000)),
            read.number(Setting.RETENTION_BYTES, 0, Long.MAX_VALUE),
            Duration.ofSeconds(read.number(Setting.RETENTION_FULL_DISK, 0, Integer.MAX_VALUE))),
        saving(read));
  }

  private static StreamOptions.Saving saving(Reader read) {
    return new StreamOptions.Saving(
        read.millis(Setting.SAVE_TIMEOUT),
        StreamOptions.Saving.DEFAULT.retryFirst(),
        read.millis(Setting.SAVE_RETRY_MAX),
        read.millis(Setting.SAVE_HOLD),
        read.millis(Setting.SAVE_GIVE_UP),
        SavePolicy.WITHHOLD,
        read.millis(Setting.SAVE_PATIENCE));
  }

  /** Reads settings, and says of a wrong one where it stands and what it has to be. */
  private record Reader(Settings settings) {
    private ConfigException wrong(Setting setting, String expected) {
      return new ConfigException(
          "%s: '%s' has to be %s, not '%s'"
              .formatted(
                  settings.source(setting), setting.key(), expected, settings.written(setting)));
    }

    long number(Setting setting, long min, long max) {
      long value;
      try {
        value = Long.parseLong(settings.get(setting));
      } catch (NumberFormatException e) {
        throw wrong(setting, "a whole number");
      }
      if (value < min || value > max) {
        throw wrong(setting, max == Long.MAX_VALUE ? "at least " + min : min + " to " + max);
      }
      return value;
    }

    /** A bound of a route alone: empty where the route does not say it. */
    OptionalInt own(Setting setting, int min) {
      return settings.isPart() && settings.isOwn(setting)
          ? OptionalInt.of(bytes(setting, min, 10_000_000))
          : OptionalInt.empty();
    }

    int bytes(Setting setting, int min, int max) {
      return Math.toIntExact(number(setting, min, max));
    }

    DialectRules dialects() {
      return new DialectRules(
          named(Setting.DIALECT, settings.get(Setting.DIALECT)),
          paths(),
          settings.get(Setting.MARKERS).equals(Setting.MARKERS.standard())
                  && settings.get(Setting.MARKER_REQUIRED).equals("false")
              ? Dialects.undecided(plain())
              : plain());
    }

    private Optional<Dialect> named(Setting setting, String name) {
      if (name.isEmpty()) {
        return Optional.empty();
      }
      if (name.equals(PlainDialect.NAME)) {
        return Optional.of(plain()); // without parameters of its own it has the configured ones
      }
      var dialect = Dialects.named(name);
      if (dialect.isEmpty()) {
        throw new ConfigException(
            "%s: '%s': there is no dialect '%s'; there are %s"
                .formatted(settings.source(setting), setting.key(), name, names()));
      }
      return dialect;
    }

    private static String names() {
      return Dialects.all().stream().map(Dialect::name).collect(Collectors.joining(", "));
    }

    private List<DialectRules.PathRule> paths() {
      return DialectRules.split(settings.get(Setting.DIALECT_PATHS)).stream()
          .map(
              rule -> {
                int equals = rule.indexOf('=');
                if (equals < 1 || !rule.startsWith("/") || equals + 1 == rule.length()) {
                  throw wrong(Setting.DIALECT_PATHS, "PATH=DIALECT with ; between them");
                }
                return new DialectRules.PathRule(
                    rule.substring(0, equals).strip(),
                    named(Setting.DIALECT_PATHS, rule.substring(equals + 1).strip()).orElseThrow());
              })
          .toList();
    }

    private PlainDialect plain() {
      boolean required = isTrue(Setting.MARKER_REQUIRED);
      var text = settings.get(Setting.MARKERS);
      if (text.length() > MARKERS_LENGTH_MAX) {
        throw wrong(Setting.MARKERS, "at most " + MARKERS_LENGTH_MAX + " characters");
      }
      try {
        return new PlainDialect(Marker.parse(text), required);
      } catch (IllegalArgumentException e) {
        throw new ConfigException(
            "%s: '%s': %s"
                .formatted(
                    settings.source(Setting.MARKERS), Setting.MARKERS.key(), e.getMessage()));
      }
    }

    long answerBytes() {
      long asked = number(Setting.ANSWER_BYTES, 0, Long.MAX_VALUE);
      return asked == 0 ? ResponseBudget.standard() : asked;
    }

    long rolloverMs() {
      long ms = number(Setting.ROLLOVER, 0, Integer.MAX_VALUE);
      if (ms > 0 && ms < Rollover.MS_MIN) {
        throw wrong(Setting.ROLLOVER, "0, or at least " + Rollover.MS_MIN);
      }
      return ms;
    }

    Access access() {
      return new Access(
          address(Setting.LISTEN).getAddress().isLoopbackAddress(),
          words(Setting.ACCESS_HOSTS, Access::isHost, "host names such as chat.example.com"),
          words(
              Setting.ACCESS_ORIGINS,
              Access::isOrigin,
              "origins such as https://chat.example.com"));
    }

    Forwarding forwarding() {
      var words =
          words(
              Setting.TRUSTED_PROXIES,
              word -> AddressBlock.parse(word).isPresent(),
              "addresses such as 10.0.0.7, or blocks such as 10.0.0.0/8");
      return new Forwarding(
          new TrustedProxies(words.stream().flatMap(w -> AddressBlock.parse(w).stream()).toList()));
    }

    private Set<String> words(Setting setting, Predicate<String> proper, String expected) {
      var words = new LinkedHashSet<String>();
      for (var word : settings.get(setting).toLowerCase(Locale.ROOT).split("[;,\\s]+", -1)) {
        if (!word.isEmpty() && !proper.test(word)) {
          throw wrong(setting, expected);
        }
        if (!word.isEmpty()) {
          words.add(word);
        }
      }
      return Set.copyOf(words);
    }

    List<String> hooks() {
      return List.copyOf(
          listed(Setting.SAVE, Optional::of, "names of hooks").stream().distinct().toList());
    }

    /** Every hook that is named has to be there. */
    void requireHooks(List<HookConfig> there) {
      var names = there.stream().map(HookConfig::name).toList();
      for (var name : hooks()) {
        if (!names.contains(name)) {
          throw new ConfigException(
              "%s: '%s': there is no hook '%s'; there %s"
                  .formatted(
                      settings.source(Setting.SAVE),
                      Setting.SAVE.key(),
                      name,
                      names.isEmpty() ? "is none" : "are " + String.join(", ", names)));
        }
      }
    }

    SavePolicy savePolicy() {
      return SavePolicy.of(settings.get(Setting.SAVE_POLICY))
          .orElseThrow(() -> wrong(Setting.SAVE_POLICY, "withhold, publish or journal"));
    }

    ReceiptMode receipts() {
      return ReceiptMode.of(settings.get(Setting.RECEIPTS))
          .orElseThrow(() -> wrong(Setting.RECEIPTS, "wire, api or off"));
    }

    List<RequestFact> facts() {
      var expected =
          "NAME=/JSON/POINTER or NAME=header:FIELD, a name of a-z 0-9 _, no field of credentials";
      var facts = listed(Setting.SAVE_FACTS, RequestFact::parse, expected);
      if (facts.stream().map(RequestFact::name).distinct().count() < facts.size()) {
        throw wrong(Setting.SAVE_FACTS, "names that are each there once");
      }
      return facts;
    }

    private <T> List<T> listed(
        Setting setting, Function<String, Optional<T>> read, String expected) {
      var items = new ArrayList<T>();
      for (var item : settings.get(setting).split(";", -1)) {
        if (!item.isBlank()) {
          items.add(read.apply(item.strip()).orElseThrow(() -> wrong(setting, expected)));
        }
      }
      return List.copyOf(items);
    }

    Optional<Path> caFile() {
      return file(Setting.CA_FILE);
    }

    boolean webSockets() {
      return switch (settings.get(Setting.WEBSOCKET)) {
        case "tunnel" -> true;
        case "refuse" -> false;
        default -> throw wrong(Setting.WEBSOCKET, "tunnel or refuse");
      };
    }

    boolean isTrue(Setting setting) {
      return switch (settings.get(setting)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw wrong(setting, "true or false");
      };
    }

    ResumeKind resume() {
      return ResumeKind.of(settings.get(Setting.RESUME))
          .orElseThrow(() -> wrong(Setting.RESUME, "one of " + ResumeKind.words()));
    }

    UpstreamProtocol upstreamProtocol() {
      return switch (settings.get(Setting.UPSTREAM_HTTP2)) {
        case "auto" -> UpstreamProtocol.AUTO;
        case "off" -> UpstreamProtocol.HTTP1;
        case "prior-knowledge" -> UpstreamProtocol.PRIOR_KNOWLEDGE;
        default -> throw wrong(Setting.UPSTREAM_HTTP2, "auto, off or prior-knowledge");
      };
    }

    Optional<PostgresServer> journal() {
      return isInKafka()
          ? Optional.empty()
          : server(
              Setting.JOURNAL_URL,
              Setting.JOURNAL_USER,
              Setting.JOURNAL_PASSWORD,
              " or " + KafkaPartition.SCHEME);
    }

    private boolean isInKafka() {
      return settings.get(Setting.JOURNAL_URL).startsWith(KafkaPartition.SCHEME);
    }

    Optional<KafkaPartition> kafka() {
      if (!isInKafka()) {
        return Optional.empty();
      }
      try {
        return Optional.of(
            KafkaPartition.parse(
                settings.get(Setting.JOURNAL_URL),
                settings.get(Setting.JOURNAL_USER),
                settings.get(Setting.JOURNAL_PASSWORD)));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(
            "%s: '%s': %s"
                .formatted(
                    settings.source(Setting.JOURNAL_URL),
                    Setting.JOURNAL_URL.key(),
                    e.getMessage()));
      }
    }

    Optional<PostgresServer> archive() {
      if (!settings.get(Setting.ARCHIVE_URL).equals(SAME)) {
        return server(Setting.ARCHIVE_URL, Setting.ARCHIVE_USER, Setting.ARCHIVE_PASSWORD, "");
      }
      if (isInKafka()) {
        throw new ConfigException(
            "%s: '%s' is %s, and the journal is in Kafka, which keeps no archive"
                .formatted(settings.source(Setting.ARCHIVE_URL), Setting.ARCHIVE_URL.key(), SAME));
      }
      for (var its : List.of(Setting.ARCHIVE_USER, Setting.ARCHIVE_PASSWORD)) {
        if (!settings.get(its).isEmpty()) {
          throw new ConfigException(
              "%s: '%s' is the journal's where '%s' is %s"
                  .formatted(settings.source(its), its.key(), Setting.ARCHIVE_URL.key(), SAME));
        }
      }
      return Optional.of(
          journal()
              .orElseThrow(
                  () ->
                      new ConfigException(
                          "%s: '%s' is %s, and the journal is in no database: it needs '%s'"
                              .formatted(
                                  settings.source(Setting.ARCHIVE_URL),
                                  Setting.ARCHIVE_URL.key(),
                                  SAME,
                                  Setting.JOURNAL_URL.key()))));
    }

    /**
     * @param others what else the URL may begin with
     */
    private Optional<PostgresServer> server(
        Setting where, Setting user, Setting password, String others) {
      var url = settings.get(where);
      if (url.isEmpty()) {
        requireEmpty(user, where);
        requireEmpty(password, where);
        return Optional.empty();
      }
      if (!url.startsWith(PostgresServer.SCHEME)) {
        throw new ConfigException(
            "%s: '%s' has to begin with %s%s"
                .formatted(settings.source(where), where.key(), PostgresServer.SCHEME, others));
      }
      try {
        return Optional.of(new PostgresServer(url, settings.get(user), settings.get(password)));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(
            "%s: '%s': %s".formatted(settings.source(where), where.key(), e.getMessage()));
      }
    }

    private void requireEmpty(Setting setting, Setting needed) {
      if (!settings.get(setting).isEmpty()) {
        throw new ConfigException(
            "%s: '%s' needs '%s'".formatted(settings.source(setting), setting.key(), needed.key()));
      }
    }

    Optional<Tls.Source> tls() {
      var certificate = file(Setting.TLS_CERTIFICATE);
      var key = file(Setting.TLS_KEY);
      var clientCa = file(Setting.TLS_CLIENT_CA);
      if (certificate.isPresent() && key.isPresent()) {
        return Optional.of(new Tls.Source(certificate.get(), key.get(), clientCa));
      }
      if (certificate.isPresent() || key.isPresent() || clientCa.isPresent()) {
        throw new ConfigException(
            "TLS needs both '%s' and '%s'"
                .formatted(Setting.TLS_CERTIFICATE.key(), Setting.TLS_KEY.key()));
      }
      return Optional.empty();
    }

    private Optional<Path> file(Setting setting) {
      return Optional.of(settings.get(setting))
          .filter(text -> !text.isEmpty())
          .map(_ -> path(setting));
    }

    Path path(Setting setting) {
      try {
        return Path.of(settings.get(setting));
      } catch (InvalidPathException e) {
        throw wrong(setting, "the path of a file");
      }
    }

    OnDisconnect onDisconnect() {
      var text = settings.get(Setting.ON_DISCONNECT);
      return text.equals("auto")
          ? OnDisconnect.AUTO
          : OnDisconnect.parse(text)
              .orElseThrow(() -> wrong(Setting.ON_DISCONNECT, "auto, " + OnDisconnect.FORM));
    }

    Duration millis(Setting setting) {
      return Duration.ofMillis(number(setting, 0, Long.MAX_VALUE / 1_000_000));
    }

    int loops() {
      int asked = bytes(Setting.LOOPS, 0, 1_024);
      return asked == 0 ? Runtime.getRuntime().availableProcessors() : asked;
    }

    InetSocketAddress address(Setting setting) {
      var parts = LISTEN.matcher(settings.get(setting));
      if (!parts.matches() || Integer.parseInt(parts.group(2)) > 65_535) {
        throw wrong(setting, "HOST:PORT");
      }
      var host = parts.group(1);
      var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
      var address = new InetSocketAddress(bare, Integer.parseInt(parts.group(2)));
      if (address.isUnresolved()) {
        throw wrong(setting, "an address of this machine");
      }
      return address;
    }

    Optional<UpstreamTarget> upstream() {
      var url = settings.get(Setting.UPSTREAM);
      if (url.isEmpty()) {
        return Optional.empty();
      }
      try {
        return Optional.of(UpstreamTarget.parse(url, settings.written(Setting.UPSTREAM)));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(settings.source(Setting.UPSTREAM) + ": " + e.getMessage());
      }
    }
  }
}
