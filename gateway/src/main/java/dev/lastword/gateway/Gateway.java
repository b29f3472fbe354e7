package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.hooks.AnswerReceipt;
import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.kafka.KafkaJournal;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.stream.Answer;
import dev.lastword.stream.JournalMismatchException;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.Owner;
import dev.lastword.stream.ReceiptSigner;
import dev.lastword.stream.Release;
import dev.lastword.stream.Streams;
import dev.lastword.stream.TimeSource;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway: what the configuration names, put together in the order in which it can be
 * used.
 */
final class Gateway implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Gateway.class);
  private static final long DRAIN_EXTRA_MS = 10_000;
  private static final long DRAIN_LOOK_MS = 20;

  /** How long the archive may take for what waits, when the process goes. */
  private static final long FLUSH_MS = 5_000;

  /** How long it is waited for what is there of one id. */
  private static final long KNOWN_MS = 5_000;

  /** How often the files of TLS are looked at. */
  private static final long TLS_LOOK_MS = 2_000;

  private static final long HEAP_LOOK_MS = 1_000;

  /** How long clients may count on an {@code Idempotency-Key}. */
  private static final Duration KEYS_KEPT = Duration.ofDays(1);

  private final Journal journal;
  private final Archive archive;
  private final Streams streams;
  private final SaveHooks hooks;
  private final Loops loops;
  private final Together together;

  /** Takes what is counted of this gateway alone out of the sums. */
  private final Runnable uncount;

  private final Route router;
  private final Optional<Server> server;
  private final Optional<Server> adminServer;

  /** Calls to upstreams that run now. */
  private final Quota calls;

  private final ExecutorService io;
  private final List<Reloadable> reloadables;
  private volatile Config config;

  private Gateway(
      Config config,
      Journal journal,
      Archive archive,
      Streams streams,
      SaveHooks hooks,
      Loops loops,
      Together together,
      Runnable uncount,
      Route router,
      Quota calls,
      Optional<Server> server,
      Optional<Server> adminServer,
      ExecutorService io,
      List<Reloadable> reloadables) {
    this.config = config;
    this.reloadables = List.copyOf(reloadables);
    this.journal = journal;
    this.archive = archive;
    this.streams = streams;
    this.hooks = hooks;
    this.loops = loops;
    this.together = together;
    this.uncount = uncount;
    this.router = router;
    this.server = server;
    this.adminServer = adminServer;
    this.calls = calls;
    this.io = io;
  }

  /**
   * Starts: recovers what is in the data directory, then listens.
   *
   * @param pages what is served at exact paths before anything is relayed
   * @throws ConfigException if the data directory, the address or a file cannot be used
   */
  static Gateway start(Config config, Map<String, Route> pages) {
    return start(config, pages, Gateway::openJournal, Optional.empty());
  }

  /**
   * Starts on any journal.
   *
   * @param journals opens it on the disk that the archive is on
   * @param gauge percent of the heap that lives; empty to measure it
   */
  static Gateway start(
      Config config,
      Map<String, Route> pages,
      BiFunction<Config, DiskRoom, Journal> journals,
      Optional<IntSupplier> gauge) {
    return start(config, pages, journals, gauge, new Standing.Alone());
  }

  /**
   * Starts as one of several, or alone.
   *
   * @param standing how it stands to others
   */
  static Gateway start(
      Config config,
      Map<String, Route> pages,
      BiFunction<Config, DiskRoom, Journal> journals,
      Optional<IntSupplier> gauge,
      Standing standing) {
    var io = Executors.newVirtualThreadPerTaskExecutor();
    var listened = Optional.of(config.listen()).filter(_ -> standing.listens());
    var adminListened = config.owners().adminListen().filter(_ -> standing.listens());
    listened.ifPresent(Gateway::probe);
    adminListened.ifPresent(Gateway::probe);
    var secured = config.tls().filter(_ -> standing.listens()).map(Tls::of);
    prepare(config.data());
    if (standing.listens()) {
      warnOfRetention(config);
    }
    var receipts = receipts(config);
    var room = new DiskRoom();
    var opening = new ArchiveOpening(config, room, io);
    var metrics = standing.together().map(Together::metrics).orElseGet(GatewayMetrics::new);
    var sums = metrics.sums();
    var whole = standing.together().map(Together::memory).orElseGet(MemoryBudget::ofHeap);
    var memory = whole.part();
    var transport = Transport.best();
    var loops = new Loops(transport, config.loops());
    var descriptors = Descriptors.ofProcess();
    var waits = new Waits();
    var producerLease = config.bounds().producerLease();
    var saves = new RemoteSaves(producerLease.toNanos(), System::nanoTime, waits, metrics);
    var hooks =
        new SaveHooks(
            config.hooks(),
            new HookMaker(
                config.streams().saving().timeout(),
                new HookSockets(descriptors),
                receipts.isPresent() ? receipts.get()::ofAnswer : AnswerReceipt.NONE),
            metrics);
    Journal journal = null;
    boolean started = false;
    try {
      var servers =
          new UpstreamServers(
              new UpstreamServers.Parts(loops.all(), transport, io, descriptors, metrics));
      var quotas =
          RouteQuotas.ofAll(config.bounds().callsMax(), unattendedMax(config, descriptors));
      var table = new RelayRoutes(config, servers, quotas);
      var reloadables = new ArrayList<Reloadable>();
      reloadables.add(table);
      reloadables.add(
          next -> () -> quotas.allow(next.bounds().callsMax(), unattendedMax(next, descriptors)));
      journal = new TimedJournal(journals.apply(config, room), metrics);
      opening.journalIsOpen();
      if (receipts.isPresent()) {
        receipts.get().journalIsOpen(journal);
      }
      var together =
          standing
              .together()
              .orElseGet(
                  () ->
                      new Together(
                          Secrets.open(config.data(), System.currentTimeMillis()),
                          whole,
                          new ResponseBudget(config.bounds().answerBytesMax()),
                          metrics));
      var archive = opening.opened();
      var streams =
          Streams.start(
              new Streams.Parts(
                  journal,
                  archive,
                  config.streams(),
                  new Release.Named(
                      name -> name.equals(RemoteSaves.NAME) ? Optional.of(saves) : hooks.of(name)),
                  receipts.isPresent() ? receipts.get() : ReceiptSigner.NONE,
                  memory,
                  TimeSource.SYSTEM,
                  loops,
                  io,
                  standing.ids(),
                  new SecureRandom(),
                  metrics));
      descriptors.compareWith((long) config.limits().connectionsMax() + config.bounds().callsMax());
      var ofOwners =
          new QuotasOfOwners(
              config.ownerBounds(unattendedMax(config, descriptors)),
              streams::bytes,
              System::nanoTime);
      reloadables.add(
          next -> () -> ofOwners.allow(next.ownerBounds(unattendedMax(next, descriptors))));
      var heap = watched(gauge, config, loops, io);
      metrics.gauge(
          "lastword.heap.percent",
          "Part of the heap that lives, as of the last collection",
          heap::percent);
      reloadables.add(next -> () -> heap.allow(next.bounds().heap()));
      var owners = Owners.of(config, together.secrets(), streams, io);
      reloadables.add(owners);
      var router =
          new Routes(
                  config,
                  table,
                  streams,
                  owners,
                  ofOwners,
                  heap,
                  io,
                  metrics,
                  withKeys(pages, receipts, io),
                  reloadables,
                  standing,
                  servers,
                  saves,
                  waits,
                  sums,
                  together.answers())
              .router();
      secured.ifPresent(files -> watch(files, loops, io));
      var adminServer =
          adminListened.map(
              address ->
                  listen(
                      address,
                      secured,
                      loops,
                      transport,
                      // Its own connections are not among those that the metrics tell of.
                      new ServerContext(
                          config.limits(),
                          config.forwarding(),
                          router.forAdministrators(address),
                          descriptors,
                          heap,
                          new GatewayMetrics(),
                          null)));
      var server =
          listened.map(
              address ->
                  listen(
                      address,
                      secured,
                      loops,
                      transport,
                      new ServerContext(
                          config.limits(),
                          config.forwarding(),
                          router,
                          descriptors,
                          heap,
                          metrics,
                          standing.ofNode().orElse(null))));
      standing.ofNode().ifPresent(reloadables::add);
      reloadables.add(
          next ->
              () ->
                  Stream.concat(server.stream(), adminServer.stream())
                      .map(Server::context)
                      .forEach(
                          context -> {
                            context.limit(next.limits());
                            context.believe(next.forwarding());
                          }));
      reloadables.add(hooks); // last: what they hold would be left if another part refused
      var gateway =
          new Gateway(
              config,
              journal,
              archive,
              streams,
              hooks,
              loops,
              together,
              () -> {
                sums.close();
                memory.close();
              },
              router,
              quotas.calls(),
              server,
              adminServer,
              io,
              reloadables);
      started = true;
      return gateway;
    } catch (RuntimeException e) {
      if (e instanceof JournalMismatchException) {
        throw new ConfigException(opening.mismatched("" + e.getMessage()));
      }
      throw e instanceof JournalFailedException || e instanceof ArchiveFailedException
          ? refused(e, config.isJournalOnServer() || config.archive().isPresent())
          : e;
    } finally {
      if (!started) { // whatever it was: another may have to answer for what is here
        loops.stop();
        opening.giveUp();
        if (journal != null) {
          journal.close();
        }
        hooks.close();
        io.shutdown();
        sums.close();
        memory.close();
      }
    }
  }

  /** The routes and what they stand on. */
  private record Routes(
      Config config,
      RelayRoutes table,
      Streams streams,
      Owners owners,
      QuotasOfOwners ofOwners,
      HeapPressure heap,
      ExecutorService io,
      GatewayMetrics metrics,
      Map<String, Route> pages,
      List<Reloadable> reloadables,
      Standing standing,
      UpstreamServers servers,
      RemoteSaves saves,
      Waits waits,
      GatewayMetrics.Sums sums,
      ResponseBudget budget) {
    /** Who knows of streams that are elsewhere. */
    private Elsewhere elsewhere(ResponseBudget budget, Readers readers) {
      return switch (standing) {
        case Standing.Alone _ -> Elsewhere.NOWHERE;
        case Standing.Beside(var shard, _, var placement) ->
            placement
                .<Elsewhere>map(known -> new BesideClaims(shard, known))
                .orElseGet(Questions::new);
        case Standing.First(var node) -> {
          var calls = new NodeCalls(node, servers);
          metrics.gauge(
              "lastword.node.calls",
              "Calls of other nodes of the cluster that run now",
              calls::now);
          yield new Front(node, calls, owners, budget, readers, metrics);
        }
      };
    }

    Router router() {
      sums.add("lastword.streams.open", "Generations that run now", streams::generations);
      sums.add(
          "lastword.streams.unarchived",
          "Streams that are not in the archive yet",
          streams::unarchived);
      sums.add(
          "lastword.saves.pending",
          "Responses that wait for their save hooks now",
          streams::unsaved);
      metrics.gauge("lastword.answers.bytes", "Memory that answers take now", budget::taken);
      sums.add(
          "lastword.upstream.calls",
          "Calls to the upstream that run now",
          table.all().calls()::now);
      sums.add(
          "lastword.owners", "Owners who have something going on, or had lately", ofOwners::size);
      var attendance = new Attendance(streams, table.all(), metrics);
      var access = new AtomicReference<>(config.access());
      var heartbeatMs = new AtomicLong(config.limits().heartbeatMs());
      var rolloverMs = new AtomicLong(config.limits().rolloverMs());
      var subscribersMax = new AtomicInteger(config.bounds().subscribersMax());
      var saveRules = new AtomicReference<>(config.policy().save());
      reloadables.add(
          next ->
              () -> {
                access.set(next.access().heardOn(config.access()));
                heartbeatMs.set(next.limits().heartbeatMs());
                rolloverMs.set(next.limits().rolloverMs());
                subscribersMax.set(next.bounds().subscribersMax());
                saveRules.set(next.policy().save());
                budget.allow(next.bounds().answerBytesMax());
              });
      var readers =
          new Readers(
              heartbeatMs::get,
              rolloverMs::get,
              metrics,
              attendance,
              config.receipts() == ReceiptMode.WIRE);
      var elsewhere = elsewhere(budget, readers);
      var owned = owners.streams();
      var api = new StreamsApi(owned, budget);
      var reading = new ResumedReading(readers, subscribersMax::get);
      var resumes = new Resumes(owned, api, reading, access::get, budget, elsewhere);
      return new Router(
          new OwnRoutes(
              new EventsRoute(owned, readers, subscribersMax::get),
              api,
              new LinksApi(owned, owners.links(), System::currentTimeMillis),
              new UsageApi(streams),
              new ProducersApi(
                  new ProducersApi.Parts(
                      owners,
                      ofOwners,
                      table.all(),
                      heap,
                      budget,
                      elsewhere,
                      saves,
                      waits,
                      saveRules::get,
                      metrics,
                      io,
                      config.streams().eventBytesMax(),
                      config.bounds().producerLease().toMillis()))),
          new Operations(streams, metrics, io),
          pages,
          new Relay(
              streams,
              readers,
              metrics,
              table,
              access::get,
              owners,
              ofOwners,
              heap,
              budget,
              resumes,
              new Replay(streams, readers, metrics, owners, subscribersMax::get),
              elsewhere),
          access::get,
          owners,
          elsewhere);
    }
  }

  /** It is no mistake where no client sends keys. */
  private static void warnOfRetention(Config config) {
    var age = config.streams().retaining().age();
    if (age.compareTo(KEYS_KEPT) < 0) {
      log.warn(
          "config.keys_forgotten retention.days={} hint=\"an Idempotency-Key goes with its answer,"
              + " minutes after its end: what is asked again under it later is paid again\"",
          age.toDays());
    }
  }

  private static Optional<SigningReceipts> receipts(Config config) {
    return config.receipts() == ReceiptMode.OFF
        ? Optional.empty()
        : Optional.of(
            new SigningReceipts(ReceiptKeys.open(config.data(), System.currentTimeMillis())));
  }

  /** These pages, and the keys that receipts can be checked with. */
  private static Map<String, Route> withKeys(
      Map<String, Route> pages, Optional<SigningReceipts> receipts, ExecutorService io) {
    var more = new HashMap<>(pages);
    receipts.ifPresent(made -> more.put(JwksRoute.PATH, new JwksRoute(made.keys()::all, io)));
    return more;
  }

  /** Each costs a socket that its client does not need any more. */
  private static int unattendedMax(Config config, Descriptors descriptors) {
    return Math.min(config.bounds().unattendedMax(), descriptors.unattendedMax());
  }

  private static void prepare(Path data) {
    try {
      if (!Files.isDirectory(data)) {
        Files.createDirectories(data.toAbsolutePath().getParent());
        if (data.getFileSystem().supportedFileAttributeViews().contains("posix")) {
          var ownerOnly = PosixFilePermissions.fromString("rwx------");
          Files.createDirectory(data, PosixFilePermissions.asFileAttribute(ownerOnly));
        } else {
          Files.createDirectory(data);
        }
      }
    } catch (IOException e) {
      throw new ConfigException("cannot make the data directory " + data + ": " + reason(e));
    }
    if (!Files.isWritable(data)) {
      throw new ConfigException("the data directory " + data + " is not writable");
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " " + e.getMessage());
  }

  /** Opens the journal that is configured: in a database, in Kafka, or in the data directory. */
  static Journal openJournal(Config config, DiskRoom room) {
    var layout = FileJournal.Options.DEFAULT.withSegmentBytes(config.segmentBytes());
    try {
      return config
          .journal()
          .map(server -> PostgresJournal.open(new PostgresJournal.Options(server), layout))
          .or(() -> config.kafka().map(place -> KafkaJournal.open(place, layout)))
          .orElseGet(() -> FileJournal.open(config.data().resolve("journal"), layout, room));
    } catch (JournalFailedException e) {
      throw refused(e, config.isJournalOnServer());
    }
  }

  /** A file that cannot be opened is so at the next start; a server may be back by then. */
  static ConfigException refused(RuntimeException e, boolean server) {
    return server ? new UnavailableException(withCause(e)) : new ConfigException(withCause(e));
  }

  static String withCause(RuntimeException e) {
    var cause = e.getCause();
    return cause == null
            || cause.getMessage() == null
            || String.valueOf(e.getMessage()).contains(cause.getMessage())
        ? "" + e.getMessage()
        : e.getMessage() + ": " + cause.getMessage();
  }

  /** A port that is taken is said before the journal is read, and in one line. */
  private static void probe(InetSocketAddress address) {
    try {
      Server.probe(address);
    } catch (IOException e) {
      throw cannotListen(address, e);
    }
  }

  /** Certificates are short-lived: whoever renews them replaces the files, and tells nobody. */
  private static void watch(Tls files, Loops loops, ExecutorService io) {
    var _ =
        loops
            .all()
            .getFirst()
            .eventLoop()
            .scheduleWithFixedDelay(
                () -> io.execute(files::reloadIfChanged),
                TLS_LOOK_MS,
                TLS_LOOK_MS,
                TimeUnit.MILLISECONDS);
  }

  /** The heap, looked at once a second. */
  private static HeapPressure watched(
      Optional<IntSupplier> gauge, Config config, Loops loops, ExecutorService io) {
    var heap = new HeapPressure(gauge.orElseGet(HeapGauge::new), config.bounds().heap());
    var _ =
        loops
            .all()
            .getFirst()
            .eventLoop()
            .scheduleWithFixedDelay(
                () -> io.execute(heap::look), HEAP_LOOK_MS, HEAP_LOOK_MS, TimeUnit.MILLISECONDS);
    return heap;
  }

  private static Server listen(
      InetSocketAddress address,
      Optional<Tls> tls,
      Loops loops,
      Transport transport,
      ServerContext context) {
    try {
      return Server.listen(address, tls, loops, transport, context);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) { // Netty throws what the kernel said, undeclared
      throw cannotListen(address, e);
    }
  }

  private static ConfigException cannotListen(InetSocketAddress address, Exception e) {
    return new ConfigException("cannot listen on " + text(address) + ": " + whyNot(e));
  }

  /**
   * The JDK throws a {@link BindException}, epoll an exception of its own; both quote the kernel.
   */
  private static String whyNot(Exception e) {
    var said = String.valueOf(e.getMessage());
    if (said.contains("in use")) {
      return "the port is in use, perhaps by another gateway; --listen takes another one";
    }
    return said.contains("Permission denied")
        ? "this user may not listen on that port"
        : said.replaceFirst("^.*failed with error\\(-?[0-9]+\\): ", "");
  }

  /** An address as it stands in a URL. */
  static String text(InetSocketAddress address) {
    var host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /**
   * Takes a new configuration, but for what is decided at the start. Nothing that runs notices.
   *
   * @throws ConfigException if it cannot be had; then nothing has changed
   */
  synchronized void reload(Config next) {
    prepare(next).run();
  }

  /**
   * Prepares it.
   *
   * @return takes it
   */
  Runnable prepare(Config next) {
    var ready = reloadables.stream().map(part -> part.prepare(next)).toList();
    return () -> {
      ready.forEach(Runnable::run);
      config = next;
    };
  }

  /** What it runs with now. */
  Config config() {
    return config;
  }

  /** Answers whatever is asked of it, also without its listener. */
  Route route() {
    return router;
  }

  /** What gateways beside it have with it. */
  Together together() {
    return together;
  }

  /** Whether its journal takes entries. */
  boolean isSound() {
    return streams.isSound();
  }

  /** Whether no response runs, and none is about to. */
  boolean isIdle() {
    return streams.generations() == 0;
  }

  /** Of which of these ids it has anything, or cannot tell. Blocks. */
  Set<StreamId> known(Collection<StreamId> ids) {
    var known = new HashSet<StreamId>();
    for (var id : ids) {
      if (isKnown(id)) {
        known.add(id);
      }
    }
    return known;
  }

  private boolean isKnown(StreamId id) {
    var told = new CompletableFuture<Boolean>();
    streams.find(
        Owner.ALL,
        id,
        new Answer<>() {
          @Override
          public void succeeded(Optional<dev.lastword.stream.Stream> found) {
            told.complete(found.isPresent());
          }

          @Override
          public void failed(RuntimeException cause) {
            told.complete(true);
          }
        });
    return told.completeOnTimeout(true, KNOWN_MS, TimeUnit.MILLISECONDS).join();
  }

  InetSocketAddress address() {
    return listener().address();
  }

  private Server listener() {
    return server.orElseThrow(() -> new IllegalStateException("it is beside another gateway"));
  }

  /** Where administrators ask, if not where everybody does. */
  Optional<InetSocketAddress> adminAddress() {
    return adminServer.map(Server::address);
  }

  /** Most bytes that wait for any one client now. */
  long pendingBytesMax() {
    return listener().context().pendingBytesMax();
  }

  /**
   * Refuses new requests, gives running responses their time, those that are no streams as well,
   * ends the rest as interrupted. Blocks.
   */
  void drain(Duration grace) {
    drain(grace, () -> false);
  }

  /**
   * The same, and gives something else its time as well, out of the same.
   *
   * @param runs whether it still runs
   */
  void drain(Duration grace, BooleanSupplier runs) {
    long untilNanos = System.nanoTime() + grace.toNanos();
    Stream.concat(server.stream(), adminServer.stream())
        .map(Server::context)
        .forEach(ServerContext::leave);
    try {
      streams
          .drain(grace.toMillis())
          .toCompletableFuture()
          .get(grace.toMillis() + DRAIN_EXTRA_MS, TimeUnit.MILLISECONDS);
      while ((calls.now() > 0 || runs.getAsBoolean()) && System.nanoTime() - untilNanos < 0) {
        Thread.sleep(DRAIN_LOOK_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
      log.warn("gateway.drain_incomplete cause={}", e.toString());
    }
    loops.settle(); // the last notices are on their way
  }

  /**
   * Lets go of everything, of the rest also where one of them fails; what still runs is found again
   * as interrupted by the next start. Blocks for a few seconds at the most.
   */
  @Override
  public void close() {
    closing("server", () -> server.ifPresent(Server::stopAccepting));
    closing("admin", () -> adminServer.ifPresent(Server::stopAccepting));
    closing("archive.flush", this::flushArchive);
    closing("loops", loops::stop);
    closing("hooks", hooks::close);
    closing("journal", journal::close);
    closing("archive", archive::close);
    closing("counts", uncount);
    io.shutdown();
  }

  /** What the archive does not take now it takes after the next start: the journal has it. */
  private void flushArchive() {
    try {
      streams.flushArchive().toCompletableFuture().get(FLUSH_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
      log.warn("archive.flush_incomplete cause={}", e.toString());
    }
  }

  /**
   * Errors as well: of a process whose files are replaced classes are missing, first of all here.
   */
  private static void closing(String what, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException | Error e) {
      log.error("gateway.close_failed what={}", what, e);
    }
  }
}
